"""Bringing photos back from the backup of a run, where undo cannot: they are gone for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from immich_tui.execution.restore.job import RestorePreview, RestoreReport
from immich_tui.tui.aftercare import RESTORE
from immich_tui.tui.figures import counted, size
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.care import CareScreen
from immich_tui.tui.screens.confirm import Confirm
from immich_tui.tui.telling import tell_restore, titled
from immich_tui.tui.text import place, safe
from immich_tui.tui.widgets.tables import Checks
from immich_tui.tui.widgets.told import Told

if TYPE_CHECKING:
    from immich_tui.execution.history import PastRun
    from immich_tui.tui.archive import Archive
    from immich_tui.tui.telling import Telling


class RestoreScreen(CareScreen):
    """Says what is where, then uploads what is gone."""

    KIND = RESTORE
    BINDING_GROUP_TITLE = "Restore"

    def __init__(self, archive: Archive, past: PastRun) -> None:
        super().__init__(archive, past)
        self._preview: RestorePreview | None = None

    def plan_body(self) -> ComposeResult:
        """What was looked at, and what is missing."""
        with VerticalScroll(id="table"):
            yield Checks(id="looked")
            yield Told(id="missing")

    def plan_focus(self) -> str:
        """The table."""
        return "#table"

    async def prepare(self) -> None:
        """Look where every photo of the backup is."""
        if self.past.folder is None:
            self.say((f"It is not known where {self.whose_run} put its backups.", "bad"))
            return
        self.say(
            (f"Looking on the server for every photo of {place(self.past.folder)} …", "title"),
            ("This takes one request for each photo.", "muted"),
        )
        job = await self.archive.restore(self.past.folder)
        self._preview = found = await job.preview()
        self.job = job
        head = "This restore is refused." if found.refused else f"Restore from {place(found.folder)}"
        undo = key_of(self.app, "history.undo")
        advice = f"{undo} takes the run back whole: photos out of the trash, and values as they were."
        told = [
            (f"{found.gone:,} are gone and will be uploaded again ({size(found.bytes)}).", ""),
            (f"{found.trashed:,} come out of Immich's trash. {advice if found.trashed else ''}".strip(), ""),
            (f"{found.alive:,} are on the server and stay as they are.", ""),
        ]
        if not found.gone + found.trashed:
            photos = counted(found.alive, "photo")
            told = [(f"All of it is on the server ({photos}): there is nothing to restore.", "")]
        self.say((head, "bad" if found.refused else "title"), *told)
        self.query_one("#looked", Checks).show(found.checks, ())
        self.query_one("#missing", Told).show(
            titled(
                "Missing from the backup",
                [(f"! {safe(name)}", "warn") for name in found.missing],
                where="The command line",
            )
        )

    def may_start(self) -> bool:
        """When something is to come back and nothing forbids it."""
        found = self._preview
        return (
            self.job is not None
            and found is not None
            and not found.refused
            and bool(found.gone + found.trashed)
        )

    def question(self) -> Confirm | None:
        """What comes back, once more."""
        found = self._preview
        if found is None:
            return None
        return Confirm(
            "Restore?",
            (
                f"{counted(found.gone, 'photo')} will be uploaded, with dates, albums, tags and values.",
                f"{counted(found.trashed, 'photo')} will come out of the trash.",
                "Nothing is trashed, and nothing that is there is overwritten.",
            ),
            yes="Restore",
        )

    def tell(self) -> Sequence[Telling]:
        """What came back, photo by photo."""
        report = self.care.report
        if isinstance(report, RestoreReport):
            return tell_restore(report)
        return [("The restore stopped before it could tell what it did.", "bad")]

    def may_go_on(self) -> bool:
        """Whether photos are left that are not back."""
        report = self.care.report
        return isinstance(report, RestoreReport) and not report.complete

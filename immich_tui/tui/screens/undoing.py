"""Taking a run back: which of its groups, what comes back of each, and what cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from immich_tui.execution.undo.job import UndoJob
from immich_tui.execution.undo.report import UndoPreview, UndoReport
from immich_tui.tui.aftercare import UNDO
from immich_tui.tui.figures import counted
from immich_tui.tui.screens.care import PLAN, CareScreen
from immich_tui.tui.screens.confirm import Confirm
from immich_tui.tui.telling import tell_forecast, tell_undo, values_in
from immich_tui.tui.widgets.filter_bar import FINDING, FilterBar
from immich_tui.tui.widgets.forecast_list import ForecastList
from immich_tui.tui.widgets.key_line import Hint
from immich_tui.tui.widgets.run_list import moment
from immich_tui.tui.widgets.told import Told
from immich_tui.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from immich_tui.execution.history import PastRun
    from immich_tui.tui.aftercare import CareJob
    from immich_tui.tui.archive import Archive
    from immich_tui.tui.telling import Telling


class UndoScreen(CareScreen):
    """The undo of a run, or an undo that did not end and goes on."""

    KIND = UNDO
    HINTS: ClassVar[Sequence[Hint]] = (
        *FINDING,
        CareScreen.HINTS[0],
        Hint(("undo.turn",), "choose"),
        Hint(
            (
                "undo.next",
                "undo.previous",
            ),
            "group",
        ),
        Hint(("undo.turn_all",), "all/none"),
        Hint(("undo.filter",), "filter"),
        *CareScreen.HINTS[1:],
    )
    BINDING_GROUP_TITLE = "Undo"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "turn", "Choose", id="undo.turn", tooltip="Take this group back, or leave it out"),
        Binding(
            "a", "turn_all", "All/none", id="undo.turn_all", tooltip="Choose all that are listed, or none"
        ),
        Binding(
            "slash", "filter", "Filter", id="undo.filter", key_display="/", tooltip="List only some groups"
        ),
        Binding("j", "move(1)", "Next group", id="undo.next", show=False),
        Binding("k", "move(-1)", "Previous group", id="undo.previous", show=False),
    ]

    def __init__(self, archive: Archive, past: PastRun) -> None:
        super().__init__(archive, past)
        self._preview: UndoPreview | None = None
        self._wanted = ""
        self._went = past.id if past.kind == UNDO else ""

    def plan_body(self) -> ComposeResult:
        """The groups, and about the one under the cursor."""
        listed = ForecastList(id="forecast")
        yield listed
        with VerticalScroll(id="about"):
            yield Told(id="fate")
        yield FilterBar(names="part of the name of a photo", id="filter")

    def plan_focus(self) -> str:
        """The list."""
        return "#forecast"

    @property
    def groups(self) -> ForecastList:
        """The groups to choose from."""
        return self.query_one(ForecastList)

    @on(FilterBar.Changed)
    def _narrow(self, event: FilterBar.Changed) -> None:
        self._wanted = event.text
        self.groups.narrow(event.text)
        self.query_one(FilterBar).counted(self.groups.count, self.groups.groups)
        self._show_fate()

    @on(FilterBar.Closed)
    def _filter_closed(self, event: FilterBar.Closed) -> None:
        if event.cleared:
            self._wanted = ""
            self.groups.narrow("")
            self._show_fate()
        self._name_list()
        self.groups.focus()

    def _name_list(self) -> None:
        """Say above the list how many of the groups are listed."""
        listed, of = self.groups.count, self.groups.groups
        some = f" · {listed:,} of {counted(of, 'group')} listed" if listed != of else ""
        self.groups.border_title = Content(f"What comes back of which group{some}")

    @property
    def continues(self) -> bool:
        """Whether an undo goes on that was begun: what it takes back was chosen then."""
        return bool(self._went)

    # -- plan

    async def prepare(self) -> None:
        """Ask the journal what was done, and the server whether it can be taken back."""
        self.say(("Looking at what the run did, and at the server …", "title"))
        if self.continues:
            job = await self.archive.undo_again(self._went)
        else:
            job = await self.archive.undo(self.past.id)
        self._preview = preview = await job.preview()
        self.job = job
        self.groups.show(preview.groups)
        self._name_list()
        self._say_what()

    def _say_what(self) -> None:
        preview = self._preview
        if preview is None:
            return
        chosen = self.groups.chosen_groups
        photos = sum(len(group.restore) for group in chosen)
        values = sum(len(values_in(group.revert)) for group in chosen)
        stuck = sum(len(group.stuck) for group in chosen)
        if preview.refused:
            head: Telling = ("This cannot be undone:", "bad")
        elif self.continues:
            head = (f"Going on with the undo of {moment(self.past.started)}.", "title")
        else:
            head = (f"Undo of {self.whose_run}: what comes back.", "title")
        told: list[Telling] = [head]
        told += [
            (
                f"{check.sentence} {check.next_step}".strip(),
                "bad" if str(check.level) == "problem" else "warn",
            )
            for check in preview.checks
            if str(check.level) != "ok"
        ]
        if not preview.refused:
            cannot = f" {counted(stuck, 'field')} cannot be taken back." if stuck else ""
            back = f"{counted(photos, 'photo')} out of the trash, {counted(values, 'field')} taken back"
            groups = f"{counted(len(chosen), 'group')} of {len(preview.groups):,}"
            told.append((f"{groups}: {back}.{cannot}", ""))
        if preview.already:
            told.append((f"{counted(len(preview.already), 'group')} undone before.", "muted"))
        if preview.untouched:
            told.append((f"{counted(preview.untouched, 'group')} the run did not touch.", "muted"))
        self.say(*told)
        self._show_fate()

    def _show_fate(self) -> None:
        group = self.groups.group
        self.query_one("#fate", Told).show(tell_forecast(group) if group else [])

    @on(VirtualList.Moved, "#forecast")
    def _moved(self) -> None:
        self._show_fate()

    @on(VirtualList.Chosen, "#forecast")
    def _clicked(self) -> None:
        self.action_turn()

    def action_filter(self) -> None:
        """Write what to look for; the list follows."""
        self.query_one(FilterBar).open(self._wanted)

    def action_leave(self) -> None:
        """List all groups again where a filter holds, else back to the list of runs."""
        if self._part == PLAN and self._wanted:
            self._wanted = ""
            self.groups.narrow("")
            self._name_list()
            self._show_fate()
        else:
            super().action_leave()

    def action_move(self, step: int) -> None:
        """Go down or up."""
        self.groups.action_move(step)

    def action_turn(self) -> None:
        """Take this group back, or leave it out."""
        if not self.continues:
            self.groups.turn()
            self._chosen_changed()

    def action_turn_all(self) -> None:
        """Choose all groups, or none."""
        self.groups.turn_all()
        self._chosen_changed()

    def _chosen_changed(self) -> None:
        self._say_what()
        self.query_one("#start").disabled = not self.may_start()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Groups are gone through while the plan is shown, and chosen while it is that of a new undo."""
        if action == "move":
            return self._part == PLAN and self.job is not None
        if action in ("turn", "turn_all"):
            return self._part == PLAN and self.job is not None and not self.continues
        if action == "filter":
            writing = self.query_one(FilterBar).is_open
            return self._part == PLAN and self.job is not None and not writing
        return super().check_action(action, parameters)

    def may_start(self) -> bool:
        """When something is chosen and nothing forbids it."""
        preview = self._preview
        return (
            self.job is not None and preview is not None and not preview.refused and bool(self.groups.chosen)
        )

    def question(self) -> Confirm:
        """What comes back, once more."""
        chosen = self.groups.chosen_groups
        photos = counted(sum(len(group.restore) for group in chosen), "photo")
        return Confirm(
            "Undo?",
            (
                f"{counted(len(chosen), 'group')} will be as before the run, as far as that can be.",
                f"{photos} will come out of Immich's trash.",
                "What somebody changed since stays as it is. Nothing is trashed.",
                "The groups are undecided again then.",
            ),
            yes="Undo",
        )

    async def job_to_start(self) -> CareJob | None:
        """The undo of the chosen groups."""
        chosen = self.groups.chosen_groups
        if self.continues or len(chosen) == self.groups.groups:
            return self.job
        return await self.archive.undo(self.past.id, [group.group_id for group in chosen])

    # -- result

    def tell(self) -> Sequence[Telling]:
        """What came back, group by group."""
        report = self.care.report
        if isinstance(self.care.job, UndoJob):
            self._went = self.care.job.id
        if isinstance(report, UndoReport):
            return tell_undo(report)
        return [("The undo stopped before it could tell what it did. History offers it again.", "bad")]

    def may_go_on(self) -> bool:
        """Whether groups are left that are not as before."""
        report = self.care.report
        return isinstance(report, UndoReport) and not report.complete and bool(self._went)

"""The runs that were, as one desk knows them: lists, reports, and the jobs that are about one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from immich_tui.execution.backup.names import safe_id
from immich_tui.execution.history import PastRun, runs
from immich_tui.execution.report.report import Report
from immich_tui.execution.resolve import UNFINISHED
from immich_tui.execution.restore.job import RestoreJob, RestoreReport
from immich_tui.execution.undo.job import UndoJob
from immich_tui.execution.undo.report import UndoReport
from immich_tui.execution.verify.job import VerifyJob
from immich_tui.jobs.journal import Journal, JournalUnavailable
from immich_tui.jobs.progress import ItemError
from immich_tui.jobs.record import JobRecord
from immich_tui.tui.text import place

if TYPE_CHECKING:
    from immich_tui.desk import Desk

PastReport = Report | UndoReport | RestoreReport

_SHAPES: dict[str, TypeAdapter[PastReport]] = {
    "resolve": TypeAdapter(Report),
    "undo": TypeAdapter(UndoReport),
    "restore": TypeAdapter(RestoreReport),
}


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of one run: its report, `None` where none can be read, why, and what failed in it."""

    run: PastRun
    report: PastReport | None
    trouble: str
    errors: tuple[ItemError, ...]


def cut_off(run: PastRun) -> bool:
    """Whether a run stopped before its end and can be taken up again; a running one looks the same."""
    return run.kind in ("resolve", "undo") and run.state in UNFINISHED


class Archive:
    """Reads the journal of a desk, also where another process writes it, and plans jobs about its runs."""

    def __init__(self, desk: Desk, *, workers: int, rate: float | None) -> None:
        self._desk = desk
        self._workers = workers
        self._rate = rate

    @property
    def read_only(self) -> bool:
        """Whether another process has the session, so that nothing can be taken back here."""
        return self._desk.journal is None

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Journal]:
        """The journal to read from. Raises `JournalUnavailable`."""
        if self._desk.journal is not None:
            yield self._desk.journal
            return
        journal = await Journal.open(self._desk.session.store.path, read_only=True)
        try:
            yield journal
        finally:
            await journal.close()

    def _writing(self) -> Journal:
        if self._desk.journal is None:
            raise JournalUnavailable("Another immich-tui has this review open; only that one can do this.")
        return self._desk.journal

    async def runs(self) -> tuple[PastRun, ...]:
        """The runs, newest first. Raises `JournalUnavailable`."""
        async with self._reading() as journal:
            return await runs(journal)

    async def story(self, run: PastRun) -> Story:
        """What is known of a run. Raises `JournalUnavailable`."""
        async with self._reading() as journal:
            record = JobRecord(journal, run.id)
            await record.load()
        report, trouble = await asyncio.to_thread(_read, run)
        return Story(run, report, trouble, tuple(record.errors.values()))

    async def undo(self, run_id: str, groups: Iterable[str] | None = None) -> UndoJob:
        """Taking a run back, or some of its groups. Raises `JournalUnavailable` and `UnknownRun`."""
        link = self._desk.link
        return await UndoJob.of(
            link.client,
            link.capabilities,
            self._desk.session,
            self._writing(),
            run_id,
            groups,
            workers=self._workers,
            rate=self._rate,
        )

    async def undo_again(self, undo_id: str) -> UndoJob:
        """An undo that did not end, from where it stopped. Raises `JournalUnavailable` and `UnknownRun`."""
        link = self._desk.link
        return await UndoJob.resume(
            undo_id,
            link.client,
            link.capabilities,
            self._desk.session,
            self._writing(),
            workers=self._workers,
            rate=self._rate,
        )

    async def verify(self, run: PastRun) -> VerifyJob:
        """Looking at a run again; of another process's run at its folder alone.

        Raises `JournalUnavailable`, `UnknownRun` and `NoBackup`.
        """
        client = self._desk.link.client
        if self._desk.journal is not None:
            return await VerifyJob.of_run(
                self._desk.journal, run.id, client, workers=self._workers, rate=self._rate
            )
        return await VerifyJob.of_folder(run.folder or Path(), client, workers=self._workers, rate=self._rate)

    async def restore(self, folder: Path, assets: Iterable[str] | None = None) -> RestoreJob:
        """Bringing photos back from a backup folder.

        Raises `JournalUnavailable`, `NoBackup`, and `KeyError` for a photo that is not in it.
        """
        link = self._desk.link
        return await RestoreJob.of(
            link.client,
            link.capabilities,
            folder,
            assets,
            journal=self._writing(),
            workers=self._workers,
            rate=self._rate,
        )


def _file_of(run: PastRun) -> Path | None:
    if run.kind == "restore" and run.folder is not None:
        return run.folder / f"restore-{safe_id(run.id)}.json"
    return run.report


def _read(run: PastRun) -> tuple[PastReport | None, str]:
    """The report of a run, or why there is none. Blocks on the disk."""
    path = _file_of(run)
    if run.kind not in _SHAPES:
        return None, ""
    if path is None:
        # A folder is made with the first backup; before that nothing is amiss where there is none.
        if run.photos and run.folder is not None and not run.folder.is_dir():
            return None, f"The folder {place(run.folder)} is not there."
        return None, "It wrote no report." if run.finished else "Its report is written when it ends."
    try:
        return _SHAPES[run.kind].validate_json(path.read_bytes()), ""
    except OSError as error:
        return None, f"Its report cannot be read: {error.strerror}."
    except ValidationError:
        return None, f"{path} is not a report that this version reads."

"""The runs that the journal knows, in short: what History shows and `runs` prints."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from immich_tui.execution import resolve
from immich_tui.execution.backup.names import safe_id
from immich_tui.execution.report import report as resolve_report
from immich_tui.execution.run import BACKUP, CARRY, CLOSE, HELD, TRASH
from immich_tui.execution.undo import taken_back as undo
from immich_tui.execution.undo.state import GROUP, Outcome
from immich_tui.execution.verify.job import RESULT
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.journal import Run as JournalRun

KINDS = frozenset({resolve.KIND, undo.KIND, "restore", "verify"})
"""Jobs that are told of: those that touch the server, and those that vouch for it."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run in numbers.

    `kind` is `resolve`, `undo`, `restore` or `verify`; `of` is the run that an undo or a verify is about.
    `photos` are those trashed, brought back or looked at; `bytes` is the size of originals trashed. `held`
    are groups left alone, of a verify the photos of which something is wrong. `undone` is how many groups of
    a resolve were taken back since, `touched` of how many it changed anything, be it only the kept photo.
    `started` and `finished` are UTC in ISO 8601, `finished` empty while it is under way or was cut off.
    `report` is `None` where no file was written.
    """

    id: str
    kind: str
    state: str
    started: str
    finished: str
    of: str
    groups: int
    done: int
    held: int
    photos: int
    bytes: int
    undone: int
    folder: Path | None
    report: Path | None
    touched: int = 0

    @property
    def can_be_undone(self) -> bool:
        """Whether something of it is left to take back."""
        return self.kind == resolve.KIND and self.undone < self.touched


async def runs(journal: Journal) -> tuple[PastRun, ...]:
    """The runs, newest first. Raises `JournalUnavailable`."""
    known = [run for run in await journal.runs() if run.kind in KINDS]
    folders = {run.id: _folder(run) for run in known}
    taken_back: Counter[str] = Counter()
    found: dict[str, PastRun] = {}
    for run in reversed(known):
        if run.kind == undo.KIND:
            found[run.id] = one = await _undo(journal, run, folders)
            taken_back[one.of] += one.done
        elif run.kind == resolve.KIND:
            found[run.id] = await _resolve(journal, run, folders[run.id])
        else:
            found[run.id] = await _other(journal, run)
    return await asyncio.to_thread(_finished, [found[run.id] for run in known], taken_back)


def _folder(run: JournalRun) -> Path | None:
    root = run.detail.get("backup_root")
    return Path(str(root)) / safe_id(run.id) if root else None


async def _resolve(journal: Journal, run: JournalRun, folder: Path | None) -> PastRun:
    closed = await journal.states(run.id, CLOSE)
    held = await journal.states(run.id, HELD)
    groups = int(str(run.detail.get("groups", 0)))
    gone: set[str] = set()
    sent: dict[str, str] = {}
    async for entry in journal.entries(run.id, TRASH):
        (gone.add if entry.state == "done" else gone.discard)(entry.key)
        if closed["done"] < groups:
            sent[entry.key] = str(entry.data.get("group")) if entry.state in ("done", "intent") else ""
    touched = closed["done"]
    if touched < groups:
        changed = await journal.keys(run.id, CARRY, "intent") | await journal.keys(run.id, CLOSE, "intent")
        touched = len(changed.union(filter(None, sent.values())))
    photos, size = len(gone), 0
    async for entry in journal.entries(run.id, BACKUP):
        if entry.key in gone and isinstance(one := entry.data.get("size"), int):
            # A file that was backed up anew has the same size.
            gone.discard(entry.key)
            size += one
    return PastRun(
        run.id,
        run.kind,
        run.state,
        run.started_at,
        run.finished_at or "",
        "",
        groups,
        closed["done"],
        held["held"],
        photos,
        size,
        0,
        folder,
        folder / resolve_report.NAME if folder else None,
        touched,
    )


async def _undo(journal: Journal, run: JournalRun, folders: dict[str, Path | None]) -> PastRun:
    results = await journal.latest(run.id, GROUP)
    of = str(run.detail["of"])
    groups = run.detail["groups"]
    restored = [entry.data.get("restored") for entry in results.values()]
    folder = folders.get(of)
    return PastRun(
        run.id,
        run.kind,
        run.state,
        run.started_at,
        run.finished_at or "",
        of,
        len(groups) if isinstance(groups, list) else 0,
        sum(entry.state == Outcome.UNDONE for entry in results.values()),
        sum(entry.state != Outcome.UNDONE for entry in results.values()),
        sum(len(names) for names in restored if isinstance(names, list)),
        0,
        0,
        folder,
        folder / f"undo-{safe_id(run.id)}.json" if folder else None,
    )


async def _other(journal: Journal, run: JournalRun) -> PastRun:
    result = await journal.last(run.id, RESULT, "")
    faults = result.data.get("faults") if result else 0

    def number(name: str) -> int:
        value = run.detail.get(name)
        return value if isinstance(value, int) else 0

    folder = run.detail.get("folder")
    of = str(run.detail.get("of", ""))
    return PastRun(
        run.id,
        run.kind,
        run.state,
        run.started_at,
        run.finished_at or "",
        of,
        number("groups"),
        0,
        faults if isinstance(faults, int) else 0,
        number("photos"),
        0,
        0,
        Path(str(folder)) if folder else None,
        None,
    )


def _finished(found: list[PastRun], undone: Counter[str]) -> tuple[PastRun, ...]:
    """Add what was taken back since, and leave out reports that are not there. Blocks on the disk."""
    return tuple(
        replace(
            one, undone=undone[one.id], report=one.report if one.report and one.report.is_file() else None
        )
        for one in found
    )

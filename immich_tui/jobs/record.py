"""What a job remembers across processes: how its phases ended, their checkpoints, the items that failed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from immich_tui.jobs.journal import Journal
from immich_tui.jobs.outcome import Complete, Continue, Outcome, SkipTo
from immich_tui.jobs.progress import Counters, ItemError, Status

PHASE, CHECKPOINT, ERROR = "job.phase", "job.checkpoint", "job.error"
"""The steps under which a job keeps its own entries, beside those of the work it does."""

_RESTARTED = "restarted"

_COUNTED = "job.counted"
"""Where an entry holds the counters, so that they are as durable as what they go with."""


@dataclass(frozen=True, slots=True)
class PhaseRecord:
    """One attempt at a phase. Times are UTC, ISO 8601; `ended` and `error` are empty where there is none.

    An attempt that is `RUNNING` in the history of a job that is not was cut off with its process.
    """

    phase: str
    started: str
    ended: str
    status: Status
    error: str


class JobRecord:
    """The memory of one run, kept in the journal and written before anything relies on it."""

    def __init__(self, journal: Journal, run: str, counters: Counters | None = None) -> None:
        self._journal = journal
        self._run = run
        self._counters = counters or Counters()
        self._ended: dict[str, tuple[Status, Outcome]] = {}
        self._errors: dict[tuple[str, str], ItemError] = {}
        self._counts: Counter[str] = Counter()
        self._unwritten: dict[asyncio.Future[None], tuple[str, dict[str, object]]] = {}

    @property
    def errors(self) -> Mapping[tuple[str, str], ItemError]:
        """The items that failed and were not settled since, by phase and item."""
        return self._errors

    def error_count(self, path: str) -> int:
        """How many items of one phase failed and were not settled since."""
        return self._counts[path]

    async def load(self) -> None:
        """Read what earlier attempts left."""
        await self.flush()
        phases = await self._journal.latest(self._run, PHASE)
        self._ended = {
            path: (Status(entry.state), _outcome(entry.data))
            for path, entry in phases.items()
            if entry.state in {Status.DONE, Status.SKIPPED}
        }
        checkpoints = await self._journal.latest(self._run, CHECKPOINT)
        for entry in (*phases.values(), *checkpoints.values()):
            counted = entry.data.get(_COUNTED)
            if isinstance(counted, Mapping):
                self._counters.at_least(counted)
        self._errors = {}
        for entry in (await self._journal.latest(self._run, ERROR)).values():
            if entry.state == "failed":
                phase, item = str(entry.data["phase"]), str(entry.data["item"])
                self._errors[phase, item] = ItemError(phase, item, str(entry.data["reason"]))
        self._counts = Counter(phase for phase, _ in self._errors)

    def ended(self, path: str) -> tuple[Status, Outcome] | None:
        """How a phase ended for good, or `None` if it has still to run."""
        return self._ended.get(path)

    async def started(self, path: str) -> None:
        """Note that a phase begins."""
        await self._journal.outcome(self._run, PHASE, path, Status.RUNNING)

    async def end(self, path: str, status: Status, outcome: Outcome, error: str = "") -> None:
        """Note that a phase is done or skipped, and where it leads."""
        await self.flush()
        data: dict[str, object] = {"error": error} if error else {}
        match outcome:
            case SkipTo(phase):
                data["skip_to"] = phase
            case Complete():
                data["complete"] = True
            case Continue():
                pass
        await self._journal.outcome(self._run, PHASE, path, status, self._counted(data))
        self._ended[path] = (status, outcome)

    def interrupted(self, path: str, status: Status, error: str) -> asyncio.Future[None]:
        """Note that a phase stopped on its way. Need not be awaited: without it the phase resumes as well."""
        return self._journal.submit(self._run, PHASE, path, status, self._counted({"error": error}))

    async def restart(self, path: str) -> None:
        """Forget the checkpoints, failed items and ended phases at and below a path."""
        await self._journal.outcome(self._run, CHECKPOINT, path, _RESTARTED)
        for below in [ended for ended in self._ended if _within(ended, path)]:
            await self._journal.outcome(self._run, PHASE, below, _RESTARTED)
            await self._journal.outcome(self._run, CHECKPOINT, below, _RESTARTED)
            del self._ended[below]
        for phase, item in [key for key in self._errors if _within(key[0], path)]:
            self.settled(phase, item)
        await self.flush()

    async def save(self, path: str, data: Mapping[str, object]) -> None:
        """Make a checkpoint durable, with every failed item noted before it."""
        await self.flush()
        await self._journal.outcome(self._run, CHECKPOINT, path, "saved", self._counted(data))

    async def saved(self, path: str) -> Mapping[str, object] | None:
        """The newest checkpoint of a phase."""
        entry = await self._journal.last(self._run, CHECKPOINT, path)
        if entry is None or entry.state != "saved":
            return None
        return {key: value for key, value in entry.data.items() if key != _COUNTED}

    def failed(self, path: str, item: str, reason: str) -> None:
        """Note an item that failed; durable at the next checkpoint at the latest."""
        self._counts[path] += (path, item) not in self._errors
        self._errors[path, item] = ItemError(path, item, reason)
        self._note(path, item, "failed", reason)

    def settled(self, path: str, item: str) -> None:
        """Note that an item that failed before is in order now."""
        if self._errors.pop((path, item), None):
            self._counts[path] -= 1
            self._note(path, item, "settled", "")

    async def flush(self) -> None:
        """Wait until every note is durable; those that failed to be written are tried once more."""
        for written, note in list(self._unwritten.items()):
            if written.done():
                del self._unwritten[written]
                self._submit_note(*note)
        if self._unwritten:
            await asyncio.wait(self._unwritten)
        for written in list(self._unwritten):
            written.result()

    async def history(self) -> tuple[PhaseRecord, ...]:
        """Every attempt at every phase, over all processes, in the order they began."""
        attempts: list[PhaseRecord] = []
        open_: dict[str, int] = {}
        async for entry in self._journal.entries(self._run, PHASE):
            if entry.state == _RESTARTED:
                continue
            status = Status(entry.state)
            if status is Status.RUNNING or entry.key not in open_:
                open_[entry.key] = len(attempts)
                attempts.append(PhaseRecord(entry.key, entry.at, "", status, ""))
            if status is not Status.RUNNING:
                at = open_.pop(entry.key)
                attempts[at] = replace(
                    attempts[at], ended=entry.at, status=status, error=str(entry.data.get("error", ""))
                )
        return tuple(attempts)

    def _counted(self, data: Mapping[str, object]) -> Mapping[str, object]:
        """An entry's data with what was counted until now."""
        totals = self._counters.totals()
        return {**data, _COUNTED: dict(totals)} if totals else data

    def _note(self, path: str, item: str, state: str, reason: str) -> None:
        self._submit_note(f"{path}\n{item}", {"phase": path, "item": item, "reason": reason, "state": state})

    def _submit_note(self, key: str, data: dict[str, object]) -> None:
        written = self._journal.submit(self._run, ERROR, key, str(data["state"]), data)
        self._unwritten[written] = key, data
        written.add_done_callback(self._settle_note)

    def _settle_note(self, written: asyncio.Future[None]) -> None:
        if not written.cancelled() and written.exception() is None:
            self._unwritten.pop(written, None)


def _outcome(data: Mapping[str, object]) -> Outcome:
    if "skip_to" in data:
        return SkipTo(str(data["skip_to"]))
    return Complete() if data.get("complete") else Continue()


def _within(path: str, ancestor: str) -> bool:
    return path == ancestor or path.startswith(f"{ancestor}/")

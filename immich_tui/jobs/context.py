"""What a phase is given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from immich_tui.jobs.control import Control
from immich_tui.jobs.progress import Counters, PhaseProgress
from immich_tui.jobs.record import JobRecord

if TYPE_CHECKING:
    from immich_tui.jobs.phase import Phase

S = TypeVar("S")


class Context(Generic[S]):
    """A phase's view of its job: the subject it works on, and the ways to report, to remember and to stop.

    `subject` is whatever the phases of one job share; the engine never looks at it. `path` is the phase's
    name, with those of the phases around it in front. `checkpointed` is what the phase saved last, in this
    process or an earlier one, `None` if it begins.
    """

    def __init__(
        self,
        subject: S,
        path: str,
        checkpointed: Mapping[str, object] | None,
        *,
        control: Control,
        record: JobRecord,
        progress: PhaseProgress,
        counters: Counters,
        log: Callable[[str, str], None],
        run_nested: Callable[[Sequence[Phase[S]], str], Awaitable[None]],
    ) -> None:
        self.subject = subject
        self.path = path
        self.checkpointed = checkpointed
        self._control = control
        self._record = record
        self._progress = progress
        self._counters = counters
        self._log = log
        self._run_nested = run_nested

    async def interrupt_point(self) -> None:
        """A place where it is safe to stop: waits while paused, raises `Cancelled` if asked to end."""
        await self._control.interrupt_point()

    async def checkpoint(self, data: Mapping[str, object]) -> None:
        """Remember, durably, how to go on from here. `data` must be plain JSON."""
        await self._record.save(self.path, data)
        self.checkpointed = data

    def log(self, text: str) -> None:
        """Tell the person something; kept for the screen, not in the journal."""
        self._log(self.path, text)

    def non_fatal(self, item: str, reason: str) -> None:
        """Record that one item failed while the job goes on; the newest reason of an item counts."""
        self._record.failed(self.path, item, reason)

    def settled(self, item: str) -> None:
        """Record that an item that failed before is in order now."""
        self._record.settled(self.path, item)

    def progress(
        self,
        done: int,
        total: int,
        bytes_done: int = 0,
        bytes_total: int = 0,
        message: str = "",
        units: str = "",
    ) -> None:
        """Report how far the phase is; cheap, so as often as there is news. A total of 0 is unknown."""
        self._progress.update(done, total, bytes_done, bytes_total, message, units)

    def count(self, operation: str, by: int = 1) -> None:
        """Count operations that were done whole: files published, calls sent, rows written. Thread-safe.

        Totals are kept with every checkpoint and every end of a phase, over processes.
        """
        self._counters.add(operation, by)

    async def run_nested(self, phases: Sequence[Phase[S]]) -> None:
        """Run phases inside this one, remembered under its path."""
        await self._run_nested(phases, self.path)

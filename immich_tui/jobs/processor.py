"""Runs the phases of a job in order, remembers how far it came, and goes on from there in a new process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from immich_tui.jobs.commit import JournalUnavailable
from immich_tui.jobs.context import Context
from immich_tui.jobs.control import Control
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.outcome import (
    Cancelled,
    Complete,
    Continue,
    Fatal,
    NonFatal,
    Outcome,
    Paused,
    Recovery,
    SkipTo,
)
from immich_tui.jobs.phase import Nested, Phase
from immich_tui.jobs.progress import Counters, ItemError, JobSnapshot, LogLine, PhaseProgress, Status
from immich_tui.jobs.record import JobRecord, PhaseRecord

S = TypeVar("S")

SHOWN = 500
"""Newest failed items and log lines kept in a snapshot."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended, or where it stopped.

    `state` is `DONE`, `PAUSED`, `CANCELLED` or `FAILED`; all but the first can be run again. `phase` and
    `reason` say where and why it stopped and are empty when done. `error` is what a failed phase raised.
    """

    state: Status
    phase: str
    reason: str
    errors: tuple[ItemError, ...]
    counters: Mapping[str, int]
    error: Exception | None = None


class Processor(Generic[S]):
    """Runs one job.

    A processor made with the run id of an earlier one, in this process or another, skips the phases that are
    done and hands the one that was under way its checkpoint. The run must have been started in the journal;
    its state there follows the job's.
    """

    def __init__(
        self,
        journal: Journal,
        run_id: str,
        phases: Sequence[Phase[S]],
        subject: S,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._run_id = run_id
        self._phases = tuple(phases)
        self._subject = subject
        self._control = Control(clock)
        self._counters = Counters()
        self._record = JobRecord(journal, run_id, self._counters)
        self._lines: deque[LogLine] = deque(maxlen=SHOWN)
        self._progress = {
            path: PhaseProgress(path, phase.label or phase.name, self._control.now)
            for path, phase in _paths(self._phases)
        }
        self._state = Status.WAITING
        self._reason = ""
        self._at = ""
        self._began = self._took = 0.0

    async def run(self) -> JobResult:
        """Run what is left of the job.

        Returns however the job ends. Only the cancellation of the calling task is passed on, after noting
        where the job stood.
        """
        if self._state is Status.RUNNING:
            raise RuntimeError("The job is running already.")
        self._control.reset()
        self._state, self._reason, self._at = Status.RUNNING, "", ""
        self._began = self._control.now()
        error: Exception | None = None
        try:
            await self._journal.resume_run(self._run_id)
            await self._record.load()
            for path, progress in self._progress.items():
                ended = self._record.ended(path)
                progress.status = ended[0] if ended else Status.WAITING
            await self._run_list(self._phases, "")
            self._state, self._at = Status.DONE, ""
        except (Paused, JournalUnavailable) as stop:
            self._state, self._reason = Status.PAUSED, stop.sentence
        except Cancelled as stop:
            self._state, self._reason = Status.CANCELLED, stop.sentence
        except asyncio.CancelledError:
            self._state, self._reason = Status.CANCELLED, "Stopped from outside."
            self._journal.finish_run(self._run_id, self._state)
            raise
        except Exception as failure:  # noqa: BLE001 - phases may raise anything; the result carries it
            _log.info("Job %s failed in phase %s", self._run_id, self._at, exc_info=failure)
            self._state, self._reason, error = Status.FAILED, _sentence(failure), failure
        finally:
            self._took = self._control.now() - self._began
        await self._finish()
        return JobResult(
            self._state,
            self._at,
            self._reason,
            tuple(self._record.errors.values()),
            self._counters.totals(),
            error,
        )

    def pause(self) -> None:
        """Let the job wait at its next interrupt point, until `resume` or `cancel`."""
        self._control.pause()

    def resume(self) -> None:
        """Go on after `pause`. A job that has stopped is gone on with by `run`."""
        self._control.resume()

    def cancel(self) -> None:
        """Let the job end at its next interrupt point; what was done stays done."""
        self._control.cancel()

    def snapshot(self) -> JobSnapshot:
        """The job as it stands now; cheap enough for every frame."""
        paused = self._control.paused and self._state is Status.RUNNING
        errors = self._record.errors
        return JobSnapshot(
            state=Status.PAUSED if paused else self._state,
            reason="Paused on request." if paused else self._reason,
            phases=tuple(
                progress.snapshot(self._record.error_count(path)) for path, progress in self._progress.items()
            ),
            errors=tuple(errors.values())[-SHOWN:],
            error_count=len(errors),
            counters=self._counters.totals(),
            elapsed_s=self._control.now() - self._began if self._state is Status.RUNNING else self._took,
            log=tuple(self._lines),
        )

    async def history(self) -> tuple[PhaseRecord, ...]:
        """Every attempt at every phase, over all processes."""
        return await self._record.history()

    async def _finish(self) -> None:
        try:
            await self._record.flush()
            await self._journal.finish_run(self._run_id, self._state)
        except JournalUnavailable as stop:
            # Work is safe as it is: the next run finds the phases that were not noted as ended and ends them.
            self._state, self._reason = Status.PAUSED, stop.sentence

    async def _run_list(self, phases: Sequence[Phase[S]], parent: str) -> None:
        """Run a list of phases from the first that has not ended, following their outcomes."""
        names = [phase.name for phase in phases]
        at = 0
        while at < len(phases):
            match await self._run_phase(phases[at], _join(parent, names[at])):
                case Continue():
                    following = at + 1
                case Complete():
                    following = len(phases)
                case SkipTo(target):
                    if target not in names[at + 1 :]:
                        raise Fatal(
                            f"Phase {names[at]} asks to skip to {target}, which does not come after it."
                        )
                    following = names.index(target)
            for name in names[at + 1 : following]:
                await self._skip(_join(parent, name))
            at = following
            if parent:
                self._progress[parent].update(at, len(phases), 0, 0, "", "phases")

    async def _run_phase(self, phase: Phase[S], path: str) -> Outcome:
        """Run one phase to its end, with its recovery; what it raises after that ends the list it is in."""
        progress = self._progress[path]
        if ended := self._record.ended(path):
            progress.status, outcome = ended
            return outcome
        self._at = path
        recoveries = 0
        wait = phase.recovery_wait_s
        while True:
            context = await self._context(path)
            if not recoveries and not phase.wanted(context):
                await self._skip(path)
                return Continue()
            try:
                return await self._attempt(phase, context, progress)
            except (Paused, JournalUnavailable) as stop:
                self._interrupted(path, Status.PAUSED, stop.sentence)
                raise
            except Cancelled as stop:
                self._interrupted(path, Status.CANCELLED, stop.sentence)
                raise
            except asyncio.CancelledError:
                self._interrupted(path, Status.CANCELLED, "Stopped from outside.")
                raise
            except Exception as failure:  # noqa: BLE001 - whatever a phase raises, its recovery decides
                error = failure
            recovery = Recovery.ABORT if isinstance(error, Fatal) else phase.recovery_from(error)
            if recovery in {Recovery.RETRY, Recovery.RESTART} and recoveries >= phase.max_recoveries:
                recovery = Recovery.ABORT
            self._interrupted(path, Status.FAILED, _sentence(error))
            context.log(f"{progress.label} failed: {_sentence(error)} Now: {recovery}.")
            if recovery is Recovery.SKIP:
                await self._fail(phase, context, error)
                context.non_fatal("", _sentence(error))
                await self._skip(path, _sentence(error))
                return Continue()
            if recovery is Recovery.ABORT:
                await self._fail(phase, context, error)
                raise error
            if recovery is Recovery.RESTART:
                await self._record.restart(path)
                for below in self._below(path):
                    below.reset()
            recoveries += 1
            await self._control.sleep(wait)
            wait *= 2

    async def _attempt(self, phase: Phase[S], context: Context[S], progress: PhaseProgress) -> Outcome:
        progress.status = Status.RUNNING
        await self._record.started(context.path)
        outcome: Outcome = Continue()
        await self._control.interrupt_point()
        try:
            outcome = await phase.run(context)
        except NonFatal as failed:
            context.non_fatal(failed.item, failed.sentence)
        await phase.on_success(context)
        await self._record.end(context.path, Status.DONE, outcome)
        progress.status = Status.DONE
        return outcome

    async def _fail(self, phase: Phase[S], context: Context[S], error: Exception) -> None:
        try:
            await phase.on_failure(context, error)
        except Exception as second:  # noqa: BLE001 - must not hide the failure it was called for
            context.non_fatal("", f"Clearing up after the failure failed too: {_sentence(second)}")

    async def _skip(self, path: str, error: str = "") -> None:
        if self._record.ended(path):
            return
        for below in self._below(path):
            below.status = Status.SKIPPED
        await self._record.end(path, Status.SKIPPED, Continue(), error)

    def _below(self, path: str) -> Iterator[PhaseProgress]:
        """The progress of a phase and of all phases inside it."""
        return (each for name, each in self._progress.items() if f"{name}/".startswith(f"{path}/"))

    def _interrupted(self, path: str, status: Status, reason: str) -> None:
        self._progress[path].status = status
        self._record.interrupted(path, status, reason)

    async def _context(self, path: str) -> Context[S]:
        return Context(
            self._subject,
            path,
            await self._record.saved(path),
            control=self._control,
            record=self._record,
            progress=self._progress[path],
            counters=self._counters,
            log=self._note,
            run_nested=self._run_list,
        )

    def _note(self, path: str, text: str) -> None:
        self._lines.append(LogLine(self._control.now() - self._began, path, text))


def _paths(phases: Sequence[Phase[S]], parent: str = "") -> Iterator[tuple[str, Phase[S]]]:
    """All phases with their paths, each before those inside it; refuses names that cannot be told apart."""
    names = [phase.name for phase in phases]
    if len(set(names)) != len(names) or not all(names) or any("/" in name for name in names):
        raise ValueError(f"Phases need names of their own, without a slash: {', '.join(names)}")
    for phase in phases:
        path = _join(parent, phase.name)
        yield path, phase
        if isinstance(phase, Nested):
            yield from _paths(phase.phases, path)


def _join(parent: str, name: str) -> str:
    return f"{parent}/{name}" if parent else name


def _sentence(error: BaseException) -> str:
    """What a person is told of an error: its own sentence where it brings one."""
    sentence = getattr(error, "sentence", None)
    return sentence if isinstance(sentence, str) else f"{type(error).__name__}: {error}"

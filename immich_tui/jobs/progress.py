"""How far a job is: what phases report, the rate they go at, and frozen pictures of it for a screen."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

SMOOTHING_S = 15.0
"""Time over which the rate is averaged: long enough to read, short enough to follow a slower line."""

SAMPLE_S = 0.25
"""Reports closer together than this are one sample of the rate."""


class Status(StrEnum):
    """Where a job or a phase stands. A job is never `SKIPPED`."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ItemError:
    """One item that failed while its job went on. `item` is empty for a phase that was skipped as a whole."""

    phase: str
    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line for the person; `at_s` is seconds of work since the job began, pauses not counted."""

    at_s: float
    phase: str
    text: str


@dataclass(frozen=True, slots=True)
class PhaseSnapshot:
    """A phase as a screen shows it.

    `name` is the path through nested phases, joined by `/`; `depth` is 0 at the top. `total` and
    `bytes_total` are 0 while unknown, and `eta_s` is `None` while nothing can be said.
    """

    name: str
    label: str
    depth: int
    status: Status
    done: int
    total: int
    bytes_done: int
    bytes_total: int
    units: str
    message: str
    eta_s: float | None
    errors: int

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1: by bytes where they are known, else by items; `None` while unknown."""
        if self.status is Status.DONE:
            return 1.0
        done, total = (self.bytes_done, self.bytes_total) if self.bytes_total else (self.done, self.total)
        return min(1.0, done / total) if total else None


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """A job as a screen shows it.

    `errors` and `log` hold the newest lines only; `error_count` counts all. `counters` are totals of named
    operations. `elapsed_s` leaves pauses out.
    """

    state: Status
    reason: str
    phases: tuple[PhaseSnapshot, ...]
    errors: tuple[ItemError, ...]
    error_count: int
    counters: Mapping[str, int]
    elapsed_s: float
    log: tuple[LogLine, ...]


class Counters:
    """Totals of named operations, each counted once and whole, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: dict[str, int] = {}

    def add(self, name: str, by: int = 1) -> None:
        """Count `by` more operations of this name."""
        with self._lock:
            self._totals[name] = self._totals.get(name, 0) + by

    def at_least(self, totals: Mapping[str, int]) -> None:
        """Take over what an earlier process counted, where that is more."""
        with self._lock:
            for name, total in totals.items():
                self._totals[name] = max(total, self._totals.get(name, 0))

    def totals(self) -> Mapping[str, int]:
        """The totals as they stand now."""
        with self._lock:
            return MappingProxyType(self._totals.copy())


class Rate:
    """A smoothed rate of something that grows, by a clock that never goes back.

    Exponential average weighted by time. It is corrected for the time it has not seen, so that the first
    seconds count fully, and a standstill lowers it even while nothing is reported.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.restart(0)

    def restart(self, amount: float) -> None:
        """Begin again from here: what was there before is no work of ours."""
        self._amount = amount
        self._at = self._clock()
        self._sum = 0.0
        self._weight = 0.0

    def reached(self, amount: float) -> None:
        """Take in the amount reached by now; going back begins again."""
        if amount < self._amount:
            self.restart(amount)
        elif self._clock() - self._at >= SAMPLE_S:
            self._sum, self._weight = self._with(amount)
            self._amount, self._at = amount, self._clock()

    def per_second(self, amount: float) -> float | None:
        """The rate now, `amount` being what was reached; `None` before there is anything to go by."""
        total, weight = self._with(amount)
        return total / weight if weight > 0 else None

    def _with(self, amount: float) -> tuple[float, float]:
        passed = self._clock() - self._at
        if passed <= 0:
            return self._sum, self._weight
        keep = math.exp(-passed / SMOOTHING_S)
        rate = max(0.0, amount - self._amount) / passed
        return self._sum * keep + rate * (1 - keep), self._weight * keep + 1 - keep


class PhaseProgress:
    """How far one phase is. Reported by the phase, read by the screen; reading never waits."""

    def __init__(self, name: str, label: str, clock: Callable[[], float]) -> None:
        self.name = name
        self.label = label
        self._rate = Rate(clock)
        self.reset()

    def reset(self) -> None:
        """Forget what was done: the phase starts over."""
        self.status = Status.WAITING
        self._done = self._total = self._bytes_done = self._bytes_total = 0
        self._units = self._message = ""
        self._reported = False

    def update(
        self, done: int, total: int, bytes_done: int, bytes_total: int, message: str, units: str
    ) -> None:
        """Take in a report. What the first one has already done is the base, not work of this session."""
        by_bytes = bytes_total > 0
        if not self._reported or by_bytes != (self._bytes_total > 0):
            self._rate.restart(bytes_done if by_bytes else done)
            self._reported = True
        else:
            self._rate.reached(bytes_done if by_bytes else done)
        self._done, self._total = done, total
        self._bytes_done, self._bytes_total = bytes_done, bytes_total
        self._message, self._units = message, units or self._units

    def snapshot(self, errors: int) -> PhaseSnapshot:
        """The phase as it stands now, with the number of its items that failed."""
        return PhaseSnapshot(
            name=self.name,
            label=self.label,
            depth=self.name.count("/"),
            status=self.status,
            done=self._done,
            total=self._total,
            bytes_done=self._bytes_done,
            bytes_total=self._bytes_total,
            units=self._units,
            message=self._message,
            eta_s=self._eta(),
            errors=errors,
        )

    def _eta(self) -> float | None:
        if self.status is not Status.RUNNING:
            return None
        done, total = self._done, self._total
        if self._bytes_total > 0:
            done, total = self._bytes_done, self._bytes_total
        if not total:
            return None
        if done >= total:
            return 0.0
        rate = self._rate.per_second(done)
        return (total - done) / rate if rate else None

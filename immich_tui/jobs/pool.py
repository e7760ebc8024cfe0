"""Workers side by side, behind one semaphore and one rate limiter, both adjustable while they are in use.

A call goes through the semaphore first and the limiter last, right before it is sent: a token taken earlier
would be spent waiting. What the other side says about being busy holds for everyone, so one refusal with a
time makes all workers wait, and lowers the rate for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import math
import random
import time
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import stamina

from immich_tui.jobs.gate import Gate
from immich_tui.jobs.pace import Pace
from immich_tui.jobs.shift import Shift
from immich_tui.jobs.slot import Slot, SlotSnapshot, SlotState
from immich_tui.jobs.stop import Stop

__all__ = ["Patience", "Pool", "PoolSnapshot", "Retry", "Slot", "SlotSnapshot", "SlotState"]

# stamina tells of every retry; without a handler Python would write that on the terminal we draw on.
logging.getLogger("stamina").addHandler(logging.NullHandler())

T = TypeVar("T")
R = TypeVar("R")

RECENT_S = 5.0
"""Time over which the recent rate is measured."""

HOLD_S = 1.0
"""How long all wait when the other side is busy and does not say for how long."""


@dataclass(frozen=True, slots=True)
class Retry:
    """What a failed call asks for: it is worth another try, where the call may be repeated at all.

    `after` is the number of seconds the other side wants, if it said so. `slow_down` lowers the rate for all.
    `hold_all` keeps every call of the pool back for `after`, not this one only. `undone` says that the failed
    call surely did nothing, so that sending it again is no repetition.
    """

    after: float | None = None
    slow_down: bool = False
    hold_all: bool = False
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """Bounds of trying again: tries in all, seconds from first to last, and the waits in between.

    Waits double from `first_s` to `longest_s`, each with up to `jitter_s` on top. `hold_s` caps the time the
    other side may make us wait.
    """

    tries: int = 8
    within_s: float = 600.0
    first_s: float = 0.5
    longest_s: float = 30.0
    jitter_s: float = 1.0
    hold_s: float = 300.0


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    """The pool as a screen shows it.

    `busy` is the number of permits in use. `rate` is the rate in force and `set_rate` the one asked for,
    requests a second, `None` for no limit; `recent_rate` is what really went out. `held_for_s` is how long
    everyone still waits because the other side asked for it; `silent_for_s` how long it has answered nothing
    although it was asked, bytes of a download that arrive being an answer. `sent` and `retried` count calls
    since the pool was made. `aside` names what is done beside the work, each thing once.
    """

    workers: int
    busy: int
    rate: float | None
    set_rate: float | None
    recent_rate: float
    held_for_s: float
    paused: bool
    sent: int
    retried: int
    slots: tuple[SlotSnapshot, ...]
    silent_for_s: float = 0.0
    aside: tuple[str, ...] = ()


class Pool:
    """Sends calls with bounded concurrency at a bounded rate, and works through lists with several workers.

    Belongs to one event loop; all methods are called from it. `classify` says what an error asks for, `None`
    for an error that is not worth another try. A `rate` of `None` is no limit. `clock` must be the one the
    event loop goes by.
    """

    def __init__(
        self,
        workers: int = 5,
        rate: float | None = 10.0,
        classify: Callable[[BaseException], Retry | None] = lambda error: None,
        *,
        patience: Patience = Patience(),
        grace_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workers = _at_least_one(workers)
        self._rate = rate
        self._classify = classify
        self._patience = patience
        self._grace_s = grace_s
        self._clock = clock
        self._gate = Gate(workers)
        self._pace = Pace(rate)
        self._open = asyncio.Event()
        self._open.set()
        self._stop = Stop()
        self._not_before = -math.inf
        self._slots: dict[int, Slot] = {}
        self._shifts: set[Shift[Any]] = set()
        self._recent: deque[float] = deque()
        self._sent = 0
        self._retried = 0
        self._out = 0
        self._unheard = False
        self._heard_at = -math.inf
        self._bytes_seen = 0

    @property
    def workers(self) -> int:
        """How many workers are wanted, and how many calls may be out at a time."""
        return self._workers

    @property
    def rate(self) -> float | None:
        """The rate that was asked for."""
        return self._rate

    def turns_s(self, turns: int) -> float:
        """How many seconds a worker waits for so many turns, one after the other, while all others ask too.

        Answers and pauses come on top.
        """
        rate = self._pace.rate
        return 0.0 if rate is None else turns * (self._workers + 1) / rate

    def set_workers(self, workers: int) -> None:
        """Change the number of workers. What is in flight goes on; those too many leave after their item."""
        self._workers = _at_least_one(workers)
        self._gate.set_permits(workers)
        for shift in self._shifts:
            shift.staff()

    def set_rate(self, rate: float | None) -> None:
        """Change the rate, for those who wait for it now too."""
        self._pace.set_rate(rate)
        self._rate = rate

    def pause(self) -> None:
        """Begin nothing new; what is in flight finishes."""
        self._open.clear()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._open.set()

    def cancel(self) -> None:
        """End: waits are cut short with `Cancelled`, what is in flight may finish. There is no way back."""
        self._stop.ask()
        for shift in tuple(self._shifts):
            shift.stop()

    async def work(
        self, items: Iterable[T] | AsyncIterable[T], handle: Callable[[T, Slot], Awaitable[None]]
    ) -> None:
        """Handle every item, read as workers come free; returns when all are done and no task is left.

        The first error that `handle` or the items raise stops the rest cleanly and is raised here, as it is:
        `handle` catches what concerns its item alone. Raises `Cancelled` after `cancel`.
        """
        self._stop.check()
        shift = Shift(
            items,
            handle,
            lease=self._lease,
            ready=self._open,
            wanted=lambda: self._workers,
            grace_s=self._grace_s,
        )
        self._shifts.add(shift)
        try:
            await shift.run()
        finally:
            self._shifts.discard(shift)

    @contextlib.contextmanager
    def lease(self, label: str = "", *, aside: bool = False) -> Iterator[Slot]:
        """A slot for calls outside of `work`; one `aside` takes none of the places that screens show."""
        with self._lease(self._stop, aside=aside) as slot:
            slot.show(label)
            yield slot

    async def call(self, send: Callable[[], Awaitable[R]], slot: Slot, *, repeatable: bool) -> R:
        """Send one call: permit first, then the hold and the rate, right before `send` is called.

        An error that is worth another try is tried again if the call is `repeatable` or surely did nothing;
        in any case it slows the pool down or holds it back as it asks for. The last error is raised as it
        is. Raises `Cancelled` when the work this slot belongs to is stopped while the call waits, never while
        it is in flight.
        """
        stop = slot.stop or self._stop
        first_failure: float | None = None

        def again(error: BaseException) -> bool | float:
            nonlocal first_failure
            retry = self._classified(error)
            now = self._clock()
            first_failure = first_failure or now
            if not retry or not (repeatable or retry.undone):
                return False
            if stop.asked or now - first_failure > self._patience.within_s:
                return False
            slot.state = SlotState.RETRY
            if retry.after is None:
                return True
            # A hold of the whole pool is waited for in line with the others.
            alone = 0.0 if retry.hold_all else self._bounded(retry.after)
            return alone + random.uniform(0, self._patience.jitter_s)  # noqa: S311 - spreads load

        async with stop.cuttable() as cut:

            async def once() -> R:
                slot.state = SlotState.PERMIT
                async with self._gate:
                    await self._turn(slot)
                    stop.check()
                    return await cut.send(self._sent_now(send, slot))

            try:
                try:
                    return await once()
                except Exception as error:  # noqa: BLE001 - raised again below, or tried again
                    first = error
                # Only a call that failed pays for what decides on further tries.
                async for attempt in stamina.retry_context(
                    on=again,
                    attempts=self._patience.tries,
                    timeout=None,
                    wait_initial=self._patience.first_s,
                    wait_max=self._patience.longest_s,
                    wait_jitter=self._patience.jitter_s,
                ):
                    with attempt:
                        if attempt.num == 1:
                            raise first
                        self._retried += 1
                        return await once()
            finally:
                slot.state = SlotState.WORKING
        raise AssertionError("the last attempt returns or raises")

    def snapshot(self) -> PoolSnapshot:
        """The pool as it stands now; cheap enough for every frame."""
        now = self._clock()
        self._forget(now)
        span = min(RECENT_S, max(1.0, now - self._recent[0])) if self._recent else RECENT_S
        numbers = range(1, max([self._workers, *self._slots]) + 1)
        return PoolSnapshot(
            workers=self._workers,
            busy=self._gate.inside,
            rate=self._pace.rate,
            set_rate=self._rate,
            # Between so many requests lies one stretch less: the first would count as a whole one.
            recent_rate=max(0, len(self._recent) - 1) / span,
            held_for_s=max(0.0, self._not_before - now),
            paused=not self._open.is_set(),
            sent=self._sent,
            retried=self._retried,
            silent_for_s=self._silence(now),
            slots=tuple((self._slots.get(number) or Slot(number)).snapshot() for number in numbers),
            aside=tuple(dict.fromkeys(slot.label for number, slot in self._slots.items() if number < 0)),
        )

    async def _turn(self, slot: Slot) -> None:
        """Wait until a call may go out. A hold or a pause that came while waiting for the rate counts too."""
        while True:
            slot.state = SlotState.PERMIT
            await self._open.wait()
            if (hold := self._not_before - self._clock()) > 0:
                await asyncio.sleep(hold)
                continue
            slot.state = SlotState.RATE
            await self._pace.acquire()
            if self._open.is_set() and self._not_before <= self._clock():
                return

    async def _sent_now(self, send: Callable[[], Awaitable[R]], slot: Slot) -> R:
        slot.state = SlotState.WORKING
        now = self._clock()
        self._forget(now)
        self._recent.append(now)
        self._sent += 1
        if not (self._out or self._unheard):
            self._heard_at = now
        self._out += 1
        try:
            answer = await send()
        except Exception as error:
            retry = self._classified(error)
            # Who asks for time is there; of any other failure that is worth another try nobody knows.
            if retry and not (retry.hold_all or retry.slow_down):
                self._unheard = True
            else:
                self._heard()
            self._heed(retry)
            raise
        else:
            self._heard()
            return answer
        finally:
            self._out -= 1

    def _heard(self) -> None:
        self._unheard, self._heard_at = False, self._clock()

    def _silence(self, now: float) -> float:
        """How long nothing came although something is asked for; 0 while all wait for something else."""
        moved = sum(slot.snapshot().done for slot in self._slots.values())
        if moved != self._bytes_seen:
            self._bytes_seen = moved
            self._heard_at = max(self._heard_at, now)
        waits = (self._out or self._unheard) and self._open.is_set() and self._not_before <= now
        return max(0.0, now - self._heard_at) if waits else 0.0

    def _classified(self, error: BaseException) -> Retry | None:
        return self._classify(error) if isinstance(error, Exception) else None

    def _heed(self, retry: Retry | None) -> None:
        """Slow down and hold back, as the other side asks for."""
        if not retry:
            return
        if retry.slow_down:
            self._pace.slow_down()
        if retry.hold_all:
            after = HOLD_S if retry.after is None else self._bounded(retry.after)
            self._not_before = max(self._not_before, self._clock() + after)

    def _bounded(self, after: float) -> float:
        return min(max(0.0, after), self._patience.hold_s)

    def _forget(self, now: float) -> None:
        while self._recent and now - self._recent[0] > RECENT_S:
            self._recent.popleft()

    @contextlib.contextmanager
    def _lease(self, stop: Stop, *, aside: bool = False) -> Iterator[Slot]:
        """The lowest free slot; those aside have numbers below 0."""
        numbers = itertools.count(-1, -1) if aside else itertools.count(1)
        number = next(number for number in numbers if number not in self._slots)
        slot = self._slots[number] = Slot(number, stop)
        try:
            yield slot
        finally:
            del self._slots[number]


def _at_least_one(workers: int) -> int:
    if workers < 1:
        raise ValueError(f"At least one worker is needed, not {workers}.")
    return workers

"""Stopping workers cleanly: waits are cut short, what has been sent comes to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Self, TypeVar

from immich_tui.jobs.outcome import Cancelled

R = TypeVar("R")


class Cut:
    """A stretch of work that a stop may cut short anywhere but while something is in flight.

    Written out, as every call of a pool goes through it: decorated generators would take twice as long.
    """

    __slots__ = ("_guard", "_stop", "in_flight")

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._guard = asyncio.timeout(None)
        self.in_flight = False

    async def __aenter__(self) -> Self:
        self._stop.check()
        await self._guard.__aenter__()
        self._stop.cuts.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.cuts.discard(self)
        try:
            await self._guard.__aexit__(kind, error, trace)
        except TimeoutError:
            raise Cancelled from None
        if isinstance(error, TimeoutError) and self._guard.expired():
            raise Cancelled from None

    def short(self) -> None:
        """End what waits, at once."""
        if not self.in_flight:
            self._guard.reschedule(asyncio.get_running_loop().time())

    async def send(self, call: Awaitable[R]) -> R:
        """Await what must not be cut. `check` the stop before it is made."""
        self.in_flight = True
        try:
            return await call
        finally:
            self.in_flight = False


class Stop:
    """A request to stop, made once and obeyed by every stretch of work that uses it.

    Belongs to one event loop.
    """

    def __init__(self) -> None:
        self.asked = False
        self.cuts: set[Cut] = set()

    def ask(self) -> None:
        """Cut all waits short. What is in flight goes on and finds out afterwards."""
        if self.asked:
            return
        self.asked = True
        for cut in self.cuts:
            cut.short()

    def check(self) -> None:
        """Raise `Cancelled` after a stop."""
        if self.asked:
            raise Cancelled

    def cuttable(self) -> Cut:
        """A stretch of work, for `async with`, that ends with `Cancelled` when a stop is asked for."""
        return Cut(self)

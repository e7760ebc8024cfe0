"""Stopping workers cleanly: waits are cut short, what has been sent comes to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from immich_tui.jobs.outcome import Cancelled


class Cut:
    """A stretch of work that a stop may cut short anywhere but while something is in flight."""

    def __init__(self, stop: Stop, guard: asyncio.Timeout) -> None:
        self._stop = stop
        self.guard = guard
        self.in_flight = False

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """The part that must not be cut. Raises `Cancelled` instead of beginning after a stop."""
        self._stop.check()
        self.in_flight = True
        try:
            yield
        finally:
            self.in_flight = False


class Stop:
    """A request to stop, made once and obeyed by every stretch of work that uses it.

    Belongs to one event loop.
    """

    def __init__(self) -> None:
        self.asked = False
        self._cuts: set[Cut] = set()

    def ask(self) -> None:
        """Cut all waits short. What is in flight goes on and finds out afterwards."""
        if self.asked:
            return
        self.asked = True
        for cut in self._cuts:
            if not cut.in_flight:
                cut.guard.reschedule(asyncio.get_running_loop().time())

    def check(self) -> None:
        """Raise `Cancelled` after a stop."""
        if self.asked:
            raise Cancelled

    @contextlib.asynccontextmanager
    async def cuttable(self) -> AsyncIterator[Cut]:
        """A stretch of work that ends with `Cancelled` when a stop is asked for."""
        self.check()
        guard = asyncio.timeout(None)
        cut = Cut(self, guard)
        try:
            async with guard:
                self._cuts.add(cut)
                try:
                    yield cut
                finally:
                    self._cuts.discard(cut)
        except TimeoutError:
            if guard.expired():
                raise Cancelled from None
            raise

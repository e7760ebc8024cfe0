"""A semaphore whose number of permits can be changed while they are in use."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from types import TracebackType


class Gate:
    """At most `permits` inside at a time, first come, first served.

    With fewer permits nobody is thrown out: new ones wait until enough have left. A waiter that is cancelled
    takes no permit with it.
    """

    def __init__(self, permits: int) -> None:
        self._permits = permits
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def inside(self) -> int:
        """How many permits are in use, those just handed to a waiter included."""
        return self._inside

    def set_permits(self, permits: int) -> None:
        """Change the number of permits; more of them let waiters in at once."""
        self._permits = permits
        self._admit()

    async def __aenter__(self) -> None:
        if self._inside < self._permits and not self._waiting:
            self._inside += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The permit came in the same moment as the cancellation: pass it on.
                self._leave()
            else:
                with contextlib.suppress(ValueError):
                    self._waiting.remove(turn)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        self._admit()

    def _admit(self) -> None:
        """Hand free permits to waiters; a permit counts as used from here, not from when its task runs."""
        while self._waiting and self._inside < self._permits:
            turn = self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)

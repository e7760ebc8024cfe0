"""Pause, resume and cancel: asked for at any time, obeyed where the work says it is safe."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from immich_tui.jobs.outcome import Cancelled


class Control:
    """What the person asked of a job, and a clock that stands still while the job is paused.

    Belongs to one event loop; all methods are called from it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._may_go = asyncio.Event()
        self._may_go.set()
        self._stopped = asyncio.Event()
        self._paused_at: float | None = None
        self._paused_for = 0.0

    @property
    def paused(self) -> bool:
        """Whether work is to wait at its next interrupt point."""
        return not self._may_go.is_set()

    def pause(self) -> None:
        """Let work wait at its next interrupt point."""
        if self._paused_at is None and not self._stopped.is_set():
            self._paused_at = self._clock()
            self._may_go.clear()

    def resume(self) -> None:
        """Let waiting work go on."""
        if self._paused_at is not None:
            self._paused_for += self._clock() - self._paused_at
            self._paused_at = None
            self._may_go.set()

    def cancel(self) -> None:
        """Let work end at its next interrupt point, paused or not."""
        self.resume()
        self._stopped.set()

    def reset(self) -> None:
        """Forget an earlier cancel or pause: the job is run again."""
        self.resume()
        self._stopped.clear()

    async def interrupt_point(self) -> None:
        """Wait while paused, let the event loop do its other work, raise `Cancelled` if asked to stop."""
        while self.paused and not self._stopped.is_set():
            await self._may_go.wait()
        if self._stopped.is_set():
            raise Cancelled
        await asyncio.sleep(0)

    async def sleep(self, seconds: float) -> None:
        """Wait for a time that a cancel cuts short; raises `Cancelled` then."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
        await self.interrupt_point()

    def now(self) -> float:
        """Seconds by a monotonic clock, without the time spent paused."""
        now = self._clock() if self._paused_at is None else self._paused_at
        return now - self._paused_for

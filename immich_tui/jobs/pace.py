"""The rate requests go out at: smooth, adjustable while in use, slower for a while when asked to be.

The spacing is aiolimiter's. A bucket of two that leaks at the rate keeps requests 1/rate apart after one
early one, and, unlike a bucket of one, makes up for timers that fire late; at high rates, where a timer is
late by several requests, the bucket is larger. Whatever it lets through, a count of what went out within the
last second has the last word. A limiter's rate is fixed when it is made, so changing it means putting another
in its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque

from aiolimiter import AsyncLimiter

BURST = 2.0
"""Size of the bucket, in requests."""

LATE_S = 0.03
"""How late timers may be without a loss: where that is more than a request, the bucket is larger."""

MARGIN = 1.5
"""Share of the time between two requests that is added to the second: underway distances shrink a little.

What is more than one costs as much of the rate: at a hundred requests a second half a percent.
"""

MARGIN_S = 0.015
"""Seconds that are added at most."""

SLOWEST = 0.05
"""Share of the set rate below which slowing down does not go."""

AGAIN_S = 1.0
"""Refusals closer together than this answer the same burst and slow down once."""

RECOVER_EVERY_S = 10.0
"""Time without a refusal after which the rate rises by a step."""

RECOVER_BY = 0.1
"""Size of that step, as a share of the set rate."""


class Pace:
    """Lets callers through one by one at a rate a second, or at once where the rate is `None`.

    Belongs to one event loop.
    """

    def __init__(self, rate: float | None) -> None:
        self._set = _checked(rate)
        self._rate = rate
        self._limiter = _limiter(rate)
        self._fresh = True
        self._second = _Second()
        self._last = -math.inf
        self._changed_at = -math.inf
        self._waiting: dict[asyncio.Timeout, None] = {}

    @property
    def rate(self) -> float | None:
        """The rate in force: the one that was set, or less after a refusal."""
        return self._rate

    def set_rate(self, rate: float | None) -> None:
        """Go at another rate from now on; those who wait now are served at the new one.

        Raises `ValueError` for a rate that is not above zero and finite.
        """
        self._set = _checked(rate)
        self._swap(rate)

    def slow_down(self) -> None:
        """Go at half the rate for a while: the other side asked for it."""
        if self._rate is None or self._set is None:
            return
        now = asyncio.get_running_loop().time()
        if now - self._changed_at >= AGAIN_S:
            self._changed_at = now
            self._swap(max(self._rate / 2, self._set * SLOWEST))

    async def acquire(self) -> None:
        """Wait for this caller's turn."""
        loop = asyncio.get_running_loop()
        while True:
            self._recover(loop.time())
            limiter = self._limiter
            if limiter is None:
                return
            if self._fresh:
                self._fresh = False
                rested = (loop.time() - self._last) * limiter.max_rate / limiter.time_period
                left = limiter.max_rate - min(BURST, rested)
                if left > 0:
                    # Finds the bucket empty, so it does not wait and nobody can come in between.
                    await limiter.acquire(left)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None) as turn:
                    self._waiting[turn] = None
                    try:
                        await limiter.acquire()
                    finally:
                        self._waiting.pop(turn, None)
            if limiter is self._limiter and not turn.expired():
                await self._second.room(limiter.max_rate / limiter.time_period)
                self._last = loop.time()
                return

    def _recover(self, now: float) -> None:
        """Come nearer to the set rate by a step for every stretch of time without a refusal."""
        if self._rate is None or self._set is None or self._rate >= self._set:
            return
        steps = int((now - self._changed_at) / RECOVER_EVERY_S)
        if steps > 0:
            self._changed_at = now
            self._swap(min(self._set, self._rate + steps * self._set * RECOVER_BY))

    def _swap(self, rate: float | None) -> None:
        """Put a limiter of another rate in place and let those who wait at the old one come over.

        The new one is filled, by the first who uses it, as if it had been there when the last request went
        out: otherwise every change of the rate would let a burst through.
        """
        if rate == self._rate:
            return
        self._rate = rate
        self._limiter = _limiter(rate)
        self._fresh = True
        self._second = _Second()
        waiting, self._waiting = self._waiting, {}
        for turn in waiting:
            turn.reschedule(asyncio.get_running_loop().time())


class _Second:
    """Sees to it that no second holds more than one request over the rate, also after late timers."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    async def room(self, rate: float) -> None:
        """Wait until one more may go out, and count it."""
        loop = asyncio.get_running_loop()
        most, second = math.ceil(rate - 1e-9) + 1, 1 + min(MARGIN / rate, MARGIN_S)
        while len(self._times) >= most:
            if (early := self._times[-most] + second - loop.time()) <= 0:
                break
            await asyncio.sleep(early)
        while len(self._times) >= most:
            self._times.popleft()
        self._times.append(loop.time())


def _limiter(rate: float | None) -> AsyncLimiter | None:
    if rate is None:
        return None
    burst = max(BURST, 1 + LATE_S * rate)
    return AsyncLimiter(burst, burst / rate)


def _checked(rate: float | None) -> float | None:
    if rate is not None and not 0 < rate < math.inf:
        raise ValueError(f"A rate must be above zero, not {rate}.")
    return rate

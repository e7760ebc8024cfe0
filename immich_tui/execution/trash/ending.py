"""The batch that is deleted, confirmed and closed while the next one is looked at.

That is a few calls, one after the other; at a limited rate their turns would be lost. Nothing more is deleted
before they have ended, so what a crash leaves to be asked for is one batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Self


class Ending:
    """At most one batch that is being ended; leave it with that one ended.

    What ending it raises is raised by the next `over` or when it is left, unless another error is on its way.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.over()
        elif self._task is not None:
            if isinstance(error, asyncio.CancelledError):
                self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.exception()

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """End a batch beside what follows; the one before must be over."""
        assert self._task is None
        self._task = asyncio.create_task(work)

    async def over(self) -> None:
        """Wait until nothing is being ended; cancelled, it is broken off."""
        if self._task is not None:
            task = self._task
            await task
            self._task = None

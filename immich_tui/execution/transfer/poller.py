"""Looking after downloaders: who is away and since when. Runs at its own interval beside the work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from immich_tui.execution.transfer.wanted import Away, Downloader


class Poller:
    """Asks every downloader how it is, again and again. `paused` tells whether they are to hold still."""

    def __init__(self, downloaders: Sequence[Downloader], every_s: float, paused: Callable[[], bool]) -> None:
        self._downloaders = downloaders
        self._every_s = every_s
        self._paused = paused
        self._away: dict[str, tuple[str, float]] = {}
        self._held: dict[str, bool] = {}
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Look once at all, then go on by itself."""
        await self._round()
        self._task = asyncio.create_task(self._serve())

    async def end(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def away(self, name: str) -> str:
        """Why a downloader does not work now, as a sentence; empty while it does."""
        return self._away.get(name, ("", 0.0))[0]

    def away_for(self, name: str) -> float:
        """Seconds since it went away."""
        return monotonic() - self._away[name][1] if name in self._away else 0.0

    def lost(self, name: str, reason: str) -> None:
        """Somebody else found it away."""
        self._away.setdefault(name, (reason, monotonic()))

    async def _serve(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self._round()

    async def _round(self) -> None:
        await asyncio.gather(*(self._look(downloader) for downloader in self._downloaders))

    async def _look(self, downloader: Downloader) -> None:
        name = downloader.name
        try:
            await downloader.look()
            if self._held.get(name, False) != self._paused():
                await downloader.hold(self._paused())
                self._held[name] = self._paused()
        except Away as error:
            self._away[name] = str(error), self._away.get(name, ("", monotonic()))[1]
            # It may have forgotten by the time it is back.
            self._held.pop(name, None)
        else:
            self._away.pop(name, None)

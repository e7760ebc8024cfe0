"""The way that is always there: this machine asks the server itself, through the pool and its rate."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from immich_tui.execution.transfer.http import HttpDownloader
from immich_tui.execution.transfer.wanted import Kind, Order, Progress, Received, Rejected
from immich_tui.immich.client import ImmichClient
from immich_tui.jobs.pool import Pool
from immich_tui.jobs.slot import Slot


class FromServerHere:
    """Downloads on the worker that asks. What a mapped folder should have had, it can have as well."""

    name = "http"
    kinds: Mapping[Kind, int] = {Kind.HTTP: 30, Kind.MOUNT: 30}
    works_ahead = False

    def __init__(self, client: ImmichClient, pool: Pool) -> None:
        self._http = HttpDownloader(client, pool)
        self._under_way: dict[str, asyncio.Task[Received]] = {}

    async def submit(self, orders: Sequence[Order]) -> Sequence[str]:
        """Accept everything."""
        return [""] * len(orders)

    async def bring(self, order: Order, slot: Slot, progress: Progress) -> Received:
        """Download and compare."""
        fetch = self._http.fetch(order.asset_id, order.target, order.expected, slot, progress)
        download = self._under_way[order.key] = asyncio.create_task(fetch)
        try:
            return await download
        except asyncio.CancelledError:
            whole_run = asyncio.current_task()
            if whole_run is not None and whole_run.cancelling():
                raise
            raise Rejected("It was cancelled.") from None
        finally:
            del self._under_way[order.key]

    async def cancel(self, order: Order) -> None:
        """Break the download off, if it is under way; what has come is kept for another time."""
        if (download := self._under_way.get(order.key)) is not None:
            download.cancel()

    async def look(self) -> None:
        """Whether the server answers shows in every call; the run pauses when it does not."""

    async def hold(self, paused: bool) -> None:
        """The pool holds its calls by itself."""

    async def close(self) -> None:
        """Nothing is kept open."""

"""The way that is always there: this machine asks the server itself, through the pool and its rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from immich_tui.execution.transfer.http import HttpDownloader
from immich_tui.execution.transfer.wanted import Kind, Order, Progress, Received
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

    async def submit(self, orders: Sequence[Order]) -> Sequence[str]:
        """Accept everything."""
        return [""] * len(orders)

    async def bring(self, order: Order, slot: Slot, progress: Progress) -> Received:
        """Download and compare."""
        return await self._http.fetch(order.asset_id, order.target, order.expected, slot, progress)

    async def cancel(self, order: Order) -> None:
        """Nothing goes on behind `bring`."""

    async def look(self) -> None:
        """Whether the server answers shows in every call; the run pauses when it does not."""

    async def hold(self, paused: bool) -> None:
        """The pool holds its calls by itself."""

    async def close(self) -> None:
        """Nothing is kept open."""

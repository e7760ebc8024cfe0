"""The previews job: pictures of the groups that come next, fetched while the person looks at this one."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable

from immich_tui.execution.stopping import classify
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.pool import Patience, Pool, Slot
from immich_tui.jobs.progress import PhaseProgress, PhaseSnapshot, Status
from immich_tui.tui.pictures import Pictures

WORKERS = 2
RATE = 8.0
"""Requests a second, on top of what the person's own looking asks for."""
PATIENCE = Patience(tries=2, within_s=10.0)


class Previews:
    """Fetches pictures ahead through a pool of its own, so that it never takes what others wait for.

    Nothing of it is worth resuming, so it has no journal: leaving the place cancels it, and what was not
    fetched is asked for when it is looked at. Belongs to one event loop.
    """

    def __init__(self, pictures: Pictures, *, workers: int = WORKERS, rate: float | None = RATE) -> None:
        self._pictures = pictures
        self._pool = Pool(workers, rate, classify, patience=PATIENCE)
        self._progress = PhaseProgress("previews", "Pictures ahead", time.monotonic)
        self._done = self._failed = 0

    async def run(self, assets: AsyncIterable[Asset], total: int = 0) -> None:
        """Fetch thumbnails in this order, as far as they are not here; failures do not matter yet.

        Cancel the task that runs this when the person moves on.
        """
        self._progress.reset()
        self._done = self._failed = 0
        if self._pictures.off:
            return
        self._progress.status = Status.RUNNING
        self._report(total)

        async def handle(asset: Asset, slot: Slot) -> None:
            try:
                if not await self._pictures.load(asset):
                    slot.show(asset.id)
                    await self._pool.call(lambda: self._pictures.fetch(asset), slot, repeatable=True)
            except ImmichError:
                self._failed += 1
            self._done += 1
            self._report(total)

        try:
            await self._pool.work(assets, handle)
            self._progress.status = Status.DONE
        except BaseException:
            self._progress.status = Status.CANCELLED
            raise

    def snapshot(self) -> PhaseSnapshot:
        """How far it is."""
        return self._progress.snapshot(self._failed)

    def _report(self, total: int) -> None:
        self._progress.update(self._done, max(total, self._done), 0, 0, "", "pictures")

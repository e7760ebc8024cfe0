"""Small pictures for the report, asked from the server while it still has them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any

from immich_tui.execution.planned import Planned
from immich_tui.execution.report.groups import DONE, HELD, UNCLOSED, UNREACHED, GroupReport, with_outcome
from immich_tui.execution.report.report import Report
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import BadAnswer, Busy, Gone, ImmichError, Rejected, ServerFault, TimedOut
from immich_tui.immich.models import Group
from immich_tui.immich.pick import immich_pick
from immich_tui.jobs.commit import JournalUnavailable
from immich_tui.jobs.outcome import Cancelled
from immich_tui.jobs.pool import Pool

GROUPS = 200
"""Groups that are shown with pictures: about 5 MB of page."""

FEW = 20
"""Pictures that a small run asks for besides."""

LOOKED_AT = 1_000
"""Groups that are looked at to guess which will be shown."""

AT_ONCE = 4
WITHIN_S = 30.0
"""How long a report waits for its pictures."""

ONE_WITHIN_S = 10.0
"""How long one may take: meanwhile a call of the run may be waiting for its place."""

LARGEST = 200_000
"""Bytes of one picture, at most."""

_OF_ONE = BadAnswer, Gone, Rejected, ServerFault
"""Failures that concern one picture alone."""

_log = logging.getLogger(__name__)


def shown_with_pictures(report: Report) -> Iterator[GroupReport]:
    """The groups that a person most wants to see: what was left alone, disagreements, then the others."""
    differing = {group.group_id for group in islice(report.disagreements, GROUPS)}
    apart = with_outcome(report.groups, HELD, UNCLOSED, UNREACHED)
    alike = (group for group in with_outcome(report.groups, DONE) if group.group_id not in differing)
    yield from islice(chain(apart, report.disagreements, alike), GROUPS)


def likely(groups: Iterable[Planned]) -> list[str]:
    """The photos that a run will most likely show, before it is known what becomes of its groups.

    Only the first groups are looked at. Blocks on the disk.
    """
    apart: list[Group] = []
    differing: list[Group] = []
    alike: list[Group] = []
    count = 0
    for planned in islice(groups, LOOKED_AT):
        count += 1
        differs = immich_pick(planned.group) != planned.choice.winner
        (apart if planned.is_held else differing if differs else alike).append(planned.group)
        if len(differing) == GROUPS:
            break
    shown = islice(chain(apart, differing, alike), GROUPS)
    members = [asset.id for group in shown for asset in group.assets]
    return members[: count + FEW]


def pictured(report: Report) -> list[str]:
    """The photos to ask pictures of: about as many as the run had groups, so that it asks for little more."""
    members = [member.asset_id for group in shown_with_pictures(report) for member in group.members]
    return members[: len(report.groups) + FEW]


class Pictures:
    """The pictures of a run, asked for one by one while it works, with what its rate has to spare.

    So the time between two phases is used, and photos that are deleted for good still have a picture. With a
    pool each request passes its rate. Belongs to one event loop.
    """

    def __init__(self, client: ImmichClient, pool: Pool | None = None) -> None:
        self._client = client
        self._pool = pool
        self._found: dict[str, bytes] = {}
        self._asked: set[str] = set()
        self._waiting: deque[str] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._guessing = True

    def begin(self, choose: Callable[[], Sequence[str]]) -> None:
        """Ask for the pictures of these assets from now on. `choose` may block on the disk."""

        async def guessed() -> None:
            try:
                likely = await on_disk(choose)
            except JournalUnavailable:
                return
            if self._guessing:
                self._want(likely)
                await self._work()

        self._begin(guessed())

    async def all(self, asset_ids: Sequence[str]) -> dict[str, bytes]:
        """The pictures of these assets, as far as they can be had soon; what cannot is left out."""
        self._guessing = False
        self._want(asset_ids)
        for _ in range(AT_ONCE - len(self._tasks)):
            self._begin(self._work())
        try:
            await asyncio.wait(self._tasks, timeout=WITHIN_S)
        finally:
            await self.end()
        return self._found

    async def end(self) -> dict[str, bytes]:
        """Ask for nothing more; return what came until now."""
        self._guessing = False
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return self._found

    def _want(self, asset_ids: Sequence[str]) -> None:
        self._waiting = deque(one for one in dict.fromkeys(asset_ids) if one not in self._asked)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # A report without pictures is a report: nothing that goes wrong here is the run's end.
        if not task.cancelled() and (error := task.exception()):
            _log.info("Pictures for the report are missing", exc_info=error)

    async def _work(self) -> None:
        while self._waiting:
            asset_id = self._waiting.popleft()
            self._asked.add(asset_id)
            try:
                picture = await self._fetched(asset_id)
            except (Busy, Cancelled):
                picture = None
            if isinstance(picture, bytes):
                if kind_of_picture(picture) and len(picture) <= LARGEST:
                    self._found[asset_id] = picture
            elif not isinstance(picture, _OF_ONE):
                # No server, no permission, no time: others are not to be had now, either.
                self._asked.discard(asset_id)
                self._waiting.clear()

    async def _fetched(self, asset_id: str) -> bytes | ImmichError:
        """A picture, or why it is not to be had. Raises `Busy` and `Cancelled`."""
        if self._pool is None:
            return await self._once(asset_id)
        with self._pool.lease("fetching pictures for the report", aside=True) as slot:
            return await self._pool.call(partial(self._once, asset_id), slot, repeatable=False)

    async def _once(self, asset_id: str) -> bytes | ImmichError:
        """Ask for a picture, whose failure is not worth another try: of that the pool shall not hear."""
        try:
            async with asyncio.timeout(ONE_WITHIN_S):
                return await self._client.thumbnail(asset_id)
        except Busy:
            raise
        except ImmichError as error:
            return error
        except TimeoutError:
            return TimedOut("The picture did not come to its end.")


def kind_of_picture(data: bytes) -> str:
    """The media type by the first bytes; empty for what is no picture that a browser shows."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""

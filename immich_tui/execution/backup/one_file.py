"""Making one backup: from the server, or from what an earlier run has, verified and described."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from immich_tui.execution.backup.counts import is_weak, stands
from immich_tui.execution.backup.earlier import is_whole, take_over
from immich_tui.execution.backup.manifest import Line
from immich_tui.execution.backup.names import backup_name
from immich_tui.execution.backup.publish import Publisher
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.execution.stopping import stops_everything
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.execution.transfer.dispatcher import Dispatcher, NotFetched
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.execution.transfer.partfile import discard, part_of
from immich_tui.execution.transfer.wanted import Expected, Mismatch, Order, Progress, Received
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.pool import Slot


@dataclass(frozen=True, slots=True)
class Loser:
    """One file to back up: a loser's original, or the live video that belongs to it."""

    asset: Asset
    planned: Planned
    role: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be fetched, and what was there when the phase began.

    `names` are files in the run's folder that the journal does not know, or that the manifest does not list
    any more, as `unlisted` says by their assets; `earlier` are backups of earlier runs by asset.
    """

    files: int
    bytes: int
    names: frozenset[str]
    earlier: Mapping[str, tuple[Path, ...]]
    unlisted: frozenset[str] = frozenset()


def order_of(asset: Asset, target: Path, expected: Expected, *, weak: bool = False) -> Order:
    """What the dispatcher is asked for to have this asset's file at a place."""
    return Order(asset.id, asset.original_file_name, asset.original_path, target, expected, weak)


@dataclass(frozen=True, slots=True)
class Backup:
    """Makes sure that a verified backup of a file exists, and that journal and manifest say so."""

    run: Run
    way: Dispatcher
    publisher: Publisher
    found: Found
    slot: Slot
    progress: Progress

    async def make(self, loser: Loser, done: Callable[[], None]) -> None:
        """Back up one file, from the server or from an earlier backup; `done` is called when it counts."""
        asset, folder = loser.asset, self.run.folder
        known = None if asset.id in self.found.unlisted else self.run.backups.get(asset.id)
        if known is not None and await asyncio.to_thread(stands, self.run, known):
            done()
            return
        target = folder / backup_name(asset.id, asset.original_file_name)
        if is_weak(asset):
            await self._weak(loser, target, done)
            return
        expected = Expected(asset.size, sha1_of(asset.checksum))
        assert expected.sha1 is not None
        self.slot.show(f"looking for a backup of {asset.original_file_name}")
        if target.name in self.found.names and await on_disk(is_whole, target, expected):
            await self._put(loser, target, expected.size or 0, expected.sha1, done, there=True)
            return
        for path in self.found.earlier.get(asset.id, ()):
            if path == target:
                continue
            await on_disk(take_over, path, target)
            if await on_disk(is_whole, part_of(target), expected):
                same_as = f"{path.parent.name}/{path.name}"
                await self._put(loser, target, expected.size or 0, expected.sha1, done, same_as=same_as)
                return
            await on_disk(discard, target)
        self.slot.show(f"downloading {asset.original_file_name}", 0, asset.size or 0)
        received = await self.way.fetch(order_of(asset, target, expected), self.slot, self.progress)
        await self._put(loser, target, received.size, received.sha1, done, received=received)

    async def _weak(self, loser: Loser, target: Path, done: Callable[[], None]) -> None:
        """Back up a file of which the server has no checksum: two independent readings must agree."""
        asset, slot = loser.asset, self.slot
        size = asset.size
        if size is None:
            size = await self.run.pool.call(
                lambda: self.run.client.original_size(asset.id), slot, repeatable=True
            )
        slot.show(f"downloading {asset.original_file_name}", 0, size)
        first_order = order_of(asset, target, Expected(size, None), weak=True)
        first = await self.way.fetch(first_order, slot, self.progress)
        slot.show(f"reading {asset.original_file_name} a second time", 0, size)
        second = target.with_name(f"{target.name}.again")
        again = order_of(asset, second, Expected(size, first.sha1), weak=True)
        try:
            await self.way.fetch(again, slot, self.progress)
        except (Mismatch, NotFetched):
            # Which of the two is right cannot be told, so the next attempt reads both again.
            await on_disk(discard, target)
            raise Mismatch("Two readings of it gave different bytes.") from None
        finally:
            await on_disk(discard, second)
        await self._put(loser, target, first.size, first.sha1, done, received=first, weak=True)

    async def _put(
        self,
        loser: Loser,
        target: Path,
        size: int,
        sha1: str,
        done: Callable[[], None],
        *,
        there: bool = False,
        same_as: str = "",
        received: Received | None = None,
        weak: bool = False,
    ) -> None:
        asset = await self._with_tags(loser)
        self.slot.show(f"recording {asset.original_file_name}")
        way = received.way if received else ""
        elsewhere = received.elsewhere if received else ""
        checked = f"SHA-1 by {way}" if received and received.trusted else "SHA-1 here"
        line = Line(
            asset_id=asset.id,
            original_name=asset.original_file_name,
            file=target.name,
            size=size,
            sha1=sha1,
            server_checksum=asset.checksum,
            verdict="remote" if elsewhere else "weak" if weak else "verified",
            role=loser.role,
            group_id=loser.planned.id,
            survivor=loser.planned.choice.winner,
            asset=_told(self.run, asset) | {"edits": await self._edits(asset)},
            same_as=same_as,
            way=way,
            elsewhere=elsewhere,
            checked_by=checked,
        )
        await self.publisher.put(line, done, there=there)

    async def _with_tags(self, loser: Loser) -> Asset:
        """The asset as decided on, with its tags where the listing does not tell them (before 2.7)."""
        asset = loser.asset
        if asset.tags is not None or loser.role != "original":
            return asset
        client = self.run.client
        now = await self.run.pool.call(lambda: client.asset(asset.id), self.slot, repeatable=True)
        return asset.model_copy(update={"tags": now.tags, "people": now.people})

    async def _edits(self, asset: Asset) -> dict[str, object] | None:
        """What was cropped and turned on the server, `None` where it does not tell; most photos have none."""
        if not asset.is_edited:
            return {}
        client = self.run.client
        try:
            return await self.run.pool.call(lambda: client.edits(asset.id), self.slot, repeatable=True)
        except ImmichError as error:
            if stops_everything(error):
                raise
            return None


def _told(run: Run, asset: Asset) -> dict[str, object]:
    """Everything that is known of an asset."""
    albums = None if run.albums is None else run.albums.get(asset.id, ())
    people = asset.people or (run.people or {}).get(asset.id, ())
    return {
        **asset.model_dump(mode="json"),
        "people": [person.model_dump(mode="json") for person in people],
        # The listing names no people, so none here may also mean that nobody could be asked.
        "people_read": bool(asset.people) or run.people is not None,
        "shared_links": None if run.links is None else list(run.links.get(asset.id, ())),
        "albums": None if albums is None else [album.model_dump(mode="json") for album in albums],
    }

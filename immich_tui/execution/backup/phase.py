"""Backing up every loser: original and live video, verified, durable, and described in the manifest."""

from __future__ import annotations

import asyncio
import errno
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from immich_tui.execution.backup.earlier import earlier_backups, is_whole, take_over
from immich_tui.execution.backup.manifest import Line
from immich_tui.execution.backup.names import backup_name
from immich_tui.execution.backup.publish import Publisher
from immich_tui.execution.carry.wishes import withdrawn
from immich_tui.execution.notebook import Chapter
from immich_tui.execution.planned import Planned
from immich_tui.execution.preflight import size_text
from immich_tui.execution.run import Run
from immich_tui.execution.stopping import RunPhase, concerns_all, stops_everything
from immich_tui.execution.survey import bytes_to_download
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.execution.transfer.dispatcher import Dispatcher, NotFetched, Postponed
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.execution.transfer.partfile import discard, file_sha1, make_folder, part_of
from immich_tui.execution.transfer.setup import dispatcher
from immich_tui.execution.transfer.wanted import Expected, Mismatch, Order, Progress, Received
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.phase import Context, Continue, Outcome, Paused
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.marks import Marks

ID = 36
"""Characters of an asset's id, with which the name of its backup begins."""

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Loser:
    """One file to back up: a loser's original, or the live video that belongs to it."""

    asset: Asset
    planned: Planned
    role: str


class BackupPhase(RunPhase):
    """Download and verify every loser before anything is trashed."""

    name = "backup"
    label = "Back up"

    async def work(self, context: Context[Run]) -> Outcome:
        """Back up all files of open groups; a file that cannot be had holds back its group only."""
        run = context.subject
        todo = run.groups.open(loses=True)
        try:
            found = await on_disk(_prepare, run, todo)
        except OSError as error:
            raise Paused(_disk_sentence(run, error)) from error
        shown = _Shown(context, found.files, found.bytes)
        shown.show()
        later: dict[str, Loser] = {}
        taken: set[str] = set()

        async def one(loser: Loser, slot: Slot) -> None:
            await context.interrupt_point()

            def progress(received: int, total: int) -> None:
                shown.moved(loser, received)
                slot.show(f"downloading {loser.asset.original_file_name}", received, total)

            backup = _Backup(run, way, publisher, found, slot, progress)
            later.pop(loser.asset.id, None)
            waiting = 1

            def one_part_less() -> None:
                nonlocal waiting
                waiting -= 1
                if not waiting:
                    shown.finished(loser)

            if await withdrawn(run, loser.planned, self.name):
                context.non_fatal(loser.planned.item, loser.planned.held)
            if not loser.planned.is_held:
                try:
                    for part in await _with_live_video(run, loser, slot):
                        if part.asset.id in taken:
                            continue
                        waiting += 1
                        await backup.make(part, one_part_less)
                        taken.add(part.asset.id)
                    taken.difference_update((loser.asset.id, loser.asset.live_photo_video_id or ""))
                except Postponed:
                    later[loser.asset.id] = loser
                    return
                except (ImmichError, Mismatch, NotFetched) as error:
                    if isinstance(error, ImmichError) and await concerns_all(run, error, slot):
                        raise
                    sentence = error.sentence if isinstance(error, ImmichError) else str(error)
                    await self._give_up(context, loser, sentence)
                    waiting = 1
            one_part_less()

        async def pulse(reason: str) -> None:
            await context.interrupt_point()
            shown.waiting(len(later), reason)

        try:
            async with dispatcher(run) as way, Publisher(run) as publisher:
                run.dispatch = way
                way.announce(_orders(run, todo, found))
                await run.pool.work(losers_of(todo), one)
                while later:
                    if not await way.until_some_can_go(run.settings.transfer.patience_s, pulse):
                        break
                    await run.pool.work(list(later.values()), one)
                for loser in later.values():
                    await self._give_up(context, loser, way.reason(loser.asset.id))
                    shown.finished(loser)
        except OSError as error:
            raise Paused(_disk_sentence(run, error)) from error
        return Continue()

    async def _give_up(self, context: Context[Run], loser: Loser, sentence: str) -> None:
        """Hold back the group of a file that cannot be had."""
        name = loser.asset.original_file_name
        await context.subject.hold(loser.planned, self.name, f"{name} could not be backed up: {sentence}")
        context.non_fatal(loser.planned.item, loser.planned.held)


@dataclass(slots=True)
class _Shown:
    """What the screen is told of the phase: files and bytes done, and those on their way."""

    context: Context[Run]
    files: int
    bytes: int
    done: int = 0
    done_bytes: int = 0
    moving: dict[str, int] = field(default_factory=dict)

    def moved(self, loser: Loser, received: int) -> None:
        """Bytes of a file have come."""
        self.moving[loser.asset.id] = received
        self.show()

    def finished(self, loser: Loser) -> None:
        """A file is done with, one way or the other."""
        self.moving.pop(loser.asset.id, None)
        self.done_bytes += loser.asset.size or 0
        self.done += 1
        self.show()

    def waiting(self, files: int, reason: str) -> None:
        """Nothing moves: these files wait for a downloader."""
        self.show(f"{files} wait: {reason}")

    def show(self, message: str = "") -> None:
        """Tell it."""
        self.context.progress(
            self.done,
            self.files,
            bytes_done=self.done_bytes + sum(self.moving.values()),
            bytes_total=self.bytes,
            message=message,
            units="files",
        )


def originals(planned: Planned) -> tuple[Loser, ...]:
    """The losers of a group as files to back up."""
    return tuple(Loser(asset, planned, "original") for asset in planned.losers)


def losers_of(groups: Iterable[Planned]) -> Iterator[Loser]:
    """The losers of groups, each group read when its turn comes."""
    return (loser for planned in groups if planned.open for loser in originals(planned))


async def _with_live_video(run: Run, loser: Loser, slot: Slot) -> tuple[Loser, ...]:
    """A loser and, where it has one, its live video: a hidden asset of its own that goes with it."""
    video_id = loser.asset.live_photo_video_id
    if video_id is None:
        return (loser,)
    video = await run.pool.call(lambda: run.client.asset(video_id), slot, repeatable=True)
    return (loser, Loser(video, loser.planned, "live video"))


def is_weak(asset: Asset) -> bool:
    """Whether the server has no checksum of this asset's content.

    Immich hashes the text `path:` and the path for external-library assets, the bytes for uploads.
    """
    sha1 = sha1_of(asset.checksum)
    of_path = hashlib.sha1(f"path:{asset.original_path}".encode(), usedforsecurity=False).hexdigest()
    return sha1 is None or sha1 == of_path or asset.library_id is not None


@dataclass(frozen=True, slots=True)
class _Found:
    """What is to be fetched, and what was there when the phase began.

    `names` are files in the run's folder that the journal does not know, `earlier` backups of earlier runs by
    asset.
    """

    files: int
    bytes: int
    names: frozenset[str]
    earlier: Mapping[str, tuple[Path, ...]]


def _order(asset: Asset, target: Path, expected: Expected, *, weak: bool = False) -> Order:
    return Order(asset.id, asset.original_file_name, asset.original_path, target, expected, weak)


def _orders(run: Run, groups: Iterable[Planned], found: _Found) -> Iterator[Order]:
    return (order for loser in losers_of(groups) if (order := _ahead(run, loser, found)))


def _ahead(run: Run, loser: Loser, found: _Found) -> Order | None:
    """What can be asked for before its turn comes: a file that is not here, and that has a checksum."""
    asset = loser.asset
    if asset.id in run.backups or asset.id in found.earlier or is_weak(asset):
        return None
    name = backup_name(asset.id, asset.original_file_name)
    if name in found.names:
        return None
    return _order(asset, run.folder / name, Expected(asset.size, sha1_of(asset.checksum)))


@dataclass(frozen=True, slots=True)
class _Backup:
    """Makes sure that a verified backup of a file exists, and that journal and manifest say so."""

    run: Run
    way: Dispatcher
    publisher: Publisher
    found: _Found
    slot: Slot
    progress: Progress

    async def make(self, loser: Loser, done: Callable[[], None]) -> None:
        """Back up one file, from the server or from an earlier backup; `done` is called when it counts."""
        asset, folder = loser.asset, self.run.folder
        known = self.run.backups.get(asset.id)
        if known is not None and await asyncio.to_thread(_stands, self.run, known):
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
        received = await self.way.fetch(_order(asset, target, expected), self.slot, self.progress)
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
        first_order = _order(asset, target, Expected(size, None), weak=True)
        first = await self.way.fetch(first_order, slot, self.progress)
        slot.show(f"reading {asset.original_file_name} a second time", 0, size)
        second = target.with_name(f"{target.name}.again")
        again = _order(asset, second, Expected(size, first.sha1), weak=True)
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


def _prepare(run: Run, groups: Iterable[Planned]) -> _Found:
    """Make the run's folder, durably, and look what is there. Raises `OSError`. Blocks on the disk."""
    folder = run.folder
    make_folder(folder)
    names = frozenset(path.name for path in folder.iterdir() if path.name[:ID] not in run.backups)
    files = size = 0
    wanted = Marks()
    for planned in groups:
        wanted.add(planned.choice.trash)
    for loser in losers_of(groups):
        files += 1
        size += loser.asset.size or 0
    earlier = Chapter(run.notebook, "earlier", _as_texts, _as_paths)
    for asset_id, path in earlier_backups(folder, wanted):
        earlier[asset_id] = (*earlier.get(asset_id, ()), path)
    return _Found(files, size, names, earlier if len(earlier) else {})


def _as_texts(paths: tuple[Path, ...]) -> dict[str, object]:
    return {"paths": [str(path) for path in paths]}


def _as_paths(data: Mapping[str, object]) -> tuple[Path, ...]:
    paths = data["paths"]
    assert isinstance(paths, list)
    return tuple(map(Path, paths))


def untrusted(run: Run, name: str) -> str:
    """Why a backup that lies elsewhere does not count, as a sentence; empty where the person trusts it."""
    aria2 = run.settings.transfer.aria2
    if aria2 is not None and aria2.trusted:
        return ""
    return f"The backup of {name} lies elsewhere, and trust_remote_backup is not set."


def _stands(run: Run, record: Mapping[str, object]) -> bool:
    """Whether a backup that the journal knows still counts. Blocks on the disk."""
    if record.get("elsewhere"):
        return not untrusted(run, "it")
    return still_whole(run.folder, record)


def still_whole(folder: Path, record: Mapping[str, object]) -> bool:
    """Whether a backup is there as it was verified; a file whose marks moved is hashed again."""
    path = folder / str(record["file"])
    try:
        status = path.stat()
        marks = (status.st_size, status.st_mtime_ns, status.st_ino)
        if marks == (record["size"], record["mtime_ns"], record["inode"]):
            return True
        return file_sha1(path) == (record["size"], record["sha1"])
    except OSError:
        return False


def _disk_sentence(run: Run, error: OSError) -> str:
    if error.errno in _NO_SPACE:
        missing = size_text(bytes_to_download(run))
        return (
            f"The disk of {run.folder} is full; {missing} are still to be fetched. Nothing is trashed while"
            " files are missing. Make room and resume: what is backed up already is not fetched again."
        )
    return f"The backup folder {run.folder} cannot be written: {error.strerror}. Mend that and resume."

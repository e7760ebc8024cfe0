"""Backing up every loser: original and live video, verified, durable, and described in the manifest."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from immich_tui.execution.backup.counts import is_weak, stands
from immich_tui.execution.backup.earlier import earlier_backups
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.backup.names import backup_name
from immich_tui.execution.backup.one_file import Backup, Found, Loser, order_of
from immich_tui.execution.backup.publish import Publisher
from immich_tui.execution.carry.wishes import withdrawn
from immich_tui.execution.notebook import Chapter
from immich_tui.execution.planned import Planned
from immich_tui.execution.preflight import size_text
from immich_tui.execution.run import Run
from immich_tui.execution.stopping import RunPhase, concerns_all
from immich_tui.execution.survey import bytes_to_download
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.execution.transfer.dispatcher import NotFetched, Postponed
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.execution.transfer.partfile import make_folder
from immich_tui.execution.transfer.setup import dispatcher
from immich_tui.execution.transfer.wanted import Expected, Mismatch, Order
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.phase import Context, Continue, Outcome, Paused
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.marks import Marks

ID = 36
"""Characters of an asset's id, with which the name of its backup begins."""

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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
        in_hand: set[str] = set()

        async def one(loser: Loser, slot: Slot) -> None:
            await context.interrupt_point()

            def progress(received: int, total: int) -> None:
                shown.moved(loser, received)
                slot.show(f"downloading {loser.asset.original_file_name}", received, total)

            backup = Backup(run, way, publisher, found, slot, progress)
            later.pop(loser.asset.id, None)
            waiting, at = 1, ""

            def one_part_less(part: str = "") -> None:
                nonlocal waiting
                in_hand.discard(part)
                waiting -= 1
                if not waiting:
                    shown.finished(loser)

            if await withdrawn(run, loser.planned, self.name):
                context.non_fatal(loser.planned.item, loser.planned.held)
            if not loser.planned.is_held:
                try:
                    for part in await _with_live_video(run, loser, found, slot):
                        # Photos may share a video: who has it in hand makes it for all of them, and
                        # without its backup nothing of theirs is trashed.
                        if part.asset.id in taken or part.asset.id in in_hand:
                            continue
                        at = part.asset.id
                        waiting += 1
                        in_hand.add(at)
                        await backup.make(part, partial(one_part_less, at))
                        taken.add(at)
                    taken.difference_update((loser.asset.id, loser.asset.live_photo_video_id or ""))
                except Postponed:
                    in_hand.discard(at)
                    later[loser.asset.id] = loser
                    return
                except (ImmichError, Mismatch, NotFetched) as error:
                    if isinstance(error, ImmichError) and await concerns_all(run, error, slot):
                        raise
                    in_hand.discard(at)
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


async def _with_live_video(run: Run, loser: Loser, found: Found, slot: Slot) -> tuple[Loser, ...]:
    """A loser and, where it has one, its live video: a hidden asset of its own that goes with it.

    One that is backed up is not asked for again: it may be gone with its photo by now.
    """
    video_id = loser.asset.live_photo_video_id
    if video_id is None:
        return (loser,)
    known = None if video_id in found.unlisted else run.backups.get(video_id)
    if known is not None and await on_disk(stands, run, known):
        return (loser,)
    video = await run.pool.call(lambda: run.client.asset(video_id), slot, repeatable=True)
    return (loser, Loser(video, loser.planned, "live video"))


def _orders(run: Run, groups: Iterable[Planned], found: Found) -> Iterator[Order]:
    return (order for loser in losers_of(groups) if (order := _ahead(run, loser, found)))


def _ahead(run: Run, loser: Loser, found: Found) -> Order | None:
    """What can be asked for before its turn comes: a file that is not here, and that has a checksum."""
    asset = loser.asset
    if asset.id in run.backups or asset.id in found.earlier or is_weak(asset):
        return None
    name = backup_name(asset.id, asset.original_file_name)
    if name in found.names:
        return None
    return order_of(asset, run.folder / name, Expected(asset.size, sha1_of(asset.checksum)))


def _prepare(run: Run, groups: Iterable[Planned]) -> Found:
    """Make the run's folder, durably, and look what is there. Raises `OSError`. Blocks on the disk."""
    folder = run.folder
    make_folder(folder)
    listed = Marks(line.asset_id for line in read_manifest(run.manifest.path)) if run.backups else Marks()
    unlisted = frozenset(asset_id for asset_id in run.backups if asset_id not in listed)
    names = frozenset(
        path.name
        for path in folder.iterdir()
        if path.name[:ID] not in run.backups or path.name[:ID] in unlisted
    )
    files = size = 0
    wanted = Marks()
    for planned in groups:
        wanted.add(planned.choice.trash)
    for loser in losers_of(groups):
        files += 1
        size += loser.asset.size or 0
        if video := loser.asset.live_photo_video_id:
            wanted.add([video])
    earlier = Chapter(run.notebook, "earlier", _as_texts, _as_paths)
    for asset_id, path in earlier_backups(folder, wanted):
        earlier[asset_id] = (*earlier.get(asset_id, ()), path)
    return Found(files, size, names, earlier if len(earlier) else {}, unlisted)


def _as_texts(paths: tuple[Path, ...]) -> dict[str, object]:
    return {"paths": [str(path) for path in paths]}


def _as_paths(data: Mapping[str, object]) -> tuple[Path, ...]:
    paths = data["paths"]
    assert isinstance(paths, list)
    return tuple(map(Path, paths))


def _disk_sentence(run: Run, error: OSError) -> str:
    if error.errno in _NO_SPACE:
        missing = size_text(bytes_to_download(run))
        return (
            f"The disk of {run.folder} is full; {missing} are still to be fetched. Nothing is trashed while"
            " files are missing. Make room and resume: what is backed up already is not fetched again."
        )
    return f"The backup folder {run.folder} cannot be written: {error.strerror}. Mend that and resume."

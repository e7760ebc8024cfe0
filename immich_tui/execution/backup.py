"""Backing up every loser: original and live video, verified, durable, and described in the manifest."""

from __future__ import annotations

import asyncio
import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from immich_tui.execution.manifest import Line
from immich_tui.execution.names import backup_name
from immich_tui.execution.preflight import bytes_to_download, size_text
from immich_tui.execution.run import BACKUP, Planned, Run
from immich_tui.execution.stopping import RunPhase, concerns_all
from immich_tui.execution.transfer.http import Expected, Mismatch, Received, download, sha1_of
from immich_tui.execution.transfer.partfile import file_sha1
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.phase import Context, Continue, Outcome, Paused
from immich_tui.jobs.pool import Slot

ATTEMPTS = 3
"""Downloads of one file whose bytes do not match, before its group is held back."""

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
        try:
            await asyncio.to_thread(run.folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Paused(_disk_sentence(run, error)) from error
        todo = [loser for planned in run.open_groups() for loser in originals(planned)]
        total_bytes = sum(loser.asset.size or 0 for loser in todo)
        done = finished_bytes = 0
        moving: dict[str, int] = {}

        def show() -> None:
            context.progress(
                done,
                len(todo),
                bytes_done=finished_bytes + sum(moving.values()),
                bytes_total=total_bytes,
                units="files",
            )

        show()

        async def one(loser: Loser, slot: Slot) -> None:
            nonlocal done, finished_bytes
            await context.interrupt_point()

            def progress(received: int, total: int) -> None:
                moving[loser.asset.id] = received
                slot.show(f"downloading {loser.asset.original_file_name}", received, total)
                show()

            if not loser.planned.held:
                try:
                    for part in await _with_live_video(run, loser, slot):
                        await _back_up(run, part, slot, progress)
                except (ImmichError, Mismatch) as error:
                    if isinstance(error, ImmichError) and await concerns_all(run, error, slot):
                        raise
                    sentence = error.sentence if isinstance(error, ImmichError) else str(error)
                    await run.hold(
                        loser.planned,
                        self.name,
                        f"{loser.asset.original_file_name} could not be backed up: {sentence}",
                    )
                    context.non_fatal(loser.planned.item, loser.planned.held)
                except OSError as error:
                    raise Paused(_disk_sentence(run, error)) from error
            finished_bytes += moving.pop(loser.asset.id, loser.asset.size or 0)
            done += 1
            show()

        await run.pool.work(todo, one)
        return Continue()


def originals(planned: Planned) -> tuple[Loser, ...]:
    """The losers of a group as files to back up."""
    return tuple(Loser(asset, planned, "original") for asset in planned.losers)


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


async def _back_up(run: Run, loser: Loser, slot: Slot, progress: Callable[[int, int], None]) -> None:
    """Make sure that a verified backup of one file exists, and that journal and manifest say so."""
    asset = loser.asset
    known = run.backups.get(asset.id)
    if known is not None and await asyncio.to_thread(still_whole, run.folder, known):
        return
    weak = is_weak(asset)
    expected = Expected(asset.size, None if weak else sha1_of(asset.checksum))
    target = run.folder / backup_name(asset.id, asset.original_file_name)
    slot.show(f"downloading {asset.original_file_name}", 0, asset.size or 0)
    received = await _fetch(run, asset, target, expected, slot, progress)
    if weak:
        slot.show(f"reading {asset.original_file_name} a second time", 0, received.size)
        second = target.with_name(target.name + ".again")
        again = await _fetch(run, asset, second, Expected(received.size, received.sha1), slot, progress)
        await asyncio.to_thread(second.unlink)
        assert again.sha1 == received.sha1
    slot.show(f"recording {asset.original_file_name}")
    line = Line(
        asset_id=asset.id,
        original_name=asset.original_file_name,
        file=target.name,
        size=received.size,
        sha1=received.sha1,
        server_checksum=asset.checksum,
        verdict="weak" if weak else "verified",
        role=loser.role,
        group_id=loser.planned.group.id,
        survivor=loser.planned.winner.id,
        asset={
            **asset.model_dump(mode="json"),
            "albums": [album.model_dump(mode="json") for album in (run.albums or {}).get(asset.id, ())],
        },
    )
    await asyncio.to_thread(run.manifest.append, line)
    record = await asyncio.to_thread(describe, run.folder, line)
    run.backups[asset.id] = record
    await run.journal.outcome(run.id, BACKUP, asset.id, "done", record)


async def _fetch(
    run: Run,
    asset: Asset,
    target: Path,
    expected: Expected,
    slot: Slot,
    progress: Callable[[int, int], None],
) -> Received:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await run.pool.call(
                lambda: download(run.client, asset.id, target, expected, progress), slot, repeatable=True
            )
        except Mismatch:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


def describe(folder: Path, line: Line) -> dict[str, object]:
    """What the journal keeps of a backup, with the marks by which a later change of the file is noticed."""
    status = (folder / line.file).stat()
    return {
        "file": line.file,
        "size": line.size,
        "sha1": line.sha1,
        "verdict": line.verdict,
        "role": line.role,
        "mtime_ns": status.st_mtime_ns,
        "inode": status.st_ino,
    }


def still_whole(folder: Path, record: dict[str, object]) -> bool:
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

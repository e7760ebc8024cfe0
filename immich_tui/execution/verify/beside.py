"""Kept photos that are gone: whether a later run did it, as the folders beside a backup tell.

A run may trash a photo that an earlier one kept. Who has only the folder of the earlier one finds its backup
in the folder of the later.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from immich_tui.execution.backup.folder import VIDEO, BackupFolder, SavedFile, SavedPhoto, saved_file
from immich_tui.execution.backup.manifest import NAME, read_manifest
from immich_tui.execution.verify.photo import (
    Beside,
    Verify,
    asset_of,
    check_files,
    is_back,
    is_gone,
    standing_in,
)
from immich_tui.execution.verify.told import LEFT, brought_back, fates
from immich_tui.jobs.pool import Slot

_RUN = re.compile(r"(\d{8}T\d{6})-[0-9a-f]{6}")


async def follow(verify: Verify, gone: Iterable[str]) -> None:
    """Look in the folders beside for these kept photos, and for those that were kept in their place since.

    A folder whose name does not tell when its run began is no help.
    """
    folder = await asyncio.to_thread(verify.backup.path.resolve)
    wanted = dict.fromkeys(gone, began(folder)) if began(folder) else {}
    while wanted:
        found = await asyncio.to_thread(later_backups, folder, wanted)
        following: dict[str, str] = {}
        await verify.pool.work(list(found.values()), partial(_look, verify, following))
        wanted = following


async def _look(verify: Verify, following: dict[str, str], one: Beside, slot: Slot) -> None:
    """See whether a backup is whole, and note in `following` who was kept then where that is gone, too."""
    slot.show(f"hashing {one.photo.file.name}", 0, one.photo.bytes)
    faults = (await check_files(one.backup, one.photo)).faults
    faults += await asyncio.to_thread(_not_there, one)
    uploaded = verify.places.get(one.photo.id) is None and await is_back(verify, one.photo, slot)
    verify.beside[one.photo.id] = replace(one, faults=faults, uploaded=uploaded)
    end = standing_in(verify, one.photo.id)
    if end not in verify.beside and is_gone(await asset_of(verify, end, slot)):
        following[end] = max(following.get(end, ""), one.began)


def later_backups(folder: Path, wanted: Mapping[str, str]) -> dict[str, Beside]:
    """The newest backups of assets in the folders beside, of runs that began no earlier than is wanted.

    `wanted` are ids of assets with that time. Manifests are read line by line: they may be long. Folders that
    cannot be read are passed over. Blocks on the disk.
    """
    found: dict[str, Beside] = {}
    for manifest in sorted(folder.parent.glob(f"*/{NAME}")):
        beside, since = manifest.parent, began(manifest.parent)
        if beside == folder or not since:
            continue
        with suppress(OSError):
            ids = {one for one, earliest in wanted.items() if earliest <= since}
            photos = _photos(manifest, ids)
            stayed = _stayed(beside, photos)
            for photo in photos:
                backup = BackupFolder(beside, (photo,), (), 0)
                found[photo.id] = Beside(backup, photo, since, photo.id not in stayed)
    return found


def began(folder: Path) -> str:
    """When the run of a backup folder began, as its name tells and so that it sorts; else empty."""
    match = _RUN.fullmatch(folder.name)
    return match[1] if match else ""


def _not_there(one: Beside) -> tuple[str, ...]:
    """Files that lie on another machine excuse nothing: nobody looked at them."""
    return tuple(one.backup.damage(file) for file in one.photo.files if one.backup.lies_elsewhere(file))


def _photos(manifest: Path, ids: Container[str]) -> list[SavedPhoto]:
    files = _files(manifest, ids)
    videos = _files(manifest, {one.asset.live_photo_video_id for one in files.values()} - {None})
    return [
        SavedPhoto(one, video if video is not None and video.line.role == VIDEO else None)
        for one in files.values()
        if one.line.role != VIDEO
        for video in [videos.get(one.asset.live_photo_video_id or "")]
    ]


def _files(manifest: Path, ids: Container[str | None]) -> dict[str, SavedFile]:
    """The files of these assets; the last line of an asset holds."""
    if not ids:
        return {}
    lines = {line.asset_id: line for line in read_manifest(manifest) if line.asset_id in ids}
    return {line.asset_id: file for line in lines.values() if (file := saved_file(line)) is not None}


def _stayed(folder: Path, photos: list[SavedPhoto]) -> frozenset[str]:
    """Those that did not go with the run of a folder, or came back since, as far as its reports tell."""
    if not photos:
        return frozenset()
    left = {asset_id for asset_id, _, fate in fates(folder) if fate == LEFT}
    return brought_back(folder, photos) | {photo.id for photo in photos if photo.id in left}

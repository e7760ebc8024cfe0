"""Bringing one photo of a backup back to the server, and giving it what it had there.

A photo that lives is left alone; one in the trash is taken out of it; only one that is gone is uploaded. The
file is hashed again right before it is sent, and what arrived is compared with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timezone
from enum import StrEnum
from pathlib import Path
from time import monotonic

from immich_tui.execution.backup.folder import BackupFolder, SavedFile, SavedPhoto
from immich_tui.execution.carry.readback import LABELS, is_there
from immich_tui.execution.run import RunSettings, ended
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.immich.capabilities import Capabilities
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import BadAnswer, Gone, ImmichError, PermissionMissing, Rejected
from immich_tui.immich.models import Album, Asset, Known
from immich_tui.immich.upload import Upload
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Pool, Slot
from immich_tui.verdict.fingerprint import fingerprint

FILE, DRESS = "restore.file", "restore.dress"
"""Steps of a restore in the journal, by asset: its file was brought back, it got its values."""

ATTEMPTS = 3
"""Uploads of one file whose answer was lost and which did not happen."""

POLL_S = 0.1


class Found(StrEnum):
    """Where a photo of a backup is."""

    ALIVE = "alive"
    TRASHED = "in the trash"
    GONE = "gone"


class Outcome(StrEnum):
    """What became of a photo of a backup."""

    ALIVE = "alive already"
    UNTRASHED = "out of the trash"
    UPLOADED = "uploaded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done for one photo. `new_id` is its id on the server now.

    `problems` are sentences on what went wrong, `notes` on what nothing can bring back.
    """

    asset_id: str
    name: str
    outcome: Outcome
    new_id: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Restore:
    """What the phases of a restore work on.

    `uploaded` are the new ids of assets that this or an earlier restore of the folder uploaded, by the id
    they had; `begun` those whose upload was begun; `dressed` those that have their values. `written` are
    names of values that they got, by new id: what these are since then is somebody's wish.
    """

    id: str
    client: ImmichClient
    capabilities: Capabilities
    journal: Journal
    pool: Pool
    settings: RunSettings
    backup: BackupFolder
    photos: tuple[SavedPhoto, ...]
    results: dict[str, Restored] = field(default_factory=dict)
    uploaded: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    dressed: set[str] = field(default_factory=set)
    written: dict[str, frozenset[str]] = field(default_factory=dict)
    albums: dict[str, Album] | None = None
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


async def locate(restore: Restore, file: SavedFile, slot: Slot) -> tuple[Found, str]:
    """Where a file's photo is, and its id there: by its old id, else by its bytes. Raises `ImmichError`."""
    there = await _asset(restore, file.line.asset_id, slot)
    if there is not None:
        return (Found.TRASHED if there.is_trashed else Found.ALIVE), there.id
    known = await _known(restore, file, slot)
    if known is None or known.asset_id is None:
        return Found.GONE, ""
    return (Found.TRASHED if known.is_trashed else Found.ALIVE), known.asset_id


async def bring_back(restore: Restore, photo: SavedPhoto, slot: Slot) -> Restored:
    """Make sure that a photo is on the server and not in its trash. Raises `ImmichError`."""
    slot.show(f"looking for {photo.file.name}")
    found, asset_id = await locate(restore, photo.file, slot)
    if found is Found.TRASHED:
        slot.show(f"taking {photo.file.name} out of the trash")
        if problem := await _untrash(restore, photo.id, asset_id, slot):
            return Restored(photo.id, photo.file.name, Outcome.FAILED, asset_id, (problem,))
        return Restored(photo.id, photo.file.name, Outcome.UNTRASHED, asset_id)
    if found is Found.ALIVE:
        ours = asset_id != photo.id and photo.id in restore.begun | restore.uploaded.keys() - restore.dressed
        if ours:
            await _note_upload(restore, photo.file, asset_id)
        return Restored(photo.id, photo.file.name, Outcome.UPLOADED if ours else Outcome.ALIVE, asset_id)
    for file in photo.files:
        slot.show(f"reading the backup of {file.name}")
        if damage := await asyncio.to_thread(restore.backup.damage, file):
            return Restored(photo.id, photo.file.name, Outcome.FAILED, "", (damage,))
    video = None
    if photo.video is not None:
        video = await _put(restore, photo.video, None, slot)
    new_id = await _put(restore, photo.file, video, slot)
    if video is not None:
        await _hide(restore, video, slot)
    return Restored(photo.id, photo.file.name, Outcome.UPLOADED, new_id)


async def _hide(restore: Restore, video: str, slot: Slot) -> None:
    """Hide the video of a live photo, which shows by itself where an undo took it off another photo."""
    now = await _asset(restore, video, slot)
    if now is not None and now.visibility != "hidden":
        await restore.pool.call(
            lambda: restore.client.update_asset(video, {"visibility": "hidden"}), slot, repeatable=True
        )


async def _untrash(restore: Restore, key: str, asset_id: str, slot: Slot) -> str:
    await restore.journal.intent(restore.id, FILE, key, {"untrash": asset_id})
    await restore.pool.call(lambda: restore.client.restore([asset_id]), slot, repeatable=True)
    now = await _asset(restore, asset_id, slot)
    if now is None or now.is_trashed:
        return "The server said that it took it out of the trash, but it did not."
    await restore.journal.outcome(restore.id, FILE, key, "untrashed", {"id": asset_id})
    return ""


async def _put(restore: Restore, file: SavedFile, video: str | None, slot: Slot) -> str:
    """Upload a file that is whole, unless its bytes are there; return the id of the asset that has them."""
    for _ in range(ATTEMPTS):
        known = await _known(restore, file, slot)
        if known is not None and known.asset_id is not None:
            if known.is_trashed and (
                problem := await _untrash(restore, file.line.asset_id, known.asset_id, slot)
            ):
                raise BadAnswer(problem)
            if file.line.asset_id in restore.begun:
                await _note_upload(restore, file, known.asset_id)
            return known.asset_id
        slot.show(f"uploading {file.name}")
        if made := await _send(restore, file, video, slot):
            return made
    raise BadAnswer(f"{file.name} did not arrive in {ATTEMPTS} attempts.", "Run the restore again.")


async def _send(restore: Restore, file: SavedFile, video: str | None, slot: Slot) -> str:
    """Upload a file and look at what arrived; return its new id, or nothing when the answer was lost."""
    upload = await asyncio.to_thread(_upload, restore.backup.path, file, video)
    await restore.journal.intent(restore.id, FILE, file.line.asset_id, {"sha1": file.line.sha1})
    restore.begun.add(file.line.asset_id)
    try:
        made = await restore.pool.call(lambda: restore.client.upload(upload), slot, repeatable=False)
    except ImmichError as error:
        if not error.may_have_happened:
            restore.begun.discard(file.line.asset_id)
            await restore.journal.outcome(restore.id, FILE, file.line.asset_id, "refused", {})
            raise
        return ""
    now = await restore.pool.call(lambda: restore.client.asset(made.id), slot, repeatable=True)
    if sha1_of(now.checksum) != file.line.sha1:
        raise BadAnswer(f"What arrived of {file.name} is not what was sent.", "Look at it in Immich.")
    await _note_upload(restore, file, made.id)
    return made.id


async def _note_upload(restore: Restore, file: SavedFile, new_id: str) -> None:
    if restore.uploaded.get(file.line.asset_id, new_id) != new_id:
        restore.dressed.discard(file.line.asset_id)
    restore.uploaded[file.line.asset_id] = new_id
    await restore.journal.outcome(restore.id, FILE, file.line.asset_id, "uploaded", {"id": new_id})


def _upload(folder: Path, file: SavedFile, video: str | None) -> Upload:
    """The upload of a file with the dates it had; blocks on the disk where Immich had told none."""
    asset, path = file.asset, folder / file.line.file
    modified = asset.file_modified_at or datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    created = asset.file_created_at or asset.known_exif.date_time_original or modified
    return Upload(
        path,
        file.line.original_name,
        created,
        modified,
        favourite=asset.is_favorite,
        visibility=asset.visibility if asset.visibility != "locked" else "archive",
        live_video=video,
        sha1=file.line.sha1,
    )


async def dress(restore: Restore, photo: SavedPhoto, slot: Slot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give an uploaded photo its albums, tags and values; return problems and notes, as in `Restored`.

    The server reads the file first: what that gives is not written again. A photo with problems is dressed
    again by the next restore of the folder.
    """
    new_id = restore.uploaded[photo.id]
    slot.show(f"waiting for {photo.file.name} to be read")
    now = await _settled(restore, new_id, slot)
    saved = photo.file
    problems: list[str] = []
    before = restore.written.get(new_id, frozenset())
    missing = missing_values(saved.asset, now)
    fields = {name: value for name, value in missing.items() if name not in before}
    told: dict[str, object] = {"id": new_id, "written": sorted(before)}
    await restore.journal.intent(restore.id, DRESS, photo.id, {**told, "fields": dict(fields)})
    slot.show(f"writing the values of {saved.name}")
    if fields:
        try:
            await restore.pool.call(
                lambda: restore.client.update_asset(new_id, fields), slot, repeatable=True
            )
            told["written"] = sorted(before | fields.keys())
            await restore.journal.outcome(restore.id, DRESS, photo.id, "written", told)
        except (PermissionMissing, Rejected) as error:
            names = ", ".join(dict.fromkeys(LABELS[name] for name in fields))
            problems.append(f"Its {names} could not be written: {ended(error.sentence)}")
            fields = {}
    if saved.asset.tags:
        problems += await _tag(restore, new_id, saved, slot)
    for album in saved.albums:
        problems += await _into_album(restore, new_id, album, slot)
    if fields:
        after = await _settled(restore, new_id, slot, wanted=fields)
        lost = [name for name, value in fields.items() if not is_there(name, value, after)]
        if lost:
            names = ", ".join(dict.fromkeys(LABELS[name] for name in lost))
            problems.append(f"Its {names} did not stay as written.")
            told["written"] = sorted((before | fields.keys()) - set(lost))
    state = "partly" if problems else "done"
    if not problems:
        restore.dressed.add(photo.id)
    await restore.journal.outcome(restore.id, DRESS, photo.id, state, {**told, "problems": problems})
    return tuple(problems), tuple(_beyond(saved))


def _beyond(saved: SavedFile) -> Iterator[str]:
    """What an upload cannot bring back."""
    if named := [person.name for person in saved.asset.people if person.name.strip()]:
        yield f"{', '.join(named)} on it: Immich has to recognise them again."
    if saved.links:
        links = "a public link" if saved.links == 1 else f"{saved.links} public links"
        yield f"It was in {links}, and is in none now: the photo that was kept for it may be in its place."
    if saved.asset.is_edited:
        yield "Edits made in Immich are not on it: the backup holds the original."
    if saved.asset.library_id is not None:
        yield "It came from an external library and lies among the uploads now."


def missing_values(saved: Asset, now: Asset) -> dict[str, object]:
    """What an asset had and does not have now, as an update sends it."""
    had, has = saved.known_exif, now.known_exif
    fields: dict[str, object] = {}
    if saved.is_favorite and not now.is_favorite:
        fields["isFavorite"] = True
    if (had.description or "").strip() and (had.description or "").strip() != (has.description or "").strip():
        fields["description"] = had.description
    if had.rating and had.rating > 0 and had.rating != has.rating:
        fields["rating"] = int(had.rating)
    if had.latitude and had.longitude and has.latitude is None:
        fields |= {"latitude": had.latitude, "longitude": had.longitude}
    # Without a zone the date had been filled in from those of the file, which went along.
    taken, local = had.date_time_original, saved.local_date_time
    if had.time_zone and taken and local and taken != has.date_time_original:
        offset = timezone(local.replace(tzinfo=None) - taken.astimezone(UTC).replace(tzinfo=None))
        fields["dateTimeOriginal"] = taken.astimezone(offset).isoformat()
    return fields


async def _settled(
    restore: Restore, asset_id: str, slot: Slot, wanted: Mapping[str, object] | None = None
) -> Asset:
    """The asset once its values have held still, and are as wanted if that comes about within the bound."""
    settle, deadline = restore.settings.settle_s, monotonic() + restore.settings.confirm_s
    last, since = "", monotonic()
    while True:
        asset = await restore.pool.call(lambda: restore.client.asset(asset_id), slot, repeatable=True)
        now, print_now = monotonic(), fingerprint(asset)
        if print_now != last:
            last, since = print_now, now
        there = all(is_there(name, value, asset) for name, value in (wanted or {}).items())
        read = asset.known_exif.file_size_in_byte is not None
        if (there and read and now - since >= settle) or now > deadline:
            return asset
        await asyncio.sleep(max(POLL_S, settle / 2))


async def _tag(restore: Restore, new_id: str, saved: SavedFile, slot: Slot) -> list[str]:
    values = [tag.value for tag in saved.asset.tags or ()]
    try:
        tags = await restore.pool.call(lambda: restore.client.make_tags(values), slot, repeatable=True)
        ids = [tag.id for tag in tags]
        await restore.pool.call(lambda: restore.client.tag_assets(ids, [new_id]), slot, repeatable=True)
    except (PermissionMissing, Rejected) as error:
        return [f"Its tags ({', '.join(values)}) could not be given back: {ended(error.sentence)}"]
    return []


async def _into_album(restore: Restore, new_id: str, album: Album, slot: Slot) -> list[str]:
    name = album.album_name or "without a name"
    try:
        target = await _album(restore, album, slot)
        results = await restore.pool.call(
            lambda: restore.client.add_to_album(target.id, [new_id]), slot, repeatable=True
        )
    except (PermissionMissing, Rejected) as error:
        return [f"It could not be put into the album {name}: {ended(error.sentence)}"]
    refused = [one.error or "" for one in results if not one.success and one.error != "duplicate"]
    return [f"The album {name} did not take it: the server says {', '.join(refused)}."] if refused else []


async def _album(restore: Restore, album: Album, slot: Slot) -> Album:
    """The album as it is now: by its id, else one of the user's of this name, else a new one."""
    async with restore.making:
        if restore.albums is None:
            albums = await restore.pool.call(restore.client.albums, slot, repeatable=True)
            restore.albums = {one.id: one for one in albums}
        if found := restore.albums.get(album.id):
            return found
        user = restore.capabilities.user.id
        for one in restore.albums.values():
            if one.album_name == album.album_name and one.role_of(user) == "owner":
                return one
        made = await restore.pool.call(
            lambda: restore.client.create_album(album.album_name), slot, repeatable=False
        )
        restore.albums[made.id] = made
        return made


async def _asset(restore: Restore, asset_id: str, slot: Slot) -> Asset | None:
    try:
        return await restore.pool.call(lambda: restore.client.asset(asset_id), slot, repeatable=True)
    except (Rejected, Gone):
        return None


async def _known(restore: Restore, file: SavedFile, slot: Slot) -> Known | None:
    """The upload that has these bytes; `None` for a key that may not ask."""
    try:
        (known,) = await restore.pool.call(
            lambda: restore.client.known_uploads([file.line.sha1]), slot, repeatable=True
        )
    except PermissionMissing:
        return None
    return known

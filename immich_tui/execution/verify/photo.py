"""What verify looks at: a backup's files by their bytes, and the server's side of what a run did."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from immich_tui.execution.backup.counts import is_weak
from immich_tui.execution.backup.folder import BackupFolder, SavedPhoto
from immich_tui.execution.carry.readback import LABELS, is_there, same
from immich_tui.execution.past import Past, PastGroup
from immich_tui.execution.run import ended
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.execution.verify.told import LEFT, SENT, fates
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import BadAnswer, Gone, PermissionMissing, Rejected, ServerFault
from immich_tui.immich.models import Album, Asset
from immich_tui.jobs.pool import Pool, Slot
from immich_tui.verdict.model import Channel

AGAIN = "is on the server again, as another upload of the same file."


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of one photo: `faults` and `notes` are sentences; only faults make a verify fail.

    `kind` is `backup` for one that was backed up, `kept photo` for one that stays in place of others. `bytes`
    are those of its files that are whole.
    """

    asset_id: str
    name: str
    kind: str
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    bytes: int = 0

    @property
    def ok(self) -> bool:
        """Whether all is as it should be."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Beside:
    """The newest backup of a kept photo that is gone, in the folder of a later run beside this one.

    `went` is whether the photo went with that run and was not brought back since, as far as the folder tells.
    `faults` are of the backup. `uploaded` is whether the same file is on the server as another upload.
    """

    backup: BackupFolder
    photo: SavedPhoto
    began: str
    went: bool
    faults: tuple[str, ...] = ()
    uploaded: bool = False

    @property
    def stands(self) -> bool:
        """Whether the photo is gone rightly, with nothing lost."""
        return self.went and not self.faults

    @property
    def told(self) -> tuple[str, ...]:
        """What is wrong with the backup, naming its folder; nothing where the photo did not go with it."""
        where = self.backup.path.name
        return tuple(f"In {where}: {fault}" for fault in self.faults) if self.went else ()


@dataclass(slots=True)
class Verify:
    """What the phases of a verify work on.

    Without a `client` only files are looked at; without `past` only what the folder tells is known. `undone`
    are groups that were taken back since, `replaced` kept photos that a later run trashed in favour of
    another: their ids, and that of the other. `places` is where each asset is, as far as it was asked for;
    `left` are photos that were backed up and left alone, as far as there is no journal to tell;
    `beside` what the folders beside the backup tell of kept photos that are gone.
    """

    id: str
    client: ImmichClient | None
    pool: Pool
    backup: BackupFolder
    past: Past | None
    undone: frozenset[str]
    replaced: Mapping[str, str] = field(default_factory=dict)
    files: dict[str, Verified] = field(default_factory=dict)
    kept: dict[str, Verified] = field(default_factory=dict)
    places: dict[str, Asset | None] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    beside: dict[str, Beside] = field(default_factory=dict)

    @property
    def server(self) -> ImmichClient:
        """The server; only to be asked for where there is one."""
        assert self.client is not None
        return self.client


async def check_files(backup: BackupFolder, photo: SavedPhoto) -> Verified:
    """Hash the files of a photo again and compare them with what was saved and what the server had said."""
    faults, notes, whole = [], [], 0
    for file in photo.files:
        if await asyncio.to_thread(backup.lies_elsewhere, file):
            where = f"{file.line.checked_by or 'a downloader'} verified it there"
            notes.append(f"{file.name} is not in this folder ({file.line.elsewhere}); {where}.")
            continue
        if damage := await asyncio.to_thread(backup.damage, file):
            faults.append(damage)
            continue
        whole += file.line.size
        if await asyncio.to_thread(backup.is_a_link, file):
            faults.append(f"The backup of {file.name} is a link to another file, and goes when that does.")
        elif is_weak(file.asset):
            notes.append(f"{file.name} is from an external library, where Immich has no checksum to compare.")
        elif {sha1_of(file.line.server_checksum), sha1_of(file.asset.checksum)} != {file.line.sha1}:
            faults.append(f"{file.name} was saved as verified, but Immich's checksum was another.")
    if photo.file.asset.live_photo_video_id and photo.video is None:
        faults.append(f"The video that belongs to {photo.file.name} is not in the backup.")
    return Verified(photo.id, photo.file.name, "backup", tuple(faults), tuple(notes), whole)


def unsaved(verify: Verify) -> list[Verified]:
    """Photos that a run sent to the trash and that the folder has no backup of. Blocks on the disk.

    The journal tells what was sent, or else the report in the folder, which also tells what was `left`.
    """
    saved = {photo.id for photo in verify.backup.photos}
    missing: dict[str, str] = {}
    if verify.past is not None:
        sent = (asset for group in verify.past.groups.values() for asset in group.sent_assets)
        missing = {asset.id: asset.original_file_name for asset in sent if asset.id not in saved}
    else:
        for asset_id, name, fate in fates(verify.backup.path):
            if fate in SENT and asset_id not in saved:
                missing[asset_id] = name
            elif fate == LEFT and asset_id in saved:
                verify.left.add(asset_id)
    return [
        Verified(asset_id, name, "backup", (f"There is no backup of {name}.",))
        for asset_id, name in missing.items()
    ]


async def check_place(
    verify: Verify, photo: SavedPhoto, slot: Slot
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Faults and notes about where a backed-up photo, and the one that stays for it, is on the server."""
    name = photo.file.name
    asset = await asset_of(verify, photo.id, slot)
    group = verify.past.groups.get(photo.file.line.group_id) if verify.past else None
    sent = photo.id in group.sent if group is not None else photo.id not in verify.left
    undone = group is not None and group.id in verify.undone
    if asset is not None and not asset.is_trashed:
        return (), (f"{name} is on the server: it came back since.",) if sent and not undone else ()
    if asset is None and await is_back(verify, photo, slot):
        return (), (f"{name} {AGAIN}",)
    faults, notes = [], []
    if not sent and not undone:
        # Nobody kept anything in its place.
        return (), (f"{name} is not on the server any more, though this run did not trash it.",)
    if undone:
        faults.append(f"{name} was brought back, and is not on the server now.")
    elif asset is None:
        notes.append(f"{name} is gone from the server for good; its backup is the only copy of the file.")
    kept = photo.file.line.survivor
    survivor_id = standing_in(verify, kept)
    survivor = await asset_of(verify, survivor_id, slot)
    beside = verify.beside.get(survivor_id)
    if kept in verify.beside and survivor_id != kept:
        first = verify.beside[kept]
        notes.append(
            f"{first.photo.file.name}, kept in place of {name}, went with a later run;"
            f" its backup is in {first.backup.path.name}."
        )
    elif survivor_id != kept and survivor is not None and not survivor.is_trashed:
        notes.append(f"{survivor.original_file_name} stands in for {name} since a later run.")
    if survivor is None or survivor.is_trashed:
        where = "in the trash" if survivor is not None else "not on the server"
        other = beside.photo.file.name if beside is not None else "The photo"
        other = survivor.original_file_name if survivor is not None else other
        if beside is not None and beside.uploaded:
            notes.append(f"{other}, kept in place of {name}, {AGAIN}")
        else:
            faults.append(f"{other}, kept in place of {name}, is {where}.")
            faults += beside.told if beside is not None else ()
    return tuple(faults), tuple(notes)


async def check_group(verify: Verify, group: PastGroup, slot: Slot) -> Verified:
    """Whether the photos that a run kept live, can be had, and still show what was carried to them."""
    faults: list[str] = []
    notes: list[str] = []
    for keeper in group.planned.keepers:
        now = await asset_of(verify, keeper.id, slot)
        name = keeper.original_file_name
        if now is None or now.is_trashed:
            where = "in the trash" if now is not None else "not on the server"
            other_id = standing_in(verify, keeper.id)
            other = await asset_of(verify, other_id, slot) if other_id != keeper.id else None
            if (beside := verify.beside.get(keeper.id)) is not None and beside.uploaded:
                notes.append(f"{name} {AGAIN}")
            elif other is not None and not other.is_trashed:
                # Whatever became of its place is what a later run was told to do; that run tells of it.
                notes.append(f"{name} was trashed by a later run, which kept {other.original_file_name}.")
            elif group.sent or group.closed:
                faults.append(f"{name} was kept and is {where}.")
            else:
                notes.append(f"{name} is {where}; this run left its group alone.")
            continue
        try:
            send = partial(verify.server.original_size, keeper.id)
            size = await verify.pool.call(send, slot, repeatable=True)
        except PermissionMissing:
            notes.append(f"Whether the file of {name} can be had was not tried: this key may not download.")
        except (BadAnswer, Gone, Rejected, ServerFault) as error:
            # A file that is not on its disk any more is 500 on servers before 3.
            faults.append(f"The file of {name}, which was kept, cannot be had: {ended(error.sentence)}")
        else:
            if keeper.size is not None and size != keeper.size:
                faults.append(f"The file of {name} has {size:,} bytes where it had {keeper.size:,}.")
    winner = await asset_of(verify, group.planned.winner.id, slot)
    went = standing_in(verify, group.planned.winner.id) != group.planned.winner.id
    gone_on = went and (winner is None or winner.is_trashed)
    if winner is not None and not gone_on and group.planned.carry_confirmed and group.id not in verify.undone:
        lost, changed = carried_differences(group, winner, await _albums(verify, group, slot))
        lost += await _not_held(verify, group, slot)
        faults += lost
        notes += changed
        if standing := grafted_fields(group, winner):
            notes.append(f"Grafted to {group.title}, and still there: {', '.join(standing)}.")
    return Verified(group.planned.winner.id, group.title, "kept photo", tuple(faults), tuple(notes))


def carried_differences(
    group: PastGroup, now: Asset, albums: tuple[Album, ...] | None
) -> tuple[list[str], list[str]]:
    """What was carried to a kept photo and was lost since, and what was changed since: sentences of both.

    `albums` hold it now, `None` where they cannot be read.
    """
    lost: dict[str, None] = {}
    changed: dict[str, None] = {}
    tags = {tag.id for tag in now.tags or ()}
    for write in group.writes:
        match write.channel:
            case Channel.UPDATE_ASSET | Channel.GRAFT:
                came = "grafted" if write.channel is Channel.GRAFT else "carried"
                for name, value in write.payload.items():
                    if is_there(name, value, now):
                        continue
                    label = LABELS[name]
                    if group.prior is not None and same(name, now, group.prior.winner):
                        lost[f"The {label} that was {came} to {group.title} is not there any more."] = None
                    else:
                        changed[f"The {label} of {group.title} was changed since."] = None
            case Channel.TAG_ASSETS:
                ids = write.payload.get("tagIds")
                if isinstance(ids, (list, tuple)) and not tags.issuperset(map(str, ids)):
                    lost[f"{group.title} lost a tag that was carried to it."] = None
            case Channel.ALBUM_ASSETS if albums is not None:
                if str(write.payload["albumId"]) not in {album.id for album in albums}:
                    lost[f"{group.title} is not in an album any more that it was put into."] = None
            case _:
                pass
    return list(lost), list(changed)


def grafted_fields(group: PastGroup, now: Asset) -> tuple[str, ...]:
    """What was grafted to a kept photo and still shows, in the words for people, each once."""
    return tuple(
        dict.fromkeys(
            LABELS[name]
            for write in group.writes
            if write.channel is Channel.GRAFT
            for name, value in write.payload.items()
            if is_there(name, value, now)
        )
    )


def standing_in(verify: Verify, asset_id: str) -> str:
    """The photo that a later run kept in the place of this one, or a still later run; else this one."""
    seen = [asset_id]
    while (other := _kept_later(verify, seen[-1])) and other not in seen:
        seen.append(other)
    return seen[-1]


def _kept_later(verify: Verify, asset_id: str) -> str:
    if asset_id in verify.replaced:
        return verify.replaced[asset_id]
    beside = verify.beside.get(asset_id)
    return beside.photo.file.line.survivor if beside is not None and beside.stands else ""


async def lost_from_sight(verify: Verify, item: SavedPhoto | PastGroup, slot: Slot) -> set[str]:
    """Kept photos of an item that are not there, and of which nothing tells that a later run did it."""
    if isinstance(item, PastGroup):
        kept = [keeper.id for keeper in item.planned.keepers]
    else:
        asset = await asset_of(verify, item.id, slot)
        kept = [item.file.line.survivor] if asset is None or asset.is_trashed else []
    ends = {standing_in(verify, one) for one in kept}
    return {one for one in ends if is_gone(await asset_of(verify, one, slot))}


def is_gone(asset: Asset | None) -> bool:
    """Whether a photo is in the trash or not on the server at all."""
    return asset is None or asset.is_trashed


async def asset_of(verify: Verify, asset_id: str, slot: Slot) -> Asset | None:
    """A photo as the server has it, asked for once; `None` where it has none. Raises `ImmichError`."""
    if asset_id not in verify.places:
        try:
            found = await verify.pool.call(lambda: verify.server.asset(asset_id), slot, repeatable=True)
        except (Rejected, Gone):
            found = None
        verify.places[asset_id] = found
    return verify.places[asset_id]


async def is_back(verify: Verify, photo: SavedPhoto, slot: Slot) -> bool:
    """Whether a photo that is gone was uploaded again; unknown to a key that may not ask, and then not."""
    sha1 = photo.file.line.sha1
    try:
        (known,) = await verify.pool.call(lambda: verify.server.known_uploads([sha1]), slot, repeatable=True)
    except (PermissionMissing, Rejected):
        return False
    return known.asset_id is not None and not known.is_trashed


async def _not_held(verify: Verify, group: PastGroup, slot: Slot) -> list[str]:
    """People and public links that were carried to a kept photo and lack there now, as sentences.

    What a key may not look at is passed over, as it is with albums.
    """
    winner, lost = group.planned.winner.id, list[str]()
    people = [write.payload for write in group.writes if write.channel is Channel.FACES]
    copied = [write.payload["linkIds"] for write in group.writes if write.channel is Channel.COPY]
    try:
        if people:
            faces = await verify.pool.call(lambda: verify.server.faces(winner), slot, repeatable=True)
            there = {face.person.id for face in faces if face.person is not None}
            lost += [
                f"{payload['name']}, put on {group.title}, is not on it any more."
                for payload in people
                if payload["personId"] not in there
            ]
        if copied:
            links = await verify.pool.call(verify.server.shared_links, slot, repeatable=True)
            showing = {link.id for link in links if link.shows(winner)}
            if any(isinstance(ids, list) and not showing.issuperset(ids) for ids in copied):
                lost.append(f"{group.title} is not in a public link any more that it was put into.")
    except PermissionMissing:
        pass
    return lost


async def _albums(verify: Verify, group: PastGroup, slot: Slot) -> tuple[Album, ...] | None:
    if not any(write.channel is Channel.ALBUM_ASSETS for write in group.writes):
        return ()
    winner = group.planned.winner.id
    try:
        return await verify.pool.call(lambda: verify.server.albums_of(winner), slot, repeatable=True)
    except PermissionMissing:
        return None

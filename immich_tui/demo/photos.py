"""From the catalogue to assets: files, EXIF, albums, tags, people."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from immich_tui.demo.cameras import Camera
from immich_tui.demo.files import PhotoFile, Shown
from immich_tui.demo.household import OWNER, PARTNER
from immich_tui.demo.jobs import extract, zone_name
from immich_tui.demo.library import Library
from immich_tui.demo.pictures import Studio, View
from immich_tui.demo.records import Album, Asset, Face, Person, SharedLink, Stack
from immich_tui.demo.routes.tags import upsert_tag
from immich_tui.demo.uploads import mime_of

KIB = 1024
MIB = 1024 * 1024
_LIBRARY_ID = "b7a1c2d3-4e5f-4a6b-8c7d-9e0f1a2b3c04"
_CONTAINERS = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".png": "png",
    ".webp": "webp",
    ".heic": "heic",
    ".cr3": "cr3",
    ".dng": "dng",
    ".mp4": "movie",
    ".mov": "movie",
}


@dataclass(frozen=True, slots=True)
class Copy:
    """One file as somebody put it on the server.

    `taken` is the wall clock of the capture (`2024-07-28 18:03:11`), `None` for a file without a date;
    `offset` the offset in the file (`+02:00`). `zone` replaces the name that Immich derives. `modified` is
    the date of the file where it is not that of the capture. `stored` are EXIF columns as the server has
    them where extraction would not give them (rows of older versions). `folder` is where a file of the
    external library lies. `faces` are names and where they are, in shares of width and height.
    """

    name: str
    view: View
    size: int
    pixels: tuple[int, int] = (1600, 1200)
    camera: Camera | None = None
    taken: str | None = None
    offset: str | None = None
    zone: str | None = None
    place: tuple[float, float] | None = None
    modified: str = "2024-11-03 20:15:09"
    uploaded: str = "2025-01-12 19:40:00"
    container: str | None = None
    quality: int = 85
    description: str = ""
    rating: int | None = None
    favorite: bool = False
    albums: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    faces: tuple[tuple[str, float, float], ...] = ()
    visibility: str = "timeline"
    edited: bool = False
    folder: str | None = None
    path: str | None = None
    offline: bool = False
    readable: bool = True
    dimensions: bool = True
    exif: bool = True
    milliseconds: int | None = None
    live_milliseconds: int | None = None
    orientation: str | None = None
    linked: bool = False
    stored: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlbumPlan:
    """An album of the household; `role` is the partner's, `owned` whether the first user made it."""

    name: str
    role: str | None = None
    owned: bool = True
    description: str = ""
    has_link: bool = False


class Furnisher:
    """Fills a library with what the catalogue describes."""

    def __init__(self, library: Library, studio: Studio, *, major: int) -> None:
        self._library = library
        self._studio = studio
        self._major = major
        self._albums: dict[str, Album] = {}
        self._people: dict[str, Person] = {}
        self._groups = 0

    def albums(self, plans: tuple[AlbumPlan, ...]) -> None:
        """Make the albums, empty."""
        now = _utc("2023-08-20 18:00:00")
        for plan in plans:
            owner, guest = (OWNER, PARTNER) if plan.owned else (PARTNER, OWNER)
            users = {guest.id: plan.role} if plan.role else {}
            album = Album(self._library.new_id(), plan.name, owner.id, now, now, plan.description, users)
            album.has_link = plan.has_link
            self._albums[plan.name] = self._library.albums[album.id] = album

    def group(self, *copies: Copy) -> list[Asset]:
        """One duplicate group."""
        self._groups += 1
        return [self.asset(copy, self._group_id()) for copy in copies]

    def _group_id(self) -> str:
        """Ids ascend with the order of the catalogue, so the listing begins with its first groups."""
        number = self._groups * 0x02A5_1C3B
        rest = hashlib.sha256(b"group %d" % self._groups).hexdigest()
        return f"{number:08x}-{rest[:4]}-4{rest[4:7]}-9{rest[7:10]}-{rest[10:22]}"

    def single(self, copy: Copy) -> Asset:
        """An asset that is in no group."""
        return self.asset(copy, None)

    def trashed(self, copy: Copy) -> None:
        """An asset in the trash, in no group."""
        asset = self.asset(copy, None)
        asset.deleted_at = self._library.now()

    def stack(self, assets: list[Asset]) -> None:
        """Stack assets, the first on top."""
        stack = Stack(self._library.new_id(), OWNER.id, assets[0].id, [asset.id for asset in assets])
        self._library.stacks[stack.id] = stack
        for asset in assets:
            asset.stack_id = stack.id

    def asset(self, copy: Copy, duplicate_id: str | None) -> Asset:
        """Store one copy with everything that hangs on it."""
        asset_id = self._asset_id(copy)
        asset = self._row(copy, asset_id, duplicate_id)
        if copy.folder is not None:
            asset.library_id, asset.read_only = _LIBRARY_ID, True
            asset.checksum = hashlib.sha1(f"path:{asset.path}".encode(), usedforsecurity=False).digest()
        asset.embedded = _embedded(copy)
        extract(asset, major=self._major)
        asset.exif |= copy.stored
        if not copy.exif:
            asset.exif = {"fileSizeInByte": copy.size}
        if copy.live_milliseconds is not None:
            asset.live_video_id = self._live_video(copy, asset).id
        self._library.add(asset)
        self._surround(copy, asset)
        return asset

    def _asset_id(self, copy: Copy) -> str:
        number = len(self._library.assets.overlay)
        digest = hashlib.sha256(f"{number} {copy.name}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def _row(self, copy: Copy, asset_id: str, duplicate_id: str | None) -> Asset:
        suffix = PurePosixPath(copy.name).suffix
        container = copy.container or _CONTAINERS[suffix.lower()]
        width, height = copy.pixels
        file = PhotoFile(
            self._studio,
            copy.view,
            width,
            height,
            container,
            copy.size,
            asset_id,
            copy.quality,
            _file_exif(copy) if copy.exif else {},
            copy.milliseconds or 0,
        )
        uploaded = _utc(copy.uploaded)
        shown = copy.pixels if copy.orientation not in {"5", "6", "7", "8"} else (height, width)
        path = f"/data/upload/{OWNER.id}/{asset_id[:2]}/{asset_id[2:4]}/{asset_id}{suffix}"
        if copy.folder is not None:
            path = f"{copy.folder}/{copy.name}"
        return Asset(
            id=asset_id,
            owner_id=OWNER.id,
            kind="VIDEO" if container == "movie" else "IMAGE",
            path=copy.path or path,
            name=copy.name,
            mime=mime_of(suffix),
            file=file,
            picture=Shown(self._studio, copy.view, copy.readable),
            taken_at=uploaded,
            local_at=uploaded,
            modified_at=_utc(copy.modified),
            uploaded_at=uploaded,
            updated_at=uploaded + timedelta(seconds=41),
            favorite=copy.favorite,
            visibility=copy.visibility,
            offline=copy.offline,
            duration_ms=copy.milliseconds,
            duplicate_id=duplicate_id,
            width=shown[0] if copy.dimensions else None,
            height=shown[1] if copy.dimensions else None,
            edited=copy.edited,
        )

    def _live_video(self, copy: Copy, still: Asset) -> Asset:
        video = Copy(
            name=str(PurePosixPath(copy.name).with_suffix(".MOV")),
            view=copy.view,
            size=900 * KIB,
            pixels=(960, 720),
            taken=copy.taken,
            offset=copy.offset,
            place=copy.place,
            uploaded=copy.uploaded,
            milliseconds=copy.live_milliseconds,
            visibility="hidden",
            quality=60,
        )
        del still
        return self.asset(video, None)

    def _surround(self, copy: Copy, asset: Asset) -> None:
        for name in copy.albums:
            album = self._albums[name]
            album.asset_ids.append(asset.id)
            album.cover_id = album.cover_id or asset.id
        asset.tag_ids = [upsert_tag(self._library, OWNER.id, path).id for path in copy.tags]
        width, height = copy.pixels
        for name, x, y in copy.faces:
            left, top, side = round(x * width), round(y * height), width // 12
            face = Face(
                self._library.new_id(),
                asset.id,
                self._person(name).id,
                (left, top, left + side, top + side),
                width,
                height,
            )
            self._library.faces[face.id] = face
        if copy.linked:
            link = SharedLink(self._library.new_id(), OWNER.id, asset.id, _utc(copy.uploaded), [asset.id])
            self._library.links[link.id] = link

    def _person(self, name: str) -> Person:
        if name not in self._people:
            person = Person(self._library.new_id(), name, OWNER.id, _utc("2024-01-01 08:00:00"))
            self._people[name] = self._library.people[person.id] = person
        return self._people[name]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _embedded(copy: Copy) -> dict[str, object]:
    """What extraction finds in the file."""
    said: dict[str, object] = {}
    if copy.dimensions:
        said |= {"exifImageWidth": copy.pixels[0], "exifImageHeight": copy.pixels[1]}
    if copy.camera is not None:
        said |= {name: value for name, value in copy.camera.fields().items() if value}
    if copy.taken is not None:
        moment = datetime.fromisoformat(copy.taken + (copy.offset or "+00:00"))
        said["dateTimeOriginal"] = moment.astimezone(UTC)
        if copy.offset is not None:
            said["timeZone"] = copy.zone or zone_name(moment)
    if copy.place is not None:
        said["latitude"], said["longitude"] = copy.place
    if copy.description:
        said["description"] = copy.description
    if copy.rating is not None:
        said["rating"] = copy.rating
    if copy.orientation is not None:
        said["orientation"] = copy.orientation
    return said


def _file_exif(copy: Copy) -> dict[str, object]:
    """What is written into the file, in the words of `exif_block`."""
    exif: dict[str, object] = {}
    if copy.camera is not None:
        exif |= {name: value for name, value in copy.camera.fields().items() if value}
    if copy.taken is not None:
        exif["date"] = copy.taken.split(".")[0].replace("-", ":")
        if copy.offset is not None:
            exif["offset"] = copy.offset
    if copy.place is not None:
        exif["latitude"], exif["longitude"] = copy.place
    return exif

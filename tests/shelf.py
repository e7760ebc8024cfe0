"""Photos put on a demo server one by one: small, quick to make, with exactly the properties a test needs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from immich_tui.demo.household import OWNER
from immich_tui.demo.jobs import extract, zone_name
from immich_tui.demo.records import Album, Asset, Face, Person, SharedLink
from immich_tui.demo.routes.tags import upsert_tag
from immich_tui.demo.server import DemoServer

CAMERA: dict[str, object] = {"make": "Canon", "model": "Canon EOS R6", "lensModel": "RF24-105mm F4 L IS USM"}
EXPOSURE: dict[str, object] = {"fNumber": 4.0, "focalLength": 35.0, "iso": 200, "exposureTime": "1/250"}
BERLIN, KYOTO = (52.5163123, 13.3777321), (34.9671444, 135.7727555)


class Told(TypedDict, total=False):
    """What a photo knows; see `put`."""

    size: int
    camera: bool
    taken: str
    offset: str
    place: tuple[float, float]
    description: str
    rating: int
    favorite: bool
    tags: tuple[str, ...]
    albums: tuple[str, ...]
    people: tuple[str, ...]
    links: tuple[str, ...]
    external: bool
    live: bool
    path: str


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file of any size that is told apart by its seed."""

    size: int
    seed: str

    def read(self) -> bytes:
        line = hashlib.sha256(self.seed.encode()).digest()
        return (line * (self.size // len(line) + 1))[: self.size]

    def sha1(self) -> bytes:
        return hashlib.sha1(self.read(), usedforsecurity=False).digest()


class Blank:
    """A picture that nobody looks at; all copies look alike."""

    def thumbnail(self) -> bytes:
        return b""

    def preview(self) -> bytes:
        return b""

    def thumbhash(self) -> str | None:
        return "1QcSHQRnh493V4dIh4eXh1h4kJUI"


class Shelf:
    """Puts photos into the library of a demo server."""

    def __init__(self, server: DemoServer) -> None:
        self.server = server
        self.library = server.library

    def group(self, *members: tuple[str, Told]) -> list[Asset]:
        """A duplicate group of photos with these names, the first one first."""
        group_id = self.library.new_id()
        return [self.put(name, group_id, **told) for name, told in members]

    def pair(self, number: int = 0, *, size: int = 30_000) -> tuple[Asset, Asset]:
        """An ordinary group: a camera's original, and a poorer copy whose description will be carried."""
        original, copy = self.group(
            (f"IMG_{number:04}.jpg", rich(size=size)),
            (f"IMG_{number:04} (1).jpg", rich(size=size - 1000, rating=3, place=None)),
        )
        return original, copy

    def household(self) -> None:
        """Eight groups with something of every kind to carry, one with a live video, one of three."""
        for number in range(3):
            self.pair(number)
        self.group(
            ("DSC_1.jpg", rich()),
            ("DSC_1-album.jpg", rich(size=20_000, place=None, albums=("Summer",), links=("beach",))),
        )
        self.group(
            ("DSC_2.jpg", rich()),
            ("DSC_2-tags.jpg", rich(size=20_000, place=None, tags=("Dog",), people=("Ada", "Ben"))),
        )
        self.group(("DSC_3.jpg", rich(live=True)), ("DSC_3-still.jpg", rich(size=20_000, place=None)))
        self.group(
            ("DSC_4.jpg", rich(size=30_000, place=None, live=True)), ("DSC_4-big.jpg", rich(size=40_000))
        )
        self.group(
            ("DSC_5.jpg", rich(rating=2)),
            ("DSC_5-1.jpg", rich(size=20_000, place=None, description="at the lake")),
            ("DSC_5-2.jpg", rich(size=21_000, place=None, favorite=True)),
        )

    def put(self, name: str, group_id: str | None, **told: Unpack[Told]) -> Asset:
        """One photo of 1600 by 1200 pixels.

        `taken` is the wall clock with `offset` in the file; without it the file has no date. `people` stand
        beside each other in the order of their names. `external` lies
        in a library that is mounted read-only. `live` gives it a live video of its own.
        """
        library = self.library
        asset_id = library.new_id()
        uploaded = datetime(2025, 1, 12, 19, 40, tzinfo=UTC)
        modified = datetime(2024, 11, 3, 20, 15, 9, tzinfo=UTC)
        size = told.get("size", 30_000)
        asset = Asset(
            id=asset_id,
            owner_id=OWNER.id,
            kind="IMAGE",
            path=told.get("path", f"/data/upload/{asset_id}.jpg"),
            name=name,
            mime="image/jpeg",
            file=Bytes(size, asset_id),
            picture=Blank(),
            taken_at=modified,
            local_at=modified,
            modified_at=modified,
            uploaded_at=uploaded,
            updated_at=uploaded,
            duplicate_id=group_id,
            width=1600,
            height=1200,
            favorite=told.get("favorite", False),
        )
        asset.embedded = _embedded(told)
        if told.get("external"):
            asset.library_id, asset.read_only = "b7a1c2d3-4e5f-4a6b-8c7d-9e0f1a2b3c04", True
            asset.path = f"/mnt/photos/{name}"
            asset.checksum = hashlib.sha1(f"path:{asset.path}".encode(), usedforsecurity=False).digest()
        if told.get("live"):
            asset.live_video_id = self._video(name).id
        extract(asset)
        asset.tag_ids = [upsert_tag(library, OWNER.id, value).id for value in told.get("tags", ())]
        library.add(asset)
        for title in told.get("albums", ()):
            album = self.album(title)
            album.asset_ids.append(asset.id)
            album.cover_id = album.cover_id or asset.id
        for person in told.get("people", ()):
            self.face(asset, person)
        for link in told.get("links", ()):
            self.link(link).asset_ids.append(asset.id)
        return asset

    def face(self, asset: Asset, name: str, *, source: str = "machine-learning") -> Face:
        """Somebody on a photo; each name has its place in the picture."""
        left = sum(name.encode()) % 9 * 80
        box = left, 60, left + 70, 130
        person = self.person(name)
        face = Face(self.library.new_id(), asset.id, person.id, box, 800, 600, source)
        self.library.faces[face.id] = face
        return face

    def person(self, name: str) -> Person:
        """The person of this name, made when there is none."""
        for person in self.library.people.values():
            if person.name == name:
                return person
        person = Person(self.library.new_id(), name, OWNER.id, self.library.now())
        self.library.people[person.id] = person
        return person

    def people(self, asset: Asset) -> list[str]:
        """Names of those on a photo, one for each face, in order."""
        faces = [face for face in self.library.faces.values() if face.asset_id == asset.id]
        return sorted(self.library.people[face.person_id].name for face in faces if face.person_id)

    def link(self, key: str) -> SharedLink:
        """The public link with this key, made when there is none."""
        for link in self.library.links.values():
            if link.key == key:
                return link
        link = SharedLink(self.library.new_id(), OWNER.id, key, self.library.now(), [])
        self.library.links[link.id] = link
        return link

    def _video(self, name: str) -> Asset:
        video = self.put(name.rsplit(".", 1)[0] + ".MOV", None, size=12_000)
        video.kind, video.mime, video.visibility, video.duration_ms = (
            "VIDEO",
            "video/quicktime",
            "hidden",
            2600,
        )
        return video

    def album(self, title: str) -> Album:
        """The album of this name, made when it is not there."""
        for album in self.library.albums.values():
            if album.name == title:
                return album
        now = self.library.now()
        album = Album(self.library.new_id(), title, OWNER.id, now, now)
        self.library.albums[album.id] = album
        return album

    def tag_names(self, asset_id: str) -> set[str]:
        """The tags that an asset has now."""
        return {self.library.tags[tag].value for tag in self.library.assets[asset_id].tag_ids}


def rich(**changes: object) -> Told:
    """What a camera's original knows: camera, exposure, date, zone and place; `None` takes something away."""
    told: dict[str, object] = {
        "camera": True,
        "taken": "2023-07-02 17:44:10",
        "offset": "+02:00",
        "place": BERLIN,
    }
    told |= changes
    return {key: value for key, value in told.items() if value is not None}  # type: ignore[return-value]  # as named


def _embedded(told: Told) -> dict[str, object]:
    said: dict[str, object] = {"exifImageWidth": 1600, "exifImageHeight": 1200}
    if told.get("camera"):
        said |= CAMERA | EXPOSURE
    if taken := told.get("taken"):
        moment = datetime.fromisoformat(taken + told.get("offset", "+00:00"))
        said["dateTimeOriginal"] = moment.astimezone(UTC)
        if "offset" in told:
            said["timeZone"] = zone_name(moment)
    if place := told.get("place"):
        said["latitude"], said["longitude"] = place
    for name in ("description", "rating"):
        if told.get(name) is not None:
            said[name] = told.get(name)
    return said

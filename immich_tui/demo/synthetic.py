"""A library of any number of groups that costs nothing: everything follows from the index of the group.

Files of one size share their bytes up to a tail with the asset's id, so a true SHA-1 costs one small update.
Groups repeat in 48 *shapes* (who has GPS, who is larger, ...); only ids, names and dates are their own.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from immich_tui.demo.containers import padded_jpeg
from immich_tui.demo.dialect import Speaker
from immich_tui.demo.jobs import extract
from immich_tui.demo.pictures import Studio, View
from immich_tui.demo.places import PLACES
from immich_tui.demo.records import Asset
from immich_tui.demo.wire import api_time, base64_text, database_time

SHAPES = 48
_TAIL = 40
_FIRST_DAY = datetime(2005, 4, 2, 9, 30, tzinfo=UTC)
_UPLOADED = datetime(2025, 2, 1, 12, tzinfo=UTC)
_SCENES = ("beach", "mountain", "forest", "city", "sunset", "meadow", "birthday", "night sky")
_CAMERAS = (
    ("Apple", "iPhone 13", "iPhone 13 back dual wide camera 5.1mm f/1.6", 1.6, 5.1),
    ("Canon", "Canon EOS R6", "RF24-105mm F4 L IS USM", 4.0, 35.0),
    ("Google", "Pixel 7", "Pixel 7 back camera 6.81mm f/1.85", 1.85, 6.81),
    ("NIKON CORPORATION", "NIKON Z 6_2", "NIKKOR Z 24-70mm f/4 S", 5.6, 50.0),
)
_SMALLEST_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////"
    "////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8A"
    "N//Z"
)


@dataclass(frozen=True, slots=True)
class _Member:
    """One member of a shape: its share of the file size, its pixels, and what it knows."""

    share: float
    width: int
    height: int
    gps: bool
    zone: bool
    camera: bool
    suffix: str = ""


def _members(shape: int) -> tuple[_Member, ...]:
    """The members of a shape; most are an original and a poorer copy, some contradict the file size."""
    rich = _Member(1.0, 1600, 1200, shape % 3 != 2, True, True)
    if shape % 8 == 0:
        return (
            _Member(0.6, 1600, 1200, True, True, True),
            _Member(1.0, 1600, 1200, False, False, False, "-1"),
        )
    if shape % 8 == 1:
        return (
            rich,
            _Member(0.5, 1200, 900, False, False, False, "-WA"),
            _Member(0.9, 1600, 1200, False, True, True, " (1)"),
        )
    if shape % 8 == 2:
        return (rich, _Member(1.0, 1600, 1200, shape % 3 != 2, True, True, " (1)"))
    if shape % 8 == 3:
        return (rich, _Member(0.8, 1600, 900, True, True, True, "-edited"))
    return (rich, _Member(0.5, 1200, 900, False, shape % 2 == 0, shape % 4 == 0, "_small"))


class SyntheticFile:
    """A file that is all prefix but for its tail."""

    __slots__ = ("_prefix", "_tail", "size")

    def __init__(self, size: int, tail: str) -> None:
        self.size = size
        self._prefix = _prefix(size - _TAIL)
        self._tail = tail.rjust(_TAIL).encode()

    def read(self) -> bytes:
        """The whole file."""
        return self._prefix[0] + self._tail

    def sha1(self) -> bytes:
        """Its digest; the prefix was hashed once."""
        digest = self._prefix[1].copy()
        digest.update(self._tail)
        return digest.digest()


@functools.lru_cache(maxsize=64)
def _prefix(size: int) -> tuple[bytes, hashlib._Hash]:
    data = padded_jpeg(_SMALLEST_JPEG, size, "synthetic")
    return data, hashlib.sha1(data, usedforsecurity=False)


@dataclass(frozen=True, slots=True)
class SyntheticPicture:
    """One of a few drawn scenes; the placeholder hash is made up, equal for the copies of a group."""

    studio: Studio
    index: int

    def _view(self) -> View:
        return View(_SCENES[self.index % len(_SCENES)], self.index % 16)

    def thumbnail(self) -> bytes:
        """A small WebP."""
        return self.studio.thumbnail(self._view())

    def preview(self) -> bytes:
        """A JPEG for the full screen."""
        return self.studio.preview(self._view())

    def thumbhash(self) -> str | None:
        """21 bytes, as a picture of 4 by 3 has."""
        return base64_text(hashlib.sha256(b"%d" % (self.index % SHAPES)).digest()[:21])


class SyntheticBase:
    """`groups` groups of two or three assets; `file_size` bytes is the largest original."""

    def __init__(self, groups: int, owner_id: str, studio: Studio, *, file_size: int = 300_000) -> None:
        self.groups = groups
        self.file_size = file_size
        self.owner_id = owner_id
        self._studio = studio
        self._shapes = tuple(_members(shape) for shape in range(SHAPES))
        self._templates: dict[tuple[str, int], tuple[str, ...]] = {}

    # -- ids ----------------------------------------------------------------------------------------------

    def group_id(self, index: int) -> str:
        """The id of a group; ids ascend with the index."""
        return f"{index:08x}-{_mix(index) & 0xFFFF:04x}-4000-8000-{_mix(index + 7):012x}"

    def asset_id(self, index: int, member: int) -> str:
        """The id of a member of a group."""
        return f"{index:08x}-{member:04x}-4000-a000-{_mix(index * 4 + member + 1):012x}"

    def _index(self, text: str) -> int | None:
        try:
            index = int(text[:8], 16)
        except ValueError:
            return None
        return index if index < self.groups else None

    # -- the base -----------------------------------------------------------------------------------------

    def group_ids(self) -> Iterator[str]:
        """All group ids, ascending."""
        return (self.group_id(index) for index in range(self.groups))

    def asset_ids(self) -> Iterator[str]:
        """All asset ids."""
        for index in range(self.groups):
            for member in range(len(self._shapes[index % SHAPES])):
                yield self.asset_id(index, member)

    def members(self, duplicate_id: str) -> tuple[str, ...]:
        """Ids of the assets of this group."""
        index = self._index(duplicate_id)
        if index is None or self.group_id(index) != duplicate_id:
            return ()
        return tuple(self.asset_id(index, member) for member in range(len(self._shapes[index % SHAPES])))

    def asset(self, asset_id: str) -> Asset | None:
        """A fresh record."""
        index = self._index(asset_id)
        if index is None:
            return None
        for member in range(len(self._shapes[index % SHAPES])):
            if self.asset_id(index, member) == asset_id:
                return self._make(index, member)
        return None

    def _make(self, index: int, position: int) -> Asset:
        shape = index % SHAPES
        member = self._shapes[shape][position]
        asset_id = self.asset_id(index, position)
        taken = _FIRST_DAY + timedelta(minutes=97 * index)
        name = f"IMG_{index % 10_000:04}{member.suffix}.jpg"
        stamp = taken if member.camera else _UPLOADED
        asset = Asset(
            id=asset_id,
            owner_id=self.owner_id,
            kind="IMAGE",
            path=f"/data/upload/{self.owner_id}/{asset_id[:2]}/{asset_id[2:4]}/{asset_id}.jpg",
            name=name,
            mime="image/jpeg",
            file=SyntheticFile(int(self.file_size * member.share), asset_id),
            picture=SyntheticPicture(self._studio, index),
            taken_at=taken,
            local_at=taken,
            modified_at=stamp,
            uploaded_at=_UPLOADED,
            updated_at=_UPLOADED,
            duplicate_id=self.group_id(index),
            width=member.width,
            height=member.height,
        )
        asset.embedded = {"exifImageWidth": member.width, "exifImageHeight": member.height}
        if member.camera:
            make, model, lens, aperture, focal = _CAMERAS[shape % len(_CAMERAS)]
            asset.embedded |= {"make": make, "model": model, "lensModel": lens, "fNumber": aperture}
            asset.embedded |= {"focalLength": focal, "iso": 100, "exposureTime": "1/250"}
            asset.embedded["dateTimeOriginal"] = taken
        if member.zone:
            asset.embedded |= {"timeZone": "UTC+2", "dateTimeOriginal": taken}
        if member.gps:
            place = PLACES[shape % len(PLACES)]
            asset.embedded |= {"latitude": place.latitude, "longitude": place.longitude}
        extract(asset)
        return asset

    # -- the listing --------------------------------------------------------------------------------------

    def group_json(self, duplicate_id: str, speaker: Speaker) -> bytes:
        """The JSON of an untouched group, from a template of its shape."""
        index = int(duplicate_id[:8], 16)
        key = (speaker.dialect.name, index % SHAPES)
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = self._template(index, speaker)
        values = self._values(index)
        pieces = list(template)
        for position in range(1, len(pieces), 2):
            pieces[position] = values[pieces[position]]
        return "".join(pieces).encode()

    def _values(self, index: int) -> dict[str, str]:
        """What differs between two groups of a shape, by a name that is unique in the group."""
        taken = _FIRST_DAY + timedelta(minutes=97 * index)
        values = {
            "group": self.group_id(index),
            "taken": database_time(taken),
            "local": database_time(taken + timedelta(hours=2)),
            "api taken": api_time(taken),
        }
        for position, member in enumerate(self._shapes[index % SHAPES]):
            asset_id = self.asset_id(index, position)
            values[f"name {position}"] = f"IMG_{index % 10_000:04}{member.suffix}.jpg"
            digest = SyntheticFile(int(self.file_size * member.share), asset_id).sha1()
            values[f"checksum {position}"] = base64_text(digest)
            values[f"folder {position}"] = f"/{asset_id[:2]}/{asset_id[2:4]}/"
            values[f"id {position}"] = asset_id
        return values

    def _template(self, index: int, speaker: Speaker) -> tuple[str, ...]:
        """Literal text and names of values in turn, cut from the JSON of one real group."""
        assets = [self._make(index, position) for position in range(len(self._shapes[index % SHAPES]))]
        assets.sort(key=lambda asset: asset.local_at)
        text = json.dumps(
            speaker.group(self.group_id(index), assets), ensure_ascii=False, separators=(",", ":")
        )
        names = {value: name for name, value in self._values(index).items()}
        pattern = "|".join(re.escape(value) for value in sorted(names, key=len, reverse=True))
        pieces = re.split(f"({pattern})", text)
        return tuple(names[one] if number % 2 else one for number, one in enumerate(pieces))


def _mix(number: int) -> int:
    """48 bits that look like chance."""
    number = (number * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    return (number ^ number >> 29) & 0xFFFFFFFFFFFF

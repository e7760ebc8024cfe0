"""The rows of the demo server's database.

Plain mutable records in our own words; `dialect.py` turns them into what an Immich version would say.
Times are aware datetimes in UTC; `local_at` is the wall clock of the capture written as if it were UTC.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

EXIF_FIELDS = (
    "make",
    "model",
    "exifImageWidth",
    "exifImageHeight",
    "fileSizeInByte",
    "orientation",
    "dateTimeOriginal",
    "modifyDate",
    "timeZone",
    "lensModel",
    "fNumber",
    "focalLength",
    "iso",
    "exposureTime",
    "latitude",
    "longitude",
    "city",
    "state",
    "country",
    "description",
    "projectionType",
    "rating",
)
"""The EXIF columns that Immich keeps, in the order in which it sends them."""


class File(Protocol):
    """The bytes of an original: known size, made when asked for."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read(self) -> bytes:
        """The whole file."""
        ...

    def sha1(self) -> bytes:
        """SHA-1 digest of the whole file."""
        ...


class Picture(Protocol):
    """What the server shows of an asset."""

    def thumbnail(self) -> bytes:
        """A small WebP, about 250 pixels."""
        ...

    def preview(self) -> bytes:
        """A JPEG of at most 1440 pixels."""
        ...

    def thumbhash(self) -> str | None:
        """The placeholder hash in base64; `None` when the server could not read the file."""
        ...


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account; frozen, because all servers of a process share the household's people."""

    id: str
    name: str
    email: str
    is_admin: bool
    created_at: datetime
    colour: str = "primary"


@dataclass(slots=True)
class Key:
    """An API key: acts as one user, may do what its permissions name (`all` is everything)."""

    id: str
    name: str
    secret: str
    user_id: str
    permissions: tuple[str, ...]
    created_at: datetime

    def allows(self, permission: str) -> bool:
        """Whether a call that needs this permission may be made."""
        return "all" in self.permissions or permission in self.permissions


@dataclass(slots=True)
class Asset:
    """One photo or video.

    `exif` holds the columns of `EXIF_FIELDS` that are not null. `embedded` is what the file itself says of
    them and `sidecar` what was written to its XMP: extraction derives `exif` from the two. `read_only` is an
    external library that is mounted read-only: no sidecar can be written beside it. `purged` is deleted for
    good. `sidecar_file` is the XMP file as it was put there; edits go to `sidecar` alone. `checksum` is the
    SHA-1 the server has stored.
    """

    id: str
    owner_id: str
    kind: str
    path: str
    name: str
    mime: str
    file: File
    picture: Picture
    taken_at: datetime
    local_at: datetime
    modified_at: datetime
    uploaded_at: datetime
    updated_at: datetime
    exif: dict[str, object] = dataclasses.field(default_factory=dict)
    embedded: dict[str, object] = dataclasses.field(default_factory=dict)
    sidecar: dict[str, object] = dataclasses.field(default_factory=dict)
    sidecar_file: bytes = b""
    checksum: bytes | None = None
    library_id: str | None = None
    read_only: bool = False
    favorite: bool = False
    visibility: str = "timeline"
    offline: bool = False
    deleted_at: datetime | None = None
    purged: bool = False
    duration_ms: int | None = None
    live_video_id: str | None = None
    duplicate_id: str | None = None
    width: int | None = None
    height: int | None = None
    edited: bool = False
    stack_id: str | None = None
    tag_ids: list[str] = dataclasses.field(default_factory=list)

    @property
    def trashed(self) -> bool:
        """Whether it lies in the trash."""
        return self.deleted_at is not None

    @property
    def stored_checksum(self) -> bytes:
        """The digest the server sends: of the file, or of its path for external libraries."""
        if self.checksum is None:
            self.checksum = self.file.sha1()
        return self.checksum


@dataclass(slots=True)
class Album:
    """An album; `users` are the people it is shared with and their role, without the owner."""

    id: str
    name: str
    owner_id: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    users: dict[str, str] = dataclasses.field(default_factory=dict)
    asset_ids: list[str] = dataclasses.field(default_factory=list)
    cover_id: str | None = None
    has_link: bool = False


@dataclass(slots=True)
class Tag:
    """A tag; `value` is the whole path."""

    id: str
    value: str
    parent_id: str | None
    created_at: datetime
    updated_at: datetime
    owner_id: str = ""


@dataclass(slots=True)
class Person:
    """Somebody on photos; the name is empty for one whom nobody named."""

    id: str
    name: str
    owner_id: str
    updated_at: datetime
    hidden: bool = False


@dataclass(slots=True)
class Face:
    """Where a person is on a photo: a box in pixels of an image of the given size."""

    id: str
    asset_id: str
    person_id: str | None
    box: tuple[int, int, int, int]
    image_width: int
    image_height: int
    source: str = "machine-learning"


@dataclass(slots=True)
class Stack:
    """Assets shown as one, the primary on top."""

    id: str
    owner_id: str
    primary_id: str
    asset_ids: list[str]


@dataclass(slots=True)
class SharedLink:
    """A public link to single assets."""

    id: str
    user_id: str
    key: str
    created_at: datetime
    asset_ids: list[str]

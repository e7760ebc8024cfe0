"""What the server says of assets and duplicate groups, as typed values.

Only fields that we read are here; unknown ones are ignored, and differences between server versions
(1.135 to 3.x) end in this module. A field that may be missing is `None` when it is missing: missing and
null mean the same to Immich and to us.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import AliasChoices, AliasGenerator, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Answer(BaseModel):
    """Part of an answer of the server: camel case outside, frozen inside, unknown fields ignored."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=to_camel, serialization_alias=to_camel),
        populate_by_name=True,
        extra="ignore",
        frozen=True,
    )


Place = Literal["timeline", "archive"]
"""Where a person has photos; hidden videos and the locked folder cannot be searched with a key."""


def places(visibilities: Iterable[str]) -> tuple[Place, ...]:
    """The places where assets of these visibilities are found: a search looks in one at a time."""
    there = set(visibilities)
    both: tuple[Place, ...] = ("timeline", "archive")
    return tuple(place for place in both if place in there)


def _milliseconds(value: Any) -> Any:
    """Duration in milliseconds: a number from 3.0 on, `H:MM:SS.ffffff` before; zero means a still."""
    if isinstance(value, str):
        try:
            hours, minutes, seconds = value.split(":")
            value = round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)
        except (ValueError, OverflowError):
            return None
    return value or None


class Exif(_Answer):
    """The 22 EXIF fields that Immich keeps, unchanged from 1.121 to 3.2; every one may be unknown."""

    make: str | None = None
    model: str | None = None
    exif_image_width: float | None = None
    exif_image_height: float | None = None
    file_size_in_byte: int | None = None
    orientation: str | None = None
    date_time_original: datetime | None = None
    modify_date: datetime | None = None
    time_zone: str | None = None
    lens_model: str | None = None
    f_number: float | None = None
    focal_length: float | None = None
    iso: float | None = None
    exposure_time: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    description: str | None = None
    projection_type: str | None = None
    rating: float | None = None


class Tag(_Answer):
    """A tag: `value` is its full path with `/`, `name` the last part."""

    id: str
    name: str
    value: str


class Person(_Answer):
    """A recognised or named person; `name` is empty for an unnamed one."""

    id: str
    name: str = ""


class StackRef(_Answer):
    """The stack that an asset belongs to, and of how many assets it is."""

    id: str
    primary_asset_id: str
    asset_count: int | None = None


class AlbumUser(_Answer):
    """A user of an album and what they may do there: `owner`, `editor` (may add assets) or `viewer`."""

    user_id: Annotated[str, Field(validation_alias=AliasPath("user", "id"))]
    role: str = "viewer"


class Album(_Answer):
    """An album as listed: without its assets.

    Up to 2.7 the owner is named by `owner_id` and is not among `users`; from 3.0 on it is the one whose role
    is `owner`.
    """

    id: str
    album_name: str = ""
    album_thumbnail_asset_id: str | None = None
    shared: bool = False
    has_shared_link: bool = False
    asset_count: int = 0
    owner_id: str | None = None
    users: Annotated[tuple[AlbumUser, ...], Field(validation_alias="albumUsers")] = ()

    def role_of(self, user_id: str) -> str | None:
        """`owner`, `editor` or `viewer`; `None` when the album does not name this user."""
        if user_id == self.owner_id:
            return "owner"
        return next((user.role for user in self.users if user.user_id == user_id), None)


NO_EXIF = Exif()

LARGEST_FILE: Final = 1 << 48
"""No photo or video has so many bytes; a number this large is damage, and many of them fit no database."""

LONGEST_SIDE: Final = 1e7
"""No side of a picture has so many pixels; a number this large is damage."""


class Asset(_Answer):
    """One photo or video.

    `local_date_time` is the wall clock of the capture written as if it were UTC. `checksum` is base64 of the
    SHA-1 of the file for uploads, and of the text `path:<original path>` for external-library assets
    (`library_id` set). `width` and `height` are oriented and after edits (2.5 and later). `tags` is `None`
    where this server or call does not say (listing before 2.7). `people` and `stack` are only told by
    `GET /assets/{id}`: in the listing `people` is always an empty list and says nothing.
    """

    id: str
    owner_id: str = ""
    library_id: str | None = None
    type: Literal["IMAGE", "VIDEO", "AUDIO", "OTHER"]
    original_path: str = ""
    original_file_name: str = ""
    original_mime_type: str | None = None
    thumbhash: str | None = None
    checksum: str | None = None
    file_created_at: datetime | None = None
    file_modified_at: datetime | None = None
    local_date_time: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    is_favorite: bool = False
    is_archived: bool = False
    is_trashed: bool = False
    is_offline: bool = False
    visibility: Literal["timeline", "archive", "hidden", "locked"] = "timeline"
    # Null, as most are, never comes to the function.
    duration_ms: Annotated[
        Annotated[int | None, BeforeValidator(_milliseconds)] | None, Field(validation_alias="duration")
    ] = None
    live_photo_video_id: str | None = None
    duplicate_id: str | None = None
    width: float | None = None
    height: float | None = None
    is_edited: bool = False
    exif: Annotated[Exif | None, Field(validation_alias="exifInfo")] = None
    tags: tuple[Tag, ...] | None = None
    people: tuple[Person, ...] = ()
    stack: StackRef | None = None

    @property
    def known_exif(self) -> Exif:
        """The EXIF fields, all unknown where the server has none."""
        return self.exif or NO_EXIF

    @property
    def size(self) -> int | None:
        """Bytes of the original file, `None` when unknown or absurd."""
        size = self.known_exif.file_size_in_byte
        return size if size is not None and 0 <= size < LARGEST_FILE else None

    @property
    def dimensions(self) -> tuple[int, int] | None:
        """Width and height of the original in pixels, `None` when unknown or absurd."""
        exif = self.known_exif
        width, height = exif.exif_image_width or self.width, exif.exif_image_height or self.height
        if width is None or height is None or not (1 <= width < LONGEST_SIDE and 1 <= height < LONGEST_SIDE):
            return None
        return round(width), round(height)


class Group(_Answer):
    """Assets that share one `duplicateId`, in the server's order (by local time, ties in database order).

    The order matters to Immich's own pick alone. `suggested_keep_asset_ids` is `None` before 2.7.0.
    """

    id: Annotated[str, Field(validation_alias="duplicateId")]
    assets: Annotated[tuple[Asset, ...], Field(min_length=1, fail_fast=True)]
    suggested_keep_asset_ids: tuple[str, ...] | None = None

    def asset(self, asset_id: str) -> Asset:
        """The member with this id; raises `KeyError` when it is not in the group."""
        for asset in self.assets:
            if asset.id == asset_id:
                return asset
        raise KeyError(asset_id)


@functools.total_ordering
class ServerVersion(_Answer):
    """A server's version; a release candidate (`prerelease`, told from 3.0 on) sorts before its release."""

    major: int
    minor: int
    patch: int
    prerelease: int | None = None

    def _rank(self) -> tuple[int, int, int, float]:
        final = float("inf")
        return self.major, self.minor, self.patch, final if self.prerelease is None else self.prerelease

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServerVersion) and self._rank() == other._rank()

    def __lt__(self, other: ServerVersion) -> bool:
        return self._rank() < other._rank()

    def __hash__(self) -> int:
        return hash(self._rank())

    def __str__(self) -> str:
        candidate = "" if self.prerelease is None else f"-rc.{self.prerelease}"
        return f"{self.major}.{self.minor}.{self.patch}{candidate}"

    def at_least(self, major: int, minor: int = 0) -> bool:
        """Whether this is release `major.minor` or a later one."""
        return (self.major, self.minor) >= (major, minor)


class Features(_Answer):
    """What is switched on at the server.

    With `trash` off, assets that are marked trashed are purged by the next nightly clean-up. With
    `duplicate_detection` off, groups found earlier are still listed.
    """

    trash: bool
    duplicate_detection: bool = False


class ServerConfig(_Answer):
    """How the server is set up. In maintenance mode it tells nothing but that.

    `trash_days` is how long trashed assets are kept.
    """

    trash_days: int | None = None
    external_domain: str = ""
    maintenance_mode: bool = False

    @property
    def knows_maintenance(self) -> bool:
        """Whether the server has a maintenance mode (2.3 and later)."""
        return "maintenance_mode" in self.model_fields_set


class User(_Answer):
    """The user that an API key acts for."""

    id: str
    name: str = ""
    email: str = ""
    is_admin: bool = False


class Box(NamedTuple):
    """Where a face is: in pixels of an image of the given size, which need not be that of the file."""

    image_width: int
    image_height: int
    x: int
    y: int
    width: int
    height: int


class Face(_Answer):
    """A face on an asset: its box in pixels of an image of the given size, and whose it is if known.

    `source_type` is `manual` for one that was put there by a person or a call.
    """

    id: str
    image_width: int
    image_height: int
    x1: Annotated[int, Field(validation_alias="boundingBoxX1")]
    y1: Annotated[int, Field(validation_alias="boundingBoxY1")]
    x2: Annotated[int, Field(validation_alias="boundingBoxX2")]
    y2: Annotated[int, Field(validation_alias="boundingBoxY2")]
    source_type: str | None = None
    person: Person | None = None

    @property
    def box(self) -> Box:
        """Where it is, as a call that makes a face is told."""
        width, height = self.x2 - self.x1, self.y2 - self.y1
        return Box(self.image_width, self.image_height, self.x1, self.y1, width, height)


class LinkedAsset(_Answer):
    """An asset as a public link names it."""

    id: str


class SharedLink(_Answer):
    """A public link. Only an `INDIVIDUAL` one names assets itself; what lies in the trash is left out."""

    id: str
    type: str = "INDIVIDUAL"
    assets: tuple[LinkedAsset, ...] = ()

    def shows(self, asset_id: str) -> bool:
        """Whether it names this asset."""
        return any(asset.id == asset_id for asset in self.assets)


class ItemResult(_Answer):
    """What became of one id of a bulk call.

    `error` is one of `duplicate` (already there), `not_found`, `no_permission`, `unknown`, `validation`.
    """

    id: Annotated[str, Field(validation_alias=AliasChoices("id", "assetId"))]
    success: bool
    error: str | None = None


class Uploaded(_Answer):
    """What the server made of an upload.

    `duplicate` means that the user has these bytes already, in the trash or not: `id` is then that asset.
    """

    id: str
    status: Literal["created", "duplicate"]


class Known(_Answer):
    """Whether the user has an upload with a checksum already: `asset_id` is `None` when not."""

    id: str
    action: Literal["accept", "reject"]
    asset_id: str | None = None
    is_trashed: bool = False

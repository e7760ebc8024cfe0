"""Whether carried values are really there: what is wanted of a winner, and how it differs from what is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from immich_tui.immich.models import Asset
from immich_tui.verdict.model import Channel, Entry

COORDINATE_TOLERANCE = 2e-6
"""Degrees. The server's jobs round coordinates to six decimals; this is a fifth of a metre."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Values that the winner must show. `None` and empty mean: nothing was carried of that kind.

    `local_time` and `time_zone` are what the winner's clock must say afterwards; writing a location can move
    both, which is why they are wanted even when only a location is carried.
    """

    fields: dict[str, object]
    albums: frozenset[str]
    covers: frozenset[str]
    tags: frozenset[str]
    shared_links: frozenset[str]
    local_time: datetime | None
    time_zone: str | None

    @classmethod
    def of(cls, entries: Iterable[Entry], prior: Asset) -> Wanted:
        """Gather what the ledger's carried entries want of the winner, given what it was before."""
        fields: dict[str, object] = {}
        albums: set[str] = set()
        covers: set[str] = set()
        tags: set[str] = set()
        links: set[str] = set()
        for entry in entries:
            match entry.channel:
                case Channel.UPDATE_ASSET:
                    fields.update(entry.payload)
                case Channel.ALBUM_ASSETS:
                    albums.add(str(entry.payload["albumId"]))
                case Channel.ALBUM_COVER:
                    covers.add(str(entry.payload["albumId"]))
                case Channel.TAG_ASSETS:
                    tags.update(_ids(entry.payload["tagIds"]))
                case Channel.COPY if entry.source:
                    links.add(entry.source)
                case _:
                    raise ValueError(f"The ledger carries {entry.field} by {entry.channel or 'no call'}.")
        local, zone = prior.local_date_time, prior.known_exif.time_zone
        if date := fields.get("dateTimeOriginal"):
            local, zone = datetime.fromisoformat(str(date)), None
        return cls(
            fields, frozenset(albums), frozenset(covers), frozenset(tags), frozenset(links), local, zone
        )

    @property
    def waits_for_extraction(self) -> bool:
        """Whether the server's extraction job will run for these writes and may overwrite them."""
        return bool(self.fields.keys() - {"isFavorite", "livePhotoVideoId"} or self.tags)


def _ids(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (list, tuple, set, frozenset)) else (str(value),)


def asset_differences(wanted: Wanted, asset: Asset) -> dict[str, str]:
    """Fields of an asset that are not as wanted: name to a phrase that says how."""
    exif = asset.known_exif
    found: dict[str, str] = {}
    for name, value in wanted.fields.items():
        now: object
        match name:
            case "latitude" | "longitude":
                now = exif.latitude if name == "latitude" else exif.longitude
                if now is None or abs(float(str(now)) - float(str(value))) > COORDINATE_TOLERANCE:
                    found["location"] = f"the location is {_place(asset)} where {name} {value} was written"
                continue
            case "dateTimeOriginal":
                now = exif.date_time_original
                if now != datetime.fromisoformat(str(value)):
                    found["capture time"] = f"the capture time is {now} where {value} was written"
                continue
            case "description":
                now = exif.description or ""
            case "rating":
                now = exif.rating
            case "isFavorite":
                now = asset.is_favorite
            case "livePhotoVideoId":
                now = asset.live_photo_video_id
            case _:
                raise ValueError(f"No rule reads {name} back.")
        if now != value:
            found[name] = f"{name} did not stay"
    missing = wanted.tags - {tag.id for tag in asset.tags or ()}
    if missing:
        found["tags"] = f"{len(missing)} of {len(wanted.tags)} tags did not stay"
    return found


def clock_difference(wanted: Wanted, asset: Asset) -> str:
    """How the asset's local time or zone moved away from what is wanted; empty when it did not."""
    local, zone = asset.local_date_time, asset.known_exif.time_zone
    if wanted.local_time and local and local.replace(tzinfo=None) != wanted.local_time.replace(tzinfo=None):
        return (
            f"writing the location moved its local time from {wanted.local_time:%Y-%m-%d %H:%M}"
            f" to {local:%Y-%m-%d %H:%M}"
        )
    if wanted.time_zone and zone != wanted.time_zone:
        return f"writing the location moved its time zone from {wanted.time_zone} to {zone or 'unknown'}"
    return ""


def _place(asset: Asset) -> str:
    exif = asset.known_exif
    return "empty" if exif.latitude is None else f"{exif.latitude}, {exif.longitude}"

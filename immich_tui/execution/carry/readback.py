"""Whether carried values are really there: what is wanted of a winner, and how it differs from what is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from immich_tui.execution.graft.xmp import plain, ratio
from immich_tui.immich.models import Album, Asset, Box, Face
from immich_tui.verdict.faces import at_as
from immich_tui.verdict.model import Channel, Entry

COORDINATE_TOLERANCE = 2e-6
"""Degrees. The server's jobs round coordinates to six decimals; this is a fifth of a metre."""


@dataclass(frozen=True, slots=True)
class Holders:
    """Where a winner is and who is on it, beside its own answer: albums, faces, ids of public links.

    Empty, or `None`, where nothing asks for them.
    """

    albums: tuple[Album, ...] = ()
    faces: tuple[Face, ...] | None = None
    links: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Values that the winner must show. `None` and empty mean: nothing was carried of that kind.

    `local_time` and `instant` are what the winner's clock must say afterwards: writing a location can move
    both, which is why they are wanted even when only a location is carried. `zoned` is whether it had a time
    zone, which must not vanish; that the server names the zone of the place in its stead is well. `grafted`
    is what a sidecar brought: its `timeZone` must be shown by that very name. `own` is what the winner had
    itself and a new sidecar may have taken away. `faces` are people, by id and name, and their places;
    `links` are ids of public links.
    """

    fields: dict[str, object]
    albums: frozenset[str]
    covers: frozenset[str]
    tags: frozenset[str]
    faces: tuple[tuple[str, str, Box], ...]
    links: frozenset[str]
    local_time: datetime | None
    instant: datetime | None
    zoned: bool
    grafted: dict[str, object] = field(default_factory=dict)
    own: dict[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry], prior: Asset) -> Wanted:
        """Gather what the ledger's carried entries want of the winner, given what it was before."""
        fields: dict[str, object] = {}
        albums: set[str] = set()
        covers: set[str] = set()
        tags: set[str] = set()
        links: set[str] = set()
        faces: list[tuple[str, str, Box]] = []
        grafted: dict[str, object] = {}
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
                case Channel.COPY:
                    links.update(_ids(entry.payload["linkIds"]))
                case Channel.FACES:
                    person_id, box = face_of(entry)
                    faces.append((person_id, entry.value, box))
                case Channel.GRAFT:
                    grafted.update(entry.payload)
                case _:
                    raise ValueError(f"The ledger carries {entry.field} by {entry.channel or 'no call'}.")
        local, zoned = prior.local_date_time, prior.known_exif.time_zone is not None
        # Without a zone the server takes that of the place: the clock stays, the instant is put right.
        instant = prior.known_exif.date_time_original if zoned else None
        if date := fields.get("dateTimeOriginal") or grafted.get("dateTimeOriginal"):
            local, instant, zoned = datetime.fromisoformat(str(date)), None, False
        return cls(
            fields,
            frozenset(albums),
            frozenset(covers),
            frozenset(tags),
            tuple(faces),
            frozenset(links),
            local,
            instant,
            zoned,
            grafted,
            _own(prior, fields | grafted) if grafted else {},
        )

    @property
    def waits_for_extraction(self) -> bool:
        """Whether the server's extraction job will run for these writes and may overwrite them."""
        return bool(self.fields.keys() - _OF_THE_ROW or self.tags or self.grafted)


_OF_THE_ROW = frozenset({"isFavorite", "livePhotoVideoId"})
"""Fields that are written at once and move `updatedAt` themselves; no job follows them."""


def unread_mark(names: Collection[str], before: Asset, answer: Asset | None) -> datetime | None:
    """The `updatedAt` that a photo has until the server has worked through a write of these fields.

    Seen on 1.135.3, 2.7.5 and 3.1.0: writing what stands in EXIF leaves `updatedAt` alone, and the extraction
    behind it moves it. `answer` is what the write answered, `before` the photo in front of it where no answer
    came. `None` when nothing can be told by it.
    """
    if not set(names) - _OF_THE_ROW:
        return None
    if answer is not None:
        return answer.updated_at
    return None if set(names) & _OF_THE_ROW else before.updated_at


def _own(prior: Asset, brought: Mapping[str, object]) -> dict[str, object]:
    """What a winner shows that a sidecar can hold and that nothing brings to it."""
    known = {name: value_of(prior, name) for name in (*_TEXTS, *_NUMBERS)}
    dated = "dateTimeOriginal" in brought
    return {
        name: value
        for name, value in known.items()
        if value not in (None, "") and name not in brought and not (dated and name == "timeZone")
    }


def _ids(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (list, tuple, set, frozenset)) else (str(value),)


LABELS = {
    "latitude": "location",
    "longitude": "location",
    "dateTimeOriginal": "capture time",
    "description": "description",
    "rating": "rating",
    "isFavorite": "favourite mark",
    "livePhotoVideoId": "live video",
    "make": "camera",
    "model": "camera",
    "lensModel": "lens",
    "exposureTime": "exposure time",
    "fNumber": "aperture",
    "focalLength": "focal length",
    "iso": "ISO",
    "timeZone": "time zone",
}
"""Names for people of the fields that an update of an asset, or a sidecar, can carry."""

_TEXTS = frozenset({"make", "model", "lensModel", "timeZone"})
_NUMBERS = frozenset({"exposureTime", "fNumber", "focalLength", "iso"})
_RELATIVE = 1e-3
"""How far exposure values may be from what was written: servers write some as decimals."""


def value_of(asset: Asset, name: str) -> object:
    """What an asset has of a field that an update names so; raises `KeyError` for one that is not carried."""
    exif = asset.known_exif
    return {
        "latitude": exif.latitude,
        "longitude": exif.longitude,
        "dateTimeOriginal": exif.date_time_original,
        "description": (exif.description or "").strip(),
        "rating": exif.rating,
        "isFavorite": asset.is_favorite,
        "livePhotoVideoId": asset.live_photo_video_id,
        "make": exif.make,
        "model": exif.model,
        "lensModel": exif.lens_model,
        "exposureTime": exif.exposure_time,
        "fNumber": exif.f_number,
        "focalLength": exif.focal_length,
        "iso": exif.iso,
        "timeZone": exif.time_zone,
    }[name]


def is_there(name: str, value: object, asset: Asset) -> bool:
    """Whether an asset has the value that was written, as the server keeps it."""
    now = value_of(asset, name)
    if isinstance(now, datetime):
        written = datetime.fromisoformat(str(value))
        if written.tzinfo is None:
            # Without an offset only the clock was written.
            return _clock(asset.local_date_time) == written
        return now == written
    if name in _TEXTS:
        return plain(str(now or "")) == plain(str(value or ""))
    if name in _NUMBERS:
        return _near(now, value)
    if isinstance(now, float) and isinstance(value, (float, int)):
        return abs(now - value) <= COORDINATE_TOLERANCE
    return now == (value.strip() if isinstance(value, str) else value)


def same(name: str, one: Asset, other: Asset) -> bool:
    """Whether two states of an asset have the same value in a field; unrated is unrated, however written."""
    a, b = value_of(one, name), value_of(other, name)
    if name == "rating":
        return (a or None) == (b or None)
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= COORDINATE_TOLERANCE
    return a == b


def _clock(local: datetime | None) -> datetime | None:
    return local.replace(tzinfo=None) if local else None


def _near(now: object, value: object) -> bool:
    ours, theirs = ratio(now), ratio(value)
    if ours is None or theirs is None:
        return (now or None) == (value or None)
    return abs(ours - theirs) <= _RELATIVE * max(ours, theirs)


def meddled(entries: Iterable[Entry], prior: Asset, now: Asset) -> str:
    """Names of fields that are neither as they were nor as they are to become; empty when there are none.

    Somebody edits the winner at the same time: writing over that would lose what they did.
    """
    names = {
        LABELS[name]: None
        for entry in entries
        if entry.channel in (Channel.UPDATE_ASSET, Channel.GRAFT)
        for name, value in entry.payload.items()
        if value_of(now, name) != value_of(prior, name) and not is_there(name, value, now)
    }
    return ", ".join(names)


def face_of(entry: Entry) -> tuple[str, Box]:
    """The person that an entry carries, by id, and where in the picture the face is."""
    box = entry.payload["box"]
    assert isinstance(box, (list, tuple))
    return str(entry.payload["personId"]), Box(*map(int, box))


def still_missing(entries: Sequence[Entry], asset: Asset, holders: Holders) -> tuple[Entry, ...]:
    """The entries whose values an asset does not have yet."""
    found = {album.id: album for album in holders.albums}

    def missing(entry: Entry) -> bool:
        match entry.channel:
            case Channel.UPDATE_ASSET:
                return not all(is_there(name, value, asset) for name, value in entry.payload.items())
            case Channel.TAG_ASSETS:
                tags = {tag.id for tag in asset.tags or ()}
                return not tags.issuperset(_ids(entry.payload["tagIds"]))
            case Channel.ALBUM_ASSETS:
                return str(entry.payload["albumId"]) not in found
            case Channel.ALBUM_COVER:
                album = found.get(str(entry.payload["albumId"]))
                return album is None or album.album_thumbnail_asset_id != asset.id
            case Channel.FACES:
                person_id, box = face_of(entry)
                return not at_as(holders.faces or (), box, person_id)
            case Channel.COPY:
                return not (holders.links or frozenset()).issuperset(_ids(entry.payload["linkIds"]))
            case _:
                return True

    return tuple(entry for entry in entries if missing(entry))


def asset_differences(wanted: Wanted, asset: Asset) -> dict[str, str]:
    """Fields of an asset that are not as wanted: name to a phrase that says how."""
    found: dict[str, str] = {}
    for name, value in (wanted.fields | wanted.grafted).items():
        if is_there(name, value, asset):
            continue
        match name:
            case "latitude" | "longitude":
                found[name] = f"the location is {_place(asset)} where {name} {value} was written"
            case "dateTimeOriginal" | "timeZone":
                found[name] = f"the {LABELS[name]} is {value_of(asset, name)} where {value} was written"
            case _:
                found[name] = f"the {LABELS[name]} is not the one that was written"
    for name, value in wanted.own.items():
        if not is_there(name, value, asset):
            found[name] = f"its own {LABELS[name]}, {value}, is not there any more"
    missing = wanted.tags - {tag.id for tag in asset.tags or ()}
    if missing:
        found["tags"] = f"{len(missing)} of {len(wanted.tags)} tags did not stay"
    return found


def holder_difference(wanted: Wanted, holders: Holders, winner: str) -> str:
    """What of albums, people and public links is not as wanted; empty when all is."""
    missing = wanted.albums - {album.id for album in holders.albums}
    if missing:
        return f"it is not in {len(missing)} of the {len(wanted.albums)} albums it was added to"
    covered = {album.id for album in holders.albums if album.album_thumbnail_asset_id == winner}
    if wanted.covers - covered:
        return "an album did not take it as its cover"
    for person_id, name, box in wanted.faces:
        if not at_as(holders.faces or (), box, person_id):
            return f"{name} is not on it where the face was put"
    if missing := wanted.links - (holders.links or frozenset()):
        return f"it is not in {len(missing)} of the {len(wanted.links)} public links it was put into"
    return ""


def same_moment(wanted: Wanted, asset: Asset) -> bool:
    """Whether the moment at which it was taken is the one that it had, or that was written, where known.

    A place that is written to a photo with a zone moves its clock and leaves the moment alone; whoever sets
    another date changes the moment.
    """
    if date := wanted.fields.get("dateTimeOriginal"):
        return is_there("dateTimeOriginal", date, asset)
    return wanted.instant is not None and asset.known_exif.date_time_original == wanted.instant


def clock_difference(wanted: Wanted, asset: Asset) -> str:
    """How the asset's local time or zone moved away from what is wanted; empty when it did not."""
    local, zone = asset.local_date_time, asset.known_exif.time_zone
    instant = asset.known_exif.date_time_original
    by = "writing the location moved its"
    if "latitude" not in wanted.fields or (local != wanted.local_time and not same_moment(wanted, asset)):
        by = "something moved its"
    if wanted.local_time and local and local.replace(tzinfo=None) != wanted.local_time.replace(tzinfo=None):
        return f"{by} local time from {wanted.local_time:%Y-%m-%d %H:%M} to {local:%Y-%m-%d %H:%M}"
    if wanted.instant and instant and instant != wanted.instant:
        return f"{by} time zone to {zone or 'unknown'}, and its moment with it"
    if wanted.zoned and zone is None:
        return "its time zone was lost"
    return ""


def _place(asset: Asset) -> str:
    exif = asset.known_exif
    return "empty" if exif.latitude is None else f"{exif.latitude}, {exif.longitude}"

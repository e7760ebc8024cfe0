"""What can really be known of an asset: the server's fields with the unknown ones taken out.

Everything else in this room works on readings, so that "unknown" has one meaning: a missing, blank,
non-finite or impossible value, and a date that Immich filled in from the file's own dates. Unknown is `None`
here and is never compared.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter

from immich_tui.immich.models import NO_EXIF, Asset
from immich_tui.immich.pick import truthy_exif_fields
from immich_tui.verdict import formats, normalise
from immich_tui.verdict.geo import Position, position

#: Two clocks that differ by no more than this show the same time, in seconds.
SAME_CLOCK_S = 2.0

#: Ratios of width and height that differ by no more are one shape.
ASPECT_TOLERANCE = 0.02

#: A date may lie this far after the upload and still be real: without a zone it can be 14 hours ahead.
_GRACE_S = 86400.0

#: Zones that containers of videos always name because they store UTC: they say nothing of the place.
_UTC_NAMES = frozenset({"utc", "utc+0", "utc+00:00", "gmt", "etc/utc", "etc/gmt", "z", "+00:00"})

_FIXED_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?\Z", re.IGNORECASE)

_SIDEWAYS = frozenset("5678")

#: No side of a picture is longer; what is, is damage.
_LONGEST_SIDE = 1e7


def _utc(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()


#: Dates that clocks show when nobody set them: the epochs of the Mac, of Unix and of DOS.
_UNSET_CLOCKS = (
    (_utc(1904, 1, 1), _utc(1905, 1, 1)),
    (_utc(1970, 1, 1), _utc(1970, 1, 2)),
    (_utc(1980, 1, 1), _utc(1980, 1, 2)),
)
_AFTER_UNSET_CLOCKS = _utc(1980, 1, 3)
_FIRST_PHOTOGRAPH = _utc(1826, 1, 1)

FILLED_IN = "filled in by Immich from the file's dates"
LATER_THAN_UPLOAD = "later than its upload"
IN_THE_FUTURE = "in the future"
UNSET_CLOCK = "a clock that was never set"
BEFORE_PHOTOGRAPHY = "older than photography"


def epoch(when: datetime | None) -> float | None:
    """Seconds since 1970 UTC; a date without offset is taken as UTC, as the server means it."""
    if when is None:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return when.timestamp()


def fixed_offset(zone: str) -> float | None:
    """Seconds east of UTC of a zone written as an offset ("UTC+2", "+05:45"), `None` for names of places."""
    if zone.lower() in _UTC_NAMES:
        return 0.0
    match = _FIXED_OFFSET.match(zone)
    if match is None:
        return None
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
    return float(-seconds if match[1] == "-" else seconds)


def _date_doubt(instant: float, wall: float, uploaded: float | None, now: float | None) -> str:
    if uploaded is not None and instant > uploaded + _GRACE_S:
        return LATER_THAN_UPLOAD
    if now is not None and instant > now + _GRACE_S:
        return IN_THE_FUTURE
    if instant > _AFTER_UNSET_CLOCKS:
        return ""
    if instant < _FIRST_PHOTOGRAPH:
        return BEFORE_PHOTOGRAPHY
    for first, end in _UNSET_CLOCKS:
        if first <= instant < end or first <= wall < end:
            return UNSET_CLOCK
    return ""


class Reading:
    """One member of a group, read.

    Units: `size` in bytes, `width` and `height` in oriented pixels, `position` in degrees, `instant` in
    seconds since 1970 UTC, `wall` in seconds since 1970 of the local clock, `offset` in seconds east of UTC,
    `duration` in seconds. `zone` is `None` for a video's UTC. `doubt` says why a date does not count. `index`
    is the place in the server's order, `id_rank` the place in the order of ids.
    The last five are set by whoever needs them: `protected`, `score`, `loss`, `albums` and `people`.
    """

    __slots__ = (
        "albums",
        "asset",
        "camera",
        "doubt",
        "duration",
        "exif",
        "exposures",
        "family",
        "has_exposure",
        "height",
        "id",
        "id_rank",
        "index",
        "instant",
        "is_video",
        "lens",
        "loss",
        "null_island",
        "offset",
        "people",
        "pixels",
        "placed",
        "position",
        "protected",
        "score",
        "size",
        "stated_zone",
        "thumbhash",
        "wall",
        "width",
        "zone",
    )

    def __init__(self, asset: Asset, index: int, now: float | None) -> None:
        exif = asset.exif or NO_EXIF
        self.asset = asset
        self.exif = exif
        self.id = asset.id
        self.index = index
        self.id_rank = index
        self.protected = False
        self.score = 0.0
        self.loss: float | None = None
        self.albums: int | None = None
        self.people: int | None = None

        is_video = self.is_video = asset.type == "VIDEO"
        size = exif.file_size_in_byte
        self.size = size if size is not None and size >= 0 else None
        mime = asset.original_mime_type
        family = formats.family_of_mime(mime) if mime else formats.Family.OTHER
        if family is formats.Family.OTHER:
            family = formats.family_of_name(asset.original_file_name)
        self.family = family
        self.thumbhash = asset.thumbhash or None
        millis = asset.duration_ms
        self.duration = millis / 1000 if is_video and millis is not None and millis > 0 else None
        self._read_dimensions()

        make, model = exif.make, exif.model
        self.camera = normalise.camera(make, model) if make or model else None
        lens = exif.lens_model
        self.lens = normalise.word(lens) if lens else None
        f_number, focal, iso, time = exif.f_number, exif.focal_length, exif.iso, exif.exposure_time
        self.exposures = (
            f_number if f_number is not None and 0 < f_number < math.inf else None,
            focal if focal is not None and 0 < focal < math.inf else None,
            iso if iso is not None and 0 < iso < math.inf else None,
            normalise.exposure_seconds(time) if time else None,
        )
        self.has_exposure = self.exposures != _NO_EXPOSURE

        latitude, longitude = exif.latitude, exif.longitude
        self.position: Position | None = None
        self.null_island = False
        # Immich derives the place from the coordinates; a place without any coordinates was typed by someone.
        placed = bool(exif.city or exif.country)
        if latitude is not None or longitude is not None:
            self.position = position(latitude, longitude)
            if self.position is None:
                placed = False
                self.null_island = latitude == 0 and longitude == 0
        self.placed = placed and bool(normalise.text(exif.city) or normalise.text(exif.country))

        self._read_time(now)

    def _read_dimensions(self) -> None:
        exif, asset = self.exif, self.asset
        width, height = exif.exif_image_width, exif.exif_image_height
        known = (
            width is not None
            and height is not None
            and 0 < width < _LONGEST_SIDE
            and 0 < height < _LONGEST_SIDE
        )
        shown_width, shown_height = asset.width, asset.height
        shown = (
            shown_width is not None
            and shown_height is not None
            and 0 < shown_width < _LONGEST_SIDE
            and 0 < shown_height < _LONGEST_SIDE
        )
        self.pixels: float | None = None
        self.width: float | None = None
        self.height: float | None = None
        if known:
            assert width is not None
            assert height is not None
            self.pixels = width * height
        elif shown:
            assert shown_width is not None
            assert shown_height is not None
            self.pixels = shown_width * shown_height
        # The server's own oriented size is the truth, but after an edit it is the size of the edited picture.
        if shown and not (known and asset.is_edited):
            self.width, self.height = shown_width, shown_height
        elif known:
            if exif.orientation in _SIDEWAYS:
                width, height = height, width
            self.width, self.height = width, height

    def _read_time(self, now: float | None) -> None:
        exif, asset = self.exif, self.asset
        zone = exif.time_zone
        zone = (zone.strip() or None) if zone else None
        self.stated_zone = zone
        self.zone = None if zone is not None and self.is_video and zone.lower() in _UTC_NAMES else zone
        self.instant: float | None = None
        self.wall: float | None = None
        self.offset: float | None = None
        self.doubt = ""
        instant = epoch(exif.date_time_original)
        if instant is None:
            return
        wall = epoch(asset.local_date_time)
        if wall is None:
            wall = instant + ((fixed_offset(zone) or 0.0) if zone is not None else 0.0)
        self.doubt = _date_doubt(instant, wall, epoch(asset.created_at), now)
        if self.doubt:
            return
        self.instant = instant
        self.wall = wall
        # Local clock minus instant is the offset in force at that moment, summer time included.
        if zone is not None and abs(wall - instant) <= _WIDEST_OFFSET_S:
            self.offset = wall - instant

    @property
    def dated(self) -> bool:
        """Whether the capture time is known."""
        return self.instant is not None

    @property
    def bare(self) -> bool:
        """Whether nothing but the file speaks for its date: no zone, no camera, no exposure."""
        return self.stated_zone is None and self.camera is None and not self.has_exposure

    @property
    def vouches(self) -> bool:
        """Whether its date certainly comes from a camera or a person."""
        return self.instant is not None and (self.stated_zone is not None or self.camera is not None)

    @property
    def exposure_fields(self) -> int:
        """How many of aperture, focal length, ISO and exposure time are known."""
        return 4 - self.exposures.count(None)

    @property
    def exif_count(self) -> int:
        """How many EXIF values Immich counts when sizes are equal."""
        return truthy_exif_fields(self.asset.exif)

    @property
    def aspect(self) -> float | None:
        """Oriented width by height."""
        return self.width / self.height if self.width is not None and self.height is not None else None

    @property
    def name(self) -> str:
        """The original file name, the id where it is blank."""
        return self.asset.original_file_name or self.id

    @property
    def camera_label(self) -> str:
        """Make and model as shown."""
        return normalise.camera_label(self.exif.make, self.exif.model)

    @property
    def place_label(self) -> str:
        """City and country as shown."""
        parts = (normalise.text(self.exif.city), normalise.text(self.exif.country))
        return ", ".join(part for part in parts if part)

    @property
    def description(self) -> str:
        """The description, empty when blank."""
        value = self.exif.description
        return value if value and value.strip() else ""

    @property
    def rating(self) -> int | None:
        """One to five stars, `None` when unrated or rejected."""
        value = self.exif.rating
        return int(value) if value is not None and 1 <= value <= 5 else None

    @property
    def path(self) -> str:
        """The path of the original inside the server."""
        return self.asset.original_path


_NO_EXPOSURE = (None, None, None, None)
_WIDEST_OFFSET_S = 15 * 3600.0
_BY_ID = attrgetter("id")


def same_clock(one: Reading, other: Reading) -> bool:
    """Whether two known dates agree: by the wall clock or by the instant, within two seconds."""
    assert one.instant is not None
    assert other.instant is not None
    assert one.wall is not None
    assert other.wall is not None
    return abs(one.wall - other.wall) <= SAME_CLOCK_S or abs(one.instant - other.instant) <= SAME_CLOCK_S


def aspects_agree(one: Reading, other: Reading) -> bool | None:
    """Whether two pictures have the same shape, within two percent or half a pixel; `None` when unknown."""
    mine, theirs = one.aspect, other.aspect
    if mine is None or theirs is None:
        return None
    if mine == theirs:
        return True
    shortest = min(one.width or 1, one.height or 1, other.width or 1, other.height or 1)
    return max(mine, theirs) / min(mine, theirs) <= 1 + max(ASPECT_TOLERANCE, 0.5 / shortest)


def _drop_filled_in_dates(readings: Sequence[Reading]) -> None:
    """Immich writes a capture time into every asset, from the file's dates when the file has none.

    A date that nothing in its own file speaks for is known only if another member with a zone or a camera
    says the same.
    """
    bare = [reading for reading in readings if reading.instant is not None and reading.bare]
    if not bare:
        return
    witnesses = [reading for reading in readings if reading.vouches]
    for reading in bare:
        if not any(same_clock(reading, witness) for witness in witnesses):
            reading.doubt = FILLED_IN
            reading.instant = reading.wall = reading.offset = None


def read(assets: Sequence[Asset], now: float | None) -> list[Reading]:
    """The members of a group, read together: whether a date is real shows only beside the others.

    Keeps the server's order. An asset that is listed twice is read once. `now` is in seconds since 1970.
    """
    readings = [Reading(asset, index, now) for index, asset in enumerate(assets)]
    by_id = sorted(readings, key=_BY_ID)
    for rank, reading in enumerate(by_id):
        reading.id_rank = rank
        if rank and by_id[rank - 1].id == reading.id:
            return read(list({asset.id: asset for asset in assets}.values()), now)
    for reading in readings:
        if reading.stated_zone is None and reading.camera is None:
            _drop_filled_in_dates(readings)
            break
    return readings

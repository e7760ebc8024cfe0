"""What can really be known of an asset: the server's fields with the unknown ones taken out.

Everything else in this room works on readings, so that "unknown" has one meaning: a missing, blank,
non-finite or impossible value, and a date that Immich filled in from the file's own dates. Unknown is `None`
here and is never compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from immich_tui.immich.models import LARGEST_FILE, LONGEST_SIDE, NO_EXIF, Asset, Exif
from immich_tui.immich.pick import truthy_exif_fields
from immich_tui.verdict import formats, normalise, phrases
from immich_tui.verdict.dates import FILLED_IN, UTC_NAMES, clock_face, date_doubt, epoch, fixed_offset
from immich_tui.verdict.geo import Position, position

#: Two clocks that differ by no more than this show the same time, in seconds.
SAME_CLOCK_S = 2.0

#: Videos whose lengths differ by no more are cut alike, in seconds.
SAME_LENGTH_S = 0.5

#: Ratios of width and height that differ by no more are one shape.
ASPECT_TOLERANCE = 0.02

_SIDEWAYS = frozenset("5678")

_TOO_LONG, _TOO_LARGE = LONGEST_SIDE, LARGEST_FILE
_INFINITE = math.inf
_OTHER = formats.Family.OTHER


class Reading:
    """One member of a group, read.

    Units: `size` in bytes, `width` and `height` in oriented pixels, `position` in degrees, `duration` in
    seconds. `taken` is the capture time, `local` the wall clock of that moment written as if it were UTC;
    `doubt` says why a date does not count. `zone` is `None` for a video's UTC, `stated_zone` is what the
    server says, `zone_looked_up` whether it may only have been looked up for the coordinates, so that it
    proves nothing about the date, and `zoned` whether the file itself names one. `index` is the place in the
    server's order. `ordinary` is whether the asset has none of what only some flags ask for.

    `protected`, `score`, `loss`, `albums` and `people` are set by whoever needs them.
    """

    __slots__ = (
        "albums",
        "asset",
        "camera",
        "counted",
        "doubt",
        "duration",
        "edited",
        "exif",
        "exposures",
        "family",
        "has_exposure",
        "height",
        "id",
        "index",
        "is_video",
        "lens",
        "library",
        "live_video",
        "local",
        "loss",
        "null_island",
        "ordinary",
        "path",
        "people",
        "pixels",
        "placed",
        "position",
        "protected",
        "score",
        "size",
        "stated_zone",
        "taken",
        "thumbhash",
        "visibility",
        "width",
        "zone",
        "zone_looked_up",
        "zoned",
    )

    def __init__(self, asset: Asset, index: int, today: int | None) -> None:
        # Reading through the dictionaries of the models, because an attribute of a pydantic model costs five
        # times as much, and this is done for every asset of a library.
        about = asset.__dict__
        exif: Exif = about["exif"] or NO_EXIF
        camera = exif.__dict__
        self.asset = asset
        self.exif = exif
        self.id: str = about["id"]
        self.index = index
        self.protected = False
        self.score = 0.0
        self.loss: float | None = None
        self.albums: int | None = None
        self.people: int | None = None
        self.counted: int | None = None

        self.path: str = about["original_path"]
        self.library: str | None = about["library_id"]
        self.visibility: str = about["visibility"]
        self.edited: bool = about["is_edited"]
        self.live_video: str | None = about["live_photo_video_id"]
        self.thumbhash: str | None = about["thumbhash"] or None
        size: int | None = camera["file_size_in_byte"]
        self.size = size if size is not None and 0 <= size < _TOO_LARGE else None
        mime = about["original_mime_type"]
        family = formats.family_of_mime(mime) if mime else _OTHER
        self.family = formats.family_of_name(about["original_file_name"]) if family is _OTHER else family
        is_video = self.is_video = about["type"] == "VIDEO"
        self.duration: float | None = None
        if is_video:
            millis = about["duration_ms"]
            self.duration = millis / 1000 if millis is not None and millis > 0 else None

        # Pixels are those of the original. The server's oriented size is the truth for the shape, but after
        # an edit it is the shape of the edited picture.
        width, height = camera["exif_image_width"], camera["exif_image_height"]
        shown_width, shown_height = about["width"], about["height"]
        self.pixels: float | None = None
        if width is not None and height is not None and 1 <= width < _TOO_LONG and 1 <= height < _TOO_LONG:
            self.pixels = width * height
        if (
            shown_width is not None
            and shown_height is not None
            and 1 <= shown_width < _TOO_LONG
            and 1 <= shown_height < _TOO_LONG
            and not (self.edited and self.pixels is not None)
        ):
            width, height = shown_width, shown_height
            if self.pixels is None:
                self.pixels = width * height
        elif self.pixels is None:
            width = height = None
        elif camera["orientation"] in _SIDEWAYS:
            width, height = height, width
        self.width: float | None = width
        self.height: float | None = height

        make, model, lens = camera["make"], camera["model"], camera["lens_model"]
        self.camera = normalise.camera(make, model) if make or model else None
        self.lens = normalise.word(lens) if lens else None
        f_number, focal, iso = camera["f_number"], camera["focal_length"], camera["iso"]
        time = camera["exposure_time"]
        self.exposures: tuple[float | None, float | None, float | None, float | None] = _NO_EXPOSURE
        self.has_exposure = False
        if f_number or focal or iso or time:
            self.exposures = (
                f_number if f_number is not None and 0 < f_number < _INFINITE else None,
                focal if focal is not None and 0 < focal < _INFINITE else None,
                iso if iso is not None and 0 < iso < _INFINITE else None,
                normalise.exposure_seconds(time) if time else None,
            )
            self.has_exposure = self.exposures != _NO_EXPOSURE

        latitude, longitude = camera["latitude"], camera["longitude"]
        city, country = camera["city"], camera["country"]
        # Immich derives the place from the coordinates; one without any coordinates was typed by someone.
        placed = bool((city and city.strip()) or (country and country.strip()))
        self.position: Position | None = None
        self.null_island = False
        if latitude is not None or longitude is not None:
            self.position = position(latitude, longitude)
            if self.position is None:
                placed = False
                self.null_island = latitude == 0 and longitude == 0
        self.placed = placed

        zone: str | None = camera["time_zone"]
        if zone is not None:
            zone = zone.strip() or None
        self.stated_zone = zone
        # A file states an offset, which the server shows as one ("UTC+2"). The name of a place beside
        # coordinates is the zone that the server looked up for them.
        self.zone_looked_up = (
            zone is not None
            and "/" in zone
            and not is_video
            and latitude is not None
            and longitude is not None
        )
        self.zone = None if is_video and zone is not None and zone.lower() in UTC_NAMES else zone
        self.zoned = zone is not None and not self.zone_looked_up
        self.taken: datetime | None = None
        self.local: datetime | None = None
        self.doubt = ""
        taken = camera["date_time_original"]
        if taken is not None:
            local, day = about["local_date_time"], taken.toordinal()
            self.doubt = date_doubt(taken, day, local, about["created_at"], today)
            if not self.doubt:
                self.taken = taken
                # A local clock that no zone on Earth can show beside this instant is damage.
                if local is not None and -1 <= local.toordinal() - day <= 1:
                    self.local = local
        self.ordinary = not (
            is_video
            or self.edited
            or self.null_island
            or self.doubt
            or not self.size
            or self.pixels is None
            or self.thumbhash is None
            or self.library is not None
            or self.live_video is not None
            or self.visibility != "timeline"
        )

    def disbelieve(self, doubt: str) -> None:
        """Take the capture time as unknown, for this reason."""
        self.doubt = doubt
        self.taken = self.local = None
        if self.zone_looked_up:
            self.zone = None

    @property
    def instant(self) -> float | None:
        """Capture time in seconds since 1970 UTC."""
        return epoch(self.taken) if self.taken is not None else None

    @property
    def wall(self) -> float | None:
        """What the local clock showed, in seconds since 1970 of that clock."""
        if self.taken is None:
            return None
        if self.local is not None:
            return clock_face(self.local)
        return epoch(self.taken) + ((fixed_offset(self.stated_zone) or 0.0) if self.stated_zone else 0.0)

    @property
    def offset(self) -> float | None:
        """Seconds east of UTC: local clock minus instant, so that summer time is in it."""
        instant, wall = self.instant, self.wall
        if instant is None or wall is None or self.stated_zone is None:
            return None
        return wall - instant if abs(wall - instant) <= _WIDEST_OFFSET_S else None

    @property
    def vouches(self) -> bool:
        """Whether its date certainly comes from a camera or a person."""
        return self.taken is not None and (self.zoned or self.camera is not None)

    @property
    def exposure_fields(self) -> int:
        """How many of aperture, focal length, ISO and exposure time are known."""
        return 4 - self.exposures.count(None)

    @property
    def exif_count(self) -> int:
        """How many EXIF values Immich counts when sizes are equal."""
        if self.counted is None:
            self.counted = truthy_exif_fields(self.asset.exif)
        return self.counted

    @property
    def aspect(self) -> float | None:
        """Oriented width by height."""
        return self.width / self.height if self.width is not None and self.height is not None else None

    @property
    def name(self) -> str:
        """The original file name for a sentence, the id where it is blank."""
        return phrases.file_name(self.asset.original_file_name) or self.id

    @property
    def camera_label(self) -> str:
        """Make and model as shown."""
        return normalise.camera_label(self.exif.make, self.exif.model)

    @property
    def taken_label(self) -> str:
        """The local clock at capture as shown, `unknown` where it is."""
        if self.local is not None:
            return self.local.isoformat(" ", "seconds")[:19]
        return phrases.wall_clock(self.wall)

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
    def described(self) -> bool:
        """Whether somebody left a description or stars."""
        return bool(self.exif.__dict__["description"] and self.description) or self.rating is not None

    @property
    def rating(self) -> int | None:
        """One to five stars, `None` when unrated or rejected."""
        value: float | None = self.exif.__dict__["rating"]
        return int(value) if value is not None and 1 <= value <= 5 else None


_NO_EXPOSURE = (None, None, None, None)
_WIDEST_OFFSET_S = 15 * 3600.0


def written_alike(one: datetime | None, other: datetime | None) -> bool:
    """Whether two dates are written alike, so that they are surely equal.

    Comparing two dates asks both for their offsets, which for the dates of pydantic costs more than all else.
    """
    if one is None or other is None:
        return one is other
    return one.date() == other.date() and one.time() == other.time() and one.tzinfo == other.tzinfo


def same_clock(one: Reading, other: Reading) -> bool:
    """Whether two known dates agree: by the wall clock or by the instant, within two seconds."""
    assert one.taken is not None
    assert other.taken is not None
    # Days apart no zone makes them one.
    if not -2 <= one.taken.toordinal() - other.taken.toordinal() <= 2:
        return False
    if written_alike(one.taken, other.taken):
        return True
    assert one.instant is not None
    assert other.instant is not None
    assert one.wall is not None
    assert other.wall is not None
    return abs(one.wall - other.wall) <= SAME_CLOCK_S or abs(one.instant - other.instant) <= SAME_CLOCK_S


def aspects_agree(one: Reading, other: Reading) -> bool | None:
    """Whether two pictures have the same shape, within two percent or half a pixel; `None` when unknown."""
    width, height, other_width, other_height = one.width, one.height, other.width, other.height
    if width is None or height is None or other_width is None or other_height is None:
        return None
    mine, theirs = width * other_height, other_width * height
    if mine == theirs:
        return True
    apart = (mine / theirs if mine > theirs else theirs / mine) - 1
    return apart <= ASPECT_TOLERANCE or apart <= 0.5 / min(width, height, other_width, other_height)


def _drop_filled_in_dates(readings: Sequence[Reading]) -> None:
    """Immich writes a capture time into every asset, from the file's dates when the file has none.

    A date that nothing in its own file speaks for (no zone, no camera, no exposure) is known only if another
    member with a zone or a camera says the same.
    """
    for reading in readings:
        if reading.taken is None or reading.zoned or reading.camera is not None or reading.has_exposure:
            continue
        for witness in readings:
            if witness.vouches and same_clock(reading, witness):
                break
        else:
            reading.disbelieve(FILLED_IN)


def read(assets: Sequence[Asset], now: datetime | None) -> list[Reading]:
    """The members of a group, read together: whether a date is real shows only beside the others.

    Keeps the server's order. An asset that is listed twice is read once.
    """
    today = now.toordinal() if now is not None else None
    readings = [Reading(asset, index, today) for index, asset in enumerate(assets)]
    if len({reading.id for reading in readings}) != len(readings):
        return read(list({asset.id: asset for asset in assets}.values()), now)
    for reading in readings:
        if reading.camera is None and not reading.zoned:
            _drop_filled_in_dates(readings)
            break
    return readings

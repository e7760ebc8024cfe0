"""The metadata score: how much of what cannot be made again is there, 0 to 100 with the default weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from immich_tui.verdict import phrases
from immich_tui.verdict.model import Points, Score
from immich_tui.verdict.reading import Reading


@dataclass(frozen=True, slots=True)
class Weights:
    """What each piece of metadata is worth.

    The first six make the score. The rest counts, with them, for what a choice loses: `exposure` for all four
    exposure fields, `person` for each named person, `pixels` for each percent of pixels.
    """

    location: float = 30.0
    time_zone: float = 20.0
    camera: float = 15.0
    capture_time: float = 15.0
    lens: float = 10.0
    place: float = 10.0
    exposure: float = 5.0
    description: float = 10.0
    rating: float = 5.0
    person: float = 5.0
    live_video: float = 30.0
    edits: float = 30.0
    raw: float = 30.0
    pixels: float = 1.0


DEFAULT_WEIGHTS = Weights()
WEIGHT_NAMES = tuple(field.name for field in fields(Weights))

#: The categories of the score, in the order in which they are shown: name of the weight, name for people.
CATEGORIES = (
    ("location", "GPS"),
    ("time_zone", "time zone"),
    ("camera", "camera"),
    ("capture_time", "capture time"),
    ("lens", "lens"),
    ("place", "place"),
)


def earned(reading: Reading) -> tuple[bool, bool, bool, bool, bool, bool]:
    """Which categories an asset earns, in the order of `CATEGORIES`."""
    return (
        reading.position is not None,
        reading.zone is not None,
        reading.camera is not None,
        reading.taken is not None,
        reading.lens is not None,
        reading.placed,
    )


def total(reading: Reading, weights: Weights) -> float:
    """The score alone."""
    points = 0.0
    if reading.position is not None:
        points += weights.location
    if reading.zone is not None:
        points += weights.time_zone
    if reading.camera is not None:
        points += weights.camera
    if reading.taken is not None:
        points += weights.capture_time
    if reading.lens is not None:
        points += weights.lens
    if reading.placed:
        points += weights.place
    return points


def breakdown(reading: Reading, weights: Weights) -> tuple[Points, ...]:
    """The score category by category, with the value that earns it or the reason why it does not."""
    evidence = (
        _location_evidence(reading),
        _zone_evidence(reading),
        reading.camera_label if reading.camera is not None else "",
        reading.doubt or (reading.taken_label if reading.taken is not None else ""),
        (reading.exif.lens_model or "").strip() if reading.lens is not None else "",
        _place_evidence(reading),
    )
    return tuple(
        Points(label, possible if has else 0.0, possible, shown)
        for (name, label), has, shown in zip(CATEGORIES, earned(reading), evidence, strict=True)
        for possible in (getattr(weights, name),)
    )


class Scores(Mapping[str, Score]):
    """The scores of a group by asset id, best first; each is made when somebody looks at it."""

    __slots__ = ("_readings", "_weights")

    def __init__(self, readings: Sequence[Reading], weights: Weights) -> None:
        self._readings = readings
        self._weights = weights

    @property
    def readings(self) -> Sequence[Reading]:
        """The members as they were read, best first."""
        return self._readings

    def __getitem__(self, asset_id: str) -> Score:
        for reading in self._readings:
            if reading.id == asset_id:
                return Score(reading.score, breakdown(reading, self._weights))
        raise KeyError(asset_id)

    def __iter__(self) -> Iterator[str]:
        return (reading.id for reading in self._readings)

    def __len__(self) -> int:
        return len(self._readings)


def _location_evidence(reading: Reading) -> str:
    if reading.position is not None:
        return phrases.coordinates(reading.position)
    if reading.null_island:
        return "0, 0 is nowhere"
    latitude, longitude = reading.exif.latitude, reading.exif.longitude
    if latitude is None and longitude is None:
        return ""
    return "only one coordinate" if latitude is None or longitude is None else "not on this planet"


def _zone_evidence(reading: Reading) -> str:
    if reading.zone is not None:
        return reading.zone
    if reading.stated_zone is None:
        return ""
    return "only looked up for the place" if reading.zone_looked_up else "UTC says nothing in a video"


def _place_evidence(reading: Reading) -> str:
    if reading.placed:
        return reading.place_label
    return "a place without coordinates that count" if reading.place_label else ""

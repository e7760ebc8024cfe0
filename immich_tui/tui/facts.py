"""The facts of a group's members, field by field, as the comparison shows them.

A fact that one member has and another lacks is a difference. Whether two known values differ is asked of the
values as the rules read them (instants, metres, normalised names, numbers), never of their spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from immich_tui.immich.models import Tag
from immich_tui.tui import figures
from immich_tui.tui.text import safe
from immich_tui.verdict import geo, phrases
from immich_tui.verdict.dates import epoch
from immich_tui.verdict.model import Score, Surroundings
from immich_tui.verdict.policy import GPS_TOLERANCE_M
from immich_tui.verdict.reading import Reading, read, same_clock

if TYPE_CHECKING:
    from immich_tui.review.session import Look

UNREAD = "not read yet"


class Cell(NamedTuple):
    """One member's value: safe text, empty when it has none.

    `doubt` says why the value does not count, `gain` how many points of the score it earns. `brief` is what
    is said beside another value where there is little room; empty where that is the text.
    """

    text: str
    doubt: str = ""
    gain: float = 0.0
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the comparison, a cell per member in the group's order.

    `decides` is the place of the member whose value made it the winner. A `private` fact is each asset's own
    (its path, its id): different by nature, and no reason to look.
    """

    group: str
    label: str
    cells: tuple[Cell, ...]
    differs: bool
    decides: int | None = None
    private: bool = False


def weightiest_first(found: Sequence[Fact]) -> list[Fact]:
    """Facts in the order in which they matter: what decided, then what earns points, the file's name last.

    For little room: the file's name stands above its picture already.
    """
    return sorted(found, key=_weight, reverse=True)


_WEIGHTS = {"size": 16.0, "pixels": 16.0, "live video": 15.0, "length": 12.0, "favourite": 9.0, "file": -1.0}
"""What a difference weighs in fields that earn no points, in points."""


def _weight(fact: Fact) -> float:
    if fact.decides is not None:
        return 1000.0
    gains = [cell.gain for cell in fact.cells]
    return max(gains) - min(gains) + _WEIGHTS.get(fact.label, 0.0)


@dataclass(frozen=True, slots=True)
class _Field:
    """How one row is read off the members.

    `shown` gives the text, `key` what is compared (`None` is unknown; without it the text is). `criteria` are
    the rules' criteria that look at this field, `category` is the part of the score that it earns. A `rare`
    field is left out where no member has it.
    """

    group: str
    label: str
    shown: Callable[[Reading, Surroundings], str]
    key: Callable[[Reading], Hashable] | None = None
    criteria: tuple[str, ...] = ()
    category: str = ""
    rare: bool = False
    private: bool = False
    alike: Callable[[Reading, Reading, float], bool] | None = None


def _pixels(reading: Reading, _: Surroundings) -> str:
    if reading.width is None or reading.height is None:
        return phrases.megapixels(reading.pixels) if reading.pixels else ""
    size = f"{reading.width:.0f}×{reading.height:.0f}"
    return f"{size} · {phrases.megapixels(reading.pixels)}" if reading.pixels else size


def _taken(reading: Reading, _: Surroundings) -> str:
    if reading.wall is not None:
        text = phrases.wall_clock(reading.wall)
        return f"{text} {phrases.offset(reading.offset)}" if reading.offset is not None else text
    return _moment(reading.exif.date_time_original)


def _moment(when: datetime | None) -> str:
    return phrases.wall_clock(epoch(when)) if when is not None else ""


def _place(reading: Reading, _: Surroundings) -> str:
    exif = reading.exif
    return ", ".join(part.strip() for part in (exif.city, exif.state, exif.country) if part and part.strip())


def _gps(reading: Reading, _: Surroundings) -> str:
    if reading.position is not None:
        return phrases.coordinates(reading.position)
    latitude, longitude = reading.exif.latitude, reading.exif.longitude
    if latitude is None and longitude is None:
        return ""
    return f"{latitude}, {longitude}"


def _same_place(one: Reading, other: Reading, tolerance_m: float) -> bool:
    if one.position is None or other.position is None:
        return False
    return geo.distance_m(one.position, other.position) <= tolerance_m


def _exposure(place: int, form: Callable[[float], str]) -> Callable[[Reading, Surroundings], str]:
    def shown(reading: Reading, _: Surroundings) -> str:
        value = reading.exposures[place]
        return form(value) if value is not None else ""

    return shown


def _shutter(seconds: float) -> str:
    if 0 < seconds < 0.3:
        return f"1/{1 / seconds:.0f} s"
    return f"{seconds:g} s"


def _names(found: Sequence[str] | None) -> str:
    return UNREAD if found is None else ", ".join(found)


def _tags(reading: Reading, around: Surroundings) -> str:
    tags: Sequence[Tag] | None = reading.asset.tags
    if around.tags is not None and reading.id in around.tags:
        tags = around.tags[reading.id]
    return _names([tag.value for tag in tags] if tags is not None else None)


def _albums(reading: Reading, around: Surroundings) -> str:
    found = around.albums.get(reading.id) if around.albums is not None else None
    return _names([album.album_name or "(no name)" for album in found] if found is not None else None)


def _people(reading: Reading, around: Surroundings) -> str:
    found = around.people.get(reading.id) if around.people is not None else None
    return _names([person.name for person in found if person.name.strip()] if found is not None else None)


def _stars(reading: Reading, _: Surroundings) -> str:
    return "★" * reading.rating if reading.rating is not None else ""


def _yes(flag: bool, word: str = "yes") -> str:
    return word if flag else ""


_FIELDS = (
    _Field("what", "score", lambda r, _: "", criteria=("score",)),
    _Field("what", "file", lambda r, _: r.asset.original_file_name, criteria=("file_name",)),
    _Field("what", "format", lambda r, _: r.family.label, criteria=("format_rank",)),
    _Field(
        "what",
        "size",
        lambda r, _: figures.size(r.size) if r.size is not None else "",
        key=lambda r: r.size,
        criteria=("file_size", "smallest_file", "immich_size"),
    ),
    _Field("what", "pixels", _pixels, key=lambda r: (r.width, r.height, r.pixels), criteria=("pixels",)),
    _Field(
        "what",
        "length",
        lambda r, _: phrases.span(r.duration) if r.duration is not None else "",
        key=lambda r: r.duration,
        criteria=("duration",),
        rare=True,
    ),
    _Field(
        "what",
        "live video",
        lambda r, _: _yes(r.asset.live_photo_video_id is not None),
        criteria=("live_video",),
        rare=True,
    ),
    _Field("what", "edited", lambda r, _: _yes(r.asset.is_edited), rare=True),
    _Field(
        "what",
        "favourite",
        lambda r, _: _yes(r.asset.is_favorite, "♥ yes"),
        criteria=("favourite",),
        rare=True,
    ),
    _Field("what", "rating", _stars, rare=True),
    _Field("what", "description", lambda r, _: phrases.one_line(r.description, 400), rare=True),
    _Field(
        "when",
        "taken",
        _taken,
        key=lambda r: r.instant,
        criteria=("earliest_capture",),
        category="capture time",
        alike=lambda a, b, _: a.instant is not None and b.instant is not None and same_clock(a, b),
    ),
    _Field("when", "time zone", lambda r, _: r.stated_zone or "", key=lambda r: r.zone, category="time zone"),
    _Field("where", "GPS", _gps, key=lambda r: r.position, category="GPS", alike=_same_place),
    _Field("where", "place", _place, category="place"),
    _Field("camera", "camera", lambda r, _: r.camera_label, key=lambda r: r.camera, category="camera"),
    _Field("camera", "lens", lambda r, _: r.exif.lens_model or "", key=lambda r: r.lens, category="lens"),
    _Field(
        "exposure",
        "aperture",
        _exposure(0, lambda v: f"f/{v:g}"),
        key=lambda r: r.exposures[0],
        criteria=("exposure_fields",),
    ),
    _Field(
        "exposure",
        "shutter",
        _exposure(3, _shutter),
        key=lambda r: r.exposures[3],
        criteria=("exposure_fields",),
    ),
    _Field(
        "exposure",
        "ISO",
        _exposure(2, lambda v: f"ISO {v:g}"),
        key=lambda r: r.exposures[2],
        criteria=("exposure_fields",),
    ),
    _Field(
        "exposure",
        "focal",
        _exposure(1, lambda v: f"{v:.4g} mm"),
        key=lambda r: r.exposures[1],
        criteria=("exposure_fields",),
    ),
    _Field("people", "people", _people, criteria=("people",)),
    _Field("people", "albums", _albums, criteria=("albums",)),
    _Field("people", "tags", _tags),
    _Field("server", "visibility", lambda r, _: r.asset.visibility),
    _Field("server", "library", lambda r, _: "external" if r.asset.library_id else "upload"),
    _Field("server", "offline", lambda r, _: _yes(r.asset.is_offline), rare=True),
    _Field("server", "uploaded", lambda r, _: _moment(r.asset.created_at), private=True),
    _Field("server", "path", lambda r, _: r.path, criteria=("path",), private=True),
    _Field("server", "id", lambda r, _: r.id, criteria=("lowest_id",), private=True),
)

#: Fields whose text stands although the value does not count, and why.
_DOUBTS: dict[str, Callable[[Reading], str]] = {
    "taken": lambda r: r.doubt,
    "GPS": lambda r: "nowhere" if r.null_island else "",
    "time zone": lambda r: _zone_doubt(r) if r.stated_zone and r.zone is None else "",
}


def _zone_doubt(reading: Reading) -> str:
    return "only looked up for the place" if reading.zone_looked_up else "says nothing in a video"


def facts(look: Look, tolerance_m: float = GPS_TOLERANCE_M) -> tuple[Fact, ...]:
    """Every fact that is known of some member, in the order of the groups.

    Places that are no more than `tolerance_m` metres apart are the same.
    """
    by_id = {reading.id: reading for reading in read(look.group.assets, None)}
    readings = [by_id[asset.id] for asset in look.group.assets]
    scores = [look.verdict.scores[reading.id] for reading in readings]
    deciding = look.explanation.deciding
    decisive = deciding.criterion if deciding else ""
    better = next(
        (place for place, r in enumerate(readings) if deciding is not None and r.id == deciding.better), None
    )
    found = []
    for field in _FIELDS:
        cells = tuple(
            _cell(field, reading, score, look.surroundings)
            for reading, score in zip(readings, scores, strict=True)
        )
        if field.rare and not any(cell.text for cell in cells):
            continue
        found.append(
            Fact(
                field.group,
                field.label,
                cells,
                _differs(field, readings, cells, tolerance_m),
                better if decisive in field.criteria else None,
                field.private,
            )
        )
    return tuple(found)


def _cell(field: _Field, reading: Reading, score: Score, around: Surroundings) -> Cell:
    if field.label == "score":
        most = sum(points.possible for points in score.points)
        return Cell(f"{score.total:g} of {most:g}", brief=f"{score.total:g}")
    text = safe(field.shown(reading, around).strip())
    gain = 0.0
    if field.category:
        gain = next((points.earned for points in score.points if points.category == field.category), 0.0)
    doubt = _DOUBTS[field.label](reading) if field.label in _DOUBTS else ""
    # Two sizes say which is larger; how many pixels they make is for where there is room.
    brief = text.partition(" · ")[0] if field.label == "pixels" else ""
    return Cell(text, doubt if text else "", gain, brief)


def _differs(field: _Field, readings: Sequence[Reading], cells: Sequence[Cell], tolerance_m: float) -> bool:
    if len({bool(cell.text) for cell in cells}) > 1 or len({bool(cell.doubt) for cell in cells}) > 1:
        return True
    if not cells[0].text or cells[0].text == UNREAD:
        return any(cell.text != cells[0].text for cell in cells)
    alike = field.alike
    if alike is not None and not cells[0].doubt:
        return any(
            not alike(one, other, tolerance_m)
            for place, one in enumerate(readings)
            for other in readings[place + 1 :]
        )
    keys = [
        field.key(reading) if field.key else cell.text for reading, cell in zip(readings, cells, strict=True)
    ]
    if all(key is None for key in keys):
        return len({cell.text for cell in cells}) > 1
    return None in keys or len(set(keys)) > 1

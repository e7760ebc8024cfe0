"""Which time clocks show at a place: what Immich will make of a photo's clock once it is given the place.

Immich looks the zone up in a map. There is none here, but the photo that the place comes from mostly says it:
by the zone that Immich looked up for it, or by its country, where the whole country has one time. Python's
database of zones tells the offset on that day; without the database, or in a country of several zones, the
sun has to do.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from immich_tui.verdict.geo import Position, zone_may_differ
from immich_tui.verdict.reading import Reading

#: Countries with one time, by the names that Immich gives them, and their zone.
_ZONES = {
    "Austria": "Europe/Vienna",
    "Belgium": "Europe/Brussels",
    "Bulgaria": "Europe/Sofia",
    "Croatia": "Europe/Zagreb",
    "Czech Republic": "Europe/Prague",
    "Czechia": "Europe/Prague",
    "Denmark": "Europe/Copenhagen",
    "Egypt": "Africa/Cairo",
    "Estonia": "Europe/Tallinn",
    "Finland": "Europe/Helsinki",
    "France": "Europe/Paris",
    "Germany": "Europe/Berlin",
    "Greece": "Europe/Athens",
    "Hungary": "Europe/Budapest",
    "Iceland": "Atlantic/Reykjavik",
    "India": "Asia/Kolkata",
    "Ireland": "Europe/Dublin",
    "Israel": "Asia/Jerusalem",
    "Italy": "Europe/Rome",
    "Japan": "Asia/Tokyo",
    "Latvia": "Europe/Riga",
    "Lithuania": "Europe/Vilnius",
    "Luxembourg": "Europe/Luxembourg",
    "Malta": "Europe/Malta",
    "Morocco": "Africa/Casablanca",
    "Nepal": "Asia/Kathmandu",
    "Netherlands": "Europe/Amsterdam",
    "Norway": "Europe/Oslo",
    "Poland": "Europe/Warsaw",
    "Portugal": "Europe/Lisbon",
    "Romania": "Europe/Bucharest",
    "Singapore": "Asia/Singapore",
    "Slovakia": "Europe/Bratislava",
    "Slovenia": "Europe/Ljubljana",
    "South Africa": "Africa/Johannesburg",
    "South Korea": "Asia/Seoul",
    "Spain": "Europe/Madrid",
    "Sri Lanka": "Asia/Colombo",
    "Sweden": "Europe/Stockholm",
    "Switzerland": "Europe/Zurich",
    "Thailand": "Asia/Bangkok",
    "Tunisia": "Africa/Tunis",
    "Turkey": "Europe/Istanbul",
    "United Arab Emirates": "Asia/Dubai",
    "United Kingdom": "Europe/London",
}

#: Degrees east from which a country has the time of its zone: the Canaries and the Azores have their own.
_FROM_EAST = {"Spain": -12.0, "Portugal": -20.0}

#: Offsets this far apart, in seconds, are two.
_APART_S = 60.0


def moves_clock(place: Position, given_by: Reading, taken: datetime, offset_s: float) -> bool:
    """Whether a photo taken at `taken` by a clock `offset_s` east of UTC shows another time at `place`.

    `given_by` is the photo that the place comes from. Where it and its country do not tell the time there,
    this is a guess: its own clock has another offset, or the sun stands elsewhere.
    """
    there = _offset_there(place, given_by, taken)
    if there is not None:
        return abs(there - offset_s) >= _APART_S
    stated = given_by.offset if given_by.zone is not None else None
    if stated is not None and abs(stated - offset_s) >= _APART_S:
        return True
    return zone_may_differ(place, offset_s)


def _offset_there(place: Position, given_by: Reading, taken: datetime) -> float | None:
    if given_by.zone_looked_up and given_by.stated_zone:
        return _offset(given_by.stated_zone, taken)
    country = (given_by.exif.country or "").strip()
    if country not in _ZONES or place[1] < _FROM_EAST.get(country, -180.0):
        return None
    return _offset(_ZONES[country], taken)


def _offset(zone: str, taken: datetime) -> float | None:
    known = _zone(zone)
    # A date without an offset is UTC, and not of the zone of the machine that this runs on.
    aware = taken if taken.tzinfo is not None else taken.replace(tzinfo=UTC)
    offset = aware.astimezone(known).utcoffset() if known is not None else None
    return offset.total_seconds() if offset is not None else None


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None

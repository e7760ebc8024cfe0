"""Places on the globe: what counts as a known position, distances, and a guess at the legal time there."""

from __future__ import annotations

import math
from collections.abc import Sequence

Position = tuple[float, float]
"""Latitude and longitude in degrees, both finite and in range."""

#: Mean radius of the Earth in metres (IUGG).
EARTH_RADIUS_M = 6_371_008.8

#: How far legal time may lie from solar time before we say that a zone does not fit a place. Western Spain in
#: summer is 2.6 hours ahead of the sun, most of Europe about 2; a wrong continent is 5 and more.
SOLAR_TOLERANCE_S = 2.75 * 3600


def position(latitude: float | None, longitude: float | None) -> Position | None:
    """The position that two coordinates name, `None` unless both are numbers in range and not both 0.

    0, 0 lies in the Gulf of Guinea and is what broken software writes for "nowhere".
    """
    if latitude is None or longitude is None:
        return None
    # NaN fails every comparison, so it is turned away here as well.
    if not (-90.0 <= latitude <= 90.0 and -180.0 <= longitude <= 180.0):
        return None
    if latitude == 0.0 and longitude == 0.0:
        return None
    return latitude, longitude


def distance_m(here: Position, there: Position) -> float:
    """Great-circle distance in metres (haversine, good to about 0.5 %)."""
    if here == there:
        return 0.0
    lat1, lat2 = math.radians(here[0]), math.radians(there[0])
    half_lat = (lat2 - lat1) / 2
    half_lon = math.radians(there[1] - here[1]) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def widest(positions: Sequence[Position]) -> tuple[float, int, int]:
    """The largest distance between any two positions in metres, with the indices of the two."""
    far, one, other = 0.0, 0, 0
    for i, here in enumerate(positions):
        for j in range(i + 1, len(positions)):
            if positions[j] != here:
                metres = distance_m(here, positions[j])
                if metres > far:
                    far, one, other = metres, i, j
    return far, one, other


def zone_may_differ(place: Position, offset_s: float) -> bool:
    """Whether clocks at `place` probably show another time than `offset_s` (seconds east of UTC) says.

    A guess from the sun alone, 15 degrees an hour: there is no map of time zones in here.
    """
    solar = place[1] / 15.0 * 3600.0
    apart = abs(solar - offset_s) % 86400.0
    return min(apart, 86400.0 - apart) > SOLAR_TOLERANCE_S

"""Reverse geocoding with a handful of cities, and the time zones of coordinates.

Immich derives city, state and country from its own table and the zone from a map of zones; here the nearest
city of a short list stands for both. Outside the reach of every city there is no place and no zone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_REACH_KM = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """A city and where it is."""

    city: str
    state: str
    country: str
    zone: str
    latitude: float
    longitude: float


PLACES = (
    Place("Berlin", "State of Berlin", "Germany", "Europe/Berlin", 52.52, 13.405),
    Place("Munich", "Bavaria", "Germany", "Europe/Berlin", 48.1374, 11.5755),
    Place("Garmisch-Partenkirchen", "Bavaria", "Germany", "Europe/Berlin", 47.4917, 11.0955),
    Place("Hamburg", "Hamburg", "Germany", "Europe/Berlin", 53.5507, 9.993),
    Place("Westerland", "Schleswig-Holstein", "Germany", "Europe/Berlin", 54.9098, 8.3075),
    Place("Paris", "Île-de-France", "France", "Europe/Paris", 48.8534, 2.3488),
    Place("Nice", "Provence-Alpes-Côte d'Azur", "France", "Europe/Paris", 43.7031, 7.2661),
    Place("London", "England", "United Kingdom", "Europe/London", 51.5085, -0.1257),
    Place("Lisbon", "Lisbon", "Portugal", "Europe/Lisbon", 38.7167, -9.1333),
    Place("Palma", "Balearic Islands", "Spain", "Europe/Madrid", 39.5694, 2.6502),
    Place("Barcelona", "Catalonia", "Spain", "Europe/Madrid", 41.3888, 2.159),
    Place("Florence", "Tuscany", "Italy", "Europe/Rome", 43.7792, 11.2463),
    Place("Venice", "Veneto", "Italy", "Europe/Rome", 45.4371, 12.3326),
    Place("Tromsø", "Troms", "Norway", "Europe/Oslo", 69.6489, 18.9551),
    Place("Bergen", "Vestland", "Norway", "Europe/Oslo", 60.3929, 5.3242),
    Place("Reykjavík", "Capital Region", "Iceland", "Atlantic/Reykjavik", 64.1355, -21.8954),
    Place("Zermatt", "Valais", "Switzerland", "Europe/Zurich", 46.0207, 7.7491),
    Place("Athens", "Attica", "Greece", "Europe/Athens", 37.9838, 23.7278),
    Place("New York City", "New York", "United States of America", "America/New_York", 40.7143, -74.006),
    Place(
        "San Francisco", "California", "United States of America", "America/Los_Angeles", 37.7749, -122.419
    ),
    Place("Tokyo", "Tokyo", "Japan", "Asia/Tokyo", 35.6895, 139.6917),
    Place("Kyoto", "Kyoto", "Japan", "Asia/Tokyo", 35.0211, 135.7538),
    Place("Sydney", "New South Wales", "Australia", "Australia/Sydney", -33.8678, 151.2073),
    Place("Marrakesh", "Marrakesh-Safi", "Morocco", "Africa/Casablanca", 31.6342, -7.9999),
)


def kilometres(latitude: float, longitude: float, place: Place) -> float:
    """Great-circle distance to a place."""
    phi, other = math.radians(latitude), math.radians(place.latitude)
    half = math.radians(place.longitude - longitude) / 2
    chord = math.sin((other - phi) / 2) ** 2 + math.cos(phi) * math.cos(other) * math.sin(half) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(chord)))


def nearest(latitude: float, longitude: float) -> Place | None:
    """The closest place, `None` when none is near."""
    place = min(PLACES, key=lambda one: kilometres(latitude, longitude, one))
    return place if kilometres(latitude, longitude, place) <= _REACH_KM else None

"""Whether a place moves a clock: by the zone that was looked up, the country, the other clock, or the sun."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from immich_tui.immich.models import Asset
from immich_tui.verdict import legal_time
from immich_tui.verdict.geo import Position
from immich_tui.verdict.legal_time import moves_clock
from immich_tui.verdict.reading import Reading, read
from tests.strategies import NEW_YORK, NOW, PARIS, photo

LONDON, BERLIN, TENERIFE, SYDNEY = (51.5085, -0.1257), (52.52, 13.405), (28.4636, -16.2518), (-33.87, 151.21)
JULY, JANUARY = datetime(2024, 7, 1, 12, tzinfo=UTC), datetime(2024, 1, 1, 12, tzinfo=UTC)
HOUR = 3600.0


def at(place: Position, country: str | None = None, zone: float | None = None, name: str = "") -> Reading:
    """A photo that was taken there."""
    asset = photo(2, gps=place, zone=zone, zone_name=name or None)
    exif = asset.known_exif.model_copy(update={"country": country})
    (reading,) = read((_with(asset, exif),), NOW)
    return reading


def _with(asset: Asset, exif: object) -> Asset:
    return asset.model_copy(update={"exif": exif})


@pytest.mark.parametrize(
    ("place", "country", "taken", "hours", "moves"),
    [
        (BERLIN, "Germany", JULY, 2, False),
        (BERLIN, "Germany", JANUARY, 2, True),
        (BERLIN, "Germany", JANUARY, 1, False),
        (LONDON, "United Kingdom", JULY, 2, True),
        (LONDON, "United Kingdom", JULY, 1, False),
        (TENERIFE, "Spain", JULY, 1, False),
        ((40.4, -3.7), "Spain", JULY, 1, True),
        (SYDNEY, "Australia", JANUARY, 11, False),
        (SYDNEY, "Australia", JANUARY, 2, True),
    ],
)
def test_the_country_tells_the_time(
    place: Position, country: str, taken: datetime, hours: float, moves: bool
) -> None:
    assert moves_clock(place, at(place, country), taken, hours * HOUR) is moves


def test_the_zone_that_the_server_looked_up_comes_first() -> None:
    there = at(PARIS, "Germany", 2.0, "Europe/London")
    assert moves_clock(PARIS, there, JULY, 1 * HOUR) is False
    assert moves_clock(PARIS, there, JULY, 2 * HOUR) is True


def test_the_other_clock_counts_where_nothing_else_is_known() -> None:
    there = at(NEW_YORK, "United States of America", -4.0, "UTC-4")
    assert moves_clock(NEW_YORK, there, JULY, -4 * HOUR) is False
    assert moves_clock(NEW_YORK, there, JULY, -5 * HOUR) is True
    assert moves_clock(NEW_YORK, at(NEW_YORK), JULY, -5 * HOUR) is False, "the sun does not tell an hour"


def test_every_zone_of_the_table_is_in_the_database() -> None:
    for zone in legal_time._ZONES.values():
        assert legal_time._offset(zone, JULY) is not None, zone


def test_without_the_database_the_sun_has_to_do() -> None:
    assert legal_time._offset("Nowhere/Atall", JULY) is None
    assert moves_clock(PARIS, at(PARIS, None, 2.0, "Nowhere/Atall"), JULY, 2 * HOUR) is False
    assert moves_clock(PARIS, at(PARIS, None, 2.0, "../etc/passwd"), JULY, -7 * HOUR) is True


@pytest.mark.parametrize("here", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_a_date_without_an_offset_is_utc_wherever_this_runs(
    here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", here)
    time.tzset()
    try:
        # Half an hour before summer time began in Berlin.
        assert not moves_clock(BERLIN, at(BERLIN, "Germany"), datetime(2024, 3, 31, 0, 30), HOUR)
    finally:
        monkeypatch.undo()
        time.tzset()

"""What counts as known: dates, places, zones, dimensions."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from immich_tui.verdict import dates as r
from immich_tui.verdict.dates import fixed_offset
from immich_tui.verdict.reading import Reading, read
from immich_tui.verdict.score import DEFAULT_WEIGHTS, breakdown, total
from tests.strategies import CANON, NOON, NOW, PARIS, Facts, bare, photo, video


def only(asset: object, now: datetime | None = NOW) -> Reading:
    return read([asset], now)[0]  # type: ignore[list-item]


def doubts(*assets: object) -> list[str]:
    return [reading.doubt for reading in read(assets, NOW)]  # type: ignore[arg-type]


def test_a_date_that_only_the_file_speaks_for_is_filled_in() -> None:
    assert doubts(photo(1), bare(2)) == ["", r.FILLED_IN]


def test_it_is_real_when_a_member_with_zone_or_camera_says_the_same() -> None:
    assert doubts(photo(1), bare(2, wall=NOON)) == ["", ""]
    # The same instant, written in UTC, as containers of videos do.
    assert doubts(photo(1), bare(2, wall=NOON - timedelta(hours=2))) == ["", ""]
    assert doubts(photo(1, camera=None, lens=None, exposure=None), bare(2, wall=NOON)) == ["", ""]


def test_two_without_anything_are_both_unknown_even_when_they_agree() -> None:
    assert doubts(bare(1), bare(2)) == [r.FILLED_IN, r.FILLED_IN]


@pytest.mark.parametrize("what", [{"zone": 2.0}, {"camera": CANON}, {"exposure": (2.8, None, None, None)}])
def test_any_trace_of_a_camera_or_a_zone_makes_a_date_its_own(what: Facts) -> None:
    assert doubts(photo(1), bare(2, **what)) == ["", ""]


def test_a_zone_that_was_looked_up_for_the_coordinates_proves_nothing() -> None:
    looked_up: Facts = {"gps": PARIS, "zone": 2.0, "zone_name": "Europe/Paris"}
    assert doubts(photo(1), bare(2, **looked_up)) == ["", r.FILLED_IN]
    filled_in = read([photo(1), bare(2, **looked_up)], NOW)[1]
    assert (filled_in.zone, filled_in.stated_zone) == (None, "Europe/Paris")
    assert {p.category: p.evidence for p in breakdown(filled_in, DEFAULT_WEIGHTS)}["time zone"] == (
        "only looked up for the place"
    )
    # It vouches for no other date either, but a witness confirms it, and so does anything from a camera.
    assert doubts(bare(1), bare(2, **looked_up)) == [r.FILLED_IN, r.FILLED_IN]
    confirmed = read([photo(1), bare(2, **(looked_up | {"wall": NOON}))], NOW)[1]
    assert (confirmed.doubt, confirmed.zone) == ("", "Europe/Paris")
    assert doubts(photo(1), bare(2, **(looked_up | {"camera": CANON}))) == ["", ""]
    # Without coordinates somebody wrote the name, and an offset stands in the file.
    assert doubts(photo(1), bare(2, zone=2.0, zone_name="Europe/Paris")) == ["", ""]
    assert doubts(photo(1), bare(2, gps=PARIS, zone=2.0)) == ["", ""]
    assert only(video(1, gps=PARIS, zone=2.0, zone_name="Europe/Paris")).zone == "Europe/Paris"


def test_an_mtime_equal_to_the_capture_time_proves_nothing() -> None:
    moment = datetime(2025, 3, 1, 8, 0)
    assert doubts(photo(1, wall=moment, zone=None), bare(2)) == ["", r.FILLED_IN]


@pytest.mark.parametrize(
    ("wall", "doubt"),
    [
        (datetime(1904, 1, 1), r.UNSET_CLOCK),
        (datetime(1904, 7, 1), r.UNSET_CLOCK),
        (datetime(1970, 1, 1), r.UNSET_CLOCK),
        (datetime(1980, 1, 1, 23, 59), r.UNSET_CLOCK),
        (datetime(1970, 1, 3), ""),
        (datetime(1980, 1, 3), ""),
        (datetime(1899, 12, 31), ""),
        (datetime(1, 1, 1), r.BEFORE_PHOTOGRAPHY),
        (datetime(1826, 6, 1), ""),
        (datetime(2025, 3, 1, 21, 0), ""),  # 13 hours after the upload: a zone explains that
        (datetime(2025, 3, 4), r.LATER_THAN_UPLOAD),
        (datetime(9999, 12, 31), r.IN_THE_FUTURE),
    ],
)
def test_dates_that_are_never_real(wall: datetime, doubt: str) -> None:
    assert only(photo(1, wall=wall, zone=None)).doubt == doubt


def test_without_an_upload_date_today_is_the_limit() -> None:
    assert only(photo(1, wall=datetime(2030, 1, 1), uploaded=None)).doubt == r.IN_THE_FUTURE
    assert only(photo(1, wall=datetime(2030, 1, 1), uploaded=None), now=None).doubt == ""


def test_an_unset_clock_is_seen_through_its_zone() -> None:
    assert only(photo(1, wall=datetime(1969, 12, 31, 19), zone=-5.0)).doubt == r.UNSET_CLOCK


def test_a_videos_utc_is_no_zone_but_a_stills_is() -> None:
    assert only(video(1)).zone is None
    assert only(video(1, zone=2.0)).zone == "UTC+2"
    assert only(photo(1, zone=0.0)).zone == "UTC"


@pytest.mark.parametrize(
    ("gps", "known"),
    [
        (PARIS, PARIS),
        ((0.0, 9.5), (0.0, 9.5)),
        ((0.0, 0.0), None),
        ((48.0, None), None),
        ((None, 2.0), None),
        ((math.nan, 2.0), None),
        ((math.inf, 2.0), None),
        ((91.0, 2.0), None),
        ((48.0, -181.0), None),
        ((-90.0, 180.0), (-90.0, 180.0)),
    ],
)
def test_positions(gps: tuple[float | None, float | None], known: object) -> None:
    found = only(photo(1, gps=gps))
    assert found.position == known
    assert found.null_island is (gps == (0.0, 0.0))


def test_a_place_counts_with_gps_or_when_somebody_typed_it() -> None:
    assert only(photo(1, city="Paris")).placed
    assert only(photo(1, gps=None, city="Paris")).placed
    assert not only(photo(1, gps=(0.0, 0.0), city="Accra")).placed
    assert not only(photo(1, gps=(48.0, None), city="Paris")).placed
    assert not only(photo(1, gps=None, city="  ")).placed


def test_blank_is_unknown() -> None:
    blank = photo(1, camera=(" ", ""), lens="----", exposure=(math.nan, 0.0, -1.0, "bulb"), zone_name="  ")
    found = only(blank)
    assert (found.camera, found.lens, found.zone, found.exposure_fields) == (None, None, None, 0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0, -5.0, 5e-324, 1e300])
def test_impossible_dimensions_are_unknown(bad: float) -> None:
    asset = photo(1)
    assert asset.exif is not None
    exif = asset.exif.model_copy(update={"exif_image_width": bad})
    found = only(asset.model_copy(update={"exif": exif, "width": bad}))
    assert (found.pixels, found.width, found.aspect) == (None, None, None)


def test_dimensions_are_oriented_and_of_the_original() -> None:
    turned = only(photo(1, orientation="6"))
    assert (turned.width, turned.height) == (3024, 4032)
    before_2_5 = photo(1, orientation="6").model_copy(update={"width": None, "height": None})
    assert (only(before_2_5).width, only(before_2_5).height) == (3024, 4032)
    cropped = photo(1, edited=True).model_copy(update={"width": 300, "height": 200})
    assert (only(cropped).width, only(cropped).pixels) == (4032, 4032 * 3024)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("UTC+2", 2),
        ("UTC-5", -5),
        ("+05:45", 5.75),
        ("UTC+5:45", 5.75),
        ("UTC", 0),
        ("Europe/Rome", None),
        ("", None),
    ],
)
def test_fixed_offsets(zone: str, hours: float | None) -> None:
    assert fixed_offset(zone) == (None if hours is None else hours * 3600)


def test_the_offset_is_the_one_in_force_at_that_moment() -> None:
    assert only(photo(1, zone=2.0, zone_name="Europe/Rome")).offset == 7200
    assert only(photo(1, zone=None)).offset is None
    # A server that sends no local time: the zone's own offset, where it is one.
    silent = photo(1, zone=2.0).model_copy(update={"local_date_time": None})
    assert only(silent).wall == NOON.replace(tzinfo=UTC).timestamp()


def test_the_offset_beside_a_local_clock_is_void() -> None:
    odd = photo(1).model_copy(update={"local_date_time": NOON.replace(tzinfo=timezone(timedelta(hours=-7)))})
    assert (only(odd).offset, only(odd).taken_label) == (7200, "2024-06-12 12:00:00")


def test_a_local_clock_that_no_zone_explains_is_damage() -> None:
    odd = photo(1).model_copy(update={"local_date_time": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)})
    assert only(odd).wall == NOON.replace(tzinfo=UTC).timestamp()


def test_a_full_score_and_its_evidence() -> None:
    found = only(photo(1, city="Paris"))
    points = {p.category: p for p in breakdown(found, DEFAULT_WEIGHTS)}
    assert total(found, DEFAULT_WEIGHTS) == 100
    assert {name: (p.earned, p.possible, p.evidence) for name, p in points.items()} == {
        "GPS": (30, 30, "48.85840, 2.29450"),
        "time zone": (20, 20, "UTC+2"),
        "camera": (15, 15, "Apple iPhone 15 Pro"),
        "capture time": (15, 15, "2024-06-12 12:00:00"),
        "lens": (10, 10, "iPhone 15 Pro back triple camera 6.765mm f/1.78"),
        "place": (10, 10, "Paris, Someland"),
    }


def test_evidence_says_why_something_does_not_count() -> None:
    points = {
        p.category: p.evidence
        for p in breakdown(only(video(1, gps=(0.0, 0.0), city="Accra")), DEFAULT_WEIGHTS)
    }
    assert points["GPS"] == "0, 0 is nowhere"
    assert points["time zone"] == "UTC says nothing in a video"
    assert points["place"] == "a place without coordinates that count"
    assert points["camera"] == ""
    half = {p.category: p.evidence for p in breakdown(only(photo(1, gps=(48.0, None))), DEFAULT_WEIGHTS)}
    assert half["GPS"] == "only one coordinate"
    far = {p.category: p.evidence for p in breakdown(only(photo(1, gps=(123.0, 2.0))), DEFAULT_WEIGHTS)}
    assert far["GPS"] == "not on this planet"

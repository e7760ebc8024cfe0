"""Writing, measuring and normalising single values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.verdict import geo, phrases
from immich_tui.verdict.formats import Family
from immich_tui.verdict.normalise import camera, cameras_differ, exposure_seconds, word
from immich_tui.verdict.reading import read
from tests.strategies import photo

degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "unknown"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_363_149, "1.3 MiB"),
        (2**40, "1.0 TiB"),
    ],
)
def test_file_sizes(count: int | None, text: str) -> None:
    assert phrases.file_size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0.4 s"), (12, "12 s"), (61, "1 min"), (3600, "1 h"), (5400, "1 h 30 min"), (86400 * 3, "3 days")],
)
def test_spans(seconds: float, text: str) -> None:
    assert phrases.span(seconds) == text


def test_lists_and_counts() -> None:
    assert phrases.listed([]) == ""
    assert phrases.listed(["GPS"]) == "GPS"
    assert phrases.listed(["GPS", "the camera", "the lens"]) == "GPS, the camera and the lens"
    assert (phrases.counted(1, "copy"), phrases.counted(2, "copy")) == ("1 copy", "2 copies")
    assert phrases.one_line("a\n\n b \nc") == "a / b / c"
    assert len(phrases.one_line("x" * 100)) == 60


@given(st.floats(allow_nan=False, min_value=-1e18, max_value=1e18))
def test_no_clock_is_too_far_away_to_be_written(seconds: float) -> None:
    assert phrases.wall_clock(seconds)


@given(degrees, degrees)
def test_distances_are_a_metric_on_the_globe(one: geo.Position, other: geo.Position) -> None:
    metres = geo.distance_m(one, other)
    assert 0 <= metres <= math.pi * geo.EARTH_RADIUS_M + 1
    assert metres == pytest.approx(geo.distance_m(other, one), abs=1e-3)


def test_distances_across_the_date_line_and_at_the_poles() -> None:
    assert geo.distance_m((0.5, 179.9999), (0.5, -179.9999)) == pytest.approx(22.2, abs=0.5)
    assert geo.distance_m((90.0, 0.0), (90.0, 120.0)) == pytest.approx(0, abs=1e-3)
    assert geo.distance_m((48.8584, 2.2945), (52.5163, 13.3777)) == pytest.approx(879_000, rel=0.01)


def test_a_spread_is_measured_over_the_whole_group_not_along_a_chain() -> None:
    chain = [(48.0 + step * 0.00009, 2.0) for step in range(5)]  # ten metres from each to the next
    metres, one, other = geo.widest(chain)
    assert metres == pytest.approx(40, abs=0.5)
    assert (one, other) == (0, 4)


@pytest.mark.parametrize(
    ("place", "hours", "differs"),
    [
        ((48.86, 2.29), 2, False),  # Paris in summer
        ((40.42, -3.70), 2, False),  # Madrid in summer
        ((42.88, -8.54), 2, False),  # Santiago de Compostela in summer: the farthest from the sun in Europe
        ((40.69, -74.04), 2, True),  # New York with a clock on Paris
        ((35.66, 139.75), 2, True),  # Tokyo
        ((-17.8, 179.9), 12, False),  # Fiji
        ((-17.8, -179.9), 12, False),  # Fiji, the other side of the date line
    ],
)
def test_whether_a_zone_may_not_fit_a_place(place: geo.Position, hours: float, differs: bool) -> None:
    assert geo.zone_may_differ(place, hours * 3600) is differs


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("NIKON CORPORATION", "NIKON Z 6_2"), ("NIKON", "Z 6_2")),
        (("samsung", "SM-G991B"), ("Samsung", "SM-G991B")),
        (("OLYMPUS IMAGING CORP.", "E-M10"), ("Olympus", "E-M10")),
        (("OLYMPUS OPTICAL CO.,LTD", "C3030Z"), ("OLYMPUS", "C3030Z")),
        (("EASTMAN KODAK COMPANY", "DC290"), ("Kodak", "DC290")),
        (("FUJIFILM", "X-T4"), ("Fujifilm ", " x-t4")),
        (("RICOH IMAGING COMPANY, LTD.", "GR III"), ("RICOH", "GR III")),
        (("Leica Camera AG", "LEICA Q2"), ("LEICA", "Q2")),
        (("Canon", "Canon EOS R6"), ("Canon", "EOS R6")),
    ],
)
def test_one_camera_in_two_spellings(one: tuple[str, str], other: tuple[str, str]) -> None:
    mine, theirs = camera(*one), camera(*other)
    assert mine is not None
    assert theirs is not None
    assert not cameras_differ(mine, theirs)
    assert mine == theirs


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (("Canon", "EOS R6"), ("NIKON", "Z6 II"), True),
        (("Canon", "EOS R6"), ("Canon", "EOS R5"), True),
        (("Canon", None), ("Canon", "EOS R5"), False),
        ((None, "EOS R5"), ("Canon", None), False),
        (("Canon", None), ("NIKON", "Z6"), True),
    ],
)
def test_only_what_both_say_can_differ(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None], differ: bool
) -> None:
    mine, theirs = camera(*one), camera(*other)
    assert mine is not None
    assert theirs is not None
    assert cameras_differ(mine, theirs) is differ


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_camera_name_hurts(make: str, model: str) -> None:
    found = camera(make, model)
    assert (found is None) is (word(make) is None and word(model) is None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1/250", 1 / 250),
        ("0.5", 0.5),
        ("2 s", 2.0),
        ("1/0", None),
        ("", None),
        ("bulb", None),
        ("nan", None),
        ("1e999", None),
    ],
)
def test_exposure_times(text: str, seconds: float | None) -> None:
    assert exposure_seconds(text) == seconds


@pytest.mark.parametrize(
    ("mime", "name", "found"),
    [
        ("image/jpeg", "a.jpg", Family.JPEG),
        ("image/heic", "a.heic", Family.HEIF),
        ("image/x-canon-cr3", "a.cr3", Family.RAW),
        ("image/dng", "a.dng", Family.RAW),
        ("video/quicktime", "a.mov", Family.VIDEO),
        (None, "a.CR3", Family.RAW),
        (None, "a.mp4", Family.VIDEO),
        ("application/octet-stream", "a.Jpeg", Family.JPEG),
        (None, "jpg", Family.JPEG),
        (None, "", Family.OTHER),
        ("", "a.xyz", Family.OTHER),
    ],
)
def test_formats(mime: str | None, name: str, found: Family) -> None:
    asset = photo(1).model_copy(update={"original_mime_type": mime, "original_file_name": name})
    assert read([asset], None)[0].family is found

"""The thresholds of flags: just below nothing, just above something, and how grave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from immich_tui.immich.models import Asset, Person
from immich_tui.verdict.flags import FLAG_NAMES
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Abilities, Context, Severity, Surroundings, Tier, Verdict
from immich_tui.verdict.policy import PRESETS
from tests.strategies import MIB, NEW_YORK, NOON, NOW, PARIS, bare, group, photo, uuid, video

INFO, WARN, BLOCK = Severity.INFO, Severity.WARN, Severity.BLOCK


def verdict(*members: Asset, **context: Any) -> Verdict:
    return judge(group(*members), PRESETS["metadata"], Context(now=NOW, **context))


def flag(name: str, *members: Asset, **context: Any) -> Severity | None:
    assert name in FLAG_NAMES
    found = [f.severity for f in verdict(*members, **context).flags if f.name == name]
    return found[0] if found else None


@pytest.mark.parametrize(("north", "severity"), [(10.5, None), (11.5, WARN), (995, WARN), (1005, BLOCK)])
def test_gps(north: float, severity: Severity | None) -> None:
    there = (PARIS[0] + north / 111_195, PARIS[1])
    assert flag("gps_conflict", photo(1), photo(2, gps=there)) is severity


def test_gps_is_measured_over_the_group() -> None:
    chain = [photo(n, gps=(PARIS[0] + n * 9 / 111_195, PARIS[1])) for n in (1, 2, 3)]
    assert flag("gps_conflict", *chain[:2]) is None
    assert flag("gps_conflict", *chain) is WARN


@pytest.mark.parametrize(
    ("apart", "severity"),
    [(1.9, None), (61, WARN), (86_000, WARN), (87_000, BLOCK)],
)
def test_capture_time(apart: float, severity: Severity | None) -> None:
    later = photo(2, wall=NOON + timedelta(seconds=apart), pixels=(2016, 1512), size=MIB)
    assert flag("capture_time_conflict", photo(1), later) is severity


@pytest.mark.parametrize(
    ("apart", "burst"), [(0.0, False), (0.05, False), (0.1, True), (1.0, True), (10.0, True), (10.5, False)]
)
def test_burst(apart: float, burst: bool) -> None:
    start = NOON.replace(microsecond=100_000)
    members = photo(1, wall=start), photo(2, wall=start + timedelta(seconds=apart), size=3 * MIB - 1)
    found = {f.name: f.severity for f in verdict(*members).flags}
    assert (found.get("burst") is BLOCK) is burst
    assert ("capture_time_conflict" in found) is (apart > 10)


def test_a_long_burst_is_a_burst_and_nothing_about_time() -> None:
    members = [photo(n, wall=NOON + timedelta(seconds=2 * n)) for n in range(1, 10)]
    assert {f.name for f in verdict(*members).flags} == {"burst"}


def test_a_burst_that_begins_on_the_full_second_has_all_its_shots() -> None:
    members = [photo(n, wall=NOON + timedelta(seconds=0.4 * (n - 1))) for n in (1, 2, 3)]
    assert [f.detail for f in verdict(*members).flags] == ["3 shots, 0.4 s apart"]
    # Two alone may be one shot that lost its fraction in a copy.
    assert verdict(*members[:2]).flags == ()


def test_other_pixels_or_another_camera_are_no_burst() -> None:
    later = NOON + timedelta(seconds=5)
    assert flag("burst", photo(1), photo(2, wall=later, pixels=(2016, 1512))) is None
    assert flag("burst", photo(1, camera=None), photo(2, camera=None, wall=later)) is None


@pytest.mark.parametrize(
    ("one", "other", "severity"),
    [
        (2.0, 1.0, WARN),
        (14.0, -12.0, WARN),
        (5.75, 2.0, WARN),
        (2.0, 2.0, None),
        (2.0, None, None),
        (2.0, 1.9, None),  # six minutes are no difference of zones
    ],
)
def test_zones_on_one_wall_clock(one: float, other: float | None, severity: Severity | None) -> None:
    first, second = (
        photo(1, zone=one),
        photo(2, zone=other, zone_name=None if other is None else f"UTC{other:+g}"),
    )
    assert flag("timezone_conflict", first, second) is severity


def test_zones_tell_the_clock_where_the_server_sends_none() -> None:
    one, other = (
        photo(n, zone=zone).model_copy(update={"local_date_time": None}) for n, zone in ((1, 2.0), (2, 2.0))
    )
    assert other.exif is not None
    moved = other.model_copy(update={"exif": other.exif.model_copy(update={"time_zone": "UTC-5"})})
    assert flag("timezone_conflict", one, moved) is INFO
    assert flag("timezone_conflict", one, other) is None


def test_a_place_that_would_move_the_clock_is_lost() -> None:
    ours, there = photo(1, gps=None, size=9 * MIB), photo(2, gps=NEW_YORK, camera=None, lens=None, zone=None)
    assert flag("location_loss", ours, there) is BLOCK
    assert flag("location_loss", ours, photo(2, gps=PARIS, camera=None, lens=None, zone=None)) is None
    assert flag("location_loss", ours, there, graft=True, abilities=Abilities(graft=True)) is None


@pytest.mark.parametrize(("kept", "severity"), [(0.981, None), (0.979, BLOCK)])
def test_resolution(kept: float, severity: Severity | None) -> None:
    smaller = photo(1, pixels=(10_000, round(10_000 * kept)))
    larger = photo(2, pixels=(10_000, 10_000), gps=None)
    assert flag("resolution_loss", smaller, larger) is severity


@pytest.mark.parametrize(("kept", "severity"), [(0.61, None), (0.59, BLOCK)])
def test_compression(kept: float, severity: Severity | None) -> None:
    large = photo(2, size=10 * MIB, gps=None)
    assert flag("compression_loss", photo(1, size=round(10 * MIB * kept)), large) is severity


@pytest.mark.parametrize(("kept", "severity"), [(0.51, None), (0.49, BLOCK)])
def test_compression_of_heic(kept: float, severity: Severity | None) -> None:
    heic = photo(1, name="a.HEIC", size=round(10 * MIB * kept))
    assert flag("compression_loss", heic, photo(2, size=10 * MIB)) is severity
    assert flag("compression_loss", heic, photo(2, size=10 * MIB, camera=None)) is None


def test_lossless_formats_lose_nothing_by_being_small() -> None:
    assert (
        flag(
            "compression_loss",
            photo(1, name="a.png", size=MIB),
            photo(2, name="b.png", size=9 * MIB, gps=None),
        )
        is None
    )


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ((4000, 3000), (3990, 3000), ""),
        ((4000, 3000), (160, 121), ""),
        ((4000, 3000), (3000, 4000), "turned by 90 degrees: 4:3 beside 3:4"),
        ((4000, 3000), (4000, 2250), "letterbox or crop: 4:3 beside 16:9"),
        ((3000, 4000), (2250, 4000), "letterbox or crop: 3:4 beside 9:16"),
        ((4000, 3000), (3000, 3000), "crop: 4:3 beside 1:1"),
        ((4000, 3000), (4000, 200), "crop: 4:3 beside 20:1"),
    ],
)
def test_aspect(one: tuple[int, int], other: tuple[int, int], text: str) -> None:
    found = [
        f
        for f in verdict(photo(1, pixels=one), photo(2, pixels=other, size=MIB)).flags
        if f.name == "aspect_mismatch"
    ]
    assert [f.detail for f in found] == ([text] if text else [])


def test_an_orientation_tag_is_no_other_aspect() -> None:
    assert flag("aspect_mismatch", photo(1, orientation="6"), photo(2, pixels=(3024, 4032))) is None


@pytest.mark.parametrize(("seconds", "severity"), [(10.5, None), (10.6, BLOCK)])
def test_duration(seconds: float, severity: Severity | None) -> None:
    assert flag("duration_mismatch", video(1), video(2, seconds=seconds)) is severity


def test_losses_are_only_worth_a_note_when_grafting_is_on() -> None:
    members = photo(1, camera=None, lens=None, exposure=None), photo(2, gps=None, zone=None, lens="x")
    able = Abilities(graft=True)
    for name, without in (("camera_loss", BLOCK), ("lens_loss", WARN), ("exposure_loss", WARN)):
        assert flag(name, *members) is without
        assert flag(name, *members, graft=True) is without
        assert flag(name, *members, graft=True, abilities=able) is INFO


def test_people_are_mentioned_once_they_were_read() -> None:
    made = group(photo(1), photo(2))
    ada = Person(id=uuid(730), name="Ada")
    around = Surroundings(people={uuid(1): (), uuid(2): (ada, Person(id=uuid(731), name=""))})
    judged = judge(made, PRESETS["metadata"], Context(now=NOW), around)
    assert [(f.name, f.severity, f.detail) for f in judged.flags] == [("people_loss", INFO, "Ada")]
    assert judge(made, PRESETS["metadata"], Context(now=NOW)).flags == ()
    able = Context(now=NOW, abilities=Abilities(faces=True))
    assert [f.detail for f in judge(made, PRESETS["metadata"], able, around).flags] == ["Ada carried over"]
    # Who is in the winner was not read: nothing can be said of what it lacks.
    half_read = Surroundings(people={uuid(2): (ada,)})
    assert judge(made, PRESETS["metadata"], Context(now=NOW), half_read).flags == ()


@pytest.mark.parametrize(("count", "severity"), [(10, None), (11, BLOCK)])
def test_large_groups(count: int, severity: Severity | None) -> None:
    assert flag("large_group", *(photo(n) for n in range(1, count + 1))) is severity


@pytest.mark.parametrize(
    ("changes", "tier"),
    [
        ({}, Tier.EXACT),
        ({"size": 3 * MIB - 1}, Tier.SAME_PICTURE),
        ({"pixels": (2016, 1512)}, Tier.SAME_PICTURE),
        ({"wall": None}, Tier.LIKELY),
        ({"pixels": None}, Tier.LIKELY),
        ({"thumbhash": None}, Tier.LIKELY),
        ({"size": None}, Tier.SAME_PICTURE),
        ({"camera": None}, Tier.SAME_PICTURE),
    ],
)
def test_tiers_need_known_values(changes: dict[str, Any], tier: Tier) -> None:
    assert verdict(photo(1), photo(2, **changes)).tier is tier


def test_unknown_is_never_equal() -> None:
    unknown: dict[str, Any] = {"size": None, "camera": None, "wall": None, "pixels": None, "zone": None}
    assert verdict(photo(1, **unknown), photo(2, **unknown)).tier is Tier.LIKELY
    assert verdict(bare(1, size=5), bare(2, size=5)).tier is Tier.LIKELY

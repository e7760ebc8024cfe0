"""The cases that a person would check by hand: who is kept, what is flagged, what is carried, and why.

Members are A, B, C in the server's order. `metadata` and `quality` name the winner under those policies;
`flags` are all flags of the `metadata` verdict, `quality_flags` all of the other where they differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from immich_tui.immich.models import Asset, Group
from immich_tui.verdict.explain import explain
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Context, Entry, Fate, Ledger, Severity, Tier, Verdict
from immich_tui.verdict.plan import check_plan
from immich_tui.verdict.policy import PRESETS, Protected
from tests.strategies import (
    CANON,
    IPHONE,
    LONDON,
    LOOK,
    LOOK_AGAIN,
    LOOK_CROPPED,
    LOOK_CROPPED_FROM,
    LOOK_GREY,
    LOOK_OTHER,
    MIB,
    NIKON,
    NOON,
    NOW,
    PARIS,
    bare,
    group,
    photo,
    uuid,
    video,
)

CONTEXT = Context(now=NOW)
METADATA, QUALITY, LOSSLESS, IMMICH = (
    PRESETS[name] for name in ("metadata", "quality", "lossless", "immich")
)
INFO, WARN, BLOCK = Severity.INFO, Severity.WARN, Severity.BLOCK

FULL, HALF = (4032, 3024), (2016, 1512)
NO_TEXT: dict[str, Any] = {"description": ""}


@dataclass(frozen=True)
class Case:
    """One row: members, what must come out, and the reason."""

    name: str
    members: tuple[Asset, ...]
    metadata: str
    quality: str
    why: str
    flags: dict[str, Severity] = field(default_factory=dict)
    quality_flags: dict[str, Severity] | None = None
    tier: Tier | None = None
    protected: Protected = field(default_factory=Protected)


def small(number: int = 2, **changes: Any) -> Asset:
    """The same photo at a quarter of the pixels."""
    return photo(number, **{"pixels": HALF, "size": MIB, **changes})


NO_GPS: dict[str, Any] = {"gps": None}
BARE_BIG = bare(1, size=5 * MIB)

CASES = (
    Case("W1 bigger", (photo(1), small()), "A", "A", "more pixels"),
    Case("W2 quality 95 and 60", (photo(1, size=4 * MIB), photo(2, size=3 * MIB)), "A", "A", "larger file"),
    Case(
        "W3 other description", (photo(1, description="a"), photo(2, description="b")), "A", "A", "lowest id"
    ),
    Case(
        "W4 only A has dimensions",
        (photo(1), photo(2, pixels=None, size=9 * MIB)),
        "A",
        "A",
        "unknown pixels rank last and are never equal",
        {"no_dimensions": INFO},
        tier=Tier.LIKELY,
    ),
    Case(
        "W5 only B has dimensions",
        (photo(1, pixels=None, size=9 * MIB), photo(2)),
        "B",
        "B",
        "unknown pixels rank last",
        {"no_dimensions": INFO},
        tier=Tier.LIKELY,
    ),
    Case(
        "W6 none has dimensions",
        (photo(1, pixels=None, size=2 * MIB), photo(2, pixels=None, size=3 * MIB)),
        "B",
        "B",
        "larger file",
        {"no_dimensions": INFO},
        tier=Tier.LIKELY,
    ),
    Case(
        "W7 three sizes",
        (small(1), photo(2), photo(3, pixels=(3024, 2268), size=2 * MIB)),
        "B",
        "B",
        "most pixels",
        tier=Tier.SAME_PICTURE,
    ),
    Case(
        "W8 same count, other aspect",
        (photo(1, pixels=(4000, 3000), size=2 * MIB), photo(2, pixels=(3000, 4000), size=3 * MIB)),
        "B",
        "B",
        "pixels tie, the larger file wins",
        {"aspect_mismatch": WARN},
    ),
    Case(
        "C1 the smaller has GPS",
        (photo(1, **NO_GPS), small()),
        "B",
        "A",
        "GPS counts 30; by quality it is carried",
        {"resolution_loss": BLOCK},
        {},
    ),
    Case(
        "C2 the bigger has a filled-in date",
        (bare(1, size=5 * MIB), small(2, camera=None, lens=None, exposure=None, gps=None)),
        "B",
        "A",
        "a filled-in date is unknown: no conflict of times",
        {"resolution_loss": BLOCK, "no_exif": INFO},
        {"no_exif": INFO},
    ),
    Case(
        "C3 the smaller has a description",
        (photo(1), small(description="Beach")),
        "A",
        "A",
        "descriptions are carried, not scored",
    ),
    Case(
        "C4 bigger but bare",
        (BARE_BIG, small(description="Beach")),
        "B",
        "A",
        "metadata keeps what cannot be written again; quality loses the camera",
        {"resolution_loss": BLOCK, "no_exif": INFO},
        {"camera_loss": BLOCK, "lens_loss": WARN, "exposure_loss": WARN, "no_exif": INFO},
        tier=Tier.DOUBTFUL,
    ),
    Case("C5 both in Paris", (photo(1), small()), "A", "A", "nothing to carry"),
    Case(
        "C6 GPS in B, date in C",
        (
            bare(1, size=5 * MIB),
            bare(2, gps=PARIS, pixels=HALF, size=MIB),
            bare(3, wall=NOON, zone=2.0, pixels=HALF, size=MIB),
        ),
        "B",
        "A",
        "30 and 10 beat 20 and 15",
        {"resolution_loss": BLOCK, "no_exif": INFO},
        {"no_exif": INFO},
    ),
    Case("C7 nobody has GPS", (photo(1, **NO_GPS), small(**NO_GPS)), "A", "A", "nothing invented"),
    Case("C8 the bigger is complete", (photo(1), small(**NO_GPS)), "A", "A", "nothing to carry"),
    Case(
        "F1 London and Paris",
        (photo(1, gps=LONDON), photo(2)),
        "A",
        "A",
        "341 km apart",
        {"gps_conflict": BLOCK},
        tier=Tier.DOUBTFUL,
    ),
    Case("F2 five metres apart", (photo(1), photo(2, gps=(48.85844, 2.29450))), "A", "A", "one place"),
    Case(
        "F3 same wall clock, +00:00 and -08:00",
        (photo(1, zone=0.0), photo(2, zone=-8.0)),
        "A",
        "A",
        "nothing else separates them, so the earlier instant",
        {"timezone_conflict": WARN},
        tier=Tier.LIKELY,
    ),
    Case(
        "F3b same instant, other offsets",
        (photo(1, zone=2.0), photo(2, zone=0.0, wall=NOON - timedelta(hours=2))),
        "A",
        "A",
        "only another way of writing",
        {"timezone_conflict": INFO},
    ),
    Case(
        "F4 Canon and Nikon",
        (photo(1, camera=CANON), photo(2, camera=NIKON)),
        "A",
        "A",
        "two cameras cannot take one photo",
        {"camera_conflict": BLOCK},
    ),
    Case(
        "F5 08:00 and 20:00 in one zone",
        (photo(1, wall=NOON.replace(hour=8)), photo(2, wall=NOON.replace(hour=20))),
        "A",
        "A",
        "twelve hours are not explained by zones",
        {"capture_time_conflict": WARN},
    ),
    Case(
        "F6 everything differs",
        (photo(1, gps=LONDON, camera=CANON, zone=0.0), photo(2, camera=NIKON, zone=-8.0)),
        "A",
        "A",
        "all three are said",
        {"gps_conflict": BLOCK, "camera_conflict": BLOCK, "timezone_conflict": WARN},
    ),
    Case("F7 all equal", (photo(1), photo(2)), "A", "A", "lowest id", tier=Tier.EXACT),
    Case("X1 a single asset", (photo(1),), "A", "A", "nothing to decide"),
    Case(
        "X2 twelve copies, one at full size",
        (*(small(n) for n in range(1, 12)), photo(12)),
        "L",
        "L",
        "most pixels; so many were merged through each other",
        {"large_group": BLOCK},
    ),
    Case(
        "X3 48 MP and 12 MP",
        (photo(1, pixels=(8064, 6048), size=9 * MIB), photo(2)),
        "A",
        "A",
        "most pixels",
    ),
    Case(
        "X4 names with spaces, brackets and years",
        (photo(1, name="x4_photo (1).jpg", size=2 * MIB), photo(2, name="x4_photo-copy_2024.jpg")),
        "B",
        "B",
        "larger file; names decide nothing",
    ),
    Case(
        "X5 one video in two sizes",
        (video(1), video(2, pixels=(853, 480), size=4 * MIB)),
        "A",
        "A",
        "most pixels",
    ),
    Case(
        "X5b videos of 10 s and 25 s",
        (video(1), video(2, seconds=25.0)),
        "B",
        "B",
        "longer",
        {"duration_mismatch": BLOCK},
    ),
    Case(
        "X6 HEIC and the JPEG made from it",
        (photo(1, name="a.HEIC", size=3 * MIB), photo(2, name="a.jpg", size=5 * MIB)),
        "A",
        "A",
        "HEIC is nearer to the original",
        {"type_mismatch": WARN},
    ),
    Case(
        "X7 PNG and JPEG",
        (photo(1, name="a.jpg", size=3 * MIB), photo(2, name="a.png", size=9 * MIB)),
        "B",
        "B",
        "PNG loses nothing",
        {"type_mismatch": WARN},
    ),
    Case(
        "X8 CR3 and JPEG",
        (photo(1, name="a.jpg", size=9 * MIB), photo(2, name="a.CR3", size=25 * MIB)),
        "B",
        "B",
        "RAW is the negative",
        {"type_mismatch": WARN},
    ),
    Case(
        "X8 CR3 and a JPEG with more metadata",
        (photo(1, name="a.jpg", size=9 * MIB), photo(2, name="a.CR3", size=25 * MIB, gps=None)),
        "A",
        "B",
        "a stack keeps both",
        {"type_mismatch": WARN, "raw_loss": BLOCK},
        {"type_mismatch": WARN},
    ),
    Case("X9 Japanese and emoji", (photo(1, description="海 \U0001f3d6️"), small()), "A", "A", "text is text"),
    Case(
        "X10 1985 and the date of the scan",
        (photo(1, wall=datetime(1985, 7, 1, 9)), photo(2, wall=datetime(2025, 1, 5, 20))),
        "A",
        "A",
        "forty years apart",
        {"capture_time_conflict": BLOCK},
    ),
    Case(
        "X11 2030 and 2024",
        (photo(1, wall=datetime(2030, 1, 1)), small()),
        "B",
        "A",
        "a date after the upload is unknown: no points, no conflict",
        {"resolution_loss": BLOCK, "future_date": INFO},
        {"future_date": INFO},
    ),
    Case(
        "M1 small with GPS, zone, camera beside large without",
        (photo(1, size=round(1.2 * MIB)), bare(2, size=round(2.5 * MIB))),
        "A",
        "B",
        "this is what the program is for",
        {"compression_loss": BLOCK, "no_exif": INFO},
        {"camera_loss": BLOCK, "lens_loss": WARN, "exposure_loss": WARN, "no_exif": INFO},
    ),
    Case(
        "M2 4:3 and its 16:9 crop",
        (photo(1), photo(2, pixels=(4032, 2268), thumbhash=LOOK_AGAIN)),
        "A",
        "A",
        "most pixels",
        {"aspect_mismatch": WARN},
        tier=Tier.LIKELY,
    ),
    Case(
        "M3 original and messenger copy",
        (photo(1), bare(2, name="IMG-20240612-WA0007.jpg", pixels=(1600, 1200), size=300_000)),
        "A",
        "A",
        "original by every policy, and no flag on the copy's date",
        {"no_exif": INFO},
        tier=Tier.LIKELY,
    ),
    Case(
        "M4 the browser stripped GPS",
        (photo(1, size=3 * MIB), photo(2, size=3 * MIB + 900, gps=None)),
        "A",
        "B",
        "GPS here, none there is a difference",
        tier=Tier.SAME_PICTURE,
    ),
    Case(
        "M5 live photo and larger still",
        (small(1, live=uuid(801)), photo(2)),
        "B",
        "B",
        "the video is linked to the still",
        {"live_video_loss": WARN, "type_mismatch": WARN},
    ),
    Case(
        "M6 external original with a poorer upload",
        (photo(1, library=uuid(901), path="/ext/a.jpg"), small(rating=5)),
        "A",
        "A",
        "a rating may not last in an external library",
        {"external_library": BLOCK},
    ),
    Case(
        "M6 external copy beside a complete upload",
        (photo(1), small(library=uuid(901), path="/ext/a.jpg")),
        "A",
        "A",
        "worth a look, no more",
        {"external_library": WARN},
    ),
    Case(
        "M7 one path twice",
        (photo(1, library=uuid(901), path="/ext/a.jpg"), photo(2, library=uuid(902), path="/ext/a.jpg")),
        "A",
        "A",
        "trashing one could remove the file of the other",
        {"same_file": BLOCK, "external_library": WARN},
    ),
    Case(
        "M7 one folder in two libraries",
        (
            photo(1, library=uuid(901), path="/one/a.jpg", name="a.jpg"),
            photo(2, library=uuid(902), path="/two/a.jpg", name="a.jpg"),
        ),
        "A",
        "A",
        "same name, same size, external: perhaps the same file",
        {"same_file": BLOCK, "external_library": WARN},
    ),
    Case(
        "M8 burst of three",
        tuple(photo(n, wall=NOON + timedelta(seconds=0.4 * n), size=3 * MIB - n) for n in (1, 2, 3)),
        "A",
        "A",
        "three photos, not one",
        {"burst": BLOCK},
        tier=Tier.DOUBTFUL,
    ),
    Case(
        "M9 on the equator",
        (photo(1, gps=(0.0, 9.5)), small(gps=(0.0, 9.5))),
        "A",
        "A",
        "latitude 0 is a latitude",
        tier=Tier.SAME_PICTURE,
    ),
    Case(
        "M10 nowhere",
        (photo(1, gps=(0.0, 0.0)), small(gps=(0.0, 0.0))),
        "A",
        "A",
        "0, 0 is no place",
        {"null_island": INFO},
    ),
    Case(
        "M11 the night the clocks went back",
        (
            photo(1, wall=datetime(2024, 10, 27, 2, 30), zone=2.0),
            photo(2, wall=datetime(2024, 10, 27, 2, 30), zone=1.0),
        ),
        "A",
        "A",
        "an hour apart or one moment: a person knows",
        {"timezone_conflict": WARN},
    ),
    Case(
        "M12 the archived one wins",
        (photo(1, visibility="archive"), small()),
        "A",
        "A",
        "the photo would leave the timeline",
        {"visibility_conflict": BLOCK},
    ),
    Case(
        "M12 the archived one loses",
        (photo(1), small(visibility="archive")),
        "A",
        "A",
        "nothing leaves the timeline",
        {"visibility_conflict": WARN},
    ),
    Case(
        "M13 protected by its path, the other better in all",
        (photo(1), small(path="/archive/2024/a.jpg", gps=None)),
        "B",
        "B",
        "protected stands before every policy, and what it leaves behind is a loss",
        {"resolution_loss": BLOCK},
        protected=Protected(paths=("/archive/*",)),
    ),
    Case(
        "M15 sixty members, not all alike",
        tuple(photo(n, thumbhash=LOOK if n % 2 else LOOK_OTHER) for n in range(1, 61)),
        "A",
        "A",
        "merged transitively",
        {"large_group": BLOCK, "looks_different": BLOCK},
        tier=Tier.DOUBTFUL,
    ),
    Case(
        "M16 12 MP at 15 MB without GPS, re-encoded to 1.9 MB with GPS",
        (photo(1, size=15_000_000, gps=None), photo(2, size=1_900_000)),
        "B",
        "A",
        "richer, but an eighth of the bytes",
        {"compression_loss": BLOCK},
        {},
    ),
    Case(
        "M17 black-and-white edit",
        (photo(1), photo(2, thumbhash=LOOK_GREY)),
        "A",
        "A",
        "another picture",
        {"looks_different": BLOCK},
        tier=Tier.DOUBTFUL,
    ),
    Case(
        "M18 crop of the same aspect",
        (photo(1, thumbhash=LOOK_CROPPED_FROM), photo(2, thumbhash=LOOK_CROPPED, pixels=HALF, size=2 * MIB)),
        "A",
        "A",
        "another picture",
        {"looks_different": BLOCK},
    ),
    Case(
        "M19 a camera file whose date is its mtime",
        (photo(1, zone=None, gps=None, wall=datetime(2025, 3, 1, 8)), bare(2, pixels=HALF, size=MIB)),
        "A",
        "A",
        "the camera vouches for its date, nothing for the copy's",
        {"no_exif": INFO},
    ),
    Case(
        "M20 two copies without any EXIF",
        (bare(1), bare(2, wall=NOON)),
        "A",
        "A",
        "both dates are unknown",
        {"no_exif": INFO},
        tier=Tier.LIKELY,
    ),
    Case(
        "M21 the server could not read the keeper",
        (photo(1, thumbhash=None), small()),
        "A",
        "A",
        "it may be damaged",
        {"no_thumbnail": BLOCK},
    ),
    Case(
        "M22 small HEIC beside a camera JPEG",
        (photo(1, name="a.HEIC", size=MIB), photo(2, size=4 * MIB)),
        "A",
        "A",
        "a quarter of the bytes is more than HEIC saves",
        {"compression_loss": BLOCK, "type_mismatch": WARN},
    ),
    Case(
        "places without a date, whose zone was looked up for them",
        (
            photo(1, gps=None),
            bare(2, gps=PARIS, zone=2.0, zone_name="Europe/Paris", wall=datetime(2025, 2, 3)),
        ),
        "A",
        "A",
        "a zone that the server derived from the place says nothing of the date",
        {},
    ),
    Case(
        "copies that only lost their fractions of a second are one moment",
        (photo(1, wall=NOON + timedelta(seconds=0.87)), photo(2, size=3 * MIB - 5)),
        "A",
        "A",
        "no burst",
        tier=Tier.SAME_PICTURE,
    ),
    Case(
        "a zone written by a program that took local time for UTC",
        (photo(1, zone=2.0), photo(2, zone=-5.0, wall=NOON - timedelta(hours=5), size=2 * MIB)),
        "A",
        "A",
        "the offsets explain the difference",
        {"timezone_conflict": WARN},
    ),
    Case(
        "a photo and its video that say UTC+2 and UTC",
        (photo(1, gps=None), video(2, wall=NOON, pixels=HALF, size=MIB, thumbhash=LOOK)),
        "A",
        "A",
        "a video's UTC says nothing of the place",
        {"type_mismatch": WARN},
    ),
    Case(
        "PNG beside TIFF",
        (photo(1, name="a.png"), photo(2, name="a.tif", size=2 * MIB)),
        "A",
        "A",
        "both lose nothing",
        {"type_mismatch": INFO},
    ),
    Case(
        "empty winner",
        (photo(1, size=0), photo(2, size=None, gps=None)),
        "A",
        "A",
        "nothing in it",
        {"zero_size": BLOCK},
    ),
    Case(
        "edited on the server",
        (photo(1), small(edited=True)),
        "A",
        "A",
        "an edit cannot be carried",
        {"edited": BLOCK},
    ),
)


def _letters(members: tuple[Asset, ...]) -> dict[str, str]:
    return {
        asset.id: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n] if n < 26 else str(n) for n, asset in enumerate(members)
    }


def _flags(verdict: Verdict) -> dict[str, Severity]:
    return {flag.name: flag.severity for flag in verdict.flags}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    letters = _letters(case.members)
    members = group(*case.members)
    verdict = judge(members, METADATA.with_protected(case.protected), CONTEXT)
    assert letters[verdict.winner] == case.metadata, case.why
    assert _flags(verdict) == case.flags, case.why
    if case.tier is not None:
        assert verdict.tier is case.tier
    by_quality = judge(members, QUALITY.with_protected(case.protected), CONTEXT)
    assert letters[by_quality.winner] == case.quality, case.why
    assert _flags(by_quality) == (case.flags if case.quality_flags is None else case.quality_flags), case.why


def test_no_row_is_forgotten() -> None:
    rows = [f"W{n}" for n in range(1, 9)] + [f"C{n}" for n in range(1, 9)] + [f"F{n}" for n in range(1, 8)]
    rows += [f"X{n}" for n in range(1, 12)] + [f"M{n}" for n in range(1, 23)] + ["F3b", "X5b"]
    # M14 is about a plan of several groups and has a test of its own.
    assert {case.name.split()[0] for case in CASES} >= {*rows} - {"M14"}


# --- what is carried, and what the explanation says ---------------------------------------------------


def _by(case_name: str) -> Group:
    return group(*next(case.members for case in CASES if case.name.startswith(case_name)))


def _settled(members: Group, winner: int, context: Context = CONTEXT) -> Ledger:
    """The ledger of keeping one member, counted from 1."""
    verdict = judge(members, METADATA, context)
    keep = uuid(winner)
    choice = proposal(members, verdict, METADATA)
    trash = tuple(i for i in verdict.ranking if i != keep)
    return ledger(members, type(choice)(keep, (keep,), trash), context)


def _carried(book: Ledger) -> dict[str, Entry]:
    return {entry.field: entry for entry in book.with_fate(Fate.CARRIED)}


def _lost(book: Ledger) -> set[str]:
    return {entry.field for entry in book.with_fate(Fate.LOST)}


def test_w3_description_lines_come_together() -> None:
    carried = _carried(_settled(_by("W3"), 1))
    assert carried["description"].payload == {"description": "a\nb"}


def test_c1_gps_is_carried_from_b() -> None:
    entry = _carried(_settled(_by("C1"), 1))["location"]
    assert entry.source == uuid(2)
    assert entry.payload == {"latitude": PARIS[0], "longitude": PARIS[1]}


def test_c2_date_and_zone_are_carried_as_local_time_with_offset() -> None:
    entry = _carried(_settled(_by("C2"), 1))["capture_time"]
    assert entry.payload == {"dateTimeOriginal": "2024-06-12T12:00:00+02:00"}
    assert entry.value == "2024-06-12 12:00:00 +02:00"


def test_c3_description_is_carried_from_the_smaller() -> None:
    assert _carried(_settled(_by("C3"), 1))["description"].payload == {"description": "Beach"}


def test_c4_lossless_explains_both_ways() -> None:
    members = _by("C4")
    ours = _settled(members, 1)
    assert {"location", "capture_time", "description"} <= _carried(ours).keys()
    assert _lost(ours) == {"camera", "lens", "exposure"}
    assert _lost(_settled(members, 2)) == {"resolution"}
    assert ours.lost_weight == 30
    assert _settled(members, 2).lost_weight == 75
    verdict = judge(members, LOSSLESS, CONTEXT)
    assert verdict.winner == uuid(1)
    assert explain(members, verdict, LOSSLESS, CONTEXT).deciding is not None


def test_c5_c7_c8_nothing_is_carried_and_nothing_invented() -> None:
    for name in ("C5", "C7", "C8"):
        assert not _carried(_settled(_by(name), 1))


def test_c6_each_carried_value_names_its_source() -> None:
    carried = _carried(_settled(_by("C6"), 1))
    assert {field: entry.source for field, entry in carried.items()} == {
        "location": uuid(2),
        "capture_time": uuid(3),
    }


def test_x1_a_single_asset_is_nothing_to_decide() -> None:
    alone = group(photo(1))
    verdict = judge(alone, METADATA, CONTEXT)
    choice = proposal(alone, verdict, METADATA)
    assert (choice.keep, choice.trash) == ((uuid(1),), ())
    assert verdict.flags == ()
    assert explain(alone, verdict, METADATA, CONTEXT).deciding is None


def test_x4_names_survive() -> None:
    members = group(
        photo(1, name="x4_photo (1).jpg", size=2 * MIB), photo(2, name="x4_photo-copy_2024.jpg", gps=None)
    )
    verdict = judge(members, METADATA, CONTEXT)
    assert "x4_photo-copy_2024.jpg" in explain(members, verdict, METADATA, CONTEXT).sentence


def test_x6_differs_from_immich_and_says_so() -> None:
    members = _by("X6")
    verdict = judge(members, METADATA, CONTEXT)
    assert verdict.differs
    assert explain(members, verdict, METADATA, CONTEXT).sentence == (
        "Ours is in a format nearer to the original (HEIC against JPEG); "
        "Immich would keep a.jpg because it is 2.0 MiB larger."
    )


def test_x9_text_is_carried_unchanged() -> None:
    carried = _carried(_settled(_by("X9"), 2))
    assert carried["description"].payload == {"description": "海 \U0001f3d6️"}


def test_x11_the_future_earns_no_points() -> None:
    members = _by("X11")
    scores = judge(members, METADATA, CONTEXT).scores
    points = {p.category: p for p in scores[uuid(1)].points}
    assert points["capture time"].earned == 0
    assert points["capture time"].evidence == "later than its upload"


def test_m1_names_gps_first_and_the_size_second() -> None:
    members = _by("M1")
    verdict = judge(members, METADATA, CONTEXT)
    sentence = explain(members, verdict, METADATA, CONTEXT).sentence
    assert sentence == (
        "Ours keeps GPS, the time zone, the camera, the capture time and the lens; "
        "Immich would keep IMG_0002.jpg because it is 1.3 MiB larger."
    )


def test_m2_says_letterbox_or_crop() -> None:
    verdict = judge(_by("M2"), METADATA, CONTEXT)
    assert [flag.detail for flag in verdict.flags] == ["letterbox or crop: 4:3 beside 16:9"]


def test_m3_every_policy_keeps_the_original() -> None:
    members = _by("M3")
    assert {judge(members, policy, CONTEXT).winner for policy in PRESETS.values()} == {uuid(1)}


def test_m4_shows_the_difference_although_one_side_is_missing() -> None:
    members = _by("M4")
    verdict = judge(members, METADATA, CONTEXT)
    explanation = explain(members, verdict, METADATA, CONTEXT)
    assert (
        explanation.sentence == "Ours keeps GPS; Immich would keep IMG_0002.jpg because it is 900 B larger."
    )
    assert explanation.counterfactual == "IMG_0002.jpg would win if it had GPS."
    sizes = explanation.immich_looked_at[0]
    assert (sizes.ours, sizes.theirs, sizes.better) == ("3,145,728 bytes", "3,146,628 bytes", uuid(2))


def test_m5_the_video_is_linked_to_the_still() -> None:
    entry = _carried(_settled(_by("M5"), 2))["live_video"]
    assert entry.payload == {"livePhotoVideoId": uuid(801)}


def test_m6_nothing_is_pretended_for_an_external_winner() -> None:
    book = _settled(_by("M6 external original"), 1)
    assert not _carried(book)
    assert "rating" in _lost(book)


def test_m7_no_path_leads_to_a_delete() -> None:
    for name in ("M7 one path", "M7 one folder"):
        members = _by(name)
        verdict = judge(members, METADATA, CONTEXT)
        choice = proposal(members, verdict, METADATA)
        assert choice.trash == ()
        forced = type(choice)(uuid(1), (uuid(1),), (uuid(2),))
        assert [p.rule for p in check_plan({members.id: (members, forced)})] == ["same_file"]


def test_m9_a_zero_coordinate_is_never_carried_and_said_so() -> None:
    book = _settled(group(photo(1, gps=None), small(gps=(0.0, 9.5))), 1)
    assert "location" not in _carried(book)
    lost = next(entry for entry in book.with_fate(Fate.LOST) if entry.field == "location")
    assert "exactly 0" in lost.note
    # Another loser's place is taken rather than none.
    both = _settled(group(photo(1, gps=None), small(gps=(0.0, 9.5)), small(3, lens=None)), 1)
    assert _carried(both)["location"].source == uuid(3)


def test_m10_nowhere_is_never_carried() -> None:
    members = group(photo(1, gps=None), small(gps=(0.0, 0.0)))
    assert "location" not in {entry.field for entry in _settled(members, 1).entries}
    points = {p.category: p for p in judge(members, METADATA, CONTEXT).scores[uuid(2)].points}
    assert (points["GPS"].earned, points["GPS"].evidence) == (0, "0, 0 is nowhere")


def test_m13_protected_wins_and_is_said_so() -> None:
    members = group(photo(1), small(path="/archive/2024/a.jpg", gps=None))
    policy = METADATA.with_protected(Protected(paths=("/archive/*",)))
    verdict = judge(members, policy, CONTEXT)
    explanation = explain(members, verdict, policy, CONTEXT)
    assert verdict.winner == uuid(2)
    assert explanation.protected
    assert explanation.sentence.startswith("Ours is protected; Immich would keep IMG_0001.jpg")


def test_m14_an_asset_in_two_groups_refuses_both_and_no_third() -> None:
    one, other, third = (
        group(photo(1), photo(2)),
        group(photo(2), photo(3), number=501),
        group(photo(4), photo(5), number=502),
    )
    plan = {g.id: (g, proposal(g, judge(g, METADATA, CONTEXT), METADATA)) for g in (one, other, third)}
    problems = check_plan(plan)
    assert {(p.group_id, p.rule, p.assets) for p in problems} == {
        (uuid(500), "asset_in_two_groups", (uuid(2),)),
        (uuid(501), "asset_in_two_groups", (uuid(2),)),
    }


def test_m16_lossless_keeps_the_bytes_and_carries_gps() -> None:
    members = _by("M16")
    verdict = judge(members, LOSSLESS, CONTEXT)
    assert verdict.winner == uuid(1)
    assert "location" in _carried(_settled(members, 1))


def test_m18_people_are_not_carried_to_another_framing() -> None:
    from immich_tui.immich.models import Person
    from immich_tui.verdict.model import Abilities, Choice, Surroundings

    members = _by("M18")
    ada = (Person(id=uuid(700), name="Ada"),)
    around = Surroundings(people={uuid(1): (), uuid(2): ada})
    able = Context(now=NOW, abilities=Abilities(faces=True))
    choice = Choice(uuid(1), (uuid(1),), (uuid(2),))
    people = [e for e in ledger(members, choice, able, around).entries if e.field == "person"]
    assert [(e.fate, e.value) for e in people] == [(Fate.LOST, "Ada")]
    same = group(photo(1), small(thumbhash=LOOK_AGAIN))
    people = [e for e in ledger(same, choice, able, around).entries if e.field == "person"]
    assert [(e.fate, e.payload) for e in people] == [
        (Fate.CARRIED, {"assetId": uuid(1), "personId": uuid(700), "name": "Ada"})
    ]


def test_m19_a_file_date_is_not_carried() -> None:
    book = _settled(_by("M19"), 1)
    assert "capture_time" not in _carried(book)
    assert "capture_time" not in _lost(book)


def test_m20_nothing_is_carried_between_two_unknowns() -> None:
    assert not _carried(_settled(_by("M20"), 1))


def test_immich_preset_is_immich() -> None:
    for case in CASES:
        verdict = judge(group(*case.members), IMMICH, CONTEXT)
        assert not verdict.differs, case.name


def test_a_phone_and_its_spelling_are_one_camera() -> None:
    for one, other in (
        (("NIKON CORPORATION", "NIKON Z 6_2"), ("NIKON", "Z 6_2")),
        (("samsung", "SM-G991B"), ("Samsung ", "SM-G991B")),
        (("Canon", "Canon EOS R6"), ("CANON INC.", "EOS R6")),
        (IPHONE, ("Apple", None)),
    ):
        verdict = judge(group(photo(1, camera=one), photo(2, camera=other)), METADATA, CONTEXT)
        assert verdict.flags == (), (one, other)

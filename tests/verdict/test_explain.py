"""Why ours, and why not Immich's: sentences and the smallest change that would turn it round."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from immich_tui.immich.models import Asset
from immich_tui.verdict.explain import explain
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context, Explanation
from immich_tui.verdict.policy import PRESETS
from tests.strategies import EXPOSURE, IPHONE, MIB, NOON, NOW, PARIS, Facts, bare, group, photo, uuid

CONTEXT = Context(now=NOW)


def why(*members: Asset, policy: str = "metadata", suggested: tuple[str, ...] | None = None) -> Explanation:
    made = group(*members, suggested=suggested)
    return explain(made, judge(made, PRESETS[policy], CONTEXT), PRESETS[policy], CONTEXT)


BIG = 9 * MIB


KEEPS = "Immich would keep IMG_0002.jpg"
LARGER = f"{KEEPS} because it is 6.0 MiB larger."


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (
            (photo(1), photo(2, gps=None, zone=None, size=BIG)),
            f"Ours keeps GPS and the time zone; {LARGER}",
        ),
        (
            (photo(1, lens=None), photo(2, gps=None, size=BIG)),
            f"Ours keeps GPS, though not the lens; {LARGER}",
        ),
        (
            (photo(1), photo(2, pixels=(2016, 1512), size=BIG)),
            f"Ours has more pixels (12.2 MP against 3.0 MP); {LARGER}",
        ),
        (
            (photo(1, size=None), photo(2, gps=None)),
            "Ours keeps GPS; Immich would keep IMG_0002.jpg because the size of ours is unknown.",
        ),
        (
            (photo(1, exposure=None), photo(2, lens=None, camera=("Apple", None))),
            f"Ours keeps the lens; {KEEPS} because it has 2 more EXIF fields at the same size.",
        ),
        (
            (photo(1), photo(2)),
            (
                f"Ours is equal in all that counts and comes first by its id; {KEEPS} because it is the last "
                "of equals."
            ),
        ),
        (
            (photo(1, name="a.jpg"), photo(2, name="a.jpg", gps=None, size=BIG)),
            "Ours keeps GPS; Immich would keep the other one because it is 6.0 MiB larger.",
        ),
        ((photo(1, size=BIG), photo(2, gps=None)), "Immich agrees: IMG_0001.jpg alone has GPS."),
        (
            (photo(1, size=BIG), photo(2)),
            "Immich agrees: IMG_0001.jpg is the larger file (9.0 MiB against 3.0 MiB).",
        ),
    ],
)
def test_sentences(members: tuple[Asset, ...], sentence: str) -> None:
    assert why(*members).sentence == sentence


def test_a_suggestion_that_our_reckoning_does_not_explain_is_the_servers() -> None:
    found = why(photo(1, size=BIG), photo(2, gps=None), suggested=(uuid(2),))
    assert found.sentence == "Ours keeps GPS; Immich would keep IMG_0002.jpg because the server suggests it."


@pytest.mark.parametrize(
    ("members", "change"),
    [
        ((photo(1), photo(2, gps=None, size=BIG)), "IMG_0002.jpg would win if it had GPS."),
        (
            (photo(1), photo(2, lens=None, zone=None)),
            "IMG_0002.jpg would win if it had a time zone and a lens and its id came first.",
        ),
        (
            (photo(1, lens=None), photo(2, lens=None, gps=None)),
            "IMG_0002.jpg would win if it had GPS and its id came first.",
        ),
        ((photo(1), photo(2, pixels=(2016, 1512))), "IMG_0002.jpg would win if it had more than 12.2 MP."),
        (
            (photo(1, size=MIB), photo(2, size=MIB - 9)),
            "IMG_0002.jpg would win if its file were larger than 1,048,576 bytes.",
        ),
        (
            (photo(1), photo(2, wall=NOON + timedelta(hours=1))),
            "IMG_0002.jpg would win if it had been taken before 2024-06-12 12:00:00 +02:00.",
        ),
        ((photo(1), photo(2)), "IMG_0002.jpg would win if its id came first."),
        (
            (photo(1, name="a.jpg"), photo(2, name="a.jpg", size=BIG, gps=None)),
            "The other one would win if it had GPS.",
        ),
    ],
)
def test_the_smallest_change_that_would_turn_it_round(members: tuple[Asset, ...], change: str) -> None:
    assert why(*members).counterfactual == change


def test_making_the_change_really_turns_it_round() -> None:
    ours, other = photo(1), photo(2, gps=None, size=BIG)
    assert why(ours, other).counterfactual == "IMG_0002.jpg would win if it had GPS."
    changed = group(ours, photo(2, size=BIG))
    assert judge(changed, PRESETS["metadata"], CONTEXT).winner == uuid(2)


def test_it_says_what_immich_looked_at_and_what_each_choice_loses() -> None:
    found = why(photo(1), bare(2, size=BIG))
    assert [(row.label, row.ours, row.theirs) for row in found.immich_looked_at] == [
        ("file size (Immich)", "3.0 MiB", "9.0 MiB"),
        ("count of EXIF fields", "17 of 22", "5 of 22"),
    ]
    assert found.theirs_loses is not None
    assert found.ours_loses.lost_weight == pytest.approx(200 / 3)
    assert found.theirs_loses.lost_weight == 30


def test_the_table_ends_with_what_decides() -> None:
    found = why(photo(1), photo(2, pixels=(2016, 1512)))
    assert [row.criterion for row in found.criteria] == ["score", "exposure_fields", "pixels"]
    assert found.criteria[-1] == found.deciding
    assert found.deciding is not None
    assert found.deciding.better == uuid(1)


def test_two_instants_of_one_wall_clock_are_told_apart_by_their_offsets() -> None:
    found = why(photo(1, zone=2.0), photo(2, zone=1.0))
    assert found.deciding is not None
    assert (found.deciding.ours, found.deciding.theirs) == (
        "2024-06-12 12:00:00 +02:00",
        "2024-06-12 12:00:00 +01:00",
    )


def test_lossless_is_explained_by_what_is_lost() -> None:
    found = why(photo(1, camera=None, size=BIG), photo(2, gps=None, pixels=(4000, 3000)), policy="lossless")
    assert found.deciding is not None
    assert (found.deciding.criterion, found.deciding.ours, found.deciding.theirs) == (
        "least_lost",
        "1.58",
        "15",
    )


def without(names: Iterable[str]) -> Facts:
    """What is said of a photo that lacks all of these."""
    return cast("Facts", dict.fromkeys(names))


PIECES: dict[str, tuple[str, Any]] = {
    "GPS": ("gps", PARIS),
    "a time zone": ("zone", 2.0),
    "a camera": ("camera", IPHONE),
    "a lens": ("lens", "iPhone 15 Pro back triple camera 6.765mm f/1.78"),
    "all exposure fields": ("exposure", EXPOSURE),
}
MORE: dict[str, tuple[str, Any]] = {
    "more than": ("pixels", (8064, 6048)),
    "file were larger": ("size", 99 * MIB),
    "nearer to the original": ("name", "IMG_0002.CR3"),
    "its id came first": ("number", 0),
    "been taken before": ("wall", NOON - timedelta(hours=3)),
}


@settings(max_examples=100, deadline=None)
@given(
    st.sets(st.sampled_from([field for field, _ in PIECES.values()])),
    st.sets(st.sampled_from([field for field, _ in PIECES.values()])),
    st.sampled_from([MIB, 2 * MIB]),
    st.sampled_from([(4032, 3024), (2016, 1512)]),
    st.sampled_from(["IMG_0002.jpg", "IMG_0002.HEIC"]),
)
def test_who_is_given_what_is_wished_for_wins(
    bare_of: set[str], other_bare_of: set[str], size: int, pixels: tuple[int, int], name: str
) -> None:
    whole: Facts = {"size": 2 * MIB}
    ours = photo(1, **(whole | without(bare_of)))
    described: Facts = {"size": size, "pixels": pixels, "name": name}
    described |= without(other_bare_of)
    other = photo(2, **described)
    made = group(ours, other)
    verdict = judge(made, PRESETS["metadata"], CONTEXT)
    assume(verdict.winner == ours.id)
    found = explain(made, verdict, PRESETS["metadata"], CONTEXT)
    _, _, wish = found.counterfactual.partition(" would win if ")
    # A capture time is known where anything speaks for it, the least of which is one exposure field.
    wished = {"a capture time": ("exposure", (None, None, 64.0, None)), **PIECES, **MORE}
    if "as much metadata" in wish:
        granted = [entry for entry in PIECES.values() if entry[0] not in bare_of]
    else:
        granted = []
    granted += [change for words, change in wished.items() if words in wish]
    assert granted, wish
    told = dict(granted)
    given = photo(told.pop("number", 2), **(described | cast("Facts", told)))
    assert judge(group(ours, given), PRESETS["metadata"], CONTEXT).winner == given.id, wish

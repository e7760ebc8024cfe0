"""How far apart pictures look, calibrated on the thumbhashes of real servers."""

from __future__ import annotations

import base64
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.verdict.look import ALIKE, CLEAR, decode, difference, looks_apart, surely_alike, unpack
from tests.strategies import LOOK, LOOK_AGAIN, LOOK_CROPPED, LOOK_CROPPED_FROM, LOOK_GREY, LOOK_OTHER
from tests.verdict.recorded import everything

#: Groups whose members are really different pictures, by what their makers say.
DIFFERENT = {"g11-video-and-photo", "g40-crop", "g42-burst", "g45-bw", "g49-extreme-sizes", "g51-edited"}

hashes = st.binary(min_size=17, max_size=25)


def test_copies_and_other_pictures_lie_far_apart_on_both_sides_of_the_threshold() -> None:
    copies: list[float] = []
    others: list[float] = []
    for found in everything():
        for one, other in combinations(found.group.assets, 2):
            apart = looks_apart(one.thumbhash, other.thumbhash)
            if apart is None:
                continue
            if found.name not in DIFFERENT:
                copies.append(apart)
            elif found.name != "g49-extreme-sizes":  # smooth pictures of extreme shape: the aspect tells them
                others.append(apart)
    assert len(copies) > 150
    assert len(others) > 20
    # Re-encoding stays below half of the threshold; other pictures are all beyond the clear one.
    assert max(copies) <= ALIKE / 1.5
    assert min(others) > CLEAR


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        (LOOK, LOOK, 0.0, 0.0),
        (LOOK, LOOK_AGAIN, 0.0, ALIKE),
        (LOOK_CROPPED_FROM, LOOK_CROPPED, CLEAR, 1.0),
        (LOOK, LOOK_GREY, CLEAR, 2.0),
        (LOOK, LOOK_OTHER, CLEAR, 3.0),
    ],
)
def test_known_pairs(one: str, other: str, low: float, high: float) -> None:
    apart = looks_apart(one, other)
    assert apart is not None
    assert low <= apart <= high


@pytest.mark.parametrize("damaged", [None, "", "!!!", "AAAA", "AAAAAAAA", "é", "A"])
def test_a_damaged_hash_is_unknown(damaged: str | None) -> None:
    assert looks_apart(LOOK, damaged) is None
    assert looks_apart(damaged, LOOK) is None


@given(hashes, hashes)
def test_a_difference_is_symmetric_and_finite(one: bytes, other: bytes) -> None:
    mine, theirs = unpack(one), unpack(other)
    if mine is not None and theirs is not None:
        assert difference(mine, theirs) == pytest.approx(difference(theirs, mine))
        assert 0 <= difference(mine, theirs) < 100
        assert difference(mine, mine) == 0


@given(hashes, st.lists(st.tuples(st.integers(0, 24), st.integers(0, 255)), max_size=3))
def test_what_is_surely_alike_is_alike(one: bytes, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(one)
    for place, value in changes:
        if place < len(changed):
            changed[place] = value
    mine, theirs = unpack(one), unpack(bytes(changed))
    if mine is not None and theirs is not None and surely_alike(one, bytes(changed)):
        assert difference(mine, theirs) <= ALIKE


def test_decode_takes_what_servers_send() -> None:
    assert decode(LOOK) == base64.b64decode(LOOK)

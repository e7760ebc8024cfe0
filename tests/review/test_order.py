"""Orders of the list: the usual direction, the other one, and groups that are alike stay where they were."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.review.order import DIRECTIONS, Order, Sorting, arranged
from immich_tui.review.rows import Row, place_of
from immich_tui.verdict.model import Severity, Tier

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

NAMES = ["b.jpg", "A.jpg", "ä.jpg", "beach.jpg"]


def row(position: int, tier: Tier, saving: int, worst: Severity | None, members: int, name: str) -> Row:
    flags = () if worst is None else ("burst",)
    return Row(position, f"{position:04x}-id", name, members, tier, members % 2 == 0, saving, flags, worst)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(Tier),
        st.integers(0, 3),
        st.sampled_from([None, *Severity]),
        st.integers(2, 4),
        st.sampled_from(NAMES),
    ),
    max_size=12,
).map(lambda facts: [row(position, *one) for position, one in enumerate(facts)])

KEYS: dict[Sorting, Callable[[Row], SupportsRichComparison]] = {
    Sorting.TIER: lambda row: [Tier.DOUBTFUL, Tier.LIKELY, Tier.SAME_PICTURE, Tier.EXACT].index(row.tier),
    Sorting.SAVING: lambda row: -row.saving,
    Sorting.SEVERITY: lambda row: -(-1 if row.worst is None else row.worst),
    Sorting.MEMBERS: lambda row: -row.members,
    Sorting.NAME: lambda row: row.title.casefold(),
    Sorting.DIFFERS: lambda row: not row.differs,
}


@pytest.mark.parametrize("sorting", KEYS)
@given(ROWS)
def test_rows_stand_in_order_and_equal_ones_as_they_came(sorting: Sorting, rows: list[Row]) -> None:
    key = KEYS[sorting]
    assert arranged(rows, Order(sorting)) == sorted(rows, key=key)
    turned = arranged(rows, Order(sorting, True))
    assert [key(one) for one in turned] == [key(one) for one in reversed(arranged(rows, Order(sorting)))]
    for before, after in pairwise(turned):
        assert key(before) != key(after) or before.position < after.position


@given(ROWS, st.sampled_from([Sorting.SERVER, Sorting.DATE]))
def test_what_comes_in_order_is_only_turned(rows: list[Row], sorting: Sorting) -> None:
    assert arranged(rows, Order(sorting)) == rows
    assert arranged(rows, Order(sorting, True)) == rows[::-1]


def test_every_order_has_words_for_both_directions() -> None:
    assert set(DIRECTIONS) == set(Sorting)
    assert str(Order(Sorting.SAVING, True)) == "saving, least first"


@pytest.mark.parametrize(
    ("wanted", "here", "place"),
    [
        ("2", 0, 1),
        ("99", 0, None),
        ("beach", 0, 3),
        ("jpg", 0, 1),
        ("JPG", 3, 0),
        ("0002-id", 0, 2),
        (" ", 0, None),
        ("nowhere", 0, None),
        ("²", 0, None),
        ("9" * 5000, 0, None),
    ],
)
def test_a_group_is_found_by_number_name_or_id(wanted: str, here: int, place: int | None) -> None:
    rows = [row(n, Tier.LIKELY, 0, None, 2, name) for n, name in enumerate(NAMES)]
    assert place_of(rows, wanted, here) == place

"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.tui.figures import about, bar, block, clock, counted, size


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KiB"),
        (1_258_291, "1.2 MiB"),
        (2_621_440, "2.5 MiB"),
        (104_857_600, "100 MiB"),
        (1 << 30, "1.0 GiB"),
        (5 << 50, "5120 TiB"),
    ],
)
def test_sizes_read_as_in_immich(number: int, text: str) -> None:
    assert size(number) == text


@given(st.integers(min_value=0, max_value=1 << 49))
def test_a_size_never_moves_its_neighbours(number: int) -> None:
    assert len(size(number)) <= 8


def test_durations() -> None:
    assert [clock(seconds) for seconds in (0, 7.9, 754, 3723)] == ["0:00", "0:07", "12:34", "1:02:03"]
    assert [about(seconds) for seconds in (1, 12, 49, 55, 230, 4800)] == [
        "5 s",
        "10 s",
        "50 s",
        "1 min",
        "4 min",
        "1 h 20 min",
    ]


def test_a_number_agrees_with_its_noun() -> None:
    assert counted(1, "group") == "1 group"
    assert counted(12345, "group") == "12,345 groups"
    assert counted(2, "child", "children") == "2 children"


@given(st.floats(min_value=-1, max_value=3), st.integers(min_value=0, max_value=60))
def test_a_bar_keeps_its_width(share: float, width: int) -> None:
    filled, rest = bar(share, width)
    assert len(filled + rest) == width
    assert len(block(share, width)) <= width


def test_something_is_never_drawn_as_nothing() -> None:
    assert block(0.0001, 20) == "▏"
    assert block(0, 20) == ""
    assert bar(0, 4) == ("", "────")
    assert bar(1, 4) == ("━━━━", "")
    assert bar(0.5, 3) == ("━╾", "─")

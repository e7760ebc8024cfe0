"""Whose a stall is: what an idle loop had at the same moment is not counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.machine import Machine, Span

_SPANS = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 30)).map(lambda at: (float(at[0]), float(at[0] + at[1])))
)


@pytest.mark.parametrize(
    ("idle", "ours"),
    [
        pytest.param([], 0.4, id="an idle loop was never late"),
        pytest.param([(0.0, 0.9), (1.5, 2.0)], 0.4, id="it was late before and after"),
        pytest.param([(0.9, 1.5)], 0.0, id="it was late all the while"),
        pytest.param([(1.1, 1.2)], 0.3, id="it was late in the middle"),
        pytest.param([(1.1, 1.25), (1.2, 1.3)], 0.2, id="two were late and overlap"),
    ],
)
def test_moments_of_the_machine_are_not_ours(idle: list[Span], ours: float) -> None:
    assert Machine(True, idle).without([(1.0, 1.4)]) == [pytest.approx(ours)]


@given(_SPANS, _SPANS)
def test_every_moment_is_counted_once(idle: list[Span], late: list[Span]) -> None:
    counted = Machine(True, idle).without(late)
    for (start, end), ours in zip(late, counted, strict=True):
        moments = range(int(start), int(end))
        assert ours == sum(not any(a <= at < b for a, b in idle) for at in moments)

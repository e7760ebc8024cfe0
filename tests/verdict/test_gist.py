"""A gist must never say that a verdict stays when judging again would say otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from immich_tui.immich.models import Group
from immich_tui.verdict.criteria import CRITERIA
from immich_tui.verdict.gist import Order, gist, make
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context
from immich_tui.verdict.policy import PRESETS, Protected
from immich_tui.verdict.score import Weights
from tests.strategies import NOW, groups

ALL = list(PRESETS)
CONTEXT = Context(now=NOW)
METADATA = PRESETS["metadata"]


@pytest.mark.parametrize("before", ALL)
@pytest.mark.parametrize("after", ALL)
@given(group=groups())
def test_a_verdict_that_is_said_to_stay_is_the_one_that_judging_again_gives(
    before: str, after: str, group: Group
) -> None:
    had = judge(group, PRESETS[before], CONTEXT)
    order = Order(PRESETS[before], PRESETS[after], CONTEXT, make(PRESETS[before], CONTEXT))
    assert order.possible
    if order.same(gist(had, PRESETS[before], CONTEXT), had.winner):
        fresh = judge(group, PRESETS[after], CONTEXT)
        assert (fresh.ranking, fresh.tier, fresh.flags) == (had.ranking, had.tier, had.flags)


def test_what_a_gist_cannot_tell_is_judged_again() -> None:
    made = make(METADATA, CONTEXT)
    for after in (
        METADATA.with_protected(Protected(paths=("*/keep/*",))),
        replace(METADATA, weights=Weights(location=1)),
        replace(METADATA, gps_tolerance_m=99),
        replace(METADATA, criteria=(CRITERIA["albums"],)),
    ):
        assert not Order(METADATA, after, CONTEXT, made).possible
    assert not Order(METADATA, PRESETS["quality"], Context(now=NOW, graft=True), made).possible
    assert not Order(METADATA, PRESETS["quality"], CONTEXT, "of another program").possible
    assert not Order(METADATA, PRESETS["quality"], CONTEXT, made).same(b"", "")

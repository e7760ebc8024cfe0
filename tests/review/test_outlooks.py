"""What is kept for a switch of policy is what judging again would say, or nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from immich_tui.immich.models import Group
from immich_tui.review.outline import in_short
from immich_tui.review.outlooks import Foresight, Outlooks, made_by
from immich_tui.verdict.criteria import CRITERIA
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context
from immich_tui.verdict.policy import PRESETS, Policy, Protected
from tests.strategies import NOW, bare, contexts, group, groups, photo

CONTEXT = Context(now=NOW)
METADATA, QUALITY = PRESETS["metadata"], PRESETS["quality"]
presets = st.sampled_from(list(PRESETS.values()))
protection = st.sampled_from([Protected(), Protected(paths=("*1*", "*a*"))])


def outlook(members: Group, policy: Policy, context: Context = CONTEXT) -> bytes:
    verdict = judge(members, policy, context)
    return Foresight(policy, context).outlook(members, verdict, in_short(7, members, verdict, policy))


@given(group=groups(), before=presets, after=presets, protected=protection, context=contexts())
def test_every_preset_says_what_judging_again_would_say(
    group: Group, before: Policy, after: Policy, protected: Protected, context: Context
) -> None:
    before, after = before.with_protected(protected), after.with_protected(protected)
    present = in_short(7, group, judge(group, before, context), before)
    outlooks = Outlooks(after, context, made_by(before, context))
    assert outlooks.possible
    kept = outlooks.verdict(outlook(group, before, context), present)
    if kept is not None:
        assert kept == in_short(7, group, judge(group, after, context), after)


def test_an_ordinary_group_is_known_to_every_preset() -> None:
    pair = group(photo(1), bare(2))
    present = in_short(0, pair, judge(pair, METADATA, CONTEXT), METADATA)
    made = made_by(METADATA, CONTEXT)
    for policy in PRESETS.values():
        assert Outlooks(policy, CONTEXT, made).verdict(outlook(pair, METADATA), present) is not None
    assert Outlooks(QUALITY, CONTEXT, made).verdict(b"", present) is None


SMALLEST = Policy("small", "Keep the smallest", (CRITERIA["smallest_file"],))


def test_both_orders_of_a_pair_are_known_to_a_policy_of_ones_own() -> None:
    pair = group(photo(1), photo(2, size=1_000))
    present = in_short(0, pair, judge(pair, METADATA, CONTEXT), METADATA)
    kept = Outlooks(SMALLEST, CONTEXT, made_by(METADATA, CONTEXT)).verdict(outlook(pair, METADATA), present)
    assert kept is not None
    assert kept.winner == pair.assets[1].id


def test_an_order_of_three_that_no_preset_has_is_judged_again() -> None:
    three = group(photo(1, size=3_000), photo(2, size=1_000), photo(3, size=2_000))
    present = in_short(0, three, judge(three, METADATA, CONTEXT), METADATA)
    outlooks = Outlooks(SMALLEST, CONTEXT, made_by(METADATA, CONTEXT))
    assert outlooks.possible
    assert outlooks.verdict(outlook(three, METADATA), present) is None


def test_outlooks_of_other_settings_tell_nothing() -> None:
    made = made_by(METADATA, CONTEXT)
    assert Outlooks(QUALITY, CONTEXT, made).possible
    for other in (
        QUALITY.with_protected(Protected(paths=("*/keep/*",))),
        replace(QUALITY, gps_tolerance_m=99),
        replace(QUALITY, criteria=(CRITERIA["albums"],)),
    ):
        assert not Outlooks(other, CONTEXT, made).possible
    assert not Outlooks(QUALITY, Context(now=NOW, graft=True), made).possible
    assert not Outlooks(QUALITY, CONTEXT, "of another program").possible

"""A hearing says what the functions say that read the group for themselves."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from immich_tui.immich.models import Group
from immich_tui.verdict.explain import explain
from immich_tui.verdict.hearing import Hearing
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Choice, Context
from immich_tui.verdict.override import override
from immich_tui.verdict.policy import PRESETS, Policy, Protected
from tests.strategies import contexts, groups, surroundings

PROTECTING = PRESETS["metadata"].with_protected(Protected(paths=("/mnt/*",)))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(groups(), contexts(), st.sampled_from([*PRESETS.values(), PROTECTING]), st.data())
def test_it_says_the_same(group: Group, context: Context, policy: Policy, data: st.DataObject) -> None:
    around = data.draw(surroundings(group.assets))
    ids = [asset.id for asset in group.assets]
    keep = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    choice = Choice(keep[0], tuple(keep), tuple(i for i in ids if i not in keep))
    hearing = Hearing(group, policy, context, around)
    verdict = judge(group, policy, context, around)
    assert hearing.verdict == verdict
    assert hearing.proposal == proposal(group, verdict, policy)
    assert hearing.explanation == explain(group, verdict, policy, context, around)
    for made in (choice, hearing.proposal):
        assert hearing.ledger(made) == ledger(group, made, context, around, policy)
        assert hearing.override(made) == override(group, verdict, made, policy, context, around)

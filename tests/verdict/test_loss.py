"""The number by which members are ranked is the one that their ledgers come to."""

from __future__ import annotations

import pytest
from hypothesis import given

from immich_tui.immich.models import Group
from immich_tui.verdict.ledger import settle
from immich_tui.verdict.loss import lost_weight
from immich_tui.verdict.model import NOT_READ, Abilities, Context
from immich_tui.verdict.policy import PRESETS
from immich_tui.verdict.reading import read
from tests.strategies import NOW, groups

CONTEXTS = [
    Context(now=NOW),
    Context(now=NOW, abilities=Abilities(update_asset=False, live_video=False)),
    Context(now=NOW, graft=True, abilities=Abilities(graft=True)),
]


@pytest.mark.parametrize("context", CONTEXTS)
@given(group=groups())
def test_the_weight_of_a_choice_is_that_of_its_ledger(context: Context, group: Group) -> None:
    policy = PRESETS["lossless"]
    readings = read(group.assets, context.now)
    for winner in readings:
        others = [other for other in readings if other is not winner]
        ledger = settle(winner, others, policy, context, NOT_READ)
        assert lost_weight(winner, others, policy, context, NOT_READ) == ledger.lost_weight

"""What is said of a choice that departs from the proposal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immich_tui.immich.models import Asset, Group
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Choice, Context, Fate, Override
from immich_tui.verdict.override import override
from immich_tui.verdict.policy import PRESETS, Policy
from tests.strategies import LOOK_GREY, MIB, NOW, bare, contexts, group, groups, photo, uuid

CONTEXT = Context(now=NOW)
METADATA = PRESETS["metadata"]
A, B, C = uuid(1), uuid(2), uuid(3)


def chosen(choice: Choice, *members: Asset, policy: Policy = METADATA) -> Override | None:
    made = group(*members)
    return override(made, judge(made, policy, CONTEXT), choice, policy, CONTEXT)


RICH, LARGE = photo(1, size=2 * MIB), bare(2, pixels=(5000, 4000), size=9 * MIB)
THIRD = photo(3, gps=None, size=MIB)


@pytest.mark.parametrize(
    ("choice", "members", "sentence", "cost"),
    [
        (
            Choice(B, (B,), (A,)),
            (RICH, LARGE),
            (
                "You keep IMG_0002.jpg; we proposed IMG_0001.jpg, which keeps GPS, the time zone, the "
                "camera, the capture time and the lens."
            ),
            (
                "It receives GPS and the capture time. It loses the camera, the lens and exposure values, "
                "which the proposal keeps. It saves 39 % of 20.0 MP, which the proposal loses."
            ),
        ),
        (
            Choice(B, (B,), (A,)),
            (photo(1), photo(2, gps=None, size=MIB * 2)),
            "You keep IMG_0002.jpg; we proposed IMG_0001.jpg, which keeps GPS.",
            "It receives GPS. It loses no more than the proposal.",
        ),
        (
            Choice(A, (A, B), ()),
            (RICH, LARGE),
            "You keep both; we proposed to keep IMG_0001.jpg alone.",
            "Nothing is trashed, so nothing is lost.",
        ),
        (
            Choice(B, (B, A), (), stack=True),
            (RICH, LARGE),
            "You stack both with IMG_0002.jpg on top; we proposed to keep IMG_0001.jpg alone.",
            "Nothing is trashed, so nothing is lost.",
        ),
        (
            Choice(A, (A, C), (B,)),
            (RICH, LARGE, THIRD),
            "You keep 2 of 3 with IMG_0001.jpg as the winner; we proposed to keep IMG_0001.jpg alone.",
            "It loses no more than the proposal.",
        ),
        (
            Choice(A, (A, C), (B,), stack=True),
            (RICH, LARGE, THIRD),
            "You stack 2 of 3 with IMG_0001.jpg on top; we proposed to keep IMG_0001.jpg alone.",
            "It loses no more than the proposal.",
        ),
        (
            Choice(B, (B,), (A,)),
            (photo(1, gps=(48.0, 2.0)), photo(2, gps=(51.0, 0.1))),
            (
                "You keep IMG_0002.jpg; we proposed IMG_0001.jpg, which is equal in all that counts and "
                "comes first by its id."
            ),
            "On GPS the photos disagree, and what the proposal says goes.",
        ),
        (
            Choice(B, (B,), (A,)),
            (photo(1, name="a.jpg"), photo(2, name="a.jpg", thumbhash=LOOK_GREY, gps=None)),
            "You keep a.jpg (number 2); we proposed a.jpg (number 1), which keeps GPS.",
            "It receives GPS. It loses no more than the proposal. But these may be different pictures.",
        ),
        (
            Choice(A, (A,), (B,)),
            (photo(1, path="/a.jpg"), photo(2, path="/a.jpg")),
            "You keep IMG_0001.jpg and trash what we proposed to keep.",
            "It loses no more than the proposal.",
        ),
    ],
)
def test_what_is_said(choice: Choice, members: tuple[Asset, ...], sentence: str, cost: str) -> None:
    found = chosen(choice, *members)
    assert found is not None
    assert (found.sentence, found.cost) == (sentence, cost)


def test_the_proposal_itself_is_no_override() -> None:
    made = group(RICH, LARGE, THIRD)
    verdict = judge(made, METADATA, CONTEXT)
    ours = proposal(made, verdict, METADATA)
    again = Choice(ours.winner, ours.keep, tuple(reversed(ours.trash)))
    assert override(made, verdict, again, METADATA, CONTEXT) is None


@settings(max_examples=80, deadline=None)
@given(groups(), contexts(), st.sampled_from(list(PRESETS.values())), st.data())
def test_its_entries_are_those_of_the_two_ledgers(
    made: Group, context: Context, policy: Policy, data: st.DataObject
) -> None:
    ids = [asset.id for asset in made.assets]
    keep = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    choice = Choice(keep[0], tuple(keep), tuple(i for i in ids if i not in keep), data.draw(st.booleans()))
    verdict = judge(made, policy, context)
    found = override(made, verdict, choice, policy, context)
    ours = proposal(made, verdict, policy)
    if found is None:
        assert (choice.winner, set(choice.trash)) == (ours.winner, set(ours.trash))
        return
    mine = ledger(made, choice, context, policy=policy).with_fate(Fate.LOST)
    proposed = ledger(made, ours, context, policy=policy).with_fate(Fate.LOST)
    assert set(map(repr, found.loses)) <= set(map(repr, mine))
    assert set(map(repr, found.saves)) <= set(map(repr, proposed))
    assert found.sentence.endswith(".")
    assert found.cost.endswith(".")

"""What must hold over a whole plan."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immich_tui.immich.models import Group
from immich_tui.verdict.model import Choice
from immich_tui.verdict.plan import check_plan
from tests.strategies import group, groups, photo, uuid

A, B, C = uuid(1), uuid(2), uuid(3)
THREE = group(photo(1), photo(2), photo(3))


def rules(choice: Choice, made: Group = THREE) -> list[str]:
    return [problem.rule for problem in check_plan({made.id: (made, choice)})]


@pytest.mark.parametrize(
    "choice",
    [
        Choice(A, (A,), (B, C)),
        Choice(A, (A, B), (C,)),
        Choice(A, (A, B, C), ()),
        Choice(B, (B, A, C), (), stack=True),
        Choice(B, (B, A), (C,), stack=True),
    ],
)
def test_what_a_person_can_decide_is_sound(choice: Choice) -> None:
    assert rules(choice) == []


@pytest.mark.parametrize(
    ("choice", "broken"),
    [
        (Choice(A, (A, B), (B, C)), ["kept_and_trashed"]),
        (Choice(A, (A,), (B,)), ["undecided_asset"]),
        (Choice(A, (A,), (B, C, uuid(9))), ["unknown_asset"]),
        (Choice(A, (B,), (A, C)), ["winner_not_kept"]),
        (Choice(A, (), (A, B, C)), ["winner_not_kept", "no_keeper"]),
        (Choice(A, (A, A), (B, C)), ["named_twice"]),
        (Choice(A, (A,), (B, C), stack=True), ["stack_of_one"]),
        (Choice(uuid(9), (uuid(9),), (A, B, C)), ["unknown_asset", "no_keeper"]),
    ],
)
def test_what_would_lose_something_is_refused(choice: Choice, broken: list[str]) -> None:
    assert rules(choice) == broken


@pytest.mark.parametrize("state", ["is_trashed", "is_offline"])
def test_a_keeper_that_is_gone_keeps_nothing(state: str) -> None:
    gone = group(photo(1).model_copy(update={state: True}), photo(2))
    assert "no_keeper" in rules(Choice(A, (A,), (B,)), gone)


def test_a_choice_made_for_another_group_is_refused() -> None:
    assert [p.rule for p in check_plan({uuid(501): (THREE, Choice(A, (A,), (B, C)))})] == ["wrong_group"]


def test_an_asset_in_three_groups_refuses_all_three_and_no_other() -> None:
    shared = [group(photo(1), photo(10 + n), number=510 + n) for n in range(3)]
    other = group(photo(5), photo(6), number=520)
    plan = {
        made.id: (made, Choice(made.assets[0].id, (made.assets[0].id,), (made.assets[1].id,)))
        for made in (*shared, other)
    }
    problems = check_plan(plan)
    assert [p.group_id for p in problems] == [made.id for made in shared]
    assert {p.rule for p in problems} == {"asset_in_two_groups"}
    assert all(p.assets == (A,) for p in problems)


def test_the_file_of_a_kept_asset_is_not_trashed_in_another_group() -> None:
    here = group(photo(1), photo(2, path="/p/a.jpg"))
    there = group(photo(3, path="/p/a.jpg"), photo(4), number=501)
    plan = {here.id: (here, Choice(A, (A,), (B,))), there.id: (there, Choice(C, (C,), (uuid(4),)))}
    assert [(p.group_id, p.rule, p.assets) for p in check_plan(plan)] == [(here.id, "same_file", (B,))]
    # What is unknown is no file of anybody.
    here, there = group(photo(1), photo(2, path="")), group(photo(3, path=""), photo(4), number=501)
    plan = {here.id: (here, Choice(A, (A,), (B,))), there.id: (there, Choice(C, (C,), (uuid(4),)))}
    assert check_plan(plan) == ()


def test_what_is_said_of_a_file_does_not_depend_on_which_group_comes_first() -> None:
    here = group(photo(2), photo(1, path="/p/a.jpg"))
    there = group(photo(3), photo(1, path="/p/a.jpg"), photo(4, path="/p/a.jpg"), number=501)
    plan = {here.id: (here, Choice(B, (B,), (A,))), there.id: (there, Choice(C, (C, uuid(4)), (A,)))}
    found = check_plan(plan)
    assert sorted(found, key=str) == sorted(check_plan(dict(reversed(plan.items()))), key=str)
    assert {(p.group_id, p.rule) for p in found} >= {(here.id, "same_file"), (there.id, "same_file")}


@settings(max_examples=60, deadline=None)
@given(st.lists(groups(max_size=3), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_what_is_wrong_with_a_plan_does_not_depend_on_any_order(found: list[Group], chance: Random) -> None:
    renamed = [made.model_copy(update={"id": uuid(600 + number)}) for number, made in enumerate(found)]
    plan = {}
    for made in renamed:
        ids = [asset.id for asset in made.assets]
        plan[made.id] = (made, Choice(ids[0], (ids[0],), tuple(ids[1:])))
    shuffled = {}
    for made in chance.sample(renamed, len(renamed)):
        members = tuple(chance.sample(made.assets, len(made.assets)))
        shuffled[made.id] = (made.model_copy(update={"assets": members}), plan[made.id][1])
    one, other = check_plan(plan), check_plan(shuffled)
    assert sorted((p.group_id, p.rule, p.assets) for p in one) == sorted(
        (p.group_id, p.rule, p.assets) for p in other
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(groups(max_size=3), min_size=1, max_size=4), st.data())
def test_an_accepted_plan_never_trashes_what_it_keeps(found: list[Group], data: st.DataObject) -> None:
    plan: dict[str, tuple[Group, Choice]] = {}
    for number, made in enumerate(found):
        ids = [asset.id for asset in made.assets]
        keep = data.draw(st.lists(st.sampled_from(ids), unique=True))
        trash = data.draw(st.lists(st.sampled_from(ids), unique=True))
        renamed = made.model_copy(update={"id": uuid(600 + number)})
        plan[renamed.id] = (renamed, Choice(data.draw(st.sampled_from(ids)), tuple(keep), tuple(trash)))
    refused = {problem.group_id for problem in check_plan(plan)}
    kept = {i for key, (_, choice) in plan.items() if key not in refused for i in choice.keep}
    trashed = {i for key, (_, choice) in plan.items() if key not in refused for i in choice.trash}
    assert not kept & trashed
    for key, (made, choice) in plan.items():
        if key not in refused:
            assert set(choice.keep) | set(choice.trash) == {asset.id for asset in made.assets}
            assert any(not made.asset(i).is_trashed for i in choice.keep)
            assert choice.winner in choice.keep

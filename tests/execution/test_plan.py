"""A run's plan on the disk: the groups in their order, where each stands, and next to no memory for them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immich_tui.execution.notebook import PAGE, Notebook
from immich_tui.execution.plan import Plan
from immich_tui.execution.planned import FATES, Planned
from immich_tui.execution.run import AT_ONCE, batched
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.model import Choice


def _decided(groups: int, losers: int = 1) -> Iterator[tuple[str, DecisionKind, Choice]]:
    for number in range(groups):
        group, winner, *gone = (str(UUID(int=number * 1000 + member)) for member in range(losers + 2))
        yield group, DecisionKind.RESOLVE, Choice(winner, (winner,), tuple(gone), graft=True)


def _plan(folder: Path, groups: int, losers: int = 1) -> Plan:
    plan = Plan(Notebook(folder))
    plan.add(_decided(groups, losers))
    return plan


def test_a_plan_is_a_mapping_in_its_own_order(tmp_path: Path) -> None:
    decided = list(_decided(PAGE + 20, losers=2))
    plan = Plan(Notebook(tmp_path))
    plan.add(decided[: PAGE - 3])
    plan.add(decided[PAGE - 3 :])
    assert [(one.id, one.kind, one.choice) for one in plan.values()] == decided
    assert [one.at for one in plan.values()] == list(range(len(plan)))
    assert list(plan) == [group_id for group_id, _, _ in decided]
    assert [(group_id, one.id) for group_id, one in plan.items()] == [(one, one) for one in plan]
    assert plan[decided[PAGE][0]].choice == decided[PAGE][2]
    assert decided[0][0] in plan
    assert plan.get("another") is None
    with pytest.raises(KeyError):
        plan["another"]


def test_what_is_chosen_stays_chosen_and_is_read_as_it_stands(tmp_path: Path) -> None:
    plan = _plan(tmp_path, 40)
    for planned in plan.values():
        planned.done = planned.at % 2 == 1
    chosen = plan.open()
    assert [planned.at for planned in chosen] == list(range(0, 40, 2))
    assert [planned.at for planned in chosen[3:5]] == [6, 8]
    assert chosen[-1].at == 38
    next(iter(chosen)).hold("Somebody has it.", "check")
    assert len(chosen) == 20
    assert not chosen[0].open
    assert [planned.at for planned in plan.held()] == [0]
    assert [planned.at for planned in plan.not_done()] == list(range(0, 40, 2))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), *[st.booleans()] * 3), max_size=60))
def test_groups_are_chosen_by_where_they_stand(
    tmp_path_factory: pytest.TempPathFactory, groups: list[tuple[int, bool, bool, bool]]
) -> None:
    plan = Plan(Notebook(tmp_path_factory.getbasetemp()))
    plan.add(
        (str(at), DecisionKind.RESOLVE, Choice("keeper", ("keeper",), tuple(map(str, range(losers)))))
        for at, (losers, *_) in enumerate(groups)
    )
    for planned, (_, done, confirmed, held) in zip(plan.values(), groups, strict=True):
        planned.done, planned.carry_confirmed = done, confirmed
        if held:
            planned.hold("It changed.", "check")
    everything = list(plan.values())
    opened = [one for one in everything if one.open]
    losing = [one for one in opened if one.choice.trash]

    def ids(some: Iterable[Planned]) -> list[str]:
        return [one.id for one in some]

    assert ids(plan.open()) == ids(opened)
    assert ids(plan.open(loses=True)) == ids(losing)
    assert ids(plan.open(loses=False)) == ids(one for one in opened if not one.choice.trash)
    assert ids(plan.open(loses=True, to_carry=True)) == ids(one for one in losing if not one.carry_confirmed)
    assert ids(plan.held()) == ids(one for one in everything if one.held)
    assert ids(plan.not_done()) == ids(one for one in everything if not one.done)
    assert plan.open().losers == sum(len(one.choice.trash) for one in opened)


def test_every_look_at_a_group_tells_the_same(tmp_path: Path) -> None:
    plan = _plan(tmp_path, 3, losers=2)
    one, again = plan.at(1), plan[plan.at(1).id]
    one.hold("It changed.", "preflight")
    assert (again.held, again.held_in, again.open) == ("It changed.", "preflight", False)
    again.release()
    assert (one.held, one.held_in, one.open) == ("", "", True)
    one.carry_confirmed = one.closing = one.done = True
    assert (again.carry_confirmed, again.closing, again.done, again.open) == (True, True, True, False)
    one.carry_confirmed = False
    assert (again.carry_confirmed, again.closing, again.done) == (False, True, True)
    for neighbour in (plan.at(0), plan.at(2)):
        assert neighbour.open
        assert not neighbour.closing


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_became_of_losers_is_what_was_noted_last(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    plan = Plan(Notebook(tmp_path_factory.getbasetemp()))
    for number, losers in enumerate(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))):
        ids = [f"{number}-{loser}" for loser in range(losers)]
        plan.add([(str(number), DecisionKind.RESOLVE, Choice("keeper", ("keeper",), tuple(ids)))])
    everyone = [(planned.id, one) for planned in plan.values() for one in planned.choice.trash]
    known = dict.fromkeys(everyone, "")
    for loser in data.draw(st.lists(st.sampled_from(everyone), max_size=12)) if everyone else ():
        known[loser] = data.draw(st.sampled_from(FATES[1:]))
        plan[loser[0]].set_fate(loser[1], known[loser])
    assert {(one, loser): plan[one].fate(loser) for one, loser in everyone} == known
    for planned in plan.values():
        fates = [known[planned.id, loser] for loser in planned.choice.trash]
        assert planned.any_sent == any(fates)
        went = tuple(one for one, fate in zip(planned.choice.trash, fates, strict=True) if fate == "done")
        assert planned.with_fate("done") == went


def test_a_plan_knows_the_photos_of_its_groups(tmp_path: Path) -> None:
    plan = _plan(tmp_path, 10, losers=2)
    assert all(one in plan.members for planned in plan.values() for one in planned.choice.trash)
    assert all(planned.choice.winner in plan.members for planned in plan.values())
    assert "another" not in plan.members


def test_ten_thousand_groups_take_no_memory_to_speak_of(tmp_path: Path) -> None:
    plan = Plan(Notebook(tmp_path))
    tracemalloc.start()
    try:
        plan.add(_decided(500))
        before, _ = tracemalloc.get_traced_memory()
        following = islice(_decided(10_500), 500, None)
        for some in batched(following, AT_ONCE):
            plan.add(some)
        for planned in plan.values():
            planned.set_fate(planned.choice.trash[0], "done")
            planned.done = True
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 10_000 < 60  # bytes; as objects they took 700

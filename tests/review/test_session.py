"""Decisions of a person: durable before they show, undone without limit, and never leaving a group empty."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immich_tui.immich.models import Album, Group
from immich_tui.review.analyze import in_short
from immich_tui.review.bulk import Deed
from immich_tui.review.decisions import DecidedBy, DecisionKind, Refused
from immich_tui.review.filters import parse
from immich_tui.review.habits import Habits, policy_named
from immich_tui.review.order import Order, Sorting
from immich_tui.review.session import Session, Step, Switch
from immich_tui.review.store import NotListed, Store
from immich_tui.review.stored import Member
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Choice, Context, Fate, Tier
from immich_tui.verdict.policy import PRESETS, Protected

CONTEXT = Context(now=datetime(2026, 1, 1, tzinfo=UTC))
POLICY = PRESETS["metadata"]


def asset(asset_id: str, *, size: int, **exif: Any) -> dict[str, Any]:
    return {
        "id": asset_id,
        "type": "IMAGE",
        "originalFileName": f"{asset_id}.jpg",
        "originalMimeType": "image/jpeg",
        "originalPath": f"/data/{asset_id}.jpg",
        "checksum": f"{asset_id:A<27}=",
        "thumbhash": "nugJLYR3l4ePiHeIh3eHeGpwfQTW",
        "localDateTime": "2024-06-12T10:00:00.000Z",
        "duplicateId": asset_id.split("-", maxsplit=1)[0],
        "exifInfo": {
            "fileSizeInByte": size,
            "exifImageWidth": 4000,
            "exifImageHeight": 3000,
            "dateTimeOriginal": "2024-06-12T08:00:00.000Z",
            "timeZone": "UTC+2",
            "make": "Canon",
            "model": "EOS R6",
            **exif,
        },
        "tags": [],
    }


def raw_groups() -> list[bytes]:
    place = {"latitude": 52.5, "longitude": 13.4, "city": "Berlin", "country": "Germany"}
    groups = [
        ("g1", [asset("g1-rich", size=1_200_000, **place), asset("g1-large", size=2_500_000)]),
        ("g2", [asset("g2-a", size=5_000), asset("g2-b", size=4_900), asset("g2-c", size=4_800)]),
        ("g3", [asset("g3-a", size=900), asset("g3-b", size=800, make="NIKON", model="Z6")]),
    ]
    return [json.dumps({"duplicateId": name, "assets": assets}).encode() for name, assets in groups]


def write(path: Path, raws: list[bytes]) -> None:
    store = Store.open(path)
    generation = store.incoming.begin()
    batch = []
    for position, raw in enumerate(raws):
        group = Group.model_validate_json(raw)
        short = in_short(position, group, judge(group, POLICY, CONTEXT), POLICY)
        batch.append((short, raw, [Member.of(member) for member in group.assets]))
    store.incoming.add_groups(generation, batch)
    store.incoming.add_album(generation, Album(id="al", album_name="Berlin"), ["g1-large"])
    store.incoming.finish(generation, {"albums": "read"})
    store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write(tmp_path / "session.db", raw_groups())
    return tmp_path / "session.db"


async def opened(path: Path) -> Session:
    return await Session.open(Store.open(path), POLICY, CONTEXT)


@pytest.fixture
async def session(path: Path) -> AsyncIterator[Session]:
    session = await opened(path)
    yield session
    await session.close()


async def test_rows_say_what_the_rules_think(session: Session) -> None:
    first, second, third = session.rows
    assert (first.title, first.differs, first.saving) == ("g1-rich.jpg", True, 2_500_000)
    assert (second.title, second.differs, second.saving) == ("g2-a.jpg", False, 9_700)
    assert third.tier is Tier.DOUBTFUL
    assert "camera_conflict" in third.flags
    assert not any(row.decided for row in session.rows)


async def test_a_look_explains_and_shows_what_is_carried(session: Session) -> None:
    look = await session.look("g1")
    assert look.choice.winner == "g1-rich"
    assert look.choice.trash == ("g1-large",)
    assert "g1-large.jpg" in look.explanation.sentence
    carried = {entry.field: entry for entry in look.ledger.with_fate(Fate.CARRIED)}
    assert carried["album"].payload["albumId"] == "al"
    with pytest.raises(NotListed):
        await session.look("nowhere")


async def test_every_kind_of_decision_and_back(session: Session) -> None:
    await session.accept("g1")
    await session.choose_winner("g2", "g2-c")
    await session.skip("g3")
    assert [row.decision for row in session.rows] == [
        DecisionKind.RESOLVE,
        DecisionKind.RESOLVE,
        DecisionKind.SKIP,
    ]
    assert session.row("g2").saving == 9_900
    assert session.row("g2").overridden
    assert session.row("g2").title == "g2-c.jpg", "the row names the photo that stays"
    assert not session.row("g1").overridden
    assert [decision.group_id for decision in session.decided()] == ["g1", "g2", "g3"]
    assert await session.undo() == Step(("g3",), (DecisionKind.SKIP,))
    assert await session.undo() == Step(("g2",), (DecisionKind.RESOLVE,))
    assert not session.row("g2").decided
    assert session.row("g2").title == "g2-a.jpg"
    assert await session.redo() == Step(("g2",), (DecisionKind.RESOLVE,))
    assert session.row("g2").decided
    await session.keep_all("g3")
    assert session.row("g3").saving == 0
    assert await session.redo() is None
    await session.stack("g3")
    assert session.row("g3").decision is DecisionKind.STACK
    await session.clear("g3")
    assert session.row("g3").decision is None


async def test_toggling_never_empties_a_group(session: Session) -> None:
    assert await session.toggle("g2", "g2-b") is None
    look = await session.look("g2")
    assert look.choice.keep == ("g2-a", "g2-b")
    assert await session.toggle("g2", "g2-a") is None
    assert (await session.look("g2")).choice.winner == "g2-b"
    refused = await session.toggle("g2", "g2-b")
    assert refused
    assert "always stays" in refused
    assert (await session.look("g2")).choice.keep == ("g2-b",)
    with pytest.raises(Refused):
        await session.choose_winner("g2", "g1-rich")


async def test_decisions_notes_and_undo_survive_a_restart(path: Path) -> None:
    session = await opened(path)
    await session.choose_winner("g1", "g1-large")
    await session.flag("g2", "ask Mum [red]")
    await session.close()
    session = await opened(path)
    assert session.row("g1").overridden
    assert session.row("g2").note == "ask Mum [red]"
    assert (await session.look("g1")).choice.winner == "g1-large"
    assert await session.undo() == Step(("g2",), flags=1)
    assert not session.row("g2").flagged
    assert await session.undo() == Step(("g1",), (DecisionKind.RESOLVE,))
    assert (await session.look("g1")).choice.winner == "g1-rich"
    await session.close()


async def test_flags_of_many_groups_are_one_step_and_come_back_with_their_notes(path: Path) -> None:
    session = await opened(path)
    await session.flag("g2", "ask Mum")
    assert await session.flag_all(session.rows, "look") == 3
    assert await session.flag_all(session.rows, "look") == 0, "what changes nothing is no step"
    assert await session.flag_all(session.rows, None) == 3
    await session.close()

    session = await opened(path)
    assert await session.undo() == Step(("g1", "g2", "g3"), flags=3)
    assert {row.note for row in session.rows if row.flagged} == {"look"}
    assert await session.undo() == Step(("g1", "g2", "g3"), flags=3)
    assert [(row.flagged, row.note) for row in session.rows] == [(False, ""), (True, "ask Mum"), (False, "")]
    await session.close()

    session = await opened(path)
    assert session.row("g2").note == "ask Mum"
    assert await session.redo() == Step(("g1", "g2", "g3"), flags=3)
    assert {row.note for row in session.rows if row.flagged} == {"look"}
    await session.close()


async def test_a_flag_can_be_taken_back_from_a_group_that_was_carried_out(session: Session) -> None:
    await session.accept("g1")
    await session.flag("g1", "done")
    await session.finish("g1", "keep", "run")
    assert await session.undo() == Step(("g1",), flags=1)
    with pytest.raises(Refused):
        await session.undo()


async def test_bulk_acceptance_leaves_doubtful_flagged_and_decided_groups_alone(session: Session) -> None:
    await session.flag("g1", "")
    assert [row.group_id for row in session.ready()] == ["g2"]
    assert await session.accept_all(row.group_id for row in session.ready()) == 1
    assert session.row("g2").decided_by is DecidedBy.POLICY
    assert await session.undo() == Step(("g2",), (DecisionKind.RESOLVE,))
    assert not session.row("g2").decided


async def test_a_group_that_changed_is_undecided_again(path: Path) -> None:
    session = await opened(path)
    await session.accept("g1")
    await session.accept("g2")
    await session.close()
    write(path, [raw.replace(b"Berlin", b"Potsdam") for raw in raw_groups()])
    session = await opened(path)
    assert [row.decided for row in session.rows] == [False, True, False]
    await session.close()


async def test_another_policy_judges_anew_and_leaves_decisions(session: Session) -> None:
    await session.accept("g2")
    await session.apply_policy(PRESETS["immich"])
    assert session.row("g1").title == "g1-large.jpg"
    assert not session.row("g1").differs
    assert session.row("g2").decided
    assert session.summary().differs == 0


async def test_what_was_carried_out_cannot_be_decided_again(session: Session) -> None:
    await session.accept("g1")
    await session.finish("g1", "keep", "run")
    assert session.decided() == ()
    with pytest.raises(Refused, match="carried out"):
        await session.skip("g1")


async def test_neither_protected_photos_nor_one_file_listed_twice_are_proposed_for_the_trash(
    path: Path,
) -> None:
    one, other = asset("g4-a", size=900), asset("g4-b", size=800)
    other["originalPath"] = one["originalPath"]
    twins = json.dumps({"duplicateId": "g4", "assets": [one, other]}).encode()
    write(path, [*raw_groups(), twins])
    policy = POLICY.with_protected(Protected(paths=("*g2-c*",)))
    session = await Session.open(Store.open(path), policy, CONTEXT)
    assert (await session.look("g4")).choice.trash == ()
    assert set((await session.look("g2")).choice.keep) >= {"g2-c"}
    await session.accept("g4")
    assert session.row("g4").saving == 0
    await session.close()


async def test_skipped_groups_are_not_counted_as_decided(session: Session) -> None:
    await session.accept("g1")
    await session.skip("g2")
    assert (session.tally.decided, session.tally.skipped, session.tally.freed) == (1, 1, 2_500_000)
    summary = session.summary()
    assert (summary.decided, summary.skipped) == (1, 1)
    await session.finish("g1", "keep", "run")
    assert (session.tally.decided, session.tally.done) == (1, 1)
    await session.undo()
    assert session.tally.skipped == 0


async def test_rows_are_found_by_what_they_and_their_members_are(session: Session) -> None:
    async def found(text: str) -> list[str]:
        return [row.group_id for row in await session.find(parse(text))]

    assert await found("differs") == ["g1"]
    assert await found("members>2") == ["g2"]
    assert await found("camera:nikon") == ["g3"]
    assert await found("-camera:nikon -differs") == ["g2"]
    assert await found("size>1MB name:g1*") == ["g1"]
    assert await found("") == ["g1", "g2", "g3"]
    by_date = await session.find(order=Order(Sorting.DATE, turned=True))
    assert [row.group_id for row in by_date] == ["g3", "g2", "g1"]


async def test_another_policy_is_weighed_before_it_is_applied(session: Session) -> None:
    await session.accept("g2")
    seen: list[int] = []
    weighed = await session.weigh(PRESETS["immich"], lambda effect: seen.append(effect.looked))
    effect = weighed.effect
    assert (effect.winners, effect.freed, effect.differs) == (1, 1_200_000 - 2_500_000, 0)
    assert effect.complete
    assert seen[-1] == 3
    assert session.policy is POLICY
    assert session.row("g1").title == "g1-rich.jpg"
    await session.apply(weighed)
    assert session.policy.name == "immich"
    assert session.row("g1").title == "g1-large.jpg"
    assert sum(row.differs for row in session.rows) == effect.differs


async def test_a_switch_of_policy_is_a_step_that_is_taken_back_before_earlier_ones(path: Path) -> None:
    session = await opened(path)
    await session.accept("g2")
    await session.apply_policy(PRESETS["immich"])
    await session.close()

    session = await Session.open(Store.open(path), PRESETS["immich"], CONTEXT)
    switch = await session.undo()
    assert switch == Switch("metadata", back=True)
    assert session.row("g2").decided, "the decision is older than the switch"
    await session.apply(await session.weigh(POLICY), switch)
    assert session.row("g1").title == "g1-rich.jpg"
    again = await session.redo()
    assert again == Switch("immich", back=False)
    await session.apply(await session.weigh(PRESETS["immich"]), again)
    assert session.row("g1").title == "g1-large.jpg"
    assert await session.redo() is None
    await session.apply(await session.weigh(POLICY), await _switch(session))
    step = await session.undo()
    assert isinstance(step, Step)
    assert step.group_ids == ("g2",)
    assert session.policy is POLICY
    await session.close()


async def _switch(session: Session) -> Switch:
    switch = await session.undo()
    assert isinstance(switch, Switch)
    return switch


async def test_what_is_decided_while_a_switch_is_taken_back_is_the_last_step_but_one(
    session: Session,
) -> None:
    await session.apply_policy(PRESETS["immich"])
    switch = await _switch(session)
    weighed = await session.weigh(POLICY)
    await session.skip("g3")
    await session.apply(weighed, switch)
    assert await session.undo() == Switch("immich", back=True), "it became a step of its own"
    await session.pass_over(await _switch(session))
    step = await session.undo()
    assert isinstance(step, Step)
    assert step.group_ids == ("g3",)
    assert not session.row("g3").decided
    assert await session.undo() == Switch("metadata", back=True)


async def test_judging_again_by_the_policy_that_holds_is_no_step(session: Session) -> None:
    await session.apply_policy(POLICY.with_protected(Protected(paths=("*large*",))))
    assert await session.undo() is None


async def test_what_was_decided_meanwhile_stands(session: Session) -> None:
    rows = list(session.rows)
    deciding = asyncio.ensure_future(session.keep_all("g1"))
    assert await session.carry_out(Deed.accept(), rows) == 2
    await deciding
    assert session.row("g1").decision is DecisionKind.KEEP_ALL
    step = await session.undo()
    assert isinstance(step, Step)
    assert set(step.group_ids) == {"g2", "g3"}
    assert session.row("g1").decision is DecisionKind.KEEP_ALL


@given(
    st.lists(
        st.sampled_from([Deed.accept(), Deed.keep_all(), Deed.stack(), Deed.skip(), Deed.clear()]), max_size=5
    )
)
@settings(max_examples=15, deadline=None)
def test_a_preview_is_what_happens_and_undo_takes_it_back(deeds: list[Deed]) -> None:
    async def story(folder: Path) -> None:
        write(folder / "session.db", raw_groups())
        session = await opened(folder / "session.db")
        await session.choose_winner("g2", "g2-c")
        for deed in deeds:
            for redecide in (False, True):
                before = {row.group_id: session.decision(row.group_id) for row in session.rows}
                reach = await session.weigh_deed(deed, session.rows, redecide=redecide)
                freed = session.tally.freed
                count = await session.carry_out(deed, session.rows, redecide=redecide)
                assert count == reach.groups
                if deed.trashes and count == len(session.rows):
                    assert session.tally.freed == reach.freed
                if not redecide and not deed.clears:
                    assert session.tally.freed - freed == reach.freed
                if count:
                    await session.undo()
                    assert {row.group_id: session.decision(row.group_id) for row in session.rows} == before
                    await session.redo()
        await session.close()

    with TemporaryDirectory() as folder:
        asyncio.run(story(Path(folder)))


def override(agrees: frozenset[str], habits: Habits, number: int) -> None:
    habits.learn(f"g{number}", Choice(f"{number}", (f"{number}",), ()), agrees)


def test_a_habit_needs_many_that_agree() -> None:
    habits = Habits()
    for number in range(4):
        override(frozenset({"oldest_upload"}), habits, number)
    assert habits.found(POLICY) == ()
    override(frozenset({"oldest_upload", "smallest_file"}), habits, 4)
    (habit,) = habits.found(POLICY)
    assert habit.sentence == "In 5 of 5 overrides the photo that was uploaded first was kept."
    rule = habit.rule(POLICY)
    assert rule.criteria[0].name == "oldest_upload"
    assert policy_named(rule.name, PRESETS) == rule
    assert policy_named("metadata+nonsense", PRESETS) is None
    for number in range(5, 7):
        override(frozenset({"file_size"}), habits, number)
    assert habits.found(POLICY) == (), "5 of 7 is no pattern"
    habits.forget("g5")
    habits.forget("g6")
    assert habits.found(POLICY) == (habit,)
    assert habits.found(rule) == (), "what the policy asks first need not be learnt"

"""What a person did stays with its group, whatever comes between: fetches, runs, undos, a full disk."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from immich_tui.review.analyze import AnalyzeJob
from immich_tui.review.bulk import Deed
from immich_tui.review.changes import Changes
from immich_tui.review.decisions import DecisionKind, Refused
from immich_tui.review.filters import parse
from immich_tui.review.order import Order, Sorting
from immich_tui.review.plan_export import export_plan
from immich_tui.review.session import Session, Step
from immich_tui.review.store import NotListed, Store, StoreUnavailable
from immich_tui.verdict.model import Abilities, Tier
from immich_tui.verdict.policy import PRESETS, Protected
from tests.review.fetching import A, B, C, D, Server, group

METADATA, QUALITY = PRESETS["metadata"], PRESETS["quality"]

LARGE, PLACED = A, {**B, "exifInfo": {**B["exifInfo"], "fileSizeInByte": 10, "latitude": 1.0, "longitude": 2}}
"""The one is kept for its size by the policy *quality*, the other for its place by *metadata*."""


def full(*_: object) -> NoReturn:
    raise sqlite3.OperationalError("database or disk is full")


# --- groups that were dismissed and are listed again ------------------------------------------------------


async def returned(server: Server) -> list[dict[str, Any]]:
    """Dismiss a group, and let its files come back as the group `g7`; return its members."""
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.keep_all("g1")
    await session.finish("g1", DecisionKind.KEEP_ALL, "run")
    await server.fetch(group("g2", C, D))
    again = [{**original, "id": f"{original['id']}-again"} for original in (A, B)]
    await server.fetch(group("g2", C, D), group("g7", *again))
    return again


async def test_a_returned_group_is_proposed_for_dismissal_in_every_later_fetch(server: Server) -> None:
    again = await returned(server)
    favourite = [{**again[0], "isFavorite": True}, again[1]]
    for members in (again, again, favourite, favourite):
        await server.fetch(group("g2", C, D), group("g7", *members))
        session = await server.session()
        assert (await session.look("g7")).choice.trash == ()
        assert "not duplicates" in session.row("g7").news
    await session.choose_winner("g7", "a-again")
    await server.fetch(group("g2", C, D), group("g7", *favourite))
    session = await server.session()
    assert (await session.look("g7")).choice.trash == ("b-again",), "what was decided stands"
    await session.clear("g7")
    assert (await session.look("g7")).choice.trash == ()


async def test_a_returned_group_that_got_another_file_is_judged_like_any_other(server: Server) -> None:
    again = await returned(server)
    await server.fetch(group("g2", C, D), group("g7", *again, {**C, "id": "other"}))
    session = await server.session()
    assert len((await session.look("g7")).choice.trash) == 2
    assert session.row("g7").news == "cc.jpg joined."


async def test_a_plan_accepts_a_returned_group_as_it_is_proposed(server: Server) -> None:
    await returned(server)
    stream = io.StringIO()
    header = await export_plan(await server.session(), stream, accept=list(Tier))
    groups = {one["id"]: one for one in json.loads(stream.getvalue())["groups"]}
    decision = groups["g7"]["decision"]
    assert (decision["kind"], decision["trash"]) == ("keep all", [])
    assert header.totals.decisions == {"keep": 1, "keep all": 1}
    assert header.totals.freed == groups["g2"]["freed"]
    assert groups["g7"]["freed"] == 0


async def test_accepting_in_bulk_counts_nothing_as_trashed_in_a_returned_group(server: Server) -> None:
    await returned(server)
    session = await server.session()
    reach = await session.weigh_deed(Deed.accept(), [session.row("g7")])
    assert (reach.groups, reach.photos, reach.freed) == (1, 0, 0)
    by_policy = await session.weigh_deed(Deed.by(QUALITY), [session.row("g7")])
    assert (by_policy.groups, by_policy.photos, by_policy.freed) == (1, 0, 0)


async def test_another_policy_frees_nothing_in_a_returned_group(server: Server) -> None:
    await server.fetch(group("g1", LARGE, PLACED), group("g2", C, D))
    session = await server.session()
    await session.keep_all("g1")
    await session.finish("g1", DecisionKind.KEEP_ALL, "run")
    again = [{**one, "id": f"{one['id']}-again"} for one in (LARGE, PLACED)]
    await server.fetch(group("g2", C, D))
    await server.fetch(group("g2", C, D), group("g7", *again))
    effect = (await (await server.session()).weigh(QUALITY)).effect
    assert (effect.winners, effect.freed) == (1, 0)


async def test_keeping_a_returned_group_is_no_override_and_trashing_of_it_is(server: Server) -> None:
    await returned(server)
    session = await server.session()
    await session.accept("g7")
    assert not session.row("g7").overridden
    assert (await session.look("g7")).override is None
    await session.choose_winner("g7", "a-again")
    assert session.row("g7").overridden
    override = (await session.look("g7")).override
    assert override is not None
    assert override.sentence == "You keep a.jpg and trash what we proposed to keep."
    await session.keep_all("g2")
    assert session.row("g2").overridden


# --- groups that got another id ---------------------------------------------------------------------------


async def test_a_note_follows_its_group_where_nothing_is_decided_yet(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    await (await server.session()).flag("g1", "ask Mum")
    found = await server.fetch(group("g9", B, A), group("g2", C, D))
    assert found == Changes(moved=1), "no decision has to be looked at again"
    row = (await server.session()).row("g9")
    assert (row.flagged, row.note, row.ready) == (True, "ask Mum", False)


async def test_what_was_undone_can_be_done_again_after_its_group_got_another_id(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.accept("g1")
    await session.undo()
    await server.fetch(group("g9", B, A), group("g2", C, D))
    session = await server.session()
    await session.redo()
    earlier = session.earlier("g9")
    assert earlier is not None
    assert earlier.kind is DecisionKind.RESOLVE


async def test_a_decision_goes_along_to_the_id_of_another_group(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.choose_winner("g1", "b")
    await session.flag("g1", "about a and b")
    await session.accept("g2")
    await session.flag("g2", "about c and d")
    # The server merged the first into the second, and the others left that.
    found = await server.fetch(group("g2", A, B))
    assert found is not None
    assert (found.moved, found.again) == (1, 1)
    session = await server.session()
    earlier = session.earlier("g2")
    assert earlier is not None
    assert earlier.choice is not None
    assert earlier.choice.winner == "b", "not what was decided about photos that are not in it"
    assert session.row("g2").note == "about a and b"


async def test_all_decisions_follow_when_detection_was_run_anew(server: Server) -> None:
    def listed(name: str) -> list[dict[str, Any]]:
        pairs = [[{**one, "id": f"{one['id']}{number}"} for one in (A, B)] for number in range(60)]
        return [group(f"{name}{number}", *pair) for number, pair in enumerate(pairs)]

    await server.fetch(*listed("old"))
    session = await server.session()
    for row in session.rows:
        await session.choose_winner(row.group_id, f"b{row.position}")
    await session.flag("old7", "ask Mum")
    found = await server.fetch(*reversed(listed("new")))
    assert found == Changes(moved=60, again=60)
    session = await server.session()
    for row in session.rows:
        earlier = session.earlier(row.group_id)
        assert earlier is not None
        assert earlier.choice is not None
        assert earlier.choice.winner == f"b{row.group_id.removeprefix('new')}"
    assert [row.group_id for row in session.rows if row.flagged] == ["new7"]
    step = await session.undo()
    assert isinstance(step, Step)
    assert step.group_ids == ("new7",)


# --- switching the policy beside a fetch ------------------------------------------------------------------


async def test_a_policy_switched_during_a_fetch_holds_for_what_was_fetched(server: Server) -> None:
    await server.fetch(group("g1", LARGE, PLACED), group("g2", C, D))
    session = await server.session()
    assert session.row("g1").title == "b.jpg"
    async with server.client() as client:
        facts = {"rules": session.rules(session.policy)}
        job = AnalyzeJob.of(client, server.store, session.policy, session.context, facts)
        await session.apply_policy(QUALITY)
        assert (await job.run()).done
        await session.take_in_fetch()
    assert session.row("g1").title == "a.jpg"
    meta = server.store.meta()
    assert (meta["policy"], meta["rules"]) == ("quality", session.rules(QUALITY))


@pytest.mark.parametrize("listed", [("g2", "g1"), ("g2",), ("g2", "g3", "g1")])
async def test_a_policy_weighed_before_a_fetch_judges_the_groups_of_the_fetch(
    server: Server, listed: tuple[str, ...]
) -> None:
    groups = {
        "g1": group("g1", LARGE, PLACED),
        "g2": group("g2", C, D),
        "g3": group("g3", {**LARGE, "id": "x"}, {**PLACED, "id": "y"}),
    }
    await server.fetch(groups["g1"], groups["g2"])
    session = await server.session()
    weighed = await session.weigh(QUALITY)
    await server.fetch(*(groups[name] for name in listed))
    await session.take_in_fetch()
    await session.apply(weighed)
    stored = {one.group_id: one.winner for one in server.store.fetched.groups()}
    expected = {"g1": "a", "g2": "cc", "g3": "x"}
    assert stored == {name: expected[name] for name in listed}
    assert {row.group_id: row.title for row in session.rows}["g2"] == "cc.jpg"


async def test_a_policy_applied_just_before_a_fetch_is_taken_in_holds_for_it(server: Server) -> None:
    await server.fetch(group("g1", LARGE, PLACED), group("g2", C, D))
    session = await server.session()
    await server.fetch(group("g2", LARGE, PLACED))
    await session.weigh(QUALITY)
    await session.apply_policy(QUALITY)
    await session.take_in_fetch()
    assert [row.title for row in session.rows] == ["a.jpg"]
    assert server.store.fetched.groups()[0].winner == "a"
    assert server.store.meta()["rules"] == session.rules(QUALITY)


async def test_a_policy_that_cannot_be_written_changes_no_verdict(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.fetch(group("g1", LARGE, PLACED))
    session = await server.session()
    before = server.store.fetched.groups()
    monkeypatch.setattr(session.store.decided, "switch", full)
    with pytest.raises(StoreUnavailable):
        await session.apply_policy(QUALITY)
    assert server.store.fetched.groups() == before
    assert session.row("g1").title == "b.jpg"


async def test_a_deed_passes_over_groups_that_a_fetch_did_not_find_any_more(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    chosen = list(session.rows)
    await server.fetch(group("g2", C, D))
    # The rows are of the fetch before until the new one is taken in.
    assert await session.carry_out(Deed.skip(), chosen) == 1
    await session.undo()
    await session.take_in_fetch()
    assert (await session.weigh_deed(Deed.accept(), chosen)).groups == 1
    assert await session.carry_out(Deed.accept(), chosen) == 1


async def test_a_group_that_a_fetch_did_not_find_any_more_is_told_of_in_a_sentence(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await server.fetch(group("g2", C, D))
    for taken_in in (False, True):
        if taken_in:
            await session.take_in_fetch()
        deeds: list[Awaitable[object]] = [session.look("g1"), session.accept("g1")]
        deeds += [session.choose_winner("g1", "a"), session.switch_graft("g1")]
        deeds += [session.flag("g1", "note"), session.unflag("g1")] if taken_in else []
        for deed in deeds:
            with pytest.raises(NotListed, match="not listed any more"):
                await deed
    assert session.decided() == ()


async def test_what_the_key_can_do_is_part_of_what_verdicts_come_about_by(server: Server) -> None:
    place = {"latitude": 52.5, "longitude": 13.4, "exifImageWidth": 3900, "exifImageHeight": 2925}
    await server.fetch(group("g1", A, {**B, "exifInfo": {**B["exifInfo"], **place}}))
    session = await server.session()
    lossless = PRESETS["lossless"]
    await session.apply_policy(lossless)
    assert session.row("g1").title == "a.jpg", "the place is carried over"
    less = replace(session.context, abilities=Abilities(update_asset=False))
    later = await Session.open(server.store, lossless, less)
    assert (await later.look("g1")).verdict.winner == "b", "with this key it would be lost"
    # By this the verdicts in the list are made again when the session is opened.
    assert server.store.meta()["rules"] != later.rules(lossless)
    told = replace(session.context, abilities=Abilities(no_graft="Immich 2.1.1 cannot graft."))
    assert (await Session.open(server.store, lossless, told)).rules(lossless) == session.rules(lossless)


# --- runs and undos beside a fetch ------------------------------------------------------------------------


async def test_a_group_that_was_undone_is_undecided_also_where_a_fetch_came_in_between(
    server: Server,
) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.accept("g1")
    await session.finish("g1", DecisionKind.RESOLVE, "run")
    await server.fetch(group("g2", C, D))
    session = await server.session()
    await session.reopen("g1")
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    assert session.decided() == (), "the next run would do again what was undone"
    assert not session.row("g1").decided
    await session.undo()
    assert session.row("g1").decided, "it is a step like any other"


async def test_reopening_takes_the_decision_back_in_the_same_step(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.fetch(group("g1", A, B))
    session = await server.session()
    await session.accept("g1")
    await session.finish("g1", DecisionKind.RESOLVE, "run")
    monkeypatch.setattr(session.store.decided, "write", full)
    with pytest.raises(StoreUnavailable):
        await session.reopen("g1")
    row = (await server.session()).row("g1")
    assert (row.done, row.decided) == (DecisionKind.RESOLVE, True)
    assert session.row("g1").done == DecisionKind.RESOLVE


async def test_a_run_may_end_a_dismissal_that_a_fetch_did_not_find_any_more(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.keep_all("g1")
    await server.fetch(group("g2", C, D))
    session = await server.session()
    await session.finish("g1", DecisionKind.KEEP_ALL, "run")
    assert server.store.outcomes.finished() == {"g1": "keep all"}


async def test_an_undo_that_is_refused_takes_nothing_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.fetch(group("g1", A, B))
    session = await server.session()
    await session.accept("g1")
    await session.finish("g1", DecisionKind.RESOLVE, "run")
    monkeypatch.setattr(session.store.decided, "redo", full)
    with pytest.raises(Refused):
        await session.undo()
    assert server.store.decided.decisions().keys() == {"g1"}


async def test_what_a_run_deals_with_during_a_fetch_stays_dealt_with(server: Server) -> None:
    groups = [group("g1", A, B), group("g2", C, D)]
    await server.fetch(*groups)
    session = await server.session()
    await session.accept("g1")
    server.front.silent = True
    server.front.asked.clear()
    async with server.client() as client:
        job = AnalyzeJob.of(client, server.store, session.policy, session.context)
        running = asyncio.create_task(job.run())
        await asyncio.wait_for(server.front.asked.wait(), 10)
        # The server tells the groups as they were when it was asked.
        await session.finish("g1", DecisionKind.RESOLVE, "run")
        server.front.silent = False
        server.front.answer.set()
        assert (await running).done
    await session.take_in_fetch()
    assert session.row("g1").done == DecisionKind.RESOLVE
    assert session.decided() == ()
    await server.fetch(*groups)
    await session.take_in_fetch()
    assert session.row("g1").done == "", "the next fetch tells of it as the server has it now"


# --- groups that changed after they were decided ----------------------------------------------------------

EDITED_B = {**B, "exifInfo": {**B["exifInfo"], "city": "Potsdam"}}


@pytest.mark.parametrize("deed", ["choose", "keep all", "skip", "all skipped"])
async def test_what_a_person_decided_is_not_outvoted_in_bulk_after_the_group_changed(
    server: Server, deed: str
) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    proposed = (await session.look("g1")).choice.winner
    if deed == "choose":
        await session.choose_winner("g1", "b" if proposed == "a" else "a")
    elif deed == "keep all":
        await session.keep_all("g1")
    elif deed == "skip":
        await session.skip("g1")
    else:
        await session.carry_out(Deed.skip(), [session.row("g1")])
    await server.fetch(group("g1", A, EDITED_B), group("g2", C, D))
    session = await server.session()
    assert session.row("g1").changed
    assert [row.group_id for row in session.ready()] == ["g2"]
    stream = io.StringIO()
    await export_plan(session, stream, accept=list(Tier))
    kinds = {one["id"]: one["decision"]["kind"] for one in json.loads(stream.getvalue())["groups"]}
    assert kinds == {"g1": "undecided", "g2": "keep"}
    await session.accept("g1")
    assert session.row("g1").decided, "by itself it is decided like any other"
    await session.clear("g1")
    assert session.row("g1").ready, "and when it is undecided again nothing speaks against it"


async def test_what_only_the_policy_decided_may_be_accepted_again_after_the_group_changed(
    server: Server,
) -> None:
    await server.fetch(group("g1", A, B))
    session = await server.session()
    await session.accept_all(["g1"])
    await server.fetch(group("g1", A, EDITED_B))
    session = await server.session()
    assert (session.row("g1").changed, session.row("g1").ready) == (True, True)


# --- deciding while a fetch ends --------------------------------------------------------------------------

JOINED = group("g1", A, B, C)
OTHER_CAMERA = group("g1", A, {**B, "exifInfo": {**B["exifInfo"], "make": "NIKON", "model": "Z6"}})


@pytest.mark.parametrize("now", [JOINED, OTHER_CAMERA], ids=["joined", "other camera"])
async def test_nothing_is_decided_about_a_state_of_a_group_that_was_not_shown(
    server: Server, now: dict[str, Any]
) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await server.fetch(now, group("g2", D, C))
    # Published, and not yet taken in: on the screen are the groups of the fetch before.
    deeds: list[Awaitable[object]] = [session.accept("g1"), session.choose_winner("g1", "a")]
    deeds += [session.keep_all("g1"), session.stack("g1"), session.skip("g1")]
    for deed in deeds:
        with pytest.raises(Refused, match="not as it was shown"):
            await deed
    assert "not as it was shown" in (await session.toggle("g1", "a") or "")
    await session.accept("g2")
    await session.take_in_fetch()
    assert [decision.group_id for decision in session.decided()] == ["g2"]
    await session.choose_winner("g1", "a")
    assert session.row("g1").decided, "it is shown as it is now"


async def test_what_is_decided_while_a_fetch_is_taken_in_is_about_what_was_shown(server: Server) -> None:
    await server.fetch(group("g1", A, B))
    session = await server.session()
    await server.fetch(JOINED)
    # Both wait for the session's thread, the fetch before the key.
    taken_in = asyncio.create_task(session.reload())
    await asyncio.sleep(0)
    with pytest.raises(Refused, match="not as it was shown"):
        await session.choose_winner("g1", "a")
    await taken_in
    assert session.decided() == ()


@pytest.mark.parametrize("taken_in", [False, True])
async def test_a_deed_passes_over_groups_that_a_fetch_found_otherwise(server: Server, taken_in: bool) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    ready = list(session.ready())
    assert [row.group_id for row in ready] == ["g1", "g2"]
    await server.fetch(OTHER_CAMERA, group("g2", C, D))
    if taken_in:
        await session.take_in_fetch()
        assert (await session.weigh_deed(Deed.accept(), ready)).groups == 1
    assert await session.carry_out(Deed.accept(), ready) == 1
    await session.take_in_fetch()
    assert session.row("g1").tier is Tier.DOUBTFUL
    assert [decision.group_id for decision in session.decided()] == ["g2"]


# --- counting what goes -----------------------------------------------------------------------------------


async def test_a_bulk_deed_counts_the_photos_that_go_and_not_those_that_are_protected(server: Server) -> None:
    protecting = METADATA.with_protected(Protected(("*/a.jpg", "*/b.jpg")))
    await server.fetch(group("g1", A, B, C), group("g2", C, D))
    session = await server.session()
    before = await session.weigh_deed(Deed.accept(), session.rows)
    assert before.photos == 3
    await session.apply_policy(protecting)
    for deed in (Deed.accept(), Deed.by(QUALITY.with_protected(protecting.protected))):
        reach = await session.weigh_deed(deed, session.rows)
        assert reach.photos == 2, "one of each group"
    assert await session.carry_out(Deed.accept(), session.rows) == 2
    choices = [decision.choice for decision in session.decided()]
    assert sum(len(choice.trash) for choice in choices if choice is not None) == 2


async def test_photos_of_unknown_size_are_counted_and_keeping_them_is_an_override(server: Server) -> None:
    unknown = {**B, "exifInfo": {**B["exifInfo"], "fileSizeInByte": None}}
    await server.fetch(group("g1", A, unknown))
    session = await server.session()
    reach = await session.weigh_deed(Deed.accept(), session.rows)
    assert (reach.photos, reach.freed) == (1, 0)
    assert (await session.weigh_deed(Deed.keep_all(), session.rows)).photos == 0
    await session.accept("g1")
    assert not session.row("g1").overridden
    await session.keep_all("g1")
    assert session.row("g1").overridden


async def test_a_decision_is_taken_back_though_a_fetch_did_not_find_its_photo_any_more(
    server: Server,
) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.choose_winner("g1", "b" if session.row("g1").title == "a.jpg" else "a")
    chosen = session.decision("g1")
    await session.clear("g1")
    await server.fetch(group("g2", C, D))
    assert await session.undo() is not None, "the fetch was not taken in yet"
    assert session.decision("g1") == chosen
    await session.take_in_fetch()
    assert [row.group_id for row in session.rows] == ["g2"]


async def test_habits_are_looked_for_where_a_fetch_is_not_taken_in_yet(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    for row in session.rows:
        members = (await session.look(row.group_id)).verdict.ranking
        await session.choose_winner(row.group_id, members[-1])
    await server.fetch(group("g2", C, {**D, "id": "other"}))
    assert await session.habits() == ()


# --- another window ---------------------------------------------------------------------------------------


async def test_a_second_window_finds_what_the_first_has_fetched_since(server: Server) -> None:
    await server.fetch(group("g1", A, B))
    store = Store.open(server.folder / "session.db")
    try:
        second = await Session.open(store, METADATA, (await server.session()).context)
        assert second.read_only
        await server.fetch(group("g0", {**A, "id": "new"}, {**B, "id": "newer"}), group("g2", C, D))
        assert [row.group_id for row in await second.find(parse("name:cc.jpg"))] == ["g2"]
        await server.fetch(group("g2", C, D), group("g3", {**C, "id": "one"}, {**D, "id": "two"}))
        by_date = await second.find(order=Order(Sorting.DATE))
        assert {row.group_id for row in by_date} == {"g2", "g3"}
        assert [row.group_id for row in second.rows] == ["g2", "g3"]
    finally:
        await asyncio.to_thread(store.close)


@pytest.mark.parametrize("text", ["name:cc.jpg", "-type:video"])
async def test_what_cannot_be_found_until_a_fetch_is_taken_in_is_said_so(server: Server, text: str) -> None:
    await server.fetch(group("g1", A, B))
    session = await server.session()
    await server.fetch(group("g0", {**A, "id": "new"}, {**B, "id": "newer"}), group("g2", C, D))
    with pytest.raises(StoreUnavailable, match="just fetched again"):
        await session.find(parse(text))
    with pytest.raises(StoreUnavailable, match="just fetched again"):
        await session.find(order=Order(Sorting.DATE))
    assert len(await session.find(parse("members:2"))) == 1, "rows answer by themselves"
    await session.take_in_fetch()
    assert await session.find(parse(text))


# --- a dismissal that was taken back ----------------------------------------------------------------------


@pytest.mark.parametrize("fetched_between", [False, True])
async def test_a_dismissal_that_was_undone_is_not_remembered(server: Server, fetched_between: bool) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.keep_all("g1")
    await session.finish("g1", DecisionKind.KEEP_ALL, "run")
    if fetched_between:
        await server.fetch(group("g2", C, D))
        await session.take_in_fetch()
    await session.reopen("g1")
    if not fetched_between:
        await server.fetch(group("g2", C, D))
    await server.fetch(group("g1", A, B), group("g2", C, D))
    await session.take_in_fetch()
    assert "not duplicates" not in session.row("g1").news
    assert (await session.look("g1")).choice.trash

"""Plan files: what is written comes back, what is wrong is named by group and field, the rest works."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from immich_tui.demo.server import DemoServer
from immich_tui.review.decisions import DecidedBy, DecisionKind
from immich_tui.review.plan import adopt_plan, check_shape, plan_header, read_plan
from immich_tui.review.plan_export import export_plan, write_plan_file
from immich_tui.review.plan_model import PlanFile, plan_schema
from immich_tui.review.plan_text import PlanUnreadable, PlanWriter, pieces
from immich_tui.review.session import Session
from immich_tui.verdict.model import Tier
from tests.shelf import Shelf
from tests.workbench import workbench

ALL = (Tier.EXACT, Tier.SAME_PICTURE, Tier.LIKELY)

Plan = dict[str, Any]


@asynccontextmanager
async def review(folder: Path, groups: int = 3) -> AsyncIterator[Session]:
    with DemoServer("empty") as server:
        shelf = Shelf(server)
        for number in range(groups):
            shelf.pair(number)
        async with workbench(server, folder) as bench:
            yield bench.session


async def exported(session: Session, **options: Any) -> Plan:
    stream = io.StringIO()
    await export_plan(session, stream, **options)
    plan: Plan = json.loads(stream.getvalue())
    return plan


def write(folder: Path, plan: Plan) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps(plan))
    return path


async def test_a_plan_is_what_the_schema_says_and_sorted_by_group(tmp_path: Path) -> None:
    async with review(tmp_path) as session:
        plan = await exported(session, accept=ALL, user_id="me")
    parsed = PlanFile.model_validate(plan)
    assert [group.id for group in parsed.groups] == sorted(group.id for group in parsed.groups)
    assert parsed.totals.groups == 3
    assert parsed.totals.freed == sum(group.freed for group in parsed.groups)
    assert plan_schema()["properties"].keys() == plan.keys()


async def test_two_exports_differ_in_nothing_but_the_time(tmp_path: Path) -> None:
    async with review(tmp_path) as session:
        one, other = await exported(session), await exported(session)
    assert {**one, "created_at": ""} == {**other, "created_at": ""}


async def test_decisions_go_out_and_come_back_as_they_were(tmp_path: Path) -> None:
    async with review(tmp_path, 5) as session:
        ids = [row.group_id for row in session.rows]
        await session.accept(ids[0])
        await session.keep_all(ids[1])
        await session.stack(ids[2])
        await session.skip(ids[3])
        await session.flag(ids[4], "ask Grandma")
        before = {group_id: session.decision(group_id) for group_id in ids}
        path = tmp_path / "plan.json"
        await write_plan_file(session, path)
        for group_id in ids[:4]:
            await session.clear(group_id)
        await session.unflag(ids[4])

        reading = await read_plan(session, path)
        assert reading.objections == []
        assert await adopt_plan(session, reading) == 4
        assert {group_id: session.decision(group_id) for group_id in ids} == before
        assert session.row(ids[4]).note == "ask Grandma"
        step = await session.undo()
        assert step is not None
        assert not any(session.decision(group_id) for group_id in ids)


async def test_what_the_policy_proposes_is_not_in_the_session_before_it_is_adopted(tmp_path: Path) -> None:
    async with review(tmp_path) as session:
        path = tmp_path / "plan.json"
        await write_plan_file(session, path, accept=ALL)
        assert not session.decided()
        reading = await read_plan(session, path)
        assert {one.decided_by for one in reading.to_do} == {DecidedBy.POLICY}
        assert {one.kind for one in reading.to_do} == {DecisionKind.RESOLVE}
        await adopt_plan(session, reading, only_to_do=True)
        assert len(session.decided()) == 3


def nobody(group: Plan) -> None:
    group["decision"].update(keep=[], trash=[member["id"] for member in group["members"]])


def unknown(group: Plan) -> None:
    group["decision"]["trash"].append("somebody-else")


def unnamed(group: Plan) -> None:
    group["decision"]["trash"] = []
    group["decision"]["kind"] = "keep"


def forgotten(group: Plan) -> None:
    group["decision"].update(kind="keep all", trash=[])


def both(group: Plan) -> None:
    group["decision"]["keep"] += group["decision"]["trash"]


def winner(group: Plan) -> None:
    group["decision"]["winner"] = group["decision"]["trash"][0]


def changed(group: Plan) -> None:
    group["members"][1]["fingerprint"] = "0" * 32


def left(group: Plan) -> None:
    group["members"].pop()
    group["decision"]["trash"] = group["decision"]["trash"][:0]
    group["decision"]["kind"] = "keep all"


def misspelt(group: Plan) -> None:
    group["decision"]["trahs"] = group["decision"].pop("trash")


def other_kind(group: Plan) -> None:
    group["decision"]["kind"] = "delete"


def half_a_character(group: Plan) -> None:
    group["decision"]["note"] = "\ud83d"


def no_text(group: Plan) -> None:
    group["members"][0]["name"] = 7


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (nobody, "decision.keep"),
        (unknown, "decision.trash[1]"),
        (unnamed, "decision.kind"),
        (forgotten, "decision"),
        (both, "decision"),
        (winner, "decision.winner"),
        (changed, "members[1].fingerprint"),
        (left, "members"),
        (misspelt, "decision.trash"),
        (other_kind, "decision.kind"),
        (no_text, "members[0].name"),
        (half_a_character, "decision.note"),
    ],
)
async def test_what_is_wrong_is_named_and_the_other_groups_work(
    spoil: Callable[[Plan], None], field: str, tmp_path: Path
) -> None:
    async with review(tmp_path) as session:
        plan = await exported(session, accept=ALL)
        group = plan["groups"][1]
        spoil(group)
        reading = await read_plan(session, write(tmp_path, plan))
        assert {one.group for one in reading.objections} == {group["id"]}
        assert any(one.field.startswith(field) for one in reading.objections), reading.objections
        assert {one.group_id for one in reading.to_do} == {
            other["id"] for other in plan["groups"] if other is not group
        }


async def test_an_asset_in_two_groups_refuses_both(tmp_path: Path) -> None:
    async with review(tmp_path) as session:
        plan = await exported(session, accept=ALL)
        one, other, third = plan["groups"]
        other["members"].append(one["members"][0])
        path = write(tmp_path, plan)
        reading = await read_plan(session, path)
        assert reading.refused == {one["id"], other["id"]}
        assert [decision.group_id for decision in reading.to_do] == [third["id"]]
        _, alone, count = check_shape(path)
        assert ({objection.group for objection in alone}, count) == ({one["id"], other["id"]}, 3)


async def test_a_group_that_is_there_twice_or_unknown_is_refused(tmp_path: Path) -> None:
    async with review(tmp_path) as session:
        plan = await exported(session, accept=ALL)
        twice, gone, _ = plan["groups"]
        plan["groups"].append(twice)
        gone["id"] = "gone"
        reading = await read_plan(session, write(tmp_path, plan))
        assert reading.refused == {twice["id"], "gone"}
        assert len(reading.to_do) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file ends"),
        ("[]", "there should be '{'"),
        ("{}", "names no schema_version"),
        ('{"schema_version": 2, "groups": []}', "reads version 1"),
        ('{"schema_version": 1, "groups": []}', "tool: Field required"),
        ('{"schema_version": 1,\n "groups": [{"id": 1,,}]}', "Line 2"),
        ('{"schema_version": 1, "groups": [{"id": "a", "id": "b"}]}', "'id' is there twice"),
        ('{"schema_version": 1, "schema_version": 1, "groups": []}', "twice"),
        ('{"schema_version": NaN}', "no number"),
        ('{"groups": []} and more', "after the end"),
        ('{"groups": [' + "[" * 100_000, "deeply"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_as_a_whole(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(PlanUnreadable) as refused:
        check_shape(path)
    assert sentence in refused.value.sentence


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, max_examples=60)
@example(header={"": 0.0}, groups=[], indent=None, chunk=1)
@given(
    header=st.dictionaries(st.text().filter(lambda key: key != "groups"), JSON, max_size=4),
    groups=st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=4),
    indent=st.sampled_from([None, 0, 3]),
    chunk=st.integers(1, 40),
)
def test_any_json_is_read_in_pieces_of_any_size(
    header: Plan, groups: list[Plan], indent: int | None, chunk: int
) -> None:
    class Slow(io.StringIO):
        def read(self, size: int | None = -1) -> str:
            return super().read(chunk)

    text = json.dumps({**header, "groups": groups}, indent=indent)
    found = list(pieces(Slow(text)))
    assert {piece.key: piece.value for piece in found if piece.key != "groups"} == header
    assert [piece.value for piece in found if piece.key == "groups"] == groups


@settings(deadline=None, max_examples=60)
@given(groups=st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=4))
def test_what_is_written_is_json_and_shows_what_is_there(groups: list[Plan]) -> None:
    stream = io.StringIO()
    writer = PlanWriter(stream, {"schema_version": 1})
    for group in groups:
        writer.add(group)
    writer.close()
    assert json.loads(stream.getvalue()) == {"schema_version": 1, "groups": groups}
    assert "\u202e" not in stream.getvalue()


def test_a_large_file_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    group = {"id": "", "members": [{"id": "x" * 36, "name": "y" * 500} for _ in range(8)]}
    with path.open("w") as stream:
        writer = PlanWriter(stream, {"schema_version": 1})
        for number in range(8_000):
            writer.add({**group, "id": str(number)})
        writer.close()
    size = path.stat().st_size
    assert size > 30_000_000
    with path.open() as stream:
        tracemalloc.start()
        count = sum(1 for piece in pieces(stream) if piece.key == "groups")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 8_000
    assert peak < 4_000_000


def test_the_schema_explains_every_field_of_a_decision() -> None:
    schema = plan_schema()
    TypeAdapter(dict[str, Any]).validate_python(schema)
    decision = schema["$defs"]["PlanDecision"]["properties"]
    assert all("description" in decision[name] for name in ("kind", "winner", "keep", "trash", "by", "note"))


def test_a_plan_that_can_be_read_only_once_is_refused_by_name(tmp_path: Path) -> None:
    pipe = tmp_path / "plan.json"
    os.mkfifo(pipe)
    for read in (check_shape, plan_header):
        with pytest.raises(PlanUnreadable, match="a pipe"):
            read(pipe)
    with pytest.raises(FileNotFoundError):
        check_shape(tmp_path / "nothing.json")

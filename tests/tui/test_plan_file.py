"""A plan file from the screen and back: what is decided survives the way, what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.review.decisions import DecisionKind
from immich_tui.review.plan_export import write_plan_file
from immich_tui.tui.app import ImmichTui
from tests.tui.stage import SIZE, app_for, review, screen_text, wait_for, wait_for_text


async def name_the_file(app: ImmichTui, pilot: Pilot[Any], key: str, path: Path) -> None:
    """Open the dialog by its key and type a path."""
    await pilot.press(key)
    await wait_for_text(pilot, "plan.json")
    await wait_for(pilot, lambda: app.screen.query(Input))
    app.screen.query_one(Input).value = str(path)
    await pilot.press("enter")


def decided(app: ImmichTui) -> dict[str, tuple[str, object]]:
    """Kind and choice by group."""
    assert app.session is not None
    found = {row.group_id: app.session.decision(row.group_id) for row in app.session.rows}
    return {group_id: (one.kind, one.choice) for group_id, one in found.items() if one is not None}


async def test_decisions_go_out_and_come_back_as_one_step(paths: Paths, tmp_path: Path) -> None:
    plan = tmp_path / "my plan.json"
    with DemoServer(groups=12) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            assert app.session is not None
            first, second, third, fourth = [row.group_id for row in app.session.rows[:4]]
            await app.session.accept(first)
            await app.session.keep_all(second)
            await app.session.stack(third)
            await app.session.skip(fourth)
            before = decided(app)

            await name_the_file(app, pilot, "ctrl+s", plan)
            await wait_for_text(pilot, "12 groups written to")
            assert plan.stat().st_mode & 0o777 == 0o600

            for group_id in before:
                await app.session.clear(group_id)
            assert decided(app) == {}
            await name_the_file(app, pilot, "ctrl+o", plan)
            await wait_for_text(
                pilot, "12 groups, of which 4", "4 decisions would be other", "Nothing is wrong"
            )
            await pilot.press("enter")
            await wait_for_text(pilot, "4 decisions taken in")
            assert decided(app) == before

            await pilot.press("u")
            await wait_for(pilot, lambda: decided(app) == {})
            await pilot.press("ctrl+r")
            await wait_for(pilot, lambda: decided(app) == before)


async def test_what_is_wrong_is_named_and_the_rest_is_taken_in(paths: Paths, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    with DemoServer(groups=8) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            session = app.session
            assert session is not None
            await session.accept_all(row.group_id for row in session.ready())
            await write_plan_file(session, plan)
            content = json.loads(plan.read_text(encoding="utf-8"))
            chosen = [group for group in content["groups"] if group["decision"]["kind"] == "keep"]
            broken, edited = chosen[:2]
            broken["decision"]["keep"], broken["decision"]["trash"] = [], [m["id"] for m in broken["members"]]
            members = [member["id"] for member in edited["members"]]
            edited["decision"] = {"kind": "keep all", "winner": members[0], "keep": members, "trash": []}
            plan.write_text(json.dumps(content), encoding="utf-8")
            await session.clear(broken["id"])

            await name_the_file(app, pilot, "ctrl+o", plan)
            await wait_for_text(pilot, "1 group refused", broken["id"][:8], "decision.keep")
            assert "would stay" in screen_text(app)
            assert session.row(edited["id"]).decision is DecisionKind.RESOLVE
            await pilot.press("y")
            await wait_for(pilot, lambda: session.row(edited["id"]).decision is DecisionKind.KEEP_ALL)
            assert not session.row(broken["id"]).decided

            await name_the_file(app, pilot, "ctrl+o", plan)
            await wait_for_text(pilot, "1 group refused")
            await pilot.press("escape")
            await wait_for(pilot, lambda: len(app.screen_stack) == 1)


async def test_files_that_are_no_plan_are_refused_in_words(paths: Paths, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"a": 1}', encoding="utf-8")
    with DemoServer(groups=4) as server:
        app = app_for(server, paths)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await review(app, pilot)
            await name_the_file(app, pilot, "ctrl+o", tmp_path / "nowhere.json")
            await wait_for_text(pilot, "There is no such file")
            app.screen.query_one(Input).value = str(tmp_path)
            await pilot.press("enter")
            await wait_for_text(pilot, "This is a folder")
            app.screen.query_one(Input).value = str(other)
            await pilot.press("enter")
            await wait_for_text(pilot, "names no schema_version")

            await name_the_file(app, pilot, "ctrl+s", other)
            await wait_for_text(pilot, "Once more replaces it")
            assert other.read_text(encoding="utf-8") == '{"a": 1}'
            await pilot.press("enter")
            await wait_for_text(pilot, "4 groups written")
            assert json.loads(other.read_text(encoding="utf-8"))["totals"]["groups"] == 4

            await name_the_file(app, pilot, "ctrl+s", tmp_path / "no folder" / "plan.json")
            await wait_for_text(pilot, "There is no folder")
            await pilot.press("escape")
            await wait_for(pilot, lambda: len(app.screen_stack) == 1)

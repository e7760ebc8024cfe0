"""Reference pictures of the history and of plan files; look at each before taking them anew.

Times, the run's id and folders are replaced by fixed values; everything else is the real app on the real
demo server.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.immich.wire import Connection
from immich_tui.jobs import journal
from immich_tui.review.plan_export import write_plan_file
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.screens.review import ReviewScreen
from immich_tui.tui.widgets import run_list
from tests.tui.pilots import SnapCompare, on_top
from tests.tui.stage import app_for, review, wait_for, wait_for_step, wait_for_text
from tests.tui.test_history import carry_out

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=["80x24", "120x36", "200x50"])


class Once(datetime):
    """A clock that always says the same."""

    @classmethod
    def fromisoformat(cls, text: str, /) -> Self:
        return cls(2026, 3, 14, 9, 26)

    @classmethod
    def now(cls, tz: Any = None) -> Self:
        return cls(2026, 3, 14, 9, 26, tzinfo=tz)

    def astimezone(self, tz: Any = None) -> Self:
        return self


@pytest.fixture
def fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Folders in a home of their own, a host without a port, one moment, and run ids that count."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(Connection, "host", property(lambda self: "photos.example.org"))
    monkeypatch.setattr(run_list, "datetime", Once)
    numbers = itertools.count(1)
    monkeypatch.setattr(journal, "datetime", Once)
    monkeypatch.setattr(secrets, "token_hex", lambda size: f"{next(numbers):06x}")
    monkeypatch.setattr(Input, "cursor_blink", False)
    for name in ("NO_COLOR", "COLORTERM", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return Paths(Path("config"), Path("data"), Path("cache"), Path("backups"))


def quiet(app: ImmichTui) -> None:
    """No messages on the picture."""
    app.notify = lambda *args, **named: None  # type: ignore[method-assign]  # no toast on the picture


async def enter(app: ImmichTui, pilot: Pilot[Any]) -> None:
    """Go to the history."""
    quiet(app)
    await wait_for_step(pilot, "fetch")
    await wait_for_text(pilot, "can be freed", within=60)
    await pilot.press("H")
    await wait_for_step(pilot, "history")


@SIZES
def test_history_empty(snap_compare: SnapCompare, fixed: Paths, size: tuple[int, int]) -> None:
    with DemoServer(groups=12) as server:
        app = app_for(server, fixed)

        async def drive(pilot: Pilot[Any]) -> None:
            await enter(app, pilot)
            await wait_for_text(pilot, "Nothing was carried out yet")

        assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
@pytest.mark.parametrize("state", ["history", "undo", "undone", "verified", "restore", "export"])
def test_history(snap_compare: SnapCompare, fixed: Paths, size: tuple[int, int], state: str) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        asyncio.run(carry_out(server, fixed))
        app = app_for(server, fixed, flags={"rate": 1000.0})

        async def drive(pilot: Pilot[Any]) -> None:
            await enter(app, pilot)
            await wait_for_text(pilot, "The run is finished")
            match state:
                case "undo" | "undone":
                    await pilot.press("U")
                    await wait_for_text(pilot, "4 groups of 4")
                    await pilot.press("j", "space")
                    await wait_for_text(pilot, "3 groups of 4")
                case "verified":
                    await pilot.press("v")
                    await wait_for_text(pilot, "Everything is as it should be", within=30)
                case "restore":
                    await pilot.press("R")
                    await wait_for_text(pilot, "come out of")
                case "export":
                    await pilot.press("e")
                    await wait_for_text(pilot, "Export the report")
            if state == "undone":
                await pilot.press("enter")
                await wait_for_text(pilot, "Undo?")
                await pilot.press("y")
                await wait_for_text(pilot, "The undo is finished", within=30)
                await pilot.press("enter")
                await wait_for_text(pilot, "3 undone")

        assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
def test_plan_with_problems(snap_compare: SnapCompare, fixed: Paths, size: tuple[int, int]) -> None:
    with DemoServer(groups=12) as server:
        app = app_for(server, fixed, flags={"images": "off"})

        async def drive(pilot: Pilot[Any]) -> None:
            quiet(app)
            await review(app, pilot)
            # People and links are read when nothing else goes on: before the dialog or after it came.
            shown = on_top(app, ReviewScreen)
            nearby = shown._nearby
            assert nearby is not None
            await wait_for(pilot, lambda: shown.view.look and nearby.knows(shown.view.look.group))
            assert app.session is not None
            await app.session.accept_all(row.group_id for row in app.session.ready())
            await write_plan_file(app.session, Path("plan.json"))
            content = json.loads(Path("plan.json").read_text(encoding="utf-8"))
            for group in content["groups"][:3]:
                group["decision"]["keep"] = []
                group["decision"]["kind"] = "keep"
            Path("plan.json").write_text(json.dumps(content), encoding="utf-8")
            await pilot.press("ctrl+o")
            await wait_for(pilot, lambda: app.screen.query(Input))
            app.screen.query_one(Input).value = "plan.json"
            await pilot.press("enter")
            await wait_for_text(pilot, "3 groups refused")

        assert snap_compare(app, terminal_size=size, run_before=drive)

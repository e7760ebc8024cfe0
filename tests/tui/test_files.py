"""The files that a run waits for: seen, and given up one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from immich_tui.config import Paths
from immich_tui.demo.faults import stall
from immich_tui.demo.server import DemoServer
from immich_tui.execution.transfer.dispatcher import Item
from immich_tui.execution.transfer.wanted import Expected, Order, State
from immich_tui.tui.phases import Stage
from immich_tui.tui.text import width as cells
from immich_tui.tui.widgets.order_list import OrderList
from tests.shelf import Shelf
from tests.tui.stage import app_for, screen_text, wait_for, wait_for_text
from tests.tui.test_execute import to_checks

HOSTILE = "a[red]\x1b]0;pwn\x07\u202e字👩‍👩‍👧.jpg"


def item(number: int, state: State, name: str = "", reason: str = "") -> Item:
    order = Order(f"id-{number}", name or f"{number}.jpg", "", Path(f"{number}"), Expected(3_000_000, None))
    return Item(order, state=state, downloader="http", reason=reason)


class OneList(App[None]):
    def compose(self) -> ComposeResult:
        yield OrderList()


async def test_what_is_under_way_stands_first_and_what_is_here_is_left_out() -> None:
    app = OneList()
    async with app.run_test():
        listed = app.query_one(OrderList)
        states = [State.CANCELLED, State.COMPLETED, State.PENDING, State.DOWNLOADING, State.NO_DOWNLOADER]
        listed.show([item(number, state) for number, state in enumerate(states)])
        lines = ["".join(text for text, _ in listed.item(at, 60, False)[0]) for at in range(listed.count)]
        assert [line.split()[1] for line in lines] == ["3.jpg", "4.jpg", "2.jpg", "0.jpg"]


async def test_the_cursor_stays_on_its_file() -> None:
    app = OneList()
    async with app.run_test():
        listed = app.query_one(OrderList)
        listed.show([item(0, State.DOWNLOADING), item(1, State.PENDING), item(2, State.PENDING)])
        listed.cursor = 1
        listed.show([item(0, State.COMPLETED), item(1, State.PENDING), item(2, State.DOWNLOADING)])
        assert listed.under_cursor is not None
        assert listed.under_cursor.order.name == "1.jpg"
        listed.show([item(2, State.DOWNLOADING)])
        assert listed.under_cursor is not None, "the cursor stays inside when its file is here"


async def test_one_that_arrives_before_the_list_is_made_anew_is_here() -> None:
    app = OneList()
    async with app.run_test() as pilot:
        listed = app.query_one(OrderList)
        arriving = item(0, State.DOWNLOADING)
        listed.show([arriving])
        arriving.state = State.COMPLETED
        listed.refresh_items()
        await wait_for_text(pilot, "is here")


@pytest.mark.parametrize("width", [20, 40, 120])
async def test_names_and_reasons_are_only_shown(width: int) -> None:
    app = OneList()
    async with app.run_test():
        listed = app.query_one(OrderList)
        listed.show([item(0, State.FAILED, HOSTILE, HOSTILE)])
        for line in listed.item(0, width, True):
            text = "".join(text for text, _ in line)
            assert "\x1b" not in text
            assert cells(text) <= width


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_one_that_hangs_is_given_up_and_the_others_go_on(paths: Paths, size: tuple[int, int]) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        slow = shelf.pair(0)[1]
        losers = [slow, *(shelf.pair(number)[1] for number in range(1, 4))]
        server.faults.add(stall(20_000), path=f"{slow.id}/original", times=None)
        app = app_for(server, paths, flags={"rate": 1000.0})
        async with app.run_test(size=size, notifications=True) as pilot:
            await to_checks(app, pilot)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            runner = app.runner
            assert runner is not None
            await wait_for(pilot, lambda: runner.stage is Stage.RUNNING)
            await pilot.press("f")
            await wait_for_text(pilot, "Files that are not here yet", "1 file.", "under way", within=30)
            assert slow.name in screen_text(app)
            await pilot.press("x")
            await wait_for_text(pilot, "its group is left alone", "cancelled")
            await pilot.press("x")
            await wait_for_text(pilot, "not under way")
            await pilot.press("escape")
            await wait_for(pilot, lambda: runner.stage is Stage.ENDED)
            assert runner.report is not None
            assert (runner.report.groups_done, runner.report.groups_held) == (3, 1)
            assert "cancelled" in runner.report.held[0].reason
        assert [shelf.library.assets[one.id].trashed for one in losers] == [False, True, True, True]

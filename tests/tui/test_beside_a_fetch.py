"""Reviewing while the groups are fetched again, in this window or in another one."""

from __future__ import annotations

import asyncio
import threading

from immich_tui.config import Paths
from immich_tui.demo.faults import Exchange
from immich_tui.demo.server import DemoServer
from tests.shelf import Shelf
from tests.tui.stage import SIZE, app_for, review, wait_for, wait_for_step, wait_for_text


async def test_groups_that_vanish_while_they_are_reviewed_leave_the_list(paths: Paths) -> None:
    with DemoServer("empty") as server:
        shelf = Shelf(server)
        pairs = [shelf.pair(number) for number in range(5)]
        vanished = threading.Event()

        async def until_vanished(exchange: Exchange) -> None:
            await asyncio.to_thread(vanished.wait, 20)
            await exchange.serve()

        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "can be freed")
            session = app.session
            assert session is not None
            server.faults.add(until_vanished, path="/duplicates")
            await pilot.press("r")
            app.go("review")
            await wait_for_step(pilot, "review")
            shelf.library.trash([pair[1].id for pair in pairs[1:4]])
            vanished.set()
            await wait_for(pilot, lambda: len(session.rows) == 2)
            await pilot.press("down", "down", "up", "up")
            await wait_for_text(pilot, "1 of 2")
            await pilot.press("enter", "enter")
            await wait_for(pilot, lambda: len(session.decided()) == 2)


async def test_groups_that_vanish_in_another_window_are_told_of(paths: Paths) -> None:
    with DemoServer("empty") as server:
        shelf = Shelf(server)
        pairs = [shelf.pair(number) for number in range(8)]
        first, second = app_for(server, paths), app_for(server, paths)
        async with first.run_test(size=SIZE) as pilot:
            await wait_for_text(pilot, "can be freed")
            async with second.run_test(size=SIZE, notifications=True) as other:
                await review(second, other)
                shelf.library.trash([pair[1].id for pair in pairs[1:]])
                await pilot.press("r")
                await wait_for(pilot, lambda: first.session is not None and len(first.session.rows) == 1)
                await other.press(*["down"] * 7)
                await wait_for_text(other, "not listed any more")

"""Fetching in the app: live numbers, the summary, and every way it can stop."""

from __future__ import annotations

import pytest

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from immich_tui.tui.figures import count, size
from tests.tui.stage import SIZE, app_for, screen_text, wait_for, wait_for_step, wait_for_text


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_the_summary_says_what_the_session_holds(paths: Paths, dialect: str) -> None:
    with DemoServer(groups=40, dialect=dialect) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            if dialect == "1.135":
                await wait_for_text(pilot, "does not tell")
                await pilot.press("enter")
            await wait_for_text(pilot, "can be freed")
            assert app.session is not None
            summary = app.session.summary()
            shown = screen_text(app)
            assert f"{count(summary.groups)} groups" in shown
            assert size(summary.saving) in shown
            for tier, number in summary.tiers.items():
                (line,) = [line for line in shown.splitlines() if line.strip().startswith(f"{tier} ")]
                assert count(number) in line.split()
            await pilot.press("enter")
            await wait_for_step(pilot, "review")


async def test_a_session_is_taken_up_or_fetched_again(paths: Paths) -> None:
    with DemoServer(groups=12) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "can be freed")
            assert app.session is not None
            await app.session.accept(app.session.rows[3].group_id)
        listings = server.requests.count("GET", "/duplicates")

        again = app_for(server, paths)
        async with again.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "as you left it: 1 group decided")
            assert server.requests.count("GET", "/duplicates") == listings
            await pilot.press("r")
            await wait_for(pilot, lambda: server.requests.count("GET", "/duplicates") > listings)
            await wait_for_text(pilot, "can be freed")
            assert again.session is not None
            assert [row.decided for row in again.session.rows].count(True) == 1


async def test_no_duplicates_is_no_error(paths: Paths) -> None:
    with DemoServer("empty") as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "0 groups", "nothing to review")


async def test_cancelling_leaves_nothing_behind(paths: Paths) -> None:
    with DemoServer(groups=3000) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_step(pilot, "fetch")
            await wait_for(pilot, lambda: getattr(app.screen, "fetching", False))
            await pilot.press("escape")
            await wait_for_text(pilot, "Cancelled; nothing was changed")
            assert app.session is not None
            assert not app.session.rows
            await pilot.press("r")
            await wait_for_text(pilot, "3,000 groups", within=60)


async def test_a_server_that_goes_away_is_told_and_tried_again(paths: Paths) -> None:
    with DemoServer(groups=12) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "can be freed")
            with server.outage():
                await pilot.press("r")
                await wait_for_text(pilot, "Press r to try again", within=60)
            await pilot.press("r")
            await wait_for_text(pilot, "can be freed", within=60)


async def test_a_second_app_may_only_look(paths: Paths) -> None:
    with DemoServer(groups=12) as server:
        first, second = app_for(server, paths), app_for(server, paths)
        async with first.run_test(size=SIZE) as pilot:
            await wait_for_text(pilot, "can be freed")
            async with second.run_test(size=SIZE, notifications=True) as other:
                await wait_for_text(other, "Another immich-tui has this review open")
                assert second.runner is None
                second.go("execute")
                await wait_for_text(other, "only that one can carry decisions out")


async def test_a_second_fetch_tells_what_is_different(paths: Paths) -> None:
    with DemoServer() as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "can be freed")
            session = app.session
            assert session is not None
            group_id = session.rows[0].group_id
            await session.accept(group_id)
            photo = (await session.look(group_id)).group.assets[0]
            async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
                await client.update_assets([photo.id], {"description": "our garden"})
            await pilot.press("r")
            await wait_for_text(
                pilot, "Since the last fetch: 1 changed", "1 decided group changed: look again"
            )
            row = session.row(group_id)
            assert (row.changed, row.news) == (True, f"{photo.original_file_name}: description edited.")

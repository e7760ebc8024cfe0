"""The ledger in Review tells who is on the photos and which links show them, once one stays on a group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from textual.pilot import Pilot

from immich_tui.demo.faults import delayed, status
from immich_tui.demo.server import DemoServer
from immich_tui.tui.widgets.comparison import Comparison
from tests.shelf import Shelf, rich
from tests.tui.review_library import ReviewApp, Scenes, screen_text, settled, wait_for
from tests.tui.stage import resize
from tests.workbench import workbench

PEOPLE = "/api/people"
FACES = "/api/faces"


def shelve(server: DemoServer, groups: int) -> None:
    shelf = Shelf(server)
    for number in range(groups):
        shelf.group(
            (f"IMG_{number}.jpg", rich(size=40_000)),
            (f"IMG_{number}-1.jpg", rich(size=9_000, people=("Ada",), links=("beach",))),
        )


@asynccontextmanager
async def reviewing(server: DemoServer, folder: Path) -> AsyncIterator[Pilot[Any]]:
    async with workbench(server, folder) as bench:
        app = ReviewApp(bench.session, Scenes())
        app.link = SimpleNamespace(client=bench.client, connection=SimpleNamespace(url=server.url))
        async with app.run_test(size=(140, 50)) as pilot:
            await settled(pilot)
            yield pilot


async def test_people_and_links_are_told_once_one_stays_on_a_group(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        shelve(server, 1)
        async with reviewing(server, tmp_path) as pilot:
            await wait_for(pilot, lambda: "person: Ada" in screen_text(pilot.app))
            assert "shared link: 1 link" in screen_text(pilot.app)
            # What is decided on it asks nothing anew and leaves it told.
            before = server.requests.count("GET", FACES)
            await pilot.press("f")
            await pilot.press("escape")
            await settled(pilot)
            assert "person: Ada" in screen_text(pilot.app)
            assert server.requests.count("GET", FACES) == before == 2


async def test_groups_that_are_passed_by_are_not_asked_about(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        shelve(server, 8)
        server.faults.add(delayed(0.5), method="GET", path=PEOPLE)
        async with reviewing(server, tmp_path) as pilot:
            for _ in range(7):
                await pilot.press("j")
            await wait_for(pilot, lambda: "person: Ada" in screen_text(pilot.app))
            assert server.requests.count("GET", FACES) < 8


async def test_what_could_not_be_asked_is_asked_again_on_coming_back(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        shelve(server, 2)
        fault = server.faults.add(status(400), method="GET", path=PEOPLE, times=None)
        async with reviewing(server, tmp_path) as pilot:
            await wait_for(pilot, lambda: fault.met)
            await settled(pilot)
            assert "person: Ada" not in screen_text(pilot.app)
            server.faults.clear()
            await pilot.press("j", "k")
            await wait_for(pilot, lambda: "person: Ada" in screen_text(pilot.app))


async def test_what_is_told_late_leaves_the_pane_where_one_reads(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        shelve(server, 1)
        server.faults.add(delayed(1.0), method="GET", path=PEOPLE)
        async with reviewing(server, tmp_path) as pilot:
            await resize(pilot, 80, 24)
            await pilot.press("D")
            comparison = pilot.app.screen.query_one(Comparison)
            await wait_for(pilot, lambda: comparison.max_scroll_y)
            comparison.scroll_to(y=1, animate=False)
            await wait_for(pilot, lambda: comparison.scroll_offset.y == 1)
            assert not server.requests.count("GET", FACES)
            await wait_for(pilot, lambda: "person: Ada" in screen_text(pilot.app))
            assert comparison.scroll_offset.y == 1

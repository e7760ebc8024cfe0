"""The rows that tell which downloader has what."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.execution.transfer.dispatcher import WaySnapshot
from immich_tui.execution.transfer.settings import Aria2Setup, Transfer
from immich_tui.execution.transfer.wanted import State
from immich_tui.immich.secret import Secret
from immich_tui.tui.phases import Stage
from immich_tui.tui.widgets.way_rows import WayRows
from tests.shelf import Shelf
from tests.tui.stage import app_for, wait_for, wait_for_text
from tests.tui.test_execute import to_checks

MOUNT = WaySnapshot("mount", "", {State.COMPLETED: 12, State.PENDING: 3}, 36_000_000)
AWAY = WaySnapshot("aria2", "aria2 at 127.0.0.1:6800 is away.\x1b[31m", {State.DOWNLOADER_ERROR: 5}, 0)
NOBODY = WaySnapshot("", "", {State.NO_DOWNLOADER: 2}, 0)


def shown(*ways: WaySnapshot, width: int = 80) -> list[str]:
    rows = WayRows()
    rows.show(ways)
    return ["".join(text for text, _ in row) for row in rows.rows(width)]


def test_one_way_that_works_needs_no_row() -> None:
    assert shown() == []
    assert shown(WaySnapshot("http", "", {State.COMPLETED: 4}, 7)) == []


def test_each_tells_what_it_has_and_who_is_away() -> None:
    first, second, why, last = shown(MOUNT, AWAY, NOBODY)
    assert "● mount" in first
    assert "3 waiting, 12 done · 34.3 MiB" in first
    assert "✗ aria2" in second
    assert "5 unknown" in second
    assert "away: aria2 at 127.0.0.1:6800 is away." in why
    assert "\x1b" not in why
    assert "○ nobody" in last
    assert "2 without a downloader" in last


def test_rows_keep_to_their_width() -> None:
    for width in (20, 38, 60):
        assert all(len(row) <= width for row in shown(MOUNT, AWAY, NOBODY, width=width))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_screen_shows_who_is_away(paths: Paths, size: tuple[int, int]) -> None:
    with DemoServer("empty", jobs_delay=0.05) as server:
        shelf = Shelf(server)
        for number in range(4):
            shelf.pair(number)
        app = app_for(server, paths, flags={"rate": 1000.0})
        async with app.run_test(size=size) as pilot:
            await to_checks(app, pilot)
            assert app.runner is not None
            # Nothing listens there: its files have nobody.
            aria2 = Aria2Setup("http://127.0.0.1:9/jsonrpc", Secret("s"), "/backups", shared=True)
            app.runner.settings = replace(
                app.runner.settings, transfer=Transfer(aria2=aria2, http=False, poll_s=0.1, patience_s=60.0)
            )
            app.runner.renew()
            await app.runner.check()
            await pilot.pause()
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_text(pilot, "aria2", "away: aria2 at 127.0.0.1:9", "without a downloader")
            if folder := os.environ.get("SHOTS"):
                Path(folder, f"ways-{size[0]}.svg").write_text(app.export_screenshot())
            app.runner.cancel()
            await wait_for(pilot, lambda: app.runner is not None and app.runner.stage is Stage.ENDED)

"""Hints are shown once, can be left at any time, and stay inside the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.widgets import Static

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.screens.tour import HINTS, TourScreen
from immich_tui.tui.tour import FILE, is_new, remember

from .stage import app_for, resize, review, screen_text, wait_for, wait_for_text


def test_they_are_for_those_who_have_not_seen_them(tmp_path: Path) -> None:
    data = tmp_path / "not made yet"
    assert is_new(data)
    assert remember(data)
    assert not is_new(data)
    assert (data / FILE).stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_shows_none(tmp_path: Path) -> None:
    place = tmp_path / "a file"
    place.touch()
    assert not remember(place)


def toured(app: ImmichTui) -> bool:
    return isinstance(app.screen, TourScreen)


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 36), (200, 50)])
async def test_each_hint_is_shown_beside_its_pane(
    server: DemoServer, paths: Paths, size: tuple[int, int]
) -> None:
    app = app_for(server, paths, newcomer=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await review(app, pilot)
        await wait_for(pilot, lambda: toured(app))
        await resize(pilot, *size)
        for number, (selector, title, _) in enumerate(HINTS):
            await wait_for_text(pilot, f"hint {number + 1} of {len(HINTS)}", title)
            await pilot.pause(0.1)
            box = app.screen.query_one("#hint").region
            assert Region(0, 0, *size).contains_region(box), (size, selector, box)
            assert "{" not in screen_text(app)
            bar = app.screen.query_one("#bar")
            assert bar.display == bool(selector)
            if selector:
                pane = app.screen_stack[0].query_one(selector).region
                assert (bar.region.y, bar.region.bottom) == (pane.y, pane.bottom)
                assert bar.region.x in {pane.x - 1, pane.x}
                assert size == (60, 18) or not box.overlaps(pane), "what a hint speaks of stays in sight"
            await pilot.press("enter")
        await wait_for(pilot, lambda: not toured(app))


async def test_escape_ends_them_and_they_do_not_come_again(server: DemoServer, paths: Paths) -> None:
    app = app_for(server, paths, newcomer=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await review(app, pilot)
        await wait_for(pilot, lambda: toured(app))
        await pilot.press("right", "left", "escape")
        await wait_for(pilot, lambda: not toured(app))
        assert not is_new(paths.data)
        app.go("fetch")
        app.go("review")
        await pilot.pause()
        await wait_for(pilot, lambda: not any(w.group == "tour" and w.is_running for w in app.workers))
        assert not toured(app)
        app.go("fetch")
        app.action_hints()
        assert not toured(app)
        app.go("review")
        await pilot.pause()
        app.action_hints()
        await wait_for_text(pilot, "hint 1 of 5")
        await pilot.press("q")
        await wait_for(pilot, lambda: not toured(app))


class _Panes(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("groups", id="groups")


@pytest.mark.parametrize("button", ["#end", "#next"])
async def test_the_mouse_goes_on_or_ends_them(button: str) -> None:
    app = _Panes()
    async with app.run_test(size=(120, 36)) as pilot:
        await app.push_screen(TourScreen(app.screen))
        await wait_for_text(pilot, "hint 1 of 5")
        await pilot.pause()
        await pilot.click(button)
        if button == "#end":
            await wait_for(pilot, lambda: not isinstance(app.screen, TourScreen))
        else:
            await wait_for_text(pilot, "hint 2 of 5")


async def test_leaving_before_the_first_hint_is_placed_is_no_mistake() -> None:
    app = _Panes()
    async with app.run_test(size=(120, 36)) as pilot:
        for _ in range(3):
            tour = TourScreen(app.screen)
            await app.push_screen(tour)
            tour._show()
            tour.action_end()
            await wait_for(pilot, lambda: not isinstance(app.screen, TourScreen))
            tour._show()
        await pilot.pause()

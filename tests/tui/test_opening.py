"""What it costs to open a screen from the review, counted: styles, darkened lines, turns of the loop."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.css.stylesheet import Stylesheet
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui.screens import dialog
from immich_tui.tui.screens.dialog import Dialog, in_shade
from immich_tui.tui.steps import every_screen
from tests.tui import stage
from tests.tui.review_library import ReviewApp, library, open_session, screen_text, settled, wait_for

OPENING = {
    "details": "e",
    "flags": "F",
    "policy": "P",
    "act": "semicolon",
    "sort": "S",
    "note": "f",
    "jump": "g",
}


async def review_app(folder: Path) -> Any:
    """The review of the small library."""
    return ReviewApp(await open_session(folder, library()))


async def at_rest(pilot: Any) -> None:
    """Wait until everything is on the screen."""
    await settled(pilot)


async def until(pilot: Any, fact: Any) -> None:
    """Wait until something is true."""
    await wait_for(pilot, fact)


def shown(app: App[Any]) -> list[str]:
    """The lines on the screen."""
    text: str = screen_text(app)
    return text.splitlines()


# -- styles


@pytest.mark.parametrize("key", OPENING.values(), ids=OPENING)
async def test_styles_are_applied_to_little_more_than_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    app = await review_app(tmp_path)
    applied: Counter[str] = Counter()
    apply = Stylesheet.apply

    def count(self: Stylesheet, node: Any, **options: Any) -> None:
        applied["component" if node.parent is not None and node not in node.parent.children else "node"] += 1
        apply(self, node, **options)

    async with app.run_test(size=(120, 36)) as pilot:
        await at_rest(pilot)
        # The second time: its style sheet is there, as it is in the app from the start.
        for _ in range(2):
            applied.clear()
            monkeypatch.setattr(Stylesheet, "apply", count)
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not app.review and app.screen.is_mounted)
            await pilot.pause()
            monkeypatch.undo()
            new = len(app.screen.query("*")) + 1
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.review)
            await at_rest(pilot)
    # When it is made, when its screen comes, and with the size or the focus.
    assert applied["node"] <= 3 * new
    # Those of Textual's own widgets. With component classes for the inks it was 23 for each pane each time.
    assert applied["component"] <= 20


async def test_the_app_knows_all_style_sheets_before_a_screen_opens(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DemoServer(groups=5) as server:
        app = stage.app_for(server, paths)
        async with app.run_test(size=(120, 36)) as pilot:
            await stage.review(app, pilot)
            for screen in every_screen():
                if issubclass(screen, Screen) and screen.CSS_PATH is not None:
                    sheet = Path(str(dialog.__file__)).parent.resolve() / str(screen.CSS_PATH)
                    await stage.wait_for(pilot, partial(app.stylesheet.has_source, str(sheet)))
            updated: list[object] = []
            update = Stylesheet.update

            def note(self: Stylesheet, root: Any, animate: bool = False) -> None:
                updated.append(root)
                update(self, root, animate)

            monkeypatch.setattr(Stylesheet, "update", note)
            await pilot.press("question_mark")
            await stage.wait_for_text(pilot, "escape closes")
            assert app not in updated, "a style sheet was new, so that all was styled again"


# -- turns


@pytest.mark.parametrize("key", ["e", "F", "S"])
async def test_others_have_a_turn_between_the_steps_of_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    app = await review_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await at_rest(pilot)
        turns = 0

        async def come_round() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        laid_out: list[int] = []
        lay_out = Screen._refresh_layout

        def note(self: Any, *arguments: Any, **options: Any) -> None:
            if self is not app.review:
                laid_out.append(turns)
            lay_out(self, *arguments, **options)

        monkeypatch.setattr(Screen, "_refresh_layout", note)
        other = asyncio.create_task(come_round())
        await pilot.press(key)
        await until(pilot, lambda: len(laid_out) >= 2)
        other.cancel()
        assert laid_out[0] < laid_out[1]


# -- the shade


STYLES = [
    None,
    Style(),
    Style(color="#102030", bgcolor="#a0b0c0"),
    Style(color="#102030"),
    Style(bgcolor="#fffefd", bold=True, underline=True),
    Style(color="color(1)", bgcolor="default"),
    Style(color="#123456", bgcolor="#654321", link="https://photos.example.org"),
    Style(color="#123456", bgcolor="#654321", meta={"@click": "x"}, dim=True),
]


@pytest.mark.parametrize("shade", ["#11161C 60%", "#FFFFFF 30%", "#000000 0%"])
def test_the_shade_is_what_textual_makes_of_it(shade: str) -> None:
    colour, share = shade.split()
    veil = Color.parse(colour).with_alpha(int(share[:-1]) / 100)
    pieces = [Segment(f"{number}", style) for number, style in enumerate(STYLES)]
    wanted = list(BackgroundScreen.process_segments(pieces, veil))
    assert in_shade(pieces, Style(), veil) == wanted


async def test_only_lines_that_changed_are_darkened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = await review_app(tmp_path)
    darkened = 0
    darken = dialog.in_shade

    def count(*arguments: Any) -> Any:
        nonlocal darkened
        darkened += 1
        return darken(*arguments)

    monkeypatch.setattr(dialog, "in_shade", count)
    async with app.run_test(size=(120, 36)) as pilot:
        await at_rest(pilot)
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, Dialog) and app.screen.is_mounted)
        await pilot.pause()
        assert 36 <= darkened <= 40, "each line once, however often the dialog is laid out"
        darkened = 0
        for key in ("j", "j", "k"):
            await pilot.press(key)
            await pilot.pause()
        assert darkened == 0, "nothing changed below"
        app.review.groups.border_title = "other words"
        await until(pilot, lambda: any("other words" in line for line in shown(app)))
        assert 1 <= darkened <= 3
        before = len(shown(app))
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: len(shown(app)) == 30 != before)
        app.theme = "light-table"
        await until(pilot, lambda: app.screen._darkened_for[1] == app.screen.styles.background)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.review)

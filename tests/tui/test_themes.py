"""The theme suits the terminal, and its meanings differ for everyone."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import Theme

from immich_tui.config import Paths
from immich_tui.tui.ink import INKS, ink, on_background
from immich_tui.tui.themes import DARKROOM, LIGHT_TABLE, OWN_THEMES, SIXTEEN, theme_for
from immich_tui.tui.widgets.caption import Caption
from immich_tui.tui.widgets.lines import Lines
from tests.tui.stage import app_for, wait_for, wait_for_text

BRIGHT_BLACK, BRIGHT_BLUE = 8, 12
NOT_OURS = {2, 5, 10, 13}
"""Green and magenta, of which the bright ones are 8 further."""


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"TERM": "xterm-256color"}, "darkroom"),
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor"}, "darkroom"),
        ({"TERM": "xterm-kitty"}, "darkroom"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "darkroom"),
        ({}, "darkroom"),
        ({"TERM": "linux"}, "sixteen"),
        ({"TERM": "xterm"}, "sixteen"),
        ({"TERM": "xterm-16color"}, "sixteen"),
    ],
)
def test_sixteen_colours_use_the_terminals_own(environment: dict[str, str], name: str) -> None:
    assert theme_for(environment) == name
    assert theme_for(environment, "nord") == "nord"


def test_good_and_wrong_differ_without_red_and_green() -> None:
    good, wrong = Color.parse(str(DARKROOM.success)), Color.parse(str(DARKROOM.error))
    # Red and green look alike to many; blue is what everyone can tell from orange.
    assert good.b - wrong.b > 100
    assert wrong.r - good.r > 100


@pytest.mark.parametrize("theme", [DARKROOM, LIGHT_TABLE], ids=lambda theme: theme.name)
def test_text_stands_out_from_its_background(theme: Theme) -> None:
    back = Color.parse(str(theme.background))
    for colour in (theme.foreground, theme.primary, theme.warning, theme.error):
        contrast = _contrast(Color.parse(str(colour)), back)
        assert contrast >= 4.5, (colour, contrast)


@pytest.mark.parametrize("theme", [DARKROOM, LIGHT_TABLE], ids=lambda theme: theme.name)
async def test_words_have_the_colours_of_the_theme_unmixed(theme: Theme) -> None:
    app = _Inked()
    app.register_theme(theme)
    app.theme = theme.name
    async with app.run_test() as pilot:
        await pilot.pause()
        caption = app.query_one(Caption)
        for meaning, colour in (("better", theme.primary), ("warn", theme.warning), ("lost", theme.error)):
            shown = ink(caption, meaning).color
            assert shown is not None
            assert shown.get_truecolor().hex == Color.parse(str(colour)).hex.lower()


class _Inked(App[None]):
    def compose(self) -> ComposeResult:
        yield Caption()
        yield Lines()


@pytest.mark.parametrize("name", ["sixteen", "ansi-dark", "ansi-light", "darkroom", "light-table"])
async def test_every_chip_can_be_read(name: str) -> None:
    app = _Inked()
    for theme in OWN_THEMES:
        app.register_theme(theme)
    app.theme = name
    async with app.run_test() as pilot:
        await pilot.pause()
        caption = app.query_one(Caption)
        for meaning in ("keep", "trash", "ours", "immich", "trait"):
            style = ink(caption, meaning)
            assert style.color is not None
            assert style.color.is_default or style.color != style.bgcolor, (name, meaning)
        cursor = ink(caption, "cursor")
        assert cursor.reverse or cursor.bgcolor != ink(caption, "").bgcolor


@pytest.mark.parametrize("name", ["sixteen", "ansi-dark", "ansi-light"])
async def test_the_line_under_the_cursor_is_of_one_piece_where_it_is_reversed(name: str) -> None:
    app = _Inked()
    app.register_theme(SIXTEEN)
    app.theme = name
    async with app.run_test() as pilot:
        await pilot.pause()
        caption = app.query_one(Caption)
        under = ink(caption, "cursor")
        styles = {on_background(ink(caption, meaning), under) for meaning in ("", *INKS)}
        assert {(style.color, style.bgcolor, style.dim, style.reverse) for style in styles} == {
            (under.color, under.bgcolor, under.dim, True)
        }
        assert on_background(ink(caption, "strong"), under).bold


@pytest.mark.parametrize("name", ["sixteen", "ansi-dark", "ansi-light"])
async def test_what_is_quiet_is_quiet_in_sixteen_colours(name: str) -> None:
    app = _Inked()
    app.register_theme(SIXTEEN)
    app.theme = name
    async with app.run_test() as pilot:
        await pilot.pause()
        for meaning in ("muted", "rail"):
            assert app.query_one(Lines).ink(meaning).dim


async def test_no_colour_in_sixteen_is_one_without_a_meaning(paths: Paths) -> None:
    app = app_for(None, paths, flags={"theme": SIXTEEN.name})
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: app.theme == SIXTEEN.name)
        await wait_for_text(pilot, "Connect to your Immich server")
        strips = app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        used = {style.color.number for style in styles if style.color}
        assert {BRIGHT_BLACK, BRIGHT_BLUE} <= used, "frames are grey, and blue with the focus"
        assert used.isdisjoint(NOT_OURS)


def _contrast(one: Color, other: Color) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

"""Inks look as the same colours in a style sheet would, in every theme, and follow the theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES

from immich_tui.tui.ink import INKS, INKS_OF_SIXTEEN, Ink, Inked
from immich_tui.tui.themes import OWN_THEMES
from immich_tui.tui.widgets.lines import Lines, Sentences

THEMES = sorted({*BUILTIN_THEMES, *(theme.name for theme in OWN_THEMES)})


def style_sheet(inks: Mapping[str, Ink], scope: str) -> str:
    """The inks as a style sheet has them."""
    rules = []
    for meaning, ink in inks.items():
        said = {"color": ink.colour, "background": ink.behind, "text-style": ink.style or "none"}
        words = "".join(f"{name}: {value}; " for name, value in said.items() if value)
        rules.append(f"{scope} > .said--{meaning} {{ {words}}}")
    return "\n".join(rules)


class Said(Inked):
    """A pane with its inks, and with component classes that say the same."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"said--{meaning}" for meaning in INKS}


class Told(Lines):
    """The same for the inks of lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"said--{meaning}" for meaning in Lines.INKS}


class Desk(App[None]):
    """Panes on different backgrounds."""

    CSS = (
        style_sheet(INKS, "Said")
        + style_sheet({**INKS, **INKS_OF_SIXTEEN}, "Said:ansi")
        + style_sheet(Lines.INKS, "Told")
        + style_sheet({**Lines.INKS, **Lines.INKS_OF_SIXTEEN}, "Told:ansi")
        + """
    #panel { background: $panel; color: $text-muted; text-style: bold; }
    #veil { background: $primary 30%; color: $foreground 80%; opacity: 70%; }
    """
    )

    def __init__(self) -> None:
        super().__init__()
        for theme in OWN_THEMES:
            self.register_theme(theme)

    def compose(self) -> ComposeResult:
        yield Said()
        yield Told()
        with Vertical(id="panel"):
            yield Said()
            yield Told()
            with Vertical(id="veil"):
                yield Said()


async def test_an_ink_is_what_a_style_sheet_would_make_of_it() -> None:
    app = Desk()
    compared = 0
    async with app.run_test() as pilot:
        for theme in THEMES:
            app.theme = theme
            await pilot.pause()
            for pane in app.query(Inked):
                for meaning in pane.INKS:
                    wanted = pane.get_component_rich_style(f"said--{meaning}")
                    assert pane.ink(meaning) == wanted, (theme, pane, meaning)
                    compared += 1
                assert pane.ink("") == pane.rich_style
    assert compared == len(THEMES) * (3 * len(INKS) + 2 * len(Lines.INKS))


def test_terminals_of_sixteen_colours_have_no_inks_of_their_own_meaning() -> None:
    assert INKS_OF_SIXTEEN.keys() <= INKS.keys()
    assert Lines.INKS_OF_SIXTEEN.keys() <= Lines.INKS.keys()


async def test_another_theme_paints_again() -> None:
    class Shown(App[None]):
        def compose(self) -> ComposeResult:
            yield Sentences()

    app: App[Any] = Shown()
    async with app.run_test() as pilot:
        words = app.query_one(Sentences)
        words.show(("careful", "warn"))
        await pilot.pause()

        def colour() -> Any:
            line: Strip = app.screen._compositor.render_strips()[0]
            return next(segment.style for segment in line if "careful" in segment.text)

        before = colour()
        app.theme = "textual-light"
        await pilot.pause()
        assert colour() != before
        assert colour() == words.ink("warn")


async def test_an_ink_is_mixed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed: list[str] = []
    mix = Inked.mix

    def noted(pane: Inked, meaning: str) -> Style:
        mixed.append(meaning)
        return mix(pane, meaning)

    monkeypatch.setattr(Inked, "mix", noted)
    app = Desk()
    async with app.run_test() as pilot:
        pane = app.query_one(Said)
        for _ in range(3):
            assert Segment("x", pane.ink("warn")).style is pane.ink("warn")
        assert mixed == ["warn"]
        app.theme = "textual-light"
        await pilot.pause()
        pane.ink("warn")
        assert mixed == ["warn", "warn"]

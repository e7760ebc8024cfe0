"""The line of keys: what has no room is left out whole, and each key can be clicked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from immich_tui.tui.app import ImmichTui
from immich_tui.tui.keys import declared
from immich_tui.tui.screens.connect import ProfileList
from immich_tui.tui.screens.execute import ExecuteScreen
from immich_tui.tui.steps import every_screen
from immich_tui.tui.widgets.filter_bar import FilterBar
from immich_tui.tui.widgets.key_line import Hint, KeyLine
from immich_tui.tui.widgets.told import Told
from tests.tui.stage import screen_text

HINTS = (
    Hint(("t.details",), "details"),
    Hint(("t.pause",), "pause/go on"),
    Hint(("t.less", "t.more"), "workers"),
    Hint(("t.elsewhere",), "of another screen"),
    Hint(("t.help",), "keys"),
)
WHOLE = {"d details", "p pause/go on", "-/+ workers", "? keys"}


class Keyed(App[None]):
    """A line of keys and a number that two of them change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "count(10)", id="t.details"),
        Binding("p", "count(100)", id="t.pause"),
        Binding("minus", "count(-1)", id="t.less"),
        Binding("plus", "count(1)", id="t.more"),
        Binding("question_mark", "count(1000)", id="t.help"),
    ]
    number = 0

    def compose(self) -> ComposeResult:
        yield KeyLine(HINTS, id="keys")

    def action_count(self, by: int) -> None:
        self.number += by


@pytest.mark.parametrize("across", range(4, 60))
async def test_no_width_shows_half_a_word(across: int) -> None:
    app = Keyed()
    async with app.run_test(size=(across, 2)) as pilot:
        await pilot.pause()
        line = screen_text(app).splitlines()[-1].strip()
        shown = {words.strip() for words in re.split(r" {2,}", line) if words.strip()}
        assert shown <= WHOLE
        if across >= 8:
            assert line.endswith("? keys")
        if across >= 48:
            assert shown == WHOLE


async def test_each_of_two_keys_does_its_own_and_the_words_what_the_first_does() -> None:
    app = Keyed()
    async with app.run_test(size=(60, 2)) as pilot:
        await pilot.pause()
        line = screen_text(app).splitlines()[-1]
        for words, number in (
            ("-/+", -1),
            ("+ workers", 0),
            ("workers", -1),
            ("? keys", 999),
            ("details", 1009),
        ):
            await pilot.click(KeyLine, offset=(line.index(words), 0))
            assert app.number == number, words
        await pilot.click(KeyLine, offset=(line.index("  ? keys"), 0))
        assert app.number == 1009, "between the words nothing happens"


def test_every_hint_is_about_keys_that_there_are() -> None:
    names = {binding.id for binding in (*declared(ImmichTui), *declared(FilterBar), *declared(ProfileList))}
    hints: dict[type[DOMNode], Sequence[Hint]] = {
        screen: said for screen in every_screen() if (said := getattr(screen, "HINTS", ()))
    }
    assert ExecuteScreen in hints
    for screen, hinted in hints.items():
        here = names | {binding.id for binding in declared(screen)}
        for hint in hinted:
            assert here.issuperset(hint.bindings), (screen, hint)


@pytest.mark.parametrize("across", [30, 46, 60, 79])
def test_a_paragraph_with_a_sign_is_no_wider_than_its_place(across: int) -> None:
    told = Told()
    told._tellings = (("  ✓ IMG_1.jpg: trashed IMG_2.jpg; carried " + "location, album cover, " * 9, ""),)
    rows = told.rows(across)
    assert len(rows) > 2
    assert max(sum(len(text) for text, _ in row) for row in rows) <= across
    assert all("".join(text for text, _ in row).startswith("    ") for row in rows[1:])

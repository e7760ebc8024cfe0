"""A keymap is checked before it is used: Textual takes nonsense silently."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.binding import Binding, BindingType
from textual.screen import Screen

from immich_tui.tui.keys import check_keymap, is_key


class Some(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause", id="some.pause"),
        Binding("c,x", "cancel", "Cancel", id="some.cancel"),
        Binding("question_mark", "help", "Help", id="some.help"),
    ]


class Other(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("p", "print", "Print", id="other.print")]


def test_a_sound_keymap_is_taken_whole() -> None:
    keymap = {"some.pause": "ctrl+s,z", "other.print": "c"}
    assert check_keymap(keymap, [Some, Other]) == (keymap, ())


@pytest.mark.parametrize(
    ("keymap", "word"),
    [
        ({"some.pasue": "z"}, "some.pasue"),
        ({"some.pause": "bogus+key+zz"}, "bogus+key+zz"),
        ({"some.pause": ""}, "does not exist"),
        ({"some.pause": "x"}, "some.cancel"),
        ({"some.pause": "?"}, "some.help"),
        ({"some.pause": "question_mark"}, "some.help"),
    ],
)
def test_nonsense_is_left_out_and_named(keymap: dict[str, str], word: str) -> None:
    usable, problems = check_keymap({**keymap, "other.print": "o"}, [Some, Other])
    assert usable == {"other.print": "o"}
    assert len(problems) == 1
    assert word in problems[0]


def test_keys_may_trade_places() -> None:
    keymap = {"some.pause": "c", "some.cancel": "p"}
    assert check_keymap(keymap, [Some]) == (keymap, ())


def test_what_counts_as_a_key() -> None:
    assert all(map(is_key, ("a", "?", "+", "ctrl+plus", "f1", "shift+tab", "ctrl+shift+a", "escape", "é")))
    assert not any(map(is_key, ("", "ctrl+", "strg+a", "bogus")))

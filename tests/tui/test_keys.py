"""A keymap is checked before it is used: Textual takes nonsense silently."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from immich_tui.config import Paths
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.keymaps import KEYMAPS, keymap
from immich_tui.tui.keys import check_keymap, declared, is_key, live_help
from immich_tui.tui.screens.review import ReviewScreen
from immich_tui.tui.steps import every_screen
from tests.tui.stage import app_for


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


def test_the_nearest_valid_name_is_told() -> None:
    problems = check_keymap({"some.pasue": "z", "some.pause": "escpae"}, [Some])[1]
    assert "Did you mean 'some.pause'?" in problems[0]
    assert "Did you mean 'escape'?" in problems[1]


def test_what_is_left_out_gets_its_key_back_even_where_that_was_given_away() -> None:
    usable, problems = check_keymap({"some.pause": "x", "some.help": "p"}, [Some])
    assert usable == {}
    assert len(problems) == 2


class Inheriting(Some):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("i", "more", "More", id="inheriting.more")]


def test_a_clash_with_an_inherited_key_is_found() -> None:
    assert check_keymap({"inheriting.more": "p"}, [Some, Inheriting])[0] == {}


@pytest.mark.parametrize("name", KEYMAPS)
def test_the_keymaps_of_the_program_are_sound(name: str) -> None:
    wishes = keymap(name, {})
    assert check_keymap(wishes, [ImmichTui, *every_screen()]) == (wishes, ())


def test_immichs_keymap_has_its_shortcuts_and_trashes_nothing_with_d() -> None:
    wishes = keymap("immich", {"review.flag": "ctrl+f"})
    keys = {name: wishes.get(name, binding.key) for binding in declared(ReviewScreen) if (name := binding.id)}
    taken = {key: name for name, written in keys.items() for key in written.split(",")}
    assert taken["a"] == "review.keep_all"
    assert taken["C"] == "review.accept"
    assert taken["S"] == "review.stack"
    assert taken["s"] == "review.picture"
    assert (taken["left"], taken["right"]) == ("review.previous", "review.next")
    assert taken["ctrl+f"] == "review.flag"
    assert "d" not in taken


def test_every_key_of_the_review_can_be_remapped() -> None:
    assert all(binding.id for binding in declared(ReviewScreen))


async def test_the_help_keeps_its_order_and_its_words_for_keys_under_another_keymap(paths: Paths) -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        await app.push_screen(Some())
        app.set_keymap({"some.pause": "z,enter"})
        await pilot.pause()
        (section,) = (one for one in live_help(app, app.screen) if one.title == "This screen")
        assert [entry.label for entry in section.entries] == ["Pause", "Cancel", "Help"]
    assert app_for(None, paths).get_key_display(Binding("enter", "go", "Go")) == "enter"


def test_what_counts_as_a_key() -> None:
    assert all(map(is_key, ("a", "?", "+", "ctrl+plus", "f1", "shift+tab", "ctrl+shift+a", "escape", "é")))
    assert not any(map(is_key, ("", "ctrl+", "strg+a", "bogus")))


def test_the_help_hides_no_key_behind_another() -> None:
    app = App[None]()
    for node in every_screen():
        shown: dict[str, list[str]] = {}
        for binding in declared(node):
            if binding.id:
                shown.setdefault(binding.id, []).append(app.get_key_display(binding))
        for name, keys in shown.items():
            assert len(set(keys)) == len(keys), name

"""Sentences name the keys that the keymap gives, not those that came with the program."""

from __future__ import annotations

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.keys import key_of
from tests.tui.stage import SIZE, app_for, screen_text, wait_for_step, wait_for_text

OWN = {
    "review.accept_ready": "ctrl+b",
    "review.rows": "f9",
    "review.undo": "ctrl+z,u",
    "act.redecide": "f7",
    "pick.cancel": "f4",
    "member.close": "f4",
    "member.down": "f8",
    "review.back": "f6",
    "filter.clear": "f3",
}


async def test_hints_advice_and_dialogs_name_the_keys_of_ones_own_keymap(paths: Paths) -> None:
    paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(f'"{name}" = "{keys}"' for name, keys in OWN.items())
    paths.config_file.write_text(f"[keymap]\n{lines}\n")
    with DemoServer(groups=8) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE) as pilot:
            await wait_for_step(pilot, "fetch")
            await wait_for_text(pilot, "can be freed", within=60)
            await wait_for_text(pilot, "in the review ^b accepts them together")
            await pilot.press("enter")
            await wait_for_step(pilot, "review")
            await pilot.press("j", "j")
            await wait_for_text(pilot, "f9 shows all rows")
            assert "D shows" not in screen_text(app)
            await pilot.press(";")
            await wait_for_text(pilot, "^z takes all of it back", "Cancel  f4")
            await pilot.press("f4", "e")
            await wait_for_text(pilot, "f8 k scroll", "f4 closes")
            await pilot.press("f4", "slash")
            await wait_for_text(pilot, "f3 show all")


def test_a_key_is_told_as_it_stands_on_the_keyboard() -> None:
    app = ImmichTui(lambda: (_ for _ in ()).throw(AssertionError))
    assert key_of(app, "review.rows") == "D"
    assert key_of(app, "review.back") == "escape"
    assert key_of(app, "pick.cancel", short=True) == "esc"
    assert key_of(app, "review.act") == ";"
    app.set_keymap({"review.rows": "question_mark,x"})
    assert key_of(app, "review.rows") == "?"

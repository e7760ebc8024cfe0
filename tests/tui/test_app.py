"""What holds everywhere in the app: size, keys, palette, and the end after a mistake."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.widgets import Input
from textual.worker import WorkerFailed

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.fatal import FATAL_STATUS
from immich_tui.tui.screens.too_small import TooSmall
from tests.tui.stage import SIZE, app_for, screen_text, wait_for, wait_for_step, wait_for_text


def settings(paths: Paths, text: str) -> None:
    paths.config.mkdir(parents=True)
    paths.config_file.write_text(text)


def test_fields_may_be_mounted_before_their_screen_is_shown() -> None:
    """From Python 3.12 on they are, and a text field asks for no selection then."""
    ImmichTui(lambda: None).clear_selection()  # type: ignore[arg-type,return-value]  # no settings


async def test_a_small_terminal_is_told_and_nothing_is_lost(paths: Paths) -> None:
    app = app_for(None, paths)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        await pilot.press(*"photos")
        await pilot.resize_terminal(59, 30)
        await wait_for_text(pilot, "59×30 cells")
        await pilot.resize_terminal(70, 17)
        await wait_for_text(pilot, "70×17 cells")
        await pilot.resize_terminal(60, 18)
        await wait_for(pilot, lambda: not isinstance(app.screen, TooSmall))
        await wait_for_text(pilot, "photos", "Connect to your Immich server")


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (300, 70)])
async def test_every_step_fits(paths: Paths, size: tuple[int, int]) -> None:
    with DemoServer(groups=6) as server:
        app = app_for(server, paths)
        async with app.run_test(size=size, notifications=True) as pilot:
            await wait_for_text(pilot, "How sure the rules are")
            for step in ("connect", "fetch", "review", "execute"):
                app.go(step)
                await wait_for_step(pilot, step)
                lines = screen_text(app).splitlines()
                assert len(lines) == size[1]
                assert step.capitalize() in lines[0]


async def test_the_keymap_of_the_settings_is_used_and_checked(paths: Paths) -> None:
    settings(paths, '[keymap]\n"fetch.review" = "ctrl+g"\n"fetch.nonsense" = "z"\n')
    with DemoServer(groups=6) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "can be freed", "fetch.nonsense")
            await pilot.press("question_mark")
            await wait_for_text(pilot, "^g", "Review")
            await pilot.press("escape", "ctrl+g")
            await wait_for_step(pilot, "review")


async def test_an_unknown_theme_is_told(paths: Paths) -> None:
    settings(paths, 'theme = "[/red]"\n')
    app = app_for(None, paths)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for_text(pilot, "There is no theme named [/red]")
        assert app.theme == "darkroom"


async def test_the_palette_finds_the_steps_that_can_be_entered(paths: Paths) -> None:
    with DemoServer(groups=6) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "can be freed")
            titles = [command.title for command in app.get_system_commands(app.screen)]
            assert {"Connect", "Review", "Execute", "Keys", "Quit"} <= set(titles)
            assert "Report" not in titles
            await pilot.press("ctrl+p")
            await pilot.press(*"execute", "enter")
            await wait_for_step(pilot, "execute")
            await pilot.press("escape")
            await wait_for_step(pilot, "review")
            titles = [command.title for command in app.get_system_commands(app.screen)]
            assert [title for title in titles if title.startswith("Execute")] == ["Execute (X)"], "once"


async def test_another_server_takes_the_place_of_the_first(paths: Paths) -> None:
    with DemoServer(groups=6) as first, DemoServer(groups=9) as second:
        app = app_for(first, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "6 groups")
            await pilot.press("escape")
            await wait_for_step(pilot, "connect")
            await pilot.press("escape")
            await wait_for_text(pilot, "Connect to your Immich server")
            app.screen.query_one("#url", Input).value = second.url
            app.screen.query_one("#key", Input).value = second.key
            await pilot.press("enter")
            await wait_for_text(pilot, "nothing is missing")
            await pilot.press("enter")
            await wait_for_text(pilot, "9 groups")
            assert app.link is not None
            assert str(second.port) in app.link.connection.url


@pytest.mark.parametrize("in_worker", [False, True])
async def test_a_mistake_ends_in_words_without_the_key(
    paths: Paths, in_worker: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    class Mistaken(Exception):
        pass

    with DemoServer(groups=6) as server:
        app = app_for(server, paths)

        async def mistake() -> None:
            local = server.key
            raise Mistaken(f"x-api-key: {local}")

        async def use() -> None:
            async with app.run_test(size=SIZE) as pilot:
                await wait_for_text(pilot, "can be freed")
                if in_worker:
                    app.run_worker(mistake())
                else:
                    app.call_later(mistake)
                await wait_for(pilot, lambda: app._exception is not None)

        with pytest.raises(WorkerFailed if in_worker else Mistaken):
            await use()
        assert app.return_code == FATAL_STATUS
        (log,) = (paths.data / "log").iterdir()
        assert "Mistaken" in log.read_text()
        for text in (log.read_text(), *capsys.readouterr()):
            assert server.key not in text


def test_nothing_is_thrown_at_the_terminal_by_textual_itself() -> None:
    assert ImmichTui._fatal_error is not App._fatal_error

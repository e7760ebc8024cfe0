"""Connecting: as people do it, and with everything that goes wrong told in a sentence."""

from __future__ import annotations

import re
import socket
import stat
from dataclasses import replace

import pytest
from textual.widgets import Input

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.phases import Stage
from immich_tui.tui.widgets.lines import Sentences
from tests.tui.stage import SIZE, app_for, review, screen_text, wait_for, wait_for_step, wait_for_text

MISSING = ("duplicate.read", "asset.read", "asset.view", "user.read", "apiKey.read", "server.about")


async def fill(app: ImmichTui, url: str, key: str, name: str = "") -> None:
    for field, text in (("#url", url), ("#key", key), ("#name", name)):
        app.screen.query_one(field, Input).value = text


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_typing_address_and_key_connects(
    server: DemoServer, paths: Paths, size: tuple[int, int]
) -> None:
    app = app_for(None, paths)
    async with app.run_test(size=size, notifications=True) as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        await pilot.press(*server.url.removeprefix("http://"), "tab")
        await pilot.press(*server.key, "enter")
        await wait_for_text(pilot, "Immich 3.", "Trash is on", "nothing is missing", "duplicate.read")
        assert server.key not in screen_text(app)
        await pilot.press("enter")
        await wait_for_step(pilot, "fetch")


async def test_a_known_key_goes_straight_to_the_groups(server: DemoServer, paths: Paths) -> None:
    app = app_for(server, paths)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for_step(pilot, "fetch")


async def test_a_key_that_lacks_something_is_shown_first(server: DemoServer, paths: Paths) -> None:
    app = app_for(server, paths, key=server.new_key(MISSING))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for_text(pilot, "✗ missing  asset.delete", "Nothing can be trashed or restored.")
        assert app.current_mode == "connect"
        await pilot.press("enter")
        await wait_for_step(pilot, "fetch")


async def test_without_the_listing_there_is_no_way_on(server: DemoServer, paths: Paths) -> None:
    app = app_for(server, paths, key=server.new_key(("asset.read", "user.read", "apiKey.read")))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for_text(pilot, "cannot list duplicates")
        assert app.screen.query_one("#continue").disabled
        await pilot.press("escape")
        await wait_for_text(pilot, "Connect to your Immich server")


async def test_a_wrong_key_is_said_in_a_sentence(server: DemoServer, paths: Paths) -> None:
    app = app_for(server, paths, key="not-the-key")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for_text(pilot, "API key")
        await wait_for(pilot, lambda: "accept" in screen_text(app))
        assert "not-the-key" not in screen_text(app)
        assert app.link is None


async def test_nobody_there(paths: Paths) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    app = app_for(None, paths)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        await fill(app, f"http://127.0.0.1:{port}", "key")
        await pilot.press("enter")
        status = app.screen.query_one("#status", Sentences)
        await wait_for(pilot, lambda: "127.0.0.1" in status.text and "Connecting" not in status.text)
        assert app.link is None


async def test_enter_asks_for_what_is_missing(paths: Paths) -> None:
    app = app_for(None, paths)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        await pilot.press(*"photos.example.org", "enter")
        await wait_for(pilot, lambda: app.focused is not None and app.focused.id == "key")


async def test_a_profile_is_kept_used_and_forgotten(server: DemoServer, paths: Paths) -> None:
    app = app_for(None, paths)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        await fill(app, server.url, server.key, "home")
        await pilot.press("enter")
        await wait_for_text(pilot, "nothing is missing")
    (key_file,) = paths.keys.iterdir()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert server.key not in paths.config_file.read_text()

    again = app_for(None, paths)
    async with again.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for_step(pilot, "fetch")
        again.go("connect")
        await wait_for_text(pilot, "nothing is missing")
        await pilot.press("escape")
        await wait_for_text(pilot, "home")
        again.screen.query_one("#profiles").focus()
        await pilot.press("down", "d")
        await wait_for_text(pilot, "Forget this profile?")
        await pilot.press("y")
        await wait_for(pilot, lambda: not again.setup.profiles)
    assert not list(paths.keys.iterdir())


async def test_a_broken_settings_file_is_named_with_its_line(paths: Paths) -> None:
    paths.config.mkdir(parents=True)
    paths.config_file.write_text("workers = 5\nrat = 3\n")
    app = app_for(None, paths)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        said = "line 2 there is no setting named rat"
        # Where lines break depends on how long the path is.
        await wait_for(pilot, lambda: said in " ".join(re.findall(r"\w+", screen_text(app))))


async def test_names_from_the_server_are_only_shown(server: DemoServer, paths: Paths) -> None:
    for user in list(server.library.users.values()):
        server.library.users[user.id] = replace(user, name="[/red]\x1b]0;pwn\x07[@click=app.quit]Ada")
    app = app_for(server, paths, key=server.new_key(MISSING))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await wait_for_text(pilot, "You are [/red]␛]0;pwn␇[@click=app.quit]Ada")


async def test_what_is_missing_is_named(server: DemoServer, paths: Paths) -> None:
    app = app_for(None, paths)
    async with app.run_test(size=SIZE) as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        await pilot.press("enter")
        await wait_for_text(pilot, "Type the address of your server first")
        await fill(app, server.url, "")
        await pilot.press("enter")
        await wait_for_text(pilot, "An API key is needed, too")
        assert app.link is None


async def test_a_key_in_the_wrong_field_goes_from_the_screen(server: DemoServer, paths: Paths) -> None:
    app = app_for(None, paths)
    async with app.run_test(size=SIZE) as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        await fill(app, server.url, server.key, name=f"slipped-{'k' * 43}")
        await pilot.press("enter")
        await wait_for_text(pilot, "too long for a name")
        assert "slipped" not in screen_text(app)
        assert app.link is None
        assert not paths.config_file.exists()


async def test_nobody_connects_elsewhere_while_a_run_goes_on(paths: Paths) -> None:
    with DemoServer(groups=24, jobs_delay=0.3) as server, DemoServer(groups=3) as other:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            session, desk = app.session, app.desk
            assert session is not None
            await session.accept_all(row.group_id for row in session.ready())
            await pilot.press("X")
            await wait_for_step(pilot, "execute")
            await wait_for(
                pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED, within=60
            )
            app.start_run()
            await wait_for(pilot, lambda: app.working)
            app.go("connect")
            await wait_for_step(pilot, "connect")
            await pilot.press("escape")
            await fill(app, other.url, other.key)
            await pilot.press("enter")
            await wait_for_text(pilot, "A run is going on and needs the connection that it has.")
            assert app.desk is desk
            assert app.runner is not None
            app.runner.cancel()
            await wait_for(pilot, lambda: not app.working, within=60)
            app.go("connect")
            await wait_for_step(pilot, "connect")
            app.screen.query_one("#key").focus()
            await pilot.press("enter")
            await wait_for_text(pilot, "nothing is missing")
            assert app.desk is None, "the session of the other server is opened when it is asked for"


async def test_a_fetch_ends_with_the_connection_that_it_was_about(paths: Paths) -> None:
    with DemoServer(groups=40) as server, DemoServer(groups=3) as other:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            app.go("fetch")
            await wait_for_step(pilot, "fetch")
            await pilot.press("r")
            app.go("connect")
            await wait_for_step(pilot, "connect")
            await pilot.press("escape")
            await fill(app, other.url, other.key)
            await pilot.press("enter")
            await wait_for_text(pilot, "nothing is missing")
            await pilot.press("enter")
            await wait_for_text(pilot, "3 groups of duplicates")

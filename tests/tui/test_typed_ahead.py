"""Keys that come all at once, as over a slow line, mean what they would mean one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.screen import Screen
from textual.widgets import Input

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.screens.act import AcceptDialog
from immich_tui.tui.screens.jump import JumpDialog
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.tui.screens.review import ReviewScreen
from tests.tui.stage import app_for, review, screen_text, wait_for, wait_for_text

NAMES = {"\n": "enter", "\t": "tab"}


def burst(app: ImmichTui, text: str) -> None:
    """Let all of it arrive before any of it is handled."""
    for character in text:
        name = NAMES.get(character) or _character_to_key(character)
        app.post_message(events.Key(name, character))


def found(app: ImmichTui) -> bool:
    """Whether the groups are listed that a filter asks for."""
    return all(worker.is_finished for worker in app.workers if worker.group == "find")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(groups=30) as server:
        yield server


async def test_words_of_a_filter_are_no_keys_of_the_review(server: DemoServer, paths: Paths) -> None:
    app = app_for(server, paths, flags={"images": "off"})
    async with app.run_test(size=(120, 36)) as pilot:
        await review(app, pilot)
        burst(app, "/flag:gps camera:asx")
        await wait_for(pilot, lambda: app.screen.query_one(Input).value == "flag:gps camera:asx")
        await wait_for(pilot, lambda: found(app))
        assert app.session is not None
        assert not any(row.decided or row.flagged for row in app.session.rows)


async def test_what_follows_a_key_that_opens_a_dialog_is_for_the_dialog(
    server: DemoServer, paths: Paths
) -> None:
    app = app_for(server, paths, flags={"images": "off"})
    async with app.run_test(size=(120, 36)) as pilot:
        await review(app, pilot)
        session, screen = app.session, app.screen
        assert session is not None
        assert isinstance(screen, ReviewScreen)
        burst(app, "g21\n")
        await wait_for(pilot, lambda: screen.groups.cursor == 20 and app.screen is screen)
        burst(app, "fask mum\n")
        await wait_for(pilot, lambda: session.rows[20].note == "ask mum" and app.screen is screen)
        assert not any(row.decided for row in session.rows)
        assert not isinstance(app.screen, (JumpDialog, NoteDialog))
        seen: list[Screen[Any]] = []
        app.screen_change_signal.subscribe(screen, seen.append)
        burst(app, "Aq")
        await wait_for(pilot, lambda: seen and seen[-1] is screen)
        assert isinstance(seen[0], AcceptDialog)
        burst(app, "2")
        await wait_for(pilot, lambda: session.rows[20].decided)
        assert sum(row.decided for row in session.rows) == 1


async def test_keys_without_a_dialog_are_not_held(server: DemoServer, paths: Paths) -> None:
    app = app_for(server, paths, flags={"images": "off"})
    async with app.run_test(size=(120, 36)) as pilot:
        await review(app, pilot)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        burst(app, "jjjjjkkj")
        await wait_for(pilot, lambda: screen.groups.cursor == 4)


async def test_a_password_manager_may_type_all_fields_at_once(server: DemoServer, paths: Paths) -> None:
    app = app_for(None, paths)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for_text(pilot, "Address")
        await wait_for(pilot, lambda: app.focused is not None)
        burst(app, f"{server.url}\t{server.key}\thome\n")
        await wait_for_text(pilot, "You are")
        assert server.key not in screen_text(app)


async def test_what_follows_the_enter_that_closes_a_field_is_for_what_is_below(
    server: DemoServer, paths: Paths
) -> None:
    app = app_for(server, paths, flags={"images": "off"})
    async with app.run_test(size=(120, 36)) as pilot:
        await review(app, pilot)
        session, screen = app.session, app.screen
        assert session is not None
        assert isinstance(screen, ReviewScreen)
        burst(app, "g21\njj")
        await wait_for(pilot, lambda: screen.groups.cursor == 22 and app.screen is screen)
        burst(app, "fask mum\nkf\nj")
        await wait_for(pilot, lambda: screen.groups.cursor == 22 and session.rows[21].flagged)
        assert session.rows[22].note == "ask mum"
        assert not session.rows[21].note
        burst(app, "/img\nk")
        await wait_for(pilot, lambda: screen.groups.cursor == 21 and app.focused is screen.groups)
        await wait_for(pilot, lambda: found(app))
        assert screen.query_one(Input).value == "img"
        assert not any(row.decided for row in session.rows)


async def test_what_follows_an_enter_that_closes_nothing_is_for_the_field(
    server: DemoServer, paths: Paths
) -> None:
    app = app_for(server, paths, flags={"images": "off"})
    async with app.run_test(size=(120, 36)) as pilot:
        await review(app, pilot)
        session, screen = app.session, app.screen
        assert session is not None
        burst(app, "g9999\nax")
        await wait_for(pilot, lambda: app.screen is not screen)
        await wait_for(pilot, lambda: app.screen.query_one(Input).value == "9999ax")
        assert not any(row.decided for row in session.rows)

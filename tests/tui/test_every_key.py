"""Every key of every screen is pressed: it reaches its action, and the app goes on."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.dom import DOMNode
from textual.pilot import Pilot

import immich_tui.tui.screens
import immich_tui.tui.widgets
from immich_tui.review.session import Session
from immich_tui.tui.key_reference import page
from immich_tui.tui.keymaps import keymap
from immich_tui.tui.keys import declared
from immich_tui.tui.screens.act import AcceptDialog, ActDialog
from immich_tui.tui.screens.confirm import Confirm
from immich_tui.tui.screens.flags import FlagsScreen
from immich_tui.tui.screens.jump import JumpDialog
from immich_tui.tui.screens.member import MemberScreen
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.tui.screens.picture import PictureScreen
from immich_tui.tui.screens.policy import PolicyDialog
from immich_tui.tui.screens.review import ReviewScreen
from immich_tui.tui.screens.sorting import SortDialog
from immich_tui.tui.screens.tour import TourScreen
from immich_tui.tui.steps import every_screen
from immich_tui.tui.widgets.filter_bar import FilterBar
from tests.tui.review_library import ReviewApp, Scenes, library, open_session, wait_for

TESTS = Path(__file__).parent


class Watched(ReviewApp):
    """Notes which actions keys asked for."""

    def __init__(self, session: Session, keys: str = "vim") -> None:
        super().__init__(session, Scenes())
        self.asked: list[str] = []
        self.set_keymap(keymap(keys, {}))

    async def run_action(self, action: Any, *args: Any, **named: Any) -> bool:
        self.asked.append(str(action))
        return await super().run_action(action, *args, **named)

    def action_keys(self) -> None:
        """The help of the whole app is tested with it."""


Opened = Callable[[Pilot[Any], Watched], Awaitable[None]]


def by(action: str) -> Opened:
    async def call(pilot: Pilot[Any], app: Watched) -> None:
        while action == "accept_ready" and not app.session.ready():
            await app.session.undo()
        getattr(app.review, f"action_{action}")()

    return call


async def _nothing(pilot: Pilot[Any], app: Watched) -> None:
    """It is there."""


async def _tour(pilot: Pilot[Any], app: Watched) -> None:
    app.push_screen(TourScreen(app.review))


async def _question(pilot: Pilot[Any], app: Watched) -> None:
    app.push_screen(Confirm("Really?", ("It is a test.",), yes="Yes"))


REVIEW: dict[type[DOMNode], Opened] = {
    ReviewScreen: _nothing,
    FilterBar: by("filter"),
    FlagsScreen: by("flags"),
    PictureScreen: by("picture"),
    MemberScreen: by("details"),
    ActDialog: by("act"),
    AcceptDialog: by("accept_ready"),
    PolicyDialog: by("policy"),
    SortDialog: by("sort"),
    JumpDialog: by("jump"),
    NoteDialog: by("flag"),
    TourScreen: _tour,
    Confirm: _question,
}
"""How to open each screen that stands over the review."""

SAME = {"edge(-1)": "to(-1)", "hasty": "press"}
"""What the list or button that has the focus does by the same key, before the screen is asked."""


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await open_session(tmp_path, library())
    await session.flag(session.rows[3].group_id, "which?")
    yield session
    await session.close()


async def at(pilot: Pilot[Any], app: Watched, kind: type[DOMNode]) -> None:
    """Have this screen on top, in its beginning."""

    def there() -> bool:
        if kind is FilterBar:
            return bool(app.review.query_one(FilterBar).is_open)
        return isinstance(app.screen, kind) and app.screen.is_mounted

    if kind is not FilterBar and app.review.writing:
        await pilot.press("escape")
        await wait_for(pilot, lambda: not app.review.writing)
    if there():
        return
    while not isinstance(app.screen, ReviewScreen):
        app.screen.dismiss(0 if isinstance(app.screen, (MemberScreen, PictureScreen)) else None)
        await pilot.pause()
    await REVIEW[kind](pilot, app)
    await wait_for(pilot, there)
    await pilot.pause()


@pytest.mark.parametrize(
    ("kind", "preset"),
    [(ReviewScreen, "immich"), *((kind, "vim") for kind in REVIEW)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
async def test_every_key_reaches_its_action(session: Session, kind: type[DOMNode], preset: str) -> None:
    app = Watched(session, preset)
    remapped = keymap(preset, {})
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await wait_for(pilot, lambda: app.review.is_mounted and app.review.view.look is not None)
        for binding in declared(kind):
            keys = remapped.get(binding.id or "", binding.key).split(",")
            for key in keys if binding.key in {keys[0], binding.key} else ():
                await at(pilot, app, kind)
                app.asked.clear()
                await pilot.press(key)
                await wait_for(pilot, lambda: app.asked)
                assert {binding.action, SAME.get(binding.action)} & set(app.asked), (
                    f"{key} of {kind.__name__} asked for {app.asked}"
                )
                assert app.is_running
                assert app._exception is None


def _with_keys() -> set[type[DOMNode]]:
    """All classes of the app's screens and widgets that declare keys which can be remapped."""
    found = set()
    for package in (immich_tui.tui.screens, immich_tui.tui.widgets):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for _, node in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                own = node.__dict__.get("BINDINGS", ())
                if issubclass(node, DOMNode) and any(getattr(binding, "id", None) for binding in own):
                    found.add(node)
    return found


def test_no_screen_with_keys_is_missing_from_the_list() -> None:
    assert _with_keys() <= set(every_screen())


ELSEWHERE = {
    "ConnectScreen": "test_connect.py",
    "ProfileList": "test_connect.py",
    "FetchScreen": "test_fetch.py",
    "ExecuteScreen": "test_execute.py",
    "RunDetails": "test_execute.py",
    "HelpScreen": "test_app.py",
    "ReportScreen": "test_report_screen.py",
    "HistoryScreen": "test_history.py",
}
"""Screens that need a server or a run: the tests that press their keys."""


def _pressed(name: str) -> str:
    return (TESTS / name).read_text() if (TESTS / name).exists() else ""


@pytest.mark.parametrize("name", ELSEWHERE)
def test_keys_of_other_screens_are_pressed_by_their_own_tests(name: str) -> None:
    (node,) = [one for one in every_screen() if one.__name__ == name]
    everything = "".join(path.read_text() for path in TESTS.glob("test_*.py"))
    for binding in declared(node):
        if binding.id:
            assert f'"{binding.key}"' in everything, f"nothing presses {binding.key} ({binding.id})"


def test_the_page_on_keys_is_as_the_bindings_are() -> None:
    written = (TESTS.parents[1] / "docs" / "keys.md").read_text()
    assert written == page(), "make docs writes it again"

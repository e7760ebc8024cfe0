"""Every key of the dialogs and of the details, and what a key says that can do nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Label

from immich_tui.jobs.progress import JobSnapshot, LogLine, Status
from immich_tui.review.session import Session
from immich_tui.tui.keys import KeyHelp, Section
from immich_tui.tui.screens.confirm import Confirm
from immich_tui.tui.screens.details import RunDetails
from immich_tui.tui.screens.help import HelpScreen
from immich_tui.tui.screens.member import MemberScreen
from immich_tui.tui.themes import SIXTEEN

from .pilots import PilotOf, driven, on_top
from .review_library import ReviewApp, Scenes, library, open_session, screen_text, settled, wait_for


class Asking(App[None]):
    """Shows a screen and keeps its answer."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self.shown = screen
        self.answers: list[object] = []

    def compose(self) -> ComposeResult:
        yield Label("below")

    def on_mount(self) -> None:
        self.push_screen(self.shown, self.answers.append)


@asynccontextmanager
async def asking(screen: Screen[Any], size: tuple[int, int] = (80, 24)) -> AsyncIterator[PilotOf[Asking]]:
    app = Asking(screen)
    async with driven(app, size) as pilot:
        await wait_for(pilot, lambda: app.screen is screen and screen.is_mounted)
        await pilot.pause()
        yield pilot


def danger(**more: str) -> Confirm:
    return Confirm("Start the run?", ("3 groups will be carried out.",), yes="Start", danger=True, **more)


# -- questions


async def test_a_hasty_enter_does_nothing_and_says_which_key_does() -> None:
    async with asking(danger()) as pilot:
        assert "Press y to start" in screen_text(pilot.app)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "Nothing was done. Press y to start" in screen_text(pilot.app))
        assert pilot.app.answers == []
        await pilot.press("y")
        await wait_for(pilot, lambda: pilot.app.answers == [True])


@pytest.mark.parametrize("keys", [("escape",), ("n",), ("right", "enter")])
async def test_what_means_no(keys: tuple[str, ...]) -> None:
    async with asking(danger()) as pilot:
        await pilot.press(*keys)
        await wait_for(pilot, lambda: pilot.app.answers == [False])


@pytest.mark.parametrize(("button", "answer"), [("#yes", True), ("#no", False)])
async def test_answers_by_mouse(button: str, answer: bool) -> None:
    async with asking(danger()) as pilot:
        await pilot.click(button)
        await wait_for(pilot, lambda: pilot.app.answers == [answer])


async def test_what_is_not_dangerous_is_agreed_to_by_enter() -> None:
    async with asking(Confirm("Accept?", ("2 groups.",), yes="Accept")) as pilot:
        await pilot.press("enter")
        await wait_for(pilot, lambda: pilot.app.answers == [True])


async def test_a_number_has_to_be_typed() -> None:
    async with asking(danger(typed="12")) as pilot:
        await pilot.press("y", "enter")
        await pilot.press("1", "enter", "2")
        assert pilot.app.answers == []
        await pilot.press("enter")
        await wait_for(pilot, lambda: pilot.app.answers == [True])


@pytest.mark.parametrize("theme", ["sixteen", "ansi-light"])
async def test_what_is_below_a_dialog_is_seen_dim_in_sixteen_colours(theme: str) -> None:
    app = Asking(danger())
    app.register_theme(SIXTEEN)
    app.theme = theme
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: "Start the run?" in screen_text(app) and "below" in screen_text(app))
        segments = [one for strip in app.screen._compositor.render_strips() for one in strip]
        below = [one.style for one in segments if "below" in one.text]
        above = [one.style for one in segments if "Start the run?" in one.text]
        assert below
        assert above
        assert all(style is not None and style.dim for style in below)
        assert not any(style is not None and style.dim for style in above)


# -- help


@pytest.mark.parametrize("key", ["escape", "q", "question_mark", "f1"])
async def test_help_closes_by_each_of_its_keys(key: str) -> None:
    keys = (KeyHelp(("j", "↓"), "Next group", ""), KeyHelp(("x",), "Skip", "And go on"))
    sections = [Section("Review", keys)]
    async with asking(HelpScreen(sections), size=(60, 18)) as pilot:
        text = screen_text(pilot.app)
        assert "j  ↓" in text
        assert "And go on" in text
        await pilot.press(key)
        await wait_for(pilot, lambda: pilot.app.screen is not pilot.app.shown)


# -- the log of a run


class Job:
    """A run that has something to tell."""

    def snapshot(self) -> JobSnapshot:
        return JobSnapshot(
            state=Status.RUNNING,
            reason="",
            phases=(),
            errors=(),
            error_count=0,
            counters={"GET /assets": 12_345},
            elapsed_s=12.0,
            log=tuple(LogLine(n, "backup", f"[red]file {n}\x1b[31m") for n in range(40)),
        )


@pytest.mark.parametrize("key", ["escape", "enter", "q"])
async def test_details_of_a_run_show_the_newest_first_and_close(key: str) -> None:
    async with asking(RunDetails(Job())) as pilot:
        text = screen_text(pilot.app)
        assert "12,345" in text
        assert text.index("file 39") < text.index("file 38")
        assert "\x1b" not in text
        await pilot.press(key)
        await wait_for(pilot, lambda: pilot.app.screen is not pilot.app.shown)


# -- everything about one photo, and keys that cannot do anything


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await open_session(tmp_path, library())
    yield session
    await session.close()


@asynccontextmanager
async def reviewing(session: Session, size: tuple[int, int] = (80, 24)) -> AsyncIterator[PilotOf[ReviewApp]]:
    app = ReviewApp(session, Scenes())
    async with driven(app, size, notifications=True) as pilot:
        await settled(pilot)
        yield pilot


def notices(app: ReviewApp) -> str:
    return " ".join(notice.message for notice in app._notifications)


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 50)])
async def test_everything_about_a_photo_is_there_in_full(session: Session, size: tuple[int, int]) -> None:
    async with reviewing(session, size) as pilot:
        await pilot.press("e")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, MemberScreen))
        await pilot.pause()
        pane = on_top(pilot.app, MemberScreen).pane
        look = await session.look(session.rows[0].group_id)
        said = "\n".join("".join(text for text, _ in row) for row in pane._rows)
        assert "Photo 1 of 2" in screen_text(pilot.app)
        flat = "".join(said.split())
        assert "iPhone 13 back dual wide camera 5.1mm f/1.6".replace(" ", "") in flat
        assert look.group.assets[0].original_path in flat
        await pilot.press("j", "j", "k")
        await wait_for(pilot, lambda: pane.scroll_offset.y == 1 or pane.max_scroll_y < 2)
        await pilot.press("l", "l")
        await wait_for(pilot, lambda: "Photo 2 of 2" in screen_text(pilot.app))
        await pilot.press("h", "right", "escape")
        await settled(pilot)
        assert pilot.app.review.view.focused_member == 1, "it comes back to the photo that was seen last"


async def test_a_number_without_a_photo_says_so(session: Session) -> None:
    async with reviewing(session) as pilot:
        await pilot.press("9")
        await wait_for(pilot, lambda: "There is no photo 9 here: this group has 2." in notices(pilot.app))
        assert not session.rows[0].decided


async def test_opening_in_the_browser_says_so(session: Session) -> None:
    async with reviewing(session) as pilot:
        await pilot.press("o")
        await wait_for(pilot, lambda: "Asked your browser for photo 1." in notices(pilot.app))

"""The list of flags: what it shows, every key and click of it, and the place that is kept."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from immich_tui.review.session import Session
from immich_tui.tui.flagged import ALL, FREES, ORDERS, OVERRIDDEN, SEVERITIES, YOURS, Place, at, kinds, listed
from immich_tui.tui.screens.act import ActDialog
from immich_tui.tui.screens.flags import FlagsScreen
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.verdict.model import Severity

from .pilots import PilotOf, driven, on_top
from .review_library import ReviewApp, Scenes, library, open_session, screen_text, settled, wait_for

NOTE = "which one has the sound? I think it is the second, but ask Ada about it before the summer holidays"


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await open_session(tmp_path, library())
    look = await session.look(session.rows[7].group_id)
    await session.choose_winner(session.rows[7].group_id, look.verdict.ranking[1])
    await session.flag(session.rows[9].group_id, NOTE)
    yield session
    await session.close()


@asynccontextmanager
async def listing(session: Session, size: tuple[int, int] = (120, 36)) -> AsyncIterator[PilotOf[ReviewApp]]:
    app = ReviewApp(session, Scenes())
    async with driven(app, size, notifications=True) as pilot:
        await settled(pilot)
        await open_list(pilot)
        yield pilot


def flags_of(pilot: PilotOf[ReviewApp]) -> FlagsScreen:
    return on_top(pilot.app, FlagsScreen)


async def open_list(pilot: PilotOf[ReviewApp]) -> None:
    await pilot.press("F")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, FlagsScreen) and pilot.app.screen.is_mounted)
    await read(pilot)


async def read(pilot: PilotOf[ReviewApp]) -> None:
    """Wait until the details of the group under the cursor and the values in sight are there."""
    screen = flags_of(pilot)
    await wait_for(
        pilot,
        lambda: (
            screen.flagged.row is None
            or (screen.flagged.row.group_id in screen._looks and not screen.flagged.untold())
        ),
    )
    await pilot.pause()


def notices(app: ReviewApp) -> str:
    return " ".join(notice.message for notice in app._notifications)


# -- which groups, in which order


def test_what_belongs_there(session: Session) -> None:
    found = listed(session.rows)
    assert session.rows[7] in found
    assert session.rows[9] in found
    assert session.rows[12] not in found
    counts = kinds(found)
    assert counts[ALL] == len(found)
    assert counts[YOURS] == counts[OVERRIDDEN] == 1
    for kind, count in counts.items():
        assert len(at(found, Place(kind=kind))) == count


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_lists_the_same_groups(session: Session, order: str) -> None:
    found = listed(session.rows)
    one, other = at(found, Place(order=order)), at(found, Place(order=order, reverse=True))
    assert sorted(map(id, one)) == sorted(map(id, other)) == sorted(map(id, found))
    if order == FREES:
        assert [row.saving for row in one] == sorted((row.saving for row in found), reverse=True)


@pytest.mark.parametrize("severity", SEVERITIES[1:])
def test_only_one_severity(session: Session, severity: Severity) -> None:
    found = at(listed(session.rows), Place(severity=severity))
    assert all(row.worst is severity for row in found)


# -- the screen


async def test_it_shows_values_decisions_who_decided_and_the_note(session: Session) -> None:
    async with listing(session) as pilot:
        text = screen_text(pilot.app)
        assert "1.2 MiB" in text
        assert "you, override" in text
        assert "You keep" in text, "an override says what was chosen and what was proposed"
        assert NOTE in text
        assert flags_of(pilot).flagged.count == len(listed(session.rows))


@pytest.mark.parametrize("size", [(60, 18), (80, 24)])
async def test_a_long_note_is_whole_in_the_details(session: Session, size: tuple[int, int]) -> None:
    async with listing(session, size) as pilot:
        await pilot.press("t")
        await read(pilot)
        words = " ".join(screen_text(pilot.app).replace("⚑", " ").split())
        assert NOTE in words
        assert "flagged by you" in words


async def test_kinds_severities_and_orders_go_round(session: Session) -> None:
    async with listing(session) as pilot:
        screen = flags_of(pilot)
        everything = screen.flagged.count
        await pilot.press("t")
        await wait_for(pilot, lambda: screen.flagged.count == 1)
        assert "flagged by you" in screen_text(pilot.app)
        await pilot.press("T")
        await wait_for(pilot, lambda: screen.flagged.count == everything)
        await pilot.press("v")
        await wait_for(pilot, lambda: all(row.worst is Severity.BLOCK for row in screen._shown))
        for _ in SEVERITIES[1:]:
            await pilot.press("v")
        await wait_for(pilot, lambda: screen.flagged.count == everything)

        def ordered(by: str) -> Callable[[], bool]:
            return lambda: screen._place.order == by

        for order in (*ORDERS[1:], ORDERS[0]):
            await pilot.press("S")
            await wait_for(pilot, ordered(order))
            assert order in screen_text(pilot.app)
        first = screen._shown[0]
        await pilot.press("R")
        await wait_for(pilot, lambda: screen._shown[-1] is first)


async def test_a_click_on_a_heading_sorts_and_turns_round(session: Session) -> None:
    async with listing(session) as pilot:
        screen = flags_of(pilot)
        await pilot.click("FlagHeader", offset=(112, 0))
        await wait_for(pilot, lambda: screen._place.order == FREES)
        savings = [row.saving for row in screen._shown]
        assert savings == sorted(savings, reverse=True)
        await pilot.click("FlagHeader", offset=(112, 0))
        await wait_for(pilot, lambda: [row.saving for row in screen._shown] == sorted(savings))


async def test_jumping_there_and_back_keeps_the_place(session: Session) -> None:
    async with listing(session) as pilot:
        await pilot.press("v", "S", "G")
        await read(pilot)
        there = flags_of(pilot).flagged.row
        shown = list(flags_of(pilot)._shown)
        await pilot.press("enter")
        await wait_for(pilot, lambda: pilot.app.review.groups.row is there)
        await settled(pilot)
        await open_list(pilot)
        screen = flags_of(pilot)
        assert list(screen._shown) == shown
        assert screen.flagged.row is there
        await pilot.press("g")
        await read(pilot)
        elsewhere = screen.flagged.row
        await pilot.press("escape")
        await settled(pilot)
        assert pilot.app.review.groups.row is there, "leaving by escape goes nowhere"
        await pilot.press("end")
        await settled(pilot)
        await open_list(pilot)
        assert flags_of(pilot).flagged.row is elsewhere, "a group that is not listed leaves the cursor alone"


async def test_accept_goes_on_and_undo_comes_back(session: Session) -> None:
    async with listing(session) as pilot:
        screen = flags_of(pilot)
        await pilot.press("p")
        await wait_for(pilot, lambda: session.rows[0].decided and screen.flagged.cursor == 1)
        await pilot.press("k", "p")
        await wait_for(pilot, lambda: "decided already" in notices(pilot.app))
        await pilot.press("u")
        await wait_for(pilot, lambda: not session.rows[0].decided)
        flagged = sum(row.flagged for row in session.rows)
        await pilot.press("u")
        await wait_for(pilot, lambda: "Took back 1 flag or note." in notices(pilot.app))
        assert sum(row.flagged for row in session.rows) == flagged - 1
        await pilot.press("u")
        await wait_for(pilot, lambda: not session.rows[7].decided)
        await pilot.press("u")
        await wait_for(pilot, lambda: "nothing to undo" in notices(pilot.app))


async def test_all_that_are_listed_are_decided_at_once_and_taken_back_at_once(session: Session) -> None:
    async with listing(session) as pilot:
        screen = flags_of(pilot)
        waiting = [row for row in screen._shown if row.open]
        assert len(waiting) > 3
        await pilot.press("semicolon")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ActDialog))
        await pilot.press("p")
        await wait_for(pilot, lambda: f"{len(waiting)} groups" in screen_text(pilot.app))
        assert not any(row.decided for row in waiting), "looking decides nothing"
        await pilot.press("enter")
        await wait_for(pilot, lambda: all(row.decided for row in waiting))
        await wait_for(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("u")
        await wait_for(pilot, lambda: not any(row.decided for row in waiting))
        assert session.rows[7].decided, "what was decided before stays"


async def test_a_note_is_written_and_taken_away(session: Session) -> None:
    async with listing(session) as pilot:
        row = flags_of(pilot).flagged.row
        await pilot.press("f")
        await wait_for(
            pilot, lambda: isinstance(pilot.app.screen, NoteDialog) and pilot.app.screen.is_mounted
        )
        await pilot.press(*"ask", "enter")
        assert row is not None
        await wait_for(pilot, lambda: row.note == "ask")
        await pilot.press("f")
        await wait_for(
            pilot, lambda: isinstance(pilot.app.screen, NoteDialog) and pilot.app.screen.is_mounted
        )
        await pilot.pause()
        await pilot.click("#unflag")
        await wait_for(pilot, lambda: not row.flagged)


async def test_nothing_flagged_says_what_to_do(tmp_path: Path) -> None:
    session = await open_session(tmp_path, library()[5:9])
    app = ReviewApp(session, Scenes())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("F")
        await wait_for(pilot, lambda: "Nothing is flagged" in screen_text(app))
        await pilot.press("p", "semicolon", "f", "enter")
        await settled(pilot)
        assert app.screen is app.review
    await session.close()

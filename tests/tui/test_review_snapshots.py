"""Reference pictures of the review at the sizes it is designed for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from immich_tui.review.session import Session
from immich_tui.tui.screens.flags import FlagsScreen
from immich_tui.tui.screens.picture import PictureScreen

from .pilots import SnapCompare, on_top
from .review_library import ReviewApp, Scenes, library, open_session, settled, wait_for

SIZES = [(80, 24), (120, 36), (200, 50)]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[ReviewApp]:
    """The review of the library, with some decisions taken."""

    async def prepare() -> Session:
        session = await open_session(tmp_path, library())
        rows = session.rows
        await session.accept(rows[5].group_id)
        await session.keep_all(rows[6].group_id)
        await session.skip(rows[7].group_id)
        await session.choose_winner(
            rows[8].group_id, (await session.look(rows[8].group_id)).verdict.ranking[1]
        )
        await session.flag(rows[3].group_id, "which one has the sound?")
        return session

    session = asyncio.run(prepare())
    yield ReviewApp(session, Scenes())
    asyncio.run(session.close())


def keys(*pressed: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    async def before(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        for key in pressed:
            await pilot.press(key)
        await settled(pilot)

    return before


@pytest.mark.parametrize("size", SIZES)
def test_snapshot_review(snap_compare: SnapCompare, app: ReviewApp, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=keys())


@pytest.mark.parametrize("size", SIZES)
def test_snapshot_group_of_four(snap_compare: SnapCompare, app: ReviewApp, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=keys("j", "j", "j", "j", "l"))


@pytest.mark.parametrize("size", SIZES)
def test_snapshot_all_rows_and_reasons(
    snap_compare: SnapCompare, app: ReviewApp, size: tuple[int, int]
) -> None:
    assert snap_compare(app, terminal_size=size, run_before=keys("D", "w"))


@pytest.mark.parametrize("size", SIZES)
def test_snapshot_flags(snap_compare: SnapCompare, app: ReviewApp, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await pilot.press("F")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, FlagsScreen))
        flags = on_top(pilot.app, FlagsScreen)
        row = flags.flagged.row
        assert row is not None
        await wait_for(pilot, lambda: row.group_id in flags._looks and not flags.flagged.untold())
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)


def test_snapshot_picture(snap_compare: SnapCompare, app: ReviewApp) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await pilot.press("v")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, PictureScreen))
        busy = {"_bring"}
        await wait_for(pilot, lambda: not [w for w in pilot.app.workers if w.is_running and w.name in busy])
        await pilot.pause()

    assert snap_compare(app, terminal_size=(120, 36), run_before=before)


def test_snapshot_nothing_to_review(snap_compare: SnapCompare, tmp_path: Path) -> None:
    session = asyncio.run(open_session(tmp_path, []))
    assert snap_compare(ReviewApp(session, Scenes()), terminal_size=(80, 24), run_before=keys())
    asyncio.run(session.close())


def test_snapshot_without_colour(
    snap_compare: SnapCompare, app: ReviewApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    other = ReviewApp(app.session, Scenes())
    assert snap_compare(other, terminal_size=(120, 36), run_before=keys("2", "j", "j"))

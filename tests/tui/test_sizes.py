"""Every screen in the middle of work, at any width and with any name; what stands first in little room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.review.decisions import DecisionKind
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.phases import Stage
from immich_tui.tui.screens.flags import FlagsScreen
from immich_tui.tui.screens.member import MemberScreen
from immich_tui.tui.screens.number import NumberDialog
from immich_tui.tui.screens.picture import PictureScreen
from immich_tui.tui.widgets.forecast_list import ForecastList
from tests.tui.review_library import (
    CAMERA,
    EXPOSURE,
    LATITUDE,
    PLACE,
    ZONE,
    asset,
    group,
    library,
    open_session,
)
from tests.tui.stage import (
    app_for,
    resize,
    review,
    screen_text,
    wait_for,
    wait_for_screen,
    wait_for_step,
    wait_for_text,
)
from tests.tui.test_review import press, reviewing

SIZES = ((300, 60), (60, 20), (80, 24), (200, 50), (120, 36))
NAMES = (
    "שלום-עולם-תמונה-ארוכה-מאוד-0001.jpg",
    "写真\u200b家族\u202eの湖での長い名前_20240612_101500.jpg",
    "👩🏽‍🚀🇩🇪_e\u0301te\u0301_\x1b[31m.HEIC",
    "x" * 200 + ".jpg",
    "[/red][@click=app.quit]x[/].jpg",
    "a\u0301" * 40,
)


def clean(app: ImmichTui) -> None:
    """Every line fills the terminal exactly, and nothing in it moves the cursor or hides."""
    for strip in app.screen._compositor.render_strips():
        assert strip.cell_length == app.size.width, strip.text
    shown = screen_text(app).replace("\n", "")
    assert not [letter for letter in shown if letter < " " or "\x7f" <= letter < "\xa0"]
    assert not [letter for letter in shown if letter in "\u202e\u2066\u200b\u200f"]


async def at_all_sizes(pilot: Pilot[Any], app: ImmichTui) -> None:
    for size in SIZES:
        await resize(pilot, *size)
        clean(app)


async def leave(pilot: Pilot[Any], app: ImmichTui, kind: type) -> None:
    await pilot.press("escape")
    await wait_for(pilot, lambda: not isinstance(app.screen, kind))


async def test_any_name_at_any_width_on_every_screen(paths: Paths) -> None:
    with DemoServer(groups=10, jobs_delay=0.02) as server:
        for number, one in enumerate(server.library.assets.values()):
            one.name = NAMES[number % len(NAMES)]
        app = app_for(server, paths, flags={"rate": 1000.0})
        async with app.run_test(size=SIZES[-1], notifications=True) as pilot:
            await review(app, pilot)
            session = app.session
            assert session is not None
            await session.flag_all(session.rows, NAMES[1])
            await at_all_sizes(pilot, app)
            for key, kind in (("F", FlagsScreen), ("e", MemberScreen), ("v", PictureScreen)):
                await pilot.press(key)
                await wait_for_screen(pilot, kind)
                await at_all_sizes(pilot, app)
                await leave(pilot, app, kind)
            app.go("fetch")
            await wait_for_step(pilot, "fetch")
            await at_all_sizes(pilot, app)
            app.go("review")
            await session.flag_all(session.rows, None)
            await session.accept_all(row.group_id for row in session.ready())
            app.go("execute")
            await wait_for_step(pilot, "execute")
            await wait_for(
                pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED, within=60
            )
            await at_all_sizes(pilot, app)
            app.start_run()
            await wait_for(pilot, lambda: app.working or app.report is not None)
            await at_all_sizes(pilot, app)
            await wait_for(pilot, lambda: app.report is not None, within=120)
            await wait_for_step(pilot, "report")
            await at_all_sizes(pilot, app)
            await pilot.press("H")
            await wait_for_step(pilot, "history")
            await wait_for_text(pilot, "The run is finished")
            await at_all_sizes(pilot, app)
            await pilot.press("U")
            await wait_for_text(pilot, "what comes back")
            await wait_for(pilot, lambda: app.screen.query_one(ForecastList).count > 0)
            await at_all_sizes(pilot, app)


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_what_decides_and_what_is_lost_are_in_sight_without_scrolling(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    session = await open_session(tmp_path, library())
    async with reviewing(session, size=size) as pilot:
        shown = screen_text(pilot.app)
        for words in ("≠ score", "≠ GPS", "≠ time zone", "≠ size", "✗ lost", "■ compression loss"):
            assert words in shown, f"{words} is not in sight:\n{shown}"
        assert shown.index("≠ score") < shown.index("≠ GPS") < shown.index("≠ size")
        if size[0] == 80:
            assert "Immich 2.5 MiB" in shown, "the other one's value stands beside"
        await press(pilot, "D")
        assert "≠ file" in screen_text(pilot.app), "all rows stand in their usual order"
    await session.close()


async def test_a_photo_beyond_nine_is_kept_by_its_number(tmp_path: Path) -> None:
    full = {**CAMERA, **EXPOSURE, **PLACE, **ZONE}
    members = [asset(f"IMG_{n:04}.JPG", 1 + n / 10, exif=full) for n in range(12)]
    session = await open_session(tmp_path, [group(1, *members)])
    async with reviewing(session) as pilot:
        app = pilot.app
        await pilot.press("0")
        await wait_for(pilot, lambda: isinstance(app.screen, NumberDialog))
        await pilot.press("1", "3", "enter")
        await wait_for_text(pilot, "write a number from 1 to 12")
        await pilot.press("backspace", "2", "enter")
        await wait_for(pilot, lambda: session.rows[0].decision is DecisionKind.RESOLVE)
        look = await session.look(session.rows[0].group_id)
        assert look.choice.winner == look.group.assets[11].id
        await press(pilot, "h", "h")
        await pilot.press("0")
        await wait_for(pilot, lambda: isinstance(app.screen, NumberDialog))
        await pilot.press("enter")
        await wait_for(pilot, lambda: not isinstance(app.screen, NumberDialog))

        def winner() -> str | None:
            decision = session.decision(session.rows[0].group_id)
            return decision.choice.winner if decision and decision.choice else None

        # Enter keeps the photo under the cursor.
        await wait_for(pilot, lambda: winner() == look.group.assets[9].id)
    await session.close()


async def test_places_within_the_policys_tolerance_are_no_difference(tmp_path: Path) -> None:
    near = {**PLACE, "latitude": LATITUDE + 0.00005}
    far = {**PLACE, "latitude": LATITUDE + 0.02}
    known = {**CAMERA, **EXPOSURE, **ZONE}
    session = await open_session(
        tmp_path,
        [
            group(n, asset("a.jpg", 2, exif={**known, **PLACE}), asset("b.jpg", 1, exif={**known, **other}))
            for n, other in enumerate((near, far), start=1)
        ],
    )
    async with reviewing(session) as pilot:
        assert "≠ GPS" not in screen_text(pilot.app)
        await press(pilot, "j")
        assert "≠ GPS" in screen_text(pilot.app)
    await session.close()


async def test_the_stakes_and_the_news_are_told(tmp_path: Path) -> None:
    session = await open_session(tmp_path, library())
    session.rows[0].news = "IMG_20240612_101500.jpg: description edited."
    async with reviewing(session) as pilot:
        shown = screen_text(pilot.app)
        assert "↻ IMG_20240612_101500.jpg: description edited." in shown
        look = await session.look(session.rows[0].group_id)
        assert look.explanation.stakes
        assert look.explanation.stakes.split(".")[0][:30] in " ".join(shown.split())
        await press(pilot, "enter", "k")
        assert "description edited" not in screen_text(pilot.app), "what is decided is no news any more"
    await session.close()

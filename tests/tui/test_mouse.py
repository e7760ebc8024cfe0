"""Everything by mouse: each screen and dialog is opened, used and left without a key."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.review.decisions import DecisionKind
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.screens.act import AcceptDialog, ActDialog
from immich_tui.tui.screens.flags import FlagsScreen
from immich_tui.tui.screens.help import HelpScreen
from immich_tui.tui.screens.pick import PickList
from immich_tui.tui.screens.policy import PolicyDialog
from immich_tui.tui.screens.review import ReviewScreen
from immich_tui.tui.screens.sorting import SortDialog
from immich_tui.tui.widgets.cards import Cards
from immich_tui.tui.widgets.comparison import Comparison
from immich_tui.tui.widgets.filter_bar import FilterBar
from immich_tui.tui.widgets.flag_list import FlagList
from immich_tui.tui.widgets.group_list import GroupList
from immich_tui.tui.widgets.key_line import KeyLine
from immich_tui.tui.widgets.run_list import RunList
from immich_tui.tui.widgets.title_line import TitleLine
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

WIDE = (200, 50)


def screen(app: ImmichTui) -> ReviewScreen:
    assert isinstance(app.screen, ReviewScreen)
    return app.screen


def found_at(app: ImmichTui, widget: Widget, words: str) -> tuple[int, int] | None:
    """Where these words stand in a widget, if they do."""
    region = widget.content_region
    for y, line in enumerate(screen_text(app).splitlines()[region.y : region.bottom]):
        found = line.find(words, region.x)
        if found >= 0:
            return found - region.x + 1, y
    return None


async def place_of(pilot: Pilot[Any], app: ImmichTui, widget: Widget, words: str) -> tuple[int, int]:
    """Where these words stand in a widget, as soon as they do."""
    await wait_for(pilot, lambda: found_at(app, widget, words))
    place = found_at(app, widget, words)
    assert place is not None
    return place


async def click(pilot: Pilot[Any], app: ImmichTui, kind: type[Widget] | str, words: str) -> None:
    """Click on words in a widget."""
    widget = app.screen.query_one(kind, Widget) if isinstance(kind, str) else app.screen.query_one(kind)
    await pilot.click(widget, offset=await place_of(pilot, app, widget, words))
    await pilot.pause()


async def wheel(pilot: Pilot[Any], app: ImmichTui, widget: Widget, kind: type[events.MouseEvent]) -> None:
    """Turn the wheel once in the middle of a widget."""
    x, y = widget.region.center
    app.post_message(
        kind(None, int(x), int(y), 0, 0, 0, False, False, False, screen_x=int(x), screen_y=int(y))
    )
    await pilot.pause()


async def scroll(pilot: Pilot[Any], app: ImmichTui, widget: Widget) -> None:
    """Turn the wheel until a pane has scrolled; what comes into it meanwhile may take it to its top again."""
    for _ in range(100):
        await wheel(pilot, app, widget, events.MouseScrollDown)
        if widget.scroll_offset.y > 0:
            return
    raise AssertionError(f"{widget} does not scroll:\n{screen_text(app)}")


async def test_the_review_and_its_dialogs(paths: Paths) -> None:
    with DemoServer(groups=12) as server:
        app = app_for(server, paths)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await review(app, pilot)
            session = app.session
            assert session is not None
            await wait_for(pilot, lambda: screen(app).view.look is not None)
            columns = screen(app).view.columns
            await pilot.click(Cards, offset=(columns.gutter + columns.width + 1, 0))
            await wait_for(pilot, lambda: session.rows[0].decision is DecisionKind.RESOLVE)
            look = await session.look(session.rows[0].group_id)
            assert look.choice.winner == look.group.assets[1].id, "a click on a number keeps that photo"

            await click(pilot, app, KeyLine, "undo")
            await wait_for(pilot, lambda: session.rows[0].decision is None)
            await click(pilot, app, KeyLine, "accept")
            await wait_for(pilot, lambda: session.rows[0].decided)

            await click(pilot, app, KeyLine, "filter")
            await wait_for(pilot, lambda: screen(app).writing)
            await click(pilot, app, "#fitting", "overridden")
            await wait_for(pilot, lambda: len(screen(app).shown) < len(session.rows))
            await click(pilot, app, KeyLine, "show all")
            await wait_for(pilot, lambda: len(screen(app).shown) == len(session.rows))

            await click(pilot, app, KeyLine, "sort")
            await wait_for(pilot, lambda: isinstance(app.screen, SortDialog))
            await pilot.click("#no")
            await wait_for(pilot, lambda: isinstance(app.screen, ReviewScreen))

            await click(pilot, app, KeyLine, "policy")
            await wait_for(pilot, lambda: isinstance(app.screen, PolicyDialog))
            await click(pilot, app, PickList, "immich")
            await wait_for_text(pilot, "stays as you decided it")
            await pilot.click("#yes")
            await wait_for(pilot, lambda: session.policy.name == "immich")

            await click(pilot, app, KeyLine, "ready")
            await wait_for(pilot, lambda: isinstance(app.screen, AcceptDialog))
            await pilot.click("#yes")
            await wait_for(pilot, lambda: session.tally.decided > 1)

            await click(pilot, app, KeyLine, "keys")
            await wait_for(pilot, lambda: isinstance(app.screen, HelpScreen))
            await click(pilot, app, "_KeyList", "More room for the reasons")
            await wait_for(pilot, lambda: isinstance(app.screen, ReviewScreen))
            await wait_for(pilot, lambda: screen(app).view.why.expanded)


async def test_acting_on_what_is_filtered(paths: Paths) -> None:
    with DemoServer(groups=12) as server:
        app = app_for(server, paths)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await review(app, pilot)
            await click(pilot, app, KeyLine, "filter")
            await pilot.press(*"members>1")
            await click(pilot, app, "#fitting", "enter keeps")
            await wait_for(pilot, lambda: not screen(app).writing)
            await wait_for_text(pilot, "/ members>1")
            await click(pilot, app, KeyLine, "act on these")
            await wait_for(pilot, lambda: isinstance(app.screen, ActDialog))
            await pilot.click("#no")
            await wait_for(pilot, lambda: isinstance(app.screen, ReviewScreen))


async def test_the_list_of_flags(paths: Paths) -> None:
    with DemoServer(groups=24) as server:
        app = app_for(server, paths)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await review(app, pilot)
            await click(pilot, app, KeyLine, "flags")
            await wait_for(pilot, lambda: isinstance(app.screen, FlagsScreen))
            flags = app.screen
            assert isinstance(flags, FlagsScreen)
            await click(pilot, app, "FlagHeader", "Frees")
            assert "frees" in screen_text(app)
            await click(pilot, app, KeyLine, "kind")
            listed = app.screen.query_one(FlagList)
            await wait_for(pilot, lambda: listed.count > 1)
            await pilot.click(FlagList, offset=(6, 2))
            assert listed.cursor == 1
            wanted = listed.row
            assert wanted is not None
            await pilot.click(FlagList, offset=(6, 2))
            await wait_for(pilot, lambda: isinstance(app.screen, ReviewScreen))
            await wait_for(pilot, lambda: screen(app).groups.row is wanted)


async def test_wheels_scroll_each_pane_and_go_along_the_photos(paths: Paths) -> None:
    with DemoServer(groups=40) as server:
        app = app_for(server, paths)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await review(app, pilot)
            view = screen(app).view
            await wait_for(pilot, lambda: view.comparison.max_scroll_y and view.why.max_scroll_y)
            await scroll(pilot, app, screen(app).query_one(GroupList))
            assert screen(app).groups.cursor == 0, "the list scrolls, the group stays"
            await scroll(pilot, app, view.comparison)
            await scroll(pilot, app, view.why)
            assert view.focused_member == 0
            await wheel(pilot, app, view.cards, events.MouseScrollDown)
            await wait_for(pilot, lambda: view.focused_member == 1)
            await wheel(pilot, app, view.comparison, events.MouseScrollLeft)
            await wait_for(pilot, lambda: view.focused_member == 0)
            await wheel(pilot, app, app.screen.query_one(Comparison), events.MouseScrollRight)
            await wait_for(pilot, lambda: view.focused_member == 1)


async def test_a_badge_says_what_it_means(paths: Paths) -> None:
    with DemoServer(groups=6) as server:
        app = app_for(server, paths)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await review(app, pilot)
            await wait_for(pilot, lambda: screen(app).view.look is not None)
            cards = screen(app).view.cards

            async def told(badge: str, meaning: str) -> None:
                await pilot.hover(Cards, offset=await place_of(pilot, app, cards, badge))
                await wait_for(pilot, lambda: meaning in str(cards.tooltip))

            await told("KEEP", "stays")
            await told("IMMICH", "what Immich would keep")


async def test_the_steps_in_the_title_and_a_run_from_check_to_history(paths: Paths) -> None:
    with DemoServer(groups=6, jobs_delay=0.02) as server:
        app = app_for(server, paths, flags={"rate": 1000.0})
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await review(app, pilot)
            session = app.session
            assert session is not None
            await click(pilot, app, TitleLine, "Report")
            assert app.current_mode == "review", "there is no report yet"
            await click(pilot, app, TitleLine, "Fetch")
            await wait_for_step(pilot, "fetch")
            await pilot.click("#go")
            await wait_for_step(pilot, "review")
            await click(pilot, app, KeyLine, "ready")
            await wait_for(pilot, lambda: isinstance(app.screen, AcceptDialog))
            await pilot.click("#yes")
            await wait_for(pilot, lambda: session.tally.decided > 0)
            await click(pilot, app, TitleLine, "Execute")
            await wait_for_step(pilot, "execute")
            await wait_for(pilot, lambda: not app.screen.query_one("#start").disabled, within=60)
            await pilot.click("#start")
            await wait_for_text(pilot, "Start the run?")
            await pilot.click("#yes")
            await wait_for(pilot, lambda: app.report is not None, within=120)
            await wait_for_step(pilot, "report")
            await click(pilot, app, KeyLine, "history")
            await wait_for_step(pilot, "history")
            await wait_for(pilot, lambda: app.screen.query_one(RunList).count == 1)
            await click(pilot, app, KeyLine, "undo")
            await wait_for_text(pilot, "what comes back")
            await click(pilot, app, KeyLine, "filter")
            await wait_for(pilot, lambda: app.screen.query_one(FilterBar).is_open)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36)])
async def test_dialogs_keep_their_answers_in_sight(paths: Paths, size: tuple[int, int]) -> None:
    with DemoServer(groups=12) as server:
        app = app_for(server, paths)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await review(app, pilot)
            await resize(pilot, *size)
            for key, kind in (
                ("semicolon", ActDialog),
                ("A", AcceptDialog),
                ("P", PolicyDialog),
                ("S", SortDialog),
            ):
                await pilot.press(key)
                await wait_for_screen(pilot, kind)
                await pilot.pause()
                assert app.screen.query_one("#yes").region.bottom < size[1]
                await pilot.click("#no")
                await wait_for(pilot, lambda: isinstance(app.screen, ReviewScreen))

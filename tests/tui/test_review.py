"""Every key and click of the review screen, on a real session with a real database."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.binding import Binding
from textual.screen import Screen

from immich_tui.review.decisions import DecidedBy, DecisionKind
from immich_tui.review.session import Session
from immich_tui.review.store import Store
from immich_tui.tui import figures
from immich_tui.tui.pictures import PictureSource, Size
from immich_tui.tui.screens.act import AcceptDialog
from immich_tui.tui.screens.flags import FlagsScreen
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.tui.screens.picture import PictureScreen
from immich_tui.tui.screens.review import ReviewScreen
from immich_tui.tui.screens.reviewing import deciding
from immich_tui.verdict.model import Tier

from .pilots import PilotOf, driven
from .review_library import (
    CONTEXT,
    POLICY,
    Raw,
    ReviewApp,
    Scenes,
    asset,
    group,
    library,
    open_session,
    screen_text,
    settled,
    wait_for,
)
from .stage import resize


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await open_session(tmp_path, library())
    yield session
    await session.close()


@asynccontextmanager
async def reviewing(
    session: Session, size: tuple[int, int] = (120, 36), source: PictureSource | None = None, **kwargs: str
) -> AsyncIterator[PilotOf[ReviewApp]]:
    app = ReviewApp(session, source or Scenes(), **kwargs)
    async with driven(app, size, notifications=True) as pilot:
        await settled(pilot)
        yield pilot


def notices(app: App[Any]) -> str:
    return " ".join(notice.message for notice in app._notifications)


def first_of(session: Session) -> DecisionKind | None:
    """What is decided about the first group."""
    return session.rows[0].decision


def typed(app: App[Any], *keys: str) -> None:
    """Send keys without waiting for anything in between, as a fast typist over a slow line does."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def press(pilot: PilotOf[ReviewApp], *keys: str) -> None:
    """Send keys and wait until each is carried out: the last one comes the same way and says that it came."""
    arrived = pilot.app.arrived
    typed(pilot.app, *keys, "f20")
    await wait_for(pilot, lambda: pilot.app.arrived > arrived)
    await settled(pilot)


class TestMoving:
    async def test_j_and_k_move_and_stop_at_the_ends(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            groups = pilot.app.review.groups
            await press(pilot, "k")
            assert groups.cursor == 0
            await press(pilot, "j", "j", "k", "down")
            assert groups.cursor == 2
            await press(pilot, "end", "j")
            assert groups.cursor == len(session.rows) - 1
            assert "39 of 39" in screen_text(pilot.app)
            await press(pilot, "home")
            assert groups.cursor == 0

    async def test_capital_j_and_k_go_round_the_undecided_ones(self, session: Session) -> None:
        for row in (session.rows[1], session.rows[2]):
            await session.accept(row.group_id)
        async with reviewing(session) as pilot:
            groups = pilot.app.review.groups
            await press(pilot, "J")
            assert groups.cursor == 3
            await press(pilot, "K")
            assert groups.cursor == 0
            await press(pilot, "K")
            assert groups.cursor == len(session.rows) - 1

    async def test_paging(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            groups = pilot.app.review.groups
            await press(pilot, "pagedown")
            assert groups.cursor > 10
            await press(pilot, "pageup")
            assert groups.cursor == 0

    async def test_h_and_l_go_along_the_members(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "l")
            assert pilot.app.review.view.focused_member == 1
            await press(pilot, "l", "right")
            assert pilot.app.review.view.focused_member == 1
            await press(pilot, "h")
            assert pilot.app.review.view.focused_member == 0


class TestDeciding:
    async def test_enter_accepts_and_goes_on(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "enter")
            assert session.rows[0].decision is DecisionKind.RESOLVE
            assert session.rows[0].decided_by is DecidedBy.PERSON
            assert pilot.app.review.groups.cursor == 1

    async def test_enter_on_a_decided_group_only_goes_on(self, session: Session) -> None:
        await session.keep_all(session.rows[0].group_id)
        async with reviewing(session) as pilot:
            await press(pilot, "enter")
            assert session.rows[0].decision is DecisionKind.KEEP_ALL
            assert pilot.app.review.groups.cursor == 1

    async def test_a_number_keeps_that_member(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "2")
            group_id = session.rows[0].group_id
            look = await session.look(group_id)
            assert look.choice.keep == (look.group.assets[1].id,)
            assert pilot.app.review.view.focused_member == 1
            text = screen_text(pilot.app)
            assert "yours = Immich" in text, "it is Immich's pick that was kept"
            assert "ours ≠ Immich" not in text
            await press(pilot, "9")
            decision = session.decision(group_id)
            assert decision is not None
            assert decision.choice == look.choice

    async def test_space_turns_the_focused_member_over(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "l", "space")
            assert session.rows[0].decision is DecisionKind.KEEP_ALL
            await press(pilot, "h", "space")
            look = await session.look(session.rows[0].group_id)
            assert look.choice.keep == (look.group.assets[1].id,)

    async def test_the_last_kept_member_cannot_be_trashed(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "space")
            assert session.rows[0].decision is None
            assert "always stays" in notices(pilot.app)

    async def test_a_s_and_x(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "a")
            assert first_of(session) is DecisionKind.KEEP_ALL
            await press(pilot, "s")
            assert first_of(session) is DecisionKind.STACK
            assert "STACK TOP" in screen_text(pilot.app)
            await press(pilot, "x")
            assert first_of(session) is DecisionKind.SKIP
            assert pilot.app.review.groups.cursor == 1

    async def test_i_keeps_immichs_pick(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "i")
            look = await session.look(session.rows[0].group_id)
            assert look.choice.keep == (look.verdict.immich_pick,)

    async def test_undo_and_redo_go_where_it_was(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "enter", "j", "j", "u")
            assert pilot.app.review.groups.cursor == 0
            assert first_of(session) is None
            await press(pilot, "j", "ctrl+r")
            assert pilot.app.review.groups.cursor == 0
            assert first_of(session) is DecisionKind.RESOLVE
            await press(pilot, "ctrl+r")
            assert "nothing to redo" in notices(pilot.app)
            await press(pilot, "u", "u")
            assert "nothing to undo" in notices(pilot.app)

    async def test_keys_typed_fast_are_carried_out_in_order(self, session: Session) -> None:
        """No key waits for the screen here: each must find what the one before it did."""
        async with reviewing(session) as pilot:
            typed(pilot.app, "enter", "j", "2", "j", "a", "j", "l", "space", "enter", "x", "u", "j", "a")
            await wait_for(pilot, lambda: session.rows[6].decided)
            await settled(pilot)
            decisions = [row.decision for row in session.rows[:8]]
            look = await session.look(session.rows[4].group_id)
        keep, both = DecisionKind.RESOLVE, DecisionKind.KEEP_ALL
        assert decisions == [keep, None, keep, both, keep, None, both, None]
        assert len(look.choice.keep) == 2

    async def test_a_decision_is_on_disk_before_the_list_shows_it(
        self, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = []
        async with reviewing(session) as pilot:
            groups = pilot.app.review.groups
            paint = groups.refresh_item

            def refreshed(index: int) -> None:
                rows = session.store._db.execute("SELECT count(*) FROM decisions").fetchone()
                seen.append((index, rows[0]))
                paint(index)

            monkeypatch.setattr(groups, "refresh_item", refreshed)
            await press(pilot, "enter")
        assert seen == [(0, 1)]

    async def test_decisions_are_there_after_a_restart(self, session: Session, tmp_path: Path) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "2")
        again = await asyncio.to_thread(Store.open, tmp_path / "session.sqlite")
        try:
            decision = again.decided.decisions()[session.rows[0].group_id]
            assert decision.kind is DecisionKind.RESOLVE
            assert again.read_only
        finally:
            again.close()

    async def test_a_read_only_session_says_so(self, session: Session, tmp_path: Path) -> None:
        second = await open_again(tmp_path)
        try:
            async with reviewing(second) as pilot:
                await press(pilot, "enter", "a", "u")
                assert "only shows" in notices(pilot.app)
                assert all(row.decision is None for row in second.rows)
                assert pilot.app.review.groups.cursor == 0
        finally:
            await second.close()

    async def test_a_group_that_was_carried_out_stays_as_it_is(self, session: Session) -> None:
        await session.accept(session.rows[0].group_id)
        await session.finish(session.rows[0].group_id, "done", "run-1")
        async with reviewing(session) as pilot:
            assert "38 of 39 groups" in screen_text(pilot.app), "what is done does not stand in the way"
            await press(pilot, "escape", "home", "a")
            assert session.rows[0].decision is DecisionKind.RESOLVE
            assert "carried out already. Undo its run in History" in notices(pilot.app)

    async def test_a_key_held_down_stops_at_a_doubtful_group(
        self, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(deciding, "LOOK_FIRST_S", 60.0)
        async with reviewing(session) as pilot:
            review = pilot.app.review
            await press(pilot, *["enter"] * len(session.rows))
            here = pilot.app.here
            assert here.tier is Tier.DOUBTFUL
            assert here.open
            assert "look at it first" in notices(pilot.app)
            review.accepted_at = 0.0
            await press(pilot, "enter")
            assert not here.open


async def open_again(tmp_path: Path) -> Session:
    return await Session.open(Store.open(tmp_path / "session.sqlite"), POLICY, CONTEXT)


class TestQuestions:
    async def test_a_flag_gets_a_note_and_loses_it(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("f")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, NoteDialog))
            await pilot.press(*"look [b]again", "enter")
            await wait_for(pilot, lambda: session.rows[0].flagged)
            await settled(pilot)
            assert session.rows[0].note == "look [b]again"
            assert "look [b]again" in screen_text(pilot.app)
            await pilot.press("f")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, NoteDialog))
            await pilot.click("#unflag")
            await wait_for(pilot, lambda: not session.rows[0].flagged)

    async def test_escape_leaves_the_flag_alone(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("f")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, NoteDialog))
            await pilot.press("a", "escape")
            await settled(pilot)
            assert not session.rows[0].flagged
            assert session.rows[0].decision is None

    async def test_accepting_all_ready_ones_asks_first_and_is_one_undo(self, session: Session) -> None:
        ready = session.ready()
        async with reviewing(session) as pilot:
            await pilot.press("A")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, AcceptDialog))
            await wait_for(pilot, lambda: "134 MiB" in screen_text(pilot.app))
            assert f"{len(ready)} groups" in screen_text(pilot.app)
            await pilot.press("escape")
            await settled(pilot)
            assert not any(row.decided for row in session.rows)
            await pilot.press("A")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, AcceptDialog))
            await pilot.press("enter")
            await wait_for(pilot, lambda: sum(row.decided for row in session.rows) == len(ready))
            assert not any(row.decided for row in session.rows if row.tier is Tier.DOUBTFUL)
            await settled(pilot)
            assert f"{len(ready)} groups accepted" in notices(pilot.app)
            await press(pilot, "u")
            assert not any(row.decided for row in session.rows)
            assert notices(pilot.app) == f"Took back {len(ready)} decisions (keep)."

    async def test_only_one_tier_is_accepted(self, session: Session) -> None:
        same = [row for row in session.ready() if row.tier is Tier.SAME_PICTURE]
        async with reviewing(session) as pilot:
            await pilot.press("A")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, AcceptDialog))
            await pilot.press("s", "enter")
            await wait_for(pilot, lambda: any(row.decided for row in session.rows))
            assert [row for row in session.rows if row.decided] == same
            assert len(same) < len(session.rows)
            await settled(pilot)

    async def test_nothing_ready_says_so(self, tmp_path: Path) -> None:
        session = await open_session(tmp_path, library()[:1])
        async with reviewing(session) as pilot:
            await press(pilot, "A")
            assert "want a look" in notices(pilot.app)
        await session.close()

    async def test_execute_needs_a_decision(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "X")
            assert pilot.app.went == []
            assert "Nothing is decided" in notices(pilot.app)
            await press(pilot, "enter", "X")
            assert pilot.app.went == ["execute"]

    async def test_what_is_done_is_not_up_to_the_next_run(self, session: Session) -> None:
        for row in session.rows[:2]:
            await session.accept(row.group_id)
            await session.finish(row.group_id, "done", "run-1")
        freed = figures.size(session.tally.freed)
        async with reviewing(session) as pilot:
            await wait_for(pilot, lambda: f"2 done · {freed}" in screen_text(pilot.app))
            assert " decided" not in screen_text(pilot.app)
            await press(pilot, "X")
            assert notices(pilot.app) == "Nothing more is decided, so there is nothing to carry out."
            await press(pilot, "enter")
            await wait_for(pilot, lambda: "1 decided · 2 done" in screen_text(pilot.app))

    async def test_who_keeps_all_is_not_told_to_do_as_immich_does(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            assert " Immich" in screen_text(pilot.app)
            for key in ("a", "s"):
                await press(pilot, key)
                await wait_for(pilot, lambda: "Immich keeps one" in screen_text(pilot.app))
                assert "yours = Immich" not in screen_text(pilot.app)


class TestShowing:
    async def test_differences_only_or_all_rows(self, session: Session) -> None:
        async with reviewing(session, size=(120, 60)) as pilot:
            text = screen_text(pilot.app)
            assert "≠ GPS" in text
            assert "— none" in text
            assert "equal rows hidden" in text
            assert "visibility" not in text
            await press(pilot, "D")
            text = screen_text(pilot.app)
            assert "visibility" in text
            assert "format" in text

    async def test_a_missing_value_is_a_difference_and_the_winner_is_marked(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            line = next(line for line in screen_text(pilot.app).splitlines() if "≠ GPS" in line)
            assert "47.37689, 8.54169 +30" in line
            assert "— none" in line
            line = next(line for line in screen_text(pilot.app).splitlines() if "≠ score" in line)
            assert "◂ decides" in line

    async def test_badges(self, session: Session) -> None:
        async with reviewing(session, size=(200, 50)) as pilot:
            top = screen_text(pilot.app).splitlines()[1] + " "
            for badge in ("KEEP", "OURS", "TRASH", "IMMICH"):
                assert f" {badge} " in top
            await press(pilot, "j", "j", "j")
            assert "▶ VIDEO 0:12" in screen_text(pilot.app)
            await press(pilot, "j")
            top = screen_text(pilot.app).splitlines()[1]
            for badge in ("LIVE", "EDITED", "EXTERNAL"):
                assert f" {badge} " in top

    async def test_w_gives_the_reasons_room(self, session: Session) -> None:
        async with reviewing(session, size=(200, 60)) as pilot:
            before = pilot.app.review.view.why.size.height
            assert "Immich's choice would do this" not in screen_text(pilot.app)
            await press(pilot, "w")
            assert pilot.app.review.view.why.size.height > before + 4
            assert "Immich's choice would do this" in screen_text(pilot.app)
            await press(pilot, "w")
            assert pilot.app.review.view.why.size.height == before

    async def test_o_opens_the_servers_own_page(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "l", "o")
            look = await session.look(session.rows[0].group_id)
            assert pilot.app.urls == [f"https://photos.example.org/photos/{look.group.assets[1].id}"]

    async def test_y_copies_path_or_id(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            look = await session.look(session.rows[0].group_id)
            await press(pilot, "y")
            assert pilot.app.clipboard == look.group.assets[0].original_path
            await press(pilot, "Y")
            assert pilot.app.clipboard == look.group.assets[0].id

    async def test_rows_scroll(self, session: Session) -> None:
        async with reviewing(session, size=(80, 24)) as pilot:
            comparison = pilot.app.review.view.comparison
            await press(pilot, "ctrl+d")
            assert comparison.scroll_offset.y > 0
            await press(pilot, "ctrl+u")
            assert comparison.scroll_offset.y == 0

    async def test_switching_groups_makes_no_widgets(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            before = {id(node) for node in pilot.app.review.query("#desk, #desk *")}
            await press(pilot, "j", "j", "j", "j")
            assert {id(node) for node in pilot.app.review.query("#desk, #desk *")} == before

    async def test_nothing_to_review(self, tmp_path: Path) -> None:
        session = await open_session(tmp_path, [])
        async with reviewing(session) as pilot:
            assert "No duplicates to review" in screen_text(pilot.app)
            await press(pilot, "enter", "1", "space", "a", "u", "j", "J", "v", "f", "h", "D", "w", "o", "y")
        await session.close()

    async def test_a_size_for_every_terminal(self, session: Session) -> None:
        async with reviewing(session, size=(60, 18)) as pilot:
            for size in ((80, 24), (300, 80), (61, 20), (200, 50), (120, 36)):
                await resize(pilot, *size)
                await pilot.press("j")
                await settled(pilot)
                assert "score" in screen_text(pilot.app)

    async def test_many_members_keep_the_winner_pinned(self, tmp_path: Path) -> None:
        members = [
            asset(f"burst_{n:02}.jpg", 1 + n / 100, id=f"{n:08x}-0000-4000-8000-000000000000")
            for n in range(60)
        ]
        session = await open_session(tmp_path, [group(1, *members)])
        async with reviewing(session) as pilot:
            typed(pilot.app, *["h"] * 60)
            await wait_for(pilot, lambda: pilot.app.review.view.focused_member == 0)
            await settled(pilot)
            assert "▸1 " in screen_text(pilot.app)
            winner = pilot.app.review.view.columns.shown[0]
            assert f" {winner + 1} " in screen_text(pilot.app).splitlines()[1]
            typed(pilot.app, *["l"] * 30)
            await wait_for(pilot, lambda: pilot.app.review.view.focused_member == 30)
            await settled(pilot)
            columns = pilot.app.review.view.columns
            assert columns.shown[0] == winner
            assert 30 in columns.shown
            assert columns.before > 0
            assert columns.after > 0
        await session.close()

    async def test_help_lists_the_keys(self) -> None:
        ids = [binding.id for binding in ReviewScreen.BINDINGS if isinstance(binding, Binding)]
        assert len(ids) == len(ReviewScreen.BINDINGS)
        assert all(ids)
        assert len(ids) == len(set(ids))


class TestMouse:
    async def test_a_row_of_the_list(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.click("#groups", offset=(5, 6))
            await settled(pilot)
            assert pilot.app.review.groups.cursor == 2

    async def test_a_card_and_its_fate(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            columns = pilot.app.review.view.columns
            x = columns.gutter + columns.width
            await pilot.click("#cards", offset=(x + 2, 5))
            await settled(pilot)
            assert pilot.app.review.view.focused_member == 1
            assert session.rows[0].decision is None
            await pilot.click("#cards", offset=(x + 5, 0))
            await settled(pilot)
            assert session.rows[0].decision is DecisionKind.KEEP_ALL

    async def test_a_column_of_the_comparison(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            columns = pilot.app.review.view.columns
            await pilot.click("#facts", offset=(columns.gutter + columns.width + 2, 2))
            await settled(pilot)
            assert pilot.app.review.view.focused_member == 1

    async def test_a_tab_where_one_column_fits(self, session: Session) -> None:
        async with reviewing(session, size=(80, 24)) as pilot:
            assert len(pilot.app.review.view.columns.shown) == 1
            gutter = pilot.app.review.view.columns.gutter
            await pilot.click("#cards", offset=(gutter + 10, 0))
            await settled(pilot)
            assert pilot.app.review.view.focused_member == 1
            assert "▸2" in screen_text(pilot.app)

    async def test_what_decided_stands_beside_what_it_won_against_where_one_column_fits(
        self, session: Session
    ) -> None:
        async with reviewing(session, size=(80, 24)) as pilot:
            (line,) = (text for text in screen_text(pilot.app).splitlines() if " ◂" in text and "≠" in text)
            assert re.search(r"≠ \w+ +\S.* ◂.*  (Immich|other) \S", line), line

    async def test_a_value_that_was_cut_shows_whole_under_the_mouse(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "D")
            comparison = pilot.app.review.view.comparison
            await pilot.hover("#facts", offset=(pilot.app.review.view.columns.gutter + 2, 0))
            assert comparison.tooltip is None
            row = next(
                n for n, line in enumerate(comparison._lines) if line.fact and line.fact.label == "lens"
            )
            comparison.scroll_to(y=row, animate=False)
            await pilot.pause()
            place = (pilot.app.review.view.columns.gutter + 2, row - comparison.scroll_offset.y)
            await pilot.hover("#facts", offset=place)
            assert str(comparison.tooltip) == "iPhone 13 back dual wide camera 5.1mm f/1.6"

    async def test_tabs_of_four_members_all_fit(self, session: Session) -> None:
        async with reviewing(session, size=(80, 24)) as pilot:
            await press(pilot, "j", "j", "j", "j", "l")
            assert "1 ✓ ▸2 ✗  3 ✗  4 ✗" in screen_text(pilot.app)

    async def test_a_key_in_the_footer(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.click("#keys", offset=(3, 0))
            await wait_for(pilot, lambda: session.rows[0].decided)
            assert session.rows[0].decision is DecisionKind.RESOLVE
            await settled(pilot)


class TestPictures:
    async def test_pictures_without_room_are_not_shown_by_their_upper_edge(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await wait_for(pilot, lambda: "▀▀▀▀" in screen_text(pilot.app))
            await press(pilot, "w")
            await wait_for(pilot, lambda: "▀▀▀▀" not in screen_text(pilot.app))
            await press(pilot, "w")
            await wait_for(pilot, lambda: "▀▀▀▀" in screen_text(pilot.app))

    async def test_they_come_when_the_person_stays(self, session: Session) -> None:
        source = Scenes()
        async with reviewing(session, source=source) as pilot:
            assert "▀▀▀▀" in screen_text(pilot.app)
            asked = {asset_id for asset_id, _ in source.asked}
            look = await session.look(session.rows[0].group_id)
            assert {member.id for member in look.group.assets} <= asked

    async def test_groups_that_are_passed_by_are_not_asked_for(self, session: Session) -> None:
        source = Scenes()
        async with reviewing(session, source=source) as pilot:
            typed(pilot.app, "end", *["k"] * 12)
            await wait_for(pilot, lambda: pilot.app.review.groups.cursor == len(session.rows) - 13)
            await settled(pilot)
            asked = {asset_id for asset_id, _ in source.asked}
            for row in session.rows[-6:-2]:
                look = await session.look(row.group_id)
                assert not {member.id for member in look.group.assets} & asked

    async def test_a_missing_one_says_so(self, session: Session) -> None:
        look = await session.look(session.rows[0].group_id)
        source = Scenes(missing=[look.group.assets[0].id])
        async with reviewing(session, source=source) as pilot:
            assert "no preview yet" in screen_text(pilot.app)

    async def test_damage_says_so(self, session: Session) -> None:
        class Damaged(Scenes):
            async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
                return b"\xff\xd8 no picture"

        async with reviewing(session, source=Damaged()) as pilot:
            assert "cannot be shown" in screen_text(pilot.app)

    async def test_full_screen_flips_in_the_same_place(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("v")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, PictureScreen))
            await wait_for(pilot, lambda: "1 of 2" in screen_text(pilot.app))
            await pilot.press("space")
            await wait_for(pilot, lambda: "2 of 2" in screen_text(pilot.app))
            await pilot.press("space", "tab", "right", "escape")
            await settled(pilot)
            assert pilot.app.screen is pilot.app.review
            assert pilot.app.review.view.focused_member in {0, 1}

    async def test_full_screen_leaves_with_the_member_that_was_seen(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("v")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, PictureScreen))
            await pilot.press("2", "v")
            await settled(pilot)
            assert pilot.app.review.view.focused_member == 1

    async def test_without_a_source_there_are_facts_only(self, session: Session) -> None:
        app = ReviewApp(session, None)
        async with driven(app, (120, 36), notifications=True) as pilot:
            await settled(pilot)
            assert "≠ GPS" in screen_text(app)
            await press(pilot, "v")
            assert "no pictures" in notices(app)


HOSTILE = [
    "\x1b]0;pwn\x07\x1b[31mred.jpg",
    "[/red][@click=app.quit]x[/].jpg",
    "a/../../etc/passwd\x9b31m",
    "gpj.\u202eexe\u2066",
    "日本語の写真👨‍👩‍👧‍👦" * 6 + ".jpg",
    "x" * 300 + "\n\t.jpg",
    "שלום\u200f \u2028.jpg",
    "e\u0301" * 40,
]


class TestHostileText:
    def members(self, number: int, name: str) -> Raw:
        nasty = dict.fromkeys(("description", "city", "make", "model", "lensModel", "timeZone"), name)
        tags = [{"id": "t", "name": name, "value": name}]
        ids = (f"{number:04}0001-0000-4000-8000-000000000000", f"{number:04}0002-0000-4000-8000-000000000000")
        one = asset(name, 2.0, exif=nasty, originalPath=f"/data/{name}", tags=tags, id=ids[0])
        return group(number, one, asset("plain.jpg", 1.0, id=ids[1]))

    @pytest.mark.parametrize("size", [(80, 24), (120, 36)])
    async def test_nothing_of_it_reaches_the_terminal(self, tmp_path: Path, size: tuple[int, int]) -> None:
        session = await open_session(tmp_path, [self.members(n, name) for n, name in enumerate(HOSTILE)])
        for row, name in zip(session.rows, HOSTILE, strict=True):
            await session.flag(row.group_id, name)
        async with reviewing(session, size=size) as pilot:
            await press(pilot, "D", "w")
            for index in range(len(HOSTILE)):
                self.check(pilot)
                for key, screen in (("v", PictureScreen), ("f", NoteDialog)) if index in {0, 1, 3} else ():
                    await self.look_at(pilot, key, screen)
                typed(pilot.app, "y", "j")
                await settled(pilot)
            self.check(pilot)
            await self.look_at(pilot, "F", FlagsScreen)
        await session.close()

    async def look_at(self, pilot: PilotOf[ReviewApp], key: str, screen: type[Screen[Any]]) -> None:
        typed(pilot.app, key)
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, screen) and pilot.app.screen.is_mounted)
        await pilot.pause()
        self.check(pilot)
        typed(pilot.app, "escape")
        await settled(pilot)

    def check(self, pilot: PilotOf[ReviewApp]) -> None:
        shown = screen_text(pilot.app).replace("\n", "")
        assert not [c for c in shown if c < " " or "\x7f" <= c < "\xa0" or c in "\u202e\u2066\u200b\u200f"]
        assert not [c for c in shown if "\ud800" <= c <= "\udfff"]
        for strip in pilot.app.screen._compositor.render_strips():
            assert strip.cell_length == pilot.app.size.width

"""Filtering, sorting, marking, acting on many groups and switching the policy, by key and mouse."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from textual.widgets import Input

from immich_tui.review.decisions import DecidedBy, DecisionKind
from immich_tui.review.order import Sorting
from immich_tui.review.rows import objections
from immich_tui.review.session import Look, Session
from immich_tui.tui.ink import Part
from immich_tui.tui.screens.act import ActDialog
from immich_tui.tui.screens.jump import JumpDialog
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.tui.screens.pick import PickList
from immich_tui.tui.screens.policy import PolicyDialog
from immich_tui.tui.screens.review import ReviewScreen
from immich_tui.tui.screens.reviewing.showing import GROUPS_AHEAD
from immich_tui.tui.screens.sorting import SortDialog
from immich_tui.tui.widgets.group_list import GroupList
from immich_tui.verdict.model import Tier

from .pilots import PilotOf, TheScreen, on_top
from .review_library import ReviewApp, library, open_session, screen_text, settled, wait_for
from .test_review import notices, press, reviewing


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await open_session(tmp_path, library())
    yield session
    await session.close()


def shown(pilot: PilotOf[ReviewApp]) -> list[str]:
    return [row.group_id for row in pilot.app.review.shown]


async def dialog(pilot: PilotOf[ReviewApp], key: str, kind: type[TheScreen]) -> TheScreen:
    await pilot.press(key)
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.is_mounted)
    await pilot.pause()
    return on_top(pilot.app, kind)


async def closed(pilot: PilotOf[ReviewApp]) -> None:
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
    await settled(pilot)


class TestFilter:
    async def test_the_list_follows_while_a_filter_is_written_and_escape_shows_all(
        self, session: Session
    ) -> None:
        doubtful = [row.group_id for row in session.rows if row.tier is Tier.DOUBTFUL]
        async with reviewing(session) as pilot:
            await pilot.press("/", *"tier:doub", "tab")
            await wait_for(pilot, lambda: shown(pilot) == doubtful)
            assert "↓ to the list" in screen_text(pilot.app).splitlines()[-1]
            text = screen_text(pilot.app)
            assert "tier:doubtful" in text
            assert f"{len(doubtful)} of 39" in text
            await pilot.press("enter")
            await settled(pilot)
            assert f"{len(doubtful)} of 39 groups" in screen_text(pilot.app)
            await press(pilot, "j")
            assert pilot.app.review.groups.cursor == 1
            await press(pilot, "escape")
            assert len(shown(pilot)) == 39
            assert pilot.app.here.group_id == doubtful[1], "the cursor stays on its group"

    async def test_members_are_asked_in_the_database(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("/", *"type:video", "enter")
            await wait_for(pilot, lambda: shown(pilot) == [session.rows[3].group_id])
            await pilot.press("/", *"-external", "escape")
            await wait_for(pilot, lambda: len(shown(pilot)) == 39)

    async def test_a_wrong_word_is_pointed_at_and_tab_puts_it_right(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("/", *"tier:doubtfull ")
            await wait_for(pilot, lambda: "Did you mean tier:doubtful?" in screen_text(pilot.app))
            assert "▔" * len("tier:doubtfull") in screen_text(pilot.app)
            await pilot.press("enter")
            assert pilot.app.review.writing, "there is nothing to keep yet"
            await pilot.press("tab")
            await wait_for(pilot, lambda: len(shown(pilot)) < 39)
            await pilot.press("enter")
            await wait_for(pilot, lambda: not pilot.app.review.writing)

    async def test_tab_goes_through_what_fits(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("/", *"-fl", "tab")
            bar = pilot.app.review.query_one("#filter Input", Input)
            assert bar.value == "-flag:"
            await pilot.press("tab")
            assert bar.value == "-flagged"
            await pilot.press("shift+tab")
            assert bar.value == "-flag:"

    async def test_who_writes_on_after_a_tab_is_offered_what_fits_there(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("/", *"tier:", "tab", "tab", "space", *"diff")
            bar = pilot.app.review.query_one("#filter Input", Input)
            await wait_for(pilot, lambda: bar.value.endswith(" diff"))
            tier = bar.value.removesuffix(" diff")
            assert tier.startswith("tier:")
            await pilot.press("tab")
            assert bar.value == f"{tier} differs", "what stands before the word is not replaced"
            await pilot.press("home", *["right"] * len("tier"), "tab")
            assert bar.value.startswith("tier:"), "the word at the cursor is completed, not the last one"
            assert bar.value.endswith(" differs")

    async def test_nothing_that_fits_says_what_to_do(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, *"jjjjj")
            await pilot.press("/", *"members>99", "enter")
            await wait_for(pilot, lambda: not shown(pilot))
            assert "Escape shows all groups again" in screen_text(pilot.app)
            await press(pilot, "enter", "a", "1", "m", "M", "*", ";", "J", "g")
            assert not any(row.decided for row in session.rows)
            await press(pilot, "escape")
            assert len(shown(pilot)) == 39
            assert pilot.app.review.groups.cursor == 5, "the cursor is back where it was"

    async def test_what_is_decided_stays_listed_until_the_filter_is_used_again(
        self, session: Session
    ) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("/", *"decided:no", "enter")
            await settled(pilot)
            await press(pilot, "enter", "u")
            assert len(shown(pilot)) == 39
            await press(pilot, "enter")
            await pilot.press("/", "enter")
            await pilot.press("/", "backspace", "o", "enter")
            await wait_for(pilot, lambda: len(shown(pilot)) in {38, 39})

    async def test_the_mouse_opens_it(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("/", *"differs", "enter")
            await settled(pilot)
            await pilot.click("#status")
            await wait_for(pilot, lambda: pilot.app.review.writing)


class TestSorting:
    async def test_both_directions_and_the_cursor_stays_on_its_group(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "j", "j")
            here = session.rows[2].group_id
            await dialog(pilot, "S", SortDialog)
            await pilot.press("j", "j", "enter")
            await closed(pilot)
            await wait_for(pilot, lambda: shown(pilot) != [row.group_id for row in session.rows])
            savings = [row.saving for row in pilot.app.review.shown]
            assert savings == sorted(savings, reverse=True)
            assert pilot.app.here.group_id == here
            assert "saving, most first" in screen_text(pilot.app)
            await dialog(pilot, "S", SortDialog)
            await pilot.press("space", "enter")
            await closed(pilot)
            await wait_for(pilot, lambda: pilot.app.review.shown[0].saving == min(savings))
            await press(pilot, "escape")
            assert pilot.app.review.order.sorting is Sorting.SERVER

    async def test_a_click_chooses(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await dialog(pilot, "S", SortDialog)
            await pilot.click(PickList, offset=(5, 5))
            await pilot.click(PickList, offset=(5, 5))
            await closed(pilot)
            assert pilot.app.review.order.sorting is Sorting.NAME


class TestMarks:
    async def test_one_a_range_all_and_none(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "m")
            assert pilot.app.review.marked == {session.rows[0].group_id}
            assert pilot.app.review.groups.cursor == 1
            assert "◆" in screen_text(pilot.app)
            await press(pilot, "j", "j", "M")
            assert pilot.app.review.marked == {row.group_id for row in session.rows[:4]}
            assert "4 marked" in screen_text(pilot.app)
            await press(pilot, "asterisk")
            assert len(pilot.app.review.marked) == 39
            await press(pilot, "asterisk", "m")
            assert len(pilot.app.review.marked) == 1
            await press(pilot, "escape")
            assert not pilot.app.review.marked


class TestActing:
    async def test_marked_groups_are_skipped_and_one_undo_brings_them_back(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "m", "m")
            await dialog(pilot, "semicolon", ActDialog)
            await pilot.press("x")
            await wait_for(pilot, lambda: "2 groups; nothing goes to the trash" in screen_text(pilot.app))
            await pilot.press("enter")
            await closed(pilot)
            await wait_for(pilot, lambda: session.tally.skipped == 2)
            await settled(pilot)
            assert [row.decision for row in session.rows[:3]] == [DecisionKind.SKIP, DecisionKind.SKIP, None]
            assert session.rows[0].decided_by is DecidedBy.RULE
            await wait_for(pilot, lambda: "2 skipped" in screen_text(pilot.app))
            await press(pilot, "u")
            assert session.tally.skipped == 0
            assert notices(pilot.app) == "Took back 2 decisions (skipped)."
            await press(pilot, "ctrl+r")
            assert session.tally.skipped == 2

    async def test_without_marks_it_acts_on_what_is_listed_and_leaves_decided_ones_alone(
        self, session: Session
    ) -> None:
        await session.keep_all(session.rows[5].group_id)
        async with reviewing(session) as pilot:
            await pilot.press("/", *"members:2", "enter")
            await settled(pilot)
            await wait_for(pilot, lambda: 0 < len(shown(pilot)) < 39)
            listed = set(shown(pilot))
            await dialog(pilot, "semicolon", ActDialog)
            await wait_for(pilot, lambda: "Left alone: 1 decided" in screen_text(pilot.app))
            assert "marked for the trash, which frees" in screen_text(pilot.app)
            await pilot.press("enter")
            await closed(pilot)
            await wait_for(pilot, lambda: session.tally.decided == len(listed))
            assert {row.group_id for row in session.rows if row.decided} == listed
            assert session.rows[5].decision is DecisionKind.KEEP_ALL

    async def test_decided_ones_are_reached_when_told_to(self, session: Session) -> None:
        await session.keep_all(session.rows[0].group_id)
        async with reviewing(session) as pilot:
            await press(pilot, "m")
            await dialog(pilot, "semicolon", ActDialog)
            await wait_for(pilot, lambda: "nothing to do" in screen_text(pilot.app))
            await pilot.press("r")
            await wait_for(pilot, lambda: "1 group: 1 photo marked" in screen_text(pilot.app))
            await pilot.press("enter")
            await wait_for(pilot, lambda: session.rows[0].decision is DecisionKind.RESOLVE)
            await closed(pilot)

    async def test_another_policys_choice_is_counted_and_made(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "m")
            acting = await dialog(pilot, "semicolon", ActDialog)
            place = next(n for n, pick in enumerate(acting.picks) if "immich" in pick.label)
            await pilot.press(*["j"] * place)
            await wait_for(pilot, lambda: "what Immich would keep" in screen_text(pilot.app))
            await pilot.press("enter")
            await wait_for(pilot, lambda: session.rows[0].decided)
            look = await session.look(session.rows[0].group_id)
            assert look.choice.winner == look.verdict.immich_pick != look.verdict.winner
            await closed(pilot)

    async def test_flags_for_many(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "m", "m")
            await dialog(pilot, "semicolon", ActDialog)
            await pilot.press("f", "enter")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, NoteDialog))
            await pilot.press(*"look", "enter")
            await wait_for(pilot, lambda: session.rows[1].flagged)
            assert [row.note for row in session.rows[:3]] == ["look", "look", ""]
            await closed(pilot)
            await wait_for(pilot, lambda: "2 groups flagged. u takes all of it back." in notices(pilot.app))
            await press(pilot, "u")
            assert notices(pilot.app) == "Took back 2 flags or notes."
            assert not any(row.flagged for row in session.rows)
            await press(pilot, "ctrl+r")
            assert [row.note for row in session.rows[:3]] == ["look", "look", ""]
            await press(pilot, "asterisk")
            await dialog(pilot, "semicolon", ActDialog)
            await pilot.press("f")
            await wait_for(pilot, lambda: "2 of them have one already" in screen_text(pilot.app))
            await pilot.press("escape")
            await closed(pilot)

    async def test_decisions_are_taken_away(self, session: Session) -> None:
        for row in session.rows[:3]:
            await session.accept(row.group_id)
        async with reviewing(session) as pilot:
            await press(pilot, "asterisk")
            await dialog(pilot, "semicolon", ActDialog)
            await pilot.press("c")
            await wait_for(pilot, lambda: "3 groups would be undecided again" in screen_text(pilot.app))
            await pilot.press("enter")
            await wait_for(pilot, lambda: session.tally.decided == 0)
            await closed(pilot)


class TestTheOnlyObjection:
    async def test_groups_that_only_a_finer_copy_speaks_against_are_listed_and_accepted_together(
        self, session: Session
    ) -> None:
        async with reviewing(session) as pilot:
            await pilot.press("/", *"only:compression", "enter")
            only = [row for row in session.rows if objections(row.flags) == ("compression_loss",)]
            assert session.rows[0] in only, "1.2 MiB with a place against 2.5 MiB without"
            await wait_for(pilot, lambda: len(shown(pilot)) == len(only))
            await dialog(pilot, "semicolon", ActDialog)
            await wait_for(pilot, lambda: f"Doubtful (■) among them: {len(only)}." in screen_text(pilot.app))
            await pilot.press("enter")
            await closed(pilot)
            await wait_for(pilot, lambda: session.tally.decided == len(only))
            assert session.rows[0].decision is DecisionKind.RESOLVE
            await press(pilot, "u")
            assert session.tally.decided == 0


class TestPolicy:
    async def test_the_effect_is_counted_before_it_is_applied(self, session: Session) -> None:
        before = [row.title for row in session.rows]
        await session.choose_winner(
            session.rows[2].group_id, (await session.look(session.rows[2].group_id)).group.assets[2].id
        )
        async with reviewing(session) as pilot:
            policies = await dialog(pilot, "P", PolicyDialog)
            assert "holds now" in screen_text(pilot.app)
            names = [pick.value.name for pick in policies.picks]
            await pilot.press(*["j"] * names.index("immich"))
            await wait_for(pilot, lambda: "winner" in screen_text(pilot.app).split("Looks at")[1])
            await wait_for(pilot, lambda: "stays as you decided it" in screen_text(pilot.app))
            assert session.policy.name == "metadata"
            decided = sum(row.differs for row in session.rows if row.decided)
            assert f"then differs from Immich in {decided}" in screen_text(pilot.app)
            await pilot.press("enter")
            await wait_for(pilot, lambda: session.policy.name == "immich")
            await closed(pilot)
            assert session.summary().differs == decided
            assert session.rows[2].title == "beach-WA0012.jpg", "what a person decided stays"
            assert [row.title for row in session.rows] != before

    async def test_u_takes_a_switch_back_and_ctrl_r_does_it_again(self, session: Session) -> None:
        first = session.rows[0]
        async with reviewing(session) as pilot:
            await press(pilot, "x")
            skipped = [row.group_id for row in session.rows if row.skipped]
            before = [row.title for row in session.rows]
            policies = await dialog(pilot, "P", PolicyDialog)
            names = [pick.value.name for pick in policies.picks]
            await pilot.press(*["j"] * names.index("immich"), "enter")
            await wait_for(pilot, lambda: session.policy.name == "immich")
            await closed(pilot)
            await wait_for(pilot, lambda: "u takes it back" in screen_text(pilot.app))
            await press(pilot, "u")
            await wait_for(pilot, lambda: session.policy.name == "metadata")
            await wait_for(pilot, lambda: "Took the switch back." in screen_text(pilot.app))
            await wait_for(pilot, lambda: pilot.app.review.switching is None)
            assert [row.title for row in session.rows] == before
            assert [row.group_id for row in session.rows if row.skipped] == skipped, "it was decided before"
            await press(pilot, "ctrl+r")
            await wait_for(pilot, lambda: session.policy.name == "immich")
            await wait_for(pilot, lambda: pilot.app.review.switching is None)
            await press(pilot, "u")
            await wait_for(pilot, lambda: session.policy.name == "metadata")
            await wait_for(pilot, lambda: pilot.app.review.switching is None)
            await press(pilot, "u")
            await wait_for(pilot, lambda: not first.skipped)
            assert session.policy.name == "metadata"

    async def test_enter_waits_for_the_count_and_escape_leaves_all_as_it_was(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await dialog(pilot, "P", PolicyDialog)
            await pilot.press("j", "enter")
            await wait_for(pilot, lambda: session.policy.name != "metadata")
            await closed(pilot)
            chosen = session.policy.name
            await dialog(pilot, "P", PolicyDialog)
            await pilot.press("k", "escape")
            await closed(pilot)
            assert session.policy.name == chosen


class TestLearning:
    async def test_a_pattern_in_overrides_becomes_a_rule_when_asked(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "L")
            assert "Nothing learnt yet" in notices(pilot.app)
            await press(pilot, *["j"] * 6)
            for _ in range(6):
                await press(pilot, "2", "j")
            await wait_for(pilot, lambda: "In 6 of 6 overrides" in screen_text(pilot.app))
            await dialog(pilot, "L", PolicyDialog)
            await wait_for(pilot, lambda: "Learnt from you: In 6 of 6 overrides" in screen_text(pilot.app))
            await pilot.press("enter")
            await wait_for(pilot, lambda: "+" in session.policy.name)
            await closed(pilot)
            assert session.rows[20].title.endswith("-copy.JPG")


class TestGoingTo:
    @pytest.mark.parametrize(
        ("wanted", "place"), [("7", 6), ("beach", 2), ("0000000a-29", 9), ("IMG_0012", 11)]
    )
    async def test_number_name_and_id(self, session: Session, wanted: str, place: int) -> None:
        async with reviewing(session) as pilot:
            await dialog(pilot, "g", JumpDialog)
            await pilot.press(*wanted, "enter")
            await closed(pilot)
            assert pilot.app.review.groups.cursor == place

    async def test_what_is_not_there_is_said(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await dialog(pilot, "g", JumpDialog)
            await pilot.press(*"nowhere", "enter")
            await pilot.pause()
            assert "no group" in screen_text(pilot.app)
            await pilot.press("escape")
            await closed(pilot)
            assert pilot.app.review.groups.cursor == 0


class TestKeyLine:
    @pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 36), (200, 50)])
    async def test_nothing_is_clipped_and_what_matters_is_there(
        self, session: Session, size: tuple[int, int]
    ) -> None:
        async with reviewing(session, size=size) as pilot:
            line = screen_text(pilot.app).splitlines()[-1]
            assert line.rstrip().endswith("? keys")
            assert "enter accept" in line
            assert "j/k group" in line
            if size[0] >= 80:
                assert "i Immich's" in line
                assert "1-9 keep" in line
            await press(pilot, "m")
            assert "; act on them" in screen_text(pilot.app).splitlines()[-1]

    async def test_it_follows_what_is_decided(self, session: Session) -> None:
        async with reviewing(session) as pilot:
            await press(pilot, "a")
            assert "c undecide" in screen_text(pilot.app).splitlines()[-1]
            await press(pilot, "c")
            assert not session.rows[0].decided
            assert "enter accept" in screen_text(pilot.app).splitlines()[-1]


@pytest.mark.parametrize("count", [100, 100_000])
async def test_the_work_of_a_key_does_not_depend_on_how_many_groups_there_are(
    session: Session, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: Counter[str] = Counter()
    paint, look = GroupList.item, session.look

    def painted(self: GroupList, index: int, width_: int, current: bool) -> Sequence[Sequence[Part]]:
        work["painted"] += 1
        return paint(self, index, width_, current)

    async def looked(group_id: str) -> Look:
        work["looked"] += 1
        return await look(group_id)

    monkeypatch.setattr(GroupList, "item", painted)
    monkeypatch.setattr(session, "look", looked)
    session.rows = [session.rows[number % len(session.rows)] for number in range(count)]
    async with reviewing(session) as pilot:
        assert work["painted"] <= 2 * 18
        assert work["looked"] <= 1 + GROUPS_AHEAD + 1
        nodes = len(pilot.app.review.query("*"))
        await press(pilot, "end")
        work.clear()
        await press(pilot, "k", "k", "k", "k", "k")
        assert work["painted"] <= 5 * 3
        assert work["looked"] <= 5 + GROUPS_AHEAD + 1
        assert len(pilot.app.review.query("*")) == nodes
        assert f"of {count:,}" in screen_text(pilot.app)

"""A whole evening with 200 groups: decide, override, take back, filter, act on many, restart, carry out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from textual import events
from textual.pilot import Pilot

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.review.decisions import DecidedBy, DecisionKind
from immich_tui.review.session import Session
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.phases import Stage
from immich_tui.tui.screens.act import AcceptDialog, ActDialog
from immich_tui.tui.screens.review import ReviewScreen
from immich_tui.verdict.model import Tier
from tests.tui.stage import SIZE, app_for, review, screen_text, wait_for, wait_for_step, wait_for_text

GROUPS = 200
Decided = dict[str, tuple[DecisionKind, frozenset[str]]]


def screen(app: ImmichTui) -> ReviewScreen:
    assert isinstance(app.screen, ReviewScreen)
    return app.screen


def session_of(app: ImmichTui) -> Session:
    assert app.session is not None
    return app.session


def decisions(session: Session) -> Decided:
    """What was decided, with what goes to the trash."""
    found = ((row.group_id, session.decision(row.group_id)) for row in session.rows)
    return {
        group_id: (decision.kind, frozenset(decision.choice.trash if decision.choice else ()))
        for group_id, decision in found
        if decision is not None
    }


def typed(app: ImmichTui, *keys: str) -> None:
    """Keys as a fast typist sends them, without waiting for the screen."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def decided(pilot: Pilot[Any], app: ImmichTui, count: int) -> None:
    await wait_for(pilot, lambda: session_of(app).tally.decided + session_of(app).tally.skipped == count)


async def first_half(pilot: Pilot[Any], app: ImmichTui) -> Decided:
    """Decide by hand, change one's mind, and look for what is doubtful."""
    session = session_of(app)
    assert len(session.rows) == GROUPS
    typed(app, *["enter"] * 20)
    await decided(pilot, app, 20)
    typed(app, *["2", "j"] * 10)
    await decided(pilot, app, 30)
    typed(app, "u", "u", "u", "ctrl+r")
    await decided(pilot, app, 28)
    typed(app, "J", "a", "J", "s", "J", "x", "J")
    await decided(pilot, app, 31)
    kinds = Counter(kind for kind, _ in decisions(session).values())
    assert kinds[DecisionKind.KEEP_ALL] == kinds[DecisionKind.STACK] == kinds[DecisionKind.SKIP] == 1

    await pilot.press("slash", *"decided:no tier:doubtful", "enter")
    doubtful = [row for row in session.rows if not row.decided and row.tier is Tier.DOUBTFUL]
    await wait_for(pilot, lambda: len(screen(app).shown) == len(doubtful))
    assert doubtful
    await pilot.press("semicolon")
    await wait_for(pilot, lambda: isinstance(app.screen, ActDialog))
    await pilot.press("x")
    await wait_for_text(pilot, f"{len(doubtful)} groups; nothing goes to the trash")
    await pilot.press("enter")
    await decided(pilot, app, 31 + len(doubtful))
    typed(app, "u")
    await decided(pilot, app, 31)
    typed(app, "ctrl+r")
    await decided(pilot, app, 31 + len(doubtful))
    return decisions(session)


async def second_half(pilot: Pilot[Any], app: ImmichTui, before: Decided) -> Decided:
    """Go on in a new process: all is there, can be taken back, and one tier is accepted together."""
    session = session_of(app)
    assert decisions(session) == before
    typed(app, "u")
    await wait_for(pilot, lambda: len(decisions(session)) < len(before))
    typed(app, "ctrl+r")
    await wait_for(pilot, lambda: decisions(session) == before)
    await pilot.press("A")
    await wait_for(pilot, lambda: isinstance(app.screen, AcceptDialog))
    tier, count = Counter(row.tier for row in session.ready()).most_common()[-1]
    await pilot.press(tier.value[0])
    await wait_for_text(pilot, f"{count} groups:", "marked for the trash, which frees")
    await pilot.press("enter")
    await wait_for(pilot, lambda: not any(row.tier is tier for row in session.ready()))
    after = decisions(session)
    assert {group_id: after[group_id] for group_id in before} == before, "what was decided by hand stays"
    assert len(after) == len(before) + count
    added = [row for row in session.rows if row.decided and row.group_id not in before]
    assert {row.decided_by for row in added} == {DecidedBy.POLICY}
    return after


async def carried_out(pilot: Pilot[Any], app: ImmichTui) -> None:
    await pilot.press("X")
    await wait_for_step(pilot, "execute")
    await wait_for(pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED, within=60)
    await pilot.press("enter")
    await wait_for_text(pilot, "Start the run?")
    await pilot.press("y")
    await wait_for(pilot, lambda: app.report is not None, within=120)
    await wait_for_step(pilot, "report")


async def test_an_evening(paths: Paths) -> None:
    with DemoServer(groups=GROUPS, jobs_delay=0.02, file_size=3_000) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            before = await first_half(pilot, app)
        app = app_for(server, paths, flags={"rate": 1000.0, "workers": 8})
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            after = await second_half(pilot, app, before)
            await carried_out(pilot, app)
            report = app.report
            assert report is not None
            app.go("review")
            await wait_for_step(pilot, "review")
            open_ones = [row for row in session_of(app).rows if not row.done]
            await wait_for(pilot, lambda: len(screen(app).shown) == len(open_ones))
            assert [group.reason for group in report.held] == []
            assert not [row for row in open_ones if row.decided and not row.skipped]
            assert "-done" in screen_text(app)
        trashed = {asset.id for asset in server.library.assets.values() if asset.trashed}
        done = {group: trash for group, (kind, trash) in after.items() if kind is not DecisionKind.SKIP}
        assert trashed == frozenset().union(*done.values())
        assert report.groups_done == len(done)

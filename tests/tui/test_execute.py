"""The run in the app: nothing starts unasked, it survives leaving the screen, and the server agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from immich_tui.config import Paths
from immich_tui.demo.faults import delayed
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.phases import Stage
from tests.tui.stage import SIZE, app_for, review, screen_text, wait_for, wait_for_step, wait_for_text

FAST = {"rate": 1000.0}


async def to_checks(app: ImmichTui, pilot: Pilot[Any], groups: int | None = None) -> None:
    """Accept some groups (or all that are ready) and go to the checked run."""
    await review(app, pilot)
    assert app.session is not None
    for row in app.session.ready()[:groups]:
        await app.session.accept(row.group_id)
    app.go("execute")
    await wait_for_step(pilot, "execute")
    await wait_for(pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED)
    await pilot.pause()


def writes(server: DemoServer) -> list[str]:
    return [f"{one.method} {one.path}" for one in server.requests if one.method not in {"GET", "HEAD"}]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_the_report_says_is_what_the_server_shows(paths: Paths, size: tuple[int, int]) -> None:
    with DemoServer(groups=20, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags=FAST)
        async with app.run_test(size=size, notifications=True) as pilot:
            await to_checks(app, pilot, 6)
            assert "Ready: 6 groups" in screen_text(app)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?", "6 groups will be carried out")
            assert writes(server) == []
            await pilot.press("enter")
            await wait_for_text(pilot, "Nothing was done. Press y to start", "Start the run?")
            assert writes(server) == []
            await pilot.press("y")
            await wait_for_step(pilot, "report")
            await wait_for_text(pilot, "The run is finished", "report.json")
            report = app.report
        assert report is not None
        assert report.groups_done == 6
        gone = [gone for group in report.groups for gone in group.gone]
        assert {gone.asset_id for gone in gone} == {
            asset.id for asset in server.library.assets.values() if asset.trashed
        }
        for one in gone:
            backup = Path(report.backup_folder) / one.backup
            assert backup.read_bytes() == server.library.bytes_of(one.asset_id)


async def test_saying_no_starts_nothing(paths: Paths) -> None:
    with DemoServer(groups=8) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await to_checks(app, pilot, 3)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("escape")
            await wait_for_text(pilot, "What will be called")
            assert app.runner is not None
            assert app.runner.stage is Stage.CHECKED
            assert writes(server) == []


async def test_a_run_goes_on_while_another_step_is_shown(paths: Paths) -> None:
    with DemoServer(groups=30, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags={"rate": 20.0})
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await to_checks(app, pilot, 10)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_text(pilot, "Running for", "Workers")
            runner = app.runner
            assert runner is not None
            await pilot.press("escape")
            await wait_for_step(pilot, "review")
            app.go("execute")
            await wait_for_text(pilot, "Running for")
            assert app.runner is runner
            app.go("review")
            await wait_for_step(pilot, "review")
            assert runner.job is not None
            runner.job.pool.set_rate(1000)
            await wait_for_text(pilot, "The run has ended", within=60)
            app.go("report")
            await wait_for_text(pilot, "The run is finished")


async def test_workers_and_rate_follow_the_keys(paths: Paths) -> None:
    with DemoServer(groups=30, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags={"rate": 5.0})
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await to_checks(app, pilot, 10)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_text(pilot, "Running for")
            assert app.runner is not None
            assert app.runner.job is not None
            pool = app.runner.job.pool
            await pilot.press("plus", "plus", "minus", "less_than_sign")
            await wait_for(pilot, lambda: (pool.snapshot().workers, pool.snapshot().set_rate) == (6, 4.0))
            await wait_for_text(pilot, "of 6 busy", "of 4/s")

            await pilot.press("p")
            await wait_for_text(pilot, "Paused after")
            await wait_for(pilot, lambda: pool.snapshot().recent_rate == 0)
            sent = len(server.requests)
            await pilot.pause(0.5)
            assert len(server.requests) == sent
            await pilot.press("p")
            await wait_for_text(pilot, "Running for")

            await pilot.press("enter")
            await wait_for_text(pilot, "The run so far")
            await pilot.press("escape")

            await pilot.press("c")
            await wait_for_text(pilot, "Stop this run?")
            await pilot.press("y")
            await wait_for_step(pilot, "report")
            await wait_for_text(pilot, "The run was cancelled")
            assert app.report is not None
            assert app.report.groups_done < 10

            # Taken up again, the list of runs has the report of what was done until it was stopped.
            await pilot.press("r")
            await wait_for(pilot, lambda: app.runner and app.runner.stage is Stage.CHECKED)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_text(pilot, "Running for")
            await pilot.press("p", "H")
            await wait_for_text(pilot, "under way", "It was stopped once, and goes on now.")
            await pilot.press("v")
            await wait_for_text(pilot, "This run is going on.")


async def test_the_pace_is_set_before_the_run_and_holds_in_it(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        app = app_for(server, paths)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await to_checks(app, pilot, 3)
            assert app.runner is not None
            await wait_for_text(pilot, "With 5 workers, at most 10 requests a second")
            await pilot.press("minus", "minus", "greater_than_sign", "greater_than_sign")
            await wait_for_text(pilot, "With 3 workers, at most 20 requests a second")
            await pilot.press("r")
            await wait_for(pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED)
            await wait_for_text(pilot, "With 3 workers, at most 20 requests a second")
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_text(pilot, "of 3 busy", "of 20/s")


async def test_what_failed_is_tried_again(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags=FAST)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await to_checks(app, pilot, 4)
            assert app.runner is not None
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            assert app.session is not None
            choice = app.session.decided()[0].choice
            assert choice is not None
            loser = choice.trash[0]
            kept = server.library.assets[loser].favorite
            server.library.edit(loser, favorite=not kept)
            await pilot.press("y")
            await wait_for_step(pilot, "report")
            await wait_for_text(pilot, "Held back, nothing of these was trashed: 1")
            server.library.edit(loser, favorite=kept)
            await pilot.press("r")
            await wait_for_step(pilot, "execute")
            await wait_for(pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?", "1 group will be carried out")
            await pilot.press("y")
            await wait_for_step(pilot, "report")
            await wait_for_text(pilot, "The run is finished")
            assert app.report is not None
            assert app.report.groups_done == 4


async def test_without_a_trash_the_number_has_to_be_typed(paths: Paths) -> None:
    with DemoServer(groups=12, trash=False, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags=FAST)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await wait_for_text(pilot, "Trash is off")
            await pilot.press("enter")
            await to_checks(app, pilot, 3)
            assert app.runner is not None
            await wait_for_text(pilot, "This run is refused", "switched off")
            await pilot.press("enter")
            await pilot.pause()
            assert "Start the run?" not in screen_text(app)
            losers = app.runner.preflight.losers if app.runner.preflight else 0

            await pilot.press("D")
            await wait_for_text(pilot, "Delete for good?")
            await pilot.press("y", "enter")
            await pilot.press("9", "9", "enter")
            assert "Delete for good?" in screen_text(app)
            await pilot.press("backspace", "backspace", *str(losers), "enter")
            await wait_for_text(pilot, "Ready: 3 groups")
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?", "deleted for good")
            assert writes(server) == []
            await pilot.press(*str(losers), "enter")
            await wait_for_step(pilot, "report")
            await wait_for_text(pilot, "deleted for good")


async def test_leaving_asks_and_stops_at_a_safe_point(paths: Paths) -> None:
    with DemoServer(groups=30, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags={"rate": 5.0})
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await to_checks(app, pilot, 10)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_text(pilot, "Running for")
            await pilot.press("ctrl+q")
            await wait_for_text(pilot, "A run is going on. Leave?")
            await pilot.press("n")
            await wait_for_text(pilot, "Running for")
            await pilot.press("ctrl+q")
            await wait_for_text(pilot, "A run is going on. Leave?")
            await pilot.press("y")
            await wait_for(pilot, lambda: app.runner is None or app.runner.stage is Stage.ENDED)
        report = app.return_code
        assert report == 0


async def test_the_run_holds_while_it_is_asked_whether_to_stop(paths: Paths) -> None:
    with DemoServer(groups=30, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags={"rate": 10.0})
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await to_checks(app, pilot, 10)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_text(pilot, "Running for")
            assert app.runner is not None
            assert app.runner.job is not None
            pool = app.runner.job.pool
            await wait_for(pilot, lambda: pool.snapshot().sent > 5)
            await pilot.press("c")
            await wait_for_text(pilot, "Stop this run?", "The run holds while you are asked")
            assert pool.snapshot().paused
            sent = pool.snapshot().sent
            await pilot.press("escape")
            await wait_for(pilot, lambda: pool.snapshot().sent > sent)
            assert not pool.snapshot().paused
            await pilot.press("p", "c")
            await wait_for_text(pilot, "Stop this run?")
            await pilot.press("escape")
            await wait_for_text(pilot, "Paused after")
            assert pool.snapshot().paused
            await pilot.press("c")
            await wait_for_text(pilot, "Stop this run?")
            await pilot.press("y")
            await wait_for(pilot, lambda: app.report, within=60)


async def test_a_frozen_server_and_the_run_so_far_are_told(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("immich_tui.tui.widgets.live_run.SILENT_S", 1.0)
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags=FAST)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await to_checks(app, pilot, 4)
            server.faults.add(delayed(4), path="/original", times=None)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_text(pilot, "The server has not answered for 1 s.")
            await pilot.press("enter")
            await wait_for_text(pilot, "The run so far", "Carry metadata", "Back up")
            assert "Nothing to tell yet" not in screen_text(app)
            server.faults.clear()
            await pilot.press("escape")
            await wait_for(pilot, lambda: app.report, within=60)

"""The runs that were, on the screen: every key on a real server, and what the server has afterwards."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.desk import Desk
from immich_tui.execution.history import PastRun
from immich_tui.execution.run import RunSettings
from immich_tui.immich.secret import Secret
from immich_tui.link import connect
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.phases import Stage
from immich_tui.tui.screens.care import CareScreen
from immich_tui.tui.widgets.forecast_list import ForecastList
from immich_tui.tui.widgets.run_list import RunList, in_short
from immich_tui.tui.widgets.told import Told
from tests.tui.stage import SIZE, app_for, review, screen_text, wait_for, wait_for_step, wait_for_text

GROUPS = 4


async def carry_out(
    server: DemoServer, paths: Paths, groups: int = GROUPS, *, begin_only: bool = False
) -> str:
    """Fetch, accept some groups and carry them out, as an earlier evening; the run's id.

    With `begin_only` its process dies before anything is done.
    """
    link = await connect(server.url, Secret(server.key), ca_file=None, insecure=False)
    desk = await Desk.open(link, paths)
    try:
        (await desk.fetch().run()).check()
        await desk.session.take_in_fetch()
        for row in desk.session.ready()[:groups]:
            await desk.session.accept(row.group_id)
        job = await desk.plan(RunSettings(paths.backups), workers=5, rate=None)
        if begin_only:
            await job._begin()
        else:
            await job.run()
        return job.id
    finally:
        await desk.close()
        await link.close()


@asynccontextmanager
async def history(
    server: DemoServer, paths: Paths, size: tuple[int, int] = SIZE, rate: float = 1000.0
) -> AsyncIterator[tuple[ImmichTui, Pilot[Any]]]:
    """The app on its history."""
    app = app_for(server, paths, flags={"rate": rate})
    async with app.run_test(size=size, notifications=True) as pilot:
        await wait_for_step(pilot, "fetch")
        await wait_for_text(pilot, "can be freed", within=60)
        await pilot.press("H")
        await wait_for_step(pilot, "history")
        yield app, pilot


def trashed(server: DemoServer) -> set[str]:
    return {asset.id for asset in server.library.assets.values() if asset.trashed}


async def test_it_can_be_entered_from_every_step_and_left_again(paths: Paths) -> None:
    with DemoServer(groups=6) as server:
        app = app_for(server, paths, flags={"rate": 1000.0})
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            for step in ("review", "fetch", "connect"):
                app.go(step)
                await wait_for_step(pilot, step)
                await pilot.press("H")
                await wait_for_step(pilot, "history")
                await wait_for_text(pilot, "Nothing was carried out yet", "Execute screen")
                await pilot.press("H")
                await pilot.press("escape")
                await wait_for_step(pilot, step)


async def test_without_a_server_there_is_no_history(paths: Paths) -> None:
    app = app_for(None, paths)
    async with app.run_test(size=SIZE) as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        await app.run_action("history")
        await pilot.press("tab", "tab", "tab", "tab", "H")
        assert app.current_mode == "connect"


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_a_run_is_told_in_sentences(paths: Paths, size: tuple[int, int]) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        run = await carry_out(server, paths)
        async with history(server, paths, size) as (app, pilot):
            await wait_for_text(pilot, "Run  finished", "4 of 4 groups", "The run is finished", "Done: 4")
            told = app.screen.query_one("#story", Told).text
            # A path may go over several lines.
            assert run in "".join(told.split())
            report = app.screen.query_one("#report")
            await pilot.press("enter")
            assert report.has_focus
            await pilot.press("enter")
            assert app.screen.query_one(RunList).has_focus


async def test_verify_tells_of_a_broken_backup(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        run = await carry_out(server, paths)
        async with history(server, paths) as (_, pilot):
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("v")
            await wait_for_text(pilot, "Everything is as it should be", "the backup is whole", within=30)
            await pilot.press("enter")
            await wait_for_text(pilot, "Check  finished", "all well")

            backup = next(file for file in (paths.backups / run).iterdir() if file.suffix == ".jpg")
            backup.write_bytes(b"x" + backup.read_bytes()[1:])
            await pilot.press("j")
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("v")
            await wait_for_text(pilot, "Something is wrong: 1", backup.name.partition("_")[2], within=30)
            await pilot.press("r")
            await wait_for_text(pilot, "Something is wrong: 1", within=30)
            await pilot.press("escape")
            await wait_for_text(pilot, "1 wrong")
            # A check leaves no file: its own report is told while the app lives.
            await pilot.press("home")
            await wait_for_text(pilot, "Something is wrong: 1")


def test_what_was_undone_since_is_not_cut_off_in_the_list() -> None:
    at = "2026-03-14T09:26:53+00:00"
    run = PastRun(
        "r", "resolve", "done", at, at, "", 5000, 5000, 0, 10_000, 2**33, 4999, None, None, touched=5000
    )
    assert in_short(run) == "5,000 of 5,000 groups, 4,999 undone, 10,000 photos, 8.0 GiB"


async def test_undo_of_a_whole_run(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        await carry_out(server, paths)
        assert len(trashed(server)) >= GROUPS
        async with history(server, paths) as (app, pilot):
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("U")
            await wait_for_text(pilot, "4 groups of 4", "out of the trash")
            await pilot.press("enter")
            await wait_for_text(pilot, "Undo?")
            assert trashed(server)
            await pilot.press("escape")
            await wait_for(pilot, lambda: isinstance(app.screen, CareScreen))
            await pilot.press("enter")
            await wait_for_text(pilot, "Undo?")
            await pilot.press("y")
            await wait_for_text(pilot, "The undo is finished", "4 as before", within=30)
            assert "j/k" not in screen_text(app).splitlines()[-1], "there is no group to go to any more"
            assert trashed(server) == set()
            await pilot.press("enter")
            await wait_for_text(pilot, "Undo  finished", "4 undone")
            await pilot.press("j")
            await wait_for_text(pilot, "4 groups of it undone since")
            # Nothing is left to take back, so the key is not there any more.
            await pilot.press("U")
            assert not isinstance(app.screen, CareScreen)
            await pilot.press("R")
            await wait_for_text(pilot, "there is nothing to restore")
            await pilot.press("enter")
            assert not app.working
            await pilot.press("escape")
            app.go("review")
            await wait_for_step(pilot, "review")
            assert app.session is not None
            assert not any(row.done or row.decided for row in app.session.rows)


async def test_undo_of_single_groups(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        await carry_out(server, paths)
        before = trashed(server)
        async with history(server, paths) as (app, pilot):
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("U")
            await wait_for_text(pilot, "4 groups of 4")
            groups = app.screen.query_one(ForecastList)
            await pilot.press("a")
            await wait_for_text(pilot, "0 groups of 4")
            await pilot.press("enter")
            await pilot.pause()
            assert "Undo?" not in screen_text(app)
            await pilot.press("j", "space")
            await wait_for_text(pilot, "1 group of 4")
            await pilot.press("j", "k", "space", "space")
            group = groups.group
            assert group is not None
            assert groups.chosen == {group.group_id}
            await pilot.press("enter")
            await wait_for_text(pilot, "Undo?", "1 group will be as before")
            await pilot.press("y")
            await wait_for_text(pilot, "The undo is finished", "1 as before", within=30)
            assert len(trashed(server)) == len(before) - len(group.restore)
            assert app.session is not None
            assert not app.session.row(group.group_id).done
            await pilot.press("enter")
            await wait_for_text(pilot, "1 undone")


async def test_an_undo_that_was_stopped_is_offered_again(paths: Paths) -> None:
    with DemoServer(groups=16, jobs_delay=0.05) as server:
        run = await carry_out(server, paths, 8)
        link = await connect(server.url, Secret(server.key), ca_file=None, insecure=False)
        desk = await Desk.open(link, paths)
        assert desk.journal is not None
        groups = [row.group_id for row in desk.session.rows if row.done]
        # What a killed process leaves: an undo that began and did nothing yet.
        undo = await desk.journal.start_run("undo", {"of": run, "groups": groups})
        await desk.close()
        await link.close()
        async with history(server, paths) as (app, pilot):
            await wait_for_text(pilot, "An undo did not end. H shows it")
            await wait_for_text(pilot, "The undo of", "did not end. r goes on with it", "Undo  cut off")
            await pilot.press("r")
            await wait_for_text(pilot, "Going on with the undo")
            await pilot.press("space")
            await wait_for_text(pilot, "8 groups of 8")
            await pilot.press("enter")
            await wait_for_text(pilot, "Undo?")
            await pilot.press("y")
            await wait_for_text(pilot, "The undo is finished", "8 as before", within=30)
            assert trashed(server) == set()
            await pilot.press("enter")
            await wait_for_text(pilot, "Undo  finished")
            assert "The undo of" not in screen_text(app)
            assert app.desk is not None
            assert app.desk.journal is not None
            known = [one for one in await app.desk.journal.runs() if one.kind == "undo"]
            assert [one.id for one in known] == [undo]


async def test_pause_workers_rate_and_cancel_of_an_undo(paths: Paths) -> None:
    with DemoServer(groups=30, jobs_delay=0.05) as server:
        await carry_out(server, paths, 20)
        async with history(server, paths) as (app, pilot):
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("U")
            await wait_for_text(pilot, "20 groups of 20")
            await wait_for(pilot, lambda: not app.screen.query_one("#start").disabled)
            app.screen.job.pool.set_rate(3.0)  # type: ignore[attr-defined]  # the screen's own job
            await pilot.press("enter")
            await wait_for_text(pilot, "Undo?")
            await pilot.press("y")
            await wait_for_text(pilot, "Running for", "Workers")
            job = app.aftercare.job
            assert job is not None
            pool = job.pool
            assert pool is not None
            await pilot.press(
                "plus", "plus", "minus", "greater_than_sign", "less_than_sign", "less_than_sign"
            )
            await wait_for(pilot, lambda: (pool.snapshot().workers, pool.snapshot().set_rate) == (6, 2.0))
            await pilot.press("p")
            await wait_for_text(pilot, "Paused after")
            await pilot.press("p")
            await wait_for_text(pilot, "Running for")
            await pilot.press("enter")
            await wait_for_text(pilot, "The undo so far")
            await pilot.press("escape")
            # A second escape while the details still go away would be theirs.
            await wait_for(pilot, lambda: isinstance(app.screen, CareScreen))
            await wait_for_text(pilot, "Running for")
            # It goes on while something else is shown, and nothing else may change the server meanwhile.
            await pilot.press("escape")
            await wait_for_text(pilot, "An undo is going on", "under way")
            await pilot.press("j", "v")
            await wait_for_text(pilot, "Running for", "Workers")
            await pilot.press("c")
            await wait_for_text(pilot, "Stop the undo?")
            await pilot.press("y")
            await wait_for_text(pilot, "The undo was stopped", within=30)
            left = len(trashed(server))
            assert left > 0
            await pilot.press("r")
            await wait_for_text(pilot, "Going on with the undo")
            await wait_for(pilot, lambda: not app.screen.query_one("#start").disabled)
            pool = app.screen.job.pool  # type: ignore[attr-defined]  # the screen's own job
            pool.set_rate(1000.0)
            await pilot.press("enter")
            await wait_for_text(pilot, "Undo?")
            await pilot.press("y")
            await wait_for_text(pilot, "The undo is finished", within=60)
            assert trashed(server) == set()


async def test_restore_of_what_is_gone_for_good(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        await carry_out(server, paths)
        gone = trashed(server)
        for asset_id in gone:
            server.library.purge(asset_id)
        async with history(server, paths) as (_, pilot):
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("R")
            await wait_for_text(pilot, f"{len(gone)} are gone and will be uploaded")
            before = len(server.library.assets)
            await pilot.press("enter")
            await wait_for_text(pilot, "Restore?")
            assert len(server.library.assets) == before
            await pilot.press("y")
            await wait_for_text(pilot, "The restore is finished", f"{len(gone)} uploaded again", within=30)
            assert len(server.library.assets) == before + len(gone)
            await pilot.press("enter")
            await wait_for_text(pilot, "Restore  finished")


async def test_a_run_that_did_not_end_goes_on_on_the_execute_screen(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        run = await carry_out(server, paths, 2, begin_only=True)
        async with history(server, paths) as (app, pilot):
            await wait_for_text(pilot, "The run of", "did not end", "Run  cut off", "0 of 2 groups")
            # Nothing was saved yet, so no folder is missing.
            await wait_for_text(pilot, "Its report is written when it ends.", "0 photos (0 B) went")
            await pilot.press("r")
            await wait_for_step(pilot, "execute")
            await wait_for(pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED)
            assert app.runner is not None
            assert app.runner.job is not None
            assert app.runner.job.id == run


async def test_reports_are_written_where_the_person_says(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(ImmichTui, "open_url", lambda app, url, **more: opened.append(url))
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        run = await carry_out(server, paths)
        async with history(server, paths) as (app, pilot):
            await wait_for_text(pilot, "The run is finished")

            async def export(name: str, key: str = "enter") -> Path:
                await pilot.press("e")
                await wait_for_text(pilot, "Export the report")
                app.screen.query_one(Input).value = str(tmp_path / name)
                await pilot.press(key)
                return tmp_path / name

            page = await export("report.html", "ctrl+o")
            await wait_for(pilot, lambda: opened)
            assert opened == [page.as_uri()]
            assert "<html" in page.read_text(encoding="utf-8")
            table = await export("report.csv")
            await wait_for(pilot, table.exists)
            rows = list(csv.DictReader(table.open(encoding="utf-8")))
            assert {row["run"] for row in rows} == {run}
            whole = await export("report.json")
            await wait_for(pilot, whole.exists)
            assert json.loads(whole.read_text(encoding="utf-8"))["groups_done"] == GROUPS
            await export("report.txt")
            await wait_for_text(pilot, "The name has to end with")
            await pilot.press("escape", "o")
            assert opened[-1] == (paths.backups / run / "report.html").as_uri()


async def test_a_second_process_reads_and_verifies_only(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        await carry_out(server, paths)
        link = await connect(server.url, Secret(server.key), ca_file=None, insecure=False)
        first = await Desk.open(link, paths)
        try:
            async with history(server, paths) as (app, pilot):
                await wait_for_text(pilot, "Another immich-tui has this review open", "The run is finished")
                for key in ("U", "R"):
                    await pilot.press(key)
                    await wait_for_text(pilot, "only that one can do this")
                    assert not isinstance(app.screen, CareScreen)
                    app.clear_notifications()
                await pilot.press("v")
                await wait_for_text(pilot, "Everything is as it should be", within=30)
        finally:
            await first.close()
            await link.close()


async def test_the_mouse_does_it_too(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        await carry_out(server, paths)
        async with history(server, paths) as (app, pilot):
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("U")
            await wait_for_text(pilot, "4 groups of 4")
            await pilot.click(ForecastList, offset=(6, 1))
            await wait_for_text(pilot, "3 groups of 4")
            await pilot.click("#start")
            await wait_for_text(pilot, "Undo?")
            await pilot.click("#yes")
            await wait_for_text(pilot, "The undo is finished", "3 as before", within=30)
            await pilot.click("#done")
            await wait_for_text(pilot, "3 undone")
            assert app.current_mode == "history"


async def test_the_groups_of_an_undo_are_found_by_name_and_what_is_hidden_stays_chosen(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        await carry_out(server, paths)
        async with history(server, paths) as (app, pilot):
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("U")
            await wait_for_text(pilot, "4 groups of 4")
            listed = app.screen.query_one(ForecastList)
            wanted = listed.chosen_groups[2]
            await pilot.press("slash", *wanted.title[:8].lower())
            await wait_for(pilot, lambda: listed.count == 1)
            await wait_for_text(pilot, "1 of 4")
            await pilot.press("enter", "a")
            await wait_for_text(pilot, "3 groups of 4", "1 of 4 groups listed")
            assert listed.chosen == {group.group_id for group in listed.chosen_groups} != {wanted.group_id}
            await pilot.press("escape")
            await wait_for(pilot, lambda: listed.count == 4)
            assert isinstance(app.screen, CareScreen), "escape lists all again before it leaves"
            await pilot.press("slash", *"nothing like that", "escape")
            await wait_for(pilot, lambda: listed.count == 4)
            await pilot.press("enter")
            await wait_for_text(pilot, "3 groups will be as before")


async def test_what_goes_on_is_told_as_that_and_so_is_its_end(paths: Paths) -> None:
    with DemoServer(groups=12, jobs_delay=0.05) as server:
        await carry_out(server, paths)
        async with history(server, paths, rate=2.0) as (app, pilot):
            await wait_for_text(pilot, "The run is finished")
            await pilot.press("v")
            await wait_for_text(pilot, "Running for")
            await pilot.press("escape")
            await wait_for_text(pilot, "Check  under way")
            assert "A check of backups is going on; v on its run shows it." in screen_text(app)
            assert app.aftercare.running
            assert app.aftercare.job is not None
            app.aftercare.job.pool.set_rate(1000.0)
            # Nobody presses a key: the list notices by itself.
            await wait_for_text(pilot, "Check  finished")
            await wait_for(pilot, lambda: "going on" not in screen_text(app))

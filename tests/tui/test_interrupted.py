"""A run that its process left unfinished is offered when the app starts again."""

from __future__ import annotations

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.desk import Desk
from immich_tui.execution.run import RunSettings
from immich_tui.immich.secret import Secret
from immich_tui.link import connect
from tests.tui.stage import app_for, review, screen_text, wait_for, wait_for_step, wait_for_text


async def leave_a_run_behind(server: DemoServer, paths: Paths) -> tuple[str, str]:
    """Fetch, decide one group, begin a run and stop as a killed process would; the run and the group."""
    link = await connect(server.url, Secret(server.key), ca_file=None, insecure=False)
    desk = await Desk.open(link, paths)
    (await desk.fetch().run()).check()
    await desk.session.take_in_fetch()
    group = desk.session.ready()[0].group_id
    await desk.session.accept(group)
    job = await desk.plan(RunSettings(paths.backups), workers=5, rate=None)
    await job._begin()
    run = job.id
    await desk.close()
    await link.close()
    return run, group


async def test_it_is_taken_up_and_finished(server: DemoServer, paths: Paths) -> None:
    run, group = await leave_a_run_behind(server, paths)
    app = app_for(server, paths)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for_step(pilot, "fetch")
        await wait_for_text(pilot, "did not end: 0 of 1 group done. X takes it up.", within=60)
        await review(app, pilot)
        await wait_for_text(pilot, "did not end: 0 of 1 group done.")
        await pilot.press("X")
        await wait_for_step(pilot, "execute")
        await wait_for_text(pilot, "which did not end", "Ready: 1 group")
        assert app.runner
        assert app.runner.job
        assert app.runner.job.id == run
        await pilot.press("enter")
        await wait_for_text(pilot, "Start the run?")
        await pilot.press("y")
        await wait_for(pilot, lambda: app.report, within=60)
        assert app.report
        assert (app.report.run, app.report.groups_done) == (run, 1)
        assert app.session
        assert app.session.row(group).done


async def test_it_can_be_given_up_for_a_new_plan(server: DemoServer, paths: Paths) -> None:
    run, _ = await leave_a_run_behind(server, paths)
    app = app_for(server, paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await review(app, pilot)
        await pilot.press("X")
        await wait_for_step(pilot, "execute")
        await wait_for_text(pilot, "which did not end")
        await pilot.press("n")
        await wait_for(pilot, lambda: app.runner and app.runner.job and app.runner.job.id != run)
        await wait_for_text(pilot, "Ready: 1 group")
        assert app.desk
        assert await app.desk.unfinished() is None


async def test_it_can_be_taken_up_from_the_first_screen_and_is_followed_in_the_review(
    server: DemoServer, paths: Paths
) -> None:
    await leave_a_run_behind(server, paths)
    app = app_for(server, paths)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_step(pilot, "fetch")
        await wait_for_text(pilot, "X takes it up.", within=60)
        await pilot.press("X")
        await wait_for_step(pilot, "execute")
        await wait_for_text(pilot, "Ready: 1 group")
        await pilot.press("enter")
        await wait_for_text(pilot, "Start the run?")
        await pilot.press("y")
        await wait_for(pilot, lambda: app.runner and app.runner.running)
        await pilot.press("escape")
        await wait_for_step(pilot, "review")
        await wait_for_text(pilot, "run going on")
        assert app.runner
        await wait_for(pilot, lambda: app.report, within=60)
        await wait_for(pilot, lambda: "run going on" not in screen_text(app))

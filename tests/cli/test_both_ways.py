"""A run that was begun on the screen is taken up without one, and the other way round."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from immich_tui.config import Paths
from immich_tui.demo.faults import run as when
from immich_tui.desk import Desk
from immich_tui.execution.run import RunSettings
from immich_tui.immich.secret import Secret
from immich_tui.link import connect
from immich_tui.tui.runner import Runner
from tests.cli.conftest import Desktop


@asynccontextmanager
async def at_the_screen(desktop: Desktop) -> AsyncIterator[Runner]:
    """What the screens work with: the same session, and the runner of the app."""
    paths = Paths.standard()
    link = await connect(desktop.server.url, Secret(desktop.server.key), ca_file=None, insecure=False)
    desk = await Desk.open(link, paths)
    try:
        yield Runner(desk, RunSettings(paths.backups, settle_s=0.1), workers=1, rate=None)
    finally:
        await desk.close()
        await link.close()


@pytest.fixture
def planned(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    monkeypatch.setenv("HOME", str(desktop.home))
    for number in range(3):
        desktop.shelf.pair(number)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    return desktop


def trashed(desktop: Desktop) -> int:
    return sum(asset.trashed for asset in desktop.shelf.library.assets.values())


def test_begun_on_the_screen_and_taken_up_without(planned: Desktop) -> None:
    async def begin() -> str:
        async with at_the_screen(planned) as runner:
            session = runner._desk.session
            await session.accept_all([row.group_id for row in session.rows])
            await runner.check()
            assert runner.begin()
            planned.server.faults.add(when(runner.cancel), path="/original")
            report = await runner.run()
            assert report.state == "cancelled"
            return report.run

    run = asyncio.run(begin())
    assert trashed(planned) == 0
    (seen,) = planned.run("runs", "--json").of("run")
    assert (seen["id"], seen["state"]) == (run, "cancelled")
    said = planned.run("execute", "--resume", run, "--yes")
    assert said.status == 0, said.err
    assert trashed(planned) == 3


def test_begun_without_and_taken_up_on_the_screen(planned: Desktop) -> None:
    planned.server.faults.add(when(lambda: os.kill(os.getpid(), signal.SIGTERM)), path="/original")
    said = planned.run("execute", planned.plan, "--yes", "--workers", 1)
    assert said.status == 143, said.out
    assert trashed(planned) == 0

    async def go_on() -> None:
        async with at_the_screen(planned) as runner:
            assert {row.decided for row in runner._desk.session.rows} == {True}
            await runner.check()
            assert runner.taken_up
            assert runner.begin()
            assert (await runner.run()).state == "done"

    asyncio.run(go_on())
    assert trashed(planned) == 3

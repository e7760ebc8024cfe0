"""The event loop is never held up while five downloads and five previews are under way."""

from __future__ import annotations

import asyncio
import time

from immich_tui.config import Paths
from immich_tui.demo.faults import delayed
from immich_tui.demo.server import DemoServer
from immich_tui.tui.phases import Stage
from tests.tui.stage import SIZE, app_for, review, wait_for, wait_for_step, wait_for_text

AIM = 0.050
BOUND = 0.100
FROZEN = 0.500
"""Seconds of the loop's own work at a stretch. The aim is for a quiet machine. On a busy one the clocks of
processors also count what the host took: two stretches may be longer than the bound, none as long as a
freeze.
"""


class Watchdog:
    """Measures the stretches in which the loop did not come round.

    `work` counts only the time that the loop's thread was computing, so that other programs on the machine do
    not count; `wall` is the longest that a person would have waited.
    """

    def __init__(self) -> None:
        self.work: list[float] = []
        self.wall = 0.0

    async def watch(self) -> None:
        """Come round as often as the loop lets."""
        work, wall = time.thread_time(), time.monotonic()
        while True:
            await asyncio.sleep(0.002)
            now, here = time.thread_time(), time.monotonic()
            self.work.append(now - work)
            self.wall = max(self.wall, here - wall - 0.002)
            work, wall = now, here


async def test_no_stretch_is_long_while_five_download_and_previews_come(paths: Paths) -> None:
    with DemoServer(groups=60, jobs_delay=0.05) as server:
        app = app_for(server, paths, flags={"rate": 12.0, "workers": 5})
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await review(app, pilot)
            assert app.session is not None
            for row in app.session.ready():
                await app.session.accept(row.group_id)
            app.go("execute")
            await wait_for_step(pilot, "execute")
            await wait_for(pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED)
            await pilot.pause()
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            # Slow enough that there are downloads at work however long the keys take.
            server.faults.add(delayed(2.0), path="/original$", times=None)
            await pilot.press("y")
            await wait_for_text(pilot, "Running for", "Workers")
            await pilot.press("escape")
            await wait_for_step(pilot, "review")
            await pilot.pause(0.3)
            runner = app.runner
            assert runner is not None
            dog = Watchdog()
            watching = asyncio.create_task(dog.watch())
            await wait_for(pilot, lambda: any("original" in one.path for one in server.requests))
            before = len(server.requests)
            for key in ("j",) * 10 + ("J",) * 4 + ("k",) * 4 + ("l", "w", "D", "w"):
                await pilot.press(key)
            watching.cancel()
            asked = [one.path for one in server.requests[before:]]
            assert runner.running, "the downloads went on all the time"
            assert runner.job is not None
            server.faults.clear()
            runner.job.pool.set_rate(1000)
            await wait_for_text(pilot, "The run has ended", within=60)
    previews = sum("thumbnail" in path for path in asked)
    downloads = sum("original" in path for path in asked)
    longest = sorted(dog.work, reverse=True)[:3]
    print(
        f"longest stretches: {', '.join(f'{one * 1000:.0f}' for one in longest)} ms of work, "
        f"{dog.wall * 1000:.0f} ms by the clock (aim {AIM * 1000:.0f}); "
        f"{len(dog.work)} rounds, {downloads} downloads, {previews} previews"
    )
    assert downloads + previews > 0
    assert len(dog.work) > 50
    assert longest[0] < FROZEN
    assert longest[2] < BOUND

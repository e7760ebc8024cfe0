"""Random stories that end with the server as it was: a run, then undo in parts and restore, under faults.

Each story carries a random plan out, loses some of what it trashed for good, takes some groups back, is
stopped or killed in the middle of it, brings the lost photos back from the backup, and takes back the rest.
Every run of the tests tells a few of them; `IMMICH_TUI_SOAK_BACK` says how many `make soak` tells, and
`IMMICH_TUI_SOAK_BACK_FROM` the first seed.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from immich_tui.demo.faults import dropped_before, status
from immich_tui.demo.server import DemoServer
from immich_tui.execution.restore.job import RestoreReport
from tests.execution.test_restore import restoring
from tests.faults.test_undo import LOST, ONE_WAY, SETTINGS, WRITES, attempt, decide, told
from tests.shelf import Shelf
from tests.truth import Truth
from tests.workbench import Workbench, reopened, workbench

FIRST, STORIES = 5010, 10
"""Seeds of the stories that are always told: every dialect is among them, and each kind of end."""

SOAK = int(os.environ.get("IMMICH_TUI_SOAK_BACK", "200"))
SOAK_FROM = int(os.environ.get("IMMICH_TUI_SOAK_BACK_FROM", "5020"))


def make_trouble(dice: random.Random, server: DemoServer) -> None:
    for method, path in dice.sample([*WRITES, ("POST", "/api/assets$")], 3):
        fault = dice.choice(LOST)()
        server.faults.add(fault, method=method, path=path, times=dice.randint(1, 2), skip=dice.randint(0, 3))
    if dice.random() < 0.3:
        fault = dice.choice([status(502), dropped_before()])
        server.faults.add(fault, method="GET", path="/api/assets/", skip=dice.randint(3, 20))


async def killed(dice: random.Random, server: DemoServer, folder: Path, job: str, what: str) -> None:
    """A process of its own does it, and dies behind a random answer of the server."""
    after = len(server.requests) + dice.randint(3, 40)
    child = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-m", "tests.faults.taking_back", server.url, server.key, str(folder), job, what],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while child.poll() is None and len(server.requests) < after:
        await asyncio.sleep(0.002)
    child.kill()
    await asyncio.to_thread(child.wait)


async def taken_back(bench: Workbench, run: str) -> None:
    """Undo until nothing is left of it but photos that are gone for good."""
    for _ in range(2):
        undo = await bench.undo(run, **SETTINGS)
        if (await undo.preview()).refused:
            return
        report = await undo.run()
        if not any(group.problems[bool(group.lost) :] for group in report.groups) and not report.left:
            return
    raise AssertionError([group.problems for group in report.groups if group.problems])


async def restored(server: DemoServer, folder: str) -> RestoreReport:
    for _ in range(2):
        async with restoring(server, Path(folder)) as job:
            report = await job.run()
        if report.complete:
            return report
    raise AssertionError([photo.problems for photo in report.photos])


async def tell(seed: int, folder: Path) -> None:
    dice = random.Random(seed)
    with DemoServer("empty", dialect=["1.135", "2.7", "3"][seed % 3], jobs_delay=0.01) as server:
        shelf = Shelf(server)
        for number in range(dice.randint(2, 4)):
            shelf.group(*((f"{number}-{i}.jpg", told(dice)) for i in range(dice.randint(2, 3))))
        before = Truth.of(server)
        files = {one: server.library.bytes_of(one) for one in server.library.assets}
        async with workbench(server, folder) as bench:
            await decide(dice, bench)
            job = await bench.job(**SETTINGS)
            report = await job.run()
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            gone = [one.asset_id for group in report.groups for one in group.gone]
            lost = set(dice.sample(gone, dice.randint(0, len(gone) // 2)))
            for asset_id in lost:
                server.library.purge(asset_id)
            touched = [group.group_id for group in report.groups]
            some = dice.sample(touched, dice.randint(1, len(touched)))
            make_trouble(dice, server)
            undo = await bench.undo(job.id, *some, **SETTINGS)
            if not (await undo.preview()).refused:
                await attempt(dice, server, undo)
        if seed % 10 == 0:
            await killed(dice, server, folder, "undo", job.id)
        if gone and dice.random() < 0.5:
            async with restoring(server, Path(report.backup_folder)) as restore:
                running = asyncio.create_task(restore.run())
                await asyncio.sleep(dice.random() * 0.2)
                restore.cancel()
                await running
        if gone and seed % 10 == 5:
            await killed(dice, server, folder, "restore", report.backup_folder)
        server.faults.clear()
        async with reopened(server, folder) as bench:
            await taken_back(bench, job.id)
        back = {}
        if gone:
            photos = (await restored(server, report.backup_folder)).photos
            back = {photo.asset_id: photo.new_id for photo in photos}
        assert await asyncio.to_thread(server.jobs.wait_quiet)
        for asset_id in lost:
            # What was deleted for good is there again, once, with every byte.
            assert server.library.bytes_of(back[asset_id]) == files[asset_id]
        alive = [one for one in server.library.assets.values() if not (one.trashed or one.purged)]
        known = {*files, *back.values()} | {one.live_video_id for one in alive}
        assert {one.id for one in alive} <= known, "something was uploaded twice"
        expected = {*files} - lost
        difference = {
            key: values
            for key, values in before.difference(Truth.of(server)).items()
            if key[0] in expected and not _of_a_lost_group(lost, key, before)
        }
        assert {field for _, field in difference} <= ONE_WAY, difference


def _of_a_lost_group(lost: set[str], key: tuple[str, str], before: Truth) -> bool:
    """Whether it is about a group of which members are new photos now: it cannot come together again."""
    asset_id, field = key
    if field not in ("group", "live video"):
        return False
    return any(before.values[one, "group"] == before.values[asset_id, "group"] for one in lost)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + STORIES))
async def test_random_runs_are_taken_back_in_parts(seed: int, tmp_path: Path) -> None:
    await tell(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SOAK_FROM, SOAK_FROM + SOAK))
async def test_many_random_runs_are_taken_back_in_parts(seed: int, tmp_path: Path) -> None:
    await tell(seed, tmp_path)

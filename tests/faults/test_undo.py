"""Undo and restore under faults: whatever happens, the library ends as it was before the run."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from immich_tui.demo.faults import (
    Action,
    after_applying,
    dropped_after,
    dropped_before,
    html_page,
    status,
    unauthorized,
)
from immich_tui.demo.server import DemoServer
from immich_tui.execution.undo.job import UndoJob
from immich_tui.execution.undo.report import UndoReport
from immich_tui.jobs.progress import Status
from tests.execution.test_restore import restoring
from tests.shelf import BERLIN, Shelf, Told, rich
from tests.truth import Truth
from tests.workbench import Workbench, reopened, workbench

LOST: list[Callable[[], Action]] = [
    dropped_before,
    dropped_after,
    lambda: after_applying(status(502)),
    lambda: after_applying(status(500)),
    lambda: status(503),
    lambda: status(429, retry_after="0"),
]
WRITES = [
    ("POST", "/api/trash/restore/assets$"),
    ("DELETE", "/api/stacks/"),
    ("PATCH", "/api/albums/"),
    ("DELETE", "/api/albums/"),
    ("DELETE", "/api/tags/"),
    ("DELETE", "/api/faces/"),
    ("DELETE", "/api/shared-links/"),
    ("PUT", "/api/assets/[^/]*$"),
    ("PUT", "/api/assets$"),
]
"""Every writing call of an undo."""

SETTINGS = {"settle_s": 0.06, "confirm_s": 1.5}


async def furnished(server: DemoServer, bench: Workbench) -> str:
    """Accept everything but one group, which is stacked; carry it out and give the run."""
    await bench.accept_everything()
    stacked = next(row.group_id for row in bench.session.rows if row.title.startswith("stack"))
    await bench.session.stack(stacked)
    job = await bench.job(settle_s=0.06)
    report = await job.run()
    assert (report.state, report.groups_held) == (Status.DONE, 0), report.held
    assert server.jobs.wait_quiet()
    return job.id


def shelve(server: DemoServer) -> Truth:
    """A library of which a run touches every kind of value."""
    shelf = Shelf(server)
    shelf.household()
    shelf.group(("stack-1.jpg", rich(size=40_000)), ("stack-2.jpg", rich()))
    return Truth.of(server)


@pytest.mark.parametrize("write", WRITES, ids=" ".join)
@pytest.mark.parametrize("fault", [1, 4])
async def test_a_write_that_fails_or_whose_answer_is_lost(
    tmp_path: Path, write: tuple[str, str], fault: int
) -> None:
    with DemoServer("empty", jobs_delay=0.01) as server:
        before = shelve(server)
        async with workbench(server, tmp_path) as bench:
            run = await furnished(server, bench)
            method, path = write
            server.faults.add(LOST[fault](), method=method, path=path, times=2)
            undo = await bench.undo(run, **SETTINGS)
            report = await undo.run()
            if not report.complete:
                server.faults.clear()
                report = await (await bench.undo_resumed(undo.id, **SETTINGS)).run()
        assert report.complete, [group.reason for group in report.groups if group.reason]
        assert before.difference(Truth.of(server)) == {}


async def test_a_refused_key_pauses_and_resuming_finishes(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.01) as server:
        before = shelve(server)
        async with workbench(server, tmp_path) as bench:
            run = await furnished(server, bench)
            server.faults.add(unauthorized(), method="PUT", path="/api/assets$", times=None)
            undo = await bench.undo(run, **SETTINGS)
            report = await undo.run()
            assert (report.state, report.failed) == (Status.PAUSED, 0)
            assert report.left > 0
            assert "key" in report.reason
            server.faults.clear()
        async with reopened(server, tmp_path) as bench:
            report = await (await bench.undo_resumed(undo.id, **SETTINGS)).run()
        assert report.complete
        assert before.difference(Truth.of(server)) == {}


async def test_what_somebody_changes_while_an_undo_rests_is_theirs(tmp_path: Path) -> None:
    """What was taken back before the pause is not the run's any more, even if it looks so again."""
    with DemoServer("empty", jobs_delay=0.01) as server:
        shelf = Shelf(server)
        ours, copy = shelf.group(
            ("A.jpg", rich(size=40_000)), ("A-1.jpg", rich(place=None, rating=3, favorite=True))
        )
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job(settle_s=0.06)
            await job.run()
            assert server.jobs.wait_quiet()
            server.faults.add(unauthorized(), method="PUT", path="/api/assets$", times=None)
            undo = await bench.undo(job.id, **SETTINGS)
            assert (await undo.run()).state == Status.PAUSED
            server.faults.clear()
            assert not server.library.assets[ours.id].favorite
            await bench.client.update_asset(ours.id, {"isFavorite": True, "rating": 3})
            server.library.trash([copy.id])
            assert server.jobs.wait_quiet()
            report = await (await bench.undo_resumed(undo.id, **SETTINGS)).run()
        assert server.jobs.wait_quiet()
        now = server.library.assets[ours.id]
        assert (now.favorite, now.exif["rating"]) == (True, 3)
        assert server.library.state(copy.id) == "trashed"
        assert "moved to the trash again" in " ".join(report.groups[0].kept)


MOMENTS = [
    ("POST", "/api/trash/restore/assets", 1),
    ("PUT", "/api/assets/.+", 1),
    ("POST", "/api/trash/restore/assets", 6),
    ("PUT", "/api/assets/.+", 3),
    ("DELETE", "/api/tags/.+", 1),
    ("DELETE", "/api/stacks/.+", 1),
    ("PUT", "/api/assets", 4),
]


def kill_at(server: DemoServer, arguments: list[str], method: str, path: str, times: int) -> bool:
    """Start the child and kill it once the server has answered such calls; whether it still ran then."""
    start = len(server.requests)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.taking_back", server.url, server.key, *arguments],
        stdout=subprocess.DEVNULL,
    )
    give_up = monotonic() + 120
    try:
        while child.poll() is None and monotonic() < give_up:
            seen = sum(
                one.method == method and re.fullmatch(path, one.path) is not None
                for one in list(server.requests)[start:]
            )
            if seen >= times:
                child.send_signal(signal.SIGKILL)
                return True
        return False
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize(
    ("method", "path", "times", "resume"),
    [(*moment, number % 2 == 0) for number, moment in enumerate(MOMENTS)],
)
async def test_kill_and_go_on(tmp_path: Path, method: str, path: str, times: int, resume: bool) -> None:
    with DemoServer("empty", jobs_delay=0.05) as server:
        before = shelve(server)
        async with workbench(server, tmp_path) as bench:
            run = await furnished(server, bench)
        arguments = [str(tmp_path), "undo", run]
        assert await asyncio.to_thread(kill_at, server, arguments, method, path, times), (
            "not caught in the act"
        )
        async with reopened(server, tmp_path) as bench:
            (cut_off, *_) = await bench.journal.runs()
            assert (cut_off.kind, cut_off.detail["of"]) == ("undo", run)
            # Whether it is taken up, or the run is undone anew, is all the same.
            undo = await (bench.undo_resumed(cut_off.id) if resume else bench.undo(run))
            report = await undo.run()
            assert report.complete, [group.reason for group in report.groups]
            if resume:
                assert (report.undone, report.restored) == (9, 9)
            assert not any(row.done for row in bench.session.rows)
        assert before.difference(Truth.of(server)) == {}


@pytest.mark.parametrize(
    ("method", "path", "times"),
    [("POST", "/api/assets", 1), ("POST", "/api/assets", 2), ("PUT", "/api/tags/assets", 1)],
)
async def test_a_restore_that_is_killed_uploads_nothing_twice(
    tmp_path: Path, method: str, path: str, times: int
) -> None:
    with DemoServer("empty", jobs_delay=0.05) as server:
        shelf = Shelf(server)
        for number in range(3):
            shelf.group(
                (f"{number}.jpg", rich(size=50_000)),
                (f"{number}-copy.jpg", rich(place=None, tags=("Dog",), albums=("Summer",), rating=3)),
            )
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            report = await (await bench.job(settle_s=0.06)).run()
        lost = [gone.asset_id for group in report.groups for gone in group.gone]
        for asset_id in lost:
            server.library.purge(asset_id)
        count = len(list(server.library.assets))
        arguments = [str(tmp_path), "restore", report.backup_folder]
        assert await asyncio.to_thread(kill_at, server, arguments, method, path, times), (
            "not caught in the act"
        )
        async with restoring(server, Path(report.backup_folder)) as job:
            done = await job.run()
        assert done.complete
        assert [photo.problems for photo in done.photos] == [(), (), ()]
        assert len(list(server.library.assets)) == count + len(lost)
        assert server.jobs.wait_quiet()
        for photo in done.photos:
            now = server.library.assets[photo.new_id]
            assert server.library.bytes_of(now.id) == server.library.bytes_of(photo.asset_id)
            assert shelf.tag_names(now.id) == {"Dog"}
            assert now.exif["rating"] == 3
            assert now.id in shelf.album("Summer").asset_ids


# -- random stories: random library, decisions, faults and ends, in every dialect

ONE_WAY = {
    *("latitude", "longitude", "city", "state", "country"),
    *("dateTimeOriginal", "timeZone", "local time"),
}
READS: list[Callable[[], Action]] = [lambda: status(502), dropped_before, html_page, unauthorized]


def told(dice: random.Random) -> Told:
    """A photo that knows this and that."""
    tags = ["Dog", "Lake", "Trip/2023"]
    values: dict[str, object] = {
        "size": dice.randint(9_000, 50_000),
        "place": dice.choice([None, None, BERLIN]),
        "description": dice.choice([None, "", "at the lake", "two\nlines"]),
        "rating": dice.choice([None, 1, 3, 5]),
        "favorite": dice.random() < 0.3,
        "tags": tuple(dice.sample(tags, dice.randint(0, 2))),
        "albums": tuple(dice.sample(["Summer", "Winter"], dice.randint(0, 2))),
        "live": dice.random() < 0.2,
    }
    if dice.random() < 0.2:
        values |= {"camera": None, "taken": None, "offset": None}
    return rich(**values)


async def decide(dice: random.Random, bench: Workbench) -> None:
    for row in list(bench.session.rows):
        group = bench.session.store.fetched.group(row.group_id)
        match dice.choice(["accept", "winner", "winner", "winner", "mixed", "keep", "stack"]):
            case "accept":
                await bench.session.accept(row.group_id)
            case "keep":
                await bench.session.keep_all(row.group_id)
            case "stack":
                await bench.session.stack(row.group_id)
            case choice:
                winner = dice.choice(group.assets).id
                await bench.session.choose_winner(row.group_id, winner)
                others = [asset.id for asset in group.assets if asset.id != winner]
                if choice == "mixed" and len(others) > 1:
                    await bench.session.toggle(row.group_id, others[0])


async def attempt(dice: random.Random, server: DemoServer, undo: UndoJob) -> UndoReport | None:
    """Run until it ends, or is stopped one way or another at a random moment."""
    running = asyncio.create_task(undo.run())
    if dice.random() < 0.6:
        after = len(server.requests) + dice.randint(1, 60)
        while not running.done() and len(server.requests) < after:
            await asyncio.sleep(0.001)
        if dice.random() < 0.5:
            undo.cancel()
        else:
            running.cancel()
    try:
        return await running
    except asyncio.CancelledError:
        return None


async def tell(seed: int, folder: Path) -> None:
    dice = random.Random(seed)
    dialect = ["1.135", "2.7", "3"][seed % 3]
    with DemoServer("empty", dialect=dialect, jobs_delay=0.01) as server:
        shelf = Shelf(server)
        for number in range(dice.randint(2, 5)):
            shelf.group(*((f"{number}-{i}.jpg", told(dice)) for i in range(dice.randint(2, 3))))
        before = Truth.of(server)
        async with workbench(server, folder) as bench:
            await decide(dice, bench)
            job = await bench.job(**SETTINGS)
            await job.run()
            assert server.jobs.wait_quiet()
            deletes = server.requests.count("DELETE", "/api/assets")
            undo = await bench.undo(job.id, **SETTINGS)
            if (await undo.preview()).refused:
                assert before.difference(Truth.of(server)) == {}
                return
            for method, path in dice.sample(WRITES, 3):
                server.faults.add(
                    dice.choice(LOST)(),
                    method=method,
                    path=path,
                    times=dice.randint(1, 2),
                    skip=dice.randint(0, 3),
                )
            if dice.random() < 0.5:
                server.faults.add(
                    dice.choice(READS)(), method="GET", path="/api/assets/", skip=dice.randint(3, 20), times=1
                )
            await attempt(dice, server, undo)
            undo_id = undo.id
        server.faults.clear()
        report = None
        for _ in range(2):
            async with reopened(server, folder) as bench:
                report = await (await bench.undo_resumed(undo_id, **SETTINGS)).run()
            if report.complete:
                break
        assert report
        assert report.complete, (report.reason, [group.reason for group in report.groups if group.reason])
        assert server.requests.count("DELETE", "/api/assets") == deletes, "an undo deletes nothing"
        difference = before.difference(Truth.of(server))
        stuck = {group.title for group in report.groups if group.stuck}
        names = {server.library.assets[asset_id].name for asset_id, _ in difference}
        assert {field for _, field in difference} <= ONE_WAY, difference
        assert names <= stuck, difference
        assert all(group.kept == () for group in report.groups)


@pytest.mark.parametrize("seed", range(15))
async def test_random_runs_are_taken_back_whatever_happens(seed: int, tmp_path: Path) -> None:
    await tell(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1300))
async def test_many_random_runs_are_taken_back(seed: int, tmp_path: Path) -> None:
    await tell(seed, tmp_path)

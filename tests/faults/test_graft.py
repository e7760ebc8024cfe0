"""kill -9 between any two steps of a graft: the old state or a resumable one, and no carrier stays behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.execution.graft.carrier import NAME
from immich_tui.execution.resolve import KIND, abandon
from immich_tui.jobs.progress import Status
from tests.faults.invariants import Before
from tests.faults.test_kill import kill_at
from tests.faults.test_undo import kill_at as kill_undo_at
from tests.shelf import BERLIN, CAMERA, Shelf, rich
from tests.workbench import reopened, workbench

# Each is a call that the server has answered so many times: the carrier came, its sidecar was copied, the
# winner's own values were repeated, the carrier was deleted, the loser was downloaded.
MOMENTS = [
    ("POST", "/api/assets", 1),
    ("PUT", "/api/assets/copy", 1),
    ("DELETE", "/api/assets", 1),
    ("PUT", "/api/assets/", 2),
    ("GET", "/original", 1),
    ("DELETE", "/api/assets", 2),
]


def carriers(server: DemoServer) -> list[Asset]:
    found = (server.library.find(asset_id) for asset_id in server.library.assets)
    return [asset for asset in found if asset is not None and asset.name.startswith(NAME)]


@pytest.mark.parametrize("jobs_delay", [pytest.param(0.01, marks=pytest.mark.slow), 0.3])
@pytest.mark.parametrize(("method", "path", "times"), MOMENTS)
async def test_kill_and_resume(method: str, path: str, times: int, jobs_delay: float, tmp_path: Path) -> None:
    with DemoServer("empty", dialect="3", jobs_delay=jobs_delay) as server:
        shelf = Shelf(server)
        winner, loser = edited_pair(server)
        before = Before.of(server)
        assert kill_at(server, tmp_path, method, path, times, winner.id), "not caught in the act"
        before.nothing_is_lost(tmp_path)
        async with reopened(server, tmp_path, graft=True) as bench:
            (run,) = [run for run in await bench.journal.runs() if run.kind == KIND]
            report = await (await bench.resumed(run.id)).run()
        assert report.state == Status.DONE, report.reason
        assert report.held == ()
        assert server.jobs.wait_quiet()
        now = server.library.assets[winner.id]
        assert {name: now.exif[name] for name in CAMERA} == CAMERA
        assert now.exif["latitude"] == pytest.approx(BERLIN[0], abs=1e-6)
        assert now.exif["timeZone"] == "UTC+2"
        assert now.exif["description"] == "edited in Immich"
        assert now.exif["rating"] == 3
        assert shelf.tag_names(winner.id) == {"Dog", "Cat"}
        assert server.library.assets[loser.id].trashed
        assert carriers(server) == []
        before.nothing_is_lost(tmp_path)


def edited_pair(server: DemoServer) -> tuple[Asset, Asset]:
    """A winner that knows only what was typed into Immich, and a loser with everything else."""
    loser, winner = Shelf(server).group(
        ("a.jpg", rich(size=20_000, tags=("Dog",))), ("b.jpg", {"size": 40_000, "tags": ("Cat",)})
    )
    edited = {"description": "edited in Immich", "rating": 3}
    winner.sidecar.update(edited)
    winner.exif.update(edited)
    return winner, loser


def told(asset: Asset) -> tuple[object, ...]:
    return dict(asset.exif), asset.local_at, sorted(asset.tag_ids), asset.favorite


@pytest.mark.parametrize("times", [("POST", "/api/assets", 1), ("PUT", "/api/assets/copy", 1), MOMENTS[3]])
async def test_an_undo_instead_of_a_resume_gives_the_old_state_back(
    times: tuple[str, str, int], tmp_path: Path
) -> None:
    with DemoServer("empty", dialect="3", jobs_delay=0.2) as server:
        winner, _ = edited_pair(server)
        before = told(winner)
        assert kill_at(server, tmp_path, *times, winner.id), "not caught in the act"
        assert await asyncio.to_thread(server.jobs.wait_quiet)
        async with reopened(server, tmp_path) as bench:
            (run,) = [run for run in await bench.journal.runs() if run.kind == KIND]
            report = await (await bench.undo(run.id)).run()
            assert report.complete, report.groups
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            assert told(server.library.assets[winner.id]) == before
            assert carriers(server) == []


@pytest.mark.parametrize("edited", [False, True])
async def test_what_was_typed_comes_back_with_the_next_run_where_this_one_is_given_up(
    edited: bool, tmp_path: Path
) -> None:
    """Neither resumed nor undone; and what somebody typed in the meantime is theirs."""
    with DemoServer("empty", dialect="3", jobs_delay=0.2) as server:
        winner, loser = edited_pair(server)
        shelf = Shelf(server)
        copied = ("PUT", "/api/assets/copy", 1)
        assert kill_at(server, tmp_path, *copied, winner.id), "not caught in the act"
        assert await asyncio.to_thread(server.jobs.wait_quiet)
        assert server.library.assets[winner.id].exif.get("rating") is None, "the copy took it"
        async with reopened(server, tmp_path, graft=True) as bench:
            (run,) = [run for run in await bench.journal.runs() if run.kind == KIND]
            await abandon(bench.journal, run.id)
            if edited:
                await bench.client.update_asset(winner.id, {"description": "typed since"})
            report = await (await bench.job()).run()
            assert report.state == Status.DONE
            assert [group.kept for group in report.held] == [(winner.name,)]
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            now = server.library.assets[winner.id]
            assert now.exif["description"] == ("typed since" if edited else "edited in Immich")
            assert now.exif["rating"] == 3
            assert "Cat" in shelf.tag_names(winner.id)
            assert not server.library.assets[loser.id].trashed
            assert carriers(server) == []
            # Once is enough: what is taken away afterwards is somebody's wish.
            await bench.client.update_asset(winner.id, {"description": ""})
            for tag_id in list(server.library.assets[winner.id].tag_ids):
                await bench.client.untag_assets(tag_id, [winner.id])
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            await abandon(bench.journal, report.run)
            await (await bench.job()).run()
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            assert not server.library.assets[winner.id].exif.get("description")
            assert shelf.tag_names(winner.id) == set()


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize(
    ("method", "path", "times"),
    [
        ("POST", "/api/assets", 1),
        ("PUT", "/api/assets/copy", 1),
        ("DELETE", "/api/assets", 1),
        ("PUT", "/api/assets/[0-9a-f-]{36}", 1),
    ],
)
async def test_an_undo_that_is_killed_goes_on(
    method: str, path: str, times: int, resume: bool, tmp_path: Path
) -> None:
    with DemoServer("empty", dialect="3", jobs_delay=0.1) as server:
        winner, loser = edited_pair(server)
        before = told(winner)
        async with workbench(server, tmp_path, graft=True) as bench:
            await bench.session.choose_winner(winner.duplicate_id or "", winner.id)
            job = await bench.job()
            assert (await job.run()).held == ()
        arguments = [str(tmp_path), "undo", job.id]
        assert await asyncio.to_thread(kill_undo_at, server, arguments, method, path, times)
        async with reopened(server, tmp_path) as bench:
            (cut_off, *_) = await bench.journal.runs()
            undo = await (bench.undo_resumed(cut_off.id) if resume else bench.undo(job.id))
            report = await undo.run()
        assert report.complete, report.groups
        assert await asyncio.to_thread(server.jobs.wait_quiet)
        assert told(server.library.assets[winner.id]) == before
        assert not server.library.assets[loser.id].trashed
        assert carriers(server) == []

"""Grafting by an XMP sidecar: what no call writes arrives, and nothing of the winner's own is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.execution.carrier import NAME
from immich_tui.jobs.progress import Status
from tests.shelf import BERLIN, CAMERA, EXPOSURE, KYOTO, Shelf, rich
from tests.workbench import Workbench, workbench

DIALECTS = ["2.7", "3"]


@asynccontextmanager
async def decided(
    server: DemoServer, folder: Path, *winners: Asset, graft: bool = True
) -> AsyncIterator[Workbench]:
    async with workbench(server, folder, graft=graft) as bench:
        for winner in winners:
            assert winner.duplicate_id
            await bench.session.choose_winner(winner.duplicate_id, winner.id)
        yield bench


def empty(dialect: str = "3", jobs_delay: float = 0.03) -> DemoServer:
    return DemoServer("empty", dialect=dialect, jobs_delay=jobs_delay)


def carriers(server: DemoServer) -> list[Asset]:
    """Carriers that are on the server now."""
    found = (server.library.find(asset_id) for asset_id in server.library.assets)
    return [asset for asset in found if asset is not None and asset.name.startswith(NAME)]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_everything_that_no_call_writes_arrives(dialect: str, tmp_path: Path) -> None:
    with empty(dialect) as server:
        shelf = Shelf(server)
        bare, _ = shelf.group(
            (
                "a.jpg",
                rich(size=40_000, camera=None, place=None, description="mine", rating=4, tags=("Dog",)),
            ),
            ("b.jpg", rich(place=KYOTO, albums=("Summer",), description="theirs")),
        )
        undated, _ = shelf.group(("c.jpg", {"size": 40_000}), ("d.jpg", rich()))
        async with decided(server, tmp_path, bare, undated) as bench:
            report = await (await bench.job()).run()
        assert report.state == Status.DONE, report.reason
        assert report.held == ()
        assert server.jobs.wait_quiet()
        now = server.library.assets[bare.id]
        assert {name: now.exif[name] for name in CAMERA | EXPOSURE} == CAMERA | EXPOSURE
        assert now.exif["latitude"] == pytest.approx(KYOTO[0], abs=1e-6)
        assert now.exif["timeZone"] == "UTC+2"
        assert now.local_at == datetime(2023, 7, 2, 17, 44, 10, tzinfo=UTC)
        assert now.exif["description"] == "mine\ntheirs"
        assert now.exif["rating"] == 4
        assert shelf.tag_names(bare.id) == {"Dog"}
        assert now.width, now.height == (1600, 1200)
        then = server.library.assets[undated.id]
        assert then.exif["timeZone"] == "UTC+2"
        assert then.exif["latitude"] == pytest.approx(BERLIN[0], abs=1e-6)
        assert then.local_at == datetime(2023, 7, 2, 17, 44, 10, tzinfo=UTC)
        assert carriers(server) == []
        (one, two) = report.groups
        assert {line.split(":")[0] for line in one.grafted} == {"location", "camera", "lens", "exposure"}
        assert {line.split(":")[0] for line in two.grafted} == {
            "location",
            "capture time",
            "camera",
            "lens",
            "exposure",
        }


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_undo_takes_off_what_was_grafted(dialect: str, tmp_path: Path) -> None:
    with empty(dialect) as server:
        shelf = Shelf(server)
        bare, _ = shelf.group(
            (
                "a.jpg",
                rich(size=40_000, camera=None, place=None, description="mine", rating=4, tags=("Dog",)),
            ),
            ("b.jpg", rich(place=KYOTO, tags=("Cat",), description="theirs")),
        )
        undated, _ = shelf.group(("c.jpg", {"size": 40_000}), ("d.jpg", rich()))
        before = {one.id: (dict(one.exif), one.local_at, list(one.tag_ids)) for one in (bare, undated)}
        async with decided(server, tmp_path, bare, undated) as bench:
            job = await bench.job()
            report = await job.run()
            assert report.held == ()
            server.library.edit(undated.id, lensModel="a lens that I know")
            undo = await bench.undo(job.id)
            preview = await undo.preview()
            assert {line for group in preview.groups for line in group.revert} >= {
                "camera",
                "location",
                "lens",
            }
            assert not any(group.stuck for group in preview.groups)
            taken = await undo.run()
        assert taken.complete, taken
        assert server.jobs.wait_quiet()
        assert [one for group in taken.groups for one in group.stuck] == []
        now = server.library.assets
        exif, local, tags = before[bare.id]
        assert now[bare.id].exif == exif
        assert now[bare.id].local_at == local
        assert now[bare.id].tag_ids == tags
        exif, local, tags = before[undated.id]
        assert now[undated.id].exif == exif | {"lensModel": "a lens that I know"}
        assert now[undated.id].local_at == local
        assert carriers(server) == []

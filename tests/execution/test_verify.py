"""Verify: backups are hashed again, and the server is asked whether it is as the run left it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from immich_tui.demo.faults import status
from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.folder import NoBackup
from immich_tui.execution.history import runs
from immich_tui.execution.past import UnknownRun
from immich_tui.execution.verify.job import VerifyJob, VerifyReport
from immich_tui.jobs.progress import Status
from tests.shelf import Shelf, rich
from tests.workbench import SHORT, Workbench, workbench


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer("empty", dialect="3", jobs_delay=0.02) as started:
        yield started


async def resolved(bench: Workbench) -> tuple[str, Path]:
    """Accept and carry out everything."""
    await bench.accept_everything()
    job = await bench.job()
    report = await job.run()
    assert report.state == Status.DONE, report.reason
    return job.id, Path(report.backup_folder)


async def verified(bench: Workbench, run: str, *, offline: bool = False) -> VerifyReport:
    client = None if offline else bench.client
    async with await VerifyJob.of_run(bench.journal, run, client, rate=None, patience=SHORT) as job:
        return await job.run()


async def verified_folder(folder: Path, bench: Workbench | None) -> VerifyReport:
    client = bench.client if bench else None
    async with await VerifyJob.of_folder(folder, client, rate=None, patience=SHORT) as job:
        return await job.run()


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_a_run_that_went_well_is_in_order(tmp_path: Path, dialect: str) -> None:
    with DemoServer("empty", dialect=dialect, jobs_delay=0.02) as server:
        Shelf(server).household()
        async with workbench(server, tmp_path) as bench:
            run, folder = await resolved(bench)
            before = sum(one.method not in ("GET", "POST") for one in list(server.requests))
            for report in (
                await verified(bench, run),
                await verified(bench, run, offline=True),
                await verified_folder(folder, bench),
                await verified_folder(folder, None),
            ):
                assert report.ok, [photo.faults for photo in report.failed]
                assert report.bytes > 200_000
                assert len([photo for photo in report.photos if photo.kind == "backup"]) == 9
                assert [photo.notes for photo in report.photos if photo.notes] == []
            assert sum(one.method not in ("GET", "POST") for one in list(server.requests)) == before
            history = {past.kind: past for past in await runs(bench.journal)}
            assert (history["verify"].of, history["verify"].held) == (run, 0)


async def test_without_a_network_only_the_files_are_looked_at(server: DemoServer, tmp_path: Path) -> None:
    Shelf(server).pair()
    async with workbench(server, tmp_path) as bench:
        _, folder = await resolved(bench)
    asked = len(server.requests)
    report = await verified_folder(folder, None)
    assert (report.ok, report.offline, report.state) == (True, True, Status.DONE)
    assert len(server.requests) == asked


@pytest.mark.parametrize("harm", ["altered", "missing", "short", "no line"])
async def test_a_backup_that_is_not_whole_is_found(server: DemoServer, tmp_path: Path, harm: str) -> None:
    shelf = Shelf(server)
    (_, bad), _ = shelf.pair(1), shelf.pair(2)
    async with workbench(server, tmp_path) as bench:
        run, folder = await resolved(bench)
        path = next(folder.glob(f"{bad.id}*"))
        content = path.read_bytes()
        if harm == "no line":
            manifest = folder / "manifest.jsonl"
            lines = manifest.read_text().splitlines(keepends=True)
            manifest.write_text("".join(line for line in lines if bad.id not in line[:60]))
        else:
            path.unlink()
        if harm in ("altered", "short"):
            path.write_bytes(content[:-1] + (b"" if harm == "short" else b"?"))
        report = await verified(bench, run, offline=True)
    assert not report.ok
    (failed,) = report.failed
    assert failed.asset_id == bad.id
    assert all(sentence.endswith(".") and bad.name in sentence for sentence in failed.faults)


async def test_what_is_wrong_on_the_server_is_found(server: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(server)
    (kept, _), (moved, back) = shelf.pair(1), shelf.pair(2)
    lost, _ = shelf.group(
        ("L.jpg", rich(size=50_000)),
        ("L-1.jpg", rich(place=None, rating=4, description="x", tags=("Dog",), albums=("Summer",))),
    )
    gone, _ = shelf.pair(4)
    async with workbench(server, tmp_path) as bench:
        run, _ = await resolved(bench)
        assert (await verified(bench, run)).ok
        server.library.trash([kept.id])
        server.library.purge(gone.id)
        server.library.edit(back.id, deleted_at=None)
        server.library.edit(moved.id, rating=5)
        await bench.client.update_asset(lost.id, {"description": "", "rating": 1})
        await bench.client.untag_assets(server.library.assets[lost.id].tag_ids[0], [lost.id])
        shelf.album("Summer").asset_ids.remove(lost.id)
        assert server.jobs.wait_quiet()
        report = await verified(bench, run)
        assert not report.ok
        faults = " ".join(sentence for photo in report.photos for sentence in photo.faults)
        notes = " ".join(sentence for photo in report.photos for sentence in photo.notes)
        assert f"{kept.name} was kept and is in the trash." in faults
        assert f"{gone.name} was kept and is not on the server." in faults
        assert "The description that was carried to L.jpg is not there any more." in faults
        assert "L.jpg lost a tag" in faults
        assert "L.jpg is not in an album any more" in faults
        assert f"{back.name} is on the server: it came back since." in notes
        assert "The rating of L.jpg was changed since." in notes
        assert moved.name not in faults
        assert (await verified(bench, run, offline=True)).ok
        folder = await verified_folder(Path(report.folder), bench)
        assert not folder.ok
        faults = " ".join(sentence for photo in folder.failed for sentence in photo.faults)
        assert f"{kept.name}, kept in place of" in faults
        assert "The photo, kept in place of IMG_0004 (1).jpg, is not on the server." in faults


async def test_after_an_undo_the_photos_are_to_be_alive(server: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(server)
    (_, one), (_, two) = shelf.pair(1), shelf.pair(2)
    async with workbench(server, tmp_path) as bench:
        run, _ = await resolved(bench)
        assert (await (await bench.undo(run)).run()).complete
        report = await verified(bench, run)
        assert report.ok
        assert not any(photo.notes for photo in report.photos)
        server.library.trash([two.id])
        report = await verified(bench, run)
    assert [photo.asset_id for photo in report.failed] == [two.id]
    assert one.name not in " ".join(report.failed[0].faults)


async def test_what_a_later_run_trashed_on_purpose_is_no_fault_of_an_earlier_one(
    server: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(server)
    kept, _ = shelf.pair(1)
    async with workbench(server, tmp_path) as bench:
        first, _ = await resolved(bench)
    better = shelf.put("better.jpg", "6f1c9a52-0b1d-4d52-9a77-0c4e5a1f2b3c", **rich(size=90_000))
    server.library.edit(kept.id, duplicate_id=better.duplicate_id)
    async with workbench(server, tmp_path) as bench:
        await bench.session.choose_winner(better.duplicate_id or "", better.id)
        job = await bench.job()
        assert (await job.run()).trashed == 1
        report = await verified(bench, first)
        assert report.ok, [photo.faults for photo in report.failed]
        notes = " ".join(sentence for photo in report.photos for sentence in photo.notes)
        assert f"{kept.name} was trashed by a later run, which kept better.jpg." in notes
        server.library.purge(kept.id)
        assert (await verified(bench, first)).ok, "it may leave the trash for good, too"
        # Somebody else's doing is a fault as ever: nobody stands in for the first photo any more.
        server.library.trash([better.id])
        report = await verified(bench, first)
        faults = " ".join(sentence for photo in report.failed for sentence in photo.faults)
        assert f"{kept.name} was kept and is not on the server." in faults
        assert "better.jpg, kept in place of" in faults


async def test_a_value_that_the_server_took_back_after_the_run_is_told(
    server: DemoServer, tmp_path: Path
) -> None:
    """As a late second extraction of a photo does whose sidecar got lost."""
    winner, _ = Shelf(server).group(
        ("a.jpg", rich(size=40_000)), ("b.jpg", rich(place=None, rating=4, description="At the lake"))
    )
    async with workbench(server, tmp_path) as bench:
        run, _ = await resolved(bench)
        server.library.edit(winner.id, rating=None)
        report = await verified(bench, run)
    (failed,) = report.failed
    assert failed.faults[0] == "The rating that was carried to a.jpg is not there any more."


async def test_a_server_that_does_not_answer_is_no_fault_of_the_photos(
    server: DemoServer, tmp_path: Path
) -> None:
    Shelf(server).pair()
    async with workbench(server, tmp_path) as bench:
        run, _ = await resolved(bench)
        server.faults.add(status(401), path="/api/assets", times=None)
        report = await verified(bench, run)
    assert (report.state, report.ok, report.failed) == (Status.PAUSED, False, ())
    assert report.reason


async def test_what_is_no_run_and_no_backup(server: DemoServer, tmp_path: Path) -> None:
    Shelf(server).pair()
    async with workbench(server, tmp_path) as bench:
        with pytest.raises(UnknownRun, match="no run nothing"):
            await VerifyJob.of_run(bench.journal, "nothing")
        run, folder = await resolved(bench)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        with pytest.raises(NoBackup):
            await VerifyJob.of_folder(folder)
        report = await verified(bench, run)
    assert not report.ok
    assert len(report.problems) == 2

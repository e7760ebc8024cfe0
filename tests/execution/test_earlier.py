"""Backups of earlier runs: they may be taken over, and are never touched."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from immich_tui.demo.faults import unauthorized
from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.earlier import take_over
from immich_tui.execution.backup.manifest import NAME, read_manifest
from immich_tui.execution.backup.names import backup_name
from immich_tui.execution.report.report import Report
from immich_tui.execution.verify.job import VerifyJob
from immich_tui.jobs.progress import Status
from tests.shelf import Shelf, rich
from tests.workbench import workbench


async def test_what_an_earlier_run_has_is_not_written_over(tmp_path: Path) -> None:
    """A crash left its file under a second name, which the next attempt takes for its own beginning.

    The photo has other bytes on the server now, so the earlier backup is the only copy of the former ones.
    """
    with DemoServer("empty", jobs_delay=0.02) as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, place=None)))
        assert ours.duplicate_id
        earlier = tmp_path / "archive" / "b.jpg"
        earlier.parent.mkdir()
        earlier.write_bytes(b"former bytes")
        async with workbench(server, tmp_path) as bench:
            await bench.session.choose_winner(ours.duplicate_id, ours.id)
            job = await bench.job()
            server.faults.add(unauthorized(), path=f"/{theirs.id}/original$")
            report = await job.run()
            assert report.state == Status.PAUSED
            take_over(earlier, Path(report.backup_folder) / backup_name(theirs.id, theirs.name))
            report = await (await bench.resumed(job.id)).run()
        assert report.trashed == 1
        assert earlier.read_bytes() == b"former bytes"


async def test_a_folder_that_is_told_relative_to_another_is_found_again_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run was begun in one folder, and is taken up, taken back and verified from another."""
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        shelf.pair()
        loser = shelf.pair(1)[1]
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            monkeypatch.chdir(here)
            server.faults.add(unauthorized(), path=f"/{loser.id}/original$")
            job = await bench.job(backup_root=Path("backups"))
            assert (await job.run()).state == Status.PAUSED
            monkeypatch.chdir(elsewhere)
            report = await (await bench.resumed(job.id)).run()
            assert (report.state, report.trashed) == (Status.DONE, 2)
            await (await bench.undo(job.id)).run()
            async with await VerifyJob.of_run(bench.journal, job.id, bench.client, rate=None) as verify:
                assert (await verify.run()).ok
    assert Path(report.backup_folder) == here / "backups" / job.id
    assert not list(elsewhere.iterdir())


async def test_backups_that_the_manifest_does_not_list_any_more_are_listed_before_the_delete(
    tmp_path: Path,
) -> None:
    """Without its line nobody knows what a file is once the database is lost."""
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        pairs = [shelf.pair(number) for number in range(3)]
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job()
            server.faults.add(unauthorized(), path=f"/{pairs[0][0].id}/original$")
            stopped = await job.run()
            assert (stopped.state, stopped.trashed) == (Status.PAUSED, 0)
            manifest = Path(stopped.backup_folder) / NAME
            lines = manifest.read_text().splitlines(keepends=True)
            manifest.write_text(lines[0])
            report = await (await bench.resumed(job.id)).run()
        assert report.trashed == 3
        assert {line.asset_id for line in read_manifest(manifest)} == {loser.id for _, loser in pairs}


async def backed_up_and_taken_back(server: DemoServer, folder: Path) -> Report:
    async with workbench(server, folder) as bench:
        await bench.accept_everything()
        report = await (await bench.job()).run()
        await (await bench.undo(report.run)).run()
    return report


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
async def test_an_earlier_backup_that_cannot_be_read_is_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It belongs to another user, so it gets no second name here, or the disk under it fails."""
    with DemoServer("empty", jobs_delay=0.02) as server:
        _, loser = Shelf(server).pair()
        first = await backed_up_and_taken_back(server, tmp_path)
        backup = Path(first.backup_folder) / backup_name(loser.id, loser.name)
        backup.unlink()
        backup.symlink_to("/proc/self/mem")

        def refused(*_: object) -> None:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", refused)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            second = await (await bench.job()).run()
        assert (second.state, second.trashed) == (Status.DONE, 1), second.reason
        assert dict(second.bytes_by_way) == {"http": second.backed_up_bytes}


async def test_an_earlier_backup_that_gets_no_second_name_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        _, loser = Shelf(server).pair()
        first = await backed_up_and_taken_back(server, tmp_path)

        def elsewhere(*_: object) -> None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        monkeypatch.setattr(os, "link", elsewhere)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            second = await (await bench.job()).run()
        assert (second.state, second.trashed) == (Status.DONE, 1), second.reason
        assert dict(second.bytes_by_way) == {"earlier backup": second.backed_up_bytes}
        name = backup_name(loser.id, loser.name)
        files = [Path(report.backup_folder) / name for report in (first, second)]
        assert [file.read_bytes() for file in files] == [server.library.bytes_of(loser.id)] * 2
        assert not files[0].samefile(files[1])

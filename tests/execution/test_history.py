"""What the journal knows of past runs, in short."""

from __future__ import annotations

from pathlib import Path

from immich_tui.demo.faults import status
from immich_tui.demo.server import DemoServer
from immich_tui.execution.history import runs
from tests.shelf import Shelf, rich
from tests.workbench import workbench


async def test_runs_are_told_with_what_became_of_them(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        (first, _), _ = shelf.pair(1), shelf.pair(2)
        group = str(first.duplicate_id)
        async with workbench(server, tmp_path) as bench:
            assert await runs(bench.journal) == ()
            await bench.accept_everything()
            job = await bench.job()
            report = await job.run()
            (done,) = await runs(bench.journal)
            assert (done.kind, done.state, done.groups, done.done, done.held) == ("resolve", "done", 2, 2, 0)
            assert (done.photos, done.bytes, done.undone) == (2, report.freed, 0)
            assert done.report == Path(report.backup_folder) / "report.json"
            assert done.folder == Path(report.backup_folder)
            assert done.can_be_undone
            undone = await (await bench.undo(job.id, group)).run()
            taken_back, done = await runs(bench.journal)
            assert (taken_back.kind, taken_back.of, taken_back.done, taken_back.photos) == (
                "undo",
                job.id,
                1,
                1,
            )
            assert str(taken_back.report) == undone.path
            assert (done.undone, done.can_be_undone) == (1, True)
            await (await bench.undo(job.id)).run()
            done = (await runs(bench.journal))[-1]
            assert (done.undone, done.can_be_undone) == (2, False)
            Path(undone.path).unlink()
            assert [run.report is None for run in await runs(bench.journal)] == [False, True, False]


async def test_what_was_only_carried_can_be_taken_back_too(tmp_path: Path) -> None:
    """Values were written to the kept photo of a group that was held back then."""
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        (kept, _), _ = shelf.pair(1), shelf.pair(2)
        shelf.group(("a.jpg", rich(size=50_000)), ("b.jpg", rich(size=40_000)))
        server.faults.add(status(404), path="/original", times=None)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job()
            report = await job.run()
            assert (report.groups_held, report.trashed) == (3, 0)
            assert report.carried_values == 2
            (run,) = await runs(bench.journal)
            assert (run.done, run.photos, run.touched, run.can_be_undone) == (0, 0, 2, True)
            group = str(kept.duplicate_id)
            assert (await (await bench.undo(job.id, group)).run()).undone == 1
            run = (await runs(bench.journal))[-1]
            assert (run.undone, run.can_be_undone) == (1, True)
            assert (await (await bench.undo(job.id)).run()).undone == 1
            run = (await runs(bench.journal))[-1]
            assert (run.undone, run.can_be_undone) == (2, False)

"""A run that is taken up again although it was undone meanwhile."""

from __future__ import annotations

from pathlib import Path

from immich_tui.demo.faults import run, status
from immich_tui.execution.resolve import UNDONE
from immich_tui.execution.verify.job import VerifyJob
from immich_tui.jobs.progress import Status
from tests.execution.test_recheck import Scene, decide, empty
from tests.shelf import Shelf, rich
from tests.workbench import workbench


async def test_a_group_that_was_undone_is_not_gone_on_with(tmp_path: Path) -> None:
    """One copy was trashed and the other was not; after the undo the person decides the same again."""
    with empty() as server:
        scene = Scene.of(server)

        def lock() -> None:
            server.library.edit(scene.third.id, visibility="locked")

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            job = await bench.job()
            server.faults.add(run(lock), method="DELETE", path="/api/assets$")
            report = await job.run()
            assert report.state == Status.DONE
            (held,) = report.held
            assert [one.name for one in held.gone] == ["theirs.jpg"], held.reason
            server.library.edit(scene.third.id, visibility="timeline")
            undone = await (await bench.undo(job.id)).run()
            assert undone.complete, undone
            scene.nothing_of_it_is_trashed()
            await bench.session.choose_winner(scene.group, scene.ours.id)

            again = await (await bench.resumed(job.id)).run()
        scene.nothing_of_it_is_trashed()
        for group in again.groups:
            assert (group.outcome, group.gone, group.reason) == ("held back", (), UNDONE)


async def test_what_was_only_carried_and_taken_back_is_not_trashed_by_the_same_run(tmp_path: Path) -> None:
    """Nothing could be undone of it a second time: the first undo counts for the whole run."""
    with empty() as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, favorite=True)))
        assert ours.duplicate_id
        async with workbench(server, tmp_path) as bench:
            await bench.session.choose_winner(ours.duplicate_id, ours.id)
            job = await bench.job()
            server.faults.add(status(404), path=f"/{theirs.id}/original$", times=None)
            await job.run()
            server.faults.clear()
            assert server.library.assets[ours.id].favorite
            assert (await (await bench.undo(job.id)).run()).complete
            assert not server.library.assets[ours.id].favorite
            await bench.session.choose_winner(ours.duplicate_id, ours.id)
            (held,) = (await (await bench.resumed(job.id)).run()).held
            assert held.reason == UNDONE
            assert server.library.state(theirs.id) == "live"

            new = await (await bench.job()).run()
            assert new.trashed == 1
            assert (await (await bench.undo(new.run)).run()).complete
        assert server.library.state(theirs.id) == "live"


async def test_a_run_that_is_taken_up_tells_nothing_as_trashed_that_came_back(tmp_path: Path) -> None:
    """Two groups were done and one was held back; those are taken back before this one is tried again."""
    with empty() as server:
        shelf = Shelf(server)
        first, back = shelf.pair(1)
        second, gone = shelf.pair(2)
        kept, _ = shelf.pair(3)
        taken_back = str(first.duplicate_id), str(kept.duplicate_id)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            await bench.session.keep_all(taken_back[1])
            server.faults.add(status(404), path=f"/{second.id}/original$", times=None)
            job = await bench.job()
            assert ((await job.run()).trashed, server.library.state(back.id)) == (1, "trashed")
            assert (await (await bench.undo(job.id, *taken_back)).run()).complete
            server.faults.clear()
            report = await (await bench.resumed(job.id)).run()
            assert (report.state, report.groups_done, report.groups_held) == (Status.DONE, 1, 2)
            assert [one.asset_id for group in report.groups for one in group.gone] == [gone.id]
            assert (report.trashed, report.freed, report.dismissed) == (1, gone.file.size, 0)
            assert server.library.state(back.id) == "live"
            async with await VerifyJob.of_run(bench.journal, job.id, bench.client, rate=None) as verify:
                assert (await verify.run()).ok
            once_more = await (await bench.resumed(job.id)).run()
            assert (once_more.trashed, [group.reason for group in once_more.held]) == (1, [UNDONE] * 2)
            assert (await (await bench.undo(job.id)).run()).complete
        assert server.library.state(gone.id) == "live"

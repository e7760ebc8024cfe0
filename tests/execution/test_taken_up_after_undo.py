"""A run that is taken up again although it was undone meanwhile."""

from __future__ import annotations

from pathlib import Path

from immich_tui.demo.faults import run, status
from immich_tui.execution.resolve import UNDONE
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
        group = next(one for one in again.groups if one.group_id == scene.group)
        assert (group.outcome, group.gone) == ("held back", ())
        assert group.reason == UNDONE


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

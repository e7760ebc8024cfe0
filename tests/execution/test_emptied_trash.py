"""Somebody empties the trash while a run is at it: what is gone is told as gone, and holds up nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from immich_tui.demo.faults import run_after, unauthorized
from immich_tui.jobs.progress import Status
from tests.execution.test_recheck import Scene, decide, empty
from tests.workbench import reopened, workbench

WITHOUT_UPLOAD = (
    "duplicate.read",
    "asset.read",
    "asset.download",
    "asset.update",
    "asset.delete",
    "album.read",
    "server.about",
    "user.read",
)


@pytest.mark.parametrize("way", ["at once", "another process"])
async def test_a_loser_that_is_gone_from_the_trash_counts_as_trashed(way: str, tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)

        def emptied() -> None:
            server.library.purge(scene.theirs.id)

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            if way == "at once":
                server.faults.add(run_after(emptied), method="DELETE", path="/api/assets$")
            else:
                server.faults.add(unauthorized(), path="/bulk-upload-check$")
            job = await bench.job()
            report = await job.run()
            if way == "another process":
                assert report.state == Status.PAUSED
                emptied()
        if way == "another process":
            async with reopened(server, tmp_path) as bench:
                report = await (await bench.resumed(job.id)).run()
        assert (report.state, report.held, report.trashed) == (Status.DONE, (), 3)
        async with reopened(server, tmp_path) as bench:
            undone = await (await bench.undo(job.id)).run()
        assert [one.asset_id for one in undone.lost] == [scene.theirs.id]
        assert (tmp_path / "backups" / job.id / undone.lost[0].backup).is_file()


async def test_a_loser_that_somebody_locked_is_not_told_as_trashed(tmp_path: Path) -> None:
    """It cannot be looked at either, but the server still has its file."""
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(unauthorized(), method="DELETE", path="/api/assets$")
            job = await bench.job()
            assert (await job.run()).state == Status.PAUSED
            server.library.edit(scene.theirs.id, visibility="locked")
            report = await (await bench.resumed(job.id)).run()
        (held,) = report.held
        assert held.reason == "theirs.jpg left the group since it was decided."
        assert held.gone == ()


async def test_copies_come_back_from_a_trash_that_was_emptied_of_some(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)

        def emptied() -> None:
            server.library.purge(scene.ours.id)
            server.library.purge(scene.theirs.id)

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(run_after(emptied), method="DELETE", path="/api/assets$")
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.DONE, report.reason
            (held,) = report.held
            assert held.reason == (
                "ours.jpg vanished while its copies were being trashed; those in the trash were brought back"
                " at once, theirs.jpg is only in the backup."
            )
            assert not server.library.assets[scene.third.id].trashed
            assert [one.asset_id for one in held.gone] == [scene.theirs.id]
            again = await (await bench.resumed(job.id)).run()
        assert again.state == Status.DONE
        assert not server.library.assets[scene.third.id].trashed


async def test_a_key_that_may_not_ask_for_uploads_says_what_it_knows(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)
        for key in server.library.keys:
            key.permissions = WITHOUT_UPLOAD
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            emptied = run_after(lambda: server.library.purge(scene.theirs.id))
            server.faults.add(emptied, method="DELETE", path="/api/assets$")
            report = await (await bench.job()).run()
        (held,) = report.held
        assert held.reason == (
            "theirs.jpg cannot be found any more: deleted for good, or locked. It is in the backup."
        )

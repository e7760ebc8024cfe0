"""Backing up the videos of live photos: hidden assets that several photos may have, and earlier runs too."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from immich_tui.demo.faults import delayed, flipped_bit, unauthorized
from immich_tui.execution.backup.folder import open_backup
from immich_tui.jobs.progress import Status
from tests.execution.test_carry import decided, empty
from tests.shelf import Shelf, rich
from tests.workbench import reopened, workbench


async def test_two_losers_that_have_one_video_are_both_backed_up(tmp_path: Path) -> None:
    """Two stills share a video where it was linked to one of them and the other came back."""
    with empty() as server:
        shelf = Shelf(server)
        ours, first, second = shelf.group(
            ("a.jpg", rich()), ("b.jpg", rich(size=9000, live=True)), ("c.jpg", rich(size=9500))
        )
        video = first.live_video_id
        assert video
        server.library.edit(second.id, live_video_id=video)
        server.faults.add(delayed(0.1), path=f"/{video}/original$", times=None)
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            report = await job.run()
        assert (report.state, report.reason, report.held) == (Status.DONE, "", ())
        assert report.trashed == 2
        backup = open_backup(Path(report.backup_folder))
        assert [backup.damage(file) for photo in backup.photos for file in photo.files] == [""] * 4


async def test_a_video_of_two_photos_that_cannot_be_had_holds_both_back(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        one, first = shelf.group(("a.jpg", rich()), ("b.jpg", rich(size=9000, live=True)))
        other, second = shelf.group(("c.jpg", rich()), ("d.jpg", rich(size=9500)))
        video = first.live_video_id
        server.library.edit(second.id, live_video_id=video)
        server.faults.add(flipped_bit(), path=f"/{video}/original$", times=None)
        async with decided(server, tmp_path, one, other) as bench:
            job = await bench.job()
            report = await job.run()
            assert (report.state, len(report.held), report.trashed) == (Status.DONE, 2, 0)
            server.faults.clear()
            report = await (await bench.resumed(job.id)).run()
        assert (report.held, report.trashed) == ((), 2)


async def test_the_video_that_an_earlier_run_has_is_not_fetched_again(tmp_path: Path) -> None:
    with empty() as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, live=True)))
        group, video = theirs.duplicate_id, theirs.live_video_id
        async with decided(server, tmp_path, ours) as bench:
            first = await (await bench.job()).run()
            await (await bench.undo(first.run)).run()
            assert server.library.assets[theirs.id].duplicate_id == group
        asked = server.requests.count("GET", f"/{video}/original")
        async with workbench(server, tmp_path) as bench:
            await bench.session.choose_winner(str(group), ours.id)
            second = await (await bench.job()).run()
        assert second.trashed == 1
        assert server.requests.count("GET", f"/{video}/original") == asked == 1
        assert dict(second.bytes_by_way) == {"earlier backup": second.backed_up_bytes}
        (photo,) = open_backup(Path(second.backup_folder)).photos
        assert photo.video is not None
        assert photo.video.line.same_as.startswith(f"{first.run}/{video}")


@pytest.mark.parametrize("way", ["deleted for good", "the trash was emptied"])
async def test_a_video_that_went_with_its_photo_holds_nothing_up(way: str, tmp_path: Path) -> None:
    """The run stopped behind the delete; taken up again it ends the group and tells what went."""
    permanent = 1 if way == "deleted for good" else None
    with empty() as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich(live=True)), ("b.jpg", rich(size=9000, live=True)))
        async with decided(server, tmp_path, ours) as bench:
            server.faults.add(unauthorized(), path="/bulk-upload-check$")
            job = await bench.job(permanent=permanent)
            assert (await job.run()).state == Status.PAUSED
        if permanent is None:
            server.library.purge(theirs.id)
        async with asyncio.timeout(5):
            while not server.library.assets[str(theirs.live_video_id)].purged:
                await asyncio.sleep(0.01)
        async with reopened(server, tmp_path) as bench:
            report = await (await bench.resumed(job.id, permanent=permanent)).run()
        assert (report.state, report.held, report.groups_done) == (Status.DONE, (), 1), report.reason
        (group,) = report.groups
        assert [one.name for one in group.gone] == ["b.jpg"]
        backup = open_backup(Path(report.backup_folder))
        assert [backup.damage(file) for photo in backup.photos for file in photo.files] == ["", ""]

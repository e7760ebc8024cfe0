"""A look that comes long after it was due, since the job was paused: that says nothing of the server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from immich_tui.demo.faults import run_after
from immich_tui.jobs.progress import Status
from tests.execution.test_carry import decided, empty
from tests.shelf import Shelf, rich


async def test_a_pause_while_carried_values_settle_holds_nothing_back(tmp_path: Path) -> None:
    """The server works through the write during the pause, so that the next look sees other values."""
    with empty() as server:
        server.jobs.delay = 0.3
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich(place=None)), ("b.jpg", rich(size=9000, place=(52.5163123, 13.3777321)))
        )
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job(confirm_s=0.5, settle_s=0.3)
            loop = asyncio.get_running_loop()

            def pause() -> None:
                job.pause()
                loop.call_later(1.5, job.resume_now)

            first_look = run_after(lambda: loop.call_soon_threadsafe(pause))
            written = run_after(
                lambda: server.faults.add(first_look, method="GET", path=f"/api/assets/{ours.id}$")
            )
            server.faults.add(written, method="PUT", path=f"/api/assets/{ours.id}$")
            report = await job.run()
        assert (report.state, report.held, report.trashed) == (Status.DONE, (), 1)
        assert server.library.state(theirs.id) == "trashed"


async def test_a_pause_while_an_undo_reads_back_is_no_problem(tmp_path: Path) -> None:
    with empty() as server:
        ours, _ = Shelf(server).group(("a.jpg", rich(rating=2)), ("b.jpg", rich(size=9000, rating=5)))
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
            assert report.trashed == 1
            server.jobs.delay = 0.3
            job = await bench.undo(report.run, confirm_s=0.5, settle_s=0.3)
            loop = asyncio.get_running_loop()

            def pause() -> None:
                job.pause()
                # What an extraction finds anew while nobody looks.
                loop.call_later(0.2, lambda: server.library.edit(ours.id, city="Potsdam"))
                loop.call_later(1.5, job.resume_now)

            look = run_after(lambda: loop.call_soon_threadsafe(pause))
            written = run_after(
                lambda: server.faults.add(look, method="GET", path=f"/api/assets/{ours.id}$", skip=1)
            )
            server.faults.add(written, method="PUT", path="/api/assets$")
            (group,) = (await job.run()).groups
        assert group.problems == ()
        assert server.library.assets[ours.id].exif["rating"] == 2

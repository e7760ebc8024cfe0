"""Somebody works on the same photos while a run goes on, on a phone or the web page: it stays theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from immich_tui.demo.faults import run, run_after
from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.execution.carry import clock
from immich_tui.jobs.progress import Status
from immich_tui.verdict import ledger_camera
from tests.execution.test_carry import decided, empty
from tests.shelf import BERLIN, KYOTO, Shelf, rich
from tests.workbench import Workbench

MAY_NOT_UPLOAD = (
    "duplicate.read",
    "asset.read",
    "asset.download",
    "asset.update",
    "asset.delete",
    "server.about",
    "user.read",
)


async def on_the_phone(bench: Workbench, photo: Asset, fields: Mapping[str, object]) -> None:
    """Edit a photo as soon as a run has written to it."""
    written = asyncio.Event()
    loop = asyncio.get_running_loop()
    seen = run_after(lambda: loop.call_soon_threadsafe(written.set))
    bench.server.faults.add(seen, method="PUT", path=f"/api/assets/{photo.id}$")
    await written.wait()
    await bench.client.update_asset(photo.id, fields)


async def test_a_date_that_somebody_sets_while_a_place_is_read_back_is_not_written_over(
    tmp_path: Path,
) -> None:
    """The place moved no clock here: what is another time now is somebody's wish."""
    with empty() as server:
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich(place=None)), ("b.jpg", rich(place=BERLIN, size=9000))
        )
        async with decided(server, tmp_path, ours) as bench:
            theirs_date = {"dateTimeOriginal": "2021-05-01T09:30:00+02:00"}
            phone = asyncio.create_task(on_the_phone(bench, ours, theirs_date))
            report = await (await bench.job(confirm_s=0.6)).run()
            await phone
        assert server.jobs.wait_quiet()
        now = server.library.assets[ours.id]
        assert f"{now.local_at:%Y-%m-%d %H:%M}" == "2021-05-01 09:30"
        (held,) = report.held
        assert "2021-05-01 09:30" in held.reason
        assert "writing the location" not in held.reason
        assert not server.library.assets[theirs.id].trashed


async def test_a_date_that_somebody_sets_while_the_run_is_paused_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is paused right before it would put a clock right, and somebody does that in the pause."""
    monkeypatch.setattr(ledger_camera, "moves_clock", lambda *_: False)
    with empty() as server:
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich(place=None)), ("b.jpg", rich(place=KYOTO, size=9000))
        )
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job(confirm_s=0.4, look_s=0.2)
            edited: list[asyncio.Task[None]] = []

            async def in_the_pause() -> None:
                await bench.client.update_asset(ours.id, {"dateTimeOriginal": "2021-05-01T09:30:00+09:00"})
                await asyncio.sleep(0.4)
                job.resume_now()

            def pausing(right: object, now: object) -> object:
                if not edited:
                    job.pause()
                    edited.append(asyncio.create_task(in_the_pause()))
                return date_for(right, now)  # type: ignore[arg-type]  # handed through

            date_for = clock.date_for
            monkeypatch.setattr(clock, "date_for", pausing)
            report = await job.run()
            assert edited
        assert server.jobs.wait_quiet()
        now = server.library.assets[ours.id]
        assert f"{now.local_at:%Y-%m-%d %H:%M}" == "2021-05-01 09:30"
        (held,) = report.held
        assert "Its clock could not be put right (the call had to wait until the look before it was old)" in (
            held.reason
        )
        assert not server.library.assets[theirs.id].trashed


async def test_an_album_that_somebody_put_the_kept_photo_into_is_not_taken_from_it(tmp_path: Path) -> None:
    """Albums are read in bulk when a run begins; a phone may be quicker than the carry."""
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = shelf.group(
            ("a.jpg", rich()), ("b.jpg", rich(size=9000, place=None, rating=4, albums=("Summer",)))
        )
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            summer = shelf.album("Summer")
            by_hand = run(lambda: summer.asset_ids.append(ours.id))
            server.faults.add(by_hand, method="GET", path=f"/api/assets/{ours.id}$")
            report = await job.run()
            assert (report.state, report.held, report.trashed) == (Status.DONE, (), 1)
            assert ours.id in summer.asset_ids
            (group,) = (await (await bench.undo(job.id)).run()).groups
        assert group.problems == ()
        assert set(summer.asset_ids) == {ours.id, theirs.id}
        assert "albums" not in group.reverted


async def test_an_album_cover_that_somebody_chose_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = shelf.group(
            ("a.jpg", rich()), ("b.jpg", rich(size=9000, place=None, albums=("Summer",)))
        )
        chosen = shelf.put("sunset.jpg", None, **rich(albums=("Summer",)))
        summer = shelf.album("Summer")
        assert summer.cover_id == theirs.id

        def choose() -> None:
            summer.cover_id = chosen.id

        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            server.faults.add(run(choose), method="GET", path=f"/api/assets/{ours.id}$")
            report = await job.run()
            (held,) = report.held
            assert held.reason == "The cover of the album Summer was changed by someone else during this run."
            assert summer.cover_id == chosen.id
            assert not server.library.assets[theirs.id].trashed

            # What is read anew when the run is taken up tells that there is no cover to carry any more.
            report = await (await bench.resumed(job.id)).run()
            assert (report.held, report.trashed) == ((), 1)
            assert ours.id in summer.asset_ids
            await (await bench.undo(job.id)).run()
        assert summer.cover_id == chosen.id
        assert set(summer.asset_ids) == {theirs.id, chosen.id}


@pytest.mark.parametrize("permissions", [("all",), MAY_NOT_UPLOAD], ids=["all", "without upload"])
async def test_a_photo_that_somebody_locks_in_front_of_its_delete_is_not_told_as_deleted(
    permissions: tuple[str, ...], tmp_path: Path
) -> None:
    """A locked photo cannot be seen by any key, just as one that is gone for good."""
    with DemoServer("empty", permissions=permissions, jobs_delay=0.03) as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, place=None)))
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job(permanent=1)
            lock = run(lambda: server.library.edit(theirs.id, visibility="locked"))
            server.faults.add(lock, method="DELETE", path="/api/assets$")
            report = await job.run()
        assert server.library.state(theirs.id) == "live"
        (held,) = report.held
        assert (report.trashed, report.deleted, held.gone) == (0, 0, ())
        assert held.reason.startswith("The server did not trash b.jpg: ")

"""Carrying metadata to the winner, against a server whose jobs may take it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from immich_tui.demo.faults import dropped_after, forbidden, run, run_after
from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.execution.carry import clock
from immich_tui.execution.report.groups import GroupReport
from immich_tui.execution.report.report import Report
from immich_tui.execution.run import CARRY
from immich_tui.jobs.progress import Status
from immich_tui.verdict import ledger_camera
from tests.shelf import BERLIN, KYOTO, Shelf, Told, rich
from tests.truth import Truth
from tests.workbench import Workbench, reopened, taken_up, workbench


@asynccontextmanager
async def decided(
    server: DemoServer, folder: Path, *winners: Asset, policy: str = "metadata"
) -> AsyncIterator[Workbench]:
    """A session in which these assets are to be kept and the rest of their groups trashed."""
    async with workbench(server, folder, policy=policy) as bench:
        for winner in winners:
            assert winner.duplicate_id
            await bench.session.choose_winner(winner.duplicate_id, winner.id)
        yield bench


def of(report: Report, asset: Asset) -> GroupReport:
    """What the report says of the group that an asset was in."""
    return next(group for group in report.groups if asset.name in group.kept)


def empty(dialect: str = "3", jobs_delay: float = 0.03) -> DemoServer:
    return DemoServer("empty", dialect=dialect, jobs_delay=jobs_delay)


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_every_field_arrives_and_stays(dialect: str, tmp_path: Path) -> None:
    with empty(dialect) as server:
        shelf = Shelf(server)

        def pair(ours: Told, theirs: Told) -> Asset:
            number = len(server.library.assets)
            told: Told = {"size": 20_000}
            return shelf.group((f"ours {number}.jpg", ours), (f"theirs {number}.jpg", told | theirs))[0]

        description = pair(rich(description="At the lake"), rich(description="At the lake\nwith Ben"))
        rating = pair(rich(rating=2), rich(rating=5))
        favourite = pair(rich(), rich(favorite=True))
        tags = pair(rich(tags=("Dog",)), rich(tags=("Dog", "Trips/Alps")))
        album = pair(rich(albums=("Family",)), rich(albums=("Summer",)))
        place = pair(rich(place=None), rich(place=BERLIN))
        no_date: Told = {"size": 40_000}
        dated = pair(no_date, rich(place=None, camera=None))
        dated_far = pair(no_date, rich(offset="+09:00", place=KYOTO))
        moving = pair(rich(), rich(live=True))
        nothing = pair(rich(), rich(place=None))
        winners = (description, rating, favourite, tags, album, place, dated, dated_far, moving, nothing)
        video = next(asset.id for asset in server.library.assets.values() if asset.kind == "VIDEO")
        async with decided(server, tmp_path, *winners) as bench:
            report = await (await bench.job(confirm_s=2.0)).run()
        assert report.state == Status.DONE, report.reason
        held = {group.kept: group.reason for group in report.held}
        if dialect == "1.135":
            # Up to 2.5.3 an offset in a date sets no zone, so the clock shows another time than was written.
            assert "local time" in held.pop((dated.name,))
        assert held == {}
        assert server.jobs.wait_quiet()
        now = server.library.assets
        assert now[description.id].exif["description"] == "At the lake\nwith Ben"
        assert now[rating.id].exif["rating"] == 5
        assert now[favourite.id].favorite
        assert shelf.tag_names(tags.id) == {"Dog", "Trips/Alps"}
        assert {one.name for one in server.library.albums_with(album.id)} == {"Family", "Summer"}
        assert shelf.album("Summer").cover_id == album.id
        assert now[place.id].exif["latitude"] == pytest.approx(BERLIN[0], abs=1e-6)
        assert now[place.id].exif["city"] == "Berlin"
        assert now[place.id].local_at == datetime(2023, 7, 2, 17, 44, 10, tzinfo=UTC)
        assert now[moving.id].live_video_id == video
        assert of(report, nothing).carried == ()
        if dialect != "1.135":
            assert now[dated.id].exif["dateTimeOriginal"] == datetime(2023, 7, 2, 15, 44, 10, tzinfo=UTC)
            assert now[dated.id].local_at == datetime(2023, 7, 2, 17, 44, 10, tzinfo=UTC)
            assert now[dated.id].exif["timeZone"] == "UTC+2"
            assert now[dated_far.id].exif["latitude"] == pytest.approx(KYOTO[0], abs=1e-6)
            assert now[dated_far.id].local_at == datetime(2023, 7, 2, 17, 44, 10, tzinfo=UTC)
        for group in report.groups:
            assert all(now[gone.asset_id].trashed for gone in group.gone)


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_a_location_that_would_move_the_clock_is_not_written(dialect: str, tmp_path: Path) -> None:
    with empty(dialect) as server:
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich(place=None)), ("b.jpg", rich(place=KYOTO, size=9000))
        )
        before = server.library.assets[ours.id]
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert report.held == ()
        assert server.library.assets[theirs.id].trashed
        now = server.library.assets[ours.id]
        assert (now.local_at, now.exif.get("latitude")) == (before.local_at, None)
        (group,) = report.groups
        assert any(one.startswith("location: ") for one in group.lost)


@pytest.fixture
def unforeseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger takes no place for one in another zone."""
    monkeypatch.setattr(ledger_camera, "moves_clock", lambda *_: False)


@pytest.mark.usefixtures("unforeseen")
@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_a_location_that_moves_the_clock_holds_the_group_back_and_the_clock_is_put_right(
    dialect: str, tmp_path: Path
) -> None:
    with empty(dialect) as server:
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich(place=None)), ("b.jpg", rich(place=KYOTO, size=9000))
        )
        local = server.library.assets[ours.id].local_at
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job(confirm_s=0.6)).run()
        (held,) = report.held
        assert held.reason.startswith(
            "What was carried did not stay: writing the location moved its local time from 2023-07-02 17:44"
            " to 2023-07-03 00:44. a.jpg keeps the place, as no call takes one off. Its clock was put right"
            " again: it shows 2023-07-02 17:44, in the zone Asia/Tokyo."
        )
        assert ("An undo with grafting on" in held.reason) == (dialect != "1.135")
        assert held.reason.endswith(".")
        assert server.jobs.wait_quiet()
        assert server.library.assets[ours.id].local_at == local
        assert not server.library.assets[theirs.id].trashed
        assert server.requests.count("DELETE", "/api/assets") == 0

        # A resume neither writes it again nor takes it for well.
        writes = server.requests.count("PUT", "/api/assets")
        async with reopened(server, tmp_path) as bench:
            again = await (await taken_up(bench, confirm_s=0.6)).run()
        assert "put right again" in again.held[0].reason
        assert server.requests.count("PUT", "/api/assets") == writes
        assert server.library.assets[ours.id].local_at == local


@pytest.mark.usefixtures("unforeseen")
@pytest.mark.parametrize("graft", [False, True], ids=["without", "with grafting"])
async def test_a_clock_that_was_put_right_is_right_behind_an_undo(graft: bool, tmp_path: Path) -> None:
    with empty() as server:
        ours, _ = Shelf(server).group(("a.jpg", rich(place=None)), ("b.jpg", rich(place=KYOTO, size=9000)))
        before = Truth.of(server)
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job(confirm_s=0.6)
            await job.run()
        async with reopened(server, tmp_path, graft=graft) as bench:
            (group,) = (await (await bench.undo(job.id)).run()).groups
        assert group.problems == ()
        difference = before.difference(Truth.of(server))
        changed = {field for asset_id, field in difference if asset_id == ours.id}
        assert "local time" not in changed
        if graft:
            assert not changed
        else:
            assert changed > {"latitude", "longitude"}
            assert any("location stays" in one for one in group.stuck)


@pytest.mark.usefixtures("unforeseen")
@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_an_undo_puts_a_clock_right_that_a_run_did_not_come_to(
    dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(*_: object) -> str:
        return ""

    with empty(dialect) as server:
        ours, _ = Shelf(server).group(("a.jpg", rich(place=None)), ("b.jpg", rich(place=KYOTO, size=9000)))
        local = server.library.assets[ours.id].local_at
        monkeypatch.setattr(clock, "put_right", cut_off)
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job(confirm_s=0.4)
            await job.run()
            assert server.library.assets[ours.id].local_at != local
            (group,) = (await (await bench.undo(job.id)).run()).groups
        assert group.problems == ()
        assert server.jobs.wait_quiet()
        assert server.library.assets[ours.id].local_at == local


async def test_extraction_that_overwrites_holds_the_group_back(tmp_path: Path) -> None:
    """A library that is mounted read-only, though nothing in the API says so."""
    with empty() as server:
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich()), ("b.jpg", rich(size=9000, description="At the lake", rating=4))
        )
        ours.read_only = True
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job(confirm_s=0.4)).run()
        (held,) = report.held
        assert "did not stay" in held.reason
        assert "description" in held.reason
        assert not server.library.assets[theirs.id].trashed


async def test_an_extraction_that_comes_long_after_values_settled_is_waited_for(tmp_path: Path) -> None:
    """A photo whose sidecar cannot be written shows what was carried until the extraction takes it away."""
    with empty(jobs_delay=1.2) as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, rating=4)))
        kept, gone = Shelf(server).group(("c.jpg", rich()), ("d.jpg", rich(size=9000, rating=4)))
        ours.read_only = True
        async with decided(server, tmp_path, ours, kept) as bench:
            report = await (await bench.job(settle_s=0.05, confirm_s=3.0)).run()
        (held,) = report.held
        assert held.reason == "What was carried did not stay: the rating is not the one that was written."
        assert not server.library.assets[theirs.id].trashed
        assert server.library.assets[kept.id].exif["rating"] == 4
        assert server.library.assets[gone.id].trashed


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
async def test_a_queue_that_stands_still_holds_the_group_back_until_it_moves(
    lost: bool, tmp_path: Path
) -> None:
    with empty(jobs_delay=2.0) as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, rating=4)))
        if lost:
            server.faults.add(dropped_after(), method="PUT", path=f"/api/assets/{ours.id}$")
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job(settle_s=0.05, confirm_s=0.3)
            report = await job.run()
            (held,) = report.held
            assert held.reason.startswith("The server has not worked through what was carried to a.jpg yet")
            assert not server.library.assets[theirs.id].trashed
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            again = await (await bench.resumed(job.id, settle_s=0.05, confirm_s=0.3)).run()
        assert (again.state, again.held, again.trashed) == (Status.DONE, (), 1)
        written = [one for one in server.requests if one.method == "PUT" and one.path.endswith(ours.id)]
        assert len(written) == 1


async def test_what_is_overwritten_after_it_was_confirmed_is_noticed_before_the_delete(
    tmp_path: Path,
) -> None:
    with empty(jobs_delay=0.02) as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, rating=4)))
        server.faults.add(
            run_after(lambda: server.library.edit(ours.id, rating=None)), path=f"{theirs.id}/original"
        )
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job(settle_s=0.05)
            report = await job.run()
            (held,) = report.held
            assert held.reason == "a.jpg changed after its metadata was carried."
            assert not server.library.assets[theirs.id].trashed

            server.jobs.delay = 0.02
            again = await (await bench.resumed(job.id)).run()
        assert again.held == ()
        assert server.library.assets[ours.id].exif["rating"] == 4
        assert server.library.assets[theirs.id].trashed


@pytest.mark.parametrize("dialect", ["2.7", "3"])
async def test_a_winner_in_an_external_library_takes_no_exif_and_says_so(
    dialect: str, tmp_path: Path
) -> None:
    with empty(dialect) as server:
        shelf = Shelf(server)
        ours, theirs = shelf.group(
            ("a.jpg", rich(external=True)),
            ("b.jpg", rich(size=9000, rating=4, favorite=True, albums=("Summer",))),
        )
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        (group,) = report.groups
        assert group.outcome == "done", group.reason
        assert any(line.startswith("rating") for line in group.lost)
        assert server.library.assets[ours.id].favorite
        assert shelf.album("Summer").asset_ids == [theirs.id, ours.id]
        assert "rating" not in server.library.assets[ours.id].exif


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_the_album_of_an_archived_photo_is_carried(dialect: str, tmp_path: Path) -> None:
    """A search of an album leaves archived photos out unless it asks for them."""
    with empty(dialect) as server:
        shelf = Shelf(server)
        ours, theirs = shelf.group(("a.jpg", rich()), ("b.jpg", rich(size=9000, albums=("Summer",))))
        theirs.visibility = "archive"
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert of(report, ours).outcome == "done"
        assert shelf.album("Summer").asset_ids == [theirs.id, ours.id]
        assert theirs.trashed


async def test_a_resumed_carry_writes_only_what_is_missing_and_keeps_the_first_prior_values(
    tmp_path: Path,
) -> None:
    """The process dies between two writes of one group: the values are there, the outcome is not."""
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = shelf.group(
            ("a.jpg", rich(description="before")),
            ("b.jpg", rich(size=9000, description="after", albums=("Summer",), tags=("Dog",))),
        )
        album = shelf.album("Summer")
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            # The key dies with the first write: the run stops where a crash would stop it.
            keys = list(server.library.keys)
            server.faults.add(
                run_after(lambda: server.revoke(server.key)), method="PUT", path=f"/assets/{ours.id}"
            )
            report = await job.run()
            assert report.state == Status.PAUSED
            assert report.held == ()
            assert server.library.assets[ours.id].exif["description"] == "before\nafter"
            assert server.library.assets[ours.id].tag_ids == []
            assert await bench.journal.latest(job.id, "held") == {}
        server.library.keys[:] = keys
        server.faults.clear()
        assert server.jobs.wait_quiet()
        async with reopened(server, tmp_path) as bench:
            again = await (await bench.resumed(job.id)).run()
            intents = [
                entry.data async for entry in bench.journal.entries(job.id, CARRY) if entry.state == "intent"
            ]
        assert again.held == ()
        assert server.requests.count("PUT", f"/api/assets/{ours.id}") == 1
        assert server.requests.count("PUT", f"/api/albums/{album.id}/assets") == 1
        assert server.library.assets[ours.id].exif["description"] == "before\nafter"
        assert {line.split(":")[0] for line in of(again, ours).carried} == {
            "description",
            "tag",
            "album",
            "album cover",
        }
        assert intents
        for data in intents:
            prior = data["prior"]
            assert isinstance(prior, dict)
            assert prior["exif"]["description"] == "before"
            assert data["albums"] == []
        assert server.library.assets[theirs.id].trashed


async def test_an_edit_by_someone_else_in_the_middle_is_not_written_over(tmp_path: Path) -> None:
    with empty() as server:
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich(description="before")), ("b.jpg", rich(size=9000, description="after"))
        )

        def meanwhile() -> None:
            server.library.edit(ours.id, description="mine")

        async with decided(server, tmp_path, ours) as bench:
            server.faults.add(run(meanwhile), method="GET", path=f"/assets/{ours.id}$")
            report = await (await bench.job()).run()
        (held,) = report.held
        assert held.reason == "a.jpg was changed by someone else while this run was at work: description."
        assert server.library.assets[ours.id].exif["description"] == "mine"
        assert not server.library.assets[theirs.id].trashed
        assert server.requests.count("PUT", "/api/assets") == 0


@pytest.mark.parametrize(
    ("path", "theirs"),
    [
        ("/api/assets/", rich(size=9000, rating=4)),
        ("/api/tags/assets", rich(size=9000, tags=("Dog",))),
        ("/api/albums/.*/assets", rich(size=9000, albums=("Summer",))),
    ],
)
async def test_a_lost_answer_is_looked_up_and_not_repeated(path: str, theirs: Told, tmp_path: Path) -> None:
    with empty() as server:
        ours, loser = Shelf(server).group(("a.jpg", rich()), ("b.jpg", theirs))
        fault = server.faults.add(dropped_after(), method="PUT", path=path)
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert fault.met == 1
        assert (report.groups_done, report.groups_held) == (1, 0), report.held
        assert server.library.assets[loser.id].trashed
        assert sum(r.method == "PUT" and r.status in {0, 200} for r in server.requests) == 1


async def test_a_permission_that_is_missing_holds_back_only_what_needs_it(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        tagged, _ = shelf.group(("a.jpg", rich()), ("b.jpg", rich(size=9000, tags=("Dog",))))
        plain, copy = shelf.group(("c.jpg", rich()), ("d.jpg", rich(size=9000, rating=4)))
        server.faults.add(forbidden("tag.asset"), method="PUT", path="/api/tags/assets", times=None)
        async with decided(server, tmp_path, tagged, plain) as bench:
            report = await (await bench.job()).run()
        (held,) = report.held
        assert held.kept == (tagged.name,)
        assert "tag.asset" in held.reason
        assert server.library.assets[copy.id].trashed


async def test_an_album_that_takes_nothing_from_us_holds_the_group_back(tmp_path: Path) -> None:
    """The photo is in the album of somebody who shows it to us but lets us add nothing."""
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = shelf.group(("a.jpg", rich()), ("b.jpg", rich(size=9000, albums=("Garden",))))
        album = shelf.album("Garden")
        other = next(user for user in server.library.users if user != album.owner_id)
        album.users, album.owner_id = {album.owner_id: "viewer"}, other
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        (held,) = report.held
        assert "metadata could not be carried" in held.reason
        assert not server.library.assets[theirs.id].trashed

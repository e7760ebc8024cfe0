"""Grafting by an XMP sidecar: what no call writes arrives, and nothing of the winner's own is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from immich_tui.demo.dialect import DIALECTS as DIALECTS_OF_THE_DEMO
from immich_tui.demo.dialect import Dialect
from immich_tui.demo.faults import Action, dropped_after, dropped_before, forbidden
from immich_tui.demo.jobs import extract
from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.execution.graft.carrier import NAME
from immich_tui.execution.graft.xmp import sidecar
from immich_tui.execution.verify.job import VerifyJob
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.upload import Upload
from immich_tui.immich.wire import Connection
from immich_tui.jobs.progress import Status
from immich_tui.verdict.model import Fate
from tests.shelf import BERLIN, CAMERA, EXPOSURE, KYOTO, Shelf, rich
from tests.workbench import Workbench, workbench

DIALECTS = ["2.7", "3"]


@asynccontextmanager
async def decided(
    server: DemoServer, folder: Path, *winners: Asset, graft: bool = True
) -> AsyncIterator[Workbench]:
    async with workbench(server, folder, graft=graft) as bench:
        for winner in winners:
            assert winner.duplicate_id
            await bench.session.choose_winner(winner.duplicate_id, winner.id)
        yield bench


def empty(dialect: str = "3", jobs_delay: float = 0.03) -> DemoServer:
    return DemoServer("empty", dialect=dialect, jobs_delay=jobs_delay)


def carriers(server: DemoServer) -> list[Asset]:
    """Carriers that are on the server now."""
    found = (server.library.find(asset_id) for asset_id in server.library.assets)
    return [asset for asset in found if asset is not None and asset.name.startswith(NAME)]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_everything_that_no_call_writes_arrives(dialect: str, tmp_path: Path) -> None:
    with empty(dialect) as server:
        shelf = Shelf(server)
        bare, _ = shelf.group(
            (
                "a.jpg",
                rich(size=40_000, camera=None, place=None, description="mine", rating=4, tags=("Dog",)),
            ),
            ("b.jpg", rich(place=KYOTO, albums=("Summer",), description="theirs")),
        )
        undated, _ = shelf.group(("c.jpg", {"size": 40_000}), ("d.jpg", rich()))
        async with decided(server, tmp_path, bare, undated) as bench:
            report = await (await bench.job()).run()
        assert report.state == Status.DONE, report.reason
        assert report.held == ()
        assert server.jobs.wait_quiet()
        now = server.library.assets[bare.id]
        assert {name: now.exif[name] for name in CAMERA | EXPOSURE} == CAMERA | EXPOSURE
        assert now.exif["latitude"] == pytest.approx(KYOTO[0], abs=1e-6)
        assert now.exif["timeZone"] == "UTC+2"
        assert now.local_at == datetime(2023, 7, 2, 17, 44, 10, tzinfo=UTC)
        assert now.exif["description"] == "mine\ntheirs"
        assert now.exif["rating"] == 4
        assert shelf.tag_names(bare.id) == {"Dog"}
        assert (now.width, now.height) == (1600, 1200)
        then = server.library.assets[undated.id]
        assert then.exif["timeZone"] == "UTC+2"
        assert then.exif["latitude"] == pytest.approx(BERLIN[0], abs=1e-6)
        assert then.local_at == datetime(2023, 7, 2, 17, 44, 10, tzinfo=UTC)
        assert carriers(server) == []
        (one, two) = report.groups
        assert {line.split(":")[0] for line in one.grafted} == {"location", "camera", "lens", "exposure"}
        assert {line.split(":")[0] for line in two.grafted} == {
            "location",
            "capture time",
            "camera",
            "lens",
            "exposure",
        }


async def bare_pair(server: DemoServer, **changes: object) -> tuple[Asset, Asset]:
    """A winner that lacks camera, lens and exposure, and the loser that has them."""
    ours, theirs = Shelf(server).group(
        ("a.jpg", rich(**{"size": 40_000, "camera": None, **changes})), ("b.jpg", rich(size=9000))
    )
    return ours, theirs


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_was_edited_in_immich_is_there_afterwards(dialect: str, tmp_path: Path) -> None:
    """The copy takes all of it away, so it is written again: behind the copy, never before."""
    with empty(dialect) as server:
        ours, theirs = await bare_pair(server, place=None, tags=("Dog",))
        theirs.exif.pop("latitude")
        theirs.exif.pop("longitude")
        edits = {"description": "mine", "rating": 5, "latitude": KYOTO[0], "longitude": KYOTO[1]}
        async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
            await client.update_asset(ours.id, edits)
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            before = await client.asset(ours.id)
            async with decided(server, tmp_path, ours) as bench:
                report = await (await bench.job()).run()
            assert report.held == ()
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            after = await client.asset(ours.id)
        kept = before.known_exif.model_dump()
        now = after.known_exif.model_dump()
        gained = ("make", "model", "lens_model", "f_number", "focal_length", "iso", "exposure_time")
        assert {name: now[name] for name in kept if name not in gained} == {
            name: kept[name] for name in kept if name not in gained
        }
        assert after.local_date_time == before.local_date_time
        assert after.tags == before.tags
        writes = [(one.method, one.path) for one in server.requests if one.method in ("PUT", "DELETE")]
        copied = writes.index(("PUT", "/api/assets/copy"))
        # The first update is the edit of this test.
        assert writes.index(("PUT", f"/api/assets/{ours.id}"), 1) > copied


async def test_a_photo_that_does_not_read_its_sidecar_in_time_holds_the_group_back(tmp_path: Path) -> None:
    with empty(jobs_delay=30.0) as server:
        ours, theirs = await bare_pair(server)
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job(confirm_s=0.3)
            report = await job.run()
            (held,) = report.held
            assert held.reason == "The server did not read what was grafted to a.jpg in time."
            assert not server.library.assets[theirs.id].trashed
            assert carriers(server) == [] or server.jobs.waiting
            server.jobs.delay = 0.02
            again = await (await bench.resumed(job.id)).run()
        assert again.held == ()
        assert server.library.assets[ours.id].exif["make"] == "Canon"
        assert server.library.assets[theirs.id].trashed


async def test_a_value_of_its_own_that_does_not_come_back_holds_the_group_back(tmp_path: Path) -> None:
    """The lens stood in a sidecar of the person's own, which no version below 3.2 shows."""
    with empty() as server:
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich(size=40_000, camera=None)), ("b.jpg", rich(size=9000))
        )
        ours.sidecar["lensModel"] = ours.exif["lensModel"] = "a lens of mine"
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job(confirm_s=0.5)).run()
        (held,) = report.held
        assert held.reason == (
            "What was carried did not stay: its own lens, a lens of mine, is not there any more."
        )
        assert not server.library.assets[theirs.id].trashed
        assert server.requests.count("DELETE", "/api/assets") == 1, "only the carrier"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/assets$"), ("PUT", "/api/assets/copy"), ("DELETE", "/api/assets")]
)
@pytest.mark.parametrize("dropped", [dropped_after, dropped_before])
async def test_a_call_that_breaks_off_does_not_hurt(
    method: str, path: str, dropped: Callable[[], Action], tmp_path: Path
) -> None:
    with empty() as server:
        ours, theirs = await bare_pair(server)
        fault = server.faults.add(dropped(), method=method, path=path)
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert fault.met == 1
        assert report.held == ()
        assert server.jobs.wait_quiet()
        assert server.library.assets[ours.id].exif["make"] == "Canon"
        assert server.library.assets[theirs.id].trashed
        assert carriers(server) == []


async def test_a_copy_that_is_refused_holds_the_group_back_and_leaves_no_carrier(tmp_path: Path) -> None:
    with empty() as server:
        ours, theirs = await bare_pair(server)
        server.faults.add(forbidden("asset.copy"), method="PUT", path="/api/assets/copy", times=None)
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        (held,) = report.held
        assert "asset.copy" in held.reason
        assert server.jobs.wait_quiet()
        assert carriers(server) == []
        assert "make" not in server.library.assets[ours.id].exif
        assert not server.library.assets[theirs.id].trashed


async def test_a_carrier_that_cannot_be_deleted_is_told_and_removed_by_the_next_run(tmp_path: Path) -> None:
    with empty() as server:
        ours, theirs = await bare_pair(server)
        async with decided(server, tmp_path, ours) as bench:
            # The carrier's delete, and the second attempt at the end of the phase.
            server.faults.add(forbidden("asset.delete"), method="DELETE", path="/api/assets$", times=2)
            report = await (await bench.job()).run()
            assert report.held == ()
            assert server.library.assets[theirs.id].trashed
            (left,) = carriers(server)
            assert left.visibility == "hidden"
            other, _ = Shelf(server).pair(7)
            await bench.client.asset(other.id)
        folder = tmp_path / "session.db"
        assert folder.exists()
        async with decided(server, tmp_path, other) as bench:
            await (await bench.job()).run()
        assert server.jobs.wait_quiet()
        assert carriers(server) == []


def uploads_of(server: DemoServer) -> int:
    """Uploads, and not the questions about checksums whose path begins alike."""
    return sum((one.method, one.path) == ("POST", "/api/assets") for one in server.requests)


async def test_preflight_and_rehearsal_tell_every_call(tmp_path: Path) -> None:
    with empty() as server:
        ours, _ = await bare_pair(server)
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            found = await job.preflight()
            calls = {(call.method, call.path): call.count for call in found.calls}
            assert calls["POST", "/assets"] == calls["PUT", "/assets/copy"] == 1
            steps = [(step.method, step.path) for step in job.rehearse()]
            assert steps.index(("POST", "/assets")) < steps.index(("PUT", "/assets/copy"))
            assert uploads_of(server) == 0
            for key in server.library.keys:
                key.permissions = ("duplicate.read", "asset.read", "asset.download", "asset.update")
            checks = (await job.preflight()).checks
            problems = [check.sentence for check in checks if check.name == "Permissions"]
            assert problems == ["The API key lacks asset.copy, asset.delete, asset.upload."]


async def test_off_by_default(tmp_path: Path) -> None:
    with empty() as server:
        ours, _ = await bare_pair(server)
        async with decided(server, tmp_path, ours, graft=False) as bench:
            report = await (await bench.job()).run()
        assert report.groups[0].grafted == ()
        assert any(line.startswith("camera") for line in report.groups[0].lost)
        assert uploads_of(server) == 0


async def test_on_a_server_that_cannot_graft_nothing_is_and_the_ledger_says_why(tmp_path: Path) -> None:
    with empty("1.135") as server:
        ours, _ = await bare_pair(server)
        async with decided(server, tmp_path, ours) as bench:
            look = await bench.session.look(ours.duplicate_id or "")
            (lost,) = [entry for entry in look.ledger.with_fate(Fate.LOST) if entry.field == "camera"]
            assert lost.note == "Immich 1.135.3 cannot graft: it takes 2.2 or later."
            report = await (await bench.job()).run()
        assert report.groups[0].grafted == ()


async def test_verify_looks_whether_grafted_fields_are_still_there(tmp_path: Path) -> None:
    with empty() as server:
        ours, _ = await bare_pair(server)
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            await job.run()
            async with await VerifyJob.of_run(bench.journal, job.id, bench.client, rate=None) as verify:
                sound = await verify.run()
            assert sound.ok
            (told,) = [note for photo in sound.photos for note in photo.notes if note.startswith("Grafted")]
            assert told.startswith("Grafted to a.jpg, and still there: camera, ")
            assert "lens" in told
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            now = server.library.assets.touch(ours.id)
            now.sidecar = {}
            extract(now)
            async with await VerifyJob.of_run(bench.journal, job.id, bench.client, rate=None) as verify:
                found = await verify.run()
        faults = [fault for photo in found.photos for fault in photo.faults]
        assert "The lens that was grafted to a.jpg is not there any more." in faults
        assert "The camera that was grafted to a.jpg is not there any more." in faults


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_undo_takes_off_what_was_grafted(dialect: str, tmp_path: Path) -> None:
    with empty(dialect) as server:
        shelf = Shelf(server)
        bare, _ = shelf.group(
            (
                "a.jpg",
                rich(size=40_000, camera=None, place=None, description="mine", rating=4, tags=("Dog",)),
            ),
            ("b.jpg", rich(place=KYOTO, tags=("Cat",), description="theirs")),
        )
        undated, _ = shelf.group(("c.jpg", {"size": 40_000}), ("d.jpg", rich()))
        before = {one.id: (dict(one.exif), one.local_at, list(one.tag_ids)) for one in (bare, undated)}
        async with decided(server, tmp_path, bare, undated) as bench:
            job = await bench.job()
            report = await job.run()
            assert report.held == ()
            server.library.edit(undated.id, lensModel="a lens that I know")
            undo = await bench.undo(job.id)
            preview = await undo.preview()
            assert {line for group in preview.groups for line in group.revert} >= {
                "camera",
                "location",
                "lens",
            }
            assert not any(group.stuck for group in preview.groups)
            taken = await undo.run()
        assert taken.complete, taken
        assert server.jobs.wait_quiet()
        assert [one for group in taken.groups for one in group.stuck] == []
        now = server.library.assets
        exif, local, tags = before[bare.id]
        assert now[bare.id].exif == exif
        assert now[bare.id].local_at == local
        assert now[bare.id].tag_ids == tags
        exif, local, tags = before[undated.id]
        assert now[undated.id].exif == exif | {"lensModel": "a lens that I know"}
        assert now[undated.id].local_at == local
        assert carriers(server) == []


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> str:
    """A version that shows sidecars."""
    monkeypatch.setitem(DIALECTS_OF_THE_DEMO, "3.2", Dialect("3.2", (3, 2, 2)))
    return "3.2"


async def test_a_sidecar_that_can_be_read_is_added_to_and_given_back_by_undo(
    newer: str, tmp_path: Path
) -> None:
    own = b'<tiff:Software xmlns:tiff="http://ns.adobe.com/tiff/1.0/">an editor</tiff:Software>'
    end = b"</rdf:Description>"
    theirs = sidecar({"lensModel": "a lens of mine"}).replace(end, own + end)
    with empty(newer) as server:
        ours, loser = await bare_pair(server)
        async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
            now = datetime.now(UTC)
            upload = Upload(b"\x89PNG any", "any.png", now, now, visibility="hidden", sidecar=theirs)
            source = (await client.upload(upload)).id
            await client.copy_sidecar(source, ours.id)
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            before = dict(server.library.assets[ours.id].exif)
            async with decided(server, tmp_path, ours) as bench:
                job = await bench.job()
                report = await job.run()
                assert [group.reason for group in report.held] == []
                assert server.library.assets[loser.id].trashed
                merged = await client.sidecar(ours.id) or b""
                for part in (b"an editor", b"a lens of mine", b"Canon EOS R6"):
                    assert part in merged
                assert server.library.assets[ours.id].exif["lensModel"] == "a lens of mine"
                assert (await (await bench.undo(job.id)).run()).complete
                assert await asyncio.to_thread(server.jobs.wait_quiet)
                given_back = await client.sidecar(ours.id) or b""
            assert b"an editor" in given_back
            assert b"EOS" not in given_back
            assert server.library.assets[ours.id].exif == before


async def test_a_sidecar_that_is_none_holds_the_group_back(newer: str, tmp_path: Path) -> None:
    with empty(newer) as server:
        ours, loser = await bare_pair(server)
        ours.sidecar_file = b"this is no XML"
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        (held,) = report.held
        assert held.reason == "The XMP file of a.jpg could not be kept: It is not well-formed XML."
        assert not server.library.assets[loser.id].trashed
        assert uploads_of(server) == 0

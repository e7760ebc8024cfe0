"""Restore from a backup folder alone: photos that are gone come back with what they had."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from immich_tui.demo.faults import delayed, dropped_after, dropped_before, status
from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.folder import NoBackup, open_backup
from immich_tui.execution.report.report import Report
from immich_tui.execution.restore.job import JOURNAL, RestoreJob
from immich_tui.execution.restore.photo import Outcome
from immich_tui.execution.run import RunSettings
from immich_tui.execution.verify.job import VerifyJob
from immich_tui.immich.capabilities import probe
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from immich_tui.jobs.journal import Journal, JournalUnavailable
from immich_tui.jobs.progress import Status
from tests.shelf import KYOTO, Shelf, rich
from tests.workbench import SHORT, workbench


@pytest.fixture(params=["1.135", "2.7", "3"])
def server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    with DemoServer("empty", dialect=request.param, jobs_delay=0.02) as started:
        yield started


@pytest.fixture
def newest() -> Iterator[DemoServer]:
    with DemoServer("empty", dialect="3", jobs_delay=0.02) as started:
        yield started


async def resolved(server: DemoServer, folder: Path) -> Report:
    """Accept and carry out everything."""
    async with workbench(server, folder) as bench:
        await bench.accept_everything()
        report = await (await bench.job()).run()
    assert report.state == Status.DONE, report.reason
    return report


def purge(server: DemoServer, *ids: str) -> None:
    """As the nightly clean-up does it."""
    for asset_id in ids:
        server.library.purge(asset_id)


def uploads(server: DemoServer) -> int:
    """How many files were sent."""
    return sum(one.method == "POST" and one.path == "/api/assets" for one in list(server.requests))


@asynccontextmanager
async def restoring(
    server: DemoServer, folder: Path, assets: list[str] | None = None, journal: Journal | None = None
) -> AsyncIterator[RestoreJob]:
    """A restore that knows nothing but the folder and the server, unless it is given a journal."""
    async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
        settings = RunSettings(folder.parent, settle_s=0.15, confirm_s=5.0)
        capabilities = await probe(client)
        job = await RestoreJob.of(
            client,
            capabilities,
            folder,
            assets,
            journal=journal,
            settings=settings,
            rate=None,
            patience=SHORT,
        )
        async with job:
            yield job


async def test_a_photo_that_is_gone_comes_back_with_what_it_had(server: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(server)
    best, loser = shelf.group(
        ("best.jpg", rich(size=50_000)),
        (
            'näme "1".jpg',
            rich(
                place=KYOTO,
                offset="+09:00",
                size=40_000,
                description="by the lake",
                rating=4,
                favorite=True,
                tags=("Trip/Lake", "Dog"),
                albums=("Summer", "Gone later"),
                live=True,
            ),
        ),
    )
    exif, local, tags = dict(loser.exif), loser.local_at, shelf.tag_names(loser.id)
    video_id = loser.live_video_id
    assert video_id
    async with workbench(server, tmp_path) as bench:
        (row,) = bench.session.rows
        await bench.session.choose_winner(row.group_id, best.id)
        report = await (await bench.job()).run()
        assert report.trashed == 1, report.held
    folder = Path(report.backup_folder)
    data, video = server.library.bytes_of(loser.id), server.library.bytes_of(video_id)
    purge(server, loser.id)
    for link in [one for one in server.library.assets.values() if one.live_video_id == video_id]:
        server.library.edit(link.id, live_video_id=None)
    purge(server, video_id)
    gone = shelf.album("Gone later")
    del server.library.albums[gone.id]
    moved = tmp_path / "elsewhere" / "backup"
    shutil.copytree(folder, moved)

    async with restoring(server, moved) as job:
        preview = await job.preview()
        assert (preview.gone, preview.alive, preview.trashed, preview.refused) == (1, 0, 0, False)
        done = await job.run()
    assert (done.state, done.uploaded, done.failed) == (Status.DONE, 1, 0)
    (photo,) = done.photos
    assert photo.problems == ()
    assert server.jobs.wait_quiet()
    now = server.library.assets[photo.new_id]
    assert server.library.bytes_of(now.id) == data
    assert (now.name, now.favorite, now.visibility) == ('näme "1".jpg', True, "timeline")
    assert now.exif["description"] == "by the lake"
    assert now.exif["rating"] == 4
    assert [now.exif[name] for name in ("latitude", "longitude")] == pytest.approx(KYOTO, abs=1e-6)
    assert now.exif["dateTimeOriginal"] == exif["dateTimeOriginal"]
    assert now.local_at == local
    assert shelf.tag_names(now.id) == tags
    assert now.id in shelf.album("Summer").asset_ids
    assert shelf.album("Gone later").asset_ids == [now.id]
    assert now.live_video_id
    assert server.library.bytes_of(now.live_video_id) == video
    assert server.library.assets[now.live_video_id].visibility == "hidden"
    assert server.key not in Path(done.path).read_text()

    async with (
        ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client,
        await VerifyJob.of_folder(moved, client, rate=None, patience=SHORT) as verify,
    ):
        verified = await verify.run()
    assert verified.ok
    assert "on the server again" in verified.photos[0].notes[0]

    # A second time nothing is left to do, and what somebody changes meanwhile stays.
    server.library.edit(now.id, favorite=False)
    before = uploads(server)
    async with restoring(server, moved) as job:
        again = await job.run()
    assert (again.alive, again.uploaded, again.complete) == (1, 0, True)
    assert uploads(server) == before
    assert not server.library.assets[now.id].favorite


@pytest.mark.parametrize("undone_first", [False, True], ids=["restored, undone", "undone, restored"])
async def test_a_live_video_that_two_photos_had_is_hidden_again(
    server: DemoServer, tmp_path: Path, undone_first: bool
) -> None:
    """The run linked it to the kept photo, and the photo that it came from was deleted for good."""
    ours, theirs = Shelf(server).group(("best.jpg", rich(size=50_000)), ("a.jpg", rich(live=True)))
    video = theirs.live_video_id
    assert video
    async with workbench(server, tmp_path) as bench:
        (row,) = bench.session.rows
        await bench.session.choose_winner(row.group_id, ours.id)
        job = await bench.job()
        report = await job.run()
        purge(server, theirs.id)

        async def undone() -> None:
            await (await bench.undo(job.id)).run()
            assert server.library.assets[ours.id].live_video_id is None

        if undone_first:
            await undone()
            assert server.library.assets[video].visibility == "timeline", "else nobody would find it"
        async with restoring(server, Path(report.backup_folder)) as restore:
            (photo,) = (await restore.run()).photos
        if not undone_first:
            await undone()
    assert server.library.assets[photo.new_id].live_video_id == video
    assert server.library.assets[video].visibility == "hidden"


async def test_what_lies_in_the_trash_is_taken_out_and_what_lives_is_left(
    server: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(server)
    (_, trashed), (_, alive), (_, gone) = shelf.pair(1), shelf.pair(2), shelf.pair(3)
    report = await resolved(server, tmp_path)
    server.library.edit(alive.id, deleted_at=None)
    purge(server, gone.id)
    async with restoring(server, Path(report.backup_folder)) as job:
        preview = await job.preview()
        assert (preview.trashed, preview.alive, preview.gone) == (1, 1, 1)
        assert preview.bytes == len(server.library.bytes_of(gone.id))
        assert server.requests.count("POST", "/api/trash/restore/assets") == 0
        done = await job.run()
    assert (done.untrashed, done.alive, done.uploaded, done.complete) == (1, 1, 1, True)
    assert server.library.state(trashed.id) == "live"
    outcomes = {photo.asset_id: photo for photo in done.photos}
    assert outcomes[trashed.id].new_id == trashed.id
    assert server.library.bytes_of(outcomes[gone.id].new_id) == server.library.bytes_of(gone.id)
    assert server.requests.count("DELETE") == 1, "a restore deletes nothing"


async def test_bytes_that_lie_in_the_trash_under_another_id_are_taken_out_of_it(
    newest: DemoServer, tmp_path: Path
) -> None:
    """Somebody uploaded the same file and trashed it: the server would answer `duplicate`."""
    shelf = Shelf(newest)
    _, gone = shelf.pair()
    report = await resolved(newest, tmp_path)
    data = newest.library.bytes_of(gone.id)
    purge(newest, gone.id)
    other = shelf.put("other.jpg", None, **rich())
    newest.library.edit(other.id, checksum=hashlib.sha1(data).digest(), deleted_at=newest.library.now())
    async with restoring(newest, Path(report.backup_folder)) as job:
        done = await job.run()
    (photo,) = done.photos
    assert (photo.outcome, photo.new_id) == (Outcome.UNTRASHED, other.id)
    assert newest.library.state(other.id) == "live"


@pytest.mark.parametrize("harm", ["altered", "missing", "short"])
async def test_a_backup_that_is_not_whole_is_never_uploaded(
    newest: DemoServer, tmp_path: Path, harm: str
) -> None:
    shelf = Shelf(newest)
    (_, bad), (_, good) = shelf.pair(1), shelf.pair(2)
    report = await resolved(newest, tmp_path)
    purge(newest, bad.id, good.id)
    folder = Path(report.backup_folder)
    path = next(folder.glob(f"{bad.id}*"))
    content = path.read_bytes()
    path.unlink()
    if harm != "missing":
        path.write_bytes(content[:-1] + (b"" if harm == "short" else b"?"))
    async with restoring(newest, folder) as job:
        done = await job.run()
    assert (done.uploaded, done.failed, done.complete) == (1, 1, False)
    failed = next(photo for photo in done.photos if photo.outcome is Outcome.FAILED)
    assert failed.asset_id == bad.id
    assert failed.problems[0].startswith(f"The backup of {bad.name}")
    assert uploads(newest) == 1


@pytest.mark.parametrize("fault", [dropped_before, dropped_after, lambda: status(502), lambda: status(503)])
async def test_an_upload_whose_answer_is_lost_is_looked_up(
    newest: DemoServer, tmp_path: Path, fault: object
) -> None:
    shelf = Shelf(newest)
    _, gone = shelf.group(
        ("a.jpg", rich(size=50_000)), ("a-1.jpg", rich(place=None, tags=("Dog",), albums=("Summer",)))
    )
    report = await resolved(newest, tmp_path)
    purge(newest, gone.id)
    assert callable(fault)
    newest.faults.add(fault(), method="POST", path="/api/assets$", times=1)
    before = len(list(newest.library.assets))
    async with restoring(newest, Path(report.backup_folder)) as job:
        done = await job.run()
    assert (done.uploaded, done.complete) == (1, True), done.photos
    assert len(list(newest.library.assets)) == before + 1
    assert shelf.tag_names(done.photos[0].new_id) == {"Dog"}
    assert done.photos[0].new_id in shelf.album("Summer").asset_ids


async def test_a_restore_that_was_cut_off_goes_on_with_what_is_missing(
    newest: DemoServer, tmp_path: Path
) -> None:
    """The photo arrived, its values did not: the next restore gives it those and uploads nothing."""
    shelf = Shelf(newest)
    _, gone = shelf.group(("a.jpg", rich(size=50_000)), ("a-1.jpg", rich(place=None, tags=("Dog",))))
    report = await resolved(newest, tmp_path)
    purge(newest, gone.id)
    newest.faults.add(status(401), method="PUT", path="/api/tags$", times=None)
    folder = Path(report.backup_folder)
    async with restoring(newest, folder) as job:
        stopped = await job.run()
    assert stopped.state == Status.PAUSED
    newest.faults.clear()
    async with restoring(newest, folder) as job:
        done = await job.run()
    assert (done.state, done.uploaded, done.photos[0].problems) == (Status.DONE, 1, ())
    assert uploads(newest) == 1
    assert shelf.tag_names(done.photos[0].new_id) == {"Dog"}


@pytest.mark.parametrize(
    ("journal", "way"),
    [
        ("beside the backup", "moved"),
        ("beside the backup", "renamed"),
        ("beside the backup", "from another folder"),
        ("of the session", "moved"),
        ("of the session", "from another folder"),
    ],
)
async def test_a_restore_that_was_cut_off_is_known_again_wherever_its_folder_is(
    journal: str, way: str, newest: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(newest)
    _, gone = shelf.group(("a.jpg", rich(size=50_000)), ("a-1.jpg", rich(place=None, tags=("Dog",))))
    report = await resolved(newest, tmp_path)
    purge(newest, gone.id)
    folder = Path(report.backup_folder)
    async with AsyncExitStack() as opened:
        kept = None
        if journal == "of the session":
            kept = await opened.enter_async_context(await Journal.open(tmp_path / "kept.db"))
        newest.faults.add(status(401), method="PUT", path="/api/tags$", times=None)
        async with restoring(newest, folder, journal=kept) as job:
            assert (await job.run()).state == Status.PAUSED
        newest.faults.clear()
        match way:
            case "moved":
                (tmp_path / "another disk").mkdir()
                folder = folder.rename(tmp_path / "another disk" / folder.name)
            case "renamed":
                folder = folder.rename(folder.with_name("holidays"))
            case _:
                monkeypatch.chdir(folder.parent)
                folder = Path(folder.name)
        async with restoring(newest, folder, journal=kept) as job:
            done = await job.run()
    assert (done.state, done.uploaded, done.complete) == (Status.DONE, 1, True)
    assert uploads(newest) == 1
    assert shelf.tag_names(done.photos[0].new_id) == {"Dog"}


async def test_what_the_key_may_not_do_is_told_and_done_by_the_next_restore(
    newest: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(newest)
    copy = rich(place=None, tags=("Dog",), albums=("Summer",))
    _, gone = shelf.group(("a.jpg", rich(size=50_000)), ("a-1.jpg", copy))
    report = await resolved(newest, tmp_path)
    purge(newest, gone.id)
    folder, whole = Path(report.backup_folder), newest.key
    newest.key = newest.new_key(("asset.read", "asset.upload", "asset.delete", "asset.update", "user.read"))
    async with restoring(newest, folder) as job:
        assert any("tag.create" in check.sentence for check in (await job.preview()).checks)
        done = await job.run()
    assert (done.uploaded, done.complete) == (1, False)
    assert [word for word in ("tags", "Summer") if word not in " ".join(done.photos[0].problems)] == []
    newest.key = whole
    async with restoring(newest, folder) as job:
        done = await job.run()
    assert done.complete
    assert uploads(newest) == 1
    assert shelf.tag_names(done.photos[0].new_id) == {"Dog"}
    assert done.photos[0].new_id in shelf.album("Summer").asset_ids


@pytest.mark.parametrize("end", ["an album is refused", "cut off behind the write"])
async def test_what_was_typed_since_a_restore_is_not_overwritten_by_the_next(
    end: str, newest: DemoServer, tmp_path: Path
) -> None:
    """The first one gave the values back, and could not do something else."""
    shelf = Shelf(newest)
    _, gone = shelf.group(
        ("a.jpg", rich(size=50_000)), ("a-1.jpg", rich(place=None, rating=4, albums=("Summer",)))
    )
    gone.sidecar["description"] = gone.exif["description"] = "by the lake"
    report = await resolved(newest, tmp_path)
    purge(newest, gone.id)
    folder = Path(report.backup_folder)
    refused = status(403 if end == "an album is refused" else 401, message="Missing required permission: x")
    newest.faults.add(refused, method="PUT", path=r"/albums/.*/assets$", times=None)
    async with restoring(newest, folder) as job:
        first = await job.run()
    assert not first.complete
    (new_id,) = [one.id for one in newest.library.assets.values() if one.name == "a-1.jpg" and not one.purged]
    assert newest.jobs.wait_quiet()
    assert newest.library.assets[new_id].exif["description"] == "by the lake"
    newest.library.edit(new_id, description="in the mountains", rating=5)
    newest.faults.clear()
    async with restoring(newest, folder) as job:
        done = await job.run()
    assert done.complete
    assert new_id in shelf.album("Summer").asset_ids
    assert newest.jobs.wait_quiet()
    now = newest.library.assets[new_id].exif
    assert (now["description"], now["rating"]) == ("in the mountains", 5)


async def test_another_server_and_a_folder_that_cannot_be_written(newest: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(newest)
    shelf.group(
        ("a.jpg", rich(size=50_000)), ("a-1.jpg", rich(place=None, tags=("Dog",), albums=("Summer",)))
    )
    report = await resolved(newest, tmp_path)
    folder = Path(report.backup_folder)
    (folder / JOURNAL).mkdir()
    with DemoServer("empty", dialect="2.7", jobs_delay=0.02) as other:
        async with restoring(other, folder) as job:
            done = await job.run()
        assert (done.uploaded, done.complete) == (1, True)
        new_id = done.photos[0].new_id
        assert Shelf(other).tag_names(new_id) == {"Dog"}
        assert Shelf(other).album("Summer").asset_ids == [new_id]


async def test_only_what_is_asked_for(newest: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(newest)
    (_, one), (_, two) = shelf.pair(1), shelf.pair(2)
    report = await resolved(newest, tmp_path)
    async with restoring(newest, Path(report.backup_folder), [one.id]) as job:
        await job.run()
    assert (newest.library.state(one.id), newest.library.state(two.id)) == ("live", "trashed")
    with pytest.raises(KeyError):
        async with restoring(newest, Path(report.backup_folder), ["nobody"]):
            pass


def test_a_manifest_that_was_tampered_with_names_no_file_outside(tmp_path: Path) -> None:
    line = {
        "asset_id": "a",
        "original_name": "a.jpg",
        "file": "../secret",
        "size": 1,
        "sha1": "0" * 40,
        "server_checksum": None,
        "verdict": "verified",
        "role": "original",
        "group_id": "g",
        "survivor": "s",
        "asset": {"id": "a", "type": "IMAGE"},
    }
    lines = [line, line | {"file": "b.jpg", "asset_id": "b"}, line | {"file": "c", "asset": {"id": "c"}}]
    text = "\n".join(map(json.dumps, lines)) + "\nnot json\n"
    (tmp_path / "manifest.jsonl").write_text(text)
    (tmp_path / "stray.jpg").write_bytes(b"")
    backup = open_backup(tmp_path)
    assert [photo.id for photo in backup.photos] == ["b"]
    assert backup.unreadable == 3
    assert backup.unlisted == ("stray.jpg",)
    with pytest.raises(NoBackup, match="cannot be read as a backup"):
        open_backup(tmp_path / "nowhere")


async def test_who_was_on_a_photo_and_which_links_showed_it_is_told(
    newest: DemoServer, tmp_path: Path
) -> None:
    _, loser = Shelf(newest).group(
        ("best.jpg", rich(size=50_000)),
        ("b.jpg", rich(size=9000, people=("Ada", "Ben", ""), links=("beach",))),
    )
    report = await resolved(newest, tmp_path)
    purge(newest, loser.id)
    async with restoring(newest, Path(report.backup_folder)) as job:
        (photo,) = (await job.run()).photos
    assert photo.problems == ()
    assert photo.notes == (
        "Ada, Ben on it: Immich has to recognise them again.",
        "It was in a public link, and is in none now: the photo that was kept for it may be in its place.",
    )


async def test_two_restores_of_one_folder_do_not_run_side_by_side(newest: DemoServer, tmp_path: Path) -> None:
    """Also not when the second was planned, and showed what it would do, before the first began."""
    shelf = Shelf(newest)
    for number in range(3):
        shelf.pair(number)
    report = await resolved(newest, tmp_path)
    gone = [one.asset_id for group in report.groups for one in group.gone]
    purge(newest, *gone)
    before = len(newest.library.assets)
    folder = Path(report.backup_folder)
    newest.faults.add(delayed(0.3), method="POST", path="/api/assets$", times=None)
    async with restoring(newest, folder) as first, restoring(newest, folder) as second:
        await second.preview()
        running = asyncio.create_task(first.run())
        while not uploads(newest):
            await asyncio.sleep(0.005)
        with pytest.raises(JournalUnavailable, match="Another restore"):
            await second.run()
        assert (await running).complete
    newest.faults.clear()
    assert uploads(newest) == 3
    async with restoring(newest, folder) as third:
        assert (await third.run()).alive == 3
    assert len(newest.library.assets) == before + 3


async def test_a_restore_that_was_planned_before_another_ended_goes_on_from_there(
    newest: DemoServer, tmp_path: Path
) -> None:
    """What the other uploaded and could not finish is known, though it was not when this one was planned."""
    _, loser = Shelf(newest).group(
        ("A.jpg", rich(size=40_000)), ("A-1.jpg", rich(place=None, rating=3, tags=("Dog",)))
    )
    report = await resolved(newest, tmp_path)
    purge(newest, loser.id)
    folder = Path(report.backup_folder)
    async with restoring(newest, folder) as second:
        newest.faults.add(status(403), method="PUT", path="/api/tags/assets$", times=None)
        newest.faults.add(status(403), method="PUT", path="/api/tags$", times=None)
        async with restoring(newest, folder) as first:
            assert not (await first.run()).complete
        newest.faults.clear()
        done = await second.run()
    assert done.complete
    (photo,) = done.photos
    assert Shelf(newest).tag_names(photo.new_id) == {"Dog"}
    assert uploads(newest) == 1

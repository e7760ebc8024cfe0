"""Verify of a backup folder alone, after later runs: what went with one of them is told by its own folder."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from immich_tui.demo.faults import status
from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.manifest import Line
from immich_tui.execution.json_file import write_json
from immich_tui.execution.restore.job import RestoreJob
from immich_tui.execution.run import RunSettings
from immich_tui.execution.verify.beside import later_backups
from immich_tui.execution.verify.job import VerifyReport
from immich_tui.immich.capabilities import probe
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from tests.execution.test_verify import resolved, verified, verified_folder
from tests.shelf import Shelf, rich
from tests.workbench import SHORT, workbench


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer("empty", dialect="3", jobs_delay=0.02) as started:
        yield started


async def outdone(
    server: DemoServer, tmp_path: Path, kept: Asset, name: str, *, readable: bool = True, live: bool = False
) -> Path:
    """Upload a photo that is a better one still, and carry out that it stays: the folder of that run.

    Unless its file is `readable` the run backs up and then leaves everything alone.
    """
    better = Shelf(server).put(name, server.library.new_id(), **rich(size=90_000, live=live))
    server.library.edit(kept.id, duplicate_id=better.duplicate_id)
    if not readable:
        server.faults.add(status(404), path=f"{better.id}/original", times=None)
    async with workbench(server, tmp_path) as bench:
        await bench.session.choose_winner(better.duplicate_id or "", better.id)
        job = await bench.job()
        report = await job.run()
    return Path(report.backup_folder)


async def looked_at(server: DemoServer, tmp_path: Path, folder: Path) -> VerifyReport:
    async with workbench(server, tmp_path) as bench:
        return await verified_folder(folder, bench)


def told(report: VerifyReport, what: str) -> list[str]:
    return [sentence for photo in report.photos for sentence in getattr(photo, what)]


def named(server: DemoServer, name: str) -> Asset:
    return next(asset for asset in server.library.assets.values() if asset.name == name)


async def first_run(server: DemoServer, tmp_path: Path, **told: object) -> tuple[Asset, Path]:
    """A run that keeps one of two photos: that photo, and the folder of the run."""
    kept, _ = Shelf(server).group(
        ("IMG_1.jpg", rich(size=40_000, **told)), ("IMG_1-1.jpg", rich(size=20_000, place=None))
    )
    async with workbench(server, tmp_path) as bench:
        _, folder = await resolved(bench)
    return kept, folder


async def test_a_kept_photo_that_went_with_a_later_run_is_no_fault(
    server: DemoServer, tmp_path: Path
) -> None:
    kept, first = await first_run(server, tmp_path)
    second = await outdone(server, tmp_path, kept, "better.jpg")
    sentence = (
        f"IMG_1.jpg, kept in place of IMG_1-1.jpg, went with a later run; its backup is in {second.name}."
    )
    report = await looked_at(server, tmp_path, first)
    assert (report.ok, told(report, "faults")) == (True, [])
    assert told(report, "notes") == [sentence]
    assert (await looked_at(server, tmp_path, second)).ok
    server.library.purge(kept.id)
    report = await looked_at(server, tmp_path, first)
    assert (report.ok, told(report, "notes")) == (True, [sentence]), "it may leave the trash for good, too"


async def test_one_run_after_the_other_is_followed_to_the_photo_that_stays(
    server: DemoServer, tmp_path: Path
) -> None:
    kept, first = await first_run(server, tmp_path)
    await outdone(server, tmp_path, kept, "better.jpg")
    await outdone(server, tmp_path, named(server, "better.jpg"), "best.jpg", live=True)
    report = await looked_at(server, tmp_path, first)
    assert report.ok, told(report, "faults")
    server.library.trash([named(server, "best.jpg").id])
    report = await looked_at(server, tmp_path, first)
    assert told(report, "faults") == ["best.jpg, kept in place of IMG_1-1.jpg, is in the trash."]


@pytest.mark.parametrize("harm", ["altered", "missing", "short", "a link", "no line", "no video"])
async def test_only_a_backup_that_is_whole_excuses_a_kept_photo(
    server: DemoServer, tmp_path: Path, harm: str
) -> None:
    kept, first = await first_run(server, tmp_path, live=True)
    second = await outdone(server, tmp_path, kept, "better.jpg")
    assert (await looked_at(server, tmp_path, first)).ok
    wanted = kept.live_video_id or "" if harm == "no video" else kept.id
    path = next(second.glob(f"{wanted}*"))
    content = path.read_bytes()
    if harm == "no line":
        manifest = second / "manifest.jsonl"
        lines = manifest.read_text().splitlines(keepends=True)
        manifest.write_text("".join(line for line in lines if kept.id not in line[:60]))
    else:
        path.unlink()
    if harm in ("altered", "short"):
        path.write_bytes(content[:-1] + (b"" if harm == "short" else b"?"))
    if harm == "a link":
        elsewhere = tmp_path / "elsewhere.jpg"
        elsewhere.write_bytes(content)
        path.symlink_to(elsewhere)
    report = await looked_at(server, tmp_path, first)
    assert not report.ok
    faults = told(report, "faults")
    assert faults[0] == "IMG_1.jpg, kept in place of IMG_1-1.jpg, is in the trash."
    if harm != "no line":
        assert faults[1].startswith(f"In {second.name}: ")
        assert not any("went with a later run" in note for note in told(report, "notes"))


@pytest.mark.parametrize("before", ["left alone", "undone", "restored", "an earlier run", "no run"])
async def test_what_somebody_trashed_by_hand_stays_a_fault(
    server: DemoServer, tmp_path: Path, before: str
) -> None:
    """Also where another folder has a backup of it: not every backup is of a photo that went with its run."""
    kept, folder = await first_run(server, tmp_path)
    if before == "left alone":
        # Backups come before deletes.
        second = await outdone(server, tmp_path, kept, "better.jpg", readable=False)
        assert [path.name for path in second.glob(f"{kept.id}*")]
        assert not kept.trashed
    elif before != "no run":
        second = await outdone(server, tmp_path, kept, "better.jpg")
    if before == "undone":
        async with workbench(server, tmp_path) as bench:
            assert (await (await bench.undo(second.name)).run()).complete
    if before == "restored":
        await restored(server, second)
    if before == "an earlier run":
        server.library.edit(kept.id, deleted_at=None)
        second.rename(second.with_name("20200101T120000-abcdef"))
    assert (await looked_at(server, tmp_path, folder)).ok
    server.library.trash([kept.id])
    report = await looked_at(server, tmp_path, folder)
    assert told(report, "faults") == ["IMG_1.jpg, kept in place of IMG_1-1.jpg, is in the trash."]


async def test_a_kept_photo_that_was_uploaded_anew_from_a_later_backup_is_back(
    server: DemoServer, tmp_path: Path
) -> None:
    kept, first = await first_run(server, tmp_path)
    second = await outdone(server, tmp_path, kept, "better.jpg")
    server.library.purge(kept.id)
    await restored(server, second)
    report = await looked_at(server, tmp_path, first)
    (note,) = told(report, "notes")
    assert note.startswith("IMG_1.jpg, kept in place of IMG_1-1.jpg, is on the server again, as another")
    assert report.ok


async def restored(server: DemoServer, folder: Path) -> None:
    async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
        settings = RunSettings(folder.parent, settle_s=0.15, confirm_s=5.0)
        capabilities = await probe(client)
        job = await RestoreJob.of(client, capabilities, folder, settings=settings, rate=None, patience=SHORT)
        async with job:
            assert (await job.run()).complete


async def test_a_run_of_the_journal_knows_the_runs_of_another_machine_by_their_folders(
    server: DemoServer, tmp_path: Path
) -> None:
    kept, first = await first_run(server, tmp_path / "one")
    second = await outdone(server, tmp_path / "two", kept, "better.jpg")
    second.rename(first.with_name(second.name))
    async with workbench(server, tmp_path / "one") as bench:
        report = await verified(bench, first.name)
    assert report.ok, told(report, "faults")
    assert told(report, "notes") == [
        f"IMG_1.jpg, kept in place of IMG_1-1.jpg, went with a later run; its backup is in {second.name}.",
        "IMG_1.jpg was trashed by a later run, which kept better.jpg.",
    ]


def test_long_manifests_and_reports_beside_are_read_line_by_line(tmp_path: Path) -> None:
    root, since = tmp_path / "backups", "20251231T000000"
    for folder in (root / "20260101T000000-abcdef", root / "20260102T000000-abcdef"):
        folder.mkdir(parents=True)
        lines = (line_of(f"id-{number}") for number in range(6_000))
        (folder / "manifest.jsonl").write_text("".join(f"{json.dumps(asdict(line))}\n" for line in lines))
        groups = [{"group_id": "g", "members": [{"asset_id": f"id-{at}", "fate": "left"}]} for at in range(9)]
        groups += [{"group_id": "g", "restored": ["x" * 400], "outcome": "failed"}] * 6_000
        (folder / "report.json").write_text(
            "{\n" + ",\n".join(f"  {json.dumps(group)}" for group in groups) + "\n ]\n}\n"
        )
        write_json(folder / "undo-1.json", {"groups": groups})
    tracemalloc.start()
    try:
        found = later_backups(root / f"{since}-abcdef", {"id-5999": since, "id-3": since, "no": since})
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {one.backup.path.name for one in found.values()} == {"20260102T000000-abcdef"}
    assert {one.photo.id: one.went for one in found.values()} == {"id-5999": True, "id-3": False}
    assert most < 1_000_000


def line_of(asset_id: str) -> Line:
    asset = {"id": asset_id, "type": "IMAGE", "original_path": "/x" * 200}
    return Line(
        asset_id, "x.jpg", f"{asset_id}.jpg", 1, "ab" * 20, None, "verified", "original", "g", "s", asset
    )

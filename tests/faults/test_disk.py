"""Trouble on this side: full and read-only disks, hostile names, a second process."""

from __future__ import annotations

import errno
import os
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.report.report import write_report
from immich_tui.execution.resolve import KIND, ResolveJob
from immich_tui.execution.transfer.partfile import PartFile
from immich_tui.jobs.journal import Journal, JournalUnavailable
from immich_tui.jobs.progress import Status
from tests.faults.disk import fail
from tests.faults.invariants import Before
from tests.shelf import Shelf, rich
from tests.workbench import reopened, workbench

FILE = 200_000


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer("empty", jobs_delay=0.02) as server:
        yield server


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one mebibyte, where the machine lets us have one."""
    folder = tmp_path / "backups"
    folder.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(folder)], stderr=subprocess.DEVNULL
    )
    if not mounted:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_a_disk_that_fills_up_pauses_the_run(
    server: DemoServer, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the preflight saw as free is taken by someone else while the run goes on."""
    shelf = Shelf(server)
    for number in range(4):
        shelf.pair(number, size=FILE)
    before = Before.of(server)
    ballast = small_disk / "somebody else's file"
    original = PartFile._opened

    def grab(self: PartFile, truncate: int) -> int:
        if not ballast.exists():
            ballast.write_bytes(b"x" * (1_048_576 - FILE - FILE // 2))
        return original(self, truncate)

    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job()
        monkeypatch.setattr(PartFile, "_opened", grab)
        report = await job.run()
        monkeypatch.setattr(PartFile, "_opened", original)
        assert report.state == Status.PAUSED
        assert report.reason.startswith(f"The disk of {report.backup_folder} is full;")
        assert "KiB are still to be fetched" in report.reason
        assert report.held == ()
        assert server.requests.count("DELETE") == 0
        before.nothing_is_lost(tmp_path)
        fetched = {line.asset_id for line in read_manifest(Path(report.backup_folder) / "manifest.jsonl")}

        ballast.unlink()
        again = await (await bench.resumed(job.id)).run()
    assert (again.state, again.held, again.trashed) == (Status.DONE, (), 4)
    before.nothing_is_lost(tmp_path)
    for asset_id in fetched:
        assert server.requests.count("GET", f"{asset_id}/original") == 1


async def test_a_disk_that_is_full_beforehand_is_refused(
    server: DemoServer, small_disk: Path, tmp_path: Path
) -> None:
    shelf = Shelf(server)
    for number in range(4):
        shelf.pair(number, size=2 * FILE)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        found = await (await bench.job()).preflight()
        (problem,) = (check for check in found.checks if check.level == "problem")
        assert problem.name == "Backup folder"
        assert "free where" in problem.sentence


@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE])
@pytest.mark.parametrize("file", [".part", "manifest.jsonl"])
async def test_every_error_of_the_disk_pauses_and_can_be_resumed(
    kind: int, file: str, server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(server)
    for number in range(3):
        shelf.pair(number)
    before = Before.of(server)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job()
        with monkeypatch.context() as patched:
            fail(patched, kind, lambda name: name.endswith(file), "write", "writev")
            report = await job.run()
        assert report.state == Status.PAUSED
        assert report.backup_folder in report.reason
        assert report.held == ()
        assert report.trashed == 0
        before.nothing_is_lost(tmp_path)
        again = await (await bench.resumed(job.id)).run()
    assert (again.state, again.held, again.trashed) == (Status.DONE, (), 3)
    before.nothing_is_lost(tmp_path)
    assert not list(Path(again.backup_folder).glob("*.part"))


async def test_a_file_that_could_not_be_forced_to_disk_is_fetched_again(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed fsync the bytes may be gone although a second fsync succeeds."""
    _, loser = Shelf(server).pair()
    before = Before.of(server)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job()
        with monkeypatch.context() as patched:
            fail(patched, errno.EIO, lambda name: name.endswith(".part"), "fsync")
            report = await job.run()
        assert report.state == Status.PAUSED
        assert not list(Path(report.backup_folder).glob(f"{loser.id}*"))
        again = await (await bench.resumed(job.id)).run()
    assert again.trashed == 1
    assert server.requests.count("GET", f"{loser.id}/original") == 2
    before.nothing_is_lost(tmp_path)


async def test_a_report_that_cannot_be_written_hides_nothing(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(server).pair()

    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        monkeypatch.setattr("immich_tui.execution.report.files.write_report", full)
        job = await bench.job()
        report = await job.run()
    assert write_report is not full
    assert (report.state, report.trashed) == (Status.DONE, 1)
    assert "could not be written" in report.reason
    assert job.report_path is None


async def test_a_backup_folder_that_vanishes_pauses_the_run(server: DemoServer, tmp_path: Path) -> None:
    """A file stands where the folder was: a stick was pulled out, and something else took its place."""
    Shelf(server).pair()
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job()
        await job.preflight()
        (tmp_path / "backups").rmdir()
        (tmp_path / "backups").write_text("no folder")
        report = await job.run()
        assert report.state == Status.FAILED
        assert "cannot be written" in report.reason
        assert server.requests.count("DELETE") == 0
        (tmp_path / "backups").unlink()
        again = await (await bench.resumed(job.id)).run()
    assert (again.state, again.trashed) == (Status.DONE, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_backup_folder_that_is_read_only_is_refused(server: DemoServer, tmp_path: Path) -> None:
    Shelf(server).pair()
    (tmp_path / "backups").mkdir(mode=0o500)
    await _is_refused(server, tmp_path)


async def test_a_backup_folder_on_a_read_only_disk_is_refused(
    server: DemoServer, small_disk: Path, tmp_path: Path
) -> None:
    Shelf(server).pair()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    await _is_refused(server, tmp_path)


async def _is_refused(server: DemoServer, folder: Path) -> None:
    async with workbench(server, folder) as bench:
        await bench.accept_everything()
        job = await bench.job()
        found = await job.preflight()
        assert found.refused
        report = await job.run()
        assert report.state == Status.FAILED
        assert "cannot be written" in report.reason
        assert server.requests.count("DELETE") == 0
        assert server.requests.count("PUT") == 0


HOSTILE = [
    "../../etc/passwd.jpg",
    "/etc/shadow",
    "..",
    ".",
    "a/b\\c.jpg",
    "nul\0byte.jpg",
    "new\nline.jpg",
    "\x1b[31mred\x1b[0m\x07.jpg",
    "[red]markup[/red].jpg",
    "Ä" * 140 + ".jpg",
    "a" * 300 + ".jpeg",
    "CON",
    "aux.jpg",
    "trailing dots...",
    " spaces .jpg ",
    "Cafe\u0301.jpg",
    unicodedata.normalize("NFC", "Cafe\u0301.jpg"),
    "\u202egpj.exe",
    "🌋 Ausflug 👨‍👩‍👧‍👦.jpg",
    'IMG: 10*?<b>|"q".jpg',
    "manifest.jsonl",
    "report.json",
    "$(touch hacked).jpg",
    "-rf.jpg",
]


async def test_hostile_names_make_safe_files_and_are_kept_to_the_letter(
    server: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(server)
    losers = {}
    for name in HOSTILE:
        losers[shelf.group((name, rich()), (name, rich(size=9000, place=None)))[1].id] = name
    before = Before.of(server)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        report = await (await bench.job()).run()
    assert (report.state, report.held, report.trashed) == (Status.DONE, (), len(HOSTILE))
    before.nothing_is_lost(tmp_path)
    folder = Path(report.backup_folder)
    lines = list(read_manifest(folder / "manifest.jsonl"))
    assert {line.asset_id: line.original_name for line in lines} == losers
    for line in lines:
        assert (folder / line.file).parent == folder
        assert (folder / line.file).is_file()
        assert line.file.startswith(line.asset_id)
        assert line.file.isprintable()
        assert len(line.file.encode()) <= 200
    folded = {unicodedata.normalize("NFD", line.file).casefold() for line in lines}
    assert len(folded) == len(HOSTILE)
    assert {path.name for path in folder.iterdir()} == {line.file for line in lines} | {
        "manifest.jsonl",
        "report.json",
        "report.html",
        "report.csv",
    }
    assert {path.name for path in tmp_path.iterdir()} <= {
        "backups",
        *(path.name for path in tmp_path.glob("session.*")),
    }


async def test_everything_written_is_for_its_owner_only(server: DemoServer, tmp_path: Path) -> None:
    Shelf(server).pair()
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        report = await (await bench.job()).run()
    for path in Path(report.backup_folder).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert Path(report.backup_folder).stat().st_mode & 0o077 == 0


async def test_a_second_process_on_the_session_carries_nothing_out(
    server: DemoServer, tmp_path: Path
) -> None:
    Shelf(server).pair()
    async with workbench(server, tmp_path) as first:
        await first.accept_everything()
        job = await first.job()
        async with reopened(server, tmp_path) as second:
            assert second.session.read_only
            for start in (
                (await second.job()).run(),
                ResolveJob.resume(
                    "x", second.client, second.capabilities, second.session, second.journal, second.settings()
                ),
            ):
                with pytest.raises(JournalUnavailable) as refused:
                    await start
                assert "Another window is at work" in refused.value.sentence
            assert not [run for run in await second.journal.runs() if run.kind == KIND]
        report = await job.run()
    assert report.trashed == 1


async def test_a_backup_folder_inside_the_server_is_refused(server: DemoServer, tmp_path: Path) -> None:
    """What is written where Immich imports from would come back as new photos."""
    ours, theirs = Shelf(server).pair()
    for asset in (ours, theirs):
        asset.path = str(tmp_path / "backups" / "upload" / asset.name)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        found = await (await bench.job()).preflight()
    (problem,) = (check for check in found.checks if check.level == "problem")
    assert "where Immich keeps or imports" in problem.sentence


async def test_a_journal_that_cannot_be_written_pauses_the_run(server: DemoServer, tmp_path: Path) -> None:
    """Another program holds the database for longer than we wait."""
    Shelf(server).pair()
    before = Before.of(server)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job()
        real = Journal.intent

        async def locked(self: Journal, *_: object) -> None:
            raise JournalUnavailable("The journal is locked by another program; close it and resume.")

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Journal, "intent", locked)
            report = await job.run()
        assert Journal.intent is real
        assert report.state == Status.PAUSED
        assert "locked" in report.reason
        assert server.requests.count("PUT", "/api/assets/") == 0
        assert server.requests.count("DELETE") == 0
        again = await (await bench.resumed(job.id)).run()
    assert again.trashed == 1
    before.nothing_is_lost(tmp_path)

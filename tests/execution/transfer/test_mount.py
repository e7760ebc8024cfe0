"""Originals from a mapped folder: what is copied, what is refused, and runs that use it."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.transfer import mount
from immich_tui.execution.transfer.mount import FromMount, Mounts, MountTrouble, copy
from immich_tui.execution.transfer.partfile import part_of
from immich_tui.execution.transfer.settings import Transfer
from immich_tui.execution.transfer.wanted import Expected, Mismatch, Order, Rejected
from immich_tui.jobs.progress import Status
from immich_tui.jobs.slot import Slot
from tests.faults.invariants import Before, in_the_trash
from tests.shelf import Shelf
from tests.workbench import workbench

BYTES = bytes(range(256)) * 9000


def expected(data: bytes = BYTES) -> Expected:
    return Expected(len(data), hashlib.sha1(data, usedforsecurity=False).hexdigest())


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "mounted"
    (folder / "upload" / "ab").mkdir(parents=True)
    (folder / "upload" / "ab" / "one.jpg").write_bytes(BYTES)
    (tmp_path / "outside.jpg").write_bytes(BYTES)
    (tmp_path / "backup").mkdir()
    return folder


def mounts(folder: Path) -> Mounts:
    return Mounts({"/usr/src/app/upload": folder / "upload"})


def test_the_bytes_are_copied_and_compared(shelf: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup" / "one.jpg"
    received = copy(mounts(shelf), "/usr/src/app/upload/ab/one.jpg", target, expected())
    assert part_of(target).read_bytes() == BYTES
    assert (received.size, received.sha1) == (expected().size, expected().sha1)
    assert part_of(target).stat().st_mode & 0o777 == 0o600
    assert not target.exists()


@pytest.mark.parametrize("data", [BYTES[:-1], BYTES[:-1] + b"x"], ids=["shorter", "other bytes"])
def test_another_file_is_not_taken(shelf: Path, tmp_path: Path, data: bytes) -> None:
    (shelf / "upload" / "ab" / "one.jpg").write_bytes(data)
    target = tmp_path / "backup" / "one.jpg"
    with pytest.raises(Mismatch):
        copy(mounts(shelf), "/usr/src/app/upload/ab/one.jpg", target, expected())
    assert not list(target.parent.iterdir())


@pytest.mark.parametrize(
    "path",
    [
        "/usr/src/app/upload/../outside.jpg",
        "/usr/src/app/upload/ab/../../../outside.jpg",
        "/usr/src/app/upload",
        "/usr/src/app/upload/",
        "/usr/src/app/uploads/ab/one.jpg",
        "/etc/passwd",
        "usr/src/app/upload/ab/one.jpg",
        "/usr/src/app/upload/ab\0/one.jpg",
        "/usr/src/app/upload/ab",
        "/usr/src/app/upload/none.jpg",
        "/usr/src/app/upload/ab/one.jpg/more",
        "",
    ],
)
def test_no_path_leads_out(shelf: Path, path: str) -> None:
    with pytest.raises(MountTrouble), mounts(shelf).opened(path):
        pass


def test_links_are_not_followed(shelf: Path, tmp_path: Path) -> None:
    (shelf / "upload" / "link.jpg").symlink_to(shelf / "upload" / "ab" / "one.jpg")
    (shelf / "upload" / "aside").symlink_to(shelf / "upload" / "ab")
    for path in ("link.jpg", "aside/one.jpg"):
        with (
            pytest.raises(MountTrouble, match="symbolic link"),
            mounts(shelf).opened(f"/usr/src/app/upload/{path}"),
        ):
            pass


def test_what_the_person_mapped_may_be_a_link(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "easy").symlink_to(shelf / "upload")
    with Mounts({"/data": tmp_path / "easy"}).opened("/data/ab/one.jpg") as file:
        assert file.size == len(BYTES)


def test_a_pipe_does_not_keep_us_waiting(shelf: Path) -> None:
    os.mkfifo(shelf / "upload" / "pipe.jpg")
    with pytest.raises(MountTrouble, match="no file"), mounts(shelf).opened("/usr/src/app/upload/pipe.jpg"):
        pass


def test_the_longest_match_counts(tmp_path: Path) -> None:
    for name in ("all", "library"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.jpg").write_bytes(name.encode())
    both = Mounts({"/data": tmp_path / "all", "/data/library": tmp_path / "library"})
    with both.opened("/data/library/one.jpg") as file:
        assert file.size == len("library")


@given(
    st.lists(st.sampled_from(["..", ".", "ab", "", "one.jpg", "\0", "~", "aside", "link.jpg"]), max_size=7)
)
def test_whatever_the_path_it_stays_inside(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("in")
    (folder / "root" / "ab").mkdir(parents=True)
    (folder / "root" / "ab" / "one.jpg").write_bytes(b"inside")
    (folder / "one.jpg").write_bytes(b"outside, and longer")
    (folder / "root" / "link.jpg").symlink_to(folder / "one.jpg")
    (folder / "root" / "aside").symlink_to(folder)
    try:
        with Mounts({"/data": folder / "root"}).opened("/".join(["/data", *parts])) as file:
            assert file.size == len(b"inside")
    except MountTrouble:
        pass


def test_a_full_disk_is_the_backups_trouble(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(part: int, data: memoryview) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(mount, "_write", full)
    target = tmp_path / "backup" / "one.jpg"
    with pytest.raises(OSError, match="No space"):
        copy(mounts(shelf), "/usr/src/app/upload/ab/one.jpg", target, expected())
    assert not list(target.parent.iterdir())


def test_nothing_is_written_to_the_mount(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def watched(
        path: str | os.PathLike[str], flags: int, mode: int = 0o777, *, dir_fd: int | None = None
    ) -> int:
        if dir_fd is not None or str(path).startswith(str(shelf)):
            assert not flags & writing
        return opened(path, flags, mode, dir_fd=dir_fd)

    before = {path: path.stat().st_mtime_ns for path in shelf.rglob("*")}
    monkeypatch.setattr(os, "open", watched)
    copy(mounts(shelf), "/usr/src/app/upload/ab/one.jpg", tmp_path / "backup" / "one.jpg", expected())
    assert {path: path.stat().st_mtime_ns for path in shelf.rglob("*")} == before


# -- whole runs ----------------------------------------------------------------------------------------------

QUICK = Transfer(poll_s=0.05, grace_s=0.2, patience_s=1.0)


async def test_a_copy_that_is_given_up_stops_and_leaves_nothing(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, cancelled, write = threading.Event(), threading.Event(), mount._write

    def held_up(part: int, data: memoryview) -> None:
        begun.set()
        assert cancelled.wait(10)
        write(part, data)

    monkeypatch.setattr(mount, "_write", held_up)
    monkeypatch.setattr(mount, "TELL_EVERY", 1)
    target = tmp_path / "backup" / "one.jpg"
    order = Order("1", "one.jpg", "/usr/src/app/upload/ab/one.jpg", target, expected())
    way = FromMount(mounts(shelf))
    copying = asyncio.create_task(way.bring(order, Slot(1), lambda done, total: None))
    assert await asyncio.to_thread(begun.wait, 10)
    await way.cancel(order)
    cancelled.set()
    with pytest.raises(Rejected, match="cancelled"):
        await copying
    assert not list(target.parent.iterdir())
    assert (await way.bring(order, Slot(1), lambda done, total: None)).size == len(BYTES), (
        "later it may be had"
    )


def mounted(server: DemoServer, folder: Path) -> Path:
    """The server's upload folder as a NAS would show it."""
    folder.mkdir()
    for asset_id, asset in server.library.assets.items():
        if asset.path.startswith("/data/upload/"):
            (folder / Path(asset.path).name).write_bytes(server.library.bytes_of(asset_id))
    return folder


def transfer(folder: Path) -> Transfer:
    return replace(QUICK, path_map={"/data/upload": folder})


async def test_a_run_takes_what_is_mounted(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        Shelf(server).household()
        Shelf(server).group(("a.jpg", {"camera": True}), ("b.jpg", {"external": True, "size": 900}))
        before, folder = Before.of(server), mounted(server, tmp_path / "mounted")
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job(transfer=transfer(folder), trash_external=True)
            report = await job.run()
            assert (report.state, report.groups_held) == (Status.DONE, 0), report.held
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
        lines = list(read_manifest(Path(report.backup_folder) / "manifest.jsonl"))
        assert {line.way for line in lines if line.verdict == "verified"} == {"mount"}
        assert {line.way for line in lines if line.verdict == "weak"} == {"http"}, (
            "only the server itself counts"
        )
        originals = [one for one in server.requests if one.path.endswith("/original") and one.status == 200]
        assert len(originals) == 2
        assert report.bytes_by_way["mount"] == sum(line.size for line in lines if line.way == "mount")


async def test_another_file_at_the_path_is_rejected_and_fetched(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        losers = [shelf.pair(number)[1] for number in range(3)]
        before, folder = Before.of(server), mounted(server, tmp_path / "mounted")
        wrong = folder / Path(losers[0].path).name
        wrong.write_bytes(wrong.read_bytes()[:-1] + b"?")
        (folder / Path(losers[1].path).name).write_bytes(b"shorter")
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job(transfer=transfer(folder))
            report = await job.run()
            assert (report.state, report.groups_done) == (Status.DONE, 3)
            before.nothing_is_lost(tmp_path)
            ways = {item.order.asset_id: (item.downloader, bool(item.tried)) for item in job.orders()}
        assert ways == {
            losers[0].id: ("http", True),
            losers[1].id: ("http", False),
            losers[2].id: ("mount", False),
        }


async def test_a_mount_that_vanishes_in_the_middle_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        for number in range(12):
            shelf.pair(number)
        before, folder = Before.of(server), mounted(server, tmp_path / "mounted")
        copied = 0
        real = mount.copy

        def vanishing(*args: object) -> object:
            nonlocal copied
            copied += 1
            if copied == 4:
                shutil.rmtree(folder)
            return real(*args)  # type: ignore[arg-type]  # as it came

        monkeypatch.setattr(mount, "copy", vanishing)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job(transfer=transfer(folder))
            report = await job.run()
            assert (report.state, report.groups_done, report.groups_held) == (Status.DONE, 12, 0), report.held
            assert set(report.bytes_by_way) == {"mount", "http"}
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            assert not list(Path(report.backup_folder).glob("*.part*"))


async def test_a_mount_that_comes_back_is_used_again(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        loser = Shelf(server).pair()[1]
        folder = mounted(server, tmp_path / "mounted")
        folder.rename(tmp_path / "unplugged")
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            ways = Transfer({"/data/upload": folder}, http=False, poll_s=0.05, patience_s=20.0)
            job = await bench.job(transfer=ways)
            running = asyncio.create_task(job.run())
            async with asyncio.timeout(10):
                while not any(item.state == "no_downloader" for item in job.orders()):
                    await asyncio.sleep(0.01)
            assert not in_the_trash(server)
            (tmp_path / "unplugged").rename(folder)
            report = await running
            assert (report.state, report.groups_done) == (Status.DONE, 1)
            assert in_the_trash(server) == {loser.id}


async def test_a_backup_folder_inside_a_mapped_folder_is_refused(tmp_path: Path) -> None:
    with DemoServer("empty") as server:
        Shelf(server).pair()
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job(transfer=transfer(tmp_path))
            found = await job.preflight()
            assert found.refused
            assert "keeps or imports its photos" in " ".join(check.sentence for check in found.checks)

"""The database that is locked, damaged, gone or too new, clocks that jump, and two programs at once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from immich_tui.demo.faults import run_after
from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.restore.job import RestoreJob
from immich_tui.jobs import commit
from immich_tui.jobs.journal import Journal, JournalUnavailable
from immich_tui.jobs.progress import Status
from immich_tui.review.store import Store, StoreUnavailable
from tests.faults.invariants import Before
from tests.shelf import Shelf
from tests.workbench import SHORT, reopened, workbench

PAIRS = 3


def pairs(server: DemoServer) -> Before:
    shelf = Shelf(server)
    for number in range(PAIRS):
        shelf.pair(number)
    return Before.of(server)


async def test_l7_a_database_that_another_program_holds_pauses_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "BUSY_TIMEOUT_S", 0.2)
    with DemoServer("empty", jobs_delay=0.02) as server:
        before = pairs(server)
        held: list[sqlite3.Connection] = []

        def hold() -> None:
            other = sqlite3.connect(tmp_path / "session.db", check_same_thread=False, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            held.append(other)

        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job()
            server.faults.add(run_after(hold), method="GET", path="/original$")
            report = await job.run()
            assert report.state == Status.PAUSED, report
            assert "locked" in report.reason
            assert server.requests.count("DELETE") == 0
            before.nothing_is_lost(tmp_path)
            held[0].rollback()
            held[0].close()
            again = await (await bench.resumed(job.id)).run()
        assert (again.state, again.held, again.trashed) == (Status.DONE, (), PAIRS)
        before.nothing_is_lost(tmp_path)


REFUSED = "The session database refused that: attempt to write a readonly database."


async def test_l7_a_session_that_cannot_be_written_pauses_the_run(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        before = pairs(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            db = bench.session.store._db
            refuse = run_after(lambda: db.execute("PRAGMA query_only = ON"))
            server.faults.add(refuse, method="PUT", path="/api/assets$")
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.PAUSED
            assert report.reason.startswith(REFUSED)
            assert (report.groups_done, report.groups_unclosed) == (0, PAIRS)
            before.nothing_is_lost(tmp_path)
            db.execute("PRAGMA query_only = OFF")
            again = await (await bench.resumed(job.id)).run()
            assert (again.state, again.held, again.groups_done) == (Status.DONE, (), PAIRS)
            assert bench.session.decided() == ()
        before.nothing_is_lost(tmp_path)


async def test_l7_a_session_that_cannot_be_written_pauses_an_undo(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        before = pairs(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            run = (await (await bench.job()).run()).run
            db = bench.session.store._db
            refuse = run_after(lambda: db.execute("PRAGMA query_only = ON"))
            server.faults.add(refuse, path="/restore/assets$")
            stopped = await (await bench.undo(run)).run()
            assert stopped.state == Status.PAUSED
            assert stopped.reason.startswith(REFUSED)
            db.execute("PRAGMA query_only = OFF")
            again = await (await bench.undo_resumed(stopped.undo)).run()
            assert (again.state, again.undone) == (Status.DONE, PAIRS)
        before.nothing_is_lost(tmp_path)


@pytest.mark.parametrize("harm", ["garbage", "cut", "newer"])
async def test_l7_a_database_that_cannot_be_used_is_refused_and_the_backup_is_enough(
    harm: str, tmp_path: Path
) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        before = pairs(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            report = await (await bench.job()).run()
            assert report.trashed == PAIRS
        file = tmp_path / "session.db"
        if harm == "newer":
            with sqlite3.connect(file) as db:
                db.execute("UPDATE job_meta SET value = '99' WHERE name = 'version'")
                db.execute("PRAGMA user_version = 99")
            db.close()
        else:
            data = file.read_bytes()
            file.write_bytes(b"garbage " * 2_000 if harm == "garbage" else data[: len(data) // 3])
        kept = file.read_bytes()
        with pytest.raises((StoreUnavailable, JournalUnavailable)) as refused:
            async with reopened(server, tmp_path) as bench:
                await bench.resumed(report.run)
        assert str(refused.value).endswith(".")
        if harm == "newer":
            assert file.read_bytes() == kept, "what is not understood is left alone"
        before.nothing_is_lost(tmp_path)

        lost = [line.asset_id for line in read_manifest(Path(report.backup_folder) / "manifest.jsonl")]
        assert len(lost) == PAIRS
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        async with workbench(server, fresh) as bench:
            restore = await RestoreJob.of(
                bench.client,
                bench.capabilities,
                Path(report.backup_folder),
                settings=bench.settings(),
                rate=None,
                patience=SHORT,
            )
            async with restore:
                assert (await restore.run()).complete
        assert [server.library.state(one) for one in lost] == ["live"] * PAIRS


async def test_l7_without_its_write_ahead_log_nothing_is_done_twice(tmp_path: Path) -> None:
    """A copy of the database that was made without the log next to it knows less than was done."""
    with DemoServer("empty", jobs_delay=0.02) as server:
        before = pairs(server)
        copy = tmp_path / "copy"
        copy.mkdir()
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job(trash_batch=1)
            server.faults.add(
                run_after(lambda: shutil.copy(tmp_path / "session.db", copy / "session.db")),
                method="DELETE",
                path="/api/assets$",
            )
            await job.run()
        before.nothing_is_lost(tmp_path)
        shutil.copytree(tmp_path / "backups", copy / "backups")
        asked = server.requests.count("DELETE", "/api/assets")
        async with reopened(server, copy) as bench:
            for run in await bench.journal.runs():
                if run.kind == "resolve":
                    await (await bench.resumed(run.id)).run()
        assert server.requests.count("DELETE", "/api/assets") == asked
        before.nothing_is_lost(tmp_path)


@pytest.fixture
def share(tmp_path: Path) -> Iterator[Path]:
    """A folder that the system says is mounted over the network."""
    program = shutil.which("bindfs")
    if program is None:
        pytest.skip("bindfs is not installed")
    behind, share = tmp_path / "behind", tmp_path / "share"
    behind.mkdir()
    share.mkdir()
    mounted = subprocess.run(
        [program, "-o", "subtype=sshfs", behind, share], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield share
    finally:
        unmount = ["umount"] if os.getuid() == 0 else ["fusermount", "-u"]
        subprocess.run([*unmount, share], check=True)


def test_l7_a_database_on_a_network_file_system_is_refused(share: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"network file system \(fuse\.sshfs\)") as refused:
        Store.open(share / "immich-tui" / "session.db")
    assert "XDG_DATA_HOME" in str(refused.value)
    assert list(share.iterdir()) == [], "nothing is made there"


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(hours=-1)])
async def test_l8_clocks_that_jump_disturb_nothing(
    jump: timedelta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's clock and ours jump in the middle; waits and times left go by the monotonic clock."""
    with DemoServer("empty", jobs_delay=0.02) as server:
        before = pairs(server)
        real_now, real_time = server.library.now, time.time
        jumped: list[bool] = []

        def leap() -> None:
            if not jumped:
                jumped.append(True)
                monkeypatch.setattr(server.library, "now", lambda: real_now() + jump)
                monkeypatch.setattr(time, "time", lambda: real_time() + jump.total_seconds())

        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job(trash_batch=1)
            server.faults.add(run_after(leap), method="DELETE", path="/api/assets$")
            started = time.monotonic()
            report = await job.run()
            assert jumped
            assert time.monotonic() - started < 20
            snapshot = job.snapshot()
            assert snapshot is not None
            assert 0 <= snapshot.elapsed_s < 20
        assert (report.state, report.held, report.trashed) == (Status.DONE, (), PAIRS)
        before.nothing_is_lost(tmp_path)
        before.agrees_with(report)


async def test_l6_two_sessions_may_share_a_backup_folder(tmp_path: Path) -> None:
    """Two servers, one disk for the backups: every run has a folder of its own."""
    with DemoServer("empty", jobs_delay=0.02) as one, DemoServer("empty", jobs_delay=0.02, seed=2) as two:
        befores = [pairs(one), pairs(two)]
        folders = [tmp_path / "one", tmp_path / "two"]
        reports = []
        for server, folder in zip((one, two), folders, strict=True):
            folder.mkdir()
            async with workbench(server, folder) as bench:
                await bench.accept_everything()
                reports.append(await (await bench.job(backup_root=tmp_path / "backups")).run())
        assert [report.trashed for report in reports] == [PAIRS, PAIRS]
        assert len({report.backup_folder for report in reports}) == 2
        for before in befores:
            before.nothing_is_lost(tmp_path)


async def test_l6_a_lock_of_a_process_that_died_is_no_lock(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        pairs(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
        for name in ("session.db.lock", "session.lock"):
            (tmp_path / name).write_text("999999")
        async with reopened(server, tmp_path) as bench:
            assert not bench.session.read_only
            assert (await (await bench.job()).run()).trashed == PAIRS


def test_opening_does_not_hang_while_another_thread_writes(tmp_path: Path) -> None:
    """The journal and the decisions share a file; neither waits for ever for the other."""
    import asyncio

    path = tmp_path / "session.db"
    Store.open(path).close()
    other = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.rollback).start()

    async def begin() -> None:
        journal = await Journal.open(path)
        await journal.start_run("test")
        await journal.close()

    asyncio.run(asyncio.wait_for(begin(), 10))
    other.close()

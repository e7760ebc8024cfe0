"""Runs whose backups a real aria2 daemon fetches."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from immich_tui.demo.faults import Action, Exchange, flipped_bit, redirect, stall
from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.report.report import Report
from immich_tui.execution.resolve import KIND, ResolveJob
from immich_tui.execution.transfer import aria2 as module
from immich_tui.execution.transfer import aria2_rpc
from immich_tui.execution.transfer.aria2 import ByAria2
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.execution.transfer.settings import Transfer
from immich_tui.execution.transfer.wanted import Expected, Order, Rejected, State
from immich_tui.execution.verify.job import VerifyJob
from immich_tui.jobs.progress import Status
from immich_tui.jobs.slot import Slot
from tests.aria2_daemon import TOKEN, Daemon, aria2, needs_aria2
from tests.faults.invariants import Before, in_the_trash
from tests.shelf import Shelf
from tests.workbench import Workbench, reopened, workbench

pytestmark = needs_aria2

QUICK = Transfer(poll_s=0.05, grace_s=0.5, patience_s=1.0)


def by(daemon: Daemon, *, http: bool = True, **changes: object) -> Transfer:
    return replace(QUICK, aria2=daemon.setup(**{"shared": True, **changes}), http=http)


class Door:
    """Stands before the originals: counts who asks for them, and lets a fault happen to aria2 only."""

    def __init__(self, server: DemoServer, fault: Action | None = None) -> None:
        self.asked: Counter[str] = Counter()
        self._fault = fault
        server.faults.add(self._act, path="/original$", times=None)

    async def _act(self, exchange: Exchange) -> None:
        headers = dict(exchange.scope["headers"])
        who = headers.get(b"user-agent", b"").split(b"/")[0].decode()
        if b"range" in headers and headers[b"range"] == b"bytes=0-0":
            who += " looks"
        self.asked[who] += 1
        await (self._fault(exchange) if self._fault and who == "aria2" else exchange.serve())


async def active(daemon: Daemon) -> int:
    """How many files it fetches now."""
    files = await told(daemon, "tellActive")
    return len(files) if isinstance(files, list) else 0


async def told(daemon: Daemon, method: str, *params: object) -> object:
    async with httpx.AsyncClient() as client:
        asked = {
            "jsonrpc": "2.0",
            "id": "1",
            "method": f"aria2.{method}",
            "params": [f"token:{TOKEN}", *params],
        }
        return (await client.post(daemon.url, json=asked)).json().get("result")


async def statuses(daemon: Daemon) -> set[str]:
    waiting = await told(daemon, "tellWaiting", 0, 100)
    assert isinstance(waiting, list)
    return {one["status"] for one in waiting}


async def planned(bench: Workbench, transfer: Transfer) -> ResolveJob:
    await bench.accept_everything()
    job = await bench.job(transfer=transfer)
    assert not (await job.preflight()).refused
    return job


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


def files_of(job: ResolveJob, name: str = "aria2") -> Counter[State]:
    return Counter(
        {state: count for way in job.ways() if way.name == name for state, count in way.files.items()}
    )


def whole(report: Report, groups: int) -> None:
    assert (report.state, report.groups_done, report.groups_held) == (Status.DONE, groups, 0), report


def nothing_is_left(folder: Path) -> None:
    assert not [path.name for path in folder.iterdir() if ".part" in path.name or ".aria2" in path.name]


async def test_it_fetches_what_is_backed_up(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "backups") as daemon:
        Shelf(server).household()
        before, door = Before.of(server), Door(server)
        async with workbench(server, tmp_path) as bench:
            job = await planned(bench, by(daemon))
            report = await job.run()
            whole(report, 8)
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            losers = {line.asset_id for line in read_manifest(Path(report.backup_folder) / "manifest.jsonl")}
            assert door.asked["aria2"] == len(losers)
            assert not door.asked["immich-tui"]
            assert set(report.bytes_by_way) == {"aria2"}
            assert await told(daemon, "tellStopped", 0, 1000) == [], "results would show the key"
            nothing_is_left(Path(report.backup_folder))
            modes = {path.name: path.stat().st_mode & 0o777 for path in Path(report.backup_folder).iterdir()}
            assert set(modes.values()) == {0o600}, "aria2 lets others read what it writes"


async def test_what_lies_elsewhere_counts_by_the_persons_word(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "nas") as daemon:
        loser = Shelf(server).pair()[1]
        async with workbench(server, tmp_path) as bench:
            job = await planned(bench, by(daemon, http=False, shared=False, trusted=True))
            report = await job.run()
            whole(report, 1)
            (line,) = read_manifest(Path(report.backup_folder) / "manifest.jsonl")
            assert (line.verdict, line.way, line.checked_by) == ("remote", "aria2", "SHA-1 by aria2")
            there = daemon.folder / report.run / line.file
            assert line.elsewhere == f"aria2 at 127.0.0.1:{daemon.port}: {there}"
            assert there.read_bytes() == server.library.bytes_of(loser.id)
            assert not (Path(report.backup_folder) / line.file).exists()
            assert [gone.verification for group in report.groups for gone in group.gone] == ["remote"]
            async with await VerifyJob.of_run(bench.journal, report.run, bench.client, rate=None) as verify:
                found = await verify.run()
            assert found.ok, found.failed
            assert any("is not in this folder" in note for photo in found.photos for note in photo.notes)


async def test_what_lies_elsewhere_does_not_count_without_that_word(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "nas") as daemon:
        Shelf(server).pair()
        async with workbench(server, tmp_path) as bench:
            job = await planned(bench, by(daemon, http=False, shared=False))
            report = await job.run()
            assert report.groups_held == 1
            assert "trust_remote_backup" in report.held[0].reason
            assert not in_the_trash(server)
            assert not list(daemon.folder.iterdir())


async def test_the_word_must_hold_when_it_is_trashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "nas") as daemon:
        Shelf(server).pair()
        async with workbench(server, tmp_path) as bench:
            job = await planned(bench, by(daemon, shared=False, trusted=True))
            server.faults.add(lambda exchange: exchange.answer(401, [], b"{}"), path="/duplicates$", times=1)
            paused = await job.run()
            assert paused.state == Status.PAUSED
            resumed = await bench.resumed(job.id, transfer=replace(QUICK, http=False))
            report = await resumed.run()
            assert report.groups_held == 1
            assert not in_the_trash(server)


async def test_bytes_that_differ_do_not_count(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "backups") as daemon:
        Shelf(server).pair()
        before, door = Before.of(server), Door(server, flipped_bit(99))
        async with workbench(server, tmp_path) as bench:
            report = await (await planned(bench, by(daemon))).run()
            whole(report, 1)
            before.nothing_is_lost(tmp_path)
            assert set(report.bytes_by_way) == {"http"}
            assert (door.asked["aria2"], door.asked["immich-tui"]) == (2, 1)
            nothing_is_left(Path(report.backup_folder))


async def test_a_download_without_a_checksum_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPTS", 1)
    with DemoServer("empty") as server, aria2(tmp_path / "backups") as daemon:
        loser = Shelf(server).pair()[1]
        async with workbench(server, tmp_path) as bench:
            asset = await bench.client.asset(loser.id)
            target = tmp_path / "backups" / "run" / "photo.jpg"
            order = Order(asset.id, "photo.jpg", "", target, Expected(asset.size, sha1_of(asset.checksum)))
            way = ByAria2(daemon.setup(shared=True), bench.client, "run", "run")
            options = {"gid": way.gid(order, 1), "dir": str(target.parent), "out": "photo.jpg.aria2.part"}
            options["header"] = f"x-api-key: {server.key}"
            await told(daemon, "addUri", [f"{server.url}/api/assets/{asset.id}/original"], options)
            assert await way.submit([order]) == [""]
            waiting = asyncio.create_task(way.bring(order, Slot(1), lambda done, total: None))
            while not waiting.done():
                await way.look()
                await asyncio.sleep(0.02)
            with pytest.raises(Rejected, match="without comparing its checksum"):
                await waiting
            await way.close()


async def test_a_restart_in_the_middle_is_made_good(tmp_path: Path) -> None:
    with (
        DemoServer("empty", jobs_delay=0.02) as server,
        aria2(tmp_path / "backups", "--max-overall-download-limit=1M") as daemon,
    ):
        shelf = Shelf(server)
        for number in range(12):
            shelf.pair(number, size=250_000)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            job = await planned(bench, by(daemon, http=False))
            running = asyncio.create_task(job.run())
            await until(lambda: files_of(job)[State.COMPLETED] >= 2)
            daemon.kill()
            await until(lambda: any(way.away for way in job.ways()))
            daemon.start()
            report = await running
            whole(report, 12)
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            assert set(report.bytes_by_way) == {"aria2"}
            nothing_is_left(Path(report.backup_folder))


@pytest.mark.parametrize("fetched", [0, 1, 5, 11])
async def test_a_killed_process_takes_up_what_aria2_went_on_with(fetched: int, tmp_path: Path) -> None:
    with (
        DemoServer("empty", jobs_delay=0.02) as server,
        aria2(tmp_path / "backups", "--max-overall-download-limit=1M") as daemon,
    ):
        shelf = Shelf(server)
        for number in range(12):
            shelf.pair(number, size=250_000)
        before = Before.of(server)
        door = Door(server)
        command = [sys.executable, "-m", "tests.execution.transfer.aria2_child", server.url, server.key]
        child = subprocess.Popen([*command, str(tmp_path), daemon.url], stdout=subprocess.DEVNULL)
        try:
            await until(lambda: door.asked["aria2"] > fetched or child.poll() is not None)
            assert child.poll() is None, "the child was not caught in the act"
        finally:
            child.kill()
            child.wait()
        before.nothing_is_lost(tmp_path)
        async with reopened(server, tmp_path) as bench:
            (run,) = [run for run in await bench.journal.runs() if run.kind == KIND]
            report = await (await bench.resumed(run.id, transfer=by(daemon, http=False))).run()
            whole(report, 12)
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            nothing_is_left(Path(report.backup_folder))
        assert await told(daemon, "tellActive") == []
        assert await told(daemon, "tellStopped", 0, 100) == [], "results show the key to who may ask"


async def test_another_takes_over_from_one_that_stays_away(tmp_path: Path) -> None:
    with (
        DemoServer("empty", jobs_delay=0.02) as server,
        aria2(tmp_path / "backups", "--max-overall-download-limit=1M") as daemon,
    ):
        shelf = Shelf(server)
        for number in range(12):
            shelf.pair(number, size=250_000)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            job = await planned(bench, by(daemon))
            running = asyncio.create_task(job.run())
            await until(lambda: files_of(job)[State.COMPLETED] >= 2)
            daemon.kill()
            await until(lambda: files_of(job)[State.DOWNLOADER_ERROR] > 0)
            report = await running
            whole(report, 12)
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            assert set(report.bytes_by_way) == {"aria2", "http"}
            nothing_is_left(Path(report.backup_folder))


async def test_without_another_its_files_wait_and_the_rest_goes_on(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "backups") as daemon:
        shelf = Shelf(server)
        stuck, loser = shelf.pair(0)[1], shelf.pair(1)[1]
        mounted = tmp_path / "mounted"
        mounted.mkdir()
        (mounted / Path(loser.path).name).write_bytes(server.library.bytes_of(loser.id))
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            daemon.kill()
            ways = replace(
                QUICK, path_map={"/data/upload": mounted}, aria2=daemon.setup(shared=True), http=False
            )
            job = await planned(bench, ways)
            report = await job.run()
            assert (report.groups_done, report.groups_held) == (1, 1)
            assert "aria2" in report.held[0].reason
            assert "away" in report.held[0].reason
            assert in_the_trash(server) == {loser.id}
            daemon.start()
            again = await (await bench.resumed(job.id, transfer=ways)).run()
            whole(again, 2)
            assert in_the_trash(server) == {loser.id, stuck.id}
            before.nothing_is_lost(tmp_path)
            assert set(again.bytes_by_way) == {"aria2", "mount"}


async def test_what_waits_goes_on_when_one_appears(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "backups") as daemon:
        Shelf(server).pair()
        async with workbench(server, tmp_path) as bench:
            daemon.kill()
            patient = Transfer(aria2=daemon.setup(shared=True), http=False, poll_s=0.05, patience_s=20.0)
            job = await planned(bench, patient)
            running = asyncio.create_task(job.run())
            await until(lambda: files_of(job, "")[State.NO_DOWNLOADER] == 1)
            daemon.start()
            whole(await running, 1)


async def test_its_true_state_is_taken_up_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aria2_rpc, "TIMEOUT_S", 0.3)
    with (
        DemoServer("empty", jobs_delay=0.02) as server,
        aria2(tmp_path / "backups", "--max-overall-download-limit=1M") as daemon,
    ):
        shelf = Shelf(server)
        for number in range(12):
            shelf.pair(number, size=250_000)
        door = Door(server)
        async with workbench(server, tmp_path) as bench:
            job = await planned(bench, by(daemon, http=False))
            running = asyncio.create_task(job.run())
            await until(lambda: files_of(job)[State.COMPLETED] >= 2)
            daemon.freeze()
            await until(lambda: files_of(job)[State.DOWNLOADER_ERROR] > 0)
            daemon.thaw()
            whole(await running, 12)
            assert door.asked["aria2"] == 12, "nothing was fetched twice"


async def test_one_order_is_cancelled_and_the_others_are_not(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "backups") as daemon:
        shelf = Shelf(server)
        slow = shelf.pair(0)[1]
        shelf.pair(1)
        server.faults.add(stall(5_000), path=f"{slow.id}/original", times=None)
        async with workbench(server, tmp_path) as bench:
            # The look before a batch meets the same fault, so another photo has to stand first.
            job = await planned(bench, by(daemon, http=False))
            running = asyncio.create_task(job.run())
            await until(lambda: any(item.order.asset_id == slow.id for item in job.orders()))
            (key,) = [item.order.key for item in job.orders() if item.order.asset_id == slow.id]
            await until(lambda: files_of(job)[State.COMPLETED] == 1)
            await job.cancel_order(key)
            report = await running
            assert (report.groups_done, report.groups_held) == (1, 1)
            assert "It was cancelled" in report.held[0].reason
            assert await told(daemon, "tellActive") == []
            nothing_is_left(Path(report.backup_folder))


async def test_a_pause_reaches_the_daemon(tmp_path: Path) -> None:
    with DemoServer("empty") as server, aria2(tmp_path / "backups") as daemon:
        shelf = Shelf(server)
        losers = [shelf.pair(number)[1].id for number in range(3)]
        Door(server, stall(5_000))
        async with workbench(server, tmp_path) as bench:
            orders = []
            for asset in [await bench.client.asset(loser) for loser in losers]:
                target = tmp_path / "backups" / "run" / f"{asset.id}.jpg"
                orders.append(Order(asset.id, "a", "", target, Expected(asset.size, sha1_of(asset.checksum))))
            way = ByAria2(daemon.setup(shared=True), bench.client, "run", "run")
            assert await way.submit(orders) == ["", "", ""]
            await way.hold(True)
            async with asyncio.timeout(60):
                while await statuses(daemon) != {"paused"}:
                    await asyncio.sleep(0.02)
            assert await told(daemon, "tellActive") == []
            await way.hold(False)
            async with asyncio.timeout(60):
                while await active(daemon) < 3:
                    await asyncio.sleep(0.02)
            await way.close()
            assert await told(daemon, "tellStopped", 0, 10) == []


@pytest.mark.parametrize("options", [["--save-session=session.txt"], ["--log=aria2.log"]])
async def test_a_daemon_that_would_write_the_key_down_gets_none(tmp_path: Path, options: list[str]) -> None:
    options = [option.replace("=", f"={tmp_path}/") for option in options]
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "backups", *options) as daemon:
        Shelf(server).pair()
        door = Door(server)
        async with workbench(server, tmp_path) as bench:
            report = await (await planned(bench, by(daemon))).run()
            whole(report, 1)
            assert not door.asked["aria2"]
            assert set(report.bytes_by_way) == {"http"}
    assert server.key not in "".join(path.read_text() for path in tmp_path.glob("*.log"))


async def test_a_server_that_redirects_is_not_shown_to_aria2(tmp_path: Path) -> None:
    with (
        DemoServer("empty") as elsewhere,
        DemoServer("empty", jobs_delay=0.02) as server,
        aria2(tmp_path / "backups") as daemon,
    ):
        Shelf(server).pair()
        server.faults.add(redirect(f"{elsewhere.url}/api/server/ping"), path="/original$", times=None)
        async with workbench(server, tmp_path) as bench:
            report = await (await planned(bench, by(daemon, http=False))).run()
            assert "redirects" in report.held[0].reason
            assert not elsewhere.requests
            assert not in_the_trash(server)


async def test_key_and_token_are_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with DemoServer("empty", jobs_delay=0.02) as server, aria2(tmp_path / "backups") as daemon:
        shelf = Shelf(server)
        losers = [shelf.pair(number)[1] for number in range(3)]
        server.faults.add(flipped_bit(7), path=f"{losers[0].id}/original", times=None)
        async with workbench(server, tmp_path) as bench:
            job = await planned(bench, by(daemon))
            report = await job.run()
            assert (report.groups_done, report.groups_held) == (2, 1)
            shown = f"{report!r} {job.ways()!r} {job.snapshot()!r} {job.orders()!r}"
        for secret in (server.key, TOKEN):
            assert secret not in caplog.text + shown
            for path in tmp_path.rglob("*"):
                assert not path.is_file() or secret.encode() not in path.read_bytes(), path

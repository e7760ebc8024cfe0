"""Faults that are rare: short writes, no names, redirects in a ring, calls that arrive twice."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp.connector
import pytest

from immich_tui.demo.faults import Exchange, redirect
from immich_tui.demo.server import DemoServer
from immich_tui.jobs.progress import Status
from tests.faults.invariants import Before
from tests.shelf import Shelf
from tests.workbench import IMPATIENT, workbench


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer("empty", jobs_delay=0.02) as server:
        yield server


async def test_writes_that_take_only_a_part_leave_whole_files(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system may take less than it was given, at any write."""
    shelf = Shelf(server)
    for number in range(3):
        shelf.pair(number, size=300_000)
    before = Before.of(server)
    below = os.path.realpath(tmp_path / "backups")
    write, writev = os.write, os.writev
    short = [0]

    def ours(handle: int) -> bool:
        return os.path.realpath(f"/proc/self/fd/{handle}").startswith(below)

    def some(handle: int, data: Any) -> int:
        if len(data) > 7 and ours(handle):
            short[0] += 1
            return write(handle, memoryview(data)[: max(1, len(data) // 3)])
        return write(handle, data)

    def somev(handle: int, pieces: Any) -> int:
        return some(handle, b"".join(pieces)) if ours(handle) else writev(handle, pieces)

    monkeypatch.setattr(os, "write", some)
    monkeypatch.setattr(os, "writev", somev)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        report = await (await bench.job()).run()
    assert short[0] > 6
    assert (report.state, report.held, report.trashed) == (Status.DONE, (), 3)
    before.nothing_is_lost(tmp_path)
    before.agrees_with(report)


@pytest.mark.parametrize("skip", [0, 1], ids=["at first", "before the delete"])
async def test_a_name_that_is_not_found_any_more_pauses_the_run(
    skip: int, server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(server)
    for number in range(3):
        shelf.pair(number)
    before = Before.of(server)
    named = SimpleNamespace(url=f"http://localhost:{server.port}", key=server.key)
    lost = [False]
    ask = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        if lost[0] and host in ("localhost", b"localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    # What was found is remembered for some seconds; each connection has to ask again.
    monkeypatch.setattr(aiohttp.connector._DNSCacheTable, "expired", lambda *_: True)

    async def goes(exchange: Exchange) -> None:
        lost[0] = True
        await exchange.close(reset=True)

    async with workbench(named, tmp_path, timeouts=IMPATIENT) as bench:  # type: ignore[arg-type]  # an address is enough
        await bench.accept_everything()
        server.faults.add(goes, path="/api/duplicates$", skip=skip, times=None)
        job = await bench.job(recheck_s=0.0)
        report = await job.run()
        assert report.state == Status.PAUSED, report.reason
        assert report.reason.endswith(".")
        assert "is not known here" in report.reason
        assert report.held == ()
        assert server.requests.count("DELETE") == 0
        before.nothing_is_lost(tmp_path)
        server.faults.clear()
        lost[0] = False
        again = await (await bench.resumed(job.id)).run()
    assert (again.state, again.held, again.trashed) == (Status.DONE, (), 3)
    before.nothing_is_lost(tmp_path)


@pytest.mark.parametrize("path", ["/original$", "/api/assets$"])
async def test_a_redirect_that_leads_to_itself_is_told_and_not_followed_for_ever(
    path: str, server: DemoServer, tmp_path: Path
) -> None:
    Shelf(server).pair()
    before = Before.of(server)
    method = "DELETE" if path == "/api/assets$" else "GET"

    async def round_and_round(exchange: Exchange) -> None:
        await redirect(f"{server.url}{exchange.scope['path']}", 307)(exchange)

    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        server.faults.add(round_and_round, method=method, path=path, times=None)
        job = await bench.job()
        asked = len(server.requests)
        report = await job.run()
        assert len(server.requests) - asked < 60
        reasons = [group.reason for group in report.held] or [report.reason]
        assert all("redirect" in reason for reason in reasons), reasons
        assert report.trashed == 0
        before.nothing_is_lost(tmp_path)
        server.faults.clear()
        again = await (await bench.resumed(job.id)).run()
    assert (again.state, again.held, again.trashed) == (Status.DONE, (), 1)


async def test_a_delete_that_reaches_the_server_twice_trashes_nothing_else(
    server: DemoServer, tmp_path: Path
) -> None:
    """A proxy that repeats a call by itself: the second one meets what lies in the trash already."""
    shelf = Shelf(server)
    for number in range(3):
        shelf.pair(number)
    before = Before.of(server)

    async def twice(exchange: Exchange) -> None:
        code, headers, body = await exchange.collect()
        server.library.trash([one.id for one in server.library.assets.values() if one.trashed])
        await exchange.answer(code, headers, body)

    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        server.faults.add(twice, method="DELETE", path="/api/assets$", times=None)
        report = await (await bench.job()).run()
    assert (report.state, report.held, report.trashed) == (Status.DONE, (), 3)
    before.nothing_is_lost(tmp_path)
    before.agrees_with(report)

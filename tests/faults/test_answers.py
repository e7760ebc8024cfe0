"""Answers that make no sense, take very long, or come under the wrong certificate, in the middle of a run."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from immich_tui.demo.faults import Exchange, status
from immich_tui.demo.server import DemoServer
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection, Timeouts
from immich_tui.jobs.progress import Status
from tests.faults.invariants import Before
from tests.immich.test_tls import certificates, context
from tests.shelf import Shelf
from tests.workbench import Workbench, workbench

__all__ = ["certificates"]


def asset(**changes: object) -> dict[str, object]:
    return {"id": "00000000-0000-4000-8000-000000000001", "originalFileName": "x.jpg", **changes}


BROKEN: dict[str, dict[str, object]] = {
    "no assets": {},
    "assets of a wrong type": {"assets": {"a": 1}},
    "assets that are null": {"assets": None},
    "missing keys": {"assets": [asset()]},
    "unknown enum values": {"assets": [asset(type="HOLOGRAM", visibility="elsewhere")]},
    "numbers for text": {"assets": [asset(originalFileName=7, checksum=[])]},
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_w19_a_group_that_makes_no_sense_is_held_back_alone(broken: str, tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        (ours, theirs), (_, other) = shelf.pair(1), shelf.pair(2)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            group = str(ours.duplicate_id)
            server.faults.break_group(group, json.dumps({"duplicateId": group, **BROKEN[broken]}).encode())
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.DONE, report.reason
            (held,) = report.held
            assert held.group_id == group
            assert server.library.state(theirs.id) == "live"
            assert server.library.state(other.id) == "trashed"
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert (again.state, again.held, again.trashed) == (Status.DONE, (), 2)
        before.nothing_is_lost(tmp_path)


async def test_w19_a_group_of_60_megabytes_is_held_back_alone(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        (ours, theirs), (_, other) = shelf.pair(1), shelf.pair(2)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            group = str(ours.duplicate_id).encode()
            huge = b'{"duplicateId":"' + group + b'","assets":["' + b"x" * 60_000_000 + b'"]}'
            server.faults.break_group(group.decode(), huge)
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert held.group_id == group.decode()
            assert server.library.state(theirs.id) == "live"
            assert server.library.state(other.id) == "trashed"
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert (again.held, again.trashed) == ((), 2)
        before.nothing_is_lost(tmp_path)


async def slowly(exchange: Exchange) -> None:
    """A listing that never falls silent and takes several time-outs to arrive."""
    code, headers, body = await exchange.collect()
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    await exchange.send({"type": "http.response.start", "status": code, "headers": kept})
    pieces = 12
    step = len(body) // pieces + 1
    for start in range(0, len(body), step):
        await asyncio.sleep(0.1)
        piece = {"type": "http.response.body", "body": body[start : start + step], "more_body": True}
        await exchange.send(piece)
    await exchange.send({"type": "http.response.body", "body": b"", "more_body": False})


async def test_w21_a_listing_may_take_longer_than_the_time_out_for_silence(tmp_path: Path) -> None:
    patience = Timeouts(connect=2.0, small=2.0, listing=0.5, original=2.0)
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        for number in range(8):
            shelf.pair(number)
        async with workbench(server, tmp_path, timeouts=patience) as bench:
            await bench.accept_everything()
            fault = server.faults.add(slowly, path="/duplicates$", times=None)
            report = await (await bench.job()).run()
            assert fault.met >= 2
        assert (report.state, report.held, report.trashed) == (Status.DONE, (), 8)


@pytest.mark.parametrize("code", [409, 410, 413, 422])
async def test_a_refusal_that_will_not_pass_is_told_and_not_repeated(code: int, tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        (_, theirs), (_, other) = shelf.pair(1), shelf.pair(2)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            fault = server.faults.add(status(code), path=f"{theirs.id}/original", times=None)
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert theirs.name in held.reason
            assert fault.met == 1
            assert server.library.state(theirs.id) == "live"
            assert server.library.state(other.id) == "trashed"
            before.agrees_with(report)
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert (again.held, again.trashed) == ((), 2)
        before.nothing_is_lost(tmp_path)


class Front:
    """Speaks TLS in front of a demo server, under a certificate that can be changed."""

    def __init__(self, server: DemoServer) -> None:
        self._server = server
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def show(self, tls: ssl.SSLContext) -> None:
        """From now on answer under this certificate, on the same port."""
        await self.close()
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, to_server = await asyncio.open_connection("127.0.0.1", self._server.port)
        self._open.add(writer)
        with suppress(OSError):
            await asyncio.gather(_pass(reader, to_server), _pass(behind, writer))
        self._open.discard(writer)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def secured(server: DemoServer, folder: Path, front: Front, ca_file: Path) -> AsyncIterator[Workbench]:
    """A workbench whose client speaks to the server through the front."""
    async with workbench(server, folder) as bench:
        await bench.accept_everything()
        connection = Connection(f"https://127.0.0.1:{front.port}/api", Secret(server.key), ca_file)
        async with ImmichClient(connection) as client:
            bench.client = client
            yield bench


@pytest.mark.parametrize("wrong", ["expired", "other"])
async def test_w20_a_certificate_that_turns_bad_pauses_the_run(
    wrong: str, certificates: Path, tmp_path: Path
) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        for number in range(3):
            shelf.pair(number)
        before = Before.of(server)
        front = Front(server)
        await front.show(context(certificates, "good"))
        loop = asyncio.get_running_loop()

        async def renewed(exchange: Exchange) -> None:
            change = front.show(context(certificates, wrong))
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(change, loop))
            await exchange.close()

        trusted = tmp_path / "trusted.pem"
        names = SimpleNamespace(good=certificates / "good.pem", wrong=certificates / f"{wrong}.pem")
        trusted.write_text(names.good.read_text() + names.wrong.read_text())
        async with secured(server, tmp_path, front, trusted) as bench:
            server.faults.add(renewed, method="GET", path="/original$")
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.PAUSED
            assert "certificate" in report.reason
            assert report.held == ()
            assert server.requests.count("DELETE") == 0
            before.nothing_is_lost(tmp_path)
            await front.show(context(certificates, "good"))
            again = await (await bench.resumed(job.id)).run()
        await front.close()
        assert (again.state, again.held, again.trashed) == (Status.DONE, (), 3)
        before.nothing_is_lost(tmp_path)

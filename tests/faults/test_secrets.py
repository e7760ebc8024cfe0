"""The API key stands in nothing that is written, logged, raised or reported, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from immich_tui.demo.faults import (
    Exchange,
    after_applying,
    dropped_after,
    flipped_bit,
    forbidden,
    html_page,
    redirect,
    status,
    truncated,
    unauthorized,
)
from immich_tui.demo.server import DemoServer
from immich_tui.execution import resolve
from immich_tui.execution.stopping import classify
from immich_tui.immich.errors import Rejected, Unauthorized
from immich_tui.jobs.pool import Retry
from immich_tui.jobs.progress import Status
from tests.shelf import Shelf
from tests.workbench import workbench


async def echo(exchange: Exchange) -> None:
    """A careless proxy: it repeats what it was sent, in the body and in every header that it can."""
    key = dict(exchange.scope["headers"])[b"x-api-key"]
    headers = [(b"content-type", b"application/json"), (b"x-was", key), (b"set-cookie", b"(%s)=1" % key)]
    await exchange.answer(400, headers, b'{"message": "x-api-key: %s is not welcome"}' % key)


async def test_the_key_is_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []

    def heard(error: BaseException) -> Retry | None:
        told.extend([str(error), repr(error), "".join(traceback.format_exception(error))])
        return classify(error)

    monkeypatch.setattr(resolve, "classify", heard)
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        losers = [shelf.pair(number)[1].id for number in range(9)]
        key = server.key
        for loser, fault in zip(
            losers,
            [
                echo,
                html_page(),
                redirect("http://elsewhere.example.org/login?back=/api/assets"),
                forbidden("asset.download"),
                flipped_bit(5),
                truncated(0),
                status(500, message=f"key {key}"),
            ],
            strict=False,
        ):
            server.faults.add(fault, path=f"{loser}/original", times=None)
        server.faults.add(dropped_after(), method="PUT", path="/api/assets/")
        server.faults.add(after_applying(status(500, message=key)), method="DELETE", path="/api/assets$")
        async with workbench(server, tmp_path) as bench:
            server.faults.add(echo, method="GET", path="/api/users/me$")
            with pytest.raises(Rejected) as refused:
                await bench.client.me()
            told.append(str(refused.value))
            await bench.accept_everything()
            job = await bench.job()
            told.append(repr(await job.preflight()))
            report = await job.run()
            assert (report.groups_held, report.groups_done) == (7, 2)
            told += [repr(report), repr(job.snapshot()), repr(job.pool.snapshot())]

            server.faults.clear()
            server.faults.add(unauthorized(), method="DELETE", times=None)
            again = await bench.resumed(job.id)
            paused = await again.run()
            assert paused.state == Status.PAUSED
            told += [repr(paused), repr(again.snapshot()), repr(bench.client.connection), repr(vars(bench))]
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.name == "report.json" for path in written)
    assert any(path.name.startswith("session.db") for path in written)
    for path, data in written.items():
        assert key.encode() not in data, path
    assert told
    assert any("is not welcome" in text for text in told)
    assert caplog.records
    for text in [*told, *(record.getMessage() for record in caplog.records), caplog.text]:
        assert key not in text
    assert key not in repr(Unauthorized("The key was refused."))

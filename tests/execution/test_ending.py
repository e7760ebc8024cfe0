"""A batch is ended while the next is looked at, and nothing of that one is deleted before."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import pytest

from immich_tui.demo.faults import Exchange
from immich_tui.demo.server import DemoServer
from immich_tui.execution.trash import phase
from immich_tui.execution.trash.ending import Ending
from immich_tui.jobs.progress import Status
from tests.faults.invariants import Before
from tests.shelf import Shelf
from tests.workbench import workbench

SOON_S = 5.0


class Trouble(Exception):
    """What goes wrong here."""


async def test_the_next_is_looked_at_while_a_batch_is_closed_and_deleted_after(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.01) as server:
        shelf = Shelf(server)
        for number in range(3):
            shelf.pair(number)
        before = Before.of(server)
        keepers: set[str] = set()
        deletes_at_close: list[int] = []

        def looked_at() -> int:
            asked = {
                one.path.split("/")[3] for one in list(server.requests) if one.path.endswith("/original")
            }
            return len(asked & keepers)

        async def held_up(exchange: Exchange) -> None:
            """Closing waits until the next keeper is asked for, and counts the deletes once it was."""
            async with asyncio.timeout(SOON_S):
                while looked_at() < len(deletes_at_close) + 2:
                    await asyncio.sleep(0.005)
            deletes_at_close.append(server.requests.count("DELETE", "/api/assets"))
            await exchange.serve()

        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            keepers.update(one.choice.winner for one in bench.session.decided() if one.choice)
            job = await bench.job(trash_batch=1)
            server.faults.add(held_up, method="PUT", path="/api/assets$", times=2)
            report = await job.run()
        assert (report.state, report.trashed, report.held) == (Status.DONE, 3, ())
        assert deletes_at_close == [1, 2]
        before.nothing_is_lost(tmp_path)


async def test_a_keeper_is_looked_at_again_when_the_batch_before_took_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phase, "STALE_S", 0.0)
    with DemoServer("empty", jobs_delay=0.01) as server:
        shelf = Shelf(server)
        for number in range(2):
            shelf.pair(number)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            keepers = [one.choice.winner for one in bench.session.decided() if one.choice]
            job = await bench.job(trash_batch=1)
            start = len(server.requests)
            report = await job.run()
            asked = [one.path for one in list(server.requests)[start:] if one.method == "GET"]
        assert (report.state, report.trashed) == (Status.DONE, 2)
        assert [asked.count(f"/api/assets/{keeper}/original") for keeper in keepers] == [2, 2]
        before.nothing_is_lost(tmp_path)


async def fails(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


async def ended_then(end: Coroutine[None, None, None], *, wait: bool = False, raised: bool = False) -> str:
    """End a batch; beside it wait for that, or come to grief."""
    async with Ending() as ending:
        ending.begin(end)
        if raised:
            raise Trouble
        if wait:
            await ending.over()
            return "the next began"
    return "all ended"


@pytest.mark.parametrize("wait", [True, False])
async def test_what_goes_wrong_at_the_end_of_a_batch_is_raised_before_the_next_begins(wait: bool) -> None:
    with pytest.raises(ValueError, match="of the batch"):
        await ended_then(fails(ValueError("of the batch")), wait=wait)


async def test_a_batch_is_ended_whatever_went_wrong_meanwhile_and_that_error_counts() -> None:
    ended = []

    async def ends() -> None:
        await asyncio.sleep(0)
        ended.append(True)

    with pytest.raises(Trouble):
        await ended_then(ends(), raised=True)
    assert ended
    with pytest.raises(Trouble):
        await ended_then(fails(ValueError("of the batch")), raised=True)


async def test_a_cancellation_breaks_off_what_is_being_ended() -> None:
    begun = asyncio.Event()

    async def never_ends() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def work() -> None:
        async with Ending() as ending:
            ending.begin(never_ends())
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await begun.wait()
    working.cancel()
    async with asyncio.timeout(SOON_S):
        with pytest.raises(asyncio.CancelledError):
            await working

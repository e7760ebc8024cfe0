"""Pictures for the report: asked for in the background, never in the way of a run, never its undoing."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from immich_tui.demo.faults import dropped_before, forbidden, maintenance, status, trickle, unauthorized
from immich_tui.demo.server import DemoServer
from immich_tui.execution.report import pictures
from immich_tui.execution.report.pictures import Pictures
from immich_tui.execution.stopping import classify
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from immich_tui.jobs.pool import Pool
from tests.execution.test_report import Small
from tests.shelf import Shelf
from tests.workbench import SHORT


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer("empty", dialect="3", jobs_delay=0.02) as started:
        yield started


@pytest.fixture
async def client(server: DemoServer) -> AsyncIterator[ImmichClient]:
    async with ImmichClient(Connection(f"{server.url}/api", Secret(server.key))) as client:
        yield client


@pytest.fixture
def ids(server: DemoServer) -> list[str]:
    """Thirty photos with pictures."""
    shelf = Shelf(server)
    found = [shelf.put(f"{number}.jpg", None) for number in range(30)]
    for asset in found:
        asset.picture = Small()
    return [asset.id for asset in found]


def pool_of(workers: int = 5, rate: float | None = None) -> Pool:
    return Pool(workers, rate, classify, patience=SHORT)


def asked(server: DemoServer) -> int:
    return sum(one.path.endswith("/thumbnail") for one in list(server.requests))


async def until(true: Any) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


NONE = {
    "forbidden": forbidden("asset.view"),
    "unauthorized": unauthorized(),
    "maintenance": maintenance(),
    "dropped": dropped_before(),
}


@pytest.mark.parametrize("fault", NONE)
async def test_a_server_that_gives_none_is_not_asked_again_and_again(
    server: DemoServer, client: ImmichClient, ids: list[str], fault: str
) -> None:
    server.faults.add(NONE[fault], path="/thumbnail", times=None)
    assert await Pictures(client, pool_of()).all(ids) == {}
    assert asked(server) <= 8


async def test_each_picture_is_asked_for_once_also_where_the_server_fails(
    server: DemoServer, client: ImmichClient, ids: list[str]
) -> None:
    server.faults.add(status(500), path="/thumbnail", times=29)
    found = await Pictures(client, pool_of()).all(ids)
    assert (len(found), asked(server)) == (1, 30)


async def test_what_broke_off_while_the_run_worked_is_asked_for_at_its_end(
    server: DemoServer, client: ImmichClient, ids: list[str]
) -> None:
    server.faults.add(dropped_before(), path="/thumbnail", times=1)
    some = Pictures(client, pool_of())
    some.begin(lambda: ids)
    await until(lambda: asked(server))
    assert sorted(await some.all(ids)) == sorted(ids)


async def test_while_the_pool_is_paused_nothing_goes_out_and_the_end_waits_for_nothing(
    server: DemoServer, client: ImmichClient, ids: list[str]
) -> None:
    pool = pool_of(workers=1)
    pool.pause()
    some, before = Pictures(client, pool), asyncio.all_tasks()
    some.begin(lambda: ids)
    await until(lambda: pool.snapshot().busy)
    async with asyncio.timeout(2):
        assert await some.end() == {}
    assert (asked(server), pool.snapshot().busy, asyncio.all_tasks()) == (0, 0, before)
    pool.resume()
    with pool.lease() as slot:
        assert await pool.call(client.version, slot, repeatable=True)


async def test_a_pool_that_is_paused_at_the_end_holds_the_report_up_for_a_bounded_time(
    server: DemoServer, client: ImmichClient, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "WITHIN_S", 0.3)
    pool = pool_of()
    pool.pause()
    assert await Pictures(client, pool).all(ids) == {}
    assert (asked(server), pool.snapshot().busy) == (0, 0)


async def test_a_pool_that_is_cancelled_lets_go_of_the_pictures(
    server: DemoServer, client: ImmichClient, ids: list[str]
) -> None:
    pool = pool_of()
    pool.pause()
    some = Pictures(client, pool)
    some.begin(lambda: ids)
    waiting = asyncio.create_task(some.all(ids))
    await until(lambda: pool.snapshot().busy)
    pool.cancel()
    async with asyncio.timeout(2):
        assert await waiting == {}


async def test_what_goes_wrong_in_the_background_is_no_end_of_the_run(
    server: DemoServer, client: ImmichClient, ids: list[str]
) -> None:
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    late = threading.Event()

    def broken() -> list[str]:
        late.wait(5)
        raise RuntimeError("a notebook that cannot be read")

    async def before_and_after(some: Pictures) -> None:
        some.begin(broken)
        meanwhile = asyncio.create_task(some.all(ids))
        await until(lambda: asked(server) == len(ids))
        late.set()
        assert sorted(await meanwhile) == sorted(ids)
        some.begin(broken)
        await until(lambda: not some._tasks)
        assert sorted(await some.all(ids)) == sorted(ids)

    await before_and_after(Pictures(client, pool_of()))
    gc.collect()
    await asyncio.sleep(0)
    assert unseen == []


async def test_who_is_cancelled_while_it_waits_leaves_no_task_behind(
    server: DemoServer, client: ImmichClient, ids: list[str]
) -> None:
    pool, before = pool_of(), asyncio.all_tasks()
    pool.pause()
    waiting = asyncio.create_task(Pictures(client, pool).all(ids))
    await until(lambda: pool.snapshot().busy == pictures.AT_ONCE)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (asyncio.all_tasks(), pool.snapshot().busy) == (before, 0)


async def test_a_picture_without_end_holds_nobody_up(
    server: DemoServer, client: ImmichClient, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one worker the run's own calls wait for it."""
    monkeypatch.setattr(pictures, "ONE_WITHIN_S", 0.5)
    server.faults.add(trickle(200_000), path="/thumbnail", times=None)
    for one in ids:
        server.library.assets[one].picture = Endless()
    pool = pool_of(workers=1)
    some = Pictures(client, pool)
    some.begin(lambda: ids[:1])
    await until(lambda: pool.snapshot().busy)
    began = time.monotonic()
    with pool.lease() as slot:
        await pool.call(client.version, slot, repeatable=True)
    assert time.monotonic() - began < 2
    await some.end()


class Endless(Small):
    def thumbnail(self) -> bytes:
        return b"\xff\xd8\xff" + b"0" * 20_000_000

"""Work that is handed over ahead: in order, bounded, and nothing after a failure."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Executor

import pytest

from immich_tui.execution.transfer.disk import InTurn, start_threads, started


@pytest.fixture
def thread() -> Iterator[Executor]:
    with started(1, "test") as pool:
        yield pool


@pytest.mark.parametrize("ahead", [1, 2, 4])
async def test_work_is_done_in_order_and_never_two_of_it_at_once(ahead: int, thread: Executor) -> None:
    done: list[int] = []
    busy = threading.Lock()

    def work(number: int) -> None:
        assert busy.acquire(blocking=False)
        done.append(number)
        busy.release()

    turns = InTurn(ahead, thread if ahead > 1 else None)
    for number in range(200):
        await turns.put(work, number)
        assert len(done) >= number + 1 - ahead
    await turns.end()
    assert done == list(range(200))


async def test_no_more_than_that_many_are_under_way(thread: Executor) -> None:
    go = threading.Event()

    def work() -> None:
        assert go.wait(10)

    turns = InTurn(2, thread)
    await turns.put(work)
    await turns.put(lambda: None)
    third = asyncio.create_task(turns.put(lambda: None))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(third), 0.05)
    go.set()
    await third
    await turns.end()


@pytest.mark.parametrize("ahead", [1, 3])
async def test_what_follows_a_failure_is_not_done_and_the_failure_is_told(
    ahead: int, thread: Executor
) -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 1:
            raise OSError(28, "No space left on device")
        done.append(number)

    turns = InTurn(ahead, thread if ahead > 1 else None)

    async def all_of_it() -> None:
        try:
            for number in range(5):
                await turns.put(work, number)
        finally:
            await turns.end()

    with pytest.raises(OSError, match="No space"):
        await all_of_it()
    assert done == [0]


async def test_who_is_cancelled_leaves_when_nothing_is_under_way_any_more(thread: Executor) -> None:
    begun, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    done: list[int] = []

    def work(number: int) -> None:
        loop.call_soon_threadsafe(begun.set)
        assert go.wait(10)
        done.append(number)

    async def all_of_it() -> None:
        turns = InTurn(2, thread)
        try:
            for number in range(5):
                await turns.put(work, number)
        finally:
            await turns.end()

    task = asyncio.create_task(all_of_it())
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [0, 1]


def test_a_started_pool_starts_no_thread_for_work() -> None:
    with started(3, "early") as pool:
        before = {one.name for one in threading.enumerate() if one.name.startswith("early")}
        assert len(before) == 3
        together = threading.Barrier(3)
        assert sorted(pool.map(lambda _: together.wait(10), range(3))) == [0, 1, 2]
        assert {one.name for one in threading.enumerate() if one.name.startswith("early")} == before


async def test_threads_run_before_there_is_work_for_them() -> None:
    before = set(threading.enumerate())
    await start_threads()
    assert len(set(threading.enumerate()) - before) >= 5

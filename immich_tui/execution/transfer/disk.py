"""Work on the disk in a thread that is seen to its end, also when whoever waits for it is cancelled.

A thread cannot be stopped. Left alone it would go on writing to a file that the next attempt has taken up, or
to a number that by then belongs to another file.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

AT_HAND = 5
"""Threads that the loop's own pool has on every machine, at least."""

_MEET_S = 1.0


async def on_disk(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do blocking work in a thread; a cancellation is passed on once the work has ended."""
    return await _ended(asyncio.get_running_loop().run_in_executor(None, partial(work, *args, **kwargs)))


def started(threads: int, name: str) -> ThreadPoolExecutor:
    """A pool whose threads run already. Blocks until they do: make it in a thread, and early.

    Left to itself a pool starts each when it is given work, and whoever gives work to any pool of the process
    waits for that, the event loop too: while all cores are busy that is some 10 ms for each thread.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
    together = threading.Barrier(threads)
    wait([pool.submit(together.wait) for _ in range(threads)])
    return pool


async def start_threads() -> None:
    """Have threads for `on_disk` run before much is going on, for the same reason."""
    together = threading.Barrier(AT_HAND)

    def meet() -> None:
        # Those that others have work for may not come.
        with suppress(threading.BrokenBarrierError):
            together.wait(_MEET_S)

    await asyncio.gather(*(on_disk(meet) for _ in range(AT_HAND)))


class InTurn:
    """Blocking work that is handed over ahead and done one after the other: at most `ahead` of it waits.

    Where that is more than one, `thread` is its own, which finds the next where it ended the last. A thread
    that has to be given each through a busy event loop stands still half of the time.
    """

    def __init__(self, ahead: int = 1, thread: Executor | None = None) -> None:
        self._ahead = ahead if thread is not None else 1
        self._thread = thread
        self._under_way: deque[asyncio.Future[None]] = deque()
        self._broken = False

    async def put(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Hand work over once there is room. Raises what earlier work raised; what follows is not done."""
        while len(self._under_way) >= self._ahead:
            await _ended(self._under_way.popleft())
        whole = partial(work, *args, **kwargs)
        loop = asyncio.get_running_loop()
        self._under_way.append(loop.run_in_executor(self._thread, self._do, whole))

    async def end(self) -> None:
        """Wait until nothing is under way any more, also when cancelled. Raises what the work raised."""
        left = tuple(self._under_way)
        self._under_way.clear()
        try:
            if left:
                await _ended(asyncio.gather(*left, return_exceptions=True))
        finally:
            if self._thread is not None:
                self._thread.shutdown(wait=False)
        for one in left:
            one.result()

    def _do(self, work: Callable[[], None]) -> None:
        if not self._broken:
            self._broken = True
            work()
            self._broken = False


async def _ended(running: asyncio.Future[T]) -> T:
    """What a thread's work gives; who is cancelled meanwhile learns of it when the work has ended."""
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        if not running.cancelled():
            running.exception()
        raise

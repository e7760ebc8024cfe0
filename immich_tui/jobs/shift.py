"""The workers of one list of items: hired, sent home, and stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack
from functools import partial
from typing import Generic, TypeVar

from immich_tui.jobs.outcome import Cancelled
from immich_tui.jobs.slot import Slot, SlotState
from immich_tui.jobs.stop import Stop

T = TypeVar("T")


class _End:
    """What comes after the last item."""


class Shift(Generic[T]):
    """Works through items with as many workers as are wanted at the time.

    Workers take the next item themselves; where items have to be waited for, one task reads them and is never
    more than two ahead. The first error of a worker, or of the items themselves, stops the shift: no further
    item is begun, waits are cut short, what is in flight may finish for `grace_s` seconds and is cancelled
    then.
    """

    def __init__(
        self,
        items: Iterable[T] | AsyncIterable[T],
        handle: Callable[[T, Slot], Awaitable[None]],
        *,
        lease: Callable[[Stop], AbstractContextManager[Slot]],
        ready: asyncio.Event,
        wanted: Callable[[], int],
        grace_s: float,
    ) -> None:
        self._stream = items if isinstance(items, AsyncIterable) else None
        self._items: Iterator[T] = iter(()) if isinstance(items, AsyncIterable) else iter(items)
        self._handle = handle
        self._lease = lease
        self._open = ready
        self._wanted = wanted
        self._grace_s = grace_s
        self._stop = Stop()
        self._queue: asyncio.Queue[T | _End] = asyncio.Queue(maxsize=1)
        self._ended = False
        self._working = 0
        self._all_left = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._group = asyncio.TaskGroup()
        self._error: Exception | None = None
        self._give_up: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Work through all items; raises the first error once every worker has ended."""
        try:
            async with self._group:
                if self._stream is not None:
                    self._begin(partial(self._feed, self._stream))
                self.staff()
                try:
                    await self._all_left.wait()
                except asyncio.CancelledError:
                    # Before the group cancels its tasks: nobody may be hired from here on.
                    self._stop.ask()
                    raise
        finally:
            if self._give_up:
                self._give_up.cancel()
        if self._error:
            raise self._error

    def staff(self) -> None:
        """Hire as many workers as are missing. Those too many leave by themselves, after their item."""
        while self._working < self._wanted() and not (self._ended or self._stop.asked):
            self._working += 1
            self._begin(self._work)

    def stop(self, error: Exception | None = None) -> None:
        """End early, because of an error or on request."""
        self._error = self._error or error or Cancelled()
        self._stop.ask()
        if self._give_up is None:
            self._give_up = asyncio.get_running_loop().call_later(self._grace_s, self._cancel)

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        task = self._group.create_task(self._report(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _cancel(self) -> None:
        # A task that had not begun yet cannot say that it left.
        self._all_left.set()
        for task in self._tasks:
            task.cancel()

    async def _report(self, work: Callable[[], Awaitable[None]]) -> None:
        """Take an error to the whole shift, so that the others are stopped and not cancelled."""
        try:
            await work()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            # Not this worker was cancelled but something it waited for: its item is not done.
            self.stop(Cancelled("A part of the work was cancelled."))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the shift
            self.stop(error)

    async def _feed(self, items: AsyncIterable[T]) -> None:
        async with self._stop.cuttable(), AsyncExitStack() as closing:
            if isinstance(items, AsyncGenerator):
                # Left in the middle, a generator would close what it holds at some later time.
                closing.push_async_callback(items.aclose)
            async for item in items:
                await self._queue.put(item)
            await self._queue.put(_End())

    async def _next(self) -> T | _End:
        """The next item, once work may go on. Raises `Cancelled` after a stop, and what the items raise."""
        if self._stream is None and self._open.is_set():
            self._stop.check()
            return next(self._items, _End())
        async with self._stop.cuttable():
            await self._open.wait()
            if self._stream is None:
                return next(self._items, _End())
            item = await self._queue.get()
            if isinstance(item, _End):
                # For the next worker; the feeder is done, so there is room.
                self._queue.put_nowait(item)
            return item

    async def _work(self) -> None:
        try:
            with self._lease(self._stop) as slot:
                while self._working <= self._wanted():
                    item = await self._next()
                    if isinstance(item, _End):
                        self._ended = True
                        return
                    slot.state = SlotState.WORKING
                    await self._handle(item, slot)
                    slot.clear()
                    # Items that wait for nothing must not keep everything else waiting.
                    await asyncio.sleep(0)
        finally:
            self._working -= 1
            if not self._working:
                self._all_left.set()

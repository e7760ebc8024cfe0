"""Signals: the first asks for an end at the next safe point, the second ends at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether somebody asked for an end, and how the work under way is told.

    Work that knows safe points says with `at_safe_point` how it is stopped; without, the task is cancelled.
    """

    def __init__(self) -> None:
        self.number = 0
        self._ask: Callable[[], None] | None = None
        self._task: asyncio.Task[object] | None = None
        self._watched: list[signal.Signals] = []

    def watch(self) -> None:
        """Listen to signals in place of the usual end; inside the task that is to be ended."""
        self._task = asyncio.current_task()
        # What was ignored stays ignored: that is how `nohup` works.
        self._watched = [one for one in WATCHED if signal.getsignal(one) is not signal.SIG_IGN]
        self._listen()

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in self._watched:
            loop.add_signal_handler(number, self.received, number)

    @contextmanager
    def at_prompt(self) -> Iterator[None]:
        """While inside, signals act as usual: a question blocks the loop, which could not be told of one."""
        loop = asyncio.get_running_loop()
        for number in self._watched:
            loop.remove_signal_handler(number)
        try:
            yield
        finally:
            self._listen()

    def received(self, number: int) -> None:
        """Take a signal."""
        again, self.number = bool(self.number), number
        if self._ask is not None and not again:
            self._ask()
        elif self._task is not None:
            self._task.cancel()

    @contextmanager
    def at_safe_point(self, ask: Callable[[], None]) -> Iterator[None]:
        """While inside, the first signal calls `ask` instead of cancelling."""
        self._ask = ask
        try:
            yield
        finally:
            self._ask = None

"""What the machine takes from every process, ours or not: moments in which even an idle loop was not woken.

A virtual machine whose host is busy gets no processor for a tenth of a second at a time, and whatever runs in
it is late by that much. So an idle loop for each processor, bound to it and before all others, runs beside
what is measured. When it was late, the machine did it; when only ours was, we did.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

TICK_S = 0.002
LATE_S = 0.001
PRIORITY = 50

Span = tuple[float, float]
"""From when to when, by `time.perf_counter`, which is one clock for all processes."""


@dataclass
class Machine:
    """Filled when what is measured has ended."""

    known: bool = False
    """Whether idle loops ran: they need the right to go before others, and processors to be bound to."""
    spans: list[Span] = field(default_factory=list)
    """When an idle loop was late."""

    @property
    def longest(self) -> float:
        """Seconds by which an idle loop was late at worst."""
        return max((end - start for start, end in self.spans), default=0.0)

    def without(self, late: Iterable[Span]) -> list[float]:
        """Seconds of each that no idle loop was late."""
        taken = _joined(self.spans)
        return [end - start - sum(_common((start, end), one) for one in taken) for start, end in late]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same moments, none of them twice."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _common(one: Span, other: Span) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


@contextmanager
def idle_loops() -> Iterator[Machine]:
    """Idle loops beside what is done inside; none where the system does not allow them."""
    machine = Machine()
    loops = [
        subprocess.Popen(
            [sys.executable, __file__, str(processor)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        for processor in (sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else ())
    ]
    try:
        ready = [bool(loop.stdout and loop.stdout.readline()) for loop in loops]
        machine.known = bool(ready) and all(ready)
        yield machine
    finally:
        for loop in loops:
            loop.terminate()
            found, _ = loop.communicate()
            if machine.known:
                machine.spans += map(tuple, json.loads(found))


def _idle(processor: int) -> None:
    """Be woken every two milliseconds until terminated; then say when that was late."""
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    late: list[Span] = []
    ended = False

    def end(_: int, __: FrameType | None) -> None:
        nonlocal ended
        ended = True

    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    while not ended:
        due = time.perf_counter() + TICK_S
        time.sleep(TICK_S)
        now = time.perf_counter()
        if now - due > LATE_S:
            late.append((due, now))
    print(json.dumps(late), flush=True)


if __name__ == "__main__":
    _idle(int(sys.argv[1]))

"""What a piece of work does to the process while it runs: the loop's stalls, memory, syncs, CPU."""

from __future__ import annotations

import asyncio
import os
import time
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.bench.machine import Machine, Span, idle_loops

TICK_S = 0.005
LATE_S = 0.005
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Watched:
    """Filled while the work runs, complete when it has ended."""

    seconds: float = 0.0
    cpu: float = 0.0
    stalls: array[float] = field(default_factory=lambda: array("d"))
    grown: int = 0
    fsyncs: int = 0
    late: list[Span] = field(default_factory=list)
    """When the loop was late by more than `LATE_S`."""
    machine: Machine = field(default_factory=Machine)

    @property
    def longest_stall(self) -> float:
        """Seconds by which the loop was late at worst, whoever did it."""
        return max(self.stalls, default=0.0)

    @property
    def longest_of_ours(self) -> float:
        """The same without the moments at which the machine kept an idle loop waiting too."""
        return max(self.machine.without(self.late), default=0.0)

    @property
    def usual_stall(self) -> float:
        """Seconds by which the loop was late in 99 of 100 cases at most."""
        ordered = sorted(self.stalls)
        return ordered[len(ordered) * 99 // 100] if ordered else 0.0


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


@asynccontextmanager
async def watched() -> AsyncIterator[Watched]:
    """Watch what is done inside."""
    seen = Watched()
    start = _resident()
    real = os.fsync

    def counted(handle: int) -> None:
        seen.fsyncs += 1
        real(handle)

    async def tick() -> None:
        while True:
            due = time.perf_counter() + TICK_S
            await asyncio.sleep(TICK_S)
            now = time.perf_counter()
            seen.stalls.append(now - due)
            if now - due > LATE_S:
                seen.late.append((due, now))
            if len(seen.stalls) % 10 == 0:
                seen.grown = max(seen.grown, _resident() - start)

    with idle_loops() as seen.machine, pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", counted)
        ticking = asyncio.create_task(tick())
        begun, cpu = time.perf_counter(), time.process_time()
        try:
            yield seen
        finally:
            seen.seconds, seen.cpu = time.perf_counter() - begun, time.process_time() - cpu
            ticking.cancel()
            seen.grown = max(seen.grown, _resident() - start)

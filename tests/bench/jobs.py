"""What the job engine costs: how much of the rate it uses, and what a durable transition takes.

The limiter's peer is arithmetic: a bucket of two lets the first two out at once, so `requests` at `rate`
take `(requests - 2) / rate` seconds. The journal's peer writes the same rows one by one, each with its own
flush, to the same disk. Disks have moods, so the rounds are short and interleaved, and the median of the
ratios inside each round counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import statistics
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from operator import truediv
from pathlib import Path
from typing import Any

from aiolimiter import AsyncLimiter

from immich_tui.jobs.commit import connect
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Pool, Slot

TRANSITIONS = 500
ROUNDS = 11
DATA = {"prior": {"isFavorite": False, "rating": None}, "albums": ["a" * 36]}


def rows() -> list[dict[str, Any]]:
    """The measurements, for the table of `make bench`."""
    return [*_limiter(10, 130, 1.01), *_limiter(100, 500, 1.03), *_journal()]


def _limiter(rate: int, requests: int, bar: float) -> list[dict[str, Any]]:
    sent = asyncio.run(_through_the_pool(rate, requests))
    plain = asyncio.run(_through_plain_limiter(rate, 2 * rate))
    took, ideal, busiest = sent[-1] - sent[0], (requests - 2) / rate, _busiest_second(sent)
    return [
        {
            "name": f"{requests} requests with the limiter at {rate}/s",
            "ours": took,
            "peer": ideal,
            "ratio": took / ideal,
            "bar": bar,
            "unit": "s",
            "note": f"{ideal / took:.1%} of the rate used",
        },
        {
            "name": f"most requests in any second at {rate}/s",
            "ours": busiest,
            "peer": rate + 1,
            "ratio": busiest / (rate + 1),
            "bar": 1.0,
            "unit": "requests",
            "note": f"AsyncLimiter({rate}, 1): {_busiest_second(plain)}",
        },
    ]


async def _through_the_pool(rate: float, requests: int) -> list[float]:
    sent: list[float] = []
    pool = Pool(5, rate)

    async def send() -> None:
        sent.append(time.monotonic())
        await asyncio.sleep(0.005)

    async def handle(item: int, slot: Slot) -> None:
        await pool.call(send, slot, repeatable=True)

    await pool.work(range(requests), handle)
    return sent


async def _through_plain_limiter(rate: float, requests: int) -> list[float]:
    sent: list[float] = []
    limiter = AsyncLimiter(rate, 1)
    for _ in range(requests):
        await limiter.acquire()
        sent.append(time.monotonic())
    return sent


def _busiest_second(times: list[float]) -> int:
    return max(bisect_left(times, start + 1) - at for at, start in enumerate(times))


def _journal() -> list[dict[str, Any]]:
    ours: dict[int, list[float]] = {5: [], 50: []}
    flushes: dict[int, float] = {}
    one_by_one: list[float] = []
    lines: list[float] = []
    # Not the system's temporary folder: it may be in memory, where a flush costs nothing.
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        for number in range(ROUNDS):
            one_by_one.append(_one_by_one(Path(folder) / f"plain{number}.db"))
            lines.append(asyncio.run(_grouped_lines(Path(folder) / f"lines{number}", 5)))
            for writers, times in ours.items():
                took, commits = asyncio.run(_grouped(Path(folder) / f"ours{writers}-{number}.db", writers))
                times.append(took)
                flushes[writers] = commits / TRANSITIONS
    peer = statistics.median(one_by_one)
    beside_lines = {
        "name": "durable transition, 5 writers, beside grouped JSON lines",
        "ours": statistics.median(ours[5]) * 1000,
        "peer": statistics.median(lines) * 1000,
        "ratio": statistics.median(map(truediv, ours[5], lines)),
        "bar": 2.0,
        "unit": "ms",
        "note": "the peer has no index, so it finds nothing again",
    }
    return [
        beside_lines,
        *(
            {
                "name": f"durable transition, {writers} writers, beside one by one",
                "ours": statistics.median(times) * 1000,
                "peer": peer * 1000,
                "ratio": statistics.median(map(truediv, times, one_by_one)),
                "bar": 0.6,
                "unit": "ms",
                "note": f"{flushes[writers]:.2f} flushes each",
            }
            for writers, times in ours.items()
        ),
    ]


async def _grouped(path: Path, writers: int) -> tuple[float, int]:
    """Seconds a transition, and the commits all of them took."""
    async with await Journal.open(path) as journal:
        run = await journal.start_run("bench")
        before = journal.cost.commits

        async def write(writer: int) -> None:
            for number in range(TRANSITIONS // writers):
                await journal.outcome(run, "trash", f"{writer}-{number}", "done", DATA)

        took = await _timed(lambda: asyncio.gather(*(write(writer) for writer in range(writers))))
        return took / TRANSITIONS, journal.cost.commits - before


async def _grouped_lines(path: Path, writers: int) -> float:
    """Seconds a transition, as lines of JSON; what waits while a flush is under way shares the next one."""
    loop = asyncio.get_running_loop()
    waiting: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]] | None] = queue.SimpleQueue()

    def answer(batch: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        for _, written in batch:
            written.set_result(None)

    def serve() -> None:
        with path.open("ab", buffering=0) as file:
            while first := waiting.get():
                batch = [first]
                while not waiting.empty() and (more := waiting.get()):
                    batch.append(more)
                file.write(b"".join(line for line, _ in batch))
                os.fdatasync(file.fileno())
                loop.call_soon_threadsafe(answer, batch)

    async def write(writer: int) -> None:
        for number in range(TRANSITIONS // writers):
            entry = ["run", "trash", f"{writer}-{number}", "done", DATA, datetime.now(UTC).isoformat()]
            written = loop.create_future()
            waiting.put((json.dumps(entry).encode() + b"\n", written))
            await written

    thread = threading.Thread(target=serve)
    thread.start()
    took = await _timed(lambda: asyncio.gather(*(write(writer) for writer in range(writers))))
    waiting.put(None)
    thread.join()
    return took / TRANSITIONS


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


def _one_by_one(path: Path) -> float:
    """Seconds a transition, each in a transaction of its own."""
    path.touch()
    db = connect(path)
    db.execute(
        "CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " run TEXT, step TEXT, key TEXT, state TEXT, data TEXT, at TEXT)"
    )
    db.execute("CREATE INDEX newest ON entry (run, step, key, seq)")
    begun = time.perf_counter()
    for number in range(TRANSITIONS):
        db.execute(
            "INSERT INTO entry (run, step, key, state, data, at) VALUES ('run', 'trash', ?, 'done', ?, ?)",
            (str(number), json.dumps(DATA), datetime.now(UTC).isoformat()),
        )
    took = time.perf_counter() - begun
    db.close()
    return took / TRANSITIONS

"""One measurement in a process of its own, so that nothing measured before is in its memory.

`python -m tests.bench.fresh WORK ARGUMENTS` prints what it found as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.listing import Listed, Splitter
from immich_tui.immich.models import Group
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from immich_tui.review.analyze import AnalyzeJob
from immich_tui.review.filters import parse
from immich_tui.review.order import Order, Sorting
from immich_tui.review.outline import in_short
from immich_tui.review.outlooks import Foresight
from immich_tui.review.session import Session
from immich_tui.review.store import Store
from immich_tui.review.stored import Member
from immich_tui.verdict.criteria import file_name_matches
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import Context
from immich_tui.verdict.policy import PRESETS, Policy

CHUNK = 64 * 1024
POLICY = PRESETS["metadata"]
OWN = Policy("own", "By file name", (file_name_matches("_small|-1", True), *POLICY.criteria))
SWITCHED = {
    **{name: PRESETS[name] for name in ("immich", "quality", "lossless")},
    "of one's own, by file name": OWN,
    "metadata": POLICY,
}
"""Policies that are switched to, one after the other."""
CONTEXT = Context(now=datetime.now(UTC))

Found = dict[str, float]


def measured(work: str, *arguments: object) -> Found:
    """Run one piece of work in a fresh process."""
    command = [sys.executable, "-m", "tests.bench.fresh", work, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: Found = json.loads(done.stdout)
    return found


def resident(field: str) -> float:
    """MB of memory by the kernel's count: `VmRSS` now, `VmHWM` at most so far."""
    with Path("/proc/self/status").open() as status:
        line = next(line for line in status if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1024


def _cpu(work: Callable[[], int]) -> Found:
    gc.collect()
    before = resident("VmHWM")
    began = time.process_time()
    groups = work()
    spent = time.process_time() - began
    return {"us": spent / groups * 1e6, "groups": groups, "grown": resident("VmHWM") - before}


def _streamed(path: str, each: Callable[[int, Listed], object]) -> int:
    splitter, number = Splitter(), 0
    with Path(path).open("rb") as body:
        while chunk := body.read(CHUNK):
            for listed in splitter.feed(chunk):
                each(number, listed)
                number += 1
    for listed in splitter.close():
        each(number, listed)
        number += 1
    return number


def parsed(path: str) -> Found:
    """Streamed and validated, group by group."""
    return _cpu(lambda: _streamed(path, lambda number, listed: None))


def judged(path: str) -> Found:
    """Streamed, validated and judged."""

    def each(number: int, listed: Listed) -> None:
        assert isinstance(listed.group, Group)
        judge(listed.group, POLICY, CONTEXT)

    return _cpu(lambda: _streamed(path, each))


def stored(path: str) -> Found:
    """Streamed, validated, judged and stored, all in one thread."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        store = Store.open(Path(folder) / "session.db")
        generation = store.incoming.begin()
        batch: list[Any] = []
        gists: list[bytes] = []
        foresight = Foresight(POLICY, CONTEXT)

        def each(number: int, listed: Listed) -> None:
            group = listed.group
            assert isinstance(group, Group)
            verdict = judge(group, POLICY, CONTEXT)
            short = in_short(number, group, verdict, POLICY)
            batch.append((short, listed.raw, [Member.of(asset) for asset in group.assets]))
            gists.append(foresight.outlook(group, verdict, short))
            if len(batch) == 200:
                store.incoming.add_groups(generation, batch, gists)
                batch.clear()
                gists.clear()

        def work() -> int:
            groups = _streamed(path, each)
            store.incoming.add_groups(generation, batch, gists)
            store.incoming.finish(generation, {})
            return groups

        found = _cpu(work)
        store.close()
        return found


def whole_msgspec(path: str) -> Found:
    """The peer: the same bytes as a whole into typed structures."""
    import msgspec

    from tests.bench.listing import Peer

    body = Path(path).read_bytes()
    decoder = msgspec.json.Decoder(list[Peer])
    return _cpu(lambda: len(decoder.decode(body)))


def whole_json(path: str) -> Found:
    """The same bytes as a whole into dictionaries that nothing has checked."""
    body = Path(path).read_bytes()
    return _cpu(lambda: len(json.loads(body)))


def fetched(url: str, key: str, database: str) -> Found:
    """A whole fetch over a socket into a database, on an event loop that is watched."""

    async def fetch() -> Found:
        store = Store.open(Path(database))
        async with ImmichClient(Connection(f"{url}/api", Secret(key))) as client:
            await client.version()
            gc.collect()
            before = resident("VmRSS")
            began, cpu = time.perf_counter(), time.process_time()
            job = AnalyzeJob.of(client, store, POLICY, CONTEXT)
            (result, stalls) = await _watched(job.run)
            result.check()
            wall, spent = time.perf_counter() - began, time.process_time() - cpu
        store.close()
        groups = job.progress.groups
        return {
            "groups": groups,
            "wall": wall,
            "us": spent / groups * 1e6,
            "grown": resident("VmHWM") - before,
            "stall_ms": max(stalls) * 1000,
        }

    return asyncio.run(fetch())


async def _watched(work: Callable[[], Awaitable[Any]]) -> tuple[Any, list[float]]:
    """Do something, and note by how much a timer of 5 ms came late meanwhile."""
    stalls = [0.0]

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            stalls.append(time.perf_counter() - began - 0.005)

    ticker = asyncio.create_task(tick())
    try:
        return await work(), stalls
    finally:
        ticker.cancel()
        with suppress(asyncio.CancelledError):
            await ticker


def reviewed(database: str) -> Found:
    """Open a session, switch policies, filter and sort, with somebody pressing keys meanwhile."""

    async def review() -> Found:
        gc.collect()
        before = resident("VmRSS")
        began = time.perf_counter()
        session = await Session.open(Store.open(Path(database)), POLICY, CONTEXT)
        found = {"open": time.perf_counter() - began, "groups": len(session.rows)}
        for name, policy in SWITCHED.items():
            keys: list[float] = []
            pressing = asyncio.create_task(_press(session, keys))
            began, cpu = time.perf_counter(), time.process_time()
            effects = 0

            def tell(effect: object) -> None:
                nonlocal effects
                effects += 1

            async def switch(policy: Policy = policy, tell: Callable[[object], None] = tell) -> None:
                await session.apply(await session.weigh(policy, tell))

            _, stalls = await _watched(switch)
            found[f"switch_{name}"] = time.perf_counter() - began
            found[f"cpu_{name}"] = time.process_time() - cpu
            pressing.cancel()
            with suppress(asyncio.CancelledError):
                await pressing
            found[f"key_{name}"] = max(keys, default=0.0)
            found[f"stall_{name}"] = max(stalls)
            found[f"told_{name}"] = effects
        for text in ("tier:doubtful", "flag:gps differs", "size>1MB decided:no", "IMG_00"):
            wanted = parse(text)
            began = time.perf_counter()
            await session.find(wanted, Order())
            found[f"filter {text}"] = time.perf_counter() - began
        for sorting in Sorting:
            began = time.perf_counter()
            await session.find(parse(""), Order(sorting))
            found[f"sort {sorting}"] = time.perf_counter() - began
        found["resident"] = resident("VmRSS")
        found["grown"] = resident("VmRSS") - before
        await session.close()
        return found

    return asyncio.run(review())


def shown(url: str, key: str) -> Found:
    """Resident memory of the whole app with the review of everything on the screen."""
    from immich_tui.config import KeyStore, Paths, load
    from immich_tui.tui.app import ImmichTui
    from tests.tui.stage import review

    async def show(folder: Path) -> Found:
        paths = Paths(**{field.name: folder / field.name for field in fields(Paths)})
        keys = KeyStore(paths.keys, ring=None)
        environ = {"IMMICH_TUI_API_KEY": key}
        app = ImmichTui(lambda: load({"url": url}, environ, paths, keys), keys)
        async with app.run_test(size=(120, 36)) as pilot:
            await review(app, pilot, within=600)
            for _ in range(20):
                await pilot.press("j")
            assert app.session is not None
            gc.collect()
            return {
                "groups": len(app.session.rows),
                "resident": resident("VmRSS"),
                "peak": resident("VmHWM"),
            }

    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        return asyncio.run(show(Path(folder)))


def switched(database: str) -> Found:
    """A switch of policy on the screen and back by `u`: when its effect stands there, and how the keys are.

    While the switch is taken back somebody goes on through the list.
    """
    from immich_tui.tui.screens.policy import PolicyDialog
    from tests.tui.review_library import ReviewApp

    async def switch() -> Found:
        session = await Session.open(Store.open(Path(database)), POLICY, CONTEXT)
        app = ReviewApp(session)
        keys: list[float] = []
        async with app.run_test(size=(120, 36), notifications=True) as pilot:
            await _until(lambda: app.review.groups.row is not None)

            async def there() -> Found:
                began = time.perf_counter()
                await pilot.press("j")
                await _until(
                    lambda: isinstance(app.screen, PolicyDialog) and "quality" in app.screen._weighed
                )
                counted = time.perf_counter() - began
                await pilot.press("enter")
                await _until(lambda: session.policy.name == "quality" and app.screen is app.review)
                return {"effect": counted, "there": time.perf_counter() - began}

            async def back() -> Found:
                began = time.perf_counter()
                _type(app, "u")
                while session.policy.name == "quality" or app.review.switching is not None:
                    await _until_there(app, app.review.groups.cursor + 1, keys)
                return {"back": time.perf_counter() - began}

            await pilot.press("P")
            await _until(lambda: isinstance(app.screen, PolicyDialog))
            await pilot.pause()
            found, late = await _watched(there)
            undone, late_back = await _watched(back)
        await session.close()
        assert session.policy.name == POLICY.name
        return {
            **found,
            **undone,
            "stall": max(late),
            "stall_back": max(late_back),
            "keys": len(keys),
            "key": max(keys, default=0.0),
        }

    return asyncio.run(switch())


def _type(app: Any, key: str) -> None:
    from textual.events import Key

    app.post_message(Key(key, key))


async def _until_there(app: Any, place: int, took: list[float]) -> None:
    """Press `j`, wait until the cursor is at its place, and note how long that took."""
    began = time.perf_counter()
    _type(app, "j")
    await _until(lambda: app.review.groups.cursor == place)
    took.append(time.perf_counter() - began)
    await asyncio.sleep(0.05)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.002)


async def _press(session: Session, took: list[float]) -> None:
    """Decide a group again and again, as a person would, and note how long each takes."""
    for row in session.rows:
        await asyncio.sleep(0.15)
        began = time.perf_counter()
        await session.skip(row.group_id)
        took.append(time.perf_counter() - began)
        await session.undo()


WORK: dict[str, Callable[..., Found]] = {
    work.__name__: work
    for work in (parsed, judged, stored, whole_msgspec, whole_json, fetched, reviewed, switched, shown)
}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](*sys.argv[2:])))

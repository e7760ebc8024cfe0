"""From 2,000 to 100,000 groups: what reading, judging, storing, opening, re-judging and finding take.

Every figure comes from a process of its own. Listings are the demo server's, which sends what recorded
servers send (about 1,450 bytes an asset). `BENCH_GROUPS` lowers the largest size for a quick look.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.fresh import SWITCHED, Found, measured

LARGEST = int(os.environ.get("BENCH_GROUPS", "100000"))
SIZES = tuple(size for size in (2_000, 20_000, 100_000) if size <= LARGEST)
ROUNDS = {2_000: 7, 20_000: 3, 100_000: 2}
BARS = {2_000: 5.0, 100_000: 3.0}
"""CPU of streaming and judging, in multiples of the typed decoder's, which its collector slows when large."""

GROWS = 1.3
FLAT_MB = 60.0
RESIDENT_MB = 250.0
LATE_MS = 50.0
FIELDS = ("parsed", "judged", "stored", "whole_msgspec", "whole_json")

Row = dict[str, Any]
Limited = Callable[..., Row]


def rows() -> Iterator[Row]:
    """The measurements, for the table of `make bench`."""
    costs: dict[int, dict[str, float]] = {}
    fetches: dict[int, Found] = {}
    # Not the system's temporary folder: it may be in memory, where a flush costs nothing.
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as name:
        folder = Path(name)
        for size in SIZES:
            database = folder / f"{size}.db"
            with _demo(size) as (url, key):
                body = folder / "body.json"
                _download(url, key, body)
                fetches[size] = measured("fetched", url, key, database)
                if size == SIZES[-1]:
                    app = measured("shown", url, key)
            costs[size] = _costs(body, ROUNDS[size])
            yield from _reading(size, costs[size])
            yield from _fetching(size, fetches[size])
        if len(SIZES) > 1:
            yield from _growth(costs, fetches)
        yield from _reviewing(SIZES[-1], measured("reviewed", database))
        yield from _switching(SIZES[-1], measured("switched", database))
        yield {
            "name": f"{SIZES[-1]:,} groups: resident memory of the app, the review on its screen",
            "ours": app["resident"],
            "peer": RESIDENT_MB,
            "ratio": app["resident"] / RESIDENT_MB,
            "bar": 1.0,
            "unit": "MB",
            "note": f"beside the limit; {app['peak']:.0f} MB at most, while fetching",
        }


@contextmanager
def _demo(groups: int) -> Iterator[tuple[str, str]]:
    command = [sys.executable, "-u", "-m", "immich_tui.demo", "--groups", str(groups)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        key = server.stdout.readline().split()[-1]
        try:
            yield url, key
        finally:
            server.terminate()


def _download(url: str, key: str, path: Path) -> None:
    request = urllib.request.Request(f"{url}/api/duplicates", headers={"x-api-key": key})
    with urllib.request.urlopen(request) as answer, path.open("wb") as body:
        while chunk := answer.read(1 << 20):
            body.write(chunk)


def _costs(body: Path, rounds: int) -> dict[str, float]:
    """CPU microseconds a group of each way, medians of interleaved rounds; and ratios to the peers'."""
    found: dict[str, list[Found]] = {work: [] for work in FIELDS}
    for _ in range(rounds):
        for work, results in found.items():
            results.append(measured(work, body))
    costs = {work: statistics.median(each["us"] for each in results) for work, results in found.items()}
    pairs = zip(found["judged"], found["whole_msgspec"], strict=True)
    costs["ratio"] = statistics.median(ours["us"] / peer["us"] for ours, peer in pairs)
    pairs = zip(found["judged"], found["whole_json"], strict=True)
    costs["ratio_json"] = statistics.median(ours["us"] / peer["us"] for ours, peer in pairs)
    for work in ("judged", "whole_msgspec"):
        costs[f"{work}_mb"] = max(each["grown"] for each in found[work])
    return costs


def _reading(size: int, cost: dict[str, float]) -> Iterator[Row]:
    def row(name: str, ours: float, peer: float | None, ratio: float | None, bar: float | None) -> Row:
        return {
            "name": f"{size:,} groups: {name}",
            "ours": ours,
            "peer": peer,
            "ratio": ratio,
            "bar": bar,
            "unit": "us/group",
        }

    yield row(
        "stream and judge / msgspec", cost["judged"], cost["whole_msgspec"], cost["ratio"], BARS.get(size)
    )
    yield row("stream and judge / json.loads", cost["judged"], cost["whole_json"], cost["ratio_json"], None)
    yield row("of that, stream and validate", cost["parsed"], None, None, None)
    yield row("of that, judge", cost["judged"] - cost["parsed"], None, None, None)
    yield row("store, besides", cost["stored"] - cost["judged"], None, None, None)


def _fetching(size: int, fetch: Found) -> Iterator[Row]:
    yield {
        "name": f"{size:,} groups: peak memory of a fetch, over the start",
        "ours": fetch["grown"],
        "peer": FLAT_MB,
        "ratio": fetch["grown"] / FLAT_MB,
        "bar": 1.0,
        "unit": "MB",
        "note": "beside the limit",
    }
    yield {
        "name": f"{size:,} groups: fetch over a socket, to the end",
        "ours": fetch["wall"],
        "peer": None,
        "ratio": None,
        "bar": None,
        "unit": "s",
        "note": f"{fetch['us']:.0f} us CPU a group; the loop was late by {fetch['stall_ms']:.0f} ms at most",
    }


def _growth(costs: dict[int, dict[str, float]], fetches: dict[int, Found]) -> Iterator[Row]:
    """Cost per group at the largest size beside that at the smallest."""
    small, large = SIZES[0], SIZES[-1]
    works = {
        "stream and judge": {size: cost["judged"] for size, cost in costs.items()},
        "store, besides": {size: cost["stored"] - cost["judged"] for size, cost in costs.items()},
        "whole fetch, CPU": {size: fetch["us"] for size, fetch in fetches.items()},
    }
    for name, by_size in works.items():
        yield {
            "name": f"cost per group, {large:,} beside {small:,}: {name}",
            "ours": by_size[large],
            "peer": by_size[small],
            "ratio": by_size[large] / by_size[small],
            "bar": GROWS,
            "unit": "us/group",
            "note": ", ".join(f"{size:,}: {cost:.0f}" for size, cost in by_size.items()),
        }


def _limits(size: int) -> Limited:
    def limited(name: str, ours: float, limit: float, unit: str, note: str = "") -> Row:
        return {
            "name": f"{size:,} groups: {name}",
            "ours": ours,
            "peer": limit,
            "ratio": ours / limit,
            "bar": 1.0,
            "unit": unit,
            "note": f"beside the limit{note}",
        }

    return limited


def _switching(size: int, found: Found) -> Iterator[Row]:
    """A switch of policy on the screen, and back by `u` while somebody goes on through the list."""
    limited = _limits(size)
    note = f"; applied and painted after {found['there']:.1f} s"
    yield limited("effect of a policy stands on the screen", found["effect"], 5.0, "s", note)
    note = f", with {found['keys']:.0f} keys meanwhile"
    yield limited("the switch taken back by u", found["back"], 5.0, "s", note)
    yield limited("a key while a switch is taken back, slowest", found["key"] * 1000, 200.0, "ms")
    late = max(found["stall"], found["stall_back"]) * 1000
    yield limited("the loop late on the screen meanwhile, at most", late, LATE_MS, "ms")


def _reviewing(size: int, found: Found) -> Iterator[Row]:
    limited = _limits(size)
    yield limited("open a session that was fetched", found["open"], 1.5, "s")
    late = 0.0
    for name in SWITCHED:
        told, late = found[f"told_{name}"], max(late, found[f"stall_{name}"] * 1000)
        note = f", {found[f'cpu_{name}']:.1f} s of CPU; told {told:.0f} times"
        yield limited(f"switch to the policy {name}", found[f"switch_{name}"], 5.0, "s", note)
    slowest = max(value for key, value in found.items() if key.startswith("key_"))
    yield limited("a decision while a policy is switched, slowest", slowest * 1000, 200.0, "ms")
    yield limited("the loop late while a policy is switched, at most", late, LATE_MS, "ms")
    for kind in ("filter", "sort"):
        took = {key: value for key, value in found.items() if key.startswith(f"{kind} ")}
        worst = max(took, key=lambda key: took[key])
        yield limited(f"{kind}, slowest of {len(took)}", took[worst] * 1000, 300.0, "ms", f"; {worst}")
    yield limited("resident memory of the session alone", found["resident"], RESIDENT_MB, "MB")

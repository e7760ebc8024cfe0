"""Carrying a plan out, beside the shell that does the same with curl, sha1sum and jq on the same server.

Ours hashes while receiving, forces every file and its folder to disk, writes manifest and journal, looks
again before every delete and confirms it after; the peers write files and hash them afterwards. Rounds of
ours and theirs alternate, and the median of the ratios inside the rounds counts.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import os
import resource
import shutil
import subprocess
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import truediv
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter
from typing import Any

import pytest

from immich_tui.execution.backup.phase import BackupPhase
from immich_tui.execution.resolve import ResolveJob
from immich_tui.immich.wire import Wire
from immich_tui.jobs.processor import Processor
from tests.bench.machine import idle_loops
from tests.bench.server import Address, served
from tests.bench.watch import Watched, watched
from tests.workbench import Workbench, workbench

ROUNDS = 3
FILES_GROUPS, FILES_SIZE = 1778, 4_350_000
"""Groups of which 2,001 files are backed up, 3 MB on average."""

BIG = 1_000_000_000
RESOLVED, RESOLVED_SIZE = 2000, 430_000
"""Groups that are resolved from end to end; their losers have 300 kB on average, less than photos have: what
each costs besides its bytes weighs most then."""

Row = dict[str, Any]


def rows() -> list[Row]:
    """The measurements of this module."""
    return [
        *asyncio.run(_many_files()),
        *asyncio.run(_one_big_file()),
        *asyncio.run(_from_end_to_end(RESOLVED_SIZE, ROUNDS)),
        *asyncio.run(_from_end_to_end(FILES_SIZE, 1))[:1],
        *asyncio.run(_at_a_rate(10, 60)),
        *asyncio.run(_at_a_rate(100, 400, ROUNDS)),
    ]


# Backing up


async def _many_files() -> list[Row]:
    ours: list[Watched] = []
    peers: list[float] = []
    shell: list[float] = []
    flushes = groups = 0
    total = 0
    with served(FILES_GROUPS, FILES_SIZE) as address, _folder() as folder:
        async with workbench(address, folder) as bench:  # type: ignore[arg-type]
            losers = await _losers(bench)
            ceiling = await asyncio.to_thread(_download, address, losers, None)
            for _ in range(ROUNDS):
                seen, total, commits = await _backed_up(bench)
                ours.append(seen)
                flushes, groups = seen.fsyncs + commits, FILES_GROUPS
                before = _children_cpu()
                peers.append(await asyncio.to_thread(_download_and_check, address, losers, folder / "peer"))
                shell.append(_children_cpu() - before)
    seconds = [seen.seconds for seen in ours]
    mb = total / 1e6
    cpu = [seen.cpu for seen in ours]
    return [
        {
            "name": "what the server can give (curl to nowhere)",
            "ours": mb / ceiling,
            "unit": "MB/s",
        },
        {
            "name": f"back up {len(losers):,} files, {mb:,.0f} MB, vs curl + sha1sum",
            "ours": median(seconds),
            "peer": median(peers),
            "unit": "s",
            "ratio": median(map(truediv, seconds, peers)),
            "bar": 0.9,
            "note": f"{mb / median(seconds):.0f} against {mb / median(peers):.0f} MB/s, median of {ROUNDS}",
        },
        {
            "name": "the same in CPU time",
            "ours": median(cpu),
            "peer": median(shell),
            "unit": "s",
            "ratio": median(map(truediv, cpu, shell)),
        },
        _stall_row("while files of 3 MB come", ours),
        _memory_row("while files of 3 MB come", ours),
        {
            "name": "flushes to disk while backing up, for each group",
            "ours": flushes / groups,
            "unit": "flushes",
            "note": "files, folder, manifest and journal",
        },
    ]


async def _one_big_file() -> list[Row]:
    ours: list[Watched] = []
    peers: list[float] = []
    total = 0
    with served(1, BIG) as address, _folder() as folder:
        async with workbench(address, folder) as bench:  # type: ignore[arg-type]
            losers = await _losers(bench)
            for _ in range(ROUNDS):
                seen, total, _ = await _backed_up(bench)
                ours.append(seen)
                peers.append(await asyncio.to_thread(_download, address, losers, folder / "peer"))
    speed = [total / seen.seconds / 1e6 for seen in ours]
    curl = [total / seconds / 1e6 for seconds in peers]
    return [
        {
            "name": f"back up one file of {total / 1e6:,.0f} MB: curl's speed by ours",
            "ours": median(speed),
            "peer": median(curl),
            "unit": "MB/s",
            "ratio": median(map(truediv, curl, speed)),
            "bar": 1 / 0.7,
            "note": "curl neither hashes nor forces to disk",
        },
        _stall_row("while one large file comes", ours),
        _memory_row("while one large file comes", ours),
    ]


async def _backed_up(bench: Workbench) -> tuple[Watched, int, int]:
    """The backup phase alone: what was seen, bytes, and commits of the journal."""
    job = await bench.job()
    run = job._run  # the phase is measured by itself
    await job._begin()
    commits = run.journal.cost.commits
    # As a whole run does: the collector leaves alone what was there before.
    gc.freeze()
    try:
        async with watched() as seen:
            result = await Processor(run.journal, run.id, [BackupPhase()], run).run()
    finally:
        gc.unfreeze()
    assert result.state == "done", result.reason
    total = sum(int(str(record["size"])) for record in run.backups.values())
    await asyncio.to_thread(shutil.rmtree, run.folder)
    return seen, total, run.journal.cost.commits - commits


# From end to end


async def _from_end_to_end(size: int, rounds: int) -> list[Row]:
    ours: list[float] = []
    peers: list[float] = []
    shell: list[float] = []
    stalls: list[Watched] = []
    requests = losers = flushes = carried = total = 0
    # Nothing is deleted before the end: for a minute after thousands of files were, ext4 takes twenty times
    # as long to make a new one.
    with _folder() as kept:
        for number in range(rounds):
            folder = kept / f"ours-{number}"
            folder.mkdir()
            with served(RESOLVED, size) as address:
                async with workbench(address, folder) as bench:  # type: ignore[arg-type]
                    await bench.accept_everything()
                    job = await bench.job()
                    before = len(address.times())
                    commits = bench.journal.cost.commits
                    async with watched() as seen:
                        report = await job.run()
                    assert report.state == "done", report.reason
                    requests = len(address.times()) - before
                    total = report.backed_up_bytes
                    losers, carried = report.trashed, sum(bool(group.carried) for group in report.groups)
                    flushes = seen.fsyncs + bench.journal.cost.commits - commits
                    ours.append(seen.seconds)
                    stalls.append(seen)
            folder = kept / f"peer-{number}"
            with served(RESOLVED, size) as address, idle_loops():
                before_cpu = _children_cpu()
                peers.append(await asyncio.to_thread(_script, address, folder))
                shell.append(_children_cpu() - before_cpu)
    bar = 1.05 * losers + 3 * RESOLVED + 50
    return [
        {
            "name": f"resolve {RESOLVED:,} groups, {total / 1e6:,.0f} MB to back up, vs bash, curl, sha1sum",
            "ours": median(ours),
            "peer": median(peers),
            "unit": "s",
            "ratio": median(map(truediv, ours, peers)),
            "bar": 1.6,
            "note": f"{losers:,} losers; {carried} groups carried something; median of {rounds}",
        },
        {
            "name": f"requests of that run vs 1.05 x {losers:,} + 3 x {RESOLVED:,} + 50",
            "ours": requests,
            "peer": bar,
            "unit": "requests",
            "ratio": requests / bar,
            "bar": 1.0,
        },
        {
            "name": "flushes to disk of that run, for each group",
            "ours": flushes / RESOLVED,
            "unit": "flushes",
            "note": "files, folder, manifest and journal",
        },
        {
            "name": "CPU time of that run (the script's curl and sha1sum beside it)",
            "ours": median(seen.cpu for seen in stalls),
            "peer": median(shell),
            "unit": "s",
            "ratio": median(map(truediv, [seen.cpu for seen in stalls], shell)),
        },
        _stall_row("while that run works", stalls),
        _memory_row("while that run works", stalls),
    ]


_SCRIPT = r"""
set -euo pipefail
cd "$FOLDER"
curl -sf -H "x-api-key: $KEY" "$URL/api/duplicates" > groups.json
jq -r '.[] | .suggestedKeepAssetIds[0] as $k | .assets[] | select(.id != $k) | "\(.id) \(.checksum)"' \
  groups.json > losers
echo "header = \"x-api-key: $KEY\"" > conf
while read -r id sum; do
  printf 'url = "%s/api/assets/%s/original"\noutput = "%s"\n' "$URL" "$id" "$id"
done < losers >> conf
curl -s --fail --parallel --parallel-max 5 --config conf 2>/dev/null
cut -d' ' -f2 losers | base64 -d | od -An -v -tx1 -w20 | tr -d ' ' > sums
paste -d' ' sums <(cut -d' ' -f1 losers | sed 's/^/ /') > check
sha1sum --check --quiet check
cut -d' ' -f1 losers | split -l 100 - batch.
for batch in batch.*; do
  jq -R . "$batch" | jq -s '{ids: .}' |
    curl -sf -X DELETE -H "x-api-key: $KEY" -H 'content-type: application/json' -d @- "$URL/api/assets"
done
"""


def _script(address: Address, folder: Path) -> float:
    """Seconds of the shell for listing, download, check and delete; the folder is made for it."""
    folder.mkdir()
    values = {**os.environ, "FOLDER": str(folder), "URL": address.url, "KEY": address.key}
    started = perf_counter()
    subprocess.run(["bash", "-c", _SCRIPT], check=True, env=values)
    return perf_counter() - started


# At a rate


async def _at_a_rate(rate: int, groups: int, rounds: int = 1) -> list[Row]:
    runs = [await _once_at_a_rate(rate, groups) for _ in range(rounds)]
    count = len(runs[0].sent)
    ideal = (count - 2) / rate
    seconds = median(run.seconds for run in runs)
    used = median((count - 2) / (run.sent[-1] - run.sent[0]) / rate for run in runs)
    busiest = max(_busiest_second(run.sent) for run in runs)
    at_server = max(_busiest_second(run.came) for run in runs)
    return [
        {
            "name": f"resolve {groups} groups, {count} requests, at {rate}/s",
            "ours": seconds,
            "peer": ideal,
            "unit": "s",
            "ratio": seconds / ideal,
            "bar": 1.03,
            "note": f"{used:.1%} of the rate used" + (f", median of {rounds}" if rounds > 1 else ""),
        },
        {
            "name": f"most requests in any second of that run at {rate}/s",
            "ours": busiest,
            "peer": rate + 1,
            "unit": "requests",
            "ratio": busiest / (rate + 1),
            "bar": 1.0,
            "note": f"the server read {at_server} of them in one second",
        },
    ]


@dataclass(frozen=True)
class _AtARate:
    """A run at a rate: its length, when each request went out, and when the server read each."""

    seconds: float
    sent: list[float]
    came: list[float]


async def _once_at_a_rate(rate: int, groups: int) -> _AtARate:
    with served(groups, 60_000) as address, _folder() as folder:
        async with workbench(address, folder) as bench:  # type: ignore[arg-type]
            await bench.accept_everything()
            job = await ResolveJob.of(
                bench.client, bench.capabilities, bench.session, bench.journal, bench.settings(), rate=rate
            )
            before = len(address.times())
            with _sent() as times:
                async with watched() as seen:
                    report = await job.run()
            assert report.state == "done", report.reason
            came = address.times()[before:]
            assert len(came) == len(times), f"{len(came)} came of {len(times)} that were sent"
            return _AtARate(seen.seconds, times, came)


@contextmanager
def _sent() -> Iterator[list[float]]:
    """When each request goes out, at our end: on the way to a busy server distances shrink and grow."""
    times: list[float] = []
    real = Wire._opened

    async def noted(self: Wire, send: Any, path: str, **how: Any) -> Any:
        times.append(monotonic())
        return await real(self, send, path, **how)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Wire, "_opened", noted)
        yield times


def _busiest_second(times: list[float]) -> int:
    return max(bisect_left(times, start + 1) - at for at, start in enumerate(times))


# Tools


def _stall_row(when: str, seen: list[Watched]) -> Row:
    """The worst of all rounds; what the machine did to an idle loop at the same moment is not counted."""
    worst = max(one.longest_of_ours for one in seen) * 1000
    raw = max(one.longest_stall for one in seen) * 1000
    idle = max(one.machine.longest for one in seen) * 1000
    with_all = f"{raw:.0f} with the machine's own, of which an idle loop had {idle:.0f}"
    return {
        "name": f"longest stall of the loop {when}",
        "ours": worst,
        "peer": 50.0,
        "unit": "ms",
        "ratio": worst / 50,
        "bar": 1.0,
        "note": f"{with_all if all(one.machine.known for one in seen) else 'the machine not told apart'};"
        f" 99 of 100 below {max(one.usual_stall for one in seen) * 1000:.1f}",
    }


def _memory_row(when: str, seen: list[Watched]) -> Row:
    grown = max(one.grown for one in seen) / 2**20
    return {
        "name": f"memory grown {when}",
        "ours": grown,
        "peer": 32.0,
        "unit": "MiB",
        "ratio": grown / 32,
        "bar": 1.0,
    }


async def _losers(bench: Workbench) -> list[tuple[str, str]]:
    """Ids and checksums of all that is to be backed up when everything is accepted."""
    await bench.accept_everything()
    found = []
    for decision in bench.session.decided():
        assert decision.choice
        group = await bench.session.store.in_thread(bench.session.store.fetched.group, decision.group_id)
        found += [(one, str(group.asset(one).checksum)) for one in decision.choice.trash]
    return found


def _download(address: Address, losers: list[tuple[str, str]], folder: Path | None) -> float:
    """Seconds of curl for all files."""
    return _in_shell(address, losers, folder, lambda place: None)


def _download_and_check(address: Address, losers: list[tuple[str, str]], folder: Path) -> float:
    """Seconds of curl for all files, then sha1sum over them."""

    def check(place: Path) -> None:
        subprocess.run(["sha1sum", "--check", "--quiet", str(place / "sums")], check=True)

    return _in_shell(address, losers, folder, check)


def _in_shell(
    address: Address, losers: list[tuple[str, str]], folder: Path | None, then: Callable[[Path], None]
) -> float:
    with tempfile.TemporaryDirectory() as name:
        place = folder or Path(name)
        place.mkdir(exist_ok=True)
        config = place / "curl.conf"
        lines = [f'header = "x-api-key: {address.key}"', "silent", "fail"]
        for one, _ in losers:
            output = place / one if folder else "/dev/null"
            lines += [f'url = "{address.url}/api/assets/{one}/original"', f'output = "{output}"']
        config.write_text("\n".join(lines) + "\n")
        (place / "sums").write_text(
            "".join(f"{base64.b64decode(checksum).hex()}  {place}/{one}\n" for one, checksum in losers)
        )
        curl = ["curl", "--parallel", "--parallel-max", "5", "--config", str(config)]
        started = perf_counter()
        subprocess.run(curl, check=True, stderr=subprocess.DEVNULL)
        then(place)
        seconds = perf_counter() - started
        if folder:
            shutil.rmtree(folder)
    return seconds


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _folder(tempfile.TemporaryDirectory[str]):  # noqa: N801 - used as a function
    """A folder on the disk of the working tree: the system's temporary one may be in memory."""

    def __init__(self) -> None:
        super().__init__(dir=".", prefix=".bench-")

    def __enter__(self) -> Path:  # type: ignore[override]  # a path is handier than its name
        return Path(super().__enter__()).absolute()

"""Backing up originals beside `curl --parallel` plus `sha1sum -c` on the same files from the same server.

Ours hashes while receiving, forces every file and its folder to disk, writes manifest and journal; the peer
writes files and hashes them afterwards.
"""

from __future__ import annotations

import asyncio
import base64
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from immich_tui.execution.backup import BackupPhase
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from immich_tui.jobs.processor import Processor
from tests.workbench import Workbench, workbench

ROUNDS = 3
GROUPS, SIZE = 200, 3_000_000

_SERVE = """
import sys
from immich_tui.demo.server import DemoServer
with DemoServer(groups=int(sys.argv[1]), file_size=int(sys.argv[2])) as server:
    print(server.url, server.key, flush=True)
    sys.stdin.read()
"""


@dataclass
class Address:
    """Where a server in another process listens."""

    url: str
    key: str


@contextmanager
def served(groups: int, size: int) -> Iterator[Address]:
    """A demo server in a process of its own, so that it does not share our interpreter."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(groups), str(size)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    url, key = process.stdout.readline().split()
    try:
        yield Address(url, key)
    finally:
        process.kill()
        process.wait()


async def _ours(bench: Workbench) -> tuple[float, int]:
    """Seconds and bytes of the backup phase alone."""
    job = await bench.job()
    run = job._run  # the phase is measured by itself
    await job._begin()
    started = perf_counter()
    result = await Processor(run.journal, run.id, [BackupPhase()], run).run()
    seconds = perf_counter() - started
    assert result.state == "done", result.reason
    total = sum(int(str(record["size"])) for record in run.backups.values())
    shutil.rmtree(run.folder)
    return seconds, total


def _peer(address: Address, losers: list[tuple[str, str]], folder: Path) -> float:
    """Seconds of curl for all files, then sha1sum over them."""
    folder.mkdir()
    config = folder / "curl.conf"
    sums = folder / "sums"
    config.write_text(
        f'header = "x-api-key: {address.key}"\nsilent\nfail\n'
        + "".join(
            f'url = "{address.url}/api/assets/{i}/original"\noutput = "{folder}/{i}"\n' for i, _ in losers
        )
    )
    sums.write_text("".join(f"{base64.b64decode(c).hex()}  {folder}/{i}\n" for i, c in losers))
    started = perf_counter()
    subprocess.run(["curl", "--parallel", "--parallel-max", "5", "--config", str(config)], check=True)
    subprocess.run(["sha1sum", "--check", "--quiet", str(sums)], check=True)
    seconds = perf_counter() - started
    shutil.rmtree(folder)
    return seconds


async def _measure() -> list[dict[str, Any]]:
    ours: list[float] = []
    peers: list[float] = []
    total = 0
    with served(GROUPS, SIZE) as address, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with workbench(address, folder) as bench:  # type: ignore[arg-type]
            await bench.accept_everything()
            losers = []
            for decision in bench.session.decided():
                assert decision.choice
                group = await bench.session.store.in_thread(bench.session.store.group, decision.group_id)
                losers += [(i, str(group.asset(i).checksum)) for i in decision.choice.trash]
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for _ in range(ROUNDS):
                seconds, total = await _ours(bench)
                ours.append(seconds)
                peers.append(await asyncio.to_thread(_peer, address, losers, folder / "peer"))
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            range_s = await _first_byte(address, losers[0][0])
    files = len(losers)
    mb = total / 1e6
    ratios = [a / b for a, b in zip(ours, peers, strict=True)]
    return [
        {
            "name": f"back up {files} files, {mb:,.0f} MB, vs curl + sha1sum",
            "ours": median(ours),
            "peer": median(peers),
            "unit": "s",
            "ratio": median(ratios),
            "bar": 0.9,
            "note": f"{mb / median(ours):.0f} against {mb / median(peers):.0f} MB/s, median of {ROUNDS}",
        },
        {
            "name": "memory grown while backing up",
            "ours": grown,
            "peer": 32.0,
            "unit": "MiB",
            "ratio": grown / 32,
            "bar": 1.0,
        },
        {"name": "asking for a keeper's original", "ours": range_s * 1000, "unit": "ms"},
    ]


async def _first_byte(address: Address, asset_id: str) -> float:
    async with ImmichClient(Connection(f"{address.url}/api", Secret(address.key))) as client:
        await client.original_size(asset_id)
        started = perf_counter()
        await client.original_size(asset_id)
        return perf_counter() - started


def rows() -> list[dict[str, Any]]:
    """The measurements of this module."""
    return asyncio.run(_measure())

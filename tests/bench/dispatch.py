"""Backups that do not come through this process: from a mapped folder, and by an aria2 daemon.

The peers are what people use by hand: `cp --reflink=auto` followed by `sha1sum`, and `aria2c -j5 -i` with the
checksums in its list. Ours forces every file to disk and writes manifest and journal besides; they do not.
`BENCH_DISPATCH_GROUPS` measures with fewer groups than the 1,778 that lose 2,001 files of 3 MB on average.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from operator import truediv
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from immich_tui.execution.backup.phase import BackupPhase
from immich_tui.execution.transfer.settings import Transfer
from immich_tui.immich.models import Asset
from immich_tui.jobs.processor import Processor
from tests.aria2_daemon import aria2
from tests.bench.resolve import _folder
from tests.bench.server import Address, served
from tests.bench.watch import watched
from tests.workbench import Workbench, workbench

ROUNDS = 3
GROUPS, SIZE = int(os.environ.get("BENCH_DISPATCH_GROUPS", "1778")), 4_350_000

Row = dict[str, Any]


def rows() -> list[Row]:
    """The measurements of this module."""
    return asyncio.run(_both())


@dataclass(frozen=True, slots=True)
class _File:
    """A file to back up, and where a mapped folder has it."""

    asset: Asset
    place: Path

    @property
    def sha1(self) -> str:
        return base64.b64decode(self.asset.checksum or "").hex()


async def _both() -> list[Row]:
    lacking = shutil.which("aria2c") is None
    mount: list[tuple[float, float]] = []
    fetch: list[tuple[float, float]] = []
    with served(GROUPS, SIZE) as address, _folder() as folder:
        async with workbench(address, folder) as bench:  # type: ignore[arg-type]  # an address is enough
            files = await _files(bench, folder / "mounted")
            await asyncio.to_thread(_mount, address, files)
            mapped = {
                root: folder / "mounted" / root.strip("/") for root in {_root(one.asset) for one in files}
            }
            for _ in range(ROUNDS):
                ours = await _backed_up(bench, Transfer(mapped, http=False))
                mount.append((ours, await asyncio.to_thread(_copy_and_check, files, folder / "peer")))
            if not lacking:
                with aria2(folder / "backups", "--max-concurrent-downloads=5") as daemon:
                    ways = Transfer(aria2=daemon.setup(shared=True), http=False)
                    for _ in range(ROUNDS):
                        ours = await _backed_up(bench, ways)
                        fetch.append(
                            (ours, await asyncio.to_thread(_by_list, address, files, folder / "peer"))
                        )
    mb = sum(one.asset.size or 0 for one in files) / 1e6
    what = f"back up {len(files):,} files, {mb:,.0f} MB,"
    return [
        _row(f"{what} by mount vs cp --reflink=auto + sha1sum", mount, mb),
        _row(f"{what} by aria2 vs aria2c -j5 -i", fetch, mb)
        if fetch
        else {"name": f"{what} by aria2", "ours": None, "unit": "s", "note": "aria2c is not installed"},
    ]


def _row(name: str, times: Sequence[tuple[float, float]], mb: float) -> Row:
    ours, peers = [pair[0] for pair in times], [pair[1] for pair in times]
    return {
        "name": name,
        "ours": median(ours),
        "peer": median(peers),
        "unit": "s",
        "ratio": median(map(truediv, ours, peers)),
        "note": f"{mb / median(ours):.0f} against {mb / median(peers):.0f} MB/s, median of {len(times)}",
    }


async def _files(bench: Workbench, mounted: Path) -> list[_File]:
    """All that is to be backed up when everything is accepted."""
    await bench.accept_everything()
    found: list[_File] = []
    for decision in bench.session.decided():
        assert decision.choice
        group = await bench.session.store.in_thread(bench.session.store.fetched.group, decision.group_id)
        losers = map(group.asset, decision.choice.trash)
        found += [_File(asset, mounted / asset.original_path.strip("/")) for asset in losers]
    return found


def _root(asset: Asset) -> str:
    return str(Path(*Path(asset.original_path).parts[:2]))


def _mount(address: Address, files: Sequence[_File]) -> None:
    """Put the originals where a mounted library would have them."""
    config = [f'header = "x-api-key: {address.key}"', "silent", "fail", "create-dirs"]
    for one in files:
        config += [f'url = "{address.url}/api/assets/{one.asset.id}/original"', f'output = "{one.place}"']
    curl = ["curl", "--parallel", "--parallel-max", "5", "--config", "-"]
    subprocess.run(curl, input="\n".join(config), text=True, check=True, stderr=subprocess.DEVNULL)


async def _backed_up(bench: Workbench, transfer: Transfer) -> float:
    """Seconds of the backup phase alone; nothing of it is left."""
    job = await bench.job(transfer=transfer)
    run = job._run  # the phase is measured by itself
    await job._begin()
    async with watched() as seen:
        result = await Processor(run.journal, run.id, [BackupPhase()], run).run()
    assert (result.state, [one.held for one in run.groups.values() if one.held]) == ("done", []), (
        result.reason
    )
    await asyncio.to_thread(shutil.rmtree, run.folder)
    return seen.seconds


def _copy_and_check(files: Sequence[_File], folder: Path) -> float:
    """Seconds of cp for all files, then sha1sum over the copies."""
    folder.mkdir()
    started = perf_counter()
    for start in range(0, len(files), 500):
        places = [str(one.place) for one in files[start : start + 500]]
        subprocess.run(["cp", "--reflink=auto", "--target-directory", str(folder), *places], check=True)
    _check(files, folder, [one.place.name for one in files])
    seconds = perf_counter() - started
    shutil.rmtree(folder)
    return seconds


def _check(files: Sequence[_File], folder: Path, names: Sequence[str]) -> None:
    sums = "".join(f"{one.sha1}  {folder / name}\n" for one, name in zip(files, names, strict=True))
    subprocess.run(["sha1sum", "--check", "--quiet", "-"], input=sums, text=True, check=True)


def _by_list(address: Address, files: Sequence[_File], folder: Path) -> float:
    """Seconds of aria2c for the same list, with checksums."""
    folder.mkdir()
    lines = []
    for one in files:
        lines.append(f"{address.url}/api/assets/{one.asset.id}/original")
        lines += [
            f"  out={one.asset.id}",
            f"  checksum=sha-1={one.sha1}",
            f"  header=x-api-key: {address.key}",
        ]
    command = [
        "aria2c",
        "--no-conf",
        "--quiet",
        "-j5",
        "-i",
        "-",
        f"--dir={folder}",
        "--file-allocation=none",
    ]
    started = perf_counter()
    subprocess.run(command, input="\n".join(lines) + "\n", text=True, check=True)
    seconds = perf_counter() - started
    assert len(list(folder.iterdir())) == len(files)
    shutil.rmtree(folder)
    return seconds

"""kill -9 at any moment loses neither a file nor a record, and resuming finishes the job."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from immich_tui.demo.server import DemoServer
from immich_tui.execution.manifest import read_manifest
from immich_tui.jobs.progress import Status
from tests.shelf import Shelf
from tests.workbench import Workbench, reopened

# The moment is given as a call that the server has answered so many times, from the first carried value to
# the last group that is closed.
MOMENTS = [
    ("PUT", "/api/assets/", 1),
    ("PUT", "/api/assets/", 2),
    ("GET", "/original", 3),
    ("GET", "/original", 7),
    ("DELETE", "/api/assets", 1),
    ("PUT", "/api/assets", 1),
]


def kill_at(server: DemoServer, folder: Path, method: str, path: str, times: int) -> bool:
    """Start the child and kill it at the moment; whether it was still alive then."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.child", server.url, server.key, str(folder)],
        stdout=subprocess.DEVNULL,
    )
    give_up = monotonic() + 120
    try:
        while child.poll() is None and monotonic() < give_up:
            seen = sum(
                1
                for request in list(server.requests)
                if request.method == method
                and (
                    request.path == path
                    or (path.endswith("/") and request.path.startswith(path))
                    or (path == "/original" and request.path.endswith(path))
                )
            )
            if seen >= times:
                child.send_signal(signal.SIGKILL)
                return True
        return False
    finally:
        child.kill()
        child.wait()


def in_the_trash(server: DemoServer) -> set[str]:
    return {asset_id for asset_id, asset in server.library.assets.items() if asset.trashed}


def nothing_is_lost(server: DemoServer, folder: Path, before: set[str]) -> None:
    """Each asset lives, or lies in the trash with a backup that has its bytes; `before` lay there already."""
    saved = {
        line.asset_id: manifest.parent / line.file
        for manifest in (folder / "backups").glob("*/manifest.jsonl")
        for line in read_manifest(manifest)
    }
    for asset_id in in_the_trash(server) - before:
        original = server.library.bytes_of(asset_id)
        assert hashlib.sha1(saved[asset_id].read_bytes()).digest() == hashlib.sha1(original).digest()


def every_group_keeps_one(server: DemoServer, groups: dict[str, list[str]]) -> None:
    for members in groups.values():
        assert any(not server.library.assets[member].trashed for member in members)


@pytest.mark.parametrize(("method", "path", "times"), MOMENTS)
async def test_kill_and_resume(method: str, path: str, times: int, tmp_path: Path) -> None:
    with DemoServer("empty", dialect="3", jobs_delay=0.05) as server:
        Shelf(server).household()
        before = in_the_trash(server)
        groups: dict[str, list[str]] = {}
        for asset_id, asset in server.library.assets.items():
            if asset.duplicate_id:
                groups.setdefault(asset.duplicate_id, []).append(asset_id)
        assert kill_at(server, tmp_path, method, path, times), "the child was not caught in the act"
        nothing_is_lost(server, tmp_path, before)
        every_group_keeps_one(server, groups)
        async with reopened(server, tmp_path) as bench:
            await finishes(bench, before)
        nothing_is_lost(server, tmp_path, before)
        every_group_keeps_one(server, groups)


async def finishes(bench: Workbench, before: set[str]) -> None:
    """Take the interrupted run up and see it through."""
    (run,) = await bench.journal.runs()
    report = await (await bench.resumed(run.id)).run()
    assert report.state == Status.DONE, report.reason
    assert report.groups_done == 8, report.held
    gone = {entry.asset_id for group in report.groups for entry in group.gone}
    assert in_the_trash(bench.server) - before == gone
    assert not list(Path(report.backup_folder).glob("*.part"))

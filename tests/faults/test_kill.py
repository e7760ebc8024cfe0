"""kill -9 at any moment loses neither a file nor a record, and resuming finishes the job."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from immich_tui.demo.server import DemoServer
from immich_tui.execution.resolve import KIND
from immich_tui.jobs.progress import Status
from tests.faults.invariants import Before
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


def kill_at(server: DemoServer, folder: Path, method: str, path: str, times: int, *arguments: str) -> bool:
    """Start the child and kill it at the moment; whether it was still alive then."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.child", server.url, server.key, str(folder), *arguments],
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


@pytest.mark.parametrize(("method", "path", "times"), MOMENTS)
async def test_kill_and_resume(method: str, path: str, times: int, tmp_path: Path) -> None:
    with DemoServer("empty", dialect="3", jobs_delay=0.05) as server:
        Shelf(server).household()
        before = Before.of(server)
        assert kill_at(server, tmp_path, method, path, times), "the child was not caught in the act"
        before.nothing_is_lost(tmp_path)
        async with reopened(server, tmp_path) as bench:
            await finishes(bench, before)
        before.nothing_is_lost(tmp_path)


async def finishes(bench: Workbench, before: Before) -> None:
    """Take the interrupted run up and see it through."""
    (run,) = [run for run in await bench.journal.runs() if run.kind == KIND]
    report = await (await bench.resumed(run.id)).run()
    assert report.state == Status.DONE, report.reason
    assert report.groups_done == 8, report.held
    before.agrees_with(report)
    assert not list(Path(report.backup_folder).glob("*.part"))

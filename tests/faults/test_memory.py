"""Memory that runs out: refused to the program, limited by the system, or taken by killing the process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from immich_tui.demo.server import DemoServer
from immich_tui.execution.transfer.partfile import PartFile
from immich_tui.jobs.progress import Status
from tests.faults.invariants import Before
from tests.faults.mortal import Life, Nursery
from tests.faults.test_crash_points import SETTINGS, decided, finishes, furnish
from tests.shelf import Shelf
from tests.workbench import workbench

MEBIBYTE = 1 << 20
GROUP = f"immich-tui-{os.getpid()}"
CONTROLLERS = [
    (Path("/sys/fs/cgroup/memory") / GROUP, "memory.limit_in_bytes"),
    (Path("/sys/fs/cgroup") / GROUP, "memory.max"),
]
"""Where the system limits memory, in its older and its newer way."""

MOMENTS = [
    ("after journal", "plan planned"),
    ("after open: part",),
    ("after writev: part",),
    ("before write: manifest",),
    ("after journal", "trash intent"),
    ("before journal", "trash done"),
]


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer("empty", jobs_delay=0.02) as server:
        yield server


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


async def test_memory_that_runs_out_ends_the_run_and_a_resume_finishes_it(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(server)
    for number in range(3):
        shelf.pair(number)
    before = Before.of(server)
    original = PartFile._opened

    def none_left(self: PartFile, truncate: int) -> int:
        raise MemoryError

    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job()
        monkeypatch.setattr(PartFile, "_opened", none_left)
        # Whether it ends with a report or with the error itself: nothing goes on without memory.
        with contextlib.suppress(MemoryError):
            assert (await job.run()).state != Status.DONE
        assert server.requests.count("DELETE") == 0
        before.nothing_is_lost(tmp_path)
        monkeypatch.setattr(PartFile, "_opened", original)
        report = await (await bench.resumed(job.id)).run()
    assert (report.state, report.held, report.trashed) == (Status.DONE, (), 3)
    before.nothing_is_lost(tmp_path)


async def life_and_resume(nursery: Nursery, folder: Path, **end: Any) -> Life:
    """A process carries a run out and runs out of memory; whatever became of it, the next one finishes."""
    folder.mkdir()
    with DemoServer("empty", jobs_delay=0.01) as server:
        furnish(server, size=2 * MEBIBYTE)
        before = Before.of(server)
        await decided(server, folder)
        life = await nursery.life(server.url, server.key, folder, settings=SETTINGS, **end)
        await finishes(server, folder, before)
        return life


@pytest.mark.parametrize("moment", MOMENTS, ids=" ".join)
async def test_a_process_that_gets_no_more_memory_harms_nothing(
    moment: tuple[str, ...], nursery: Nursery, tmp_path: Path
) -> None:
    """Whatever asks for memory then is refused: a thread, a buffer, a page of the database."""
    life = await life_and_resume(nursery, tmp_path / "run", die_on=moment, then="starves")
    assert moment != MOMENTS[0] or life.state != "done", "the limit is none"


@contextlib.contextmanager
def limited(room: int) -> Iterator[Path]:
    """A group of processes that may have so much memory together, where the machine lets us have one."""
    for group, limit in CONTROLLERS:
        with contextlib.suppress(OSError):
            group.mkdir()
            try:
                (group / limit).write_text(str(room))
                yield group
            finally:
                group.rmdir()
            return
    pytest.skip("needs the right to limit memory")


@pytest.mark.parametrize("moment", MOMENTS, ids=" ".join)
async def test_a_process_that_the_system_kills_for_its_memory_harms_nothing(
    moment: tuple[str, ...], nursery: Nursery, tmp_path: Path
) -> None:
    with limited(256 * MEBIBYTE) as group:
        life = await life_and_resume(nursery, tmp_path / "run", die_on=moment, then="swells", cgroup=group)
    assert life.killed

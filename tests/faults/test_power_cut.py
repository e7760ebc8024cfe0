"""A power cut at each of the points at which something became true: what was not forced to disk is gone.

That a commit of the journal is forced to disk, page by page, is tested with the journal.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from immich_tui.demo.faults import Exchange, unauthorized
from immich_tui.demo.server import DemoServer
from tests.faults.invariants import Before
from tests.faults.mortal import Nursery
from tests.faults.power import cut_power
from tests.faults.test_crash_points import SETTINGS, decided, finishes, furnish
from tests.shelf import Shelf
from tests.workbench import workbench

POINTS = {
    "the plan is written": ("before journal", "plan planned"),
    "the plan is in the journal": ("after journal", "plan planned"),
    "a file is begun": ("after open: part",),
    "half of a file is there": ("after writev: part",),
    "a file is forced to disk": ("after fsync: part",),
    "a file has its name": ("after rename: jpg",),
    "the name is forced to disk": ("after fsync: folder",),
    "the manifest has its line": ("after write: manifest",),
    "the line is forced to disk": ("after fsync: manifest",),
    "the backup is in the journal": ("after journal", "backup done"),
    "the delete is announced": ("after journal", "trash intent"),
    "the delete was sent": ("DELETE", "before"),
    "the delete was done": ("DELETE", "after"),
    "the answer was read": ("before journal", "trash done"),
    "the end is in the journal": ("after journal", "trash done"),
    "the report has its name": ("after rename: report",),
}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


async def dies(nursery: Nursery, server: DemoServer, folder: Path, point: tuple[str, ...]) -> None:
    """A process carries out what is decided in the folder, and is gone at this point."""
    method, *rest = point
    if method != "DELETE":
        end = await nursery.life(server.url, server.key, folder, die_on=point, settings=SETTINGS)
        assert end.killed, f"{point} never came: {end}"
        return

    async def kills(exchange: Exchange) -> None:
        if rest == ["after"]:
            await exchange.collect()
        os.kill(nursery.pid, signal.SIGKILL)
        await exchange.close()

    server.faults.add(kills, method="DELETE", path="/api/assets$")
    assert (await nursery.life(server.url, server.key, folder, settings=SETTINGS)).killed
    server.faults.clear()


@pytest.mark.parametrize(
    "keeps", [0.0, pytest.param(0.3, marks=pytest.mark.slow), pytest.param(0.7, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("point", POINTS)
async def test_a_power_cut_takes_what_was_not_forced_to_disk_and_nothing_else(
    point: str, keeps: float, nursery: Nursery, tmp_path: Path
) -> None:
    """Everything is taken that a disk may forget, or a part of it."""
    with DemoServer("empty", jobs_delay=0.01) as server:
        furnish(server)
        before = Before.of(server)
        await decided(server, tmp_path)
        await dies(nursery, server, tmp_path, POINTS[point])
        cut_power(tmp_path, random.Random(point), keeps)
        await finishes(server, tmp_path, before)


async def test_a_power_cut_takes_no_name_that_an_earlier_process_gave(
    nursery: Nursery, tmp_path: Path
) -> None:
    """Killed before it forced the name to disk: who takes the run up finds the file and believes it."""
    with DemoServer("empty", jobs_delay=0.01) as server:
        shelf = Shelf(server)
        shelf.pair(1)
        _, second = shelf.pair(2)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
        # The first file is published with the manifest; the second alone, once the key is accepted again.
        server.faults.add(unauthorized(), path=f"{second.id}/original$")
        life = await nursery.life(server.url, server.key, tmp_path, settings=SETTINGS)
        assert (life.state, life.moments.count("after rename: jpg")) == ("paused", 1)
        end = await nursery.life(
            server.url, server.key, tmp_path, die_on=["after rename: jpg"], settings=SETTINGS
        )
        assert end.killed
        await dies(nursery, server, tmp_path, ("DELETE", "after"))
        cut_power(tmp_path, random.Random(1))
        before.nothing_is_lost(tmp_path)

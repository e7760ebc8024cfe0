"""kill -9 at every commit of the journal, at every step of every file, and around every write to the server.

The moments are not listed by hand: an unharmed run is counted first, then one run dies at each of them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from immich_tui.demo.faults import Exchange
from immich_tui.demo.server import DemoServer
from immich_tui.jobs.progress import Status
from tests.faults.invariants import Before
from tests.faults.mortal import Life, Nursery
from tests.shelf import Shelf, rich
from tests.workbench import reopened, taken_up, workbench

SETTINGS = {"settle_s": 0.05, "confirm_s": 2.0}
SHARES = 6
"""The moments are dealt out to this many tests, so that they can run side by side."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


def furnish(server: DemoServer, size: int = 9_000) -> None:
    """One group to carry to and trash from, one to keep, one to stack; what is trashed has so many bytes."""
    shelf = Shelf(server)
    shelf.group(
        ("A.jpg", rich(size=size + 31_000)),
        (
            "A-1.jpg",
            rich(
                size=size,
                place=None,
                rating=3,
                tags=("Dog",),
                albums=("Summer",),
                people=("Ada", "Ben"),
                links=("beach",),
            ),
        ),
    )
    shelf.group(("keep-1.jpg", rich(size=40_000)), ("keep-2.jpg", rich()))
    shelf.group(("stack-1.jpg", rich(size=40_000)), ("stack-2.jpg", rich()))


async def decided(server: DemoServer, folder: Path) -> None:
    async with workbench(server, folder) as bench:
        await bench.accept_everything()
        for row in bench.session.rows:
            if row.title.startswith("keep"):
                await bench.session.keep_all(row.group_id)
            if row.title.startswith("stack"):
                await bench.session.stack(row.group_id)


async def finishes(server: DemoServer, folder: Path, before: Before) -> None:
    """Whatever was done before: one more process sees the job through, and a second one finds no work."""
    before.nothing_is_lost(folder)
    async with reopened(server, folder) as bench:
        job = await taken_up(bench, **SETTINGS)
        report = await job.run()
        assert report.state == Status.DONE, report.reason
        assert len(report.groups) == 3
        assert report.held == (), [group.reason for group in report.held]
        assert bench.session.decided() == (), "what is done is not carried out again"
        before.nothing_is_lost(folder)
        library = server.library
        assert sorted(one.name for one in library.assets.values() if one.trashed) == ["A-1.jpg"]
        assert library.duplicate_ids() == {}
        assert len(library.stacks) == 1
        kept = next(one for one in library.assets.values() if one.name == "A.jpg")
        shelf = Shelf(server)
        assert shelf.people(kept) == ["Ada", "Ben"], "nobody twice"
        assert shelf.link("beach").asset_ids.count(kept.id) == 1
        assert not list((folder / "backups").rglob("*.part*"))
        sent = [one for one in server.requests if one.method != "GET"]
        again = await (await bench.resumed(report.run, **SETTINGS)).run()
        assert (again.state, again.held) == (Status.DONE, ())
        writes = [one for one in server.requests if one.method != "GET"][len(sent) :]
        assert [one for one in writes if one.path != "/api/search/metadata"] == []


def seen_by_the_server(server: DemoServer) -> list[str]:
    return [
        f"{one.method} {one.path}"
        for one in server.requests
        if one.method != "GET" and one.path != "/api/search/metadata"
    ]


async def unharmed(nursery: Nursery, folder: Path) -> tuple[Life, list[str]]:
    with DemoServer("empty", jobs_delay=0.01) as server:
        furnish(server)
        await decided(server, folder)
        life = await nursery.life(server.url, server.key, folder, settings=SETTINGS)
        assert (life.state, life.killed) == ("done", False)
        return life, seen_by_the_server(server)


MUST_BE_AMONG_THEM = [
    "before journal: plan planned",
    "after journal: plan planned",
    "before journal: carry intent",
    "after journal: carry intent",
    "after journal: carry done",
    "before journal: backup done",
    "after journal: backup done",
    "before journal: trash intent",
    "after journal: trash intent",
    "before journal: trash done",
    "after journal: trash done",
    "before writev: part",
    "after writev: part",
    "before fsync: part",
    "after fsync: part",
    "before rename: jpg",
    "after rename: jpg",
    "before fsync: folder",
    "before write: manifest",
    "after write: manifest",
    "before fsync: manifest",
    "after fsync: manifest",
    "before rename: report",
]


async def test_the_moments_are_those_that_matter(nursery: Nursery, tmp_path: Path) -> None:
    life, writes = await unharmed(nursery, tmp_path)
    passed = " | ".join(life.moments)
    assert [moment for moment in MUST_BE_AMONG_THEM if moment not in passed] == []
    kinds = {write.split("/api/")[0] + write.split("/api/")[1].split("/")[0] for write in writes}
    assert {"PUT assets", "PUT tags", "PUT albums", "POST faces", "DELETE assets", "POST stacks"} <= kinds
    assert "PUT /api/assets/copy" in writes


@pytest.mark.parametrize("share", range(SHARES))
async def test_killed_at_every_moment_of_journal_and_disk(
    share: int, nursery: Nursery, tmp_path: Path
) -> None:
    (tmp_path / "unharmed").mkdir()
    life, _ = await unharmed(nursery, tmp_path / "unharmed")
    for moment in range(1 + share, len(life.moments) + 1, SHARES):
        folder = tmp_path / str(moment)
        folder.mkdir()
        with DemoServer("empty", jobs_delay=0.01) as server:
            furnish(server)
            before = Before.of(server)
            await decided(server, folder)
            end = await nursery.life(server.url, server.key, folder, die_at=moment, settings=SETTINGS)
            # Lines that share a commit are not always the same, so a run may have a few moments less.
            assert end.killed or moment > len(end.moments), end
            assert end.killed or moment > len(life.moments) - 6
            await finishes(server, folder, before)


@pytest.mark.parametrize("applied", [False, True], ids=["before it is done", "after it was done"])
async def test_killed_at_every_write_to_the_server(applied: bool, nursery: Nursery, tmp_path: Path) -> None:
    (tmp_path / "unharmed").mkdir()
    _, writes = await unharmed(nursery, tmp_path / "unharmed")
    assert len(writes) >= 7
    for number in range(len(writes)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with DemoServer("empty", jobs_delay=0.01) as server:
            furnish(server)
            before = Before.of(server)
            await decided(server, folder)
            left = [number]

            async def dies(exchange: Exchange, left: list[int] = left) -> None:
                passes = exchange.scope["method"] == "GET" or exchange.scope["path"].endswith("/metadata")
                if not passes:
                    left[0] -= 1
                if passes or left[0] != -1:
                    await exchange.serve()
                    return
                if applied:
                    await exchange.collect()
                os.kill(nursery.pid, signal.SIGKILL)
                await exchange.close()

            server.faults.add(dies, times=None)
            end = await nursery.life(server.url, server.key, folder, settings=SETTINGS)
            assert end.killed
            server.faults.clear()
            await finishes(server, folder, before)

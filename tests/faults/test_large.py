"""A large plan against a server on which something goes wrong all the time: it ends as the plan says."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from immich_tui.demo.faults import (
    Action,
    Exchange,
    after_applying,
    dropped_after,
    dropped_before,
    empty_answer,
    flipped_bit,
    html_page,
    lying_length,
    reset_after,
    status,
    truncated,
)
from immich_tui.demo.server import DemoServer
from immich_tui.execution.report.report import Report
from immich_tui.jobs.progress import Status
from tests.faults.invariants import Before, in_the_trash
from tests.workbench import Workbench, workbench

GROUPS = int(os.environ.get("IMMICH_TUI_SOAK_GROUPS", "20000"))
SIZE = 2_000
"""Bytes of the largest originals."""

SHARE = 0.01
"""Of this part of all requests something becomes."""

RUNS = 40
"""A run is taken up again at most so often."""

ORIGINAL: list[Callable[[], Action]] = [
    lambda: truncated(700),
    lambda: reset_after(500),
    lambda: lying_length(300),
    lambda: flipped_bit(50),
    html_page,
    empty_answer,
    lambda: status(503),
    lambda: status(500),
    dropped_before,
]
READ: list[Callable[[], Action]] = [lambda: status(502), dropped_before, html_page, lambda: lying_length(20)]
WRITE: list[Callable[[], Action]] = [
    dropped_before,
    dropped_after,
    lambda: status(502),
    lambda: after_applying(status(502)),
    lambda: after_applying(status(500)),
    lambda: status(500),
    lambda: status(503),
]


def sometimes(chance: random.Random, actions: Sequence[Callable[[], Action]]) -> Action:
    """One of these in a small part of the requests, the others pass."""

    async def act(exchange: Exchange) -> None:
        if chance.random() < SHARE:
            await chance.choice(actions)()(exchange)
        else:
            await exchange.serve()

    return act


def set_up(server: DemoServer, chance: random.Random) -> None:
    """Let every kind of request fail now and then."""
    for method, path, actions in (
        ("GET", "/original$", ORIGINAL),
        ("GET", "/api/(assets/[^/]*|duplicates|albums.*)$", READ),
        ("PUT", "/api/", WRITE),
        ("POST", "/api/(stacks|tags)", WRITE),
        ("PATCH", "/api/", WRITE),
        ("DELETE", "/api/", WRITE),
    ):
        server.faults.add(sometimes(chance, actions), method=method, path=path, times=None)


@pytest.mark.parametrize("groups", [60, pytest.param(GROUPS, marks=pytest.mark.slow)])
async def test_a_large_plan_ends_as_it_says_however_much_goes_wrong(groups: int, tmp_path: Path) -> None:
    with DemoServer(groups=groups, file_size=SIZE, jobs_delay=0.01) as server:
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.session.accept_all([row.group_id for row in bench.session.rows])
            planned = [decision.choice for decision in bench.session.decided() if decision.choice is not None]
            assert len(planned) == groups
            set_up(server, random.Random(groups))
            report = await carried_out(bench, server)
        assert report.state == "done", report.reason
        assert [group.reason for group in report.held] == []
        before.agrees_with(report)
        before.nothing_is_lost(tmp_path)
        trash = {asset for choice in planned for asset in choice.trash}
        assert in_the_trash(server) - before.trashed == trash
        for choice in planned:
            for asset_id in choice.keep:
                kept = server.library.find(asset_id)
                assert kept is not None
                assert not kept.trashed
                assert kept.duplicate_id is None


async def carried_out(bench: Workbench, server: DemoServer) -> Report:
    """Run the plan, and take it up again as long as something is left; in the end nothing goes wrong."""
    job = await bench.job(recheck_s=600.0)
    report = await job.run()
    for again in range(RUNS):
        if report.state == Status.DONE and not report.held:
            break
        if again == RUNS // 2:
            server.faults.clear()
        job = await bench.resumed(report.run, recheck_s=600.0)
        report = await job.run()
    return report

"""The calls of a run: as many as were announced, none larger than a server takes, few groups at a time."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from immich_tui.demo.faults import Exchange
from immich_tui.demo.server import DemoServer
from immich_tui.execution.listing import Listing
from immich_tui.execution.preflight import Preflight
from immich_tui.execution.trash import phase
from immich_tui.execution.trash.phase import MOST_IDS, batch_from
from immich_tui.jobs.progress import Status
from tests.workbench import Workbench, workbench

BODY = 10_000_000
"""Bytes of a body that Immich's server refuses."""

AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")

ASKED_BESIDES = {
    ("GET", "/server/version"),
    ("GET", "/server/features"),
    ("GET", "/server/config"),
    ("GET", "/users/me"),
    ("GET", "/api-keys/me"),
    ("GET", "/albums"),
    ("GET", "/people"),
    ("GET", "/shared-links"),
    ("POST", "/search/metadata"),
}
"""What is asked about the server and around the photos, before and after: not announced call by call."""


async def decide(bench: Workbench) -> None:
    """All kinds of decisions."""
    for number, row in enumerate(bench.session.rows):
        if number % 7 == 5:
            await bench.session.keep_all(row.group_id)
        elif number % 7 == 6:
            await bench.session.stack(row.group_id)
        else:
            await bench.session.accept(row.group_id)


def announced(found: Preflight) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for call in found.calls:
        counted[call.method, call.path] += call.count
    return counted


@pytest.mark.parametrize("groups", [None, 60])
async def test_a_run_calls_what_was_announced(groups: int | None, tmp_path: Path) -> None:
    with DemoServer(groups=groups, jobs_delay=0.01, file_size=20_000) as server:
        async with workbench(server, tmp_path) as bench:
            await decide(bench)
            job = await bench.job()
            found = await job.preflight()
            start = len(server.requests)
            report = await job.run()
            assert report.state == Status.DONE
        made = Counter(
            (one.method, AN_ID.sub("{id}", one.path.removeprefix("/api")))
            for one in list(server.requests)[start:]
        )
    told = announced(found)
    assert made.keys() - told.keys() <= ASKED_BESIDES
    for call, number in told.items():
        assert made[call] <= number, call
        assert number <= 1.15 * made[call] + 3, call


@dataclass
class Door:
    """Notes what bodies come in: method and path, bytes, and ids in them."""

    seen: list[tuple[str, str, int, int]] = field(default_factory=list)

    async def watch(self, exchange: Exchange) -> None:
        body = bytearray()
        while True:
            message = await exchange.receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        receive = exchange.receive
        pending = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def again() -> dict[str, object]:
            return pending.pop() if pending else dict(await receive())

        exchange.receive = again
        value = json.loads(body) if body.startswith(b"{") else {}
        lists = [len(one) for one in value.values() if isinstance(one, list)]
        self.seen.append((exchange.scope["method"], exchange.scope["path"], len(body), max(lists, default=0)))
        await exchange.serve()


async def test_a_large_run_sends_small_calls_about_few_groups_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the listing took an hour to be read: batches are as large as they ever are.
    monkeypatch.setattr(phase, "WORTH_S", 1e-9)
    door = Door()
    with DemoServer(groups=800, jobs_delay=0.01, file_size=2_000) as server:
        async with workbench(server, tmp_path) as bench:
            await bench.session.accept_all([row.group_id for row in bench.session.rows])
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                server.faults.add(door.watch, method=method, path="/api/", times=None)
            report = await (await bench.job()).run()
            assert (report.state, report.groups_done) == (Status.DONE, 800)
    assert max(size for _, _, size, _ in door.seen) < BODY / 50
    assert max(ids for _, _, _, ids in door.seen) <= MOST_IDS
    deletes = [ids for method, path, _, ids in door.seen if (method, path) == ("DELETE", "/api/assets")]
    assert sum(deletes) == report.trashed
    assert deletes[0] == 113, "the listing was not read yet: the usual hundred groups"
    assert len(deletes) == 3


async def test_a_batch_is_of_few_groups_unless_the_listing_takes_long(tmp_path: Path) -> None:
    with DemoServer(groups=1200, file_size=2_000) as server:
        async with workbench(server, tmp_path) as bench:
            await bench.session.accept_all([row.group_id for row in bench.session.rows])
            job = await bench.job()
            groups = list(job._run.groups.values())  # what the phase works on
    quick, slow = Listing(0.0, took=0.5), Listing(0.0, took=7.0)
    assert len(batch_from(groups, 0, 100, None)) == 100
    assert len(batch_from(groups, 0, 100, quick)) == 100
    assert len(batch_from(groups, 0, 100, slow)) == 400
    endless = batch_from(groups, 0, 100, Listing(0.0, took=3600.0))
    assert 400 < len(endless) < 500
    assert sum(1 + len(planned.choice.trash) for planned in endless) <= MOST_IDS
    assert len(batch_from(groups, 1150, 100, slow)) == 50
    assert not batch_from(groups, 1200, 100, slow)
    # A group that is too large by itself goes alone.
    assert len(batch_from(groups, 0, 0 + 1, None)) == 1

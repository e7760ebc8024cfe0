"""The numbers of a report, its lists, its three files, and what is true on the server: all agree."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from immich_tui.demo.faults import run, run_after, status
from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.history import runs
from immich_tui.execution.report.groups import BEING_CARRIED, DONE, HELD, UNCLOSED, UNREACHED
from immich_tui.execution.report.report import Report
from immich_tui.execution.resolve import ResolveJob
from immich_tui.jobs.progress import Status
from immich_tui.tui.telling import tell_groups
from tests.execution.test_report import Page
from tests.shelf import Shelf, rich
from tests.workbench import Workbench, workbench


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer("empty", dialect="3", jobs_delay=0.02) as started:
        yield started


async def told(job: ResolveJob, server: DemoServer, bench: Workbench) -> Report:
    """Run, and look whether everything that is told of it agrees."""
    report = await job.run()
    assert server.jobs.wait_quiet()
    folder = Path(report.backup_folder)
    agrees_with_itself(report)
    agrees_with_its_files(report, folder)
    agrees_with_the_server(report, server, folder)
    past = next(one for one in await runs(bench.journal) if one.id == report.run)
    assert (past.groups, past.done, past.held) == (
        len(report.groups),
        report.groups_done,
        report.groups_held,
    )
    assert (past.photos, past.bytes, past.state) == (report.trashed, report.freed, report.state)
    began = datetime.fromisoformat(past.started) - datetime.fromisoformat(report.started)
    assert abs(began) < timedelta(seconds=1)
    return report


def agrees_with_itself(report: Report) -> None:
    outcomes = Counter(group.outcome for group in report.groups)
    assert outcomes == Counter(
        {
            DONE: report.groups_done,
            HELD: report.groups_held,
            UNCLOSED: report.groups_unclosed,
            UNREACHED: report.groups_unreached,
        }
    )
    gone = [one for group in report.groups for one in group.gone]
    assert len(gone) == report.trashed
    assert sum(one.state == "deleted" for one in gone) == report.deleted
    assert sum(one.size or 0 for one in gone) == report.freed
    assert sum(len(one.carried) + len(one.grafted) for one in report.groups) == report.carried_values
    stays = [group for group in report.groups if group.outcome in (DONE, UNCLOSED)]
    assert sum(len(group.kept) for group in stays) == report.kept
    for group in report.groups:
        fates = {member.asset_id: member.fate for member in group.members}
        assert {one.asset_id: one.state for one in group.gone} == {
            one: fate for one, fate in fates.items() if fate in ("trashed", "deleted")
        }
    assert sum(report.bytes_by_way.values()) == report.backed_up_bytes


def agrees_with_its_files(report: Report, folder: Path) -> None:
    whole = json.loads((folder / "report.json").read_text())
    assert {**whole, "groups": len(whole["groups"])} == {**report.numbers(), "groups": len(report.groups)}
    rows = list(csv.DictReader((folder / "report.csv").open()))
    members = [member for group in report.groups for member in group.members]
    assert Counter(row["fate"] for row in rows) == Counter(member.fate for member in members)
    assert sum(bool(row["backup"]) for row in rows) == report.trashed
    listed = {line.asset_id: line for line in read_manifest(folder / "manifest.jsonl")}
    for group in report.groups:
        for one in group.gone:
            assert (folder / one.backup).stat().st_size == one.size == listed[one.asset_id].size
            assert listed[one.asset_id].survivor == one.survivor
    assert sum(line.size for line in listed.values()) == report.backed_up_bytes
    page = Page((folder / "report.html").read_text()).text
    for number, what in (
        (report.groups_done, f"of {len(report.groups)} groups done"),
        (report.kept, "photos kept"),
        (report.carried_values, "values carried over"),
        (report.groups_held, "groups left alone"),
    ):
        assert f"{number}{what}" in page
    for group in report.groups:
        for value in (*group.carried, *group.grafted):
            assert value in page
        assert group.reason in page
    assert ("deleted for good" in page) == bool(report.deleted)


def agrees_with_the_server(report: Report, server: DemoServer, folder: Path) -> None:
    for group in report.groups:
        for member in group.members:
            now = server.library.state(member.asset_id)
            expected = {"trashed": "trashed", "deleted": "deleted", "unknown": now}
            assert now == expected.get(member.fate, "live"), member


def household(server: DemoServer) -> Shelf:
    shelf = Shelf(server)
    shelf.household()
    return shelf


async def test_a_run_of_every_kind_of_group(server: DemoServer, tmp_path: Path) -> None:
    shelf = household(server)
    apart, stacked = shelf.pair(8), shelf.pair(9)
    held, _ = shelf.group(
        ("H.jpg", rich(size=40_000)), ("H-1.jpg", rich(place=None, rating=4, albums=("Summer",)))
    )
    server.faults.add(status(404), path=f"{held.id}/original", times=None)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        await bench.session.keep_all(str(apart[0].duplicate_id))
        await bench.session.stack(str(stacked[0].duplicate_id))
        report = await told(await bench.job(), server, bench)
        assert (report.state, report.dismissed, report.stacked) == ("done", 1, 1)
        assert (report.groups_done, report.groups_held, report.trashed) == (10, 1, 9)
        assert report.held[0].carried, "values were carried to it before it was held back"
        server.faults.clear()
        again = await told(await bench.resumed(report.run), server, bench)
        assert (again.groups_done, again.groups_held, again.trashed) == (11, 0, 10)


@pytest.mark.parametrize("at", ["carry", "backup", "delete", "close"])
async def test_a_run_that_stopped_and_was_taken_up(server: DemoServer, tmp_path: Path, at: str) -> None:
    household(server)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job(trash_batch=2)
        calls: dict[str, dict[str, Any]] = {
            "carry": {"method": "PUT"},
            "backup": {"path": "/original"},
            "delete": {"method": "DELETE"},
            "close": {"method": "PUT", "path": "/api/assets$"},
        }
        act = run_after if at == "delete" else run
        server.faults.add(act(job.cancel), **calls[at])
        stopped = await told(job, server, bench)
        assert stopped.state == Status.CANCELLED
        resumed = await bench.resumed(job.id, trash_batch=2)
        if at == "carry":
            begun = [group for group in stopped.groups if group.reason == BEING_CARRIED]
            assert begun
            assert {group.outcome for group in begun} == {UNREACHED}
            told_of = "\n".join(text for text, _ in tell_groups(stopped.groups))
            assert told_of.count(BEING_CARRIED) == len(begun)
            checks = (await resumed.preflight()).checks
            assert any(
                "groups that this run has not begun are as they were" in one.sentence for one in checks
            )
        whole = await told(resumed, server, bench)
        assert (whole.state, whole.groups_done, whole.trashed) == ("done", 8, 9)


async def test_a_run_begins_when_it_is_begun(server: DemoServer, tmp_path: Path) -> None:
    """It may have been planned, and looked at, long before."""
    Shelf(server).pair()
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job()
        job._run.started -= timedelta(hours=1)
        await told(job, server, bench)


async def test_an_earlier_backup_is_taken_again(server: DemoServer, tmp_path: Path) -> None:
    for number in range(3):
        Shelf(server).pair(number)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        first = await told(await bench.job(), server, bench)
        assert (await (await bench.undo(first.run)).run()).complete
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        second = await told(await bench.job(), server, bench)
    assert set(second.bytes_by_way) == {"earlier backup"}
    assert second.backed_up_bytes == first.backed_up_bytes


def external(shelf: Shelf) -> None:
    shelf.group(("a.jpg", rich(size=50_000)), ("b.jpg", rich(external=True, size=9000, place=None)))


async def test_what_a_permanent_run_moved_to_the_trash_all_the_same(
    server: DemoServer, tmp_path: Path
) -> None:
    """A file of an external library is never deleted for good."""
    shelf = Shelf(server)
    shelf.pair()
    external(shelf)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        report = await told(await bench.job(permanent=2, trash_external=True), server, bench)
    assert (report.trashed, report.deleted, len(report.weak)) == (2, 1, 1)
    page = Page((Path(report.backup_folder) / "report.html").read_text()).text
    assert "2photos gone, 1 of them deleted for good" in page


@pytest.mark.parametrize("first", ["trash", "permanent"])
async def test_a_run_that_was_taken_up_in_another_way(server: DemoServer, tmp_path: Path, first: str) -> None:
    """Each photo is told of as it went, by this or by an earlier process."""
    household(server)
    how: dict[str, dict[str, Any]] = {"trash": {}, "permanent": {"permanent": 9}}
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        job = await bench.job(trash_batch=1, **how[first])
        server.faults.add(run_after(job.cancel), method="DELETE")
        stopped = await told(job, server, bench)
        assert (stopped.state, stopped.trashed, stopped.groups_unclosed) == (Status.CANCELLED, 0, 1)
        then = {} if first == "permanent" else {"permanent": 9}
        whole = await told(await bench.resumed(job.id, **then), server, bench)
        assert (whole.trashed, whole.deleted) == (9, 1 if first == "permanent" else 8)

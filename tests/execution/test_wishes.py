"""Whoever changes their mind while a run goes on is heard until the delete is sent, and told afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from immich_tui.cli.output import Output
from immich_tui.cli.reporting import tell_report
from immich_tui.demo.faults import Exchange
from immich_tui.demo.server import DemoServer
from immich_tui.execution.carry.wishes import CHANGED
from immich_tui.execution.report.groups import MAYBE_TRASHED, MISSING_STEP
from immich_tui.jobs.progress import Status
from immich_tui.review.bulk import Deed
from immich_tui.review.decisions import Refused
from immich_tui.tui.telling import tell_groups, tell_run
from tests.workbench import Workbench, reopened, workbench


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(dialect="3", jobs_delay=0.05, groups=20) as server:
        yield server


def gone(server: DemoServer) -> set[str]:
    return {asset_id for asset_id, asset in server.library.assets.items() if asset.trashed}


async def accepted(bench: Workbench, number: int = 3) -> list[str]:
    """Accept groups that nothing speaks against and that trash something."""
    groups: list[str] = []
    for row in bench.session.ready():
        if len(groups) == number:
            break
        await bench.session.accept(row.group_id)
        decision = bench.session.decision(row.group_id)
        assert decision
        if decision.choice and decision.choice.trash:
            groups.append(row.group_id)
        else:
            await bench.session.clear(row.group_id)
    return groups


def members(bench: Workbench, group_id: str) -> set[str]:
    decision = bench.session.decision(group_id) or bench.session.earlier(group_id)
    assert decision
    assert decision.choice
    return {*decision.choice.keep, *decision.choice.trash}


def once_at(
    server: DemoServer, method: str, path: str, deed: Callable[[], Awaitable[object]]
) -> Callable[[], BaseException | None]:
    """Do something in the loop of the test when the server gets the first such request, and wait for it."""
    loop = asyncio.get_running_loop()
    came: list[BaseException | None] = []

    async def tried() -> BaseException | None:
        try:
            await deed()
        except Refused as refused:
            return refused
        return None

    async def fault(exchange: Exchange) -> None:
        if not came:
            came.append(None)
            came[0] = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(tried(), loop))
        await exchange.serve()

    server.faults.add(fault, method=method, path=path, times=1)

    def outcome() -> BaseException | None:
        assert came, f"nobody asked for {method} {path}"
        return came[0]

    return outcome


@pytest.mark.parametrize("moment", [("GET", "/original"), ("GET", "/duplicates")], ids=["backup", "recheck"])
@pytest.mark.parametrize("how", ["clear", "other winner"])
async def test_a_change_before_the_delete_takes_the_group_out(
    server: DemoServer, tmp_path: Path, moment: tuple[str, str], how: str
) -> None:
    async with workbench(server, tmp_path) as bench:
        before = gone(server)
        groups = await accepted(bench)
        changed = groups[1]
        touched = members(bench, changed)
        decision = bench.session.decision(changed)
        assert decision
        assert decision.choice
        other = decision.choice.trash[0]
        deeds: dict[str, Callable[[], Awaitable[object]]] = {
            "clear": lambda: bench.session.clear(changed),
            "other winner": lambda: bench.session.choose_winner(changed, other),
        }
        job = await bench.job()
        assert not (await job.preflight()).refused
        outcome = once_at(server, *moment, deeds[how])
        report = await job.run()
        assert outcome() is None
        assert report.state == Status.DONE
        assert (report.groups_done, report.groups_held) == (2, 1)
        assert report.held[0].group_id == changed
        assert report.held[0].reason.startswith(CHANGED)
        assert not (gone(server) - before) & touched
        assert not bench.session.row(changed).done
        await bench.session.clear(changed)


async def test_a_change_at_the_delete_is_refused_and_so_is_undo(server: DemoServer, tmp_path: Path) -> None:
    async with workbench(server, tmp_path) as bench:
        groups = await accepted(bench, 2)
        rows = [bench.session.row(group_id) for group_id in groups]
        refusals: list[str] = []

        async def change() -> None:
            for deed in (
                lambda: bench.session.clear(groups[0]),
                lambda: bench.session.skip(groups[0]),
                bench.session.undo,
            ):
                try:
                    await deed()
                except Refused as refused:
                    refusals.append(str(refused))
            assert await bench.session.carry_out(Deed.clear(), rows) == 0
            assert await bench.session.adopt(dict.fromkeys(groups)) == 0

        job = await bench.job()
        outcome = once_at(server, "DELETE", "/assets", change)
        report = await job.run()
        assert outcome() is None
        assert len(refusals) == 3
        assert all("is being carried out" in refusal for refusal in refusals)
        assert report.groups_done == 2
        assert all(bench.session.decision(group_id) for group_id in groups)


async def test_a_resumed_run_leaves_out_what_was_changed_since(server: DemoServer, tmp_path: Path) -> None:
    async with workbench(server, tmp_path) as bench:
        before = gone(server)
        groups = await accepted(bench)
        job = await bench.job()

        async def stop() -> None:
            job.cancel()

        once_at(server, "GET", "/original", stop)
        report = await job.run()
        assert report.state == Status.CANCELLED
        assert gone(server) == before
    async with reopened(server, tmp_path) as bench:
        touched = members(bench, groups[0])
        await bench.session.clear(groups[0])
        job = await bench.resumed(report.run)
        found = await job.preflight()
        assert [reason for _, reason in found.held if reason.startswith(CHANGED)]
        assert found.groups == 2
        report = await job.run()
        assert (report.groups_done, report.groups_held) == (2, 1)
        assert not (gone(server) - before) & touched


@pytest.mark.parametrize("moment", [("DELETE", "/assets"), ("PUT", "/assets")], ids=["delete", "close"])
async def test_what_is_in_the_trash_already_is_closed_by_a_resume_and_cannot_be_changed(
    server: DemoServer, tmp_path: Path, moment: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    async with workbench(server, tmp_path) as bench:
        groups = await accepted(bench)
        job = await bench.job()

        async def stop() -> None:
            job.cancel()

        once_at(server, *moment, stop)
        report = await job.run()
        assert report.state == Status.CANCELLED
        assert (report.groups_done, report.groups_unclosed, report.groups_unreached) == (0, 3, 0)
        waited_for = moment[0] == "PUT"
        assert (report.trashed > 0) is waited_for
        assert {group.unclosed for group in report.groups} == {MISSING_STEP if waited_for else MAYBE_TRASHED}
        told = "\n".join(text for text, _ in (*tell_run(report), *tell_groups(report.groups)))
        assert "0 groups of 3 done, 3 trashed without the last step" in told
        assert "Not reached" not in told
        page = Path(report.backup_folder, "report.html").read_text()
        table = Path(report.backup_folder, "report.csv").read_text()
        assert ("the last step" in page) is waited_for
        assert "Nothing of these was trashed" not in page
        assert table.count("not closed") == sum(len(group.members) for group in report.groups)
        tell_report(Output(), report, None)
        assert "3 groups: " in capsys.readouterr().out
        with pytest.raises(Refused, match="is being carried out"):
            await bench.session.clear(groups[0])
        job = await bench.resumed(report.run)
        found = await job.preflight()
        if waited_for:
            assert (found.groups, found.unclosed, found.losers, found.bytes) == (3, 3, 0, 0)
            calls = {(call.method, call.path) for call in found.calls}
            assert not calls & {("DELETE", "/assets"), ("GET", "/assets/{id}/original")}
        report = await job.run()
        assert report.groups_done == 3

"""A delete that was about to be sent and was not: the report does not say that it was."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from immich_tui.demo.faults import run
from immich_tui.execution.report.groups import UNREACHED
from immich_tui.execution.run import TRASH
from immich_tui.jobs.commit import GroupCommit, JournalUnavailable
from immich_tui.jobs.progress import Status
from tests.execution.test_carry import decided, empty
from tests.shelf import Shelf, rich


async def test_a_delete_that_a_cancel_came_before_is_not_told_as_sent(tmp_path: Path) -> None:
    with empty() as server:
        ours, theirs = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, place=None)))
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            loop = asyncio.get_running_loop()
            # Asked for by the check, and then right before the delete.
            stop = run(lambda: loop.call_soon_threadsafe(job.cancel))
            server.faults.add(stop, path="/server/features$", skip=1)
            report = await job.run()
            assert server.requests.count("DELETE") == 0
            assert report.state == Status.CANCELLED
            (group,) = report.groups
            assert (group.outcome, group.unclosed) == (UNREACHED, "")
            assert {one.fate for one in group.members} == {"winner", "left"}

            # Nothing was sent, so it may be decided otherwise.
            assert ours.duplicate_id
            await bench.session.choose_winner(ours.duplicate_id, theirs.id)
            again = await (await bench.resumed(job.id)).run()
        assert again.trashed == 0
        assert again.held[0].reason.startswith("You changed your mind during the run.")


async def test_a_delete_that_the_journal_did_not_take_is_not_told_as_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty() as server:
        ours, _ = Shelf(server).group(("a.jpg", rich()), ("b.jpg", rich(size=9000, place=None)))
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            with monkeypatch.context() as full:
                full.setattr(GroupCommit, "submit_all", _full_for_deletes(GroupCommit.submit_all))
                report = await job.run()
            assert server.requests.count("DELETE") == 0
            assert (report.state, report.reason) == (Status.PAUSED, "The disk is full.")
            (group,) = report.groups
            assert (group.outcome, group.unclosed) == (UNREACHED, "")
            again = await (await bench.resumed(job.id)).run()
        assert (again.held, again.trashed) == ((), 1)


def _full_for_deletes(write: object) -> object:
    """Take everything but what is about to be sent to the trash."""

    def submit_all(self: GroupCommit, sql: str, rows: list[tuple[str, ...]]) -> asyncio.Future[None]:
        if rows and len(rows[0]) > 1 and rows[0][1] == TRASH:
            refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            refused.set_exception(JournalUnavailable("The disk is full."))
            return refused
        return write(self, sql, rows)  # type: ignore[operator,no-any-return]  # the method itself

    return submit_all

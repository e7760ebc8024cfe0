"""Reading the server again loses no decision and tells differences; breaking off changes nothing."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import Any

import pytest

from immich_tui.immich.models import Group
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.progress import Status
from immich_tui.review.analyze import AnalyzeJob
from immich_tui.review.changes import MOVED, NEW, Changes, checksums, what_changed
from immich_tui.review.decisions import DecisionKind
from immich_tui.review.store import Store
from tests.review.fetching import POLICY, A, B, C, D, Server, group, member
from tests.review.test_session import CONTEXT


async def test_a_first_fetch_has_no_differences(server: Server) -> None:
    assert await server.fetch(group("g1", A, B)) is None
    assert server.store.fetched.changes() == {}
    assert [row.news for row in (await server.session()).rows] == [""]


async def test_new_and_vanished_groups_are_counted_and_the_new_ones_marked(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    found = await server.fetch(group("g2", C, D), group("g3", A, D))
    assert found == Changes(new=1, vanished=1)
    session = await server.session()
    assert [(row.group_id, row.news) for row in session.rows] == [("g2", ""), ("g3", NEW)]
    assert await server.fetch(group("g2", C, D), group("g3", A, D)) == Changes()
    assert server.store.fetched.changes() == {}, "what is new is new once"


async def test_a_changed_group_keeps_its_decision_in_sight_until_it_is_decided_anew(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.choose_winner("g1", "b")
    await session.accept("g2")
    edited = member("b", city="Potsdam")
    assert await server.fetch(group("g1", A, edited, C), group("g2", C, D)) == Changes(changed=1, again=1)

    session = await server.session()
    row = session.row("g1")
    assert (row.decided, row.changed) == (False, True)
    assert row.news == "cc.jpg joined; b.jpg: city edited."
    earlier = session.earlier("g1")
    assert earlier is not None
    assert earlier.choice is not None
    assert earlier.choice.winner == "b"
    assert [decision.group_id for decision in session.decided()] == ["g2"], "only what stands is carried out"

    # Another fetch without news does not take the mark away.
    assert await server.fetch(group("g1", A, edited, C), group("g2", C, D)) == Changes(again=1)
    session = await server.session()
    assert session.row("g1").news == "cc.jpg joined; b.jpg: city edited."

    await session.accept("g1")
    assert (session.row("g1").changed, session.row("g1").news) == (False, "")
    await session.undo()
    assert session.row("g1").changed, "taking it back brings the earlier decision back into sight"
    assert session.earlier("g1") == earlier


async def test_decisions_and_notes_follow_a_group_that_only_got_another_id(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.accept("g1")
    await session.flag("g1", "ask Mum")
    assert await server.fetch(group("g9", B, A), group("g2", C, D)) == Changes(moved=1, again=1)
    row = (await server.session()).row("g9")
    assert (row.changed, row.news, row.note) == (True, MOVED, "ask Mum")


async def test_dismissed_groups_that_come_back_are_proposed_for_dismissal(server: Server) -> None:
    await server.fetch(group("g1", A, B), group("g2", C, D))
    session = await server.session()
    await session.keep_all("g1")
    await session.finish("g1", DecisionKind.KEEP_ALL, "run")
    assert await server.fetch(group("g2", C, D)) == Changes(carried_out=1)
    # The same files, uploaded again: other ids, another group.
    again = [{**original, "id": f"{original['id']}-again"} for original in (A, B)]
    assert await server.fetch(group("g2", C, D), group("g7", *again)) == Changes(returned=1)
    session = await server.session()
    assert "not duplicates" in session.row("g7").news
    assert session.row("g7").saving == 0
    assert (await session.look("g7")).choice.trash == ()
    await session.accept("g7")
    assert session.row("g7").decision is DecisionKind.KEEP_ALL


def parsed(name: str, *members: dict[str, Any]) -> Group:
    return Group.model_validate(group(name, *members))


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ([A], "b.jpg left."),
        ([A, B, C], "cc.jpg joined."),
        ([A, {**B, "isTrashed": True}], "b.jpg was trashed."),
        ([A, {**B, "checksum": "another"}], "the file of b.jpg was replaced."),
        ([A, {**B, "isFavorite": True}], "b.jpg: favourite edited."),
        (
            [{**A, "isFavorite": True}, {**B, "isTrashed": True}, C, D],
            "cc.jpg joined; dd.jpg joined; a.jpg: favourite edited; and 1 more.",
        ),
    ],
)
def test_what_changed_is_told_in_a_sentence(after: list[dict[str, Any]], told: str) -> None:
    assert what_changed(parsed("g", A, B), parsed("g", *after)) == told


def test_files_of_external_libraries_and_unknown_ones_recognise_no_group() -> None:
    assert checksums(parsed("g", A, B)) == checksums(parsed("h", B, A)) is not None
    assert checksums(parsed("g", A, {**B, "checksum": None})) is None
    assert checksums(parsed("g", A, {**B, "libraryId": "lib"})) is None


async def test_cancelling_is_obeyed_while_the_server_thinks_and_changes_nothing(server: Server) -> None:
    await server.fetch(group("g1", A, B))
    server.front.silent = True
    async with server.client() as client:
        job = AnalyzeJob.of(client, server.store, POLICY, CONTEXT)
        running = asyncio.create_task(job.run())
        await asyncio.wait_for(server.front.asked.wait(), 10)
        job.cancel()
        result = await asyncio.wait_for(running, 5)
    assert (result.state, result.error, result.changes) == (Status.CANCELLED, None, None)
    assert [row.group_id for row in (await server.session()).rows] == ["g1"]


async def test_a_listing_that_breaks_off_is_read_again(server: Server) -> None:
    server.front.cuts = 1
    await server.fetch(group("g1", A, B), group("g2", C, D))
    assert [row.group_id for row in (await server.session()).rows] == ["g1", "g2"]
    async with await Journal.open(server.store.path, read_only=True) as journal:
        (run,) = await journal.runs()
        assert (run.kind, run.state) == ("analyze", "done")


async def test_a_refresh_that_never_gets_through_leaves_the_last_fetch(server: Server) -> None:
    await server.fetch(group("g1", A, B))
    server.front.cuts = 99
    server.front.groups = [group("g2", C, D)]
    async with server.client() as client:
        job = AnalyzeJob.of(client, server.store, POLICY, CONTEXT)
        result = await job.run()
    assert result.state is Status.FAILED
    assert result.error is not None
    with pytest.raises(type(result.error)):
        result.check()
    snapshot = job.snapshot()
    assert snapshot is not None
    assert "failed" in snapshot.job.log[-1].text
    assert [row.group_id for row in (await server.session()).rows] == ["g1"]


KILLED = """
import asyncio, sys
from pathlib import Path
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from immich_tui.review.analyze import AnalyzeJob
from immich_tui.review.store import Store
from immich_tui.verdict.model import Context
from immich_tui.verdict.policy import PRESETS

async def main():
    async with ImmichClient(Connection(sys.argv[1] + "/api", Secret("key"))) as client:
        store = Store.open(Path(sys.argv[2]))
        job = AnalyzeJob.of(client, store, PRESETS["metadata"], Context())
        running = asyncio.create_task(job.run())
        while job.progress.stored == 0:
            await asyncio.sleep(0.01)
        print("stored", flush=True)
        await running

asyncio.run(main())
"""


async def test_a_killed_fetch_leaves_the_last_complete_one(server: Server) -> None:
    await server.fetch(group("g1", A, B))
    session = await server.session()
    await session.accept("g1")
    await asyncio.to_thread(server.store.close)

    server.front.groups = [group(f"k{number}", A, B) for number in range(1500)]
    server.front.hangs = True
    path = server.folder / "session.db"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, server.front.url, str(path)), stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert await asyncio.wait_for(child.stdout.readline(), 30) == b"stored\n"
    child.send_signal(signal.SIGKILL)
    await child.wait()

    server.store = Store.open(path)
    assert not server.store.read_only, "a killed process holds no lock"
    session = await server.session()
    assert [(row.group_id, row.decided) for row in session.rows] == [("g1", True)]
    server.front.hangs = False
    assert await server.fetch(group("g1", A, B)) == Changes()
    async with await Journal.open(path, read_only=True) as journal:
        states = [run.state for run in await journal.runs()]
    assert sorted(states) == ["cancelled", "done", "done"], "the killed one is not left open for ever"

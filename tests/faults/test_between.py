"""What changes on the server between the review and the run: seen before anything is touched.

The same changes in the middle of a run are in the tests of the recheck.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from immich_tui.demo.faults import Exchange, forbidden
from immich_tui.demo.records import Asset
from immich_tui.demo.server import DemoServer
from immich_tui.execution.report.groups import GroupReport
from immich_tui.execution.report.report import Report
from immich_tui.jobs.progress import Status
from tests.execution.test_recheck import Scene, decide, empty, members
from tests.faults.invariants import Before
from tests.shelf import Bytes, Shelf, rich
from tests.workbench import Workbench, workbench


def _resolved(scene: Scene) -> None:
    scene.server.library.trash([scene.theirs.id, scene.third.id])
    scene.server.library.edit(scene.ours.id, duplicate_id=None)


CHANGES: dict[str, tuple[Callable[[Scene], object], str]] = {
    "S1 keeper trashed": (lambda s: s.server.library.trash([s.ours.id]), "ours.jpg left the group"),
    "S1 keeper stacked": (lambda s: s.stack(s.ours, s.shelf.put("x.jpg", None)), "ours.jpg left the group"),
    "S1 keeper dismissed": (
        lambda s: s.server.library.edit(s.ours.id, duplicate_id=None),
        "ours.jpg left the group",
    ),
    "S1 keeper locked": (
        lambda s: s.server.library.edit(s.ours.id, visibility="locked"),
        "ours.jpg left the group",
    ),
    "S1 keeper purged": (lambda s: s.server.library.forget(s.ours.id), "ours.jpg left the group"),
    "S2 keeper's file": (
        lambda s: s.server.library.edit(s.ours.id, file=Bytes(30_000, "new"), checksum=b"n" * 20),
        "ours.jpg changed since it was decided: checksum",
    ),
    "S2 keeper's description": (
        lambda s: s.server.library.edit(s.ours.id, description="Opa"),
        "ours.jpg changed since it was decided: description",
    ),
    "S2 loser's file": (
        lambda s: s.server.library.edit(s.theirs.id, file=Bytes(9_000, "new"), checksum=b"m" * 20),
        "theirs.jpg changed since it was decided: checksum",
    ),
    "S2 loser's rating": (
        lambda s: s.server.library.edit(s.theirs.id, rating=5),
        "theirs.jpg changed since it was decided: rating",
    ),
    "S3 joined": (
        lambda s: s.shelf.put("new.jpg", s.group, **rich()),
        "1 new photo(s) joined the group since it was decided",
    ),
    "S3 left": (
        lambda s: s.server.library.edit(s.third.id, duplicate_id=None),
        "third.jpg left the group",
    ),
    "S4 dissolved": (
        lambda s: [s.server.library.edit(one, duplicate_id=None) for one in members(s)],
        "The group is not on the server any more",
    ),
    "S4 resolved by someone else": (
        _resolved,
        "The group is not on the server any more",
    ),
}


async def test_what_changed_before_the_run_is_held_back_untouched(tmp_path: Path) -> None:
    with empty() as server:
        scenes = {change: Scene.of(server) for change in CHANGES}
        async with workbench(server, tmp_path) as bench:
            for scene in scenes.values():
                await decide(bench, scene)
            for change, (act, _) in CHANGES.items():
                act(scenes[change])
            before = Before.of(server)
            job = await bench.job()
            report = await job.run()
        assert report.state == Status.DONE, report.reason
        reasons = {group.group_id: group.reason for group in report.groups}
        touched = {one.path for one in server.requests if one.method not in {"GET", "HEAD"}}
        for change, scene in scenes.items():
            reason = reasons.pop(scene.group)
            assert CHANGES[change][1] in reason, change
            assert reason.endswith("."), change
            assert not [path for path in touched for one in members(scene) if one in path], change
        assert set(reasons.values()) == {""}
        before.nothing_is_lost(tmp_path)
        before.agrees_with(report)
        assert report.groups_done == len(CHANGES)


async def test_what_is_as_it_was_again_is_carried_out_by_a_resume(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.library.edit(scene.third.id, duplicate_id=None)
            job = await bench.job()
            (held,) = (await job.run()).held
            assert "third.jpg left the group" in held.reason
            server.library.edit(scene.third.id, duplicate_id=scene.group)
            again = await (await bench.resumed(job.id)).run()
        assert (again.state, again.held, again.trashed) == (Status.DONE, (), 3)
        before.nothing_is_lost(tmp_path)


async def test_s5_a_trash_that_was_switched_off_refuses_the_run(tmp_path: Path) -> None:
    with empty() as server:
        _, loser = Shelf(server).pair()
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            server.library.trash_enabled = False
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.FAILED
            assert report.reason.startswith("The trash is switched off on this server")
            assert [one for one in server.requests if one.method in {"PUT", "DELETE"}] == []
            wrong = await (await bench.resumed(job.id, permanent=7)).run()
            assert wrong.state == Status.FAILED
            assert "7 was typed, but 1 photos" in wrong.reason
            right = await (await bench.resumed(job.id, permanent=1)).run()
        assert (right.state, right.held) == (Status.DONE, ())
        assert server.library.state(loser.id) != "live"
        before.nothing_is_lost(tmp_path)


async def accepted(exchange: Exchange) -> None:
    """A write that is answered as if it were done, and waits in a queue for longer than we do."""
    await exchange.answer(200, [(b"content-type", b"application/json")], b"{}")


@pytest.mark.parametrize("path", ["/api/assets/[^/]*$", "/api/tags/assets$", "/api/albums/[^/]*/assets$"])
async def test_s6_s8_what_is_accepted_but_not_there_is_waited_for_and_then_held_back(
    path: str, tmp_path: Path
) -> None:
    with empty() as server:
        shelf = Shelf(server)
        rich_one, other = _two(shelf, rating=3)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            server.faults.add(accepted, method="PUT", path=path, times=None)
            job = await bench.job(confirm_s=0.5)
            report = await job.run()
            assert report.state == Status.DONE
            assert report.held
            assert all(group.gone == () for group in report.held)
            assert server.library.state(rich_one.id) == "live"
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert (again.state, again.held, again.trashed) == (Status.DONE, (), 2)
        assert server.library.state(other.id) == "trashed"
        before.nothing_is_lost(tmp_path)


@pytest.mark.parametrize(("first", "then"), [("1.135", "2.7"), ("2.7", "3"), ("3", "2.7")])
async def test_s9_a_server_that_was_updated_is_asked_anew(first: str, then: str, tmp_path: Path) -> None:
    with empty(first) as server:
        shelf = Shelf(server)
        shelf.group(
            ("A.jpg", rich(size=40_000)),
            ("A-1.jpg", rich(place=None, tags=("Dog",), albums=("Summer",), rating=3)),
        )
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            server.speak(then)
            job = await bench.job()
            found = await job.preflight()
            said = next(check.sentence for check in found.checks if check.name == "Server")
            assert f"Immich {then}" in said
            report = await job.run()
            assert report.state == Status.DONE, report.reason
            before.nothing_is_lost(tmp_path)
            before.agrees_with(report)
            again = await (await bench.resumed(job.id)).run()
        assert again.state == Status.DONE
        before.nothing_is_lost(tmp_path)
        assert server.requests.count("POST", "/api/duplicates/resolve") == 0


@pytest.mark.parametrize(
    ("path", "method", "permission"),
    [
        ("/api/albums/[^/]*/assets$", "PUT", "albumAsset.create"),
        ("/api/tags/assets$", "PUT", "tag.asset"),
        ("/api/albums/[^/]*$", "PATCH", "album.update"),
    ],
)
async def test_s10_what_cannot_be_carried_holds_its_group_back(
    path: str, method: str, permission: str, tmp_path: Path
) -> None:
    with empty() as server:
        shelf = Shelf(server)
        rich_one, other = _two(shelf)
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            server.faults.add(forbidden(permission), method=method, path=path, times=None)
            job = await bench.job()
            report = await job.run()
            held = _held(report)
            assert permission in held.reason
            assert server.library.state(rich_one.id) == "live"
            assert server.library.state(other.id) == "trashed"
            before.agrees_with(report)
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert (again.state, again.held, again.trashed) == (Status.DONE, (), 2)
        before.nothing_is_lost(tmp_path)


def _two(shelf: Shelf, **more: object) -> tuple[Asset, Asset]:
    _, rich_one = shelf.group(
        ("A.jpg", rich(size=40_000)), ("A-1.jpg", rich(place=None, tags=("Dog",), albums=("Summer",), **more))
    )
    return rich_one, shelf.pair()[1]


def _held(report: Report) -> GroupReport:
    (held,) = report.held
    return held


async def test_s7_one_file_under_two_ids_is_not_touched(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        _, theirs = shelf.group(
            ("A.jpg", rich(size=40_000, path="/data/one.jpg")), ("A-1.jpg", rich(path="/data/one.jpg"))
        )
        async with workbench(server, tmp_path) as bench:
            await _accept(bench)
            report = await (await bench.job()).run()
        assert [group.gone for group in report.groups if group.gone] == []
        assert server.library.state(theirs.id) == "live"


async def _accept(bench: Workbench) -> None:
    for row in bench.session.rows:
        await bench.session.accept(row.group_id)


async def test_a_delete_that_is_answered_but_not_done_is_noticed(tmp_path: Path) -> None:
    """204, and yet the photo lives."""
    with DemoServer("empty", jobs_delay=0.02) as server:
        _, loser = Shelf(server).pair()
        before = Before.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            server.faults.add(accepted, method="DELETE", path="/api/assets$", times=None)
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert held.reason.startswith(f"The server did not trash {loser.name}")
            before.agrees_with(report)
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert (again.held, again.trashed) == ((), 1)
        before.nothing_is_lost(tmp_path)

"""Undo over a real socket: afterwards the library is what it was, but for what the report names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from immich_tui.demo.faults import dropped_after, forbidden, status
from immich_tui.demo.server import DemoServer
from immich_tui.execution.undo.job import UndoJob
from immich_tui.execution.undo.state import Outcome
from immich_tui.jobs.progress import Status
from tests.shelf import Shelf, rich
from tests.truth import Truth
from tests.workbench import Workbench, workbench


@pytest.fixture(params=["1.135", "2.7", "3"])
def server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    with DemoServer("empty", dialect=request.param, jobs_delay=0.02) as started:
        yield started


@pytest.fixture
def newest() -> Iterator[DemoServer]:
    with DemoServer("empty", dialect="3", jobs_delay=0.02) as started:
        yield started


async def execute(bench: Workbench, **changes: object) -> str:
    job = await bench.job(**changes)
    report = await job.run()
    assert report.state == Status.DONE, report.reason
    return job.id


async def test_everything_is_as_it_was(server: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(server)
    shelf.household()
    kept, stacked, mixed = (
        shelf.group(
            (f"{name}-1.jpg", rich(size=22_000)), (f"{name}-2.jpg", rich()), (f"{name}-3.jpg", rich())
        )
        for name in ("keep", "stack", "mixed")
    )
    before = Truth.of(server)
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        for group, choose in ((kept, bench.session.keep_all), (stacked, bench.session.stack)):
            assert group[0].duplicate_id
            await choose(group[0].duplicate_id)
        assert mixed[0].duplicate_id
        await bench.session.choose_winner(mixed[0].duplicate_id, mixed[0].id)
        await bench.session.toggle(mixed[0].duplicate_id, mixed[1].id)
        run = await execute(bench)
        assert len(before.difference(Truth.of(server))) > 20

        undo = await bench.undo(run)
        preview = await undo.preview()
        assert not preview.refused
        assert preview.photos == 10
        assert len(preview.groups) == 11
        deletes = server.requests.count("DELETE", "/api/assets")
        report = await undo.run()
        assert (report.state, report.reason) == (Status.DONE, "")
        assert [group.problems for group in report.groups if group.problems] == []
        assert (report.undone, report.partly, report.failed, report.restored) == (11, 0, 0, 10)
        assert report.complete
        assert server.requests.count("DELETE", "/api/assets") == deletes, "an undo deletes nothing"
        assert before.difference(Truth.of(server)) == {}
        assert {listed.group.id async for listed in bench.client.duplicates()} == {
            group.group_id for group in report.groups
        }
        # Everything can be decided, and carried out, again.
        assert not any(row.done or row.decided for row in bench.session.rows)
        again = await bench.undo(run)
        assert (await again.preview()).refused
        await bench.accept_everything()
        second = await (await bench.job()).run()
        assert (second.groups_done, second.groups_held) == (11, 0)


async def test_a_location_and_a_date_stay_and_are_named(server: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(server)
    placed = shelf.group(("P.jpg", rich(place=None)), ("P-1.jpg", rich(rating=4)))
    dated = shelf.group(("D.jpg", {}), ("D-1.jpg", rich(place=None, size=20_000)))
    before = Truth.of(server)
    async with workbench(server, tmp_path) as bench:
        for winner, _ in (placed, dated):
            assert winner.duplicate_id
            await bench.session.choose_winner(winner.duplicate_id, winner.id)
        undo = await bench.undo(await execute(bench))
        stuck = {group.title: group.stuck for group in (await undo.preview()).groups}
        report = await undo.run()
    after = Truth.of(server)
    told = {group.title: group.stuck for group in report.groups}
    assert told == stuck
    assert "location" in told["P.jpg"][0]
    assert "capture time" in told["D.jpg"][0]
    assert report.complete
    assert {key[0] for key in before.difference(after)} == {placed[0].id, dated[0].id}
    assert {name for _, name in before.difference(after)} <= {
        *("latitude", "longitude", "city", "state", "country"),
        *("dateTimeOriginal", "timeZone", "local time"),
    }


async def test_what_somebody_changed_since_is_theirs(server: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(server)
    ours, loser = shelf.group(
        ("A.jpg", rich(size=40_000)),
        ("A-1.jpg", rich(place=None, rating=3, description="by the lake", tags=("Dog",), albums=("Summer",))),
    )
    async with workbench(server, tmp_path) as bench:
        await bench.accept_everything()
        run = await execute(bench)
        assert server.jobs.wait_quiet()
        await bench.client.update_asset(ours.id, {"description": "mine", "isFavorite": True})
        album = shelf.album("Summer")
        other = shelf.put("other.jpg", None, **rich())
        album.asset_ids.append(other.id)
        album.cover_id = other.id
        assert server.jobs.wait_quiet()
        report = await (await bench.undo(run)).run()
    assert server.jobs.wait_quiet()
    now = server.library.assets[ours.id]
    assert (now.exif["description"], now.favorite) == ("mine", True)
    assert now.exif.get("rating") in (None, 0)
    assert now.tag_ids == []
    assert ours.id not in album.asset_ids
    assert album.cover_id == other.id
    (group,) = report.groups
    assert group.outcome is Outcome.UNDONE
    assert any("description" in sentence for sentence in group.kept)
    assert any("cover" in sentence for sentence in group.kept)
    assert server.library.state(loser.id) == "live"


async def test_single_groups_can_be_taken_back(newest: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(newest)
    (one, one_copy), (two, two_copy) = shelf.pair(1), shelf.pair(2)
    first, second = str(one.duplicate_id), str(two.duplicate_id)
    async with workbench(newest, tmp_path) as bench:
        await bench.accept_everything()
        run = await execute(bench)
        report = await (await bench.undo(run, first)).run()
        assert report.undone == 1
        assert newest.library.state(one_copy.id) == "live"
        assert newest.library.state(two_copy.id) == "trashed"
        assert bench.session.row(second).done
        rest = await bench.undo(run)
        assert (await rest.preview()).already == (first,)
        assert (await rest.run()).undone == 1
        assert newest.library.state(two_copy.id) == "live"
        with pytest.raises(KeyError):
            await bench.undo(run, "11111111-1111-4111-8111-111111111111")


async def test_runs_are_taken_back_newest_first(newest: DemoServer, tmp_path: Path) -> None:
    """A run is undone in part, its group decided anew and carried out: that run comes before the first."""
    shelf = Shelf(newest)
    shelf.group(("A.jpg", rich(size=40_000)), ("A-1.jpg", rich()), ("A-2.jpg", rich(place=None)))
    async with workbench(newest, tmp_path) as bench:
        await bench.accept_everything()
        first = await execute(bench)
        newest.faults.add(status(400), method="PUT", path="/api/assets$", times=None)
        assert (await (await bench.undo(first)).run()).partly == 1
        newest.faults.clear()
        (row,) = bench.session.rows
        for asset in newest.library.assets.values():
            newest.library.edit(asset.id, duplicate_id=row.group_id)
        await bench.session.accept(row.group_id)
        second = await execute(bench)
        between = Truth.of(newest)
        undo = await bench.undo(first)
        preview = await undo.preview()
        assert preview.refused
        assert any("later run" in check.sentence for check in preview.checks)
        assert (await undo.run()).state == Status.FAILED
        assert between.difference(Truth.of(newest)) == {}
        assert (await (await bench.undo(second)).run()).complete
        assert (await (await bench.undo(first)).run()).complete
    assert not any(asset.trashed for asset in newest.library.assets.values())


async def test_a_photo_that_is_gone_for_good_is_named_with_its_backup(
    newest: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(newest)
    first, *losers = shelf.group(
        ("A.jpg", rich(size=40_000)), ("A-1.jpg", rich()), ("A-2.jpg", rich(place=None, rating=3))
    )
    async with workbench(newest, tmp_path) as bench:
        await bench.accept_everything()
        run = await execute(bench)
        await bench.client.trash([losers[0].id], force=True)
        assert newest.jobs.wait_quiet()
        report = await (await bench.undo(run)).run()
    (group,) = report.groups
    assert (group.outcome, report.complete) == (Outcome.PARTLY, False)
    (lost,) = report.lost
    assert lost.asset_id == losers[0].id
    assert (Path(report.backup_folder) / lost.backup).read_bytes() == newest.library.bytes_of(losers[0].id)
    assert "A-1.jpg" in group.reason
    assert report.backup_folder in group.reason
    assert newest.library.state(losers[1].id) == "live"
    assert newest.library.assets[first.id].duplicate_id == newest.library.assets[losers[1].id].duplicate_id


async def test_what_somebody_did_to_the_photos_since_is_left(newest: DemoServer, tmp_path: Path) -> None:
    """The kept photo was trashed, another was put into a group of its own, a stack was made larger."""
    shelf = Shelf(newest)
    kept, copy = shelf.pair(1)
    moved, moved_copy = shelf.pair(2)
    stacked = shelf.group(("S-1.jpg", rich(size=50_000)), ("S-2.jpg", rich()))
    elsewhere = "7b0f2a5e-6d0f-4b7e-9c58-0c5d8a1e2f30"
    async with workbench(newest, tmp_path) as bench:
        await bench.accept_everything()
        assert stacked[0].duplicate_id
        await bench.session.stack(stacked[0].duplicate_id)
        run = await execute(bench)
        await bench.client.trash([kept.id])
        await bench.client.update_assets([moved.id], {"duplicateId": elsewhere})
        extra = shelf.put("extra.jpg", None, **rich())
        await bench.client.stack([newest.library.assets[stacked[0].id].id, extra.id])
        report = await (await bench.undo(run)).run()
    assert newest.library.state(kept.id) == "trashed"
    assert newest.library.state(copy.id) == "live"
    assert newest.library.state(moved_copy.id) == "live"
    assert newest.library.assets[moved.id].duplicate_id == elsewhere
    assert newest.library.assets[stacked[0].id].stack_id is not None
    said = {group.title: " ".join((*group.kept, *group.stuck)) for group in report.groups}
    assert "moved to the trash since" in said[kept.name]
    assert "another group" in said[moved.name]
    assert "stack was changed" in said[stacked[0].name]


async def test_the_report_is_kept_beside_the_backups_and_never_holds_the_key(
    newest: DemoServer, tmp_path: Path
) -> None:
    Shelf(newest).pair()
    async with workbench(newest, tmp_path) as bench:
        await bench.accept_everything()
        run = await execute(bench)
        report = await (await bench.undo(run)).run()
        runs = {run.id: run for run in await bench.journal.runs()}
    assert runs[report.undo].kind == "undo"
    assert runs[report.undo].detail["of"] == run
    path = Path(report.path)
    assert path.parent == Path(report.backup_folder)
    text = path.read_text()
    assert json.loads(text)["undone"] == 1
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert newest.key.encode() not in file.read_bytes(), file


async def test_a_key_that_may_not_is_refused_before_anything(newest: DemoServer, tmp_path: Path) -> None:
    shelf = Shelf(newest)
    _, copy = shelf.pair()
    async with workbench(newest, tmp_path) as bench:
        await bench.accept_everything()
        run = await execute(bench)
    newest.key = newest.new_key(("asset.read", "asset.update", "duplicate.read", "user.read"))
    async with workbench(newest, tmp_path / "again") as other, workbench(newest, tmp_path) as bench:
        undo = await UndoJob.of(
            other.client, other.capabilities, bench.session, bench.journal, run, rate=None
        )
        assert (await undo.preview()).refused
        report = await undo.run()
    assert report.state == Status.FAILED
    assert "asset.delete" in report.reason
    assert newest.library.state(copy.id) == "trashed"


async def test_people_and_links_that_somebody_changed_since_are_theirs(
    newest: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(newest)
    ours, theirs = shelf.group(
        ("a.jpg", rich(people=("Ada",), links=("both",))),
        ("b.jpg", rich(size=9000, people=("Ben", "Cleo", "Dan"), links=("both", "beach", "party"))),
    )
    async with workbench(newest, tmp_path) as bench:
        await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
        run = await execute(bench)
        on_it = {
            newest.library.people[face.person_id or ""].name: face
            for face in newest.library.faces.values()
            if face.asset_id == ours.id
        }
        assert on_it.keys() == {"Ada", "Ben", "Cleo", "Dan"}
        # Ben is taken off again, Cleo turns out to be Eve, and Ada is put there once more by hand.
        del newest.library.faces[on_it["Ben"].id]
        on_it["Cleo"].person_id = shelf.person("Eve").id
        shelf.face(ours, "Ada", source="manual")
        shelf.link("party").asset_ids.remove(ours.id)
        preview = await (undo := await bench.undo(run)).preview()
        assert set(preview.groups[0].revert) >= {"people", "public links"}
        counts = {(call.method, call.path): call.count for call in preview.calls}
        assert counts["DELETE", "/faces/{id}"] == 3
        assert counts["DELETE", "/shared-links/{id}/assets"] == 2
        (group,) = (await undo.run()).groups
    assert group.outcome is Outcome.UNDONE, group.reason
    assert group.kept == ("A face that was put on it is somebody else's now and stays as it is.",)
    assert {"people", "public links"} <= set(group.reverted)
    assert shelf.people(ours) == ["Ada", "Ada", "Eve"]
    assert shelf.link("both").asset_ids == [ours.id, theirs.id]
    assert shelf.link("beach").asset_ids == shelf.link("party").asset_ids == [theirs.id]


async def test_a_key_that_may_not_take_photos_out_of_links_says_so_and_does_the_rest(
    newest: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(newest)
    ours, theirs = shelf.group(
        ("a.jpg", rich()), ("b.jpg", rich(size=9000, people=("Ben",), links=("beach",)))
    )
    async with workbench(newest, tmp_path) as bench:
        await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
        run = await execute(bench)
        newest.faults.add(forbidden("all"), method="DELETE", path="/api/shared-links", times=None)
        report = await (undo := await bench.undo(run)).run()
        (group,) = report.groups
        assert group.outcome is Outcome.PARTLY
        assert group.reason.startswith("It could not be taken out of a public link: ")
        assert shelf.people(ours) == []
        assert newest.library.state(theirs.id) == "live"
        newest.faults.clear()
        again = await (await bench.undo_resumed(undo.id)).run()
    assert again.complete
    assert shelf.link("beach").asset_ids == [theirs.id]


async def test_a_face_whose_removal_was_not_answered_is_taken_off_once(
    newest: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(newest)
    ours, _ = shelf.group(("a.jpg", rich()), ("b.jpg", rich(size=9000, people=("Ben",))))
    async with workbench(newest, tmp_path) as bench:
        await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
        run = await execute(bench)
        newest.faults.add(dropped_after(), method="DELETE", path="/api/faces")
        report = await (await bench.undo(run)).run()
    assert report.complete, report.groups[0].reason
    assert shelf.people(ours) == []


async def test_one_group_of_two_leaves_its_people_and_the_link_that_both_are_in(
    newest: DemoServer, tmp_path: Path
) -> None:
    shelf = Shelf(newest)
    pairs = [
        shelf.group(
            (f"{name}.jpg", rich(size=40_000)),
            (f"{name}-1.jpg", rich(size=9_000, people=("Ada",), links=("beach",))),
        )
        for name in ("a", "b")
    ]
    (first, _), (second, _) = pairs
    group_id = str(first.duplicate_id)
    async with workbench(newest, tmp_path) as bench:
        await bench.accept_everything()
        run = await execute(bench)
        assert {first.id, second.id} <= set(shelf.link("beach").asset_ids)
        report = await (await bench.undo(run, group_id)).run()
    assert report.undone == 1, report.groups
    assert (shelf.people(first), shelf.people(second)) == ([], ["Ada"])
    shown = shelf.link("beach").asset_ids
    assert first.id not in shown
    assert second.id in shown


async def test_a_group_that_the_server_does_not_make_again_is_not_told_as_taken_back(
    newest: DemoServer, tmp_path: Path
) -> None:
    Shelf(newest).group(("a.jpg", rich()), ("b.jpg", rich(size=9000)))
    async with workbench(newest, tmp_path) as bench:
        await bench.accept_everything()
        run = await execute(bench)
        newest.faults.add(status(400), method="PUT", path="/api/assets$", times=None)
        (group,) = (await (await bench.undo(run)).run()).groups
        assert (group.outcome, group.restored, group.reverted) == (Outcome.PARTLY, ("b.jpg",), ())
        assert group.reason.startswith("The group could not be made again: ")
        newest.faults.clear()
        again = await (await bench.undo(run)).run()
        assert (again.undone, again.groups[0].reverted) == (1, ("group",))

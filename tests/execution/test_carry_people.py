"""People and public links go over to the photo that stays, each exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest

from immich_tui.demo.faults import dropped_after, forbidden, run, run_after, status, unauthorized
from immich_tui.demo.records import Asset
from immich_tui.execution.run import CARRY
from immich_tui.execution.verify.job import VerifyJob
from immich_tui.jobs.progress import Status
from tests.execution.test_carry import decided, empty, of
from tests.shelf import Shelf, Told, rich
from tests.workbench import reopened

FACES = "/api/faces"


def pair(shelf: Shelf, ours: Told, theirs: Told) -> tuple[Asset, Asset]:
    number = len(shelf.library.assets)
    kept, gone = shelf.group(
        (f"ours {number}.jpg", rich(size=30_000) | ours), (f"theirs {number}.jpg", rich(size=9000) | theirs)
    )
    return kept, gone


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_who_is_missing_on_the_kept_photo_is_put_there(dialect: str, tmp_path: Path) -> None:
    with empty(dialect) as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {"people": ("Ada",)}, {"people": ("Ada", "Ben", "", "Cleo")})
        shelf.person("Cleo").hidden = True
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert (report.groups_done, report.groups_held) == (1, 0), report.held
        assert shelf.people(ours) == ["Ada", "Ben", "Cleo"]
        assert of(report, ours).carried == ("person: Ben", "person: Cleo")
        made = [face for face in server.library.faces.values() if face.asset_id == ours.id]
        there = {
            face.person_id: face.box for face in server.library.faces.values() if face.asset_id == theirs.id
        }
        assert all(face.box == there[face.person_id] for face in made)
        assert {face.source for face in made} == {"machine-learning", "manual"}
        assert server.library.assets[theirs.id].trashed


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
async def test_the_kept_photo_takes_the_place_in_public_links(dialect: str, tmp_path: Path) -> None:
    with empty(dialect) as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {"links": ("both",)}, {"links": ("both", "beach")})
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert report.groups_done == 1, report.held
        assert shelf.link("both").asset_ids == [ours.id, theirs.id]
        if dialect == "1.135":
            # No call of that version does it: it is lost, and said to be.
            assert of(report, ours).lost[0] == "shared link: 1 link"
            assert shelf.link("beach").asset_ids == [theirs.id]
        else:
            assert of(report, ours).carried == ("shared link: 1 link",)
            assert shelf.link("beach").asset_ids == [theirs.id, ours.id]


async def test_a_differently_framed_photo_takes_nobody_and_the_report_says_so(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {}, {"people": ("Ben",)})
        ours.width, ours.height = 1600, 900
        ours.exif |= {"exifImageWidth": 1600, "exifImageHeight": 900}
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert "person: Ben" in of(report, ours).lost
        assert shelf.people(ours) == []
        assert server.requests.count("POST", FACES) == 0
        assert server.library.assets[theirs.id].trashed


async def test_a_face_that_is_somebody_else_on_the_kept_photo_stays_so(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {"people": ("Ada",)}, {"people": ("Ben",)})
        adas = next(face for face in server.library.faces.values() if face.asset_id == ours.id)
        bens = next(face for face in server.library.faces.values() if face.asset_id == theirs.id)
        bens.box = adas.box
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert of(report, ours).lost == ("person: Ben",)
        assert shelf.people(ours) == ["Ada"]


async def test_where_nobody_has_a_name_one_call_tells_so(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        winners = [pair(shelf, {}, {})[0] for _ in range(3)]
        async with decided(server, tmp_path, *winners) as bench:
            report = await (await bench.job()).run()
        assert report.groups_done == 3
        assert server.requests.count("GET", FACES) == 0
        assert server.requests.count("GET", "/api/people") == 1
        assert server.requests.count("GET", "/api/shared-links") == 1


@pytest.mark.parametrize("crowd", [2, 40])
async def test_people_are_asked_for_by_the_shorter_way(crowd: int, tmp_path: Path) -> None:
    """Two people take two searches; of forty, the few photos of the plan are asked instead."""
    with empty() as server:
        shelf = Shelf(server)
        for number in range(crowd):
            shelf.person(f"P{number}")
        same, _ = pair(shelf, {"people": ("P0",)}, {"people": ("P0",)})
        less, _ = pair(shelf, {}, {"people": ("P1",)})
        none, _ = pair(shelf, {}, {})
        async with decided(server, tmp_path, same, less, none) as bench:
            report = await (await bench.job()).run()
        assert report.groups_done == 3, report.held
        assert shelf.people(less) == ["P1"]
        if crowd == 2:
            # Only of the group that differs were the faces looked at.
            assert server.requests.count("GET", FACES) == 4
        else:
            assert server.requests.count("POST", "/api/search/metadata") < crowd


@pytest.mark.parametrize("dialect", ["1.135", "2.7", "3"])
@pytest.mark.parametrize("crowd", [2, 40])
async def test_a_photo_that_is_gone_holds_back_its_own_group_alone(
    crowd: int, dialect: str, tmp_path: Path
) -> None:
    """Whichever way people are asked for: it was deleted for good since it was decided on."""
    with empty(dialect) as server:
        shelf = Shelf(server)
        for number in range(crowd):
            shelf.person(f"P{number}")
        less, lost = pair(shelf, {}, {"people": ("P1",)})
        none, gone = pair(shelf, {}, {"people": ("P0",)})
        async with decided(server, tmp_path, less, none) as bench:
            server.library.purge(lost.id)
            report = await (await bench.job()).run()
        assert (report.state, report.groups_done) == (Status.DONE, 1), report.reason
        assert of(report, less).reason.startswith("The group is not on the server any more")
        assert (shelf.people(none), gone.trashed) == (["P0"], True)


@pytest.mark.parametrize("crowd", [2, 40])
async def test_a_run_is_taken_up_after_its_photos_were_deleted_for_good(crowd: int, tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        for number in range(crowd):
            shelf.person(f"P{number}")
        less, _ = pair(shelf, {}, {"people": ("P1",)})
        none, _ = pair(shelf, {}, {})
        async with decided(server, tmp_path, less, none) as bench:
            # The photos are gone, and nobody has been told yet.
            server.faults.add(unauthorized(), path="/bulk-upload-check$")
            job = await bench.job(permanent=2)
            assert (await job.run()).state == Status.PAUSED
        async with reopened(server, tmp_path) as bench:
            report = await (await bench.resumed(job.id, permanent=2)).run()
        assert (report.state, report.groups_done, report.deleted) == (Status.DONE, 2, 2), report.reason
        assert shelf.people(less) == ["P1"]


async def test_an_archived_photo_brings_its_people_too(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {}, {"people": ("Ben",)})
        pair(shelf, {}, {})
        theirs.visibility = "archive"
        async with decided(server, tmp_path, ours) as bench:
            await bench.accept_everything()
            await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
            report = await (await bench.job()).run()
        assert shelf.people(ours) == ["Ben"], report.held


async def test_a_lost_answer_does_not_double_a_face(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {}, {"people": ("Ada", "Ben")})
        fault = server.faults.add(dropped_after(), method="POST", path=FACES)
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert fault.met == 1
        assert report.groups_done == 1, report.held
        assert shelf.people(ours) == ["Ada", "Ben"]
        assert server.library.assets[theirs.id].trashed


@pytest.mark.parametrize("dies_at", [("POST", FACES), ("PUT", "/api/assets/copy")])
async def test_a_resumed_carry_doubles_nobody(dies_at: tuple[str, str], tmp_path: Path) -> None:
    """The key dies right after the first face, or after the link: the run stops where a crash would."""
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {}, {"people": ("Ada", "Ben"), "links": ("beach",)})
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            keys = list(server.library.keys)
            method, path = dies_at
            server.faults.add(run_after(lambda: server.revoke(server.key)), method=method, path=path)
            assert (await job.run()).state == Status.PAUSED
            assert not server.library.assets[theirs.id].trashed
        server.library.keys[:] = keys
        server.faults.clear()
        async with reopened(server, tmp_path) as bench:
            again = await (await bench.resumed(job.id)).run()
            intents = [
                entry.data async for entry in bench.journal.entries(job.id, CARRY) if entry.state == "intent"
            ]
            assert again.held == ()
            assert shelf.people(ours) == ["Ada", "Ben"]
            assert shelf.link("beach").asset_ids == [theirs.id, ours.id]
            assert sorted(of(again, ours).carried) == ["person: Ada", "person: Ben", "shared link: 1 link"]
            assert all((data["faces"], data["links"]) == ([], []) for data in intents)
            undo = await (await bench.undo(job.id)).run()
        assert undo.complete
        assert shelf.people(ours) == []
        assert shelf.link("beach").asset_ids == [theirs.id]


async def test_a_face_that_is_not_there_afterwards_holds_the_group_back(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {}, {"people": ("Ben",)})
        server.faults.add(status(201), method="POST", path=FACES, times=None)
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        (held,) = report.held
        assert "Ben is not on it where the face was put" in held.reason
        assert not server.library.assets[theirs.id].trashed


async def test_a_link_that_did_not_take_it_holds_the_group_back(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {}, {"links": ("beach",)})
        server.faults.add(status(204), method="PUT", path="/api/assets/copy", times=None)
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        (held,) = report.held
        assert "it is not in 1 of the 1 public links it was put into" in held.reason
        assert not server.library.assets[theirs.id].trashed


async def test_a_person_that_vanished_since_the_check_is_not_missed(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {}, {"people": ("Ben",)})

        def meanwhile() -> None:
            server.library.faces.clear()

        server.faults.add(run(meanwhile), method="GET", path=FACES)
        async with decided(server, tmp_path, ours) as bench:
            report = await (await bench.job()).run()
        assert report.groups_done == 1, report.held
        assert server.requests.count("POST", FACES) == 0
        assert server.library.assets[theirs.id].trashed


@pytest.mark.parametrize(("lacks", "check"), [("person.read", "People"), ("sharedLink.read", "Public links")])
async def test_a_key_that_may_not_look_is_told_of_before(lacks: str, check: str, tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, _ = pair(shelf, {}, {"people": ("Ben",), "links": ("beach",)})
        path = "/api/people" if lacks == "person.read" else "/api/shared-links"
        server.faults.add(forbidden(lacks), method="GET", path=path, times=None)
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            (warned,) = [one for one in (await job.preflight()).checks if one.name == check]
            report = await job.run()
        assert lacks in warned.next_step
        assert report.groups_done == 1, report.held
        assert shelf.people(ours) == ([] if lacks == "person.read" else ["Ben"])


async def test_a_refused_face_holds_its_group_back_and_no_other(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = pair(shelf, {}, {"people": ("Ben",)})
        plain, copy = pair(shelf, {}, {"rating": 4})
        server.faults.add(forbidden("face.create"), method="POST", path=FACES, times=None)
        async with decided(server, tmp_path, ours, plain) as bench:
            report = await (await bench.job()).run()
        (held,) = report.held
        assert "face.create" in held.reason
        assert not server.library.assets[theirs.id].trashed
        assert server.library.assets[copy.id].trashed


async def test_what_would_be_called_names_people_and_links(tmp_path: Path) -> None:
    with empty() as server:
        ours, _ = pair(Shelf(server), {}, {"people": ("Ada", "Ben"), "links": ("beach",)})
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            calls = {(call.method, call.path): call.count for call in (await job.preflight()).calls}
        assert calls["POST", "/faces"] == 2
        assert calls["PUT", "/assets/copy"] == 1


async def test_verify_misses_who_was_carried_and_went_since(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, _ = pair(shelf, {}, {"people": ("Ada", "Ben"), "links": ("beach",)})
        async with decided(server, tmp_path, ours) as bench:
            job = await bench.job()
            await job.run()

            async def faults() -> list[str]:
                async with await VerifyJob.of_run(
                    bench.journal, job.id, bench.client, rate=None, patience=bench.patience
                ) as verify:
                    return [fault for photo in (await verify.run()).photos for fault in photo.faults]

            assert await faults() == []
            ben = next(
                face
                for face in server.library.faces.values()
                if face.asset_id == ours.id and face.person_id == shelf.person("Ben").id
            )
            del server.library.faces[ben.id]
            shelf.link("beach").asset_ids.remove(ours.id)
            assert await faults() == [
                f"Ben, put on {ours.name}, is not on it any more.",
                f"{ours.name} is not in a public link any more that it was put into.",
            ]


async def test_people_who_are_on_both_cost_a_search_each_and_nothing_for_each_photo(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        names = ("Ada", "Ben", "Cleo", "Dan")
        for _ in range(40):
            pair(shelf, {"people": names}, {"people": names})
        async with decided(server, tmp_path) as bench:
            await bench.accept_everything()
            job = await bench.job()
            before = len(server.requests)
            report = await job.run()
            asked = len(server.requests) - before
        assert report.groups_done == 40, report.held
        assert not any(group.carried for group in report.groups)
        assert server.requests.count("GET", FACES) == 0
        assert asked <= 1.05 * 40 + 3 * 40 + 50

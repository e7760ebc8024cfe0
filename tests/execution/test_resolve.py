"""The whole job over a real socket: afterwards server, backup folder, journal and report agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from immich_tui.demo.faults import Exchange, flipped_bit, reset_after, status
from immich_tui.demo.server import DemoServer
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.report.report import read_report
from immich_tui.jobs.progress import Status
from immich_tui.review.decisions import DecisionKind
from tests.shelf import Shelf, rich
from tests.workbench import Workbench, workbench


# All groups in the newest version, every third in the others.
@pytest.fixture(params=[("1.135", 3), ("2.7", 3), ("3", 1)], ids=lambda version: version[0])
def version(request: pytest.FixtureRequest) -> Iterator[tuple[DemoServer, int]]:
    name, step = request.param
    with DemoServer(dialect=name, jobs_delay=0.05) as server:
        yield server, step


@pytest.fixture
def current() -> Iterator[DemoServer]:
    with DemoServer(dialect="3", jobs_delay=0.05) as server:
        yield server


def in_the_trash(server: DemoServer) -> set[str]:
    return {asset_id for asset_id, asset in server.library.assets.items() if asset.trashed}


def ordinary(bench: Workbench, number: int = 3) -> list[str]:
    """Groups that nothing blocks and that lie on the upload side."""
    return [row.group_id for row in bench.session.rows if row.worst is None or row.worst < 2][:number]


async def test_afterwards_everything_agrees(version: tuple[DemoServer, int], tmp_path: Path) -> None:
    server, step = version
    before = in_the_trash(server)
    async with workbench(server, tmp_path) as bench:
        groups = [row.group_id for row in bench.session.rows[::step]]
        for group_id in groups:
            await bench.session.accept(group_id)
        job = await bench.job()
        found = await job.preflight()
        assert not found.refused, [check for check in found.checks if check.level == "problem"]
        report = await job.run()

        assert report.state == Status.DONE, report.reason
        assert report.groups_done > 5
        assert report.groups_done + report.groups_held == len(groups)
        folder = Path(report.backup_folder)
        lines = {line.asset_id: line for line in read_manifest(folder / "manifest.jsonl")}
        truth = server.library
        gone = [gone for group in report.groups for gone in group.gone]
        assert gone
        for entry in gone:
            assert truth.assets[entry.asset_id].trashed
            assert not truth.assets[entry.survivor].trashed
            original = truth.bytes_of(entry.asset_id)
            assert (folder / entry.backup).read_bytes() == original
            line = lines[entry.asset_id]
            assert (line.file, line.survivor) == (entry.backup, entry.survivor)
            assert line.sha1 == entry.sha1 == hashlib.sha1(original).hexdigest()
            assert line.original_name == truth.assets[entry.asset_id].name
        assert in_the_trash(server) - before == {entry.asset_id for entry in gone}
        for group in report.held:
            assert group.reason.endswith(".")
            assert not group.gone
        assert read_report(folder / "report.json")["trashed"] == len(gone)
        assert not list(folder.glob("*.part"))
        assert server.key not in (folder / "report.json").read_text()
        assert server.key not in (folder / "manifest.jsonl").read_text()


async def test_keeping_all_and_stacking_ends_the_group_without_trashing(
    current: DemoServer, tmp_path: Path
) -> None:
    before = in_the_trash(current)
    async with workbench(current, tmp_path) as bench:
        keep, stack = ordinary(bench, 2)
        await bench.session.keep_all(keep)
        await bench.session.stack(stack)
        report = await (await bench.job()).run()
        assert (report.dismissed, report.stacked, report.trashed) == (1, 1, 0)
        assert in_the_trash(current) == before
        await bench.session.reload()
        assert bench.session.row(keep).done == DecisionKind.KEEP_ALL
        remaining = {listed.group.id async for listed in bench.client.duplicates()}
        assert not {keep, stack} & remaining


async def test_a_download_that_breaks_is_taken_up_again(current: DemoServer, tmp_path: Path) -> None:
    async with workbench(current, tmp_path) as bench:
        (group_id,) = ordinary(bench, 1)
        await bench.session.accept(group_id)
        decision = bench.session.decision(group_id)
        assert decision
        assert decision.choice
        loser = decision.choice.trash[0]
        current.faults.add(reset_after(50_000), path=f"{loser}/original", times=2)
        report = await (await bench.job()).run()
        assert report.state == Status.DONE
        assert (report.groups_done, report.groups_held) == (1, 0)
        assert current.library.assets[loser].trashed


async def test_bytes_that_do_not_match_hold_the_group_back(current: DemoServer, tmp_path: Path) -> None:
    async with workbench(current, tmp_path) as bench:
        bad, good = ordinary(bench, 2)
        for group_id in (bad, good):
            await bench.session.accept(group_id)
        decision = bench.session.decision(bad)
        assert decision
        assert decision.choice
        loser = decision.choice.trash[0]
        current.faults.add(flipped_bit(1000), path=f"{loser}/original", times=None)
        job = await bench.job()
        report = await job.run()
        assert (report.groups_done, report.groups_held) == (1, 1)
        (held,) = report.held
        assert held.group_id == bad
        assert "checksum" in held.reason
        assert current.library.assets[loser].name in held.reason
        assert not any(current.library.assets[asset].trashed for asset in decision.choice.trash)
        assert not list(Path(report.backup_folder).glob("*.part"))

        current.faults.clear()
        again = await (await bench.resumed(job.id)).run()
        assert (again.groups_done, again.groups_held) == (2, 0)
        assert current.library.assets[loser].trashed


async def test_a_keeper_that_vanished_leaves_the_group_untouched(current: DemoServer, tmp_path: Path) -> None:
    async with workbench(current, tmp_path) as bench:
        (group_id,) = ordinary(bench, 1)
        await bench.session.accept(group_id)
        decision = bench.session.decision(group_id)
        assert decision
        assert decision.choice
        current.library.forget(decision.choice.winner)
        job = await bench.job()
        found = await job.preflight()
        assert found.refused
        assert found.held
        report = await job.run()
        assert report.trashed == 0
        assert not any(current.library.assets[asset].trashed for asset in decision.choice.trash)
        assert current.requests.count("DELETE", "/api/assets") == 0


async def test_permanent_deletion_needs_the_number_and_forces_no_external_file(tmp_path: Path) -> None:
    """The trash is off: what is deleted is gone, so the person types how many."""
    with DemoServer("empty", trash=False, jobs_delay=0.05) as server:
        shelf = Shelf(server)
        _, upload = shelf.pair()
        ours, external = shelf.group(("a.jpg", rich()), ("b.jpg", rich(external=True, size=9000, place=None)))
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            assert ours.duplicate_id
            await bench.session.choose_winner(ours.duplicate_id, ours.id)
            for typed in (None, 1, 3):
                refused = await (await bench.job(permanent=typed, trash_external=True)).run()
                assert refused.state == Status.FAILED
                assert refused.trashed == 0
            assert server.requests.count("DELETE") == 0
            report = await (await bench.job(permanent=2, trash_external=True)).run()
        assert (report.state, report.held, report.trashed) == (Status.DONE, (), 2)
        states = {gone.asset_id: gone.state for group in report.groups for gone in group.gone}
        assert states == {upload.id: "deleted", external.id: "trashed"}
        assert server.jobs.wait_quiet()
        assert server.library.state(upload.id) == "deleted"
        assert server.library.state(external.id) == "trashed"
        folder = Path(report.backup_folder)
        for line in read_manifest(folder / "manifest.jsonl"):
            assert (folder / line.file).read_bytes() == server.library.bytes_of(line.asset_id)


async def test_a_run_that_carries_nothing_asks_for_little(tmp_path: Path) -> None:
    """One download a loser, three looks a group, and what belongs to the run as a whole."""
    groups, losers = 40, 80
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        for number in range(groups):
            copies = [
                (f"IMG_{number}-{copy}.jpg", rich(size=9000 + copy, albums=("Family",))) for copy in (1, 2)
            ]
            shelf.group((f"IMG_{number}.jpg", rich(albums=("Family",))), *copies)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            before = len(server.requests)
            report = await (await bench.job(trash_batch=8)).run()
        assert (report.trashed, report.held) == (losers, ())
        assert not any(group.carried for group in report.groups)
        # Small pictures are for the report alone, and at most 400.
        asked = sum(1 for one in server.requests[before:] if not one.path.endswith("/thumbnail"))
        assert asked <= 1.05 * losers + 3 * groups + 50, asked
        assert server.requests.count("GET", "/original") == losers + groups


async def test_what_a_search_does_not_find_in_the_trash_is_asked_for_one_by_one(tmp_path: Path) -> None:
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        losers = [shelf.pair(number)[1] for number in range(3)]
        server.faults.add(
            status(500, message="no search today"), method="POST", path="/api/search/metadata$", times=None
        )
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            report = await (await bench.job()).run()
        assert (report.trashed, report.held) == (3, ())
        for loser in losers:
            assert server.requests.count("GET", f"/api/assets/{loser.id}") >= 1


async def test_what_an_earlier_run_verified_is_not_fetched_again(tmp_path: Path) -> None:
    """The photos came back from the trash; their backups are still there, but for one that was altered."""
    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        pairs = [shelf.pair(number) for number in range(3)]
        groups = {asset.id: asset.duplicate_id for pair in pairs for asset in pair}
        async with workbench(server, tmp_path / "one") as bench:
            await bench.accept_everything()
            first = await (await bench.job(backup_root=tmp_path / "backups")).run()
            assert first.trashed == 3
            await bench.client.restore([loser.id for _, loser in pairs])
        for asset_id, group in groups.items():
            server.library.edit(asset_id, duplicate_id=group)
        altered = pairs[0][1]
        (old,) = Path(first.backup_folder).glob(f"{altered.id}*")
        old.write_bytes(old.read_bytes()[:-1] + b"?")
        asked = server.requests.count("GET", "/original")
        async with workbench(server, tmp_path / "two") as bench:
            await bench.accept_everything()
            second = await (await bench.job(backup_root=tmp_path / "backups")).run()
        assert second.trashed == 3
        folder = Path(second.backup_folder)
        assert folder != Path(first.backup_folder)
        # Three keepers are asked for a byte, and one loser is fetched.
        assert server.requests.count("GET", "/original") - asked == 4
        lines = {line.asset_id: line for line in read_manifest(folder / "manifest.jsonl")}
        for _, loser in pairs:
            line = lines[loser.id]
            assert (folder / line.file).read_bytes() == server.library.bytes_of(loser.id)
            assert bool(line.same_as) == (loser is not altered)
        assert not list(folder.glob("*.part*"))


async def test_the_manifest_tells_albums_tags_and_edits(tmp_path: Path) -> None:
    async def told(exchange: Exchange) -> None:
        await exchange.answer(
            200, [(b"content-type", b"application/json")], b'{"edits": [{"action": "crop"}]}'
        )

    with DemoServer("empty", jobs_delay=0.02) as server:
        shelf = Shelf(server)
        ours, theirs = shelf.group(
            ("a.jpg", rich(albums=("Summer",), tags=("Dog",))),
            ("b.jpg", rich(size=9000, albums=("Summer",), tags=("Dog",))),
        )
        theirs.edited = True
        server.faults.add(told, method="GET", path=f"/assets/{theirs.id}/edits$")
        async with workbench(server, tmp_path) as bench:
            assert ours.duplicate_id
            await bench.session.choose_winner(ours.duplicate_id, ours.id)
            report = await (await bench.job()).run()
        assert report.trashed == 1, report.held
        (line,) = read_manifest(Path(report.backup_folder) / "manifest.jsonl")
        assert [album["album_name"] for album in line.asset["albums"]] == ["Summer"]  # type: ignore[attr-defined]
        assert [tag["name"] for tag in line.asset["tags"]] == ["Dog"]  # type: ignore[attr-defined]
        assert line.asset["edits"] == {"edits": [{"action": "crop"}]}
        assert (line.asset["people_read"], line.asset["people"]) == (True, [])
        assert line.asset["shared_links"] == []
        assert line.survivor == ours.id


async def test_permanent_deletion_past_a_trash_is_said_loudly(current: DemoServer, tmp_path: Path) -> None:
    async with workbench(current, tmp_path) as bench:
        (group_id,) = ordinary(bench, 1)
        await bench.session.accept(group_id)
        found = await (await bench.job()).preflight()
        (kept,) = [check for check in found.checks if check.name == "Trash"]
        (alike,) = [check for check in found.checks if check.name == "Groups"]
        assert kept.level == "ok"
        assert alike.sentence == "The group is as it was when it was decided."
        assert any(call.purpose == "move 1 photo to the trash" for call in found.calls)
        found = await (await bench.job(permanent=1)).preflight()
        (loud,) = [check for check in found.checks if check.name == "Trash"]
        assert loud.level == "warning"
        assert "DELETED FOR GOOD, past Immich's trash, which is switched on" in loud.sentence
        assert "to move them to the trash" in loud.next_step
        assert any(call.purpose == "delete 1 photo for good" for call in found.calls)
        assert (await (await bench.job(permanent=2)).preflight()).refused

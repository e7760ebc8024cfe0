"""What somebody changes between the decision and the delete: the group is left alone, with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from immich_tui.demo.faults import Exchange, replaced_body, run, run_after, status
from immich_tui.demo.household import OWNER
from immich_tui.demo.records import Asset, Stack
from immich_tui.demo.server import DemoServer
from immich_tui.execution.carry.wishes import bind
from immich_tui.execution.trash import phase
from immich_tui.jobs.progress import Status
from immich_tui.review.decisions import DecisionKind
from tests.shelf import Bytes, Shelf, rich
from tests.workbench import Workbench, reopened, workbench

ALL_BUT_ALBUMS = (
    "duplicate.read",
    "asset.read",
    "asset.download",
    "asset.update",
    "asset.delete",
    "asset.upload",
    "person.read",
    "sharedLink.read",
    "server.about",
    "user.read",
)


@dataclass
class Scene:
    """A group of three of which one is kept, and a group of two that nothing happens to."""

    server: DemoServer
    shelf: Shelf
    ours: Asset
    theirs: Asset
    third: Asset
    other: Asset
    group: str

    @classmethod
    def of(cls, server: DemoServer, **more: object) -> Scene:
        shelf = Shelf(server)
        ours, theirs, third = shelf.group(
            ("ours.jpg", rich(rating=3)),
            ("theirs.jpg", rich(size=9000, place=None, **more)),
            ("third.jpg", rich(size=9500, place=None)),
        )
        _, other = shelf.pair()
        assert ours.duplicate_id
        return cls(server, shelf, ours, theirs, third, other, ours.duplicate_id)

    def stack(self, *assets: Asset) -> None:
        library = self.server.library
        stack = Stack(library.new_id(), OWNER.id, assets[0].id, [asset.id for asset in assets])
        library.stacks[stack.id] = stack
        for asset in assets:
            library.edit(asset.id, stack_id=stack.id)

    def nothing_of_it_is_trashed(self) -> None:
        for asset in (self.theirs, self.third):
            assert not self.server.library.assets[asset.id].trashed


async def decide(bench: Workbench, scene: Scene) -> None:
    """Keep what is proposed everywhere, and `ours` in the scene."""
    await bench.accept_everything()
    await bench.session.choose_winner(scene.group, scene.ours.id)


def empty(dialect: str = "3") -> DemoServer:
    return DemoServer("empty", dialect=dialect, jobs_delay=0.03)


def members(scene: Scene) -> tuple[str, ...]:
    return (scene.ours.id, scene.theirs.id, scene.third.id)


# Done on the server when a loser was downloaded: the carry is confirmed, the delete is still to come.
CHANGES: dict[str, tuple[Callable[[Scene], object], str]] = {
    "keeper trashed": (lambda s: s.server.library.trash([s.ours.id]), "ours.jpg left the group"),
    "keeper stacked": (lambda s: s.stack(s.ours, s.shelf.put("x.jpg", None)), "ours.jpg left the group"),
    "keeper dismissed": (
        lambda s: s.server.library.edit(s.ours.id, duplicate_id=None),
        "ours.jpg left the group",
    ),
    "keeper purged": (lambda s: s.server.library.forget(s.ours.id), "ours.jpg left the group"),
    "keeper locked": (
        lambda s: s.server.library.edit(s.ours.id, visibility="locked"),
        "ours.jpg left the group",
    ),
    "keeper offline": (
        lambda s: s.server.library.edit(s.ours.id, offline=True),
        "ours.jpg, which should stay",
    ),
    "keeper's file short": (
        lambda s: s.server.library.edit(s.ours.id, file=Bytes(100, "short")),
        "has 100 bytes instead of 30,000",
    ),
    "keeper's file replaced": (
        lambda s: s.server.library.edit(s.ours.id, file=Bytes(30_000, "new"), checksum=b"n" * 20),
        "ours.jpg changed since it was decided: checksum",
    ),
    "keeper edited": (
        lambda s: s.server.library.edit(s.ours.id, latitude=1.5, longitude=1.5),
        "ours.jpg changed since it was decided: latitude, longitude",
    ),
    "loser edited": (
        lambda s: s.server.library.edit(s.theirs.id, description="Oma"),
        "theirs.jpg changed since it was decided: description",
    ),
    "loser made a favourite": (
        lambda s: s.server.library.edit(s.theirs.id, favorite=True),
        "theirs.jpg changed since it was decided: favourite",
    ),
    "loser archived": (
        lambda s: s.server.library.edit(s.theirs.id, visibility="archive"),
        "theirs.jpg changed since it was decided: visibility",
    ),
    "member joined": (
        lambda s: s.shelf.put("new.jpg", s.group, **rich()),
        "1 new photo(s) joined the group",
    ),
    "member left": (
        lambda s: s.server.library.edit(s.third.id, duplicate_id=None),
        "third.jpg left the group",
    ),
    "loser trashed by another": (lambda s: s.server.library.trash([s.third.id]), "third.jpg left the group"),
    "group dissolved": (
        lambda s: [s.server.library.edit(one, duplicate_id=None) for one in members(s)],
        "The group is not on the server any more",
    ),
    "loser put into an album": (
        lambda s: s.shelf.album("Summer").asset_ids.append(s.theirs.id),
        "theirs.jpg was added to an album",
    ),
}


async def test_what_changes_after_the_backup_holds_back_that_group_and_no_other(tmp_path: Path) -> None:
    with empty() as server:
        scenes = {change: Scene.of(server) for change in CHANGES}
        async with workbench(server, tmp_path) as bench:
            for change, scene in scenes.items():
                await decide(bench, scene)
                act = partial(CHANGES[change][0], scene)
                server.faults.add(run_after(act), path=f"{scene.theirs.id}/original")
            report = await (await bench.job()).run()
        assert report.state == Status.DONE, report.reason
        reasons = {group.group_id: group.reason for group in report.groups}
        for change, scene in scenes.items():
            reason = reasons.pop(scene.group)
            assert CHANGES[change][1] in reason, change
            assert reason.endswith("."), change
            assert server.library.state(scene.theirs.id) == "live", change
            trashed_by_another = change == "loser trashed by another"
            assert server.library.state(scene.third.id) == ("trashed" if trashed_by_another else "live"), (
                change
            )
        assert set(reasons.values()) == {""}
        assert {one.asset_id for group in report.groups for one in group.gone} == {
            scene.other.id for scene in scenes.values()
        }


async def test_a_keeper_that_is_trashed_after_the_listing_was_read_is_noticed(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(
                run(lambda: server.library.trash([scene.ours.id])), method="GET", path=f"/{scene.ours.id}$"
            )
            report = await (await bench.job()).run()
        (held,) = report.held
        assert held.reason == "ours.jpg, which should stay, is in the trash."
        scene.nothing_of_it_is_trashed()


async def test_a_keeper_that_is_stacked_after_the_listing_was_read_is_noticed(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)
        single = scene.shelf.put("x.jpg", None)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(
                run(lambda: scene.stack(scene.ours, single)), method="GET", path=f"/{scene.ours.id}$"
            )
            report = await (await bench.job()).run()
        (held,) = report.held
        assert held.reason == "ours.jpg, which should stay, was put into a stack."
        scene.nothing_of_it_is_trashed()


@pytest.mark.parametrize("code", [404, 500])
async def test_a_keeper_whose_file_cannot_be_read_is_no_keeper(code: int, tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)
        server.faults.add(status(code, message="Not Found"), path=f"{scene.ours.id}/original", times=None)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert held.reason.startswith("ours.jpg, which should stay, cannot be read:")
            scene.nothing_of_it_is_trashed()
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert again.held == ()
        assert server.library.assets[scene.theirs.id].trashed


@pytest.mark.parametrize("way", ["trashed", "purged"])
async def test_a_keeper_that_vanishes_with_the_delete_brings_its_copies_back(
    way: str, tmp_path: Path
) -> None:
    with empty() as server:
        scene = Scene.of(server)
        vanish = server.library.forget if way == "purged" else lambda one: server.library.trash([one])
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(run(lambda: vanish(scene.ours.id)), method="DELETE", path="/api/assets$")
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert held.reason == (
                "ours.jpg vanished while its copies were being trashed; they were brought back at once."
            )
            assert held.gone == ()
            scene.nothing_of_it_is_trashed()
            again = await (await bench.resumed(job.id)).run()
        assert [group.reason for group in again.held] == ["ours.jpg left the group since it was decided."]
        scene.nothing_of_it_is_trashed()


async def test_a_member_that_joins_while_the_keepers_are_looked_at_is_noticed(tmp_path: Path) -> None:
    """The listing grew old over the checks, so it is read once more before the delete."""
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)

            async def slow(exchange: Exchange) -> None:
                await asyncio.sleep(0.4)
                scene.shelf.put("new.jpg", scene.group, **rich())
                await exchange.serve()

            server.faults.add(slow, method="GET", path=f"/{scene.ours.id}$")
            report = await (await bench.job(recheck_s=0.3)).run()
        (held,) = report.held
        assert held.reason == "1 new photo(s) joined the group since it was decided."
        scene.nothing_of_it_is_trashed()


@pytest.mark.parametrize("damage", ["altered", "cut", "removed"])
async def test_a_backup_that_is_damaged_before_the_delete_is_noticed(damage: str, tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)

        def harm() -> None:
            (file,) = (tmp_path / "backups").glob(f"*/{scene.theirs.id}_*")
            if damage == "removed":
                file.unlink()
            else:
                data = bytearray(file.read_bytes())
                data[100] ^= 1
                file.write_bytes(data[:200] if damage == "cut" else data)

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            # The second reading of the listing comes after all backups and before the first delete.
            server.faults.add(run(harm), path="/duplicates$", skip=1)
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert held.reason == "The backup of theirs.jpg is missing or was altered."
            scene.nothing_of_it_is_trashed()
            again = await (await bench.resumed(job.id)).run()
        assert again.held == ()
        (file,) = (tmp_path / "backups").glob(f"*/{scene.theirs.id}_*")
        assert file.read_bytes() == server.library.bytes_of(scene.theirs.id)


async def test_the_trash_is_asked_for_again_before_anything_is_deleted(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)

        def off() -> None:
            server.library.trash_enabled = False

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(run_after(off), path=f"{scene.theirs.id}/original")
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.FAILED
            assert report.reason.startswith("The trash is switched off on this server")
            assert server.requests.count("DELETE") == 0
            server.library.trash_enabled = True
            again = await (await bench.resumed(job.id)).run()
        assert (again.state, again.held) == (Status.DONE, ())


async def test_the_trash_is_asked_for_before_every_batch(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)

        def off() -> None:
            server.library.trash_enabled = False

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(run_after(off), method="DELETE", path="/api/assets$")
            report = await (await bench.job(trash_batch=1)).run()
        assert report.state == Status.FAILED
        assert report.groups_done == 1
        assert server.requests.count("DELETE", "/api/assets") == 1


async def test_an_album_joined_while_the_run_lay_still_is_carried_on_resume(tmp_path: Path) -> None:
    """The carry was confirmed by an earlier process; what the loser gained since must not be lost."""
    with empty() as server:
        scene = Scene.of(server)
        keys = list(server.library.keys)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(
                run_after(lambda: server.revoke(server.key)), path=f"{scene.theirs.id}/original"
            )
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.PAUSED
        server.library.keys[:] = keys
        scene.shelf.album("Summer").asset_ids.append(scene.theirs.id)
        async with reopened(server, tmp_path) as bench:
            first = await (await bench.resumed(job.id)).run()
            assert ["album" in group.reason for group in first.held] == [True]
            scene.nothing_of_it_is_trashed()
            second = await (await bench.resumed(job.id)).run()
        assert second.held == ()
        assert scene.ours.id in scene.shelf.album("Summer").asset_ids
        assert server.library.assets[scene.theirs.id].trashed


@pytest.mark.parametrize("dialect", ["1.135", "2.7"])
async def test_a_loser_that_is_tagged_after_the_carry_is_noticed(dialect: str, tmp_path: Path) -> None:
    """Before 2.7 the listing tells no tags, so they are asked for."""
    with empty(dialect) as server:
        scene = Scene.of(server)
        tag = scene.shelf.put("tagged.jpg", None, tags=("Dog",)).tag_ids[0]
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(
                run_after(lambda: server.library.assets[scene.theirs.id].tag_ids.append(tag)),
                path=f"{scene.theirs.id}/original",
            )
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert "tag" in held.reason
            scene.nothing_of_it_is_trashed()


async def test_a_loser_that_is_gone_when_its_tags_are_asked_for_holds_back_its_group_alone(
    tmp_path: Path,
) -> None:
    """It was deleted for good right after the groups were read again."""
    with empty("1.135") as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            gone = run_after(lambda: server.library.purge(scene.theirs.id))
            server.faults.add(gone, path="/api/duplicates$", skip=1)
            report = await (await bench.job()).run()
        assert (report.state, report.groups_done) == (Status.DONE, 1), report.reason
        (held,) = report.held
        assert held.reason.startswith("Its copies cannot be read: The server does not know one of the assets")
        assert not server.library.assets[scene.third.id].trashed
        assert server.library.assets[scene.other.id].trashed


async def test_albums_that_cannot_be_read_any_more_hold_the_group_back(tmp_path: Path) -> None:
    """Whether a photo was put into one since its metadata was carried cannot be told then."""
    with empty() as server:
        scene = Scene.of(server)

        def forbidden_and_used() -> None:
            for key in server.library.keys:
                key.permissions = ALL_BUT_ALBUMS
            scene.shelf.album("Summer").asset_ids.append(scene.theirs.id)

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(run_after(forbidden_and_used), path=f"{scene.theirs.id}/original")
            job = await bench.job()
            report = await job.run()
            assert {held.reason.partition(",")[0] for held in report.held} == {
                "Albums cannot be read any more"
            }
            scene.nothing_of_it_is_trashed()
            for key in server.library.keys:
                key.permissions = ("all",)
            # The first look finds the new album, the next run carries it.
            await (await bench.resumed(job.id)).run()
            again = await (await bench.resumed(job.id)).run()
        assert again.held == ()
        assert scene.ours.id in scene.shelf.album("Summer").asset_ids


async def test_an_asset_in_two_groups_is_touched_in_neither(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = shelf.pair(1)
        other, other_copy = shelf.pair(2)
        assert ours.duplicate_id
        assert other.duplicate_id
        async with workbench(server, tmp_path / "look") as bench:
            raw = {listed.group.id: listed.raw async for listed in bench.client.duplicates()}
        double = raw[ours.duplicate_id].replace(ours.duplicate_id.encode(), other.duplicate_id.encode())
        server.faults.break_group(other.duplicate_id, double)
        async with workbench(server, tmp_path) as bench:
            await bench.accept_everything()
            report = await (await bench.job()).run()
        assert [("stands in" in group.reason, group.outcome) for group in report.groups] == [
            (True, "held back"),
            (True, "held back"),
        ]
        assert not any(one.trashed for one in (ours, theirs, other, other_copy))
        assert server.requests.count("DELETE") == 0


async def test_two_rows_for_one_file_are_not_touched(tmp_path: Path) -> None:
    with empty() as server:
        shelf = Shelf(server)
        ours, theirs = shelf.group(
            ("a.jpg", rich(path="/data/upload/a.jpg")), ("b.jpg", rich(path="/data/upload/a.jpg", place=None))
        )
        async with workbench(server, tmp_path) as bench:
            assert ours.duplicate_id
            await bench.session.choose_winner(ours.duplicate_id, ours.id)
            report = await (await bench.job()).run()
        (held,) = report.held
        assert held.reason == "An asset to trash is the file of another member."
        assert not server.library.assets[theirs.id].trashed


async def test_weak_backups_of_external_files_need_consent(tmp_path: Path) -> None:
    with empty() as server:
        ours, theirs = Shelf(server).group(
            ("a.jpg", rich()), ("b.jpg", rich(external=True, size=9000, place=None))
        )
        async with workbench(server, tmp_path) as bench:
            assert ours.duplicate_id
            await bench.session.choose_winner(ours.duplicate_id, ours.id)
            job = await bench.job()
            report = await job.run()
            (held,) = report.held
            assert "consent" in held.reason
            assert not server.library.assets[theirs.id].trashed
            again = await (await bench.resumed(job.id, trash_external=True)).run()
        assert [gone.verification for group in again.groups for gone in group.gone] == ["weak"]
        assert server.library.assets[theirs.id].trashed


async def test_a_group_that_was_dismissed_meanwhile_is_not_stacked(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await bench.session.stack(scene.group)
            server.faults.add(
                run(lambda: [server.library.edit(one, duplicate_id=None) for one in members(scene)]),
                path="/duplicates$",
                skip=1,
            )
            report = await (await bench.job()).run()
        (held,) = report.held
        assert held.decision == DecisionKind.STACK
        assert "not on the server any more" in held.reason
        assert server.library.stacks == {}


async def test_a_group_that_cannot_be_read_any_more_is_left_alone(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.break_group(
                scene.group, b'{"duplicateId":"%s","assets":"none"}' % scene.group.encode()
            )
            report = await (await bench.job()).run()
            assert report.groups_done == 1
            (held,) = report.held
            assert "not on the server any more" in held.reason
        scene.nothing_of_it_is_trashed()


async def test_a_listing_that_is_no_listing_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(replaced_body(b"[{"), path="/duplicates$", times=None)
            job = await bench.job()
            report = await job.run()
            assert report.state == Status.PAUSED
            assert report.reason
            assert server.requests.count("DELETE") == 0
            server.faults.clear()
            again = await (await bench.resumed(job.id)).run()
        assert (again.state, again.held) == (Status.DONE, ())


async def test_a_delete_that_waits_for_its_turn_rests_on_a_new_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause between the last look and the delete may take hours, in which anything can happen."""
    monkeypatch.setattr(phase, "SOON_S", 0.2)
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            job = await bench.job(recheck_s=0.5)
            waited: list[bool] = []

            async def paused_meanwhile(*what: Any) -> Any:
                bound = await bind(*what)
                if not waited:
                    waited.append(True)
                    job.pool.pause()
                    server.library.trash([scene.ours.id])
                    asyncio.get_running_loop().call_later(1.0, job.pool.resume)
                return bound

            monkeypatch.setattr(phase, "bind", paused_meanwhile)
            report = await job.run()
        assert waited
        assert (report.state, report.groups_done, report.trashed) == (Status.DONE, 1, 1)
        assert server.requests.count("DELETE", "/api/assets") == 1, "the one of the group that is as it was"
        assert server.requests.count("POST", "/api/trash/restore/assets") == 0, "nothing had to come back"
        (held,) = report.held
        assert held.reason == "ours.jpg vanished before its copies were trashed; they were left alone."
        scene.nothing_of_it_is_trashed()

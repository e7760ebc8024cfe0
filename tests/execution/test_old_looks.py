"""What is written rests on a look that is not old: after a pause, a wait for the server, a night asleep."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from immich_tui.demo.faults import Action, Exchange, delayed, run, run_after, status, unauthorized
from immich_tui.demo.household import OWNER
from immich_tui.demo.records import Asset, Stack
from immich_tui.demo.server import DemoServer
from immich_tui.execution.resolve import abandon
from immich_tui.execution.trash import phase
from immich_tui.jobs.progress import Status
from immich_tui.jobs.steering import Steered
from tests.execution.test_graft import bare_pair, carriers
from tests.execution.test_recheck import Scene, decide, empty
from tests.shelf import Shelf, rich
from tests.workbench import reopened, workbench

NIGHT_S = 8 * 3600.0


class Night:
    """A machine that can be put to sleep: only the clock that goes on in sleep tells of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slept_s = 0.0
        real = time.clock_gettime
        asleep_too = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

        def told(clock: int) -> float:
            return real(clock) + (self.slept_s if clock == asleep_too else 0.0)

        monkeypatch.setattr(time, "clock_gettime", told)

    def falls(self) -> None:
        """Sleep until the next morning."""
        self.slept_s += NIGHT_S


def pauses(job: Steered, meanwhile: Callable[[], object], seconds: float) -> Callable[[], None]:
    """What a server does with a call: it has the job paused, and something happens until it goes on."""
    loop = asyncio.get_running_loop()

    def act() -> None:
        loop.call_soon_threadsafe(job.pause)
        meanwhile()
        loop.call_soon_threadsafe(loop.call_later, seconds, job.resume_now)

    return act


def busy_after(meanwhile: Callable[[], object]) -> Action:
    """A server that does something else first and wants to be asked again a second later."""

    async def act(exchange: Exchange) -> None:
        meanwhile()
        await status(429, retry_after="1")(exchange)

    return act


async def test_a_delete_after_a_night_asleep_rests_on_a_new_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop's lid is closed between the look and the delete: other clocks stand still meanwhile."""
    night = Night(monkeypatch)
    with empty() as server:
        scene = Scene.of(server)

        def asleep() -> None:
            night.falls()
            server.library.trash([scene.ours.id])

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            job = await bench.job()
            await job.preflight()
            # Asked for by the check, and then right before the delete.
            server.faults.add(run(asleep), path="/server/features$", skip=1)
            report = await job.run()
        assert night.slept_s == NIGHT_S
        assert (report.state, report.trashed) == (Status.DONE, 1)
        assert server.requests.count("POST", "/api/trash/restore/assets") == 0, "nothing had to come back"
        (held,) = report.held
        assert held.reason == "ours.jpg vanished before its copies were trashed; they were left alone."
        scene.nothing_of_it_is_trashed()


async def test_groups_are_trashed_also_where_the_listing_takes_longer_than_a_look_is_good_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven hundred albums take more than a minute at ten requests a second."""
    monkeypatch.setattr(phase, "SOON_S", 0.5)
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(delayed(0.8), method="GET", path="/api/albums$", times=None)
            report = await (await bench.job(recheck_s=0.1)).run()
        assert (report.state, report.held, report.trashed) == (Status.DONE, (), 3)


async def test_groups_are_trashed_also_where_the_rate_is_low(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turns that a delete waits for at a low rate are no reason not to send it."""
    monkeypatch.setattr(phase, "SOON_S", 0.05)
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            job = await bench.job(recheck_s=0.1)
            loop = asyncio.get_running_loop()
            slower = run(lambda: loop.call_soon_threadsafe(job.pool.set_rate, 4.0))
            server.faults.add(slower, method="GET", path=f"/{scene.ours.id}/original$")
            report = await job.run()
        assert job.pool.rate == 4.0
        assert (report.state, report.held, report.trashed) == (Status.DONE, (), 3)


async def test_a_delete_that_never_gets_its_turn_in_time_is_told_as_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = Night(monkeypatch)
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(run(night.falls), path="/server/features$", times=None)
            report = await (await bench.job()).run()
        assert server.requests.count("DELETE") == 0
        assert (report.state, report.trashed) == (Status.DONE, 0)
        assert {held.reason.partition(":")[2] for held in report.held} == {
            " each delete had to wait until the look before it was old, and was not sent."
        }


@pytest.mark.parametrize("kind", ["dismissed", "stacked"])
@pytest.mark.parametrize("way", ["a pause", "a busy server"])
async def test_who_joins_a_group_while_the_run_waits_is_not_kept_with_it_unseen(
    way: str, kind: str, tmp_path: Path
) -> None:
    with empty() as server:
        scene = Scene.of(server)
        async with workbench(server, tmp_path) as bench:
            bench.patience = replace(bench.patience, hold_s=1.0)
            await (bench.session.keep_all if kind == "dismissed" else bench.session.stack)(scene.group)
            job = await bench.job(look_s=0.5)

            def join() -> None:
                scene.shelf.put("new.jpg", scene.group, **rich())

            if way == "a pause":
                server.faults.add(run_after(pauses(job, join, 1.0)), path="/duplicates$", skip=1)
            else:
                call = ("DELETE", "/duplicates$") if kind == "dismissed" else ("POST", "/stacks$")
                server.faults.add(busy_after(join), method=call[0], path=call[1])
            report = await job.run()
        (held,) = report.held
        assert held.reason == "1 new photo(s) joined the group since it was decided."
        assert len(server.library.members(scene.group)) == 4
        assert server.library.stacks == {}


@pytest.mark.parametrize("way", ["a pause", "another process"])
async def test_a_keeper_that_is_in_another_group_by_now_stays_there(way: str, tmp_path: Path) -> None:
    """Duplicates were looked for anew between the delete and the end of the group."""
    with empty() as server:
        scene = Scene.of(server)
        another = server.library.new_id()

        def regroup() -> None:
            scene.shelf.put("alike.jpg", another, **rich())
            server.library.edit(scene.ours.id, duplicate_id=another)

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            job = await bench.job(look_s=0.5)
            if way == "a pause":
                server.faults.add(run_after(pauses(job, regroup, 1.0)), path="/bulk-upload-check$")
            else:
                server.faults.add(unauthorized(), method="PUT", path="/api/assets$")
            report = await job.run()
            if way == "another process":
                assert report.state == Status.PAUSED
                regroup()
        if way == "another process":
            async with reopened(server, tmp_path) as bench:
                report = await (await bench.resumed(job.id)).run()
        assert (report.state, report.trashed, report.held) == (Status.DONE, 3, ())
        assert server.library.assets[scene.ours.id].duplicate_id == another
        assert server.library.assets[scene.theirs.id].trashed


async def test_a_stack_that_somebody_made_of_a_keeper_is_not_taken_into_ours(tmp_path: Path) -> None:
    """Immich adds what is under a photo that is stacked again to the new stack, and says nothing."""
    with empty() as server:
        ours, second, theirs = Shelf(server).group(
            ("ours.jpg", rich()), ("second.jpg", rich()), ("theirs.jpg", rich(size=9000, place=None))
        )
        single = Shelf(server).put("single.jpg", None)
        group = str(ours.duplicate_id)
        async with workbench(server, tmp_path) as bench:
            await bench.session.choose_winner(group, ours.id)
            await bench.session.stack(group)
            await bench.session.toggle(group, theirs.id)
            server.faults.add(unauthorized(), method="POST", path="/stacks$")
            job = await bench.job()
            assert (await job.run()).state == Status.PAUSED
            assert server.library.assets[theirs.id].trashed
        stack = Stack(server.library.new_id(), OWNER.id, second.id, [second.id, single.id])
        server.library.stacks[stack.id] = stack
        for one in (second, single):
            server.library.edit(one.id, stack_id=stack.id)
        async with reopened(server, tmp_path) as bench:
            report = await (await bench.resumed(job.id)).run()
        (held,) = report.held
        assert held.reason == (
            "Its copies are in the trash, but it was not stacked: second.jpg is in a stack now."
        )
        assert server.library.stacks == {stack.id: stack}
        assert stack.asset_ids == [second.id, single.id]


@pytest.mark.parametrize("way", ["a pause", "a busy server"])
async def test_what_is_typed_while_the_run_waits_is_not_overwritten(way: str, tmp_path: Path) -> None:
    with empty() as server:
        ours, theirs = Shelf(server).group(
            ("ours.jpg", rich()), ("theirs.jpg", rich(size=9000, place=None, description="at the lake"))
        )
        async with workbench(server, tmp_path) as bench:
            bench.patience = replace(bench.patience, hold_s=1.0)
            await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
            job = await bench.job(look_s=0.5)

            def typed() -> None:
                server.library.edit(ours.id, description="in the mountains")

            if way == "a pause":
                server.faults.add(run_after(pauses(job, typed, 1.0)), method="GET", path=f"/{ours.id}$")
            else:
                server.faults.add(busy_after(typed), method="PUT", path=f"/{ours.id}$")
            report = await job.run()
        (held,) = report.held
        assert held.reason == (
            "ours.jpg was changed by someone else while this run was at work: description."
        )
        assert server.library.assets[ours.id].exif["description"] == "in the mountains"
        assert not server.library.assets[theirs.id].trashed


def types(server: DemoServer, asset: Asset, description: str) -> None:
    """Somebody types a description in Immich, which the server writes to the photo's sidecar."""
    now = server.library.assets.touch(asset.id)
    now.sidecar["description"] = now.exif["description"] = description


@pytest.mark.parametrize("way", ["a pause", "a busy server", "another process"])
async def test_what_is_typed_before_a_sidecar_is_put_in_place_is_not_taken_away(
    way: str, tmp_path: Path
) -> None:
    with empty() as server:
        ours, theirs = await bare_pair(server)
        types(server, ours, "mine")
        async with workbench(server, tmp_path, graft=True) as bench:
            bench.patience = replace(bench.patience, hold_s=1.0)
            await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
            job = await bench.job(look_s=0.5)
            typed = partial(types, server, ours, "in the mountains")
            match way:
                case "a pause":
                    fault = run_after(pauses(job, typed, 1.0))
                    server.faults.add(fault, method="POST", path="/api/assets$")
                case "a busy server":
                    server.faults.add(busy_after(typed), method="PUT", path="/assets/copy$")
                case _:
                    server.faults.add(unauthorized(), method="PUT", path="/assets/copy$")
            report = await job.run()
            if way == "another process":
                assert report.state == Status.PAUSED
                typed()
                report = await (await bench.resumed(job.id, confirm_s=0.3)).run()
        (held,) = report.held
        assert held.reason == "a.jpg was changed by someone else while this run was at work: description."
        assert await asyncio.to_thread(server.jobs.wait_quiet)
        assert server.library.assets[ours.id].exif["description"] == "in the mountains"
        assert carriers(server) == []
        assert not server.library.assets[theirs.id].trashed


@pytest.mark.parametrize("way", ["a pause", "another process"])
async def test_what_is_typed_before_an_undo_takes_a_sidecar_off_is_not_taken_away(
    way: str, tmp_path: Path
) -> None:
    with empty() as server:
        ours, _ = await bare_pair(server)
        types(server, ours, "mine")
        async with workbench(server, tmp_path, graft=True) as bench:
            await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
            job = await bench.job()
            assert (await job.run()).held == ()
            assert server.library.assets[ours.id].exif["make"] == "Canon"
            undo = await bench.undo(job.id, look_s=0.5)
            typed = partial(types, server, ours, "in the mountains")
            if way == "a pause":
                fault = run_after(pauses(undo, typed, 1.0))
                server.faults.add(fault, method="POST", path="/api/assets$")
            else:
                server.faults.add(unauthorized(), method="PUT", path="/assets/copy$")
            report = await undo.run()
            if way == "another process":
                assert report.state == Status.PAUSED
                typed()
                report = await (await bench.undo_resumed(undo.id, confirm_s=0.3)).run()
            assert [group.outcome for group in report.groups] == ["partly"]
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            assert server.library.assets[ours.id].exif["description"] == "in the mountains"
            assert carriers(server) == []


@pytest.mark.parametrize("way", ["a pause", "a busy server"])
async def test_what_is_typed_while_an_undo_waits_is_not_overwritten(way: str, tmp_path: Path) -> None:
    with empty() as server:
        ours, theirs = Shelf(server).group(
            ("ours.jpg", rich(description="mine")),
            ("theirs.jpg", rich(size=9000, place=None, description="at the lake")),
        )
        async with workbench(server, tmp_path) as bench:
            bench.patience = replace(bench.patience, hold_s=1.0)
            await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
            job = await bench.job()
            assert (await job.run()).held == ()
            assert server.library.assets[ours.id].exif["description"] == "mine\nat the lake"
            undo = await bench.undo(job.id, look_s=0.5)
            typed = partial(types, server, ours, "in the mountains")
            if way == "a pause":
                # It is looked at before what was trashed is brought back.
                server.faults.add(run_after(pauses(undo, typed, 1.0)), path="/trash/restore/assets$")
            else:
                server.faults.add(busy_after(typed), method="PUT", path=f"/{ours.id}$")
            report = await undo.run()
        assert server.library.assets[ours.id].exif["description"] == "in the mountains"
        assert not server.library.assets[theirs.id].trashed
        (group,) = report.groups
        assert group.outcome == "undone"
        assert group.kept == ("Its description was changed since and stays as it is.",)
        assert group.reverted == ("group",)


async def test_a_stack_that_grows_while_an_undo_waits_is_not_dissolved(tmp_path: Path) -> None:
    with empty() as server:
        ours, _ = Shelf(server).group(("ours.jpg", rich()), ("second.jpg", rich(size=9000)))
        single = Shelf(server).put("single.jpg", None)
        async with workbench(server, tmp_path) as bench:
            await bench.session.stack(str(ours.duplicate_id))
            job = await bench.job()
            assert (await job.run()).held == ()
            (stack,) = server.library.stacks.values()
            undo = await bench.undo(job.id, look_s=0.5)

            def grows() -> None:
                stack.asset_ids.append(single.id)
                server.library.edit(single.id, stack_id=stack.id)

            fault = run_after(pauses(undo, grows, 1.0))
            server.faults.add(fault, method="GET", path=f"/assets/{stack.asset_ids[-1]}$")
            report = await undo.run()
        assert list(server.library.stacks) == [stack.id]
        (group,) = report.groups
        assert "The stack was changed since and stays as it is." in group.kept


@pytest.mark.parametrize("change", ["album", "backup"])
async def test_what_changes_while_the_keepers_of_a_batch_are_looked_at_for_long_is_noticed(
    change: str, tmp_path: Path
) -> None:
    """At a low rate the checks of a batch take minutes; the listing is read again then."""
    with empty() as server:
        scene = Scene.of(server)

        async def slow(exchange: Exchange) -> None:
            await asyncio.sleep(0.4)
            if change == "album":
                scene.shelf.album("Summer").asset_ids.append(scene.theirs.id)
            else:
                (file,) = (tmp_path / "backups").glob(f"*/{scene.theirs.id}_*")
                file.unlink()
            await exchange.serve()

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            server.faults.add(slow, method="GET", path=f"/{scene.ours.id}/original$")
            report = await (await bench.job(recheck_s=0.3)).run()
        (held,) = report.held
        assert (
            held.reason
            == {
                "album": "theirs.jpg was added to an album or tagged since its metadata was carried.",
                "backup": "The backup of theirs.jpg is missing or was altered.",
            }[change]
        )
        scene.nothing_of_it_is_trashed()


async def test_a_backup_that_vanishes_with_its_disk_right_before_the_delete_is_noticed(
    tmp_path: Path,
) -> None:
    """What the keepers were asked for took a while since the backups were looked at."""
    with empty() as server:
        scene = Scene.of(server)

        def unplugged() -> None:
            (folder,) = (tmp_path / "backups").iterdir()
            folder.rename(tmp_path / "unplugged")

        async with workbench(server, tmp_path) as bench:
            await decide(bench, scene)
            job = await bench.job()
            await job.preflight()
            server.faults.add(run(unplugged), path="/server/features$", skip=1)
            report = await job.run()
            assert server.requests.count("DELETE") == 0
            assert {held.reason.partition(" of ")[0] for held in report.held} == {"The backup"}
            # The report was written where the folder had been.
            shutil.rmtree(tmp_path / "backups" / job.id)
            (tmp_path / "unplugged").rename(tmp_path / "backups" / job.id)
            again = await (await bench.resumed(job.id)).run()
        assert (again.state, again.held, again.trashed) == (Status.DONE, (), 3)


async def test_what_is_typed_while_an_earlier_graft_is_made_good_is_not_overwritten(tmp_path: Path) -> None:
    """The run was given up behind the copy of a sidecar; the next one gives back what that took."""
    with empty() as server:
        ours, _ = await bare_pair(server)
        types(server, ours, "mine")
        async with workbench(server, tmp_path, graft=True) as bench:
            bench.patience = replace(bench.patience, hold_s=1.0)
            await bench.session.choose_winner(str(ours.duplicate_id), ours.id)
            server.faults.add(unauthorized(), method="GET", path=f"/assets/{ours.id}$", skip=1)
            job = await bench.job()
            assert (await job.run()).state == Status.PAUSED
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            assert not server.library.assets[ours.id].exif.get("description"), "the copy took it"
            await abandon(bench.journal, job.id)
            typed = partial(types, server, ours, "in the mountains")
            server.faults.add(busy_after(typed), method="PUT", path=f"/assets/{ours.id}$")
            await (await bench.job(look_s=0.5)).run()
            assert await asyncio.to_thread(server.jobs.wait_quiet)
            assert server.library.assets[ours.id].exif["description"] == "in the mountains"

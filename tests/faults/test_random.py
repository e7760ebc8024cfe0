"""Random decisions, random faults, random ends: whatever happens, nothing is lost and resuming finishes.

At the moment a delete reaches the server, its backup and its carry are looked at from the server's side.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from immich_tui.demo.faults import (
    Action,
    Exchange,
    after_applying,
    dropped_after,
    dropped_before,
    empty_answer,
    flipped_bit,
    html_page,
    lying_length,
    reset_after,
    status,
    truncated,
    unauthorized,
)
from immich_tui.demo.server import DemoServer
from immich_tui.execution.manifest import read_manifest
from immich_tui.execution.report import Report
from immich_tui.execution.resolve import ResolveJob
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.journal import JournalUnavailable
from immich_tui.jobs.progress import Status
from immich_tui.review.decisions import DecisionKind
from tests.faults.invariants import Before
from tests.shelf import BERLIN, Shelf, Told, rich
from tests.workbench import Workbench, reopened, workbench

ORIGINAL: list[Callable[[], Action]] = [
    lambda: truncated(7_000),
    lambda: reset_after(5_000),
    lambda: lying_length(3_000),
    lambda: flipped_bit(500),
    html_page,
    empty_answer,
    lambda: status(503),
    lambda: status(429, retry_after="1"),
    lambda: status(500),
    dropped_before,
]
READ: list[Callable[[], Action]] = [
    lambda: status(502),
    lambda: status(429, retry_after="0"),
    dropped_before,
    html_page,
    unauthorized,
    lambda: lying_length(20),
]
WRITE: list[Callable[[], Action]] = [
    dropped_before,
    dropped_after,
    lambda: status(502),
    lambda: after_applying(status(502)),
    lambda: after_applying(status(500)),
    lambda: status(500),
    lambda: status(503),
    lambda: status(429),
    unauthorized,
]
PLACES: list[tuple[str, str, list[Callable[[], Action]]]] = [
    ("GET", "/original$", ORIGINAL),
    ("GET", "/api/assets/[^/]*$", READ),
    ("GET", "/api/duplicates$", READ),
    ("GET", "/api/albums", READ),
    ("POST", "/api/search", READ),
    ("PUT", "/api/assets/[^/]*$", WRITE),
    ("PUT", "/api/(tags|albums)", WRITE),
    ("PATCH", "/api/albums", WRITE),
    ("DELETE", "/api/assets$", WRITE),
    ("PUT", "/api/assets$", WRITE),
    ("POST", "/api/stacks$", WRITE),
    ("DELETE", "/api/duplicates$", WRITE),
]


@dataclass
class Witness:
    """Stands at the server's door and looks at every delete before it is done."""

    server: DemoServer
    folder: Path
    plan: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]
    meddled: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def watched(self, action: Action) -> Action:
        """An action on a delete, with a look at the delete first."""

        async def act(exchange: Exchange) -> None:
            body = bytearray()
            while True:
                message = await exchange.receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            receive = exchange.receive
            pending = [{"type": "http.request", "body": bytes(body), "more_body": False}]

            async def again() -> dict[str, object]:
                return pending.pop() if pending else dict(await receive())

            exchange.receive = again
            self._look(json.loads(body))
            await action(exchange)

        return act

    def _look(self, body: dict[str, object]) -> None:
        ids = body["ids"]
        assert isinstance(ids, list)
        if body.get("force"):
            self.wrong.append("a delete for good")
        saved = {
            line.asset_id: manifest.parent / line.file
            for manifest in (self.folder / "backups").glob("*/manifest.jsonl")
            for line in read_manifest(manifest)
        }
        owners = {loser: group for group, (_, _, trash) in self.plan.items() for loser in trash}
        for one in ids:
            self.seen.append(one)
            if one not in owners:
                self.wrong.append(f"{one} was never to be deleted")
                continue
            file = saved.get(one)
            if file is None or not file.exists() or file.read_bytes() != self.server.library.bytes_of(one):
                self.wrong.append(f"{one} has no whole backup")
            winner, keep, _ = self.plan[owners[one]]
            if not any(self.server.library.state(kept) == "live" for kept in keep):
                self.wrong.append(f"nothing of the group of {one} lives")
            if owners[one] not in self.meddled and (lost := self.not_carried(winner, one)):
                self.wrong.append(f"{one} goes without its {lost}")

    def not_carried(self, winner: str, loser: str) -> str:
        """What a loser has that should be on the winner and is not."""
        library = self.server.library
        ours, theirs = library.assets[winner], library.assets[loser]
        if theirs.favorite and not ours.favorite:
            return "favourite mark"
        if {a.id for a in library.albums_with(loser)} - {a.id for a in library.albums_with(winner)}:
            return "albums"
        if theirs.live_video_id and not ours.live_video_id:
            return "live video"
        if set(theirs.tag_ids) - set(ours.tag_ids):
            return "tags"
        if int(str(theirs.exif.get("rating") or 0)) > int(str(ours.exif.get("rating") or 0)):
            return "rating"
        if "latitude" in theirs.exif and "latitude" not in ours.exif:
            return "location"
        lines = set(str(theirs.exif.get("description") or "").split("\n")) - {""}
        if lines - set(str(ours.exif.get("description") or "").split("\n")):
            return "description"
        return ""


@dataclass
class Case:
    """One random story. The same seed tells the same story, as far as the timing of two threads allows."""

    seed: int
    server: DemoServer
    folder: Path
    dice: random.Random = field(init=False)
    witness: Witness = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def furnish(self) -> None:
        shelf = Shelf(self.server)
        for number in range(self.dice.randint(2, 6)):
            members = [(f"IMG_{number}.jpg", self._told(30_000))]
            members += [
                (f"IMG_{number} ({copy}).jpg", self._told(9_000 + 500 * copy))
                for copy in range(self.dice.choice([1, 1, 1, 2, 3]))
            ]
            shelf.group(*members)

    def _told(self, size: int) -> Told:
        maybe = self.dice.random
        told = rich(size=size, place=BERLIN if maybe() < 0.6 else None, live=maybe() < 0.15)
        if maybe() < 0.3:
            told["rating"] = self.dice.randint(1, 5)
        if maybe() < 0.3:
            told["description"] = f"line {self.dice.randint(1, 3)}"
        if maybe() < 0.2:
            told["favorite"] = True
        if maybe() < 0.3:
            told["tags"] = (f"Tag {self.dice.randint(1, 3)}",)
        if maybe() < 0.3:
            told["albums"] = (f"Album {self.dice.randint(1, 2)}",)
        return told

    async def decide(self, bench: Workbench) -> None:
        session = bench.session
        for row in session.rows:
            kind = self.dice.choice(["accept", "accept", "winner", "keep two", "keep all", "stack", "skip"])
            group = await session.store.in_thread(session.store.group, row.group_id)
            ids = [asset.id for asset in group.assets]
            match kind:
                case "accept":
                    await session.accept(row.group_id)
                case "winner":
                    await session.choose_winner(row.group_id, self.dice.choice(ids))
                case "keep two":
                    await session.accept(row.group_id)
                    await session.toggle(row.group_id, self.dice.choice(ids))
                case "keep all":
                    await session.keep_all(row.group_id)
                case "stack":
                    await session.stack(row.group_id)
                case _:
                    await session.skip(row.group_id)
        plan = {
            decision.group_id: (decision.choice.winner, decision.choice.keep, decision.choice.trash)
            for decision in session.decided()
            if decision.choice
        }
        self.witness = Witness(self.server, self.folder, plan)

    def disturb(self) -> None:
        """Set up random faults; every delete passes the witness."""
        for _ in range(self.dice.randint(0, 4)):
            method, path, faults = self.dice.choice(PLACES)
            action = self.dice.choice(faults)()
            if (method, path) == ("DELETE", "/api/assets$"):
                action = self.witness.watched(action)
            times = self.dice.choice([1, 1, 2, 3, None])
            self.server.faults.add(
                action, method=method, path=path, times=times, skip=self.dice.randint(0, 4)
            )
        self._watch()

    def calm(self) -> None:
        self.server.faults.clear()
        self._watch()

    def _watch(self) -> None:
        self.server.faults.add(
            self.witness.watched(Exchange.serve), method="DELETE", path="/api/assets$", times=None
        )

    def meddle(self) -> None:
        """Somebody is at work in the browser."""
        library = self.server.library
        group = self.dice.choice([*self.witness.plan])
        self.witness.meddled.add(group)
        members = [asset for asset in library.members(group) if not asset.trashed]
        if not members:
            return
        one = self.dice.choice(members)
        match self.dice.choice(["edit", "album", "join", "leave"]):
            case "edit":
                library.edit(one.id, description="somebody was here")
            case "album":
                Shelf(self.server).album("Somebody's").asset_ids.append(one.id)
            case "join":
                Shelf(self.server).put("joined.jpg", group, **rich())
            case _:
                library.edit(one.id, duplicate_id=None)

    async def attempt(self, job: ResolveJob) -> Report | None:
        """Run until it ends, or until a random moment at which it is stopped one way or another."""
        running = asyncio.create_task(job.run())
        if self.dice.random() < 0.5:
            after = len(self.server.requests) + self.dice.randint(1, 60)
            while not running.done() and len(self.server.requests) < after:
                await asyncio.sleep(0.001)
            if self.dice.random() < 0.5:
                job.cancel()
            else:
                running.cancel()
        try:
            return await running
        except asyncio.CancelledError:
            return None


@asynccontextmanager
async def opened(case: Case, run_id: str) -> AsyncIterator[ResolveJob]:
    """The interrupted run in what might be a new process."""
    async with reopened(case.server, case.folder) as bench:
        yield await bench.resumed(run_id, **SETTINGS)


SETTINGS = {"settle_s": 0.06, "confirm_s": 0.6, "trash_batch": 2}


async def tell(seed: int, folder: Path) -> None:
    with DemoServer("empty", jobs_delay=0.01) as server:
        case = Case(seed, server, folder)
        case.furnish()
        before = Before.of(server)
        async with workbench(server, folder) as bench:
            await case.decide(bench)
            if not case.witness.plan:
                return
            case.disturb()
            job = await bench.job(**SETTINGS)
            await case.attempt(job)
            run_id = job.id
        before.nothing_is_lost(folder)
        if not run_id:
            return
        for _ in range(case.dice.randint(0, 2)):
            case.calm()
            case.disturb()
            if case.dice.random() < 0.3:
                case.meddle()
            async with opened_or_none(case, run_id) as again:
                if again is not None:
                    await case.attempt(again)
            before.nothing_is_lost(folder)
        case.calm()
        report = None
        # Whatever was added meanwhile is carried by the second quiet attempt, confirmed by the third.
        for _ in range(3):
            async with opened(case, run_id) as last:
                report = await last.run()
            if not report.held:
                break
        assert report
        assert report.state == Status.DONE, report.reason
        assert case.witness.wrong == []
        before.nothing_is_lost(folder)
        before.agrees_with(report)
        held = {group.group_id for group in report.held}
        assert held <= case.witness.meddled, [group.reason for group in report.held]
        for group in report.groups:
            winner, keep, trash = case.witness.plan[group.group_id]
            if group.group_id in case.witness.meddled:
                continue
            assert group.outcome == "done"
            assert all(server.library.state(one) == "live" for one in keep)
            assert all(server.library.state(one) == "trashed" for one in trash)
            stacks = {server.library.assets[one].stack_id for one in keep}
            assert (len(stacks) == 1 and None not in stacks) == (group.decision == DecisionKind.STACK)
            for loser in trash:
                assert not case.witness.not_carried(winner, loser)
        unfinished = {path.name[:36] for path in (folder / "backups").glob("*/*.part")}
        assert unfinished <= {one for group in held for one in case.witness.plan[group][2]}


@asynccontextmanager
async def opened_or_none(case: Case, run_id: str) -> AsyncIterator[ResolveJob | None]:
    """As `opened`; `None` when the faults do not even let us connect."""
    try:
        session = opened(case, run_id)
        job = await session.__aenter__()
    except (ImmichError, JournalUnavailable):
        yield None
        return
    try:
        yield job
    finally:
        await session.__aexit__(None, None, None)


@pytest.mark.parametrize("seed", range(32))
async def test_random_stories_end_well(seed: int, tmp_path: Path) -> None:
    await tell(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1400))
async def test_many_random_stories_end_well(seed: int, tmp_path: Path) -> None:
    await tell(seed, tmp_path)

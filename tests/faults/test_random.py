"""Random decisions, random faults, random ends: whatever happens, nothing is lost and resuming finishes.

At the moment a delete reaches the server, its backup and its carry are looked at from the server's side. A
run ends by itself, is stopped, cancelled, or killed with its process; the wire, the disk and other people get
in its way. In the end a resume finds nothing left to do, and an undo gives back what was there.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
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
from immich_tui.execution.backup.manifest import read_manifest
from immich_tui.execution.report.report import Report
from immich_tui.execution.resolve import ResolveJob
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.journal import JournalUnavailable
from immich_tui.jobs.progress import Status
from immich_tui.review.decisions import DecisionKind
from tests.faults.disk import fail
from tests.faults.invariants import Before
from tests.faults.mortal import Nursery
from tests.shelf import BERLIN, Shelf, Told, rich
from tests.truth import Truth
from tests.workbench import Workbench, reopened, taken_up, workbench

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
    ("GET", "/api/(people|faces|shared-links)", READ),
    ("PUT", "/api/assets/[^/]*$", WRITE),
    ("PUT", "/api/(tags|albums)", WRITE),
    ("PATCH", "/api/albums", WRITE),
    ("POST", "/api/faces", WRITE),
    ("PUT", "/api/assets/copy", WRITE),
    ("DELETE", "/api/assets$", WRITE),
    ("PUT", "/api/assets$", WRITE),
    ("POST", "/api/stacks$", WRITE),
    ("DELETE", "/api/duplicates$", WRITE),
]

SOAK = int(os.environ.get("IMMICH_TUI_SOAK", "10000"))
FIRST = int(os.environ.get("IMMICH_TUI_SOAK_FROM", "1000"))
"""How many stories `make soak` tells, and the first seed: from there on they are of twice as many groups."""


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
        shelf = Shelf(self.server)
        if set(shelf.people(theirs)) - set(shelf.people(ours)):
            return "people"
        if len(people := shelf.people(ours)) != len(set(people)):
            return "people but once"
        if any(loser in link.asset_ids and winner not in link.asset_ids for link in library.links.values()):
            return "public links"
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
        for number in range(self.dice.randint(2, 6 if self.seed >= FIRST else 3)):
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
        if maybe() < 0.3:
            told["people"] = tuple(self.dice.sample(("Ada", "Ben", "Cleo"), 2))
        if maybe() < 0.2:
            told["links"] = (f"Link {self.dice.randint(1, 2)}",)
        return told

    async def decide(self, bench: Workbench) -> None:
        session = bench.session
        for row in session.rows:
            kind = self.dice.choice(["accept", "accept", "winner", "keep two", "keep all", "stack", "skip"])
            group = await session.store.in_thread(session.store.fetched.group, row.group_id)
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
        if self.dice.random() < 0.25:
            # The first reading of the listing is the check's, the second is for the deletes.
            self.server.faults.add(self._harming, method="GET", path="/api/duplicates$", skip=1)
        if self.dice.random() < 0.25:
            skip = self.dice.randint(0, 2)
            self.server.faults.add(self._forgetting, method="PUT", path="/api/assets/[^/]*$", skip=skip)
        self._watch()

    async def _forgetting(self, exchange: Exchange) -> None:
        """The server takes values, says so, and a job of its own puts the old ones back."""
        asset = self.server.library.assets[exchange.scope["path"].rpartition("/")[2]]
        exif, favorite, video = dict(asset.exif), asset.favorite, asset.live_video_id
        await exchange.serve()
        asset.exif, asset.favorite, asset.live_video_id = exif, favorite, video

    async def _harming(self, exchange: Exchange) -> None:
        """A backup is spoilt when all of them are there and nothing was deleted yet."""
        self.harm_a_backup()
        await exchange.serve()

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

    def harm_a_backup(self) -> None:
        """A file that is not needed yet is cut or altered while nobody is at work."""
        losers = {loser for _, _, trash in self.witness.plan.values() for loser in trash}
        files = [
            file
            for file in sorted((self.folder / "backups").glob("*/*_*"))
            if file.name[:36] in losers
            and self.server.library.state(file.name[:36]) == "live"
            and file.suffix != ".part"
        ]
        if files:
            file = self.dice.choice(files)
            data = bytearray(file.read_bytes())
            if data:
                data[len(data) // 2] ^= 1
            file.write_bytes(data[: self.dice.choice([len(data), len(data) // 3])])

    @contextmanager
    def trouble_with_the_disk(self) -> Iterator[None]:
        """Now and then the disk takes no more after a while."""
        if self.dice.random() < 0.85:
            yield
            return
        kind = self.dice.choice([errno.ENOSPC, errno.EIO, errno.EMFILE])
        ending = self.dice.choice([".part", "manifest.jsonl"])
        call = self.dice.choice(["write", "fsync"])
        with pytest.MonkeyPatch.context() as patched:
            names = (call, "writev") if call == "write" else (call,)
            fail(patched, kind, lambda name: name.endswith(ending), *names, allow=self.dice.randint(0, 5))
            yield

    async def attempt(self, job: ResolveJob) -> Report | None:
        """Run until it ends, or until a random moment at which it is stopped one way or another."""
        with self.trouble_with_the_disk():
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

    async def mortal_attempt(self, nursery: Nursery) -> None:
        """A process of its own runs, and is killed at a random moment or lives to the end."""
        await nursery.life(
            self.server.url,
            self.server.key,
            self.folder,
            die_at=self.dice.randint(1, 90),
            settings=SETTINGS,
        )


@asynccontextmanager
async def opened(case: Case) -> AsyncIterator[ResolveJob]:
    """The interrupted run in what might be a new process; a new one where there is none yet."""
    async with reopened(case.server, case.folder) as bench:
        yield await taken_up(bench, **SETTINGS)


SETTINGS = {"settle_s": 0.04, "confirm_s": 0.6, "trash_batch": 2}


async def tell(seed: int, folder: Path, nursery: Nursery) -> None:
    with DemoServer("empty", jobs_delay=0.01) as server:
        case = Case(seed, server, folder)
        case.furnish()
        before, truth = Before.of(server), Truth.of(server)
        mortal = case.dice.random() < 0.4
        async with workbench(server, folder) as bench:
            await case.decide(bench)
            if not case.witness.plan:
                return
            case.disturb()
            if not mortal:
                job = await bench.job(**SETTINGS)
                await case.attempt(job)
        if mortal:
            await case.mortal_attempt(nursery)
        before.nothing_is_lost(folder)
        for _ in range(case.dice.randint(0, 2)):
            case.calm()
            case.disturb()
            if case.dice.random() < 0.3:
                case.meddle()
            if case.dice.random() < 0.15:
                case.harm_a_backup()
            if case.dice.random() < 0.2:
                await case.mortal_attempt(nursery)
            else:
                async with opened_or_none(case) as again:
                    if again is not None:
                        await case.attempt(again)
            before.nothing_is_lost(folder)
        case.calm()
        report = await finished(case)
        assert case.witness.wrong == []
        before.nothing_is_lost(folder)
        before.agrees_with(report)
        held = {group.group_id for group in report.held}
        assert held <= case.witness.meddled, [group.reason for group in report.held]
        assert {group.group_id for group in report.groups} == case.witness.plan.keys()
        for group in report.groups:
            if group.group_id not in case.witness.meddled:
                is_done(case, group.group_id, group.decision)
        unfinished = {path.name[:36] for path in (folder / "backups").glob("*/*.part")}
        assert unfinished <= {one for group in held for one in case.witness.plan[group][2]}
        if not case.witness.meddled:
            await nothing_is_left_to_do(case, report)
            await is_taken_back(case, report, truth)


async def finished(case: Case) -> Report:
    """See the job through."""
    report = None
    # Whatever was added meanwhile is carried by the second quiet attempt, confirmed by the third.
    for _ in range(3):
        async with opened(case) as last:
            report = await last.run()
        if not report.held:
            break
    assert report
    assert report.state == Status.DONE, report.reason
    return report


def is_done(case: Case, group_id: str, decision: str) -> None:
    library = case.server.library
    winner, keep, trash = case.witness.plan[group_id]
    assert all(library.state(one) == "live" for one in keep)
    assert all(library.state(one) == "trashed" for one in trash)
    stacks = {library.assets[one].stack_id for one in keep}
    assert (len(stacks) == 1 and None not in stacks) == (decision == DecisionKind.STACK)
    for loser in trash:
        assert not case.witness.not_carried(winner, loser)


async def nothing_is_left_to_do(case: Case, report: Report) -> None:
    """A journal that is read again asks for no second write, and for no file a second time."""
    start = len(case.server.requests)
    async with reopened(case.server, case.folder) as bench:
        again = await (await bench.resumed(report.run, **SETTINGS)).run()
    assert (again.state, again.held) == (Status.DONE, ())
    asked = list(case.server.requests)[start:]
    assert [one for one in asked if one.method != "GET" and one.path != "/api/search/metadata"] == []
    assert [one for one in asked if one.path.endswith("/original")] == []


ONE_WAY = {"latitude", "longitude", "city", "state", "country", "timeZone", "local time"}
"""What no call can make empty again."""


async def is_taken_back(case: Case, report: Report, truth: Truth) -> None:
    """After an undo everything is as it was, besides places that came to photos which had none."""
    async with reopened(case.server, case.folder) as bench:
        undo = await bench.undo(report.run, **SETTINGS)
        if not (await undo.preview()).refused:
            assert (await undo.run()).complete
    difference = truth.difference(Truth.of(case.server))
    assert {field for _, field in difference} <= ONE_WAY, difference


@asynccontextmanager
async def opened_or_none(case: Case) -> AsyncIterator[ResolveJob | None]:
    """As `opened`; `None` when the faults do not even let us connect."""
    try:
        session = opened(case)
        job = await session.__aenter__()
    except (ImmichError, JournalUnavailable):
        yield None
        return
    try:
        yield job
    finally:
        await session.__aexit__(None, None, None)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.mark.parametrize("seed", range(200))
async def test_random_stories_end_well(seed: int, tmp_path: Path, nursery: Nursery) -> None:
    await tell(seed, tmp_path, nursery)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SOAK))
async def test_many_random_stories_end_well(seed: int, tmp_path: Path, nursery: Nursery) -> None:
    await tell(seed, tmp_path, nursery)

"""One run: the plan it works from, what it knows, and how a group is held back.

Everything that must survive the process is in the journal, under these steps (key in brackets):
`plan` (group), `held` (group), `carry` (group), `graft` (carrier), `backup` (asset), `trash` (asset),
`close` (group).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from immich_tui.execution.backup.manifest import Manifest
from immich_tui.execution.graft.carrier import Carrier
from immich_tui.execution.packed import Packed
from immich_tui.execution.transfer.dispatcher import Dispatcher
from immich_tui.execution.transfer.settings import Transfer
from immich_tui.immich.capabilities import Capabilities
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.models import Album, Asset, Group, Person
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Pool, Slot
from immich_tui.review.decisions import DecisionKind
from immich_tui.review.session import Session
from immich_tui.verdict.model import Choice, Context, Surroundings

PLAN, HELD, CARRY, BACKUP, TRASH, CLOSE = "plan", "held", "carry", "backup", "trash", "close"

AT_ONCE = 100
"""Groups that are journalled in one go: few flushes, and no long stop for whoever looks at the screen."""

T = TypeVar("T")

_CHOICE = TypeAdapter(Choice)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run may do and where it puts backups.

    `permanent` is the number of assets the person typed to have them deleted for good, `None` for the trash.
    `trash_external` is the consent to trash external-library assets, whose backup can only be verified
    weakly. `recheck_s` is how old the last look at the listing may be before a delete. `settle_s` is how long
    carried values must hold still, `confirm_s` how long to wait for them. `transfer` are the ways by
    which backups may come.
    """

    backup_root: Path
    permanent: int | None = None
    trash_external: bool = False
    recheck_s: float = 60.0
    settle_s: float = 1.5
    confirm_s: float = 60.0
    trash_batch: int = 100
    transfer: Transfer = field(default_factory=Transfer)


@dataclass(frozen=True, slots=True)
class Prior:
    """A winner as it was before this run wrote to it: its values, its albums, and the covers of albums.

    `covers` are ids of albums and of the assets that were their covers. `faces` and `links` are ids of the
    faces on it and of the public links that showed it, `None` where nothing was asked of them.
    """

    winner: Asset
    albums: frozenset[str]
    covers: Mapping[str, str]
    faces: frozenset[str] | None = None
    links: frozenset[str] | None = None

    @classmethod
    def read(cls, data: Mapping[str, object]) -> Prior:
        """Read it from a journalled intent."""
        return cls(
            Asset.model_validate(data["prior"]),
            frozenset(_texts(data["albums"])),
            _pairs(data["covers"]),
            _ids(data.get("faces")),
            _ids(data.get("links")),
        )

    def data(self) -> dict[str, object]:
        """What the journal keeps."""
        return {
            "winner": self.winner.id,
            "prior": self.winner.model_dump(mode="json"),
            "albums": sorted(self.albums),
            "covers": dict(self.covers),
            "faces": None if self.faces is None else sorted(self.faces),
            "links": None if self.links is None else sorted(self.links),
        }


@dataclass(slots=True)
class Planned:
    """One group of the plan: as it was decided on, and what became of it.

    `held` is the sentence why it is not carried out, empty while nothing speaks against it. `carried` is what
    a person reads of the values that calls wrote to the winner, `grafted` of those that came by a sidecar,
    `lost` of those that stayed behind. `keeper_print` is the winner's fingerprint after a carry, empty when
    nothing was carried. `uses` are the ids of albums (and of tags, where the listing does not tell them) that
    each loser had when the ledger was made, `None` where they could not be read.
    """

    packed: Packed
    kind: DecisionKind
    choice: Choice
    held: str = ""
    held_in: str = ""
    carry_confirmed: bool = False
    carried: tuple[str, ...] = ()
    grafted: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    keeper_print: str = ""
    uses: Mapping[str, frozenset[str]] | None = None
    done: bool = False

    @property
    def id(self) -> str:
        """The group's id, without reading the group."""
        return self.packed.id

    @property
    def group(self) -> Group:
        """The group as it was decided on."""
        return self.packed.group

    @property
    def losers(self) -> tuple[Asset, ...]:
        """Members that go to the trash."""
        return tuple(self.group.asset(asset_id) for asset_id in self.choice.trash)

    @property
    def keepers(self) -> tuple[Asset, ...]:
        """Members that stay."""
        return tuple(self.group.asset(asset_id) for asset_id in self.choice.keep)

    @property
    def winner(self) -> Asset:
        """The member that receives what is carried."""
        return self.group.asset(self.choice.winner)

    @property
    def item(self) -> str:
        """What names the group in lists of failures: the kept file, and enough of the id to tell it apart."""
        return f"{self.winner.original_file_name} ({self.id[:8]})"

    @property
    def open(self) -> bool:
        """Whether there is still something to do."""
        return not self.held and not self.done


@dataclass(slots=True)
class Run:
    """What every phase of a run works on. `id` is empty until the run has begun: nothing is journalled then.

    What the journal knows is mirrored here: `carrying` (winners as they were before the first write, by
    group), `backups` and `trashed` (by asset), `closing` (groups). `albums`, `people` (both by asset) and
    `links` (ids of public links, by asset) are `None` while they are not read.
    """

    id: str
    client: ImmichClient
    capabilities: Capabilities
    session: Session
    journal: Journal
    pool: Pool
    settings: RunSettings
    context: Context
    groups: dict[str, Planned]
    folder: Path
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    albums: Mapping[str, tuple[Album, ...]] | None = None
    people: Mapping[str, tuple[Person, ...]] | None = None
    links: Mapping[str, tuple[str, ...]] | None = None
    carrying: dict[str, Prior] = field(default_factory=dict)
    backups: dict[str, dict[str, object]] = field(default_factory=dict)
    trashed: dict[str, str] = field(default_factory=dict)
    closing: set[str] = field(default_factory=set)
    dispatch: Dispatcher | None = None
    carriers: dict[str, Carrier] = field(default_factory=dict)

    @property
    def manifest(self) -> Manifest:
        """The manifest of this run's backup folder."""
        return Manifest(self.folder)

    def paced(self, slot: Slot) -> ImmichClient:
        """The client for calls that read with several requests: each passes the pool by itself."""

        async def send(call: Callable[[], Awaitable[T]], /) -> T:
            return await self.pool.call(call, slot, repeatable=True)

        return self.client.through(send)

    @property
    def choices(self) -> Mapping[str, tuple[Group, Choice]]:
        """Every group with what was decided on it; a group is read when it is looked at."""
        return _Choices(self.groups)

    def around(self, planned: Planned) -> Surroundings:
        """What was read of a group besides the listing, in bulk, before the run began."""
        ids = [asset.id for asset in planned.group.assets]
        return Surroundings(
            albums=None if self.albums is None else {one: self.albums.get(one, ()) for one in ids},
            people=None if self.people is None else {one: self.people.get(one, ()) for one in ids},
            shared_links=None if self.links is None else {one: self.links.get(one, ()) for one in ids},
        )

    def open_groups(self) -> Iterator[Planned]:
        """Groups with something left to do, in plan order."""
        return (planned for planned in self.groups.values() if planned.open)

    def gone(self, planned: Planned) -> frozenset[str]:
        """Losers of a group that this run has trashed, as far as the server confirmed it."""
        return frozenset(
            asset_id for asset_id in planned.choice.trash if self.trashed.get(asset_id) == "done"
        )

    def waiting(self, planned: Planned) -> list[Asset]:
        """Losers of a group that are still to go."""
        gone = self.gone(planned)
        return [asset for asset in planned.losers if asset.id not in gone]

    def has_begun(self, planned: Planned) -> bool:
        """Whether this run has touched the group already, so that it differs by our own hand."""
        group_id = planned.id
        return (
            group_id in self.carrying
            or group_id in self.closing
            or any(asset_id in self.trashed for asset_id in planned.choice.trash)
        )

    async def hold(self, planned: Planned, phase: str, reason: str) -> None:
        """Take a group out of the run, durably, with the reason as a sentence; nothing of it is trashed."""
        if planned.held:
            return
        reason = ended(reason)
        planned.held, planned.held_in = reason, phase
        if self.id:
            await self.journal.outcome(self.id, HELD, planned.id, "held", {"reason": reason, "phase": phase})

    async def release(self) -> None:
        """Let held groups try again, for a resumed run: what held them back may be gone."""
        for planned in self.groups.values():
            if planned.held:
                planned.held = planned.held_in = ""
                await self.journal.outcome(self.id, HELD, planned.id, "released", {})


class _Choices(Mapping[str, tuple[Group, Choice]]):
    def __init__(self, groups: Mapping[str, Planned]) -> None:
        self._groups = groups

    def __getitem__(self, group_id: str) -> tuple[Group, Choice]:
        planned = self._groups[group_id]
        return planned.group, planned.choice

    def __iter__(self) -> Iterator[str]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


async def write_plan(journal: Journal, run_id: str, groups: Mapping[str, Planned]) -> None:
    """Put the plan into the journal: the groups as decided on, so that a resume needs nothing else."""
    writes = []
    for group_id, planned in groups.items():
        plan = {
            "kind": planned.kind,
            "choice": _CHOICE.dump_python(planned.choice, mode="json"),
            "group": planned.packed.raw.decode(),
        }
        writes.append(journal.submit(run_id, PLAN, group_id, "planned", plan))
        if planned.held:
            why = {"reason": planned.held, "phase": planned.held_in}
            writes.append(journal.submit(run_id, HELD, group_id, "held", why))
        if len(writes) >= AT_ONCE:
            await asyncio.gather(*writes)
            writes.clear()
    await asyncio.gather(*writes)


async def read_plan(journal: Journal, run_id: str) -> dict[str, Planned]:
    """Read a plan back with what the journal knows of each group."""
    groups = {
        entry.key: Planned(
            Packed(entry.key, str(entry.data["group"]).encode()),
            DecisionKind(str(entry.data["kind"])),
            _CHOICE.validate_python(entry.data["choice"]),
        )
        async for entry in journal.entries(run_id, PLAN)
    }
    for group_id, entry in (await journal.latest(run_id, HELD)).items():
        if entry.state == "held":
            groups[group_id].held = str(entry.data["reason"])
            groups[group_id].held_in = str(entry.data["phase"])
    for group_id, entry in (await journal.latest(run_id, CLOSE)).items():
        groups[group_id].done = entry.state == "done"
    for group_id, entry in (await journal.latest(run_id, CARRY)).items():
        if entry.state == "done":
            groups[group_id].carry_confirmed = True
            groups[group_id].carried = _texts(entry.data["carried"])
            groups[group_id].grafted = _texts(entry.data.get("grafted"))
            groups[group_id].lost = _texts(entry.data["lost"])
            groups[group_id].keeper_print = str(entry.data["keeper"])
            uses = entry.data.get("uses")
            if isinstance(uses, dict):
                groups[group_id].uses = {key: frozenset(_texts(value)) for key, value in uses.items()}
    return groups


def ended(sentence: str) -> str:
    """A sentence with its full stop, also where it ends with words of the server."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _pairs(value: object) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _ids(value: object) -> frozenset[str] | None:
    return frozenset(map(str, value)) if isinstance(value, list) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()

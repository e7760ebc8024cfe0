"""One run: the plan it works from, what it knows, and how a group is held back.

Everything that must survive the process is in the journal, under these steps (key in brackets):
`plan` (group), `held` (group), `carry` (group), `graft` (carrier), `backup` (asset), `trash` (asset),
`close` (group).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter

from immich_tui.execution.backup.manifest import Manifest
from immich_tui.execution.graft.carrier import Carrier
from immich_tui.execution.notebook import Chapter, Notebook, plain
from immich_tui.execution.transfer.dispatcher import Dispatcher
from immich_tui.execution.transfer.settings import Transfer
from immich_tui.immich.capabilities import Capabilities
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.models import Album, Asset, Group, Person
from immich_tui.jobs.journal import Journal, JournalEntry
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


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of carrying to a winner.

    `carried` is what a person reads of the values that calls wrote to it, `grafted` of those that came by a
    sidecar, `lost` of those that stayed behind. `keeper_print` is its fingerprint after a carry, empty when
    nothing was carried. `uses` are the ids of albums (and of tags, where the listing does not tell them) that
    each loser had when the ledger was made, `None` where they could not be read.
    """

    carried: tuple[str, ...] = ()
    grafted: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    keeper_print: str = ""
    uses: Mapping[str, frozenset[str]] | None = None

    @classmethod
    def read(cls, data: Mapping[str, object]) -> Carried:
        """Read it from a journalled outcome."""
        uses = data.get("uses")
        return cls(
            _texts(data["carried"]),
            _texts(data.get("grafted")),
            _texts(data["lost"]),
            str(data["keeper"]),
            {key: frozenset(_texts(ids)) for key, ids in uses.items()} if isinstance(uses, dict) else None,
        )

    def data(self) -> dict[str, object]:
        """What the journal keeps."""
        return {
            "carried": list(self.carried),
            "grafted": list(self.grafted),
            "lost": list(self.lost),
            "keeper": self.keeper_print,
            "uses": self.uses and {key: sorted(ids) for key, ids in self.uses.items()},
        }


NOTHING_CARRIED: Final = Carried()


@dataclass(slots=True)
class Planned:
    """One group of the plan: as it was decided on, and what became of it.

    `held` is the sentence why it is not carried out, empty while nothing speaks against it. The group itself
    and what came of carrying are in the notebook: a run has as many of these as it has groups.
    """

    id: str
    notebook: Notebook
    kind: DecisionKind
    choice: Choice
    held: str = ""
    held_in: str = ""
    carry_confirmed: bool = False
    done: bool = False

    @property
    def group(self) -> Group:
        """The group as it was decided on."""
        return self.notebook.group(self.id)

    @property
    def came_of_carrying(self) -> Carried:
        """What came of carrying to the winner so far."""
        return carried_in(self.notebook).get(self.id, NOTHING_CARRIED)

    @came_of_carrying.setter
    def came_of_carrying(self, value: Carried) -> None:
        carried_in(self.notebook)[self.id] = value

    @property
    def carried(self) -> tuple[str, ...]:
        """What a person reads of the values that calls wrote to the winner."""
        return self.came_of_carrying.carried

    @property
    def grafted(self) -> tuple[str, ...]:
        """What a person reads of the values that came by a sidecar."""
        return self.came_of_carrying.grafted

    @property
    def lost(self) -> tuple[str, ...]:
        """What a person reads of the values that stayed behind."""
        return self.came_of_carrying.lost

    @property
    def keeper_print(self) -> str:
        """The winner's fingerprint after a carry, empty when nothing was carried."""
        return self.came_of_carrying.keeper_print

    @keeper_print.setter
    def keeper_print(self, value: str) -> None:
        self.came_of_carrying = replace(self.came_of_carrying, keeper_print=value)

    @property
    def uses(self) -> Mapping[str, frozenset[str]] | None:
        """Ids of albums and tags that each loser had when the ledger was made, `None` where not known."""
        return self.came_of_carrying.uses

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
    group) and `backups` (by asset) in the notebook, `trashed` (by asset) and `closing` (groups) in memory.
    `albums`, `people` (both by asset) and `links` (ids of public links, by asset) are `None` while they are
    not read.
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
    notebook: Notebook
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    albums: Mapping[str, tuple[Album, ...]] | None = None
    people: Mapping[str, tuple[Person, ...]] | None = None
    links: Mapping[str, tuple[str, ...]] | None = None
    trashed: dict[str, str] = field(default_factory=dict)
    closing: set[str] = field(default_factory=set)
    dispatch: Dispatcher | None = None
    carriers: dict[str, Carrier] = field(default_factory=dict)
    carrying: MutableMapping[str, Prior] = field(init=False)
    backups: MutableMapping[str, Mapping[str, object]] = field(init=False)

    def __post_init__(self) -> None:
        self.carrying = priors_in(self.notebook)
        self.backups = backups_in(self.notebook)

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

    def left(self, planned: Planned) -> int:
        """How many losers of a group are still to go, without reading the group."""
        return len(planned.choice.trash) - len(self.gone(planned))

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
        held = [planned for planned in self.groups.values() if planned.held]
        for some in batched(held, AT_ONCE):
            writes = []
            for planned in some:
                planned.held = planned.held_in = ""
                writes.append(self.journal.submit(self.id, HELD, planned.id, "released", {}))
            await asyncio.gather(*writes)


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


def carried_in(notebook: Notebook) -> Chapter[Carried]:
    """What came of carrying, by group."""
    return Chapter(notebook, "carried", Carried.data, Carried.read)


def priors_in(notebook: Notebook) -> Chapter[Prior]:
    """Winners as they were, by group."""
    return Chapter(notebook, "prior", Prior.data, Prior.read)


def backups_in(notebook: Notebook) -> Chapter[Mapping[str, object]]:
    """What the journal keeps of backups, by asset."""
    return Chapter(notebook, "backup", plain, plain)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut items into lists of this size, the last one shorter, while they are read."""
    each = iter(items)
    while some := list(islice(each, size)):
        yield some


async def write_plan(journal: Journal, run_id: str, groups: Mapping[str, Planned]) -> None:
    """Put the plan into the journal: the groups as decided on, so that a resume needs nothing else."""
    for some in batched(groups.values(), AT_ONCE):
        writes = []
        for planned, raw in zip(some, await asyncio.to_thread(_raws, some), strict=True):
            plan = {
                "kind": planned.kind,
                "choice": _CHOICE.dump_python(planned.choice, mode="json"),
                "group": raw.decode(),
            }
            writes.append(journal.submit(run_id, PLAN, planned.id, "planned", plan))
            if planned.held:
                why = {"reason": planned.held, "phase": planned.held_in}
                writes.append(journal.submit(run_id, HELD, planned.id, "held", why))
        await asyncio.gather(*writes)


def _raws(some: Sequence[Planned]) -> list[bytes]:
    return [planned.notebook.raw(planned.id) for planned in some]


@dataclass(slots=True)
class Recalled:
    """A run as the journal tells it: its groups, and what is known of losers and of closing by their ids.

    Winners as they were and backups are in the notebook.
    """

    notebook: Notebook
    groups: dict[str, Planned] = field(default_factory=dict)
    trashed: dict[str, str] = field(default_factory=dict)
    closing: set[str] = field(default_factory=set)


async def recall(
    journal: Journal, run_id: str, decided: Callable[[str], Choice | None] = lambda _: None
) -> Recalled:
    """Read a run back, in one pass over its entries.

    `decided` tells what the session has of a group: ids are taken from there, so that each is in memory once.
    Raises `JournalUnavailable`.
    """
    found = Recalled(await asyncio.to_thread(Notebook, journal.path.parent))
    take = _Recall(found, decided).take
    async for page in journal.pages(run_id):
        await asyncio.to_thread(take, page)
    return found


class _Recall:
    """Takes a run's entries, in the order in which they were written."""

    def __init__(self, found: Recalled, decided: Callable[[str], Choice | None]) -> None:
        self._found = found
        self._decided = decided
        self._carrying, self._backups = priors_in(found.notebook), backups_in(found.notebook)
        self._carried = carried_in(found.notebook)
        self._ids: dict[str, str] = {}

    def take(self, page: Sequence[JournalEntry]) -> None:
        """Take some entries. Blocks on the disk."""
        found = self._found
        found.notebook.add_groups((e.key, str(e.data["group"]).encode()) for e in page if e.step == PLAN)
        for entry in page:
            key, data, done = entry.key, entry.data, entry.state == "done"
            planned = found.groups.get(key)
            match entry.step:
                case "plan":
                    choice = _alike(_CHOICE.validate_python(data["choice"]), self._decided(key))
                    self._ids.update((one, one) for one in choice.trash)
                    kind = DecisionKind(str(data["kind"]))
                    found.groups[key] = Planned(key, found.notebook, kind, choice)
                case "held" if planned:
                    held = entry.state == "held"
                    planned.held = str(data["reason"]) if held else ""
                    planned.held_in = str(data["phase"]) if held else ""
                case "close" if planned:
                    found.closing.add(planned.id)
                    planned.done = done
                case "carry" if planned:
                    planned.carry_confirmed = done
                    if done:
                        self._carried[key] = Carried.read(data)
                    else:
                        self._carried.pop(key, None)
                    if entry.state == "intent" and key not in self._carrying:
                        self._carrying[key] = Prior.read(data)
                case "backup" if done:
                    self._backups[key] = data
                case "trash":
                    found.trashed[self._ids.get(key, key)] = sys.intern(entry.state)
                case _:
                    pass


def _alike(choice: Choice, decided: Choice | None) -> Choice:
    """The same choice, with the ids of the session's where that says the same."""
    if decided is None or replace(decided, graft=choice.graft) != choice:
        return choice
    return decided if decided.graft == choice.graft else replace(decided, graft=choice.graft)


def ended(sentence: str) -> str:
    """A sentence with its full stop, also where it ends with words of the server."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _pairs(value: object) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _ids(value: object) -> frozenset[str] | None:
    return frozenset(map(str, value)) if isinstance(value, list) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()

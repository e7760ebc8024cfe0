"""One run: the plan it works from, what it knows, and how a group is held back.

Everything that must survive the process is in the journal, under these steps (key in brackets):
`plan` (group), `held` (group), `carry` (group), `graft` (carrier), `backup` (asset), `trash` (asset),
`close` (group).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, ItemsView, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from immich_tui.execution.backup.manifest import Manifest
from immich_tui.execution.graft.carrier import Carrier
from immich_tui.execution.notebook import Notebook
from immich_tui.execution.plan import Plan
from immich_tui.execution.planned import Planned, Prior, backups_in, priors_in
from immich_tui.execution.transfer.dispatcher import Dispatcher
from immich_tui.execution.transfer.settings import Transfer
from immich_tui.immich.capabilities import Capabilities
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.models import Album, Asset, Group, Person
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Pool, Slot
from immich_tui.review.session import Session
from immich_tui.verdict.model import Choice, Context, Surroundings

PLAN, HELD, CARRY, BACKUP, TRASH, CLOSE = "plan", "held", "carry", "backup", "trash", "close"

AT_ONCE = 100
"""Groups that are journalled in one go: few flushes, and no long stop for whoever looks at the screen."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run may do and where it puts backups.

    `permanent` is the number of assets the person typed to have them deleted for good, `None` for the trash.
    `trash_external` is the consent to trash external-library assets, whose backup can only be verified
    weakly. `recheck_s` is how old the last look at the listing may be before a delete, `look_s` how old what
    was seen may be before any other call that rests on it. `settle_s` is how long carried values must hold
    still, `confirm_s` how long to wait for them. `transfer` are the ways by which backups may come.
    """

    backup_root: Path
    permanent: int | None = None
    trash_external: bool = False
    recheck_s: float = 60.0
    look_s: float = 60.0
    settle_s: float = 1.5
    confirm_s: float = 60.0
    trash_batch: int = 100
    transfer: Transfer = field(default_factory=Transfer)


@dataclass(slots=True)
class Run:
    """What every phase of a run works on. `id` is empty until the run has begun: nothing is journalled then.

    What the journal knows is mirrored here: `carrying` (winners as they were before the first write, by
    group) and `backups` (by asset) in the notebook, what became of groups and losers in the plan.
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
    groups: Plan
    folder: Path
    notebook: Notebook
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    albums: Mapping[str, tuple[Album, ...]] | None = None
    people: Mapping[str, tuple[Person, ...]] | None = None
    links: Mapping[str, tuple[str, ...]] | None = None
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
        return iter(self.groups.open())

    def gone(self, planned: Planned) -> frozenset[str]:
        """Losers of a group that this run has trashed, as far as the server confirmed it."""
        return frozenset(planned.with_fate("done"))

    def left(self, planned: Planned) -> int:
        """How many losers of a group are still to go, without reading the group."""
        return len(planned.choice.trash) - len(planned.with_fate("done"))

    def waiting(self, planned: Planned) -> list[Asset]:
        """Losers of a group that are still to go."""
        gone = self.gone(planned)
        return [asset for asset in planned.losers if asset.id not in gone]

    def has_begun(self, planned: Planned) -> bool:
        """Whether this run has touched the group already, so that it differs by our own hand."""
        return planned.closing or planned.any_sent or planned.id in self.carrying

    async def hold(self, planned: Planned, phase: str, reason: str) -> None:
        """Take a group out of the run, durably, with the reason as a sentence; nothing of it is trashed."""
        if planned.is_held:
            return
        reason = ended(reason)
        planned.hold(reason, phase)
        if self.id:
            await self.journal.outcome(self.id, HELD, planned.id, "held", {"reason": reason, "phase": phase})

    async def release(self) -> None:
        """Let held groups try again, for a resumed run: what held them back may be gone."""
        for some in batched(self.groups.held(), AT_ONCE):
            writes = []
            for planned in some:
                planned.release()
                writes.append(self.journal.submit(self.id, HELD, planned.id, "released", {}))
            await asyncio.gather(*writes)


class _Choices(Mapping[str, tuple[Group, Choice]]):
    def __init__(self, groups: Plan) -> None:
        self._groups = groups

    def __getitem__(self, group_id: str) -> tuple[Group, Choice]:
        planned = self._groups[group_id]
        return planned.group, planned.choice

    def __iter__(self) -> Iterator[str]:
        return iter(self._groups)

    def items(self) -> ItemsView[str, tuple[Group, Choice]]:
        """Groups and choices, read page by page."""
        return _Items(self, self._groups)

    def __len__(self) -> int:
        return len(self._groups)


class _Items(ItemsView[str, tuple[Group, Choice]]):
    def __init__(self, choices: _Choices, groups: Plan) -> None:
        super().__init__(choices)
        self._groups = groups

    def __iter__(self) -> Iterator[tuple[str, tuple[Group, Choice]]]:
        return ((one.id, (one.group, one.choice)) for one in self._groups.values())


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut items into lists of this size, the last one shorter, while they are read."""
    each = iter(items)
    while some := list(islice(each, size)):
        yield some


def ended(sentence: str) -> str:
    """A sentence with its full stop, also where it ends with words of the server."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."

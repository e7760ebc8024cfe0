"""A group of a plan: as it was decided on, its winner as it was before, and what came of carrying."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from immich_tui.execution.notebook import Chapter, Notebook, plain
from immich_tui.immich.models import Asset, Group
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.model import Choice

FATES: Final = ("", "intent", "done", "alive", "restored")
"""What may have become of a loser: nothing was sent, its delete was about to be, it is in the trash or gone,
it lives all the same, it was brought back."""

DONE, CARRY_CONFIRMED, HELD, CLOSING = 1, 2, 4, 8


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


class Standings:
    """Where each group of a plan stands, and each of its losers: a byte each, by place."""

    def __init__(self) -> None:
        self.groups = bytearray()
        self.losers = bytearray()
        self.first = array("I", [0])
        """Where the losers of each group begin; one more than there are groups."""

    def add(self, losers: int) -> None:
        """One more group, with so many losers."""
        self.groups.append(0)
        self.losers.extend(bytes(losers))
        self.first.append(len(self.losers))

    def flag(self, at: int, flag: int, on: bool) -> None:
        """Set or clear a flag of a group."""
        self.groups[at] = self.groups[at] | flag if on else self.groups[at] & ~flag

    def is_done(self, at: int) -> bool:
        """Whether a group was ended."""
        return bool(self.groups[at] & DONE)

    def places(self, *, having: int = 0, lacking: int = 0, loses: bool | None = None) -> array[int]:
        """Where groups are that have all flags of `having` and none of `lacking`, and lose members or not."""
        first = self.first
        return array(
            "I",
            (
                at
                for at, flags in enumerate(self.groups)
                if flags & having == having
                and not flags & lacking
                and (loses is None or loses == (first[at] < first[at + 1]))
            ),
        )

    def of_losers(self, at: int) -> bytearray:
        """What became of each loser of a group, as places in `FATES`."""
        return self.losers[self.first[at] : self.first[at + 1]]


class Planned:
    """One group of the plan: as it was decided on, and what became of it.

    `at` is its place in the plan. It is made anew each time it is looked up: the group itself and what came
    of carrying are in the notebook, where it stands is in the plan.
    """

    __slots__ = ("_standings", "at", "choice", "id", "kind", "notebook")

    def __init__(
        self,
        at: int,
        group_id: str,
        kind: DecisionKind,
        choice: Choice,
        notebook: Notebook,
        standings: Standings,
    ) -> None:
        self.at = at
        self.id = group_id
        self.kind = kind
        self.choice = choice
        self.notebook = notebook
        self._standings = standings

    @property
    def done(self) -> bool:
        """Whether the group was ended."""
        return bool(self._standings.groups[self.at] & DONE)

    @done.setter
    def done(self, value: bool) -> None:
        self._standings.flag(self.at, DONE, value)

    @property
    def carry_confirmed(self) -> bool:
        """Whether what was to be carried is on the winner."""
        return bool(self._standings.groups[self.at] & CARRY_CONFIRMED)

    @carry_confirmed.setter
    def carry_confirmed(self, value: bool) -> None:
        self._standings.flag(self.at, CARRY_CONFIRMED, value)

    @property
    def closing(self) -> bool:
        """Whether the group was ended, or was about to be."""
        return bool(self._standings.groups[self.at] & CLOSING)

    @closing.setter
    def closing(self, value: bool) -> None:
        self._standings.flag(self.at, CLOSING, value)

    @property
    def held(self) -> str:
        """The sentence why it is not carried out, empty while nothing speaks against it."""
        return self._held["reason"] if self.is_held else ""

    @property
    def held_in(self) -> str:
        """The phase that held it back, empty while it is not held."""
        return self._held["phase"] if self.is_held else ""

    @property
    def is_held(self) -> bool:
        """Whether something speaks against it."""
        return bool(self._standings.groups[self.at] & HELD)

    @property
    def _held(self) -> Mapping[str, str]:
        return _held_in(self.notebook)[self.id]

    def hold(self, reason: str, phase: str) -> None:
        """Note that it is not carried out, with a sentence why."""
        _held_in(self.notebook)[self.id] = {"reason": reason, "phase": phase}
        self._standings.flag(self.at, HELD, True)

    def release(self) -> None:
        """Let it be carried out again."""
        self._standings.flag(self.at, HELD, False)

    def fate(self, loser: str) -> str:
        """What became of a loser as far as is known: one of `FATES`, empty before its delete was sent."""
        return FATES[self._standings.losers[self._place(loser)]]

    def set_fate(self, loser: str, fate: str) -> None:
        """Note what became of a loser."""
        self._standings.losers[self._place(loser)] = FATES.index(fate)

    def with_fate(self, *fates: str) -> tuple[str, ...]:
        """The losers with these fates."""
        wanted = [FATES.index(fate) for fate in fates]
        known = self._standings.of_losers(self.at)
        return tuple(loser for loser, fate in zip(self.choice.trash, known, strict=True) if fate in wanted)

    @property
    def any_sent(self) -> bool:
        """Whether the delete of any loser was sent, or was about to be."""
        return any(self._standings.of_losers(self.at))

    def _place(self, loser: str) -> int:
        return self._standings.first[self.at] + self.choice.trash.index(loser)

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
        return not self._standings.groups[self.at] & (HELD | DONE)


def carried_in(notebook: Notebook) -> Chapter[Carried]:
    """What came of carrying, by group."""
    return Chapter(notebook, "carried", Carried.data, Carried.read)


def priors_in(notebook: Notebook) -> Chapter[Prior]:
    """Winners as they were, by group."""
    return Chapter(notebook, "prior", Prior.data, Prior.read)


def backups_in(notebook: Notebook) -> Chapter[Mapping[str, object]]:
    """What the journal keeps of backups, by asset."""
    return Chapter(notebook, "backup", plain, plain)


def _held_in(notebook: Notebook) -> Chapter[Mapping[str, str]]:
    return Chapter(notebook, "held", dict, _pairs)


def _pairs(value: object) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _ids(value: object) -> frozenset[str] | None:
    return frozenset(map(str, value)) if isinstance(value, list) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()

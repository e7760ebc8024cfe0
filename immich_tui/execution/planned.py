"""A group of a plan: as it was decided on, its winner as it was before, and what came of carrying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from immich_tui.execution.notebook import Chapter, Notebook, plain
from immich_tui.immich.models import Asset, Group
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.model import Choice


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


def carried_in(notebook: Notebook) -> Chapter[Carried]:
    """What came of carrying, by group."""
    return Chapter(notebook, "carried", Carried.data, Carried.read)


def priors_in(notebook: Notebook) -> Chapter[Prior]:
    """Winners as they were, by group."""
    return Chapter(notebook, "prior", Prior.data, Prior.read)


def backups_in(notebook: Notebook) -> Chapter[Mapping[str, object]]:
    """What the journal keeps of backups, by asset."""
    return Chapter(notebook, "backup", plain, plain)


def _pairs(value: object) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _ids(value: object) -> frozenset[str] | None:
    return frozenset(map(str, value)) if isinstance(value, list) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()

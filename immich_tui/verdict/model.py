"""What the rules say of a duplicate group: the values that the other rooms read.

Everything here is immutable and plain. A verdict is cheap and made for every group; an explanation and a
ledger are made for the groups that are shown or planned.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import NamedTuple

from immich_tui.immich.models import Album, Face, Person, Tag


class Severity(IntEnum):
    """How much a flag matters: a *block* makes the group doubtful, a *warn* keeps it from being exact."""

    INFO = 0
    WARN = 1
    BLOCK = 2


class Tier(StrEnum):
    """How sure the rules are; first match of: doubtful, likely, exact, same picture, else likely."""

    EXACT = "exact"
    SAME_PICTURE = "same picture"
    LIKELY = "likely"
    DOUBTFUL = "doubtful"


class Flag(NamedTuple):
    """Something a person should look at.

    `name` is the flag's stable name (`gps_conflict`). `detail` is one short phrase with the
    values, without a full stop ("4.2 km apart"). `assets` are the members it speaks of.
    """

    name: str
    severity: Severity
    detail: str
    assets: tuple[str, ...] = ()


class Points(NamedTuple):
    """One category of the score: what was earned of what could be, and the value that proves it.

    `evidence` is the value as shown to a person, or why it does not count ("0, 0 is nowhere"); empty when the
    field is simply missing.
    """

    category: str
    earned: float
    possible: float
    evidence: str


class Score(NamedTuple):
    """Metadata completeness of one asset, 0 to 100 with the default weights, and how it comes about."""

    total: float
    points: tuple[Points, ...]


class Comparison(NamedTuple):
    """One criterion applied to two assets: its label, both values as shown, and whose is better.

    `better` is the id of the better asset, `None` on a tie.
    """

    criterion: str
    label: str
    ours: str
    theirs: str
    better: str | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the listing does not say of a group's members; a missing key or `None` is *not read yet*.

    Keys are asset ids. `albums` holds the albums that the user may see, `shared_links` the ids of the public
    links that name the asset itself. `faces` says where people are; what it knows goes before `people`.
    """

    albums: Mapping[str, tuple[Album, ...]] | None = None
    tags: Mapping[str, tuple[Tag, ...]] | None = None
    people: Mapping[str, tuple[Person, ...]] | None = None
    shared_links: Mapping[str, tuple[str, ...]] | None = None
    faces: Mapping[str, tuple[Face, ...]] | None = None


NOT_READ = Surroundings()


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this server and key can do, as far as the rules need it: names of carry calls that work.

    `no_graft` says as a sentence why nothing can be grafted, empty where it is not known.
    """

    update_asset: bool = True
    albums: bool = True
    album_cover: bool = True
    tags: bool = True
    faces: bool = False
    shared_links: bool = False
    live_video: bool = True
    graft: bool = False
    no_graft: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything besides group and policy that a verdict may depend on.

    `now` is when the verdict is made (aware); without it no date counts as lying in the future. `graft` is
    whether the person switched grafting on.
    """

    now: datetime | None = None
    graft: bool = False
    abilities: Abilities = dataclasses.field(default_factory=Abilities)

    def of(self, choice: Choice) -> Context:
        """The context in which this choice is carried out: it may switch grafting on or off for its group."""
        if choice.graft in (None, self.graft):
            return self
        return dataclasses.replace(self, graft=bool(choice.graft))


class Verdict(NamedTuple):
    """What the rules say of one group under one policy. `ranking` lists all members, the winner first."""

    group_id: str
    winner: str
    immich_pick: str
    ranking: tuple[str, ...]
    scores: Mapping[str, Score]
    flags: tuple[Flag, ...]
    tier: Tier
    reason: str

    @property
    def differs(self) -> bool:
        """Whether we would keep another asset than Immich."""
        return self.winner != self.immich_pick

    @property
    def ready(self) -> bool:
        """Whether the group may be accepted in bulk: nothing blocks it."""
        return self.tier is not Tier.DOUBTFUL


class Fate(StrEnum):
    """What becomes of one field of the losers."""

    KEPT = "kept"
    CARRIED = "carried"
    GRAFTED = "grafted"
    LOST = "lost"
    UNREAD = "not read yet"


class Channel(StrEnum):
    """The call that carries a field to the winner."""

    UPDATE_ASSET = "PUT /assets/{id}"
    ALBUM_ASSETS = "PUT /albums/{id}/assets"
    ALBUM_COVER = "PATCH /albums/{id}"
    TAG_ASSETS = "PUT /tags/assets"
    FACES = "POST /faces"
    COPY = "PUT /assets/copy"
    GRAFT = "graft"
    NONE = ""


NOTHING_SENT: Mapping[str, object] = MappingProxyType({})


class Entry(NamedTuple):
    """One line of the ledger: a field, what becomes of it, and what is written.

    `field` is a stable name (`location`, `capture_time`, `description`, `rating`, `favourite`, `album`,
    `tag`, `live_video`, `person`, `camera`, `lens`, `exposure`, ...). `value` is as shown to a person.
    `source` is the asset the value comes from (`None` when it is the winner's own). `payload` is what the
    carry phase sends, in the names of the API body for UPDATE_ASSET and as ids for albums and tags; empty
    when nothing is sent. `weight` counts for the *lossless* policy when the field is lost. `note` is a
    warning that goes with it, a sentence.
    """

    field: str
    fate: Fate
    value: str
    source: str | None = None
    channel: Channel = Channel.NONE
    payload: Mapping[str, object] = NOTHING_SENT
    weight: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a decision keeps, carries, grafts and loses, field by field: what is shown is what is done."""

    winner: str
    entries: tuple[Entry, ...]

    def with_fate(self, fate: Fate) -> tuple[Entry, ...]:
        """The entries with this fate, in ledger order."""
        return tuple(entry for entry in self.entries if entry.fate is fate)

    @property
    def lost_weight(self) -> float:
        """Sum of the weights of what is lost; 0 when nothing is."""
        return sum(entry.weight for entry in self.entries if entry.fate is Fate.LOST)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why ours, and why not Immich's.

    `sentence` is for the list and the pane. `deciding` is the criterion on which winner and Immich's pick (or
    the runner-up, when they agree) part. `criteria` are all criteria up to and including the deciding one.
    `immich_looked_at` are size and count of truthy EXIF fields. `ours_loses` and `theirs_loses` are the two
    ledgers, and `stakes` says in a sentence or two what they come to. `counterfactual` is the smallest change
    that would make the other one win.
    """

    sentence: str
    deciding: Comparison | None
    criteria: tuple[Comparison, ...]
    immich_looked_at: tuple[Comparison, ...]
    ours_loses: Ledger
    theirs_loses: Ledger | None
    counterfactual: str
    stakes: str = ""
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """What a person chose instead of the proposal, and what that costs beside it.

    `sentence` says what was chosen, what was proposed and why; `cost` says in a sentence what the choice
    loses beside the proposal. `loses` are the entries of the choice's ledger that the proposal does not lose,
    `saves` those that only the proposal loses.
    """

    sentence: str
    cost: str
    loses: tuple[Entry, ...]
    saves: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done with the members of a group, as far as rules and ledger care.

    `winner` is in `keep`; `keep` and `trash` are disjoint and together are all members. With `stack` the kept
    ones are stacked, winner on top. With nothing in `trash` and no stack the group is dismissed. `graft` is
    whether the winner may be grafted to, `None` for what is set for all groups.
    """

    winner: str
    keep: tuple[str, ...]
    trash: tuple[str, ...]
    stack: bool = False
    graft: bool | None = None

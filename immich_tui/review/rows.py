"""The session as lists show it: one row per group, and the numbers of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from immich_tui.review.decisions import DecidedBy, DecisionKind
from immich_tui.review.folding import folded
from immich_tui.verdict.flags import ONLY_INFORM
from immich_tui.verdict.model import Severity, Tier


def objections(flags: Sequence[str]) -> tuple[str, ...]:
    """The flags that speak against a proposal, without those that only inform."""
    return tuple(flag for flag in flags if flag not in ONLY_INFORM)


@dataclass(slots=True)
class Row:
    """One group as the list shows it.

    `title` is the name of the photo that stays by the present choice, `saving` are the bytes that it frees.
    `position` is its place in the server's order. `done` is the outcome of the run that has dealt with it.
    `digest` tells which state of the group all this is about.
    `changed` says that it was decided and has changed on the server since, and has to be looked at again.
    `asks` says so of one that the person, and not the policy, had decided: no bulk accept may outvote them.
    `news` says in a sentence what is different since the last fetch, until the group is decided.
    """

    position: int
    group_id: str
    title: str
    members: int
    tier: Tier
    differs: bool
    saving: int
    flags: tuple[str, ...]
    worst: Severity | None
    digest: str = ""
    decision: DecisionKind | None = None
    decided_by: DecidedBy | None = None
    flagged: bool = False
    note: str = ""
    done: str = ""
    overridden: bool = False
    changed: bool = False
    asks: bool = False
    news: str = ""

    @property
    def decided(self) -> bool:
        """Whether the group has a decision that stands."""
        return self.decision is not None

    @property
    def skipped(self) -> bool:
        """Whether the decision is to leave the group alone."""
        return self.decision is DecisionKind.SKIP

    @property
    def open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.decision is None and not self.done

    @property
    def ready(self) -> bool:
        """Whether it may be accepted in bulk: open, nothing blocks it, and nobody flagged or decided it."""
        return self.open and not self.flagged and not self.asks and self.tier is not Tier.DOUBTFUL


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A group that the server sent in a shape that could not be read; it is left alone."""

    group_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The session in numbers.

    `saving` are bytes, counting the present choice of every group. Groups that are skipped are not decided.
    `only` counts doubtful groups that wait for a decision by the one flag that speaks against them.
    """

    groups: int
    assets: int
    unreadable: int
    differs: int
    saving: int
    decided: int
    skipped: int
    tiers: Mapping[Tier, int]
    flags: Mapping[str, int]
    only: Mapping[str, int]

    @classmethod
    def of(cls, rows: Sequence[Row], unreadable: int) -> Summary:
        """Count rows."""
        return cls(
            groups=len(rows),
            assets=sum(row.members for row in rows),
            unreadable=unreadable,
            differs=sum(row.differs for row in rows),
            saving=sum(row.saving for row in rows),
            decided=sum(row.decided and not row.skipped for row in rows),
            skipped=sum(row.skipped for row in rows),
            tiers=Counter(row.tier for row in rows),
            flags=Counter(flag for row in rows for flag in row.flags),
            only=Counter(_only_doubt(rows)),
        )


def _only_doubt(rows: Sequence[Row]) -> Iterator[str]:
    """Of each doubtful group that is open the flag, where only one speaks against it."""
    for row in rows:
        if row.tier is Tier.DOUBTFUL and row.open:
            found = objections(row.flags)
            if len(found) == 1:
                yield found[0]


@dataclass(slots=True)
class Tally:
    """What is done so far, kept while rows change: counts of groups, and bytes that go to the trash.

    Groups that are skipped are not decided, and `done` ones count as decided however they were.
    """

    decided: int = 0
    skipped: int = 0
    done: int = 0
    freed: int = 0

    def add(self, row: Row, sign: int = 1) -> None:
        """Count a row, or with -1 count it no longer, because it is about to change."""
        if row.done:
            self.done += sign
        elif row.decision is None:
            return
        if row.skipped and not row.done:
            self.skipped += sign
        else:
            self.decided += sign
            self.freed += sign * row.saving


def place_of(rows: Sequence[Row], wanted: str, here: int = 0) -> int | None:
    """Where the group is that somebody means by a number in the list, an id, or a part of a name.

    A number counts from 1. An id may be cut short. Of several names the next one after `here` is meant, from
    the beginning where none follows.
    """
    wanted = wanted.strip()
    if not wanted:
        return None
    number = wanted.lstrip("0")
    # Longer numbers are none of the list's, and one of thousands of digits Python does not read at all.
    if wanted.isascii() and wanted.isdigit() and 0 < len(number) < 19 and int(number) <= len(rows):
        return int(number) - 1
    meant = folded(wanted)
    by_id = next((place for place, row in enumerate(rows) if row.group_id.startswith(meant)), None)
    if by_id is not None and len(meant) >= 4:
        return by_id
    for distance in range(1, len(rows) + 1):
        place = (here + distance) % len(rows)
        if meant in folded(rows[place].title):
            return place
    return by_id

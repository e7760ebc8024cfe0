"""The same decision for many groups: what it does to each, whom it reaches, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from immich_tui.immich.models import Group
from immich_tui.review.decisions import DecidedBy, keep_everything
from immich_tui.review.rows import Row
from immich_tui.review.stored import StoredGroup
from immich_tui.verdict.model import Choice, Tier
from immich_tui.verdict.policy import Policy


@dataclass(frozen=True, slots=True)
class Deed:
    """What is decided for each of many groups.

    `choose` makes the choice out of what is proposed, `None` to skip the group. With `policy` it is that
    policy's proposal instead of the present one's. `clears` takes decisions away. `trashes` says whether
    anything goes to the trash.
    """

    choose: Callable[[Group, Choice], Choice | None]
    decided_by: DecidedBy
    policy: Policy | None = None
    clears: bool = False
    trashes: bool = False

    @classmethod
    def accept(cls) -> Deed:
        """Accept what the policy proposes."""
        return cls(lambda group, choice: choice, DecidedBy.POLICY, trashes=True)

    @classmethod
    def keep_all(cls) -> Deed:
        """Keep every member: no duplicates."""
        return cls(lambda group, choice: keep_everything(group, choice.winner), DecidedBy.RULE)

    @classmethod
    def stack(cls) -> Deed:
        """Keep every member, stacked with the winner on top."""
        return cls(lambda group, choice: keep_everything(group, choice.winner, stack=True), DecidedBy.RULE)

    @classmethod
    def skip(cls) -> Deed:
        """Leave the groups alone."""
        return cls(lambda group, choice: None, DecidedBy.RULE)

    @classmethod
    def by(cls, policy: Policy) -> Deed:
        """Accept what another policy would propose."""
        return cls(lambda group, choice: choice, DecidedBy.RULE, policy, trashes=True)

    @classmethod
    def clear(cls) -> Deed:
        """Make the groups undecided again."""
        return cls(lambda group, choice: None, DecidedBy.RULE, clears=True)

    def reaches(self, row: Row, *, redecide: bool) -> bool:
        """Whether it is done to this group: never after a run, and over a decision only if told to.

        Taking decisions away is over a decision by nature.
        """
        if row.done:
            return False
        if self.clears:
            return row.decided
        return redecide or not row.decided


@dataclass(slots=True)
class Reach:
    """What a deed comes to; the numbers grow while it is worked out.

    Of `total` groups `groups` are reached so far; `carried_out` ones stay as a run left them and `decided`
    ones as they were decided. `photos` go to the trash, which frees `freed` bytes; in `differs` groups
    another photo than Immich's pick stays, and `doubtful` ones are those that somebody should look at.
    """

    total: int
    looked: int = 0
    groups: int = 0
    carried_out: int = 0
    decided: int = 0
    photos: int = 0
    freed: int = 0
    differs: int = 0
    doubtful: int = 0

    @property
    def complete(self) -> bool:
        """Whether every group was looked at."""
        return self.looked == self.total

    def leave(self, rows: Sequence[Row], reached: Sequence[Row]) -> None:
        """Count rows that were looked at, of which these are reached."""
        self.looked += len(rows)
        done = sum(bool(row.done) for row in rows)
        self.carried_out += done
        self.decided += len(rows) - len(reached) - done
        self.doubtful += sum(row.tier is Tier.DOUBTFUL for row in reached)

    def add(self, group: StoredGroup, *, trashes: bool) -> None:
        """Count what is done in a group that is reached; `trashes` is whether what is proposed goes."""
        self.groups += 1
        if trashes:
            self.freed += group.saving
            self.photos += group.trashed
        self.differs += group.winner != group.immich_pick


@dataclass(slots=True)
class Effect:
    """What another policy would change among undecided groups; the numbers grow while it is worked out.

    `winners` change; `freed` bytes more (or fewer, negative) go to the trash; `differs` counts the groups of
    the whole session in which another photo than Immich's pick would stay, decided ones included.
    """

    total: int
    looked: int = 0
    winners: int = 0
    freed: int = 0
    differs: int = 0

    @property
    def complete(self) -> bool:
        """Whether every group was looked at."""
        return self.looked == self.total

    def count(self, row: Row, present: StoredGroup, fresh: StoredGroup, *, dismissed: bool) -> None:
        """Count one group: its row, what is proposed now, and what would be.

        Of one that is proposed to be `dismissed` nothing goes, whatever the policy.
        """
        self.looked += 1
        if row.decided or row.done:
            self.differs += row.differs
            return
        self.winners += fresh.winner != present.winner
        self.freed += 0 if dismissed else fresh.saving - present.saving
        self.differs += fresh.winner != fresh.immich_pick

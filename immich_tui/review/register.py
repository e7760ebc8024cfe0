"""The rows of a session and the decisions that stand, in step with the database; finding rows among them.

Reads happen in the store's thread, so that the screen never waits for a disk.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from array import array
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Self

from immich_tui.immich.models import Group
from immich_tui.review.changes import NEW, ChangeKind
from immich_tui.review.decisions import DecidedBy, Decision
from immich_tui.review.filters import EVERYTHING, Filter
from immich_tui.review.habits import Habits
from immich_tui.review.judging import Judging
from immich_tui.review.order import SERVER, Order, Sorting, arranged
from immich_tui.review.rows import Row, Summary, Tally, Unreadable
from immich_tui.review.store import NotListed, Store, StoreUnavailable
from immich_tui.review.stored import StoredGroup
from immich_tui.verdict.model import Choice, Context
from immich_tui.verdict.policy import Policy

SLICE = 4096
"""Rows that are looked at between two questions whether the work is still wanted."""


class Register:
    """The groups of one server as rows, and the decisions that stand, in step with the database."""

    def __init__(self, store: Store, policy: Policy, context: Context) -> None:
        self._store = store
        self.policy = policy
        self.context = context
        self._judging = Judging(store, context)
        self.rows: list[Row] = []
        self.unreadable: list[Unreadable] = []
        self.tally = Tally()
        self._rows: dict[str, Row] = {}
        self._stored: dict[str, StoredGroup] = {}
        self._decisions: dict[str, Decision] = {}
        self._stale: dict[str, Decision] = {}
        self._news: dict[str, str] = {}
        self._returned: set[str] = set()
        self._bound: set[str] = set()
        self._habits = Habits()
        self._by_date = array("I")
        self._generation = 0

    @classmethod
    async def open(cls, store: Store, policy: Policy, context: Context) -> Self:
        """Read the last complete fetch and its decisions from the database."""
        opened = cls(store, policy, context)
        await opened.reload()
        return opened

    @property
    def read_only(self) -> bool:
        """Whether another process has the session open for writing."""
        return self._store.read_only

    @property
    def store(self) -> Store:
        """The database behind the session; use it through its `in_thread` only."""
        return self._store

    async def close(self) -> None:
        """Finish pending writes and close the database."""
        await asyncio.to_thread(self._store.close)

    async def reload(self) -> None:
        """Read the rows again, after a fetch or a run."""
        await self._store.in_thread(self._read)

    def _read(self) -> None:
        # The collector would walk all rows again and again while they are made, and in every long piece of
        # work after that, 0.3 s each time at 100,000. They live as long as the session.
        gc.disable()
        try:
            self._read_rows()
        finally:
            gc.freeze()
            gc.enable()

    def _read_rows(self) -> None:
        self._generation = self._store.fetched.generation
        stored = self._store.fetched.groups()
        decisions = self._store.decided.decisions()
        notes = self._store.decided.notes()
        finished = self._store.outcomes.finished()
        self._judging.albums_known = self._store.fetched.albums_known()
        self.unreadable = [Unreadable(group, reason) for group, reason in self._store.fetched.unreadable()]
        self._stored = {group.group_id: group for group in stored}
        self._decisions = {
            group_id: decision
            for group_id, decision in decisions.items()
            if group_id in self._stored and self._stored[group_id].digest == decision.digest
        }
        self._stale = {
            group_id: decision
            for group_id, decision in decisions.items()
            if group_id in self._stored and group_id not in self._decisions
        }
        changes = self._store.fetched.changes()
        self._news = {group_id: sentence or NEW for group_id, (_, sentence) in changes.items()}
        self._returned = {group_id for group_id, (kind, _) in changes.items() if kind is ChangeKind.RETURNED}
        self.tally = Tally()
        touched = self._decisions.keys() | self._stale.keys() | self._news.keys() | self._returned
        self.rows = [self._row(group, notes.get(group.group_id), finished, touched) for group in stored]
        self._rows = {row.group_id: row for row in self.rows}
        self._habits = Habits()
        self._by_date = array("I")

    def _row(
        self, group: StoredGroup, note: str | None, finished: Mapping[str, str], touched: Container[str]
    ) -> Row:
        """The row of a group; only of those that are `touched` is there more to say than what is stored."""
        row = Row(
            position=group.position,
            group_id=group.group_id,
            title=group.title,
            members=group.members,
            tier=group.tier,
            differs=group.winner != group.immich_pick,
            saving=group.saving,
            flags=group.flags,
            worst=group.worst,
            digest=group.digest,
            flagged=note is not None,
            note=note or "",
            done=finished.get(group.group_id, ""),
        )
        if group.group_id in touched:
            self._put_decision(row, group)
        self.tally.add(row)
        return row

    def _show_verdict(self, row: Row, group: StoredGroup) -> None:
        row.tier, row.flags, row.worst = group.tier, group.flags, group.worst
        self._show_decision(row)

    def _show_decision(self, row: Row) -> None:
        self.tally.add(row, -1)
        self._put_decision(row, self._stored[row.group_id])
        self.tally.add(row)

    def _put_decision(self, row: Row, stored: StoredGroup) -> None:
        decision = self._decisions.get(row.group_id)
        choice = decision.choice if decision else None
        winner = choice.winner if choice else stored.winner
        earlier = self._stale.get(row.group_id) if decision is None else None
        row.changed = earlier is not None
        row.asks = earlier is not None and earlier.decided_by is not DecidedBy.POLICY
        row.news = "" if decision else self._news.get(row.group_id, "")
        row.decision = decision.kind if decision else None
        row.decided_by = decision.decided_by if decision else None
        proposed, going = (0, 0) if row.group_id in self._returned else (stored.saving, stored.trashed)
        row.saving = decision.freed if decision else proposed
        row.differs = winner != stored.immich_pick
        row.overridden = bool(
            decision
            and choice
            and decision.decided_by is DecidedBy.PERSON
            and (winner != stored.winner or decision.freed != proposed or len(choice.trash) != going)
        )
        # The row names the photo that stays, whoever chose it.
        row.title = stored.title if winner == stored.winner else self._name_of(winner) or stored.title

    def _name_of(self, asset_id: str) -> str | None:
        try:
            return self._store.fetched.name_of(asset_id)
        except KeyError:
            # A fetch has just ended and did not find it any more; the rows will be read again.
            return None

    def _group(self, group_id: str) -> Group:
        """A group as it was fetched; in the store's thread only. Raises `NotListed`."""
        try:
            return self._store.fetched.group(group_id)
        except KeyError:
            raise NotListed from None

    def row(self, group_id: str) -> Row:
        """The group's row; raises `KeyError` for an unknown group."""
        return self._rows[group_id]

    def decision(self, group_id: str) -> Decision | None:
        """The decision that stands for a group."""
        return self._decisions.get(group_id)

    def wanted(self, group_id: str, choice: Choice) -> bool:
        """Whether what a run is about to do with a group is still what the person decided.

        Of a group that is not listed any more nothing can have been decided otherwise. A decision from before
        the group changed counts as well: that the group changed is for others to find.
        """
        if group_id not in self._rows:
            return True
        decision = self._decisions.get(group_id) or self._stale.get(group_id)
        if decision is None or decision.choice is None:
            return False
        now = decision.choice
        if now.graft is not None and choice.graft not in (None, now.graft, self.context.of(now).graft):
            return False
        return (now.winner, set(now.keep), set(now.trash), now.stack) == (
            choice.winner,
            set(choice.keep),
            set(choice.trash),
            choice.stack,
        )

    async def bind(self, choices: Mapping[str, Choice]) -> frozenset[str]:
        """Hold fast the decisions that still are as given, and return their groups.

        What is bound cannot be decided otherwise until it is released: nobody may change their mind between
        the last look at a decision and the delete that follows from it.
        """

        def bind() -> frozenset[str]:
            bound = frozenset(
                group_id for group_id, choice in choices.items() if self.wanted(group_id, choice)
            )
            self._bound |= bound
            return bound

        # Decisions are written in the same thread, so none comes in between.
        return await self._store.in_thread(bind)

    async def release(self, group_ids: Iterable[str]) -> None:
        """Let these groups be decided again."""
        await self._store.in_thread(self._bound.difference_update, tuple(group_ids))

    def decided(self) -> tuple[Decision, ...]:
        """Decisions that stand and were not carried out yet, in the order of the list."""
        return tuple(
            self._decisions[row.group_id]
            for row in self.rows
            if row.group_id in self._decisions and not row.done
        )

    # -- finding

    def summary(self) -> Summary:
        """Count the session."""
        return Summary.of(self.rows, len(self.unreadable))

    async def find(self, wanted: Filter = EVERYTHING, order: Order = SERVER) -> list[Row]:
        """The rows that pass a filter, in an order. Cancelling stops the work soon.

        What another window has fetched since is taken in before. Raises `StoreUnavailable` while a fetch of
        this one is not.
        """
        stop = threading.Event()
        try:
            return await self._store.in_thread(self._find, wanted, order, stop.is_set)
        finally:
            stop.set()

    @property
    def _overtaken(self) -> bool:
        """Whether a fetch was published that the rows are not of yet; in the store's thread only."""
        return self._store.fetched.generation != self._generation

    def _find(self, wanted: Filter, order: Order, stopped: Callable[[], bool]) -> list[Row]:
        if self._overtaken and self.read_only:
            # The other window has fetched, and nobody here takes that in.
            self._read()
        if self._overtaken and (wanted.member_tests() or order.sorting is Sorting.DATE):
            raise StoreUnavailable("The groups were just fetched again. Search once more in a moment.")
        found: Sequence[Row] = self.rows
        if order.sorting is Sorting.DATE and not stopped():
            if not self._by_date:
                self._by_date = array("I", self._store.fetched.by_date())
            found = [self.rows[position] for position in self._by_date]
        for test, negated in wanted.member_tests():
            if stopped():
                return []
            places = self._store.fetched.with_member(test.condition, test.arguments)
            found = [row for row in found if (row.position in places) is not negated]
        passes = wanted.row_test()
        kept: list[Row] = []
        for start in range(0, len(found), SLICE):
            if stopped():
                return []
            kept += filter(passes, found[start : start + SLICE])
        return arranged(kept, order)

    def ready(self) -> tuple[Row, ...]:
        """Undecided groups that may be accepted in bulk: without a block, or a flag or word of a person."""
        return tuple(row for row in self.rows if row.ready)

    async def finish(self, group_id: str, outcome: str, run: str) -> None:
        """Record that a run has dealt with a group."""
        await self.finish_all({group_id: outcome}, run)

    async def finish_all(self, outcomes: Mapping[str, str], run: str) -> None:
        """Record that a run has dealt with groups, by their ids, all at once."""
        await self._store.in_thread(self._store.outcomes.finish, outcomes, run)
        self._bound -= outcomes.keys()
        for group_id, outcome in outcomes.items():
            if group_id in self._rows:
                self._set_done(self._rows[group_id], outcome)

    def _set_done(self, row: Row, outcome: str) -> None:
        self.tally.add(row, -1)
        row.done = outcome
        self.tally.add(row)

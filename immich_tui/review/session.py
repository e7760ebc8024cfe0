"""The review session: rows of the list, a closer look at one group, and every decision about it.

What is decided is in the database before the call returns. Reads and writes happen in the
store's thread, so that the screen never waits for a disk.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from immich_tui.immich.models import Group
from immich_tui.review.analyze import digest, in_short
from immich_tui.review.decisions import (
    DecidedBy,
    Decision,
    DecisionKind,
    Refused,
    keep_everything,
    keep_only,
    kind_of,
    saving,
    toggle,
)
from immich_tui.review.store import Change, Store, StoredGroup
from immich_tui.verdict.explain import explain
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import (
    Choice,
    Context,
    Explanation,
    Ledger,
    Severity,
    Surroundings,
    Tier,
    Verdict,
)
from immich_tui.verdict.policy import Policy


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about one group: what the server says, what we think, what was decided."""

    group: Group
    verdict: Verdict
    decision: Decision | None
    choice: Choice
    explanation: Explanation
    ledger: Ledger
    surroundings: Surroundings


class Session:
    """A person's review of one server's duplicate groups.

    Open it with `Session.open`.
    """

    def __init__(self, store: Store, policy: Policy, context: Context) -> None:
        self._store = store
        self.policy = policy
        self.context = context
        self.rows: list[Row] = []
        self.unreadable: list[Unreadable] = []
        self._rows: dict[str, Row] = {}
        self._stored: dict[str, StoredGroup] = {}
        self._decisions: dict[str, Decision] = {}
        self._albums_known = False

    @classmethod
    async def open(cls, store: Store, policy: Policy, context: Context) -> Session:
        """Read the last complete fetch and its decisions from the database."""
        session = cls(store, policy, context)
        await session.reload()
        return session

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
        stored = self._store.groups()
        decisions = self._store.decisions()
        notes = self._store.notes()
        finished = self._store.finished()
        self._albums_known = self._store.albums_known()
        self.unreadable = [Unreadable(group, reason) for group, reason in self._store.unreadable()]
        self._stored = {group.group_id: group for group in stored}
        self._decisions = {
            group_id: decision
            for group_id, decision in decisions.items()
            if group_id in self._stored and self._stored[group_id].digest == decision.digest
        }
        self.rows = [self._row(group, notes.get(group.group_id), finished) for group in stored]
        self._rows = {row.group_id: row for row in self.rows}

    def _row(self, group: StoredGroup, note: str | None, finished: Mapping[str, str]) -> Row:
        row = Row(
            group_id=group.group_id,
            title=group.title,
            members=group.members,
            tier=group.tier,
            differs=group.winner != group.immich_pick,
            saving=group.saving,
            flags=group.flags,
            worst=group.worst,
            flagged=note is not None,
            note=note or "",
            done=finished.get(group.group_id, ""),
        )
        self._show_decision(row)
        return row

    def _show_decision(self, row: Row) -> None:
        decision = self._decisions.get(row.group_id)
        stored = self._stored[row.group_id]
        row.decision = decision.kind if decision else None
        row.decided_by = decision.decided_by if decision else None
        row.saving = decision.freed if decision else stored.saving
        row.overridden = bool(
            decision
            and decision.choice
            and (decision.choice.winner != stored.winner or decision.freed != stored.saving)
        )
        row.title = stored.title
        if decision and decision.choice and decision.choice.winner != stored.winner:
            # The row names the photo that stays, whoever chose it.
            kept = self._store.group(row.group_id).asset(decision.choice.winner)
            row.title = kept.original_file_name

    def row(self, group_id: str) -> Row:
        """The group's row; raises `KeyError` for an unknown group."""
        return self._rows[group_id]

    def decision(self, group_id: str) -> Decision | None:
        """The decision that stands for a group."""
        return self._decisions.get(group_id)

    def decided(self) -> tuple[Decision, ...]:
        """Decisions that stand and were not carried out yet, in the order of the list."""
        return tuple(
            self._decisions[row.group_id]
            for row in self.rows
            if row.group_id in self._decisions and not row.done
        )

    # -- looking

    async def look(self, group_id: str) -> Look:
        """Read, judge and explain one group; raises `KeyError` for an unknown one."""
        return await self._store.in_thread(self._look, group_id)

    async def judged(self, group_ids: Iterable[str]) -> list[tuple[Group, Verdict]]:
        """Read and judge several groups at once; raises `KeyError` for an unknown one."""

        def read() -> list[tuple[Group, Verdict]]:
            groups = [self._store.group(group_id) for group_id in group_ids]
            return [(group, judge(group, self.policy, self.context)) for group in groups]

        return await self._store.in_thread(read)

    def _look(self, group_id: str) -> Look:
        group = self._store.group(group_id)
        surroundings = self.surroundings(group)
        verdict = judge(group, self.policy, self.context)
        decision = self._decisions.get(group_id)
        choice = (decision.choice if decision else None) or proposal(group, verdict, self.policy)
        return Look(
            group,
            verdict,
            decision,
            choice,
            explain(group, verdict, self.policy, self.context, surroundings),
            ledger(group, choice, self.context, surroundings),
            surroundings,
        )

    def surroundings(self, group: Group) -> Surroundings:
        """What was read besides the listing about a group; in the store's thread only."""
        albums = self._store.albums_of([asset.id for asset in group.assets]) if self._albums_known else None
        return Surroundings(albums=albums)

    def summary(self) -> Summary:
        """Count the session."""
        return Summary(
            groups=len(self.rows),
            assets=sum(row.members for row in self.rows),
            unreadable=len(self.unreadable),
            differs=sum(row.differs for row in self.rows),
            saving=sum(row.saving for row in self.rows),
            decided=sum(row.decided for row in self.rows),
            tiers=Counter(row.tier for row in self.rows),
            flags=Counter(flag for row in self.rows for flag in row.flags),
        )

    # -- deciding

    async def accept(self, group_id: str) -> None:
        """Decide for what is proposed, or confirm what was chosen."""
        await self._decide_one(group_id, lambda group, choice: choice)

    async def choose_winner(self, group_id: str, asset_id: str) -> None:
        """Keep this member and trash the others."""
        await self._decide_one(group_id, lambda group, choice: keep_only(group, asset_id))

    async def toggle(self, group_id: str, asset_id: str) -> str | None:
        """Turn one member from keep to trash or back; return a sentence when that is refused."""
        try:
            await self._decide_one(group_id, lambda group, choice: toggle(group, choice, asset_id))
        except Refused as refusal:
            return str(refusal)
        return None

    async def keep_all(self, group_id: str) -> None:
        """Keep every member: the group is dismissed as not duplicates."""
        await self._decide_one(group_id, lambda group, choice: keep_everything(group, choice.winner))

    async def stack(self, group_id: str) -> None:
        """Keep every member, stacked with the winner on top."""
        await self._decide_one(
            group_id, lambda group, choice: keep_everything(group, choice.winner, stack=True)
        )

    async def skip(self, group_id: str) -> None:
        """Leave the group as it is and do not ask again in this session."""
        await self._decide_one(group_id, lambda group, choice: None)

    async def flag(self, group_id: str, note: str) -> None:
        """Put a flag with a note on a group."""
        await self._annotate(group_id, note)

    async def unflag(self, group_id: str) -> None:
        """Take the person's flag away."""
        await self._annotate(group_id, None)

    async def _annotate(self, group_id: str, note: str | None) -> None:
        await self._store.in_thread(self._store.annotate, group_id, note)
        row = self._rows[group_id]
        row.flagged, row.note = note is not None, note or ""

    async def clear(self, group_id: str) -> None:
        """Make the group undecided again."""
        await self._store.in_thread(self._record, [(group_id, None)])

    def ready(self) -> tuple[Row, ...]:
        """Undecided groups that may be accepted in bulk: nothing blocks them and nobody flagged them."""
        return tuple(
            row
            for row in self.rows
            if not row.decided and not row.done and not row.flagged and row.tier is not Tier.DOUBTFUL
        )

    async def accept_all(self, group_ids: Iterable[str]) -> int:
        """Accept what is proposed for these undecided groups, as one step of undo; return how many."""
        return await self._store.in_thread(self._accept_all, tuple(group_ids))

    def _accept_all(self, group_ids: tuple[str, ...]) -> int:
        steps: list[tuple[str, Decision | None]] = []
        for group_id in group_ids:
            if group_id in self._decisions:
                continue
            group = self._store.group(group_id)
            steps.append((group_id, self._decision(group, self._proposal(group), DecidedBy.POLICY)))
        self._record(steps)
        return len(steps)

    async def adopt(self, decisions: Mapping[str, Decision | None]) -> int:
        """Take decisions that were made elsewhere (`None`: undecided) as one step of undo; return how many.

        Groups that were carried out, are not there, or stand like this already are passed over, and so are
        decisions made about another state of a group.
        """

        def record() -> int:
            steps = [
                (group_id, decision)
                for group_id, decision in decisions.items()
                if (row := self._rows.get(group_id)) is not None
                and not row.done
                and decision != self._decisions.get(group_id)
                and (decision is None or decision.digest == self._stored[group_id].digest)
            ]
            self._record(steps)
            return len(steps)

        return await self._store.in_thread(record)

    async def _decide_one(self, group_id: str, choose: Callable[[Group, Choice], Choice | None]) -> None:
        await self._store.in_thread(self._decide, group_id, choose)

    def _decide(self, group_id: str, choose: Callable[[Group, Choice], Choice | None]) -> None:
        if self._rows[group_id].done:
            raise Refused("This group was carried out already. Undo the run to decide again.")
        group = self._store.group(group_id)
        present = self._decisions.get(group_id)
        choice = (present.choice if present else None) or self._proposal(group)
        self._record([(group_id, self._decision(group, choose(group, choice), DecidedBy.PERSON))])

    def _proposal(self, group: Group) -> Choice:
        return proposal(group, judge(group, self.policy, self.context), self.policy)

    def _decision(self, group: Group, choice: Choice | None, by: DecidedBy) -> Decision:
        kind = kind_of(choice) if choice else DecisionKind.SKIP
        return Decision(group.id, kind, choice, by, datetime.now(UTC), digest(group), saving(group, choice))

    def _record(self, steps: Iterable[tuple[str, Decision | None]]) -> None:
        changes = [Change(group_id, self._decisions.get(group_id), after) for group_id, after in steps]
        if changes:
            self._store.decide(changes)
        for change in changes:
            self._apply(change.group_id, change.after)

    def _apply(self, group_id: str, decision: Decision | None) -> None:
        stored = self._stored.get(group_id)
        if stored is None:
            return
        if decision is None or decision.digest != stored.digest:
            self._decisions.pop(group_id, None)
        else:
            self._decisions[group_id] = decision
        self._show_decision(self._rows[group_id])

    async def undo(self) -> str | None:
        """Take back the last step; return its (first) group, `None` when there is none."""
        return await self._store.in_thread(self._travel, self._store.undo, True)

    async def redo(self) -> str | None:
        """Do again what was undone last; return its (first) group, `None` when there is none."""
        return await self._store.in_thread(self._travel, self._store.redo, False)

    def _travel(self, move: Callable[[], list[Change]], back: bool) -> str | None:
        changes = move()
        for change in changes:
            self._apply(change.group_id, change.before if back else change.after)
        return changes[0].group_id if changes else None

    async def finish(self, group_id: str, outcome: str, run: str) -> None:
        """Record that a run has dealt with a group."""
        await self._store.in_thread(self._store.finish_group, group_id, outcome, run)
        if group_id in self._rows:
            self._rows[group_id].done = outcome

    async def reopen(self, group_id: str) -> None:
        """Let a group that a run had dealt with be decided again; its decision is taken back with it.

        Otherwise the next run would do again what was just undone.
        """
        await self._store.in_thread(self._store.reopen_group, group_id)
        if group_id in self._rows:
            self._rows[group_id].done = ""
            if group_id in self._decisions:
                await self.clear(group_id)

    async def apply_policy(self, policy: Policy) -> None:
        """Judge every group by another policy; decisions stay as they are."""
        await self._store.in_thread(self._rejudge, policy)
        self.policy = policy

    def _rejudge(self, policy: Policy) -> None:
        fresh = []
        for stored in self._stored.values():
            group = self._store.group(stored.group_id)
            verdict = judge(group, policy, self.context)
            fresh.append(replace(in_short(stored.position, group, verdict, policy), digest=stored.digest))
        if not self.read_only:
            self._store.rejudge(fresh)
            self._store.remember({"policy": policy.name, "rules": policy.rules})
        self._read()

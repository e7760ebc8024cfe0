"""The review session: rows of the list, a closer look at one group, and every decision about it.

What is decided is in the database before the call returns. Reads and writes happen in the
store's thread, so that the screen never waits for a disk.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import thread_time

from immich_tui.immich.models import Group
from immich_tui.review.bulk import Deed, Effect, Reach
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
from immich_tui.review.grafting import Switched, switched_graft
from immich_tui.review.habits import Habit, overridden_by
from immich_tui.review.history import AnyChange, Change, NoteChange, PolicyChange
from immich_tui.review.outline import digest, outlined
from immich_tui.review.outlooks import Outlooks
from immich_tui.review.register import SLICE, Register
from immich_tui.review.rows import Row, Summary, Unreadable
from immich_tui.review.stored import StoredGroup
from immich_tui.verdict.hearing import Hearing
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.model import (
    NOT_READ,
    Choice,
    Explanation,
    Ledger,
    Override,
    Surroundings,
    Verdict,
)
from immich_tui.verdict.policy import Policy

__all__ = ["Look", "Row", "Session", "Step", "Summary", "Unreadable", "Weighed"]

CHUNK = 32
"""Groups that are read and judged at a stretch: about 10 ms, so that a key in between need not wait."""

STRETCH_S = 0.012
"""The CPU time that a stretch should take, where its size follows the time."""

LARGEST = 2048
"""Groups in one stretch at most."""


CARRIED_OUT = "This group was carried out already. Undo the run to decide again."

BOUND = (
    "This group is being carried out: photos of it are in the trash or on their way there. When the run has"
    " ended, undo it in History to decide again."
)


def nothing(_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the undo history that was taken back or done again: the groups it was about.

    `kinds` are the decisions that the step had made (`None`: to be undecided again), a group each. `flags` is
    how many flags of the person it had put, changed or taken away.
    """

    group_ids: tuple[str, ...]
    kinds: tuple[DecisionKind | None, ...] = ()
    flags: int = 0

    @property
    def group_id(self) -> str:
        """The first of the groups."""
        return self.group_ids[0]


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch of policy that is to be taken back (`back`) or done again; nothing has happened yet.

    `weigh` the policy of this name and `apply` it with the switch, or `pass_over` it.
    """

    policy: str
    back: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """What another policy would do: its effect in numbers, and the verdicts that would change."""

    policy: Policy
    effect: Effect
    changes: Sequence[StoredGroup]


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
    override: Override | None = None


class Session(Register):
    """A person's review of one server's duplicate groups.

    Open it with `Session.open`.
    """

    # -- looking

    async def look(self, group_id: str) -> Look:
        """Read, judge and explain one group; raises `KeyError` for an unknown one."""
        return await self._store.in_thread(self._look, group_id)

    def earlier(self, group_id: str) -> Decision | None:
        """The decision that was made before the group changed, if it has not been decided anew."""
        return self._stale.get(group_id)

    async def judged(self, group_ids: Iterable[str]) -> list[tuple[Group, Verdict]]:
        """Read and judge several groups at once; raises `KeyError` for an unknown one."""

        def read() -> list[tuple[Group, Verdict]]:
            groups = [self._store.fetched.group(group_id) for group_id in group_ids]
            return [
                (group, judge(group, self.policy, self.context, self.surroundings(group))) for group in groups
            ]

        return await self._store.in_thread(read)

    def _look(self, group_id: str) -> Look:
        group = self._store.fetched.group(group_id)
        surroundings = self.surroundings(group)
        decision = self._decisions.get(group_id)
        context = self.context.of(decision.choice) if decision and decision.choice else self.context
        hearing = Hearing(group, self.policy, context, surroundings)
        choice = (decision.choice if decision else None) or self._unless_returned(group, hearing.proposal)
        return Look(
            group,
            hearing.verdict,
            decision,
            choice,
            hearing.explanation,
            hearing.ledger(choice),
            surroundings,
            hearing.override(choice),
        )

    def surroundings(self, group: Group) -> Surroundings:
        """What was read besides the listing about a group; in the store's thread only."""
        albums = (
            self._store.fetched.albums_of([asset.id for asset in group.assets])
            if self._albums_known
            else None
        )
        return Surroundings(albums=albums)

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

    async def switch_graft(self, group_id: str) -> Switched:
        """Graft to the winner of this group, or do not, whatever is set for all.

        Raises `Refused` where there is nothing to graft or it cannot be done.
        """

        def switch() -> Switched:
            present = self._decisions.get(group_id)
            group = self._store.fetched.group(group_id)
            choice = (present.choice if present else None) or self._proposal(group)
            switched = switched_graft(group, choice, self.context)
            self._decide(group_id, lambda _, __: switched.choice)
            return switched

        return await self._store.in_thread(switch)

    async def skip(self, group_id: str) -> None:
        """Leave the group as it is and do not ask again in this session."""
        await self._decide_one(group_id, lambda group, choice: None)

    async def flag(self, group_id: str, note: str) -> None:
        """Put a flag with a note (which may be empty) on a group, as one step of undo."""
        await self.flag_all([self._rows[group_id]], note)

    async def unflag(self, group_id: str) -> None:
        """Take the person's flag away, as one step of undo."""
        await self.flag_all([self._rows[group_id]], None)

    async def clear(self, group_id: str) -> None:
        """Make the group undecided again. Raises `Refused` where it is carried out."""
        await self._store.in_thread(self._clear, group_id)

    def _clear(self, group_id: str) -> None:
        self._refuse_carried_out([group_id])
        self._record([(group_id, None)])

    def _refuse_carried_out(self, group_ids: Iterable[str]) -> None:
        """Raise `Refused` where one of the groups was carried out, or is past the point of return."""
        for group_id in group_ids:
            if group_id in self._rows and self._rows[group_id].done:
                raise Refused(CARRIED_OUT)
            if group_id in self._bound:
                raise Refused(BOUND)

    async def accept_all(self, group_ids: Iterable[str]) -> int:
        """Accept what is proposed for these undecided groups, as one step of undo; return how many."""
        return await self.carry_out(Deed.accept(), [self._rows[group_id] for group_id in group_ids])

    async def adopt(
        self, decisions: Mapping[str, Decision | None], notes: Mapping[str, str | None] | None = None
    ) -> int:
        """Take decisions that were made elsewhere (`None`: undecided) as one step of undo; return how many.

        Groups that were carried out, are not there, or stand like this already are passed over, and so are
        decisions made about another state of a group. `notes` (`None`: no flag) come along in the same step.
        """

        def record() -> int:
            steps = [
                (group_id, decision)
                for group_id, decision in decisions.items()
                if (row := self._rows.get(group_id)) is not None
                and not row.done
                and group_id not in self._bound
                and decision != self._decisions.get(group_id)
                and (decision is None or decision.digest == self._stored[group_id].digest)
            ]
            self._record(steps, self._note_changes((notes or {}).items()))
            return len(steps)

        return await self._store.in_thread(record)

    async def _decide_one(self, group_id: str, choose: Callable[[Group, Choice], Choice | None]) -> None:
        await self._store.in_thread(self._decide, group_id, choose)

    def _decide(self, group_id: str, choose: Callable[[Group, Choice], Choice | None]) -> None:
        self._refuse_carried_out([group_id])
        group = self._store.fetched.group(group_id)
        present = self._decisions.get(group_id)
        choice = (present.choice if present else None) or self._proposal(group)
        chosen = choose(group, choice)
        if chosen is not None and chosen.graft is None and choice.graft is not None:
            chosen = replace(chosen, graft=choice.graft)
        self._record([(group_id, self._decision(group, chosen, DecidedBy.PERSON))])

    def _proposal(self, group: Group) -> Choice:
        verdict = judge(group, self.policy, self.context, self._reading_for(self.policy, group))
        return self._unless_returned(group, proposal(group, verdict, self.policy))

    def _unless_returned(self, group: Group, choice: Choice) -> Choice:
        """What is proposed: to dismiss the group again if it was dismissed before, else the given choice."""
        return keep_everything(group, choice.winner) if group.id in self._returned else choice

    def _decision(self, group: Group, choice: Choice | None, by: DecidedBy) -> Decision:
        kind = kind_of(choice) if choice else DecisionKind.SKIP
        return Decision(group.id, kind, choice, by, datetime.now(UTC), digest(group), saving(group, choice))

    def _record(self, steps: Iterable[tuple[str, Decision | None]], notes: Iterable[NoteChange] = ()) -> None:
        changes: list[AnyChange] = [
            Change(group_id, self._decisions.get(group_id) or self._stale.get(group_id), after)
            for group_id, after in steps
        ]
        changes += notes
        if changes:
            self._store.decided.write(changes)
        self._take_over(changes)

    def _take_over(self, changes: Iterable[AnyChange]) -> None:
        """Show in the rows what is in the database."""
        for change in changes:
            if isinstance(change, Change):
                self._apply(change.group_id, change.after)
            elif isinstance(change, NoteChange) and (row := self._rows.get(change.group_id)) is not None:
                row.flagged, row.note = change.after is not None, change.after or ""

    def _note_changes(self, notes: Iterable[tuple[str, str | None]]) -> list[NoteChange]:
        """What these notes change; of groups that are not there nothing."""
        found = []
        for group_id, note in notes:
            row = self._rows.get(group_id)
            if row is not None and note != (before := row.note if row.flagged else None):
                found.append(NoteChange(group_id, before, note))
        return found

    def _apply(self, group_id: str, decision: Decision | None) -> None:
        stored = self._stored.get(group_id)
        if stored is None:
            return
        self._decisions.pop(group_id, None)
        self._stale.pop(group_id, None)
        if decision is not None:
            # One from before the group changed is kept, but does not stand.
            kept = self._decisions if decision.digest == stored.digest else self._stale
            kept[group_id] = decision
        self._show_decision(self._rows[group_id])

    async def undo(self) -> Step | Switch | None:
        """Take back the last step; `None` when there is none. A switch of policy is left to the caller."""
        return await self._store.in_thread(self._travel, self._store.decided.undo, True)

    async def redo(self) -> Step | Switch | None:
        """Do again what was undone last; `None` when there is none. A switch is left to the caller."""
        return await self._store.in_thread(self._travel, self._store.decided.redo, False)

    async def pass_over(self, switch: Switch) -> None:
        """Go past a switch of policy in the history without switching."""
        await self._store.in_thread(self._store.decided.undo if switch.back else self._store.decided.redo)

    def _travel(self, move: Callable[[], list[AnyChange]], back: bool) -> Step | Switch | None:
        ahead = self._store.decided.switch_ahead(back=back)
        if ahead is not None:
            return Switch(ahead.after, back)
        changes = move()
        decided = [change for change in changes if isinstance(change, Change)]
        try:
            self._refuse_carried_out(change.group_id for change in decided)
        except Refused:
            # Take the step itself back: a step is taken as a whole or not at all.
            (self._store.decided.redo if back else self._store.decided.undo)()
            raise
        self._take_over(changes)
        if not changes:
            return None
        made = [change.before if back else change.after for change in decided]
        return Step(
            tuple(dict.fromkeys(one.group_id for one in changes if not isinstance(one, PolicyChange))),
            tuple(decision.kind if decision is not None else None for decision in made),
            len(changes) - len(decided),
        )

    async def reopen(self, group_id: str) -> None:
        """Let a group that a run had dealt with be decided again; its decision is taken back with it.

        Otherwise the next run would do again what was just undone.
        """
        await self._store.in_thread(self._store.outcomes.reopen, group_id)
        await self.release([group_id])
        if group_id in self._rows:
            self._set_done(self._rows[group_id], "")
            if group_id in self._decisions:
                await self.clear(group_id)

    # -- many groups

    async def weigh(self, policy: Policy, tell: Callable[[Effect], None] = nothing) -> Weighed:
        """What another policy would change; decisions stay as they are.

        `tell` is called again and again while it is worked out, with numbers that grow. Keys that decide
        something are served in between, and cancelling stops the work.
        """
        effect = Effect(total=len(self.rows))
        changes: list[StoredGroup] = []
        made = await self._store.in_thread(lambda: self._store.meta().get("gists", ""))
        outlooks = Outlooks(policy, self.context, made)
        start, size = 0, CHUNK
        while start < len(self.rows):
            part = self.rows[start : start + size]
            start += len(part)
            fresh, took = await self._store.in_thread(self._judge_anew, part, policy, outlooks)
            # Where most verdicts were kept, more groups fit into the time that a key may wait.
            size = max(8, min(LARGEST, round(size * STRETCH_S / max(took, 1e-4))))
            for row, group in zip(part, fresh, strict=True):
                present = self._stored[group.group_id]
                if group != present:
                    changes.append(group)
                effect.count(row, present, group)
            tell(effect)
        return Weighed(policy, effect, changes)

    def _judge_anew(
        self, rows: Sequence[Row], policy: Policy, outlooks: Outlooks
    ) -> tuple[list[StoredGroup], float]:
        """Like `_judge_again`, but where a verdict was kept, it is taken; with the seconds of CPU time."""
        began = thread_time()
        if not outlooks.possible:
            return self._judge_again(rows, policy), thread_time() - began
        known = self._store.fetched.gists(rows[0].position, rows[-1].position + 1)
        kept = [outlooks.verdict(known.get(row.position, b""), self._stored[row.group_id]) for row in rows]
        other = [row for row, group in zip(rows, kept, strict=True) if group is None]
        fresh = iter(self._judge_again(other, policy))
        return [next(fresh) if group is None else group for group in kept], thread_time() - began

    def _judge_again(self, rows: Sequence[Row], policy: Policy) -> list[StoredGroup]:
        fresh = []
        for row, group in zip(rows, self._store.fetched.at(row.position for row in rows), strict=True):
            stored = self._stored[row.group_id]
            verdict = judge(group, policy, self.context, self._reading_for(policy, group))
            fresh.append(outlined(stored.position, group, verdict, policy, stored.digest))
        return fresh

    def _reading_for(self, policy: Policy, group: Group) -> Surroundings:
        return self.surroundings(group) if policy.costly else NOT_READ

    async def apply(self, weighed: Weighed, switch: Switch | None = None) -> None:
        """Judge every group by the policy that was weighed; decisions stay as they are.

        It is a step of the undo history, unless it takes back or does again the step that `switch` says.
        """
        await self._store.in_thread(self._apply_policy, weighed, switch)

    def _apply_policy(self, weighed: Weighed, switch: Switch | None) -> None:
        policy = weighed.policy
        if not self.read_only:
            self._store.fetched.rejudge(weighed.changes)
            self._store.decided.switch(
                PolicyChange(self.policy.name, policy.name),
                {"policy": policy.name, "rules": self.rules(policy)},
                switch.back if switch else None,
            )
        self.policy = policy
        for group in weighed.changes:
            self._stored[group.group_id] = group
            self._show_verdict(self._rows[group.group_id], group)
        # They live as long as the session; the collector would walk them in every long piece of work.
        gc.freeze()

    def rules(self, policy: Policy) -> str:
        """By what a verdict comes about, as text: it is another when any setting behind it is another."""
        return (
            f"{policy.rules} graft" if self.context.graft and self.context.abilities.graft else policy.rules
        )

    async def apply_policy(self, policy: Policy) -> None:
        """Judge every group by another policy; decisions stay as they are."""
        await self.apply(await self.weigh(policy))

    async def take_in_fetch(self) -> None:
        """Read the rows again after a fetch; where the policy asks for albums, judge again with them."""
        await self.reload()
        if "albums" in self.policy.costly:
            await self.apply_policy(self.policy)

    async def weigh_deed(
        self,
        deed: Deed,
        rows: Sequence[Row],
        *,
        redecide: bool = False,
        tell: Callable[[Reach], None] = nothing,
    ) -> Reach:
        """What a deed on these groups would do. `redecide` reaches those that a person decided as well."""
        reach = Reach(total=len(rows))
        for start in range(0, len(rows), CHUNK if deed.policy else SLICE):
            part = rows[start : start + (CHUNK if deed.policy else SLICE)]
            reached = [row for row in part if deed.reaches(row, redecide=redecide)]
            reach.leave(part, reached)
            if deed.policy:
                for group in await self._store.in_thread(self._judge_again, reached, deed.policy):
                    reach.add(group.members, group.saving, group.winner != group.immich_pick)
            else:
                for row in reached:
                    stored = self._stored[row.group_id]
                    reach.add(row.members, deed.frees(stored.saving), stored.winner != stored.immich_pick)
                await asyncio.sleep(0)
            tell(reach)
        return reach

    async def carry_out(
        self,
        deed: Deed,
        rows: Sequence[Row],
        *,
        redecide: bool = False,
        tell: Callable[[Reach], None] = nothing,
    ) -> int:
        """Do the same to many groups as one step of undo; return to how many."""
        reach = Reach(total=len(rows))
        steps: list[tuple[str, Decision | None]] = []
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            reached = [row for row in part if deed.reaches(row, redecide=redecide)]
            steps += await self._store.in_thread(self._steps, deed, reached)
            reach.leave(part, reached)
            reach.groups += len(reached)
            tell(reach)
        # Somebody may have decided one of them by hand in the meantime: that stands.
        return await self._store.in_thread(self._record_still_reached, deed, steps, redecide)

    def _steps(self, deed: Deed, rows: Sequence[Row]) -> list[tuple[str, Decision | None]]:
        steps: list[tuple[str, Decision | None]] = []
        for row in rows:
            if deed.clears:
                steps.append((row.group_id, None))
                continue
            group = self._store.fetched.group(row.group_id)
            policy = deed.policy or self.policy
            verdict = judge(group, policy, self.context, self._reading_for(policy, group))
            choice = deed.choose(group, self._unless_returned(group, proposal(group, verdict, policy)))
            steps.append((row.group_id, self._decision(group, choice, deed.decided_by)))
        return steps

    def _record_still_reached(
        self, deed: Deed, steps: Sequence[tuple[str, Decision | None]], redecide: bool
    ) -> int:
        standing = [
            step
            for step in steps
            if step[0] not in self._bound and deed.reaches(self._rows[step[0]], redecide=redecide)
        ]
        self._record(standing)
        return len(standing)

    async def flag_all(self, rows: Sequence[Row], note: str | None) -> int:
        """Put a flag with this note on groups, or take their flags away with `None`, as one step of undo.

        Return how many that changed.
        """

        def record() -> int:
            changes = self._note_changes((row.group_id, note) for row in rows)
            self._record((), changes)
            return len(changes)

        return await self._store.in_thread(record)

    async def habits(self) -> tuple[Habit, ...]:
        """Patterns in what the person decided otherwise than proposed, the strongest first."""
        return await self._store.in_thread(self._find_habits)

    def _find_habits(self) -> tuple[Habit, ...]:
        for row in self.rows:
            decision = self._decisions.get(row.group_id)
            if not row.overridden or decision is None or decision.choice is None:
                self._habits.forget(row.group_id)
            elif not self._habits.knows(row.group_id, decision.choice):
                group = self._store.fetched.group(row.group_id)
                proposed = self._stored[row.group_id].winner
                agrees = overridden_by(group, decision.choice, proposed, self.policy, self.context)
                self._habits.learn(row.group_id, decision.choice, agrees)
        return self._habits.found(self.policy)

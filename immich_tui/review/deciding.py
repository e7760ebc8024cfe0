"""Deciding about groups, and taking decisions back or making them again.

What is decided is in the database before the call returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from immich_tui.immich.models import Group
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
from immich_tui.review.history import AnyChange, Change, NoteChange, PolicyChange
from immich_tui.review.outline import digest
from immich_tui.review.register import Register
from immich_tui.review.rows import Row
from immich_tui.review.store import NotListed
from immich_tui.verdict.judge import proposal
from immich_tui.verdict.model import Choice, Verdict

CARRIED_OUT = "This group was carried out already. Undo its run in History to decide again."

SHOWN_OTHERWISE = (
    "The groups were fetched again, and this one is not as it was shown any more. Look at it once more."
)

BOUND = (
    "This group is being carried out: photos of it are in the trash or on their way there. When the run has"
    " ended, undo it in History to decide again."
)


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


class Deciding(Register):
    """The register, and what a person decides about its groups: every decision is a step of the history.

    Deciding about a group that is not listed any more raises `NotListed`. A fetch may end while a group is on
    the screen: a decision is only taken about the state of it that the rows are of, else it is `Refused`.
    """

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
        shown = self._shown(group_id)

        def switch() -> Switched:
            present = self._decisions.get(group_id)
            group = self._group(group_id)
            choice = (present.choice if present else None) or self._proposal(group)
            switched = switched_graft(group, choice, self.context)
            self._decide(group_id, shown, lambda _, __: switched.choice)
            return switched

        return await self._store.in_thread(switch)

    async def skip(self, group_id: str) -> None:
        """Leave the group as it is and do not ask again in this session."""
        await self._decide_one(group_id, lambda group, choice: None)

    async def flag(self, group_id: str, note: str) -> None:
        """Put a flag with a note (which may be empty) on a group, as one step of undo."""
        await self._flag([group_id], note)

    async def unflag(self, group_id: str) -> None:
        """Take the person's flag away, as one step of undo."""
        await self._flag([group_id], None)

    async def flag_all(self, rows: Sequence[Row], note: str | None) -> int:
        """Put a flag with this note on groups, or take their flags away with `None`, as one step of undo.

        Return how many that changed.
        """
        return await self._flag([row.group_id for row in rows], note)

    async def _flag(self, group_ids: Sequence[str], note: str | None) -> int:
        def record() -> int:
            if len(group_ids) == 1 and group_ids[0] not in self._rows:
                raise NotListed
            changes = self._note_changes((group_id, note) for group_id in group_ids)
            self._record((), changes)
            return len(changes)

        return await self._store.in_thread(record)

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
        await self._store.in_thread(self._decide, group_id, self._shown(group_id), choose)

    def _shown(self, group_id: str) -> str:
        """The state of a group that the rows are of, empty where there is none; not for the thread."""
        row = self._rows.get(group_id)
        return row.digest if row is not None else ""

    def _decide(self, group_id: str, shown: str, choose: Callable[[Group, Choice], Choice | None]) -> None:
        self._refuse_carried_out([group_id])
        group = self._group(group_id)
        if digest(group) != shown:
            raise Refused(SHOWN_OTHERWISE)
        present = self._decisions.get(group_id)
        choice = (present.choice if present else None) or self._proposal(group)
        chosen = choose(group, choice)
        if chosen is not None and chosen.graft is None and choice.graft is not None:
            chosen = replace(chosen, graft=choice.graft)
        self._record([(group_id, self._decision(group, chosen, DecidedBy.PERSON))])

    def proposed(self, group: Group, verdict: Verdict) -> Choice:
        """What is proposed for a group of which this is the verdict by the present policy."""
        return self._unless_returned(group, proposal(group, verdict, self.policy))

    def _proposal(self, group: Group) -> Choice:
        return self._unless_returned(group, self._judging.proposal(group, self.policy))

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

    # -- back and forth

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
        # A step is taken as a whole or not at all.
        with self._store.together():
            changes = move()
            decided = [change for change in changes if isinstance(change, Change)]
            self._refuse_carried_out(change.group_id for change in decided)
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

        Otherwise the next run would do again what was just undone; so it is with a group that is not listed
        now, because a fetch came in between, and will be again with the next one.
        """
        await self._store.in_thread(self._reopen, group_id)

    def _reopen(self, group_id: str) -> None:
        row = self._rows.get(group_id)
        present = self._store.decided.decision(group_id) if row is None else self._decisions.get(group_id)
        changes = [Change(group_id, present, None)] if present is not None else []
        with self._store.together():
            self._store.outcomes.reopen(group_id)
            if changes:
                self._store.decided.write(changes)
        self._bound.discard(group_id)
        if row is not None:
            self._set_done(row, "")
        self._take_over(changes)

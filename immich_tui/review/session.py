"""The review session: a closer look at one group, another policy for all, and the same deed for many groups.

Reads and writes happen in the store's thread, so that the screen never waits for a disk.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from immich_tui.immich.models import Group
from immich_tui.review.bulk import Deed, Effect, Reach
from immich_tui.review.deciding import Deciding, Step, Switch
from immich_tui.review.decisions import Decision
from immich_tui.review.habits import Habit, overridden_by
from immich_tui.review.history import PolicyChange
from immich_tui.review.outlooks import Outlooks
from immich_tui.review.register import SLICE
from immich_tui.review.rows import Row, Summary, Unreadable
from immich_tui.review.stored import StoredGroup
from immich_tui.verdict.hearing import Hearing
from immich_tui.verdict.judge import judge
from immich_tui.verdict.model import (
    Choice,
    Explanation,
    Ledger,
    Override,
    Surroundings,
    Verdict,
)
from immich_tui.verdict.policy import Policy

__all__ = ["Look", "Row", "Session", "Step", "Summary", "Switch", "Unreadable", "Weighed"]

CHUNK = 32
"""Groups that are read and judged at a stretch: about 10 ms, so that a key in between need not wait."""

STRETCH_S = 0.012
"""The CPU time that a stretch should take, where its size follows the time."""

LARGEST = 2048
"""Groups in one stretch at most."""


def nothing(_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What another policy would do: its effect in numbers, and the verdicts that would change.

    `generation` is the number of the fetch whose groups were judged.
    """

    policy: Policy
    effect: Effect
    changes: Sequence[StoredGroup]
    generation: int


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


class Session(Deciding):
    """A person's review of one server's duplicate groups.

    Open it with `Session.open`.
    """

    # -- looking

    async def look(self, group_id: str) -> Look:
        """Read, judge and explain one group; raises `NotListed` for one that is not here (any more)."""
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
        group = self._group(group_id)
        surroundings = self.surroundings(group)
        decision = self._decisions.get(group_id)
        context = self.context.of(decision.choice) if decision and decision.choice else self.context
        hearing = Hearing(group, self.policy, context, surroundings)
        proposed = self._unless_returned(group, hearing.proposal)
        choice = (decision.choice if decision else None) or proposed
        return Look(
            group,
            hearing.verdict,
            decision,
            choice,
            hearing.explanation,
            hearing.ledger(choice),
            surroundings,
            hearing.override(choice, proposed),
        )

    def surroundings(self, group: Group) -> Surroundings:
        """What was read besides the listing about a group; in the store's thread only."""
        return self._judging.surroundings(group)

    # -- another policy

    async def weigh(self, policy: Policy, tell: Callable[[Effect], None] = nothing) -> Weighed:
        """What another policy would change; decisions stay as they are.

        `tell` is called again and again while it is worked out, with numbers that grow. Keys that decide
        something are served in between, and cancelling stops the work.
        """
        effect, generation = Effect(total=len(self.rows)), self._generation
        changes: list[StoredGroup] = []
        made = await self._store.in_thread(lambda: self._store.meta().get("gists", ""))
        outlooks = Outlooks(policy, self.context, made)
        behind: tuple[str, str] | None = ("", "")
        while outlooks.asks_files and behind is not None:
            behind = await self._store.in_thread(self._look_at_files, outlooks, behind)
        start, size = 0, CHUNK
        while start < len(self.rows):
            part = self.rows[start : start + size]
            start += len(part)
            stored = [self._stored[row.group_id] for row in part]
            fresh, took = await self._store.in_thread(self._anew, stored, policy, outlooks)
            # Where most verdicts were kept, more groups fit into the time that a key may wait.
            size = max(8, min(LARGEST, round(size * STRETCH_S / max(took, 1e-4))))
            for row, present, group in zip(part, stored, fresh, strict=True):
                if group != present:
                    changes.append(group)
                effect.count(row, present, group, dismissed=row.group_id in self._returned)
            tell(effect)
        return Weighed(policy, effect, changes, generation)

    def _look_at_files(self, outlooks: Outlooks, behind: tuple[str, str]) -> tuple[str, str] | None:
        return None if self._overtaken else self._judging.look_at_files(outlooks, behind)

    def _anew(
        self, stored: Sequence[StoredGroup], policy: Policy, outlooks: Outlooks
    ) -> tuple[Sequence[StoredGroup], float]:
        if self._overtaken:
            return stored, 0.0
        return self._judging.anew(stored, policy, outlooks)

    async def apply(self, weighed: Weighed, switch: Switch | None = None) -> None:
        """Judge every group by the policy that was weighed; decisions stay as they are.

        It is a step of the undo history, unless it takes back or does again the step that `switch` says.
        Where other groups were fetched since, these are judged instead.
        """
        while weighed.generation != self._generation:
            weighed = await self.weigh(weighed.policy)
        await self._store.in_thread(self._apply_policy, weighed, switch)

    def _apply_policy(self, weighed: Weighed, switch: Switch | None) -> None:
        policy = weighed.policy
        if not self.read_only:
            change, overtaken = PolicyChange(self.policy.name, policy.name), self._overtaken
            # Without rules in the file the new groups are judged again when they are taken in.
            rules = "" if overtaken else self.rules(policy)
            with self._store.together():
                self._store.fetched.rejudge([] if overtaken else weighed.changes)
                self._store.decided.switch(
                    change, {"policy": policy.name, "rules": rules}, switch.back if switch else None
                )
        self.policy = policy
        for group in weighed.changes:
            self._stored[group.group_id] = group
            self._show_verdict(self._rows[group.group_id], group)
        # They live as long as the session; the collector would walk them in every long piece of work.
        gc.freeze()

    def rules(self, policy: Policy) -> str:
        """By what a verdict comes about, as text: it is another when any setting behind it is another.

        So it is when the key may do other things now: what cannot be carried counts as lost.
        """
        graft = self.context.graft and self.context.abilities.graft
        can = replace(self.context.abilities, no_graft="")
        rights = blake2b(repr(can).encode(), digest_size=8).hexdigest()
        return f"{policy.rules} {rights}{' graft' if graft else ''}"

    async def apply_policy(self, policy: Policy) -> None:
        """Judge every group by another policy; decisions stay as they are."""
        await self.apply(await self.weigh(policy))

    async def take_in_fetch(self) -> None:
        """Read the rows again after a fetch.

        Where the policy asks for albums they are judged again with them, and by the present policy where it
        was switched while the fetch went on.
        """
        await self.reload()
        meta = await self._store.in_thread(self._store.meta)
        judged_otherwise = meta.get("rules", self.rules(self.policy)) != self.rules(self.policy)
        if judged_otherwise or "albums" in self.policy.costly:
            await self.apply_policy(self.policy)

    # -- many groups

    async def accept_all(self, group_ids: Iterable[str]) -> int:
        """Accept what is proposed for these undecided groups, as one step of undo; return how many."""
        return await self.carry_out(Deed.accept(), [self._rows[group_id] for group_id in group_ids])

    async def weigh_deed(
        self,
        deed: Deed,
        rows: Sequence[Row],
        *,
        redecide: bool = False,
        tell: Callable[[Reach], None] = nothing,
    ) -> Reach:
        """What a deed on these groups would do. `redecide` reaches those that a person decided as well."""
        rows = self._listed(rows)
        reach = Reach(total=len(rows))
        for start in range(0, len(rows), CHUNK if deed.policy else SLICE):
            part = rows[start : start + (CHUNK if deed.policy else SLICE)]
            reached = [row for row in part if deed.reaches(row, redecide=redecide)]
            reach.leave(part, reached)
            found = [self._stored[row.group_id] for row in self._listed(reached)]
            if deed.policy:
                found = await self._store.in_thread(self._again, found, deed.policy)
            else:
                await asyncio.sleep(0)
            for group in found:
                reach.add(group, trashes=deed.trashes and group.group_id not in self._returned)
            tell(reach)
        return reach

    def _listed(self, rows: Iterable[Row]) -> list[Row]:
        """The rows as they are now, of groups that are as they were: a fetch may have ended since."""
        found = ((row, self._rows.get(row.group_id)) for row in rows)
        return [now for row, now in found if now is not None and now.digest == row.digest]

    def _again(self, stored: Sequence[StoredGroup], policy: Policy) -> list[StoredGroup]:
        return [] if self._overtaken else self._judging.again(stored, policy)

    async def carry_out(
        self,
        deed: Deed,
        rows: Sequence[Row],
        *,
        redecide: bool = False,
        tell: Callable[[Reach], None] = nothing,
    ) -> int:
        """Do the same to many groups as one step of undo; return to how many."""
        rows = self._listed(rows)
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
            try:
                group = self._store.fetched.group(row.group_id)
            except KeyError:
                # A fetch has just ended, and did not find it any more.
                continue
            proposed = self._judging.proposal(group, deed.policy or self.policy)
            choice = deed.choose(group, self._unless_returned(group, proposed))
            decision = self._decision(group, choice, deed.decided_by)
            # Nor is it done to a group that the fetch found otherwise.
            if decision.digest == row.digest:
                steps.append((row.group_id, decision))
        return steps

    def _record_still_reached(
        self, deed: Deed, steps: Sequence[tuple[str, Decision | None]], redecide: bool
    ) -> int:
        standing = [
            step
            for step in steps
            if step[0] in self._rows
            and step[0] not in self._bound
            and deed.reaches(self._rows[step[0]], redecide=redecide)
        ]
        self._record(standing)
        return len(standing)

    async def habits(self) -> tuple[Habit, ...]:
        """Patterns in what the person decided otherwise than proposed, the strongest first."""
        return await self._store.in_thread(self._find_habits)

    def _find_habits(self) -> tuple[Habit, ...]:
        if self._overtaken:
            return ()
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

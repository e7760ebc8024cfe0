"""Acting on many groups at once: marked ones, listed ones, all that are ready; and switching the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic

from textual import work

from immich_tui.review.bulk import Deed, Effect
from immich_tui.review.habits import policy_named
from immich_tui.review.rows import Row
from immich_tui.review.session import Switch, Weighed
from immich_tui.tui import figures
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.act import AcceptDialog, ActDialog, Errand
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.tui.screens.policy import TELL_EVERY, PolicyDialog
from immich_tui.tui.screens.reviewing.listing import Listing
from immich_tui.tui.text import safe
from immich_tui.verdict.policy import PRESETS, Policy


class Sweeping(Listing):
    """Bulk decisions and the policy, each with a look at what it would do."""

    def policies(self) -> Mapping[str, Policy]:
        """The policies to choose from."""
        if self.tui.link is None:
            return PRESETS
        return self.tui.setup.config.policies

    # -- many groups

    @work(group="question", exclusive=True)
    async def action_act(self) -> None:
        """Act on the marked groups, or without marks on all that are listed."""
        if not self.shown and not self.marked:
            return
        rows = self.marked_rows() if self.marked else list(self.shown)
        others = [policy for policy in self.policies().values() if policy.name != self.session.policy.name]
        where = "marked" if self.marked else "listed"
        dialog = ActDialog(self.session, rows, f"{figures.counted(len(rows), f'{where} group')}", others)
        errand = await self.app.push_screen_wait(dialog)
        if errand is not None:
            await self._run_errand(errand, rows)

    @work(group="question", exclusive=True)
    async def action_accept_ready(self) -> None:
        """Accept all groups that nothing speaks against, or those of one tier."""
        listed: Sequence[Row] = self.shown if self.wanted else self.session.rows
        ready = [row for row in listed if row.ready]
        if not ready:
            self.tell("No group is ready: the undecided ones are doubtful or flagged, and want a look.")
            return
        rows = await self.app.push_screen_wait(AcceptDialog(self.session, ready, filtered=bool(self.wanted)))
        if rows:
            await self._run_errand(Errand(Deed.accept(), done="accepted"), rows)

    async def _run_errand(self, errand: Errand, rows: Sequence[Row]) -> None:
        session = self.session
        if errand.flags is not None:
            await self._flag_all(rows, put=errand.flags)
            return
        count = 0

        async def carry_out() -> None:
            nonlocal count
            count = await session.carry_out(errand.deed, rows, redecide=errand.redecide)

        if not await self.do(carry_out):
            return
        self.app.clear_notifications()
        self.changed_everywhere()
        groups = figures.counted(count, "group")
        words = f"{groups} {errand.done}. {self.takes_back}"
        self.notify(words if count else "Nothing changed.", markup=False)
        self.unmark_all()
        await self.current()

    async def _flag_all(self, rows: Sequence[Row], *, put: bool) -> None:
        text: str | None = None
        if put:
            note = await self.app.push_screen_wait(
                NoteDialog(figures.counted(len(rows), "group"), "", flagged=False)
            )
            if note is None:
                return
            text = note.text
        changed = 0

        async def flag() -> None:
            nonlocal changed
            changed = await self.session.flag_all(rows, text)

        if await self.do(flag):
            self.groups.refresh_items()
            self.view.lay_out()
            done = "flagged" if put else "without a flag of yours now"
            words = f"{figures.counted(changed, 'group')} {done}. {self.takes_back}"
            self.notify(words if changed else "Nothing changed.", markup=False)
            self.unmark_all()

    # -- the policy

    @work(group="question", exclusive=True)
    async def action_policy(self) -> None:
        """Choose another policy, seeing first what it would change."""
        await self._switch("")

    @work(group="question", exclusive=True)
    async def action_learnt(self) -> None:
        """See what the rule that was learnt would change, and take it or leave it."""
        found = await self.session.habits()
        self.habit = found[0] if found else None
        if self.habit is None:
            self.tell("Nothing learnt yet: no pattern shows in what you decided otherwise than proposed.")
            return
        await self._switch(self.habit.rule(self.session.policy).name)

    async def _switch(self, at: str) -> None:
        session = self.session
        policies = dict(self.policies())
        policies.setdefault(session.policy.name, session.policy)
        if self.habit is not None:
            rule = self.habit.rule(session.policy)
            policies[rule.name] = rule
        weighed = await self.app.push_screen_wait(PolicyDialog(session, policies, at, self.habit))
        if weighed is not None and await self.do(lambda: session.apply(weighed)):
            undo = key_of(self.app, "review.undo")
            self._switched(f"{_changed(weighed)} Your decisions stay as they are. {undo} takes it back.")
            await self.current()

    def travel_switch(self, switch: Switch) -> None:
        """Take a switch of policy back, or do it again, beside the keys; what is under way goes on."""
        if self.switching is None:
            self._travel_switch(switch)

    @work(group="question", exclusive=True)
    async def _travel_switch(self, switch: Switch) -> None:
        session = self.session
        did = "Took the switch back" if switch.back else "Switched again"
        policy = policy_named(switch.policy, self.policies())
        if policy is None:
            if await self.do(lambda: session.pass_over(switch)):
                self.tell(f"There is no policy named {switch.policy} any more, so the one that holds stays.")
            return

        told_at = monotonic()

        def tell(effect: Effect) -> None:
            nonlocal told_at
            if monotonic() - told_at >= TELL_EVERY:
                told_at = monotonic()
                self.switching = policy.label, effect.looked * 100 // max(1, effect.total)
                self.hint()

        async def travel() -> None:
            weighed = await session.weigh(policy, tell)
            await session.apply(weighed, switch)
            self.app.clear_notifications()
            self._switched(f"{did}. {_changed(weighed)}")

        try:
            self.switching = policy.label, 0
            await self.do(travel)
        finally:
            self.switching = None
            self.hint()
        await self.current()

    def _switched(self, told: str) -> None:
        self.habit = None
        self.changed_everywhere()
        self.rows_may_have_changed()
        self.notify(safe(told), markup=False)


def _changed(weighed: Weighed) -> str:
    return f"{weighed.policy.label}: {figures.counted(weighed.effect.winners, 'winner')} changed."

"""Choosing another policy, with its effect counted before it is applied."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic

from immich_tui.review.bulk import Effect
from immich_tui.review.habits import Habit
from immich_tui.review.session import Session, Weighed
from immich_tui.tui import figures
from immich_tui.tui.ink import Part
from immich_tui.tui.screens.pick import Pick, PickDialog
from immich_tui.tui.text import safe
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.verdict.policy import Policy

WEIGH_AFTER = 0.15
"""Seconds on a policy before its effect is worked out, so that passing by costs nothing."""

TELL_EVERY = 0.1
"""Seconds between two counts on the screen."""


def in_a_sentence(effect: Effect) -> str:
    """The effect, as far as it is counted."""
    winners = figures.counted(effect.winners, "winner")
    more = "more" if effect.freed >= 0 else "less"
    freed = f"frees {figures.size(abs(effect.freed))} {more}" if effect.freed else "frees as much as now"
    return f"Changes {winners}, {freed}, then differs from Immich in {effect.differs:,}."


class PolicyDialog(PickDialog[Policy, Weighed]):
    """All policies. Enter applies the highlighted one, as soon as its effect is known."""

    TITLE_WORDS = "Which photo shall stay?"
    YES = "Apply"

    def __init__(
        self, session: Session, policies: Mapping[str, Policy], at: str, habit: Habit | None
    ) -> None:
        """`at` names the policy to start at; `habit` is what was learnt, and its rule is among them."""
        self._session = session
        self._habit = habit
        self._rule = habit.rule(session.policy).name if habit else ""
        self._weighed: dict[str, Weighed] = {}
        self._hurry = ""
        now = session.policy.name
        picks = [
            Pick(
                policy,
                policy.label,
                f"holds now · {safe(policy.name)}" if policy.name == now else safe(policy.name),
            )
            for policy in policies.values()
        ]
        names = [pick.value.name for pick in picks]
        start = at if at in names else session.policy.name
        super().__init__(picks, names.index(start))

    def _criteria(self, policy: Policy) -> str:
        order = ", ".join(criterion.label for criterion in policy.criteria[:6])
        more = " and more" if len(policy.criteria) > 6 else ""
        return f"Looks at {safe(order)}{more}."

    def about(self, pick: Pick[Policy]) -> list[Part]:
        """Its criteria, and where it comes from."""
        self._hurry = ""
        sentences: list[Part] = [(self._criteria(pick.value), "muted")]
        if self._habit is not None and pick.value.name == self._rule:
            sentences.insert(0, (f"Learnt from you: {self._habit.sentence}", ""))
        if pick.value.name == self._session.policy.name:
            sentences.append(("This policy holds now.", ""))
        elif done := self._weighed.get(pick.value.name):
            sentences.append((in_a_sentence(done.effect), "strong"))
            sentences.append(("What you decided stays as you decided it.", "muted"))
        return sentences

    async def work_out(self, pick: Pick[Policy]) -> None:
        """Count the effect, and say so while it goes on."""
        name = pick.value.name
        if name == self._session.policy.name or name in self._weighed:
            return
        told_at = 0.0

        def tell(effect: Effect) -> None:
            nonlocal told_at
            if monotonic() - told_at >= TELL_EVERY:
                told_at = monotonic()
                done = f"{effect.looked * 100 // max(1, effect.total)} %"
                waiting = " It is applied when all are counted." if self._hurry == name else ""
                self.say(
                    *PolicyDialog._first(self, pick),
                    (in_a_sentence(effect), "strong"),
                    (f"Counting … {done}.{waiting}", "muted"),
                )

        await asyncio.sleep(WEIGH_AFTER)
        try:
            self._weighed[name] = await self._session.weigh(pick.value, tell)
        except EXPECTED as error:
            self.say((safe(" ".join(in_words(error)).strip()), "warn"))
            return
        hurry = self._hurry
        self.say(*self.about(pick))
        if hurry == name and self.is_current:
            self.dismiss(self._weighed[name])

    def _first(self, pick: Pick[Policy]) -> list[Part]:
        return [(self._criteria(pick.value), "muted")]

    def answer(self, pick: Pick[Policy]) -> Weighed | None:
        """The policy with its effect; while that is counted, only that it is wanted."""
        if pick.value.name == self._session.policy.name:
            self.dismiss(None)
            return None
        weighed = self._weighed.get(pick.value.name)
        if weighed is None:
            self._hurry = pick.value.name
        return weighed

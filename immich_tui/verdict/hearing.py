"""One group, read once: its verdict, and whatever else somebody wants to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from immich_tui.immich.models import Group
from immich_tui.verdict.explain import explained
from immich_tui.verdict.judge import line_up, proposal, verdict_on
from immich_tui.verdict.ledger import settle
from immich_tui.verdict.model import (
    NOT_READ,
    Choice,
    Context,
    Explanation,
    Ledger,
    Override,
    Surroundings,
    Verdict,
)
from immich_tui.verdict.override import overridden
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading


class Hearing:
    """A group under one policy and in one context.

    Reading the members costs half of a verdict. Where more than the verdict is wanted, ask a hearing for all
    of it; `judge`, `explain`, `override` and `ledger` say the same, each for itself.
    """

    def __init__(
        self, group: Group, policy: Policy, context: Context, surroundings: Surroundings = NOT_READ
    ) -> None:
        self.group = group
        self.policy = policy
        self.context = context
        self.surroundings = surroundings
        self._ranked, self._decisive = line_up(group, policy, context, surroundings)
        self._ledgers: dict[tuple[str, frozenset[str]], Ledger] = {}

    @cached_property
    def verdict(self) -> Verdict:
        """What the rules say."""
        return verdict_on(
            self.group, self._ranked, self._decisive, self.policy, self.context, self.surroundings
        )

    @cached_property
    def proposal(self) -> Choice:
        """What the policy would do."""
        return proposal(self.group, self.verdict, self.policy)

    @cached_property
    def explanation(self) -> Explanation:
        """Why ours, and why not Immich's."""
        return explained(self._ranked, self.verdict, self.policy, self._settled)

    def ledger(self, choice: Choice) -> Ledger:
        """What a choice does to every field; raises `KeyError` when it names an asset outside the group."""
        readings = {reading.id: reading for reading in self._ranked}
        return self._settled(readings[choice.winner], [readings[asset_id] for asset_id in choice.trash])

    def override(self, choice: Choice, proposed: Choice | None = None) -> Override | None:
        """How a choice departs from the proposal; `None` when it does not. Raises as `ledger`.

        `proposed` is what was proposed where that is not what the policy would do.
        """
        ours = proposed or self.proposal
        return overridden(self._ranked, self.verdict, choice, ours, self.policy, self._settled)

    def _settled(self, winner: Reading, trash: Sequence[Reading]) -> Ledger:
        # What is shown beside the explanation is mostly what the explanation was made with.
        key = (winner.id, frozenset([reading.id for reading in trash]))
        found = self._ledgers.get(key)
        if found is None:
            found = settle(winner, trash, self.policy, self.context, self.surroundings)
            self._ledgers[key] = found
        return found

"""A group laid out for judging: who wins, who would go, and what else the rules may look at."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.verdict.deal import can_graft
from immich_tui.verdict.model import Context, Surroundings
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading


class Scene:
    """Members in the policy's order and what is proposed for them.

    `ranked` holds all members, the winner first. `losers` are those that the proposal would trash: all
    others but the protected ones. `alike` is filled in by the look of the pictures: whether all thumbhashes
    are known and differ by no more than re-encoding explains.
    """

    __slots__ = ("alike", "context", "losers", "policy", "ranked", "surroundings", "winner")

    def __init__(
        self, ranked: Sequence[Reading], policy: Policy, context: Context, surroundings: Surroundings
    ) -> None:
        self.ranked = ranked
        self.winner = ranked[0]
        self.losers = (
            [reading for reading in ranked[1:] if not reading.protected] if policy.protected else ranked[1:]
        )
        self.policy = policy
        self.context = context
        self.surroundings = surroundings
        self.alike = False

    @property
    def grafts(self) -> bool:
        """Whether camera, lens and exposure can be carried after all."""
        return can_graft(self.winner, self.context)

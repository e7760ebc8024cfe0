"""Rules learnt: patterns in what a person decided otherwise than proposed.

Where somebody keeps putting the older file first, the policy can do so for them. A habit is only ever
proposed: it becomes a policy of its own when the person says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from immich_tui.immich.models import Group
from immich_tui.verdict.criteria import CRITERIA
from immich_tui.verdict.judge import line_up
from immich_tui.verdict.model import Choice, Context
from immich_tui.verdict.policy import Policy

AT_LEAST = 5
"""So many overrides must agree before a pattern is worth a word."""

SHARE = 0.85
"""So large a share of the overrides must agree."""

KEPT: Mapping[str, str] = {
    "oldest_upload": "the photo that was uploaded first",
    "newest_upload": "the photo that was uploaded last",
    "earliest_capture": "the photo with the earlier capture time",
    "favourite": "the favourite",
    "live_video": "the live photo",
    "score": "the photo with the richer metadata",
    "exposure_fields": "the photo with more exposure fields",
    "pixels": "the photo with more pixels",
    "format_rank": "the better file format",
    "duration": "the longer video",
    "file_size": "the larger file",
    "smallest_file": "the smaller file",
}
"""Criteria that can become a habit, the more telling ones first, and which photo they keep."""

_SIGN = "+"


@dataclass(frozen=True, slots=True)
class Habit:
    """In `agreed` of `overrides` overrides the photo that this criterion prefers was kept."""

    criterion: str
    agreed: int
    overrides: int

    @property
    def sentence(self) -> str:
        """The pattern in words."""
        return f"In {self.agreed} of {self.overrides} overrides {KEPT[self.criterion]} was kept."

    def rule(self, policy: Policy) -> Policy:
        """The policy with this criterion before all others."""
        return with_rule(policy, self.criterion)


class Habits:
    """Overrides that were looked at, each with the criteria it agrees with."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Choice, frozenset[str]]] = {}

    def knows(self, group_id: str, choice: Choice) -> bool:
        """Whether this override was looked at already."""
        seen = self._seen.get(group_id)
        return seen is not None and seen[0] == choice

    def learn(self, group_id: str, choice: Choice, agrees: frozenset[str]) -> None:
        """Keep which criteria an override agrees with."""
        self._seen[group_id] = choice, agrees

    def forget(self, group_id: str) -> None:
        """Learn that a group is no override, or none any more."""
        self._seen.pop(group_id, None)

    def found(self, policy: Policy) -> tuple[Habit, ...]:
        """The patterns that are strong enough, strongest first; not what the policy puts first already."""
        overrides = [agrees for _, agrees in self._seen.values() if agrees]
        counts = Counter(name for agrees in overrides for name in agrees)
        first = policy.criteria[0].name
        found = [
            Habit(name, counts[name], len(overrides))
            for name in KEPT
            if name != first and counts[name] >= AT_LEAST and counts[name] >= SHARE * len(overrides)
        ]
        return tuple(sorted(found, key=lambda habit: -habit.agreed))


def overridden_by(
    group: Group, choice: Choice, proposed: str, policy: Policy, context: Context
) -> frozenset[str]:
    """The criteria by which the photo that was kept is better than the one that was proposed.

    Nothing where the person kept the proposed one and more: that says nothing about which is better.
    """
    if choice.winner == proposed:
        return frozenset()
    readings = {reading.id: reading for reading in line_up(group, policy, context)[0]}
    kept, passed = readings[choice.winner], readings[proposed]
    return frozenset(name for name in KEPT if CRITERIA[name].better(kept, passed) is kept)


def with_rule(policy: Policy, criterion: str) -> Policy:
    """A policy that asks this criterion first, with a name by which `policy_named` finds it again."""
    first = CRITERIA[criterion]
    rest = tuple(one for one in policy.criteria if one.name != criterion)
    return replace(
        policy,
        name=f"{policy.name}{_SIGN}{criterion}",
        label=f"{policy.label}, {first.label} first",
        criteria=(first, *rest),
    )


def policy_named(name: str, policies: Mapping[str, Policy]) -> Policy | None:
    """The policy of this name, with the rules that were learnt on top of it; `None` for an unknown one."""
    base, *learnt = name.split(_SIGN)
    policy = policies.get(name) or policies.get(base)
    if name in policies or policy is None:
        return policy
    for criterion in learnt:
        if criterion not in KEPT:
            return None
        policy = with_rule(policy, criterion)
    return policy

"""The smallest change that would make the other one win: what a person may look for, or mistrust."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from math import isclose

from immich_tui.verdict import phrases
from immich_tui.verdict.criterion import Criterion
from immich_tui.verdict.judge import deciding
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading
from immich_tui.verdict.score import CATEGORIES, earned

#: The categories of the score as one wishes for them.
_WISHED = {
    "location": "GPS",
    "time_zone": "a time zone",
    "camera": "a camera",
    "capture_time": "a capture time",
    "lens": "a lens",
    "place": "a place",
}


def wish(winner: Reading, other: Reading, decisive: Criterion, policy: Policy) -> str:
    """What would have to be true for the other one to win ("it had GPS"), to follow "would win if".

    `decisive` is what puts the winner first. Of metadata, only what the winner has is wished for; where that
    only draws level, the next criterion on which the two differ is wished for as well.
    """
    following = policy.ordering[policy.ordering.index(decisive) :]
    wishes: list[str] = []
    if decisive.name == "score":
        gains = _gains(winner, other, policy)
        following = _without(following, {"score"})
        if "time_zone" in gains or "capture_time" in gains:
            # With the winner's clock and zone it would have been taken at the same moment.
            following = _without(following, {"earliest_capture"})
        after = deciding(winner, other, following)
        wins_ties = after is not None and after.better(winner, other) is other
        enough = _fewest(gains, winner.score - other.score, wins_ties=wins_ties)
        if enough is not None:
            return f"it had {_listed(enough)}"
        if len(gains) > _TELLING:
            following = _without(following, {"exposure_fields"})
            wishes.append("it had as much metadata")
        else:
            wishes.append(f"it had {_listed(gains)}")
    for criterion in following:
        better = criterion.better(winner, other)
        if better is None:
            continue
        if better is other:
            break
        if criterion.best is not None and criterion.key(winner) >= criterion.best[0]:
            wishes.append(criterion.best[1])
            continue
        wishes.append(criterion.wished(winner, other))
        break
    return phrases.listed([wishes[0], *(text.removeprefix("it ") for text in wishes[1:])])


#: A list of more missing pieces says no more than that they are many.
_TELLING = 3


def _without(criteria: Sequence[Criterion], names: Collection[str]) -> tuple[Criterion, ...]:
    return tuple(criterion for criterion in criteria if criterion.name not in names)


def _gains(winner: Reading, other: Reading, policy: Policy) -> dict[str, float]:
    """What the winner has and the other lacks, with what it is worth."""
    gains = {
        name: float(getattr(policy.weights, name))
        for (name, _), ours, theirs in zip(CATEGORIES, earned(winner), earned(other), strict=True)
        if ours and not theirs
    }
    if "location" in gains:
        # Immich derives the place from the coordinates: it is nothing to wish for by itself.
        gains["location"] += gains.pop("place", 0.0)
    return gains


def _fewest(gains: Mapping[str, float], needed: float, *, wins_ties: bool) -> Sequence[str] | None:
    """The fewest categories that are worth enough, among as many the cheapest; `None` if all are too few."""

    def reached(gain: float) -> bool:
        return wins_ties if isclose(gain, needed) else gain > needed

    if not reached(sum(gains.values())):
        return None
    for count in range(1, len(gains) + 1):
        worth = [(sum(gains[name] for name in names), names) for names in combinations(gains, count)]
        enough = [(gain, names) for gain, names in worth if reached(gain)]
        if enough:
            return min(enough, key=lambda found: found[0])[1]
    return None


def _listed(names: Sequence[str] | Mapping[str, float]) -> str:
    return phrases.listed([_WISHED[name] for name in names])

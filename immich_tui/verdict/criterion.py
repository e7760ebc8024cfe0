"""What a criterion is: a number that can be shown, a direction, and the words for both.

The first criterion of a policy on which two assets differ decides between them, so values are compared
exactly: a tolerance would break the order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import cast

from immich_tui.verdict.model import Comparison
from immich_tui.verdict.reading import Reading

UNKNOWN_KEY = float("-inf")


class Direction(Enum):
    """Which end of the scale is better."""

    HIGHEST = 1
    LOWEST = -1


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question that ranks assets.

    `key` is what is compared: larger is better, and an unknown value is worse than any known one. `show`
    gives the value as a person reads it. `because` says of the better one why it is better ("has more
    pixels"), `wish` what the other one would need to be the better one, `{}` being the value to beat ("it had
    more than {}"). `costly` names what must be filled into the readings before: the loss, the albums or the
    people. `unit` stands behind exact values, which are shown where rounded ones would look equal. `best` is
    the key that nothing can beat, where there is one, and what it takes to draw level with it. `of_file` says
    from path and file name alone whether an asset is preferred, for criteria that ask nothing else.
    """

    name: str
    label: str
    direction: Direction
    key: Callable[[Reading], float]
    show: Callable[[Reading], str]
    because: str
    wish: str
    costly: str = ""
    unit: str = ""
    best: tuple[float, str] | None = None
    of_file: Callable[[str, str], bool] | None = None

    def better(self, one: Reading, other: Reading) -> Reading | None:
        """Which of two assets this criterion prefers, `None` on a tie."""
        mine, theirs = self.key(one), self.key(other)
        if mine == theirs:
            return None
        return one if mine > theirs else other

    def compare(self, ours: Reading, theirs: Reading) -> Comparison:
        """The two values beside each other."""
        mine, other = self.key(ours), self.key(theirs)
        shown, other_shown = self.show(ours), self.show(theirs)
        if mine == other:
            return Comparison(self.name, self.label, shown, other_shown, None)
        if shown == other_shown:
            # Rounded for reading they would look equal, and a person would ask why one of them won.
            shown, other_shown = (f"{abs(key):,.12g} {self.unit}".rstrip() for key in (mine, other))
        return Comparison(self.name, self.label, shown, other_shown, (ours if mine > other else theirs).id)

    def wished(self, ours: Reading, theirs: Reading) -> str:
        """What the other one would need to be better than ours."""
        return self.wish.replace("{}", self.compare(ours, theirs).ours)


CRITERIA: dict[str, Criterion] = {}
"""Criteria that need no argument, by name."""

Value = Callable[[Reading], float | None]
"""The value of one criterion; a function that says `-> float` is never unknown."""


def _key(value: Value, direction: Direction) -> Callable[[Reading], float]:
    if direction is Direction.HIGHEST and value.__annotations__["return"] == "float":
        return cast("Callable[[Reading], float]", value)
    if direction is Direction.HIGHEST:

        def highest(reading: Reading) -> float:
            found = value(reading)
            return UNKNOWN_KEY if found is None else found

        return highest

    def lowest(reading: Reading) -> float:
        found = value(reading)
        return UNKNOWN_KEY if found is None else -found

    return lowest


def criterion(
    label: str,
    direction: Direction,
    show: Callable[[Reading], str],
    because: str,
    wish: str,
    costly: str = "",
    unit: str = "",
    best: tuple[float, str] | None = None,
) -> Callable[[Value], Value]:
    """Register the decorated function under its name; it returns the value, `None` for unknown."""

    def register(value: Value) -> Value:
        name = value.__name__
        CRITERIA[name] = Criterion(
            name, label, direction, _key(value, direction), show, because, wish, costly, unit, best
        )
        return value

    return register

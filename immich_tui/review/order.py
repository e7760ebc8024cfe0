"""The orders in which groups are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from immich_tui.review.rows import Row
from immich_tui.verdict.model import Tier


class Sorting(StrEnum):
    """What groups are listed by. The value is how it is told to a person."""

    SERVER = "server order"
    TIER = "tier"
    SAVING = "saving"
    SEVERITY = "flags"
    MEMBERS = "members"
    NAME = "name"
    DATE = "date"
    DIFFERS = "differs from Immich"


@dataclass(frozen=True, slots=True)
class Order:
    """A sorting and its direction. `turned` is the other way round than people expect at first."""

    sorting: Sorting = Sorting.SERVER
    turned: bool = False

    def __str__(self) -> str:
        """The order in words."""
        return f"{self.sorting.value}, {DIRECTIONS[self.sorting][self.turned]}"


SERVER = Order()

DIRECTIONS: Mapping[Sorting, tuple[str, str]] = MappingProxyType(
    {
        Sorting.SERVER: ("first to last", "last to first"),
        Sorting.TIER: ("doubtful first", "surest first"),
        Sorting.SAVING: ("most first", "least first"),
        Sorting.SEVERITY: ("gravest first", "harmless first"),
        Sorting.MEMBERS: ("most first", "fewest first"),
        Sorting.NAME: ("A to Z", "Z to A"),
        Sorting.DATE: ("oldest first", "newest first"),
        Sorting.DIFFERS: ("those first", "those last"),
    }
)
"""Both directions of each sorting in words, the usual one first."""

_DOUBT = {Tier.DOUBTFUL: 0, Tier.LIKELY: 1, Tier.SAME_PICTURE: 2, Tier.EXACT: 3}


def _gravity(row: Row) -> int:
    """Flags by the gravest, then by their number; at most 999 of them count."""
    worst = -1 if row.worst is None else int(row.worst)
    return -(worst * 1000 + min(len(row.flags), 999))


#: Keys of the usual direction; where there is none, rows come in this order already.
_KEYS: Mapping[Sorting, Callable[[Row], int] | Callable[[Row], str]] = {
    Sorting.TIER: lambda row: _DOUBT[row.tier],
    Sorting.SAVING: lambda row: -row.saving,
    Sorting.SEVERITY: _gravity,
    Sorting.MEMBERS: lambda row: -row.members,
    Sorting.NAME: lambda row: row.title.casefold(),
    Sorting.DIFFERS: lambda row: not row.differs,
}


def arranged(rows: Sequence[Row], order: Order) -> list[Row]:
    """Rows in an order; those that are alike stay in the order they came in.

    For the server's order and by date they must come in that order already.
    """
    key = _KEYS.get(order.sorting)
    if key is None:
        return list(reversed(rows)) if order.turned else list(rows)
    if order.turned:
        # `reverse` keeps the order of equal ones.
        return sorted(rows, key=key, reverse=True)
    return sorted(rows, key=key)

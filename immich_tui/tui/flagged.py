"""Which groups the list of flags shows, and in which order: pure functions over rows of a session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from immich_tui.review.rows import Row
from immich_tui.verdict.model import Severity

ALL, YOURS, OVERRIDDEN = "all", "flagged by you", "overridden"
"""Kinds besides those of the rules' flags."""

SEVERITIES: tuple[Severity | None, ...] = (None, Severity.BLOCK, Severity.WARN, Severity.INFO)
"""What the list can be cut down to; `None` is any."""

REVIEW, SEVERITY, GROUP, DECISION, DECIDED_BY, FREES = (
    "as in the review",
    "severity",
    "group",
    "decision",
    "decided by",
    "frees",
)

_KEYS: dict[str, Callable[[Row], Any]] = {
    REVIEW: lambda row: row.position,
    SEVERITY: lambda row: 0 if row.worst is None else -1 - row.worst,
    GROUP: lambda row: row.title.casefold(),
    DECISION: lambda row: str(row.decision or ""),
    DECIDED_BY: lambda row: (not row.overridden, str(row.decided_by or "")),
    FREES: lambda row: -row.saving,
}
ORDERS = tuple(_KEYS)


@dataclass(slots=True)
class Place:
    """Where a person was in the list: what it was cut down to, its order, and the group under the cursor."""

    kind: str = ALL
    severity: Severity | None = None
    order: str = REVIEW
    reverse: bool = False
    group_id: str = ""


def listed(rows: Sequence[Row]) -> list[Row]:
    """The rows that belong here: flagged by the rules or the person, or decided otherwise than proposed."""
    return [row for row in rows if row.flags or row.flagged or row.overridden]


def of_kind(rows: Sequence[Row], kind: str) -> list[Row]:
    """Those that have a flag of this name, or that one of the other kinds means."""
    if kind == ALL:
        return list(rows)
    if kind == YOURS:
        return [row for row in rows if row.flagged]
    if kind == OVERRIDDEN:
        return [row for row in rows if row.overridden]
    return [row for row in rows if kind in row.flags]


def kinds(rows: Sequence[Row]) -> dict[str, int]:
    """The kinds there are and how many rows have each, the person's own first, then the commonest."""
    found = {ALL: len(rows)}
    found |= {kind: len(of_kind(rows, kind)) for kind in (YOURS, OVERRIDDEN)}
    found |= dict(Counter(flag for row in rows for flag in row.flags).most_common())
    return {kind: count for kind, count in found.items() if count or kind == ALL}


def at(rows: Sequence[Row], place: Place) -> list[Row]:
    """The rows that a place shows, in its order."""
    found = of_kind(rows, place.kind)
    if place.severity is not None:
        found = [row for row in found if row.worst is place.severity]
    return sorted(found, key=_KEYS[place.order], reverse=place.reverse)

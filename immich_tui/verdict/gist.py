"""What the order of a group's members needs, in a few bytes: whether another policy ranks them otherwise.

Many groups are ranked alike by two policies, and the verdict on such a group is the one it has. Telling that
from the values of the criteria costs a small part of reading and judging the group again.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from immich_tui import __version__
from immich_tui.verdict.criteria import CRITERIA, Criterion
from immich_tui.verdict.judge import rank, weigh_losses
from immich_tui.verdict.model import Context, Verdict
from immich_tui.verdict.policy import PRESETS, Policy
from immich_tui.verdict.reading import Reading
from immich_tui.verdict.score import Scores

_BY_ID = "lowest_id"

#: Criteria whose values a gist holds: those of the presets. What would be lost needs the other members too,
#: but nothing that the listing does not say: albums and tags weigh nothing.
NAMES = tuple(
    dict.fromkeys(
        criterion.name
        for policy in PRESETS.values()
        for criterion in policy.criteria
        if criterion.costly in ("", "loss") and criterion.name != _BY_ID
    )
)

_KEYS = tuple(CRITERIA[name].key for name in NAMES)
_VALUES = struct.Struct(f"<{len(NAMES)}d")
_ID_BYTES = 64


class _Member:
    """A member as far as its gist tells of it."""

    __slots__ = ("id", "keys")

    def __init__(self, member_id: str, keys: tuple[float, ...]) -> None:
        self.id = member_id
        self.keys = keys


def _of_gist(place: int, criterion: Criterion) -> Criterion:
    return replace(criterion, key=lambda member: cast("_Member", member).keys[place])


_CRITERIA = {name: _of_gist(place, CRITERIA[name]) for place, name in enumerate(NAMES)}
_CRITERIA[_BY_ID] = CRITERIA[_BY_ID]


def gist(verdict: Verdict, policy: Policy, context: Context) -> bytes:
    """The gist of the group that this verdict is on; empty where one cannot be made.

    `policy` and `context` are those of the verdict.
    """
    scores = verdict.scores
    if not isinstance(scores, Scores):
        return b""
    weigh_losses(scores.readings, policy, context)
    parts: list[bytes] = []
    for reading in scores.readings:
        name = reading.id.encode(errors="replace")
        if len(name) > _ID_BYTES:
            return b""
        try:
            values = _VALUES.pack(*[key(reading) for key in _KEYS])
        except (OverflowError, struct.error):
            return b""
        parts += (bytes((len(name),)), name, values)
    return b"".join(parts)


def make(policy: Policy, context: Context) -> str:
    """Names the gists made under a policy and in a context.

    Those of another program, of other weights or of a key with other rights tell nothing.
    """
    return f"{__version__} {' '.join(NAMES)} {policy.weights} {context.graft} {context.abilities}"


class Order:
    """Tells of gists whether two policies rank a group alike."""

    def __init__(self, before: Policy, after: Policy, context: Context, made: str) -> None:
        """`made` names the gists that will be asked; `possible` says whether they can tell anything."""
        self.after = after
        self._before = _by_gist(before)
        self._after = _by_gist(after)
        self.possible = (
            bool(self._after)
            and made == make(before, context) == make(after, context)
            and before.gps_tolerance_m == after.gps_tolerance_m
            and not before.protected
            and not after.protected
        )

    def same(self, text: bytes, winner: str) -> bool:
        """Whether both policies rank the group of this gist alike, so that its verdict stays as it is.

        `winner` is whom the policy before keeps.
        """
        if not self.possible or not text:
            return False
        members = cast("Sequence[Reading]", _members(text))
        ranked = rank(members, self._after)[0]
        if ranked[0].id != winner:
            return False
        # The winner is all there is to the order of two.
        return len(ranked) == 2 or (bool(self._before) and rank(members, self._before)[0] == ranked)


def _by_gist(policy: Policy) -> Sequence[Criterion]:
    """The criteria of a policy as gists answer them; empty where one of them asks for more."""
    plain = all(each.name in _CRITERIA and each is CRITERIA.get(each.name) for each in policy.ordering)
    return [_CRITERIA[each.name] for each in policy.ordering] if plain else ()


def _members(text: bytes) -> list[_Member]:
    found: list[_Member] = []
    at = 0
    while at < len(text):
        end = at + 1 + text[at]
        found.append(_Member(text[at + 1 : end].decode(), _VALUES.unpack_from(text, end)))
        at = end + _VALUES.size
    return found

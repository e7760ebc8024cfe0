"""What the order of a group's members needs, in a few bytes: how another policy would rank them.

A gist holds the rank of every member under every criterion that needs nothing but the listing. Ranking by it
costs a small part of reading the group again, and groups of the same pattern have the same gist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from immich_tui import __version__
from immich_tui.verdict.criteria import CRITERIA
from immich_tui.verdict.judge import weigh_losses
from immich_tui.verdict.model import Context, Verdict
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading
from immich_tui.verdict.score import Scores

_BY_ID = "lowest_id"

#: Criteria whose ranks a gist holds, in their order; that of the ids comes last and is exact. What would be
#: lost needs the other members too, but nothing that the listing does not say: albums and tags weigh nothing.
NAMES = (
    *(name for name, each in CRITERIA.items() if each.costly in ("", "loss") and name != _BY_ID),
    _BY_ID,
)
_PLACES: Mapping[str, int] = {name: place for place, name in enumerate(NAMES)}
_KEYS = tuple(CRITERIA[name].key for name in NAMES[:-1])
_MOST = 250
"""Members that a gist can tell of."""

_ID_BYTES = 64

Ranking = bytes
"""The members from the best to the worst, each by its place in the gist."""


def gist(verdict: Verdict, policy: Policy, context: Context) -> bytes:
    """The gist of the group that this verdict is on; empty where one cannot be made.

    Its members are in the order of the verdict. `policy` and `context` are those of the verdict.
    """
    scores = verdict.scores
    if not isinstance(scores, Scores) or len(scores) > _MOST:
        return b""
    readings = scores.readings
    ids = [reading.id for reading in readings]
    # Ids are short and plain on every server. Of others the criterion might think otherwise than a gist.
    if len(set(ids)) < len(ids) or not all(each.isascii() and len(each) <= _ID_BYTES for each in ids):
        return b""
    weigh_losses(readings, policy, context)
    if len(readings) == 2:
        return _of_a_pair(*readings)
    parts = [bytes((len(readings),))]
    for key in _KEYS:
        ranks = _ranks([key(reading) for reading in readings])
        if ranks is None:
            return b""
        parts.append(ranks)
    by_id = sorted(ids)
    parts.append(bytes([by_id.index(each) for each in ids]))
    return b"".join(parts)


def _of_a_pair(one: Reading, other: Reading) -> bytes:
    """The gist of two, as most groups are: the same as of more, in a third of the time."""
    parts = [b"\2"]
    for key in _KEYS:
        mine, theirs = key(one), key(other)
        if mine == theirs:
            parts.append(b"\0\0")
        elif mine > theirs:
            parts.append(b"\0\1")
        elif mine < theirs:
            parts.append(b"\1\0")
        else:
            return b""
    parts.append(b"\0\1" if one.id < other.id else b"\1\0")
    return b"".join(parts)


def _ranks(keys: list[float]) -> bytes | None:
    """The rank of each key, 0 for the best, the same for equal ones; `None` where a key is no number."""
    first = keys[0]
    if keys.count(first) == len(keys):
        return bytes(len(keys))
    if any(map(isnan, keys)):
        return None
    best = sorted(set(keys), reverse=True)
    return bytes([best.index(key) for key in keys])


def make(policy: Policy, context: Context) -> str:
    """Names the gists made under a policy and in a context, and the verdicts kept with them.

    Those of another program, of other settings or of a key with other rights tell nothing.
    """
    protected = (policy.protected.paths, sorted(policy.protected.libraries))
    return (
        f"{__version__} {' '.join(NAMES)} {policy.weights} {protected} {policy.gps_tolerance_m}"
        f" {context.graft} {context.abilities}"
    )


def size_of(text: bytes) -> int:
    """How many bytes of this text are the gist that it begins with."""
    return 1 + text[0] * len(NAMES)


def ranked(readings: Sequence[Reading], ranking: Ranking) -> list[Reading]:
    """Readings that are in the order of a gist in the order of a ranking."""
    return [readings[place] for place in ranking]


class Ranker:
    """Ranks the members of groups by their gists, as one policy does."""

    def __init__(self, policy: Policy) -> None:
        plain = all(each is CRITERIA.get(each.name) and each.name in _PLACES for each in policy.ordering)
        self._places = [_PLACES[each.name] for each in policy.ordering] if plain else []
        # Most groups have one of a few thousand patterns.
        self._known: dict[bytes, Ranking] = {}

    @property
    def possible(self) -> bool:
        """Whether gists tell all that the policy asks for."""
        return bool(self._places)

    def ranking(self, known: bytes) -> Ranking:
        """The members of the group of this gist, best first. Only where it is `possible`."""
        found = self._known.get(known)
        if found is None:
            found = self._known[known] = self._rank(known)
        return found

    def _rank(self, known: bytes) -> Ranking:
        count = known[0]
        columns = [known[1 + place * count : 1 + (place + 1) * count] for place in self._places]
        return bytes(sorted(range(count), key=lambda member: [column[member] for column in columns]))

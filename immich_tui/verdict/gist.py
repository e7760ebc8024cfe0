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
    """Ranks the members of groups by their gists, as one policy does.

    `of_files` are criteria of the policy that no gist holds and that ask nothing but paths and file names.
    What they say of a group comes with its gist as *liked*: for each of them a number that is, in binary, a
    one and then for every member, the lowest id first, whether the criterion prefers it.
    """

    def __init__(self, policy: Policy) -> None:
        asked = policy.ordering
        self.of_files = tuple(each.of_file for each in asked if each.of_file is not None)
        held = [each for each in asked if each.of_file is None]
        self._possible = all(each is CRITERIA.get(each.name) and each.name in _PLACES for each in held)
        # Places below zero count the columns of files from their end.
        files = iter(range(-len(self.of_files), 0))
        self._places = [
            next(files) if each.of_file is not None else _PLACES.get(each.name, 0) for each in asked
        ]
        # Most groups have one of a few thousand patterns.
        self._known: dict[tuple[bytes, tuple[int, ...]], Ranking] = {}

    @property
    def possible(self) -> bool:
        """Whether gists, and what is liked, tell all that the policy asks for."""
        return self._possible

    def ranking(self, known: bytes, liked: tuple[int, ...] = ()) -> Ranking | None:
        """The members of the group of this gist, best first; only where it is `possible`.

        `None` where `liked` is not of that many criteria and members.
        """
        found = self._known.get((known, liked))
        if found is None:
            if [each.bit_length() - 1 for each in liked] != [known[0]] * len(self.of_files):
                return None
            found = self._known[known, liked] = self._rank(known, liked)
        return found

    def _rank(self, known: bytes, liked: tuple[int, ...]) -> Ranking:
        count = known[0]
        held = [known[1 + place * count : 1 + (place + 1) * count] for place in range(len(NAMES))]
        by_id = held[-1]
        files = [[-(each >> (count - 1 - rank) & 1) for rank in by_id] for each in liked]
        columns = [files[place] if place < 0 else held[place] for place in self._places]
        return bytes(sorted(range(count), key=lambda member: [column[member] for column in columns]))

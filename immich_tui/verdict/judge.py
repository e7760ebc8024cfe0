"""The verdict on one group: which asset to keep, how sure that is, and what a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from immich_tui.immich.models import Group
from immich_tui.immich.pick import immich_pick
from immich_tui.verdict import score as scoring
from immich_tui.verdict.criterion import Criterion
from immich_tui.verdict.dates import epoch
from immich_tui.verdict.flags import raise_flags
from immich_tui.verdict.flags_file import twins
from immich_tui.verdict.flags_time import fraction_lost
from immich_tui.verdict.ledger_people import people_of
from immich_tui.verdict.loss import lost_weight
from immich_tui.verdict.model import (
    NOT_READ,
    Choice,
    Context,
    Flag,
    Severity,
    Surroundings,
    Tier,
    Verdict,
)
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading, aspects_agree, read
from immich_tui.verdict.scene import CAMERA, FORMAT, LOOK, NAMELESS, PIXELS, SIZE, TIME, Scene


def judge(group: Group, policy: Policy, context: Context, surroundings: Surroundings = NOT_READ) -> Verdict:
    """What the rules say of a group. Depends on its arguments alone.

    `surroundings` matters only to policies that ask for albums or people, and to `people_loss`.
    """
    ranked, decisive = line_up(group, policy, context, surroundings)
    return verdict_on(group, ranked, decisive, policy, context, surroundings)


def verdict_on(
    group: Group,
    ranked: Sequence[Reading],
    decisive: Criterion | None,
    policy: Policy,
    context: Context,
    surroundings: Surroundings,
) -> Verdict:
    """The verdict on members that were lined up."""
    scene = Scene(ranked, policy, context, surroundings)
    flags = raise_flags(scene)
    return Verdict(
        group.id,
        ranked[0].id,
        immich_pick(group),
        tuple([reading.id for reading in ranked]),
        scoring.Scores(ranked, policy.weights),
        flags,
        _tier(scene, flags),
        decisive.because if decisive is not None else "stands alone",
    )


def line_up(
    group: Group, policy: Policy, context: Context, surroundings: Surroundings = NOT_READ
) -> tuple[list[Reading], Criterion | None]:
    """The members as read, best first, and what puts the first one first.

    It is what a verdict and its explanation are made from.
    """
    readings = read(group.assets, context.now)
    weights = policy.weights
    for reading in readings:
        reading.score = scoring.total(reading, weights)
    if policy.protects:
        for reading in readings:
            reading.protected = policy.protected.covers(reading.asset)
    for costly in policy.costly:
        _fill_in(costly, readings, policy, context, surroundings)
    return rank(readings, policy.ordering)


def rank(
    readings: Sequence[Reading], criteria: Sequence[Criterion]
) -> tuple[list[Reading], Criterion | None]:
    """Readings in the order of the criteria, best first, and the criterion that puts the first one first.

    There is no such criterion for a single reading, nor where only the ids tell two apart.
    """
    count = len(readings)
    if count == 2:
        one, other = readings
        for criterion in criteria:
            mine, theirs = criterion.key(one), criterion.key(other)
            if mine != theirs:
                return ([one, other] if mine > theirs else [other, one]), criterion
        criteria = ()
    # Most groups are decided by one of the first criteria: a later one is only asked where all before tie.
    for place, criterion in enumerate(criteria):
        keys = [criterion.key(reading) for reading in readings]
        first = keys[0]
        if keys.count(first) == count:
            continue
        ranked: list[Reading] = []
        decisive: Criterion | None = None
        for key in sorted(set(keys), reverse=True):
            tied = [reading for reading, own in zip(readings, keys, strict=True) if own == key]
            if len(tied) > 1:
                tied, found = rank(tied, criteria[place + 1 :])
            else:
                found = criterion
            decisive = decisive if ranked else found
            ranked += tied
        return ranked, decisive
    return sorted(readings, key=attrgetter("id")), None


def deciding(one: Reading, other: Reading, criteria: Sequence[Criterion]) -> Criterion | None:
    """The first criterion on which two members differ."""
    for criterion in criteria:
        if criterion.key(one) != criterion.key(other):
            return criterion
    return None


def proposal(group: Group, verdict: Verdict, policy: Policy) -> Choice:
    """What the policy would do: keep the winner and what must not go, trash the rest.

    Protected assets are kept, and so are rows for one and the same file. Beside a winner that is itself gone,
    everything is kept.
    """
    winner = group.asset(verdict.winner)
    if winner.is_trashed or winner.is_offline:
        return Choice(verdict.winner, verdict.ranking, ())
    protected = policy.protected
    kept = {a.id for a in group.assets if protected.covers(a)} if protected else set()
    kept.update(twins(group))
    kept.add(verdict.winner)
    return Choice(
        verdict.winner,
        tuple(i for i in verdict.ranking if i in kept),
        tuple(i for i in verdict.ranking if i not in kept),
    )


def _fill_in(
    costly: str, readings: Sequence[Reading], policy: Policy, context: Context, surroundings: Surroundings
) -> None:
    """Give the readings what only some policies ask for."""
    if costly == "loss":
        weigh_losses(readings, policy, context, surroundings)
        return
    for reading in readings:
        if costly == "albums":
            albums = surroundings.albums
            found = albums.get(reading.id) if albums is not None else None
            reading.albums = len(found) if found is not None else None
        else:
            named = people_of(reading, surroundings)
            reading.people = sum(1 for p in named if p.name.strip()) if named is not None else None


def weigh_losses(
    readings: Sequence[Reading], policy: Policy, context: Context, surroundings: Surroundings = NOT_READ
) -> None:
    """Give each reading the weight of what is lost when it is kept and the others go."""
    for reading in readings:
        others = [other for other in readings if other is not reading and not other.protected]
        reading.loss = lost_weight(reading, others, policy, context, surroundings)


def _tier(scene: Scene, flags: Sequence[Flag]) -> Tier:
    worst = flags[0].severity if flags else None
    if worst is _BLOCK:
        return _DOUBTFUL
    first, others = scene.winner, scene.ranked[1:]
    if worst is _WARN or not scene.alike or not others or first.taken is None:
        return _LIKELY
    if scene.differs & TIME and not all(_same_instant(first, other) for other in others):
        return _LIKELY
    for other in others:
        if other.taken is None or aspects_agree(first, other) is not True:
            return _LIKELY
    known = bool(first.size and first.pixels and first.camera and first.family.rank)
    return _SAME_FILE if known and not scene.differs & _EXACT else _SAME_PICTURE


#: In none of these two exact copies differ.
_EXACT = SIZE | PIXELS | TIME | CAMERA | NAMELESS | FORMAT | LOOK

# Members of an enumeration by names of their own: looking them up by the class is slow in Python 3.11.
_BLOCK, _WARN = Severity.BLOCK, Severity.WARN
_DOUBTFUL, _LIKELY, _SAME_PICTURE, _SAME_FILE = Tier.DOUBTFUL, Tier.LIKELY, Tier.SAME_PICTURE, Tier.EXACT


def _same_instant(one: Reading, other: Reading) -> bool:
    """Whether two known dates are one: exactly, or but for fractions of a second that one copy lost."""
    if one.taken is None or other.taken is None:
        return False
    return one.taken == other.taken or fraction_lost(epoch(one.taken), epoch(other.taken))

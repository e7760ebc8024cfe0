"""Why ours, and why not Immich's: the verdict in sentences and in a small table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from immich_tui.immich.models import Group
from immich_tui.verdict import phrases
from immich_tui.verdict.criteria import CRITERIA, Criterion
from immich_tui.verdict.judge import deciding, line_up, ordering
from immich_tui.verdict.ledger import settle
from immich_tui.verdict.model import (
    NOT_READ,
    Comparison,
    Context,
    Explanation,
    Fate,
    Ledger,
    Surroundings,
    Verdict,
)
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading
from immich_tui.verdict.score import CATEGORIES, earned

_IMMICH = (CRITERIA["immich_size"], CRITERIA["exif_count"], CRITERIA["last_in_order"])

#: The categories of the score as they read inside a sentence.
_SPOKEN = ("GPS", "the time zone", "the camera", "the capture time", "the lens", "the place")
_WISHED = ("GPS", "a time zone", "a camera", "a capture time", "a lens", "a place")


def explain(
    group: Group,
    verdict: Verdict,
    policy: Policy,
    context: Context,
    surroundings: Surroundings = NOT_READ,
) -> Explanation:
    """Why the verdict is what it is. Takes the verdict's winner as given, also one made before."""
    ranked = line_up(group, policy, context, surroundings)
    by_id = {reading.id: reading for reading in ranked}
    winner = by_id.get(verdict.winner, ranked[0])
    pick = by_id.get(verdict.immich_pick, winner)
    other = _rival(ranked, winner, pick)
    ours = _ledger_for(winner, ranked, context, surroundings, policy)
    if other is None:
        return Explanation("There is nothing to compare it with.", None, (), (), ours, None, "")
    differs = pick is not winner
    criteria = ordering(policy)
    decisive = deciding(winner, other, criteria)
    table = _comparisons(winner, other, criteria)
    theirs = _ledger_for(pick, ranked, context, surroundings, policy) if differs else None
    looked_at = tuple(criterion.compare(winner, other) for criterion in _IMMICH[:2])
    return Explanation(
        sentence=_sentence(winner, other, decisive, theirs if differs else None),
        deciding=table[-1] if decisive is not None else None,
        criteria=table,
        immich_looked_at=looked_at,
        ours_loses=ours,
        theirs_loses=theirs,
        counterfactual=_counterfactual(winner, other, decisive, criteria, policy),
        protected=decisive is not None and decisive.name == "protected",
    )


def _rival(ranked: Sequence[Reading], winner: Reading, pick: Reading) -> Reading | None:
    """Whom the winner is compared with: Immich's pick, the runner-up when that is the winner."""
    if pick is not winner:
        return pick
    return next((reading for reading in ranked if reading is not winner), None)


def _ledger_for(
    keep: Reading, ranked: Sequence[Reading], context: Context, surroundings: Surroundings, policy: Policy
) -> Ledger:
    trash = [reading for reading in ranked if reading is not keep and not reading.protected]
    return settle(keep, trash, context, surroundings, policy.weights)


def _comparisons(winner: Reading, other: Reading, criteria: Sequence[Criterion]) -> tuple[Comparison, ...]:
    rows: list[Comparison] = []
    for criterion in criteria:
        rows.append(criterion.compare(winner, other))
        if rows[-1].better is not None:
            break
    return tuple(rows)


def _sentence(winner: Reading, other: Reading, decisive: Criterion | None, theirs: Ledger | None) -> str:
    ours = _why_ours(winner, other, decisive)
    if theirs is None:
        return f"Immich would keep {winner.name} too; {ours}."
    clause = (
        f"Ours {ours}"
        if decisive is not None and decisive.name == "score"
        else f"We keep {winner.name}: {ours}"
    )
    return f"{clause}; Immich would keep {other.name} because {_why_immich(winner, other)}."


def _why_ours(winner: Reading, other: Reading, decisive: Criterion | None) -> str:
    if decisive is None:
        return CRITERIA["lowest_id"].because
    if decisive.name != "score":
        shown = f"{decisive.show(winner)} against {decisive.show(other)}"
        return f"{decisive.because}" if decisive.name == "lowest_id" else f"{decisive.because} ({shown})"
    has, lacks = earned(winner), earned(other)
    gained = [name for name, mine, theirs in zip(_SPOKEN, has, lacks, strict=True) if mine and not theirs]
    missed = [name for name, mine, theirs in zip(_SPOKEN, has, lacks, strict=True) if theirs and not mine]
    text = f"keeps {phrases.listed(gained)}"
    if missed:
        text += f", though not {phrases.listed(missed, 'or')}"
    return text


def _why_immich(winner: Reading, other: Reading) -> str:
    ours, theirs = winner.size or 0, other.size or 0
    if theirs != ours:
        if not ours:
            return "the size of ours is unknown"
        return f"it is {phrases.file_size(theirs - ours)} larger"
    fields = other.exif_count - winner.exif_count
    if fields > 0:
        return f"it has {phrases.counted(fields, 'EXIF field')} more at the same size"
    if fields == 0:
        return "of two equals it takes the last"
    return "the server suggests it"


def _counterfactual(
    winner: Reading,
    other: Reading,
    decisive: Criterion | None,
    criteria: Sequence[Criterion],
    policy: Policy,
) -> str:
    """The smallest change that would make the other one win."""
    if decisive is None:
        return ""
    if decisive.name != "score":
        return f"{other.name} would win if {decisive.wish(winner)}."
    rest = criteria[list(criteria).index(decisive) + 1 :]
    after = deciding(winner, other, rest)
    tie_is_enough = after is not None and after.better(winner, other) is other
    missing = [
        (getattr(policy.weights, name), place)
        for place, ((name, _), has) in enumerate(zip(CATEGORIES, earned(other), strict=True))
        if not has
    ]
    needed = winner.score - other.score
    best: tuple[int, float, tuple[int, ...]] | None = None
    for count in range(1, len(missing) + 1):
        for chosen in combinations(missing, count):
            gain = sum(weight for weight, _ in chosen)
            if gain > needed or (tie_is_enough and gain == needed):
                places = tuple(place for _, place in chosen)
                if best is None or (gain, places) < best[1:]:
                    best = (count, gain, places)
        if best is not None:
            break
    if best is None:
        return f"{other.name} could not win by its metadata alone."
    return f"{other.name} would win if it had {phrases.listed([_WISHED[place] for place in best[2]])}."


def summary(ledger: Ledger) -> str:
    """A ledger in one line: what is carried, what is lost."""
    carried = _fields(ledger, Fate.CARRIED) + _fields(ledger, Fate.GRAFTED)
    lost = _fields(ledger, Fate.LOST)
    parts = []
    if carried:
        parts.append(f"carries {phrases.listed(carried)}")
    if lost:
        parts.append(f"loses {phrases.listed(lost)}")
    return "; ".join(parts) or "loses nothing"


def _fields(ledger: Ledger, fate: Fate) -> list[str]:
    from immich_tui.verdict.ledger import FIELD_LABELS

    return list({FIELD_LABELS[entry.field]: None for entry in ledger.with_fate(fate)})

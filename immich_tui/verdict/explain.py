"""Why ours, and why not Immich's: the verdict in sentences and in a small table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from immich_tui.immich.models import Group
from immich_tui.verdict import phrases
from immich_tui.verdict.counterfactual import wish
from immich_tui.verdict.criteria import CRITERIA, PARAMETRIC, Criterion
from immich_tui.verdict.judge import line_up
from immich_tui.verdict.ledger import NOTHING_LOST, settle, summary
from immich_tui.verdict.model import (
    NOT_READ,
    Comparison,
    Context,
    Explanation,
    Ledger,
    Surroundings,
    Verdict,
)
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading
from immich_tui.verdict.score import earned

#: What Immich looks at; where both are equal it takes the last in its order.
_IMMICH = (CRITERIA["immich_size"], CRITERIA["exif_count"])

#: The categories of the score as they read inside a sentence.
_SPOKEN = ("GPS", "the time zone", "the camera", "the capture time", "the lens", "the place")


def explain(
    group: Group,
    verdict: Verdict,
    policy: Policy,
    context: Context,
    surroundings: Surroundings = NOT_READ,
) -> Explanation:
    """Why the verdict is what it is; it must be one on this group by this policy."""
    ranked, _ = line_up(group, policy, context, surroundings)
    return explained(
        ranked, verdict, policy, lambda winner, trash: settle(winner, trash, policy, context, surroundings)
    )


Settle = Callable[[Reading, Sequence[Reading]], Ledger]
"""Makes the ledger of one winner and those that would go."""


def explained(ranked: Sequence[Reading], verdict: Verdict, policy: Policy, settled: Settle) -> Explanation:
    """`explain` for members that were lined up."""
    by_id = {reading.id: reading for reading in ranked}
    winner = ranked[0]
    pick = by_id.get(verdict.immich_pick, winner)
    other = _rival(ranked, winner, pick)
    ours = settled(winner, _others(winner, ranked))
    if other is None:
        return Explanation("There is nothing to compare it with.", None, (), (), ours, None, "")
    differs = pick is not winner
    criteria = policy.ordering
    table = _comparisons(winner, other, criteria)
    decisive = criteria[len(table) - 1] if table[-1].better is not None else None
    decided = table[-1] if decisive is not None else None
    theirs = settled(pick, _others(pick, ranked)) if differs else None
    looked_at = tuple(criterion.compare(winner, other) for criterion in _IMMICH)
    return Explanation(
        sentence=_sentence(winner, other, decisive, differs),
        deciding=decided,
        criteria=table,
        immich_looked_at=looked_at,
        ours_loses=ours,
        theirs_loses=theirs,
        counterfactual=_counterfactual(winner, other, decisive, policy),
        stakes=_stakes(ours, theirs),
        protected=decisive is not None and decisive.name == "protected",
    )


def _stakes(ours: Ledger, theirs: Ledger | None) -> str:
    if theirs is None:
        return f"Keeping it {summary(ours)}."
    if summary(ours) == summary(theirs) == NOTHING_LOST:
        return "Either way nothing is lost."
    return f"Keeping ours {summary(ours)}. Immich's choice {summary(theirs)}."


def _rival(ranked: Sequence[Reading], winner: Reading, pick: Reading) -> Reading | None:
    """Whom the winner is compared with: Immich's pick, the runner-up when that is the winner."""
    if pick is not winner:
        return pick
    return next((reading for reading in ranked if reading is not winner), None)


def _others(keep: Reading, ranked: Sequence[Reading]) -> list[Reading]:
    """Those that would go if one is kept."""
    return [reading for reading in ranked if reading is not keep and not reading.protected]


def _comparisons(winner: Reading, other: Reading, criteria: Sequence[Criterion]) -> tuple[Comparison, ...]:
    rows: list[Comparison] = []
    for criterion in criteria:
        rows.append(criterion.compare(winner, other))
        if rows[-1].better is not None:
            break
    return tuple(rows)


def _sentence(winner: Reading, other: Reading, decisive: Criterion | None, differs: bool) -> str:
    why = "is not different in anything that counts"
    if decisive is not None:
        why = why_better(winner, other, decisive, "keeps" if differs else "alone has")
    if differs:
        return f"Ours {why}; Immich would keep {named(other, winner)} because {_why_immich(winner, other)}."
    return f"Immich agrees: {winner.name} {why}."


def why_better(winner: Reading, other: Reading, decisive: Criterion, verb: str) -> str:
    """Why the winner comes before the other, to follow its name ("has more pixels (3 MP against 1 MP)").

    `verb` is for what its metadata alone has.
    """
    if decisive.name == "score":
        return _why_richer(winner, other, verb)
    if decisive.name in _SAID_WITHOUT_VALUES:
        return decisive.because
    decided = decisive.compare(winner, other)
    if decided.theirs == phrases.UNKNOWN:
        article = "" if decided.label.endswith("s") else "a "
        return f"alone has {article}known {decided.label} ({decided.ours})"
    return f"{decisive.because} ({decided.ours} against {decided.theirs})"


#: Criteria whose values say no more than the words.
_SAID_WITHOUT_VALUES = (
    frozenset({"lowest_id", "protected", "favourite", "live_video", "last_in_order"}) | PARAMETRIC.keys()
)


def _why_richer(winner: Reading, other: Reading, verb: str) -> str:
    both = list(zip(_SPOKEN, earned(winner), earned(other), strict=True))
    gained = [name for name, mine, theirs in both if mine and not theirs]
    missed = [name for name, mine, theirs in both if theirs and not mine]
    if _SPOKEN[0] in gained and _SPOKEN[-1] in gained:
        gained.remove(_SPOKEN[-1])  # the place is derived from GPS and goes without saying
    text = f"{verb} {phrases.listed(gained)}"
    return f"{text}, though not {phrases.listed(missed, 'or')}" if missed else text


_OTHER_ONE = "the other one"


def named(asset: Reading, beside: Reading) -> str:
    """The file name, where it tells the two apart."""
    return asset.name if asset.name != beside.name else _OTHER_ONE


def _why_immich(winner: Reading, other: Reading) -> str:
    ours, theirs = winner.size or 0, other.size or 0
    if theirs > ours:
        if not ours:
            return "the size of ours is unknown"
        return f"it is {phrases.file_size(theirs - ours)} larger"
    fields = other.exif_count - winner.exif_count
    if theirs == ours and fields > 0:
        return f"it has {phrases.counted(fields, 'more EXIF field')} at the same size"
    if theirs == ours and fields == 0:
        return "it is the last of equals"
    return "the server suggests it"


def _counterfactual(winner: Reading, other: Reading, decisive: Criterion | None, policy: Policy) -> str:
    if decisive is None:
        return ""
    name = named(other, winner)
    name = name[0].upper() + name[1:] if name == _OTHER_ONE else name
    return f"{name} would win if {wish(winner, other, decisive, policy)}."

"""What a person chose instead of the proposal, and what that costs beside it."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.immich.models import Group
from immich_tui.verdict.explain import Settle, why_better
from immich_tui.verdict.judge import deciding, line_up, proposal
from immich_tui.verdict.ledger import settle, spoken
from immich_tui.verdict.model import (
    NOT_READ,
    Choice,
    Context,
    Entry,
    Fate,
    Ledger,
    Override,
    Surroundings,
    Verdict,
)
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading


def override(
    group: Group,
    verdict: Verdict,
    choice: Choice,
    policy: Policy,
    context: Context,
    surroundings: Surroundings = NOT_READ,
) -> Override | None:
    """How a choice departs from what the policy proposes; `None` when it does not.

    Raises `KeyError` when the choice names an asset outside the group.
    """
    ours = proposal(group, verdict, policy)
    if _alike(choice, ours):
        return None
    ranked, _ = line_up(group, policy, context, surroundings)
    return overridden(
        ranked,
        verdict,
        choice,
        ours,
        policy,
        lambda winner, trash: settle(winner, trash, policy, context, surroundings),
    )


def overridden(
    ranked: Sequence[Reading],
    verdict: Verdict,
    choice: Choice,
    ours: Choice,
    policy: Policy,
    settled: Settle,
) -> Override | None:
    """`override` for members that were lined up, beside the proposal `ours`."""
    if _alike(choice, ours):
        return None
    readings = {reading.id: reading for reading in ranked}
    theirs, proposed = (
        settled(readings[made.winner], [readings[asset_id] for asset_id in made.trash])
        for made in (choice, ours)
    )
    loses, saves = _lost_only_in(theirs, proposed), _lost_only_in(proposed, theirs)
    chosen, best = readings[choice.winner], readings[ours.winner]
    cost = _cost(choice, loses, saves)
    if choice.winner != ours.winner and (carried := spoken(theirs.with_fate(Fate.CARRIED))):
        cost = f"It receives {carried}. {cost}"
    if choice.trash and any(flag.name in _OTHER_PICTURES for flag in verdict.flags):
        cost = f"{cost} But these may be different pictures."
    return Override(_sentence(choice, ours, chosen, best, policy), cost, loses, saves)


#: Flags that say of members that they are not one picture.
_OTHER_PICTURES = frozenset({"looks_different", "burst"})


def _alike(one: Choice, other: Choice) -> bool:
    return one.winner == other.winner and one.stack == other.stack and set(one.trash) == set(other.trash)


def _lost_only_in(book: Ledger, other: Ledger) -> tuple[Entry, ...]:
    known = {(entry.field, entry.value) for entry in other.with_fate(Fate.LOST)}
    return tuple(e for e in book.with_fate(Fate.LOST) if (e.field, e.value) not in known)


def _sentence(choice: Choice, ours: Choice, chosen: Reading, best: Reading, policy: Policy) -> str:
    members = len(choice.keep) + len(choice.trash)
    everyone = "both" if members == 2 else f"all {members}"
    kept = everyone if not choice.trash else f"{len(choice.keep)} of {members}"
    if not ours.trash:
        return f"You keep {chosen.name} and trash what we proposed to keep."
    alike = chosen is not best and chosen.name == best.name
    name, proposed = (f"{r.name} (number {r.index + 1})" if alike else r.name for r in (chosen, best))
    if choice.stack:
        did = f"You stack {kept} with {name} on top"
    elif not choice.trash:
        did = f"You keep {kept}"
    else:
        did = f"You keep {name}" if len(choice.keep) == 1 else f"You keep {kept} with {name} as the winner"
    if len(ours.keep) > 1:
        return f"{did}; we proposed to keep {len(ours.keep)} of {members} with {proposed} as the winner."
    decisive = deciding(best, chosen, policy.ordering)
    if decisive is None or not choice.trash:
        return f"{did}; we proposed to keep {proposed} alone."
    return f"{did}; we proposed {proposed}, which {why_better(best, chosen, decisive, 'keeps')}."


def _cost(choice: Choice, loses: Sequence[Entry], saves: Sequence[Entry]) -> str:
    if not choice.trash:
        return "Nothing is trashed, so nothing is lost."
    # Where two contradict each other, one of them is lost whatever one does.
    contested = {entry.field for entry in loses} & {entry.field for entry in saves}
    lost = spoken(entry for entry in loses if entry.field not in contested)
    saved = spoken(entry for entry in saves if entry.field not in contested)
    parts = []
    if lost:
        parts.append(f"It loses {lost}, which the proposal keeps.")
    if saved:
        parts.append(f"It saves {saved}, which the proposal loses.")
    if contested:
        both = spoken(entry for entry in loses if entry.field in contested)
        parts.append(f"On {both} the photos disagree, and what the proposal says goes.")
    return " ".join(parts) or "It loses no more than the proposal."

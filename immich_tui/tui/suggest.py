"""Where to start, in one sentence, from the numbers of a session."""

from __future__ import annotations

from immich_tui.review.session import Summary
from immich_tui.tui.figures import counted
from immich_tui.verdict.model import Tier

WORTH_A_FILTER = 2
"""So many groups with the same single objection are worth a sentence."""


def suggestion(summary: Summary) -> str:
    """What to do first in the review."""
    if not summary.groups:
        return "There is nothing to review: Immich knows no duplicates, or has not looked for them yet."
    left = summary.groups - summary.decided
    if not left:
        return "Every group is decided: press X in the review to carry the decisions out."
    doubtful = summary.tiers.get(Tier.DOUBTFUL, 0)
    finer = _only_finer(summary)
    ready = summary.groups - doubtful
    if ready and not summary.decided:
        sure = (
            f"Nothing speaks against the proposal in {counted(ready, 'group')}: key A accepts them together."
        )
        return f"{sure} Then look at {counted(doubtful, 'doubtful one')}.{finer}" if doubtful else sure
    if summary.decided:
        return f"{counted(summary.decided, 'group')} decided, {left:,} to go: J goes to the next one.{finer}"
    return (
        f"All {counted(doubtful, 'group')} need a look: something speaks against trashing without one.{finer}"
    )


def _only_finer(summary: Summary) -> str:
    """The quick way to the groups of which only a larger file of the same pixels speaks for another photo."""
    count = summary.only.get("compression_loss", 0)
    if count < WORTH_A_FILTER:
        return ""
    return (
        f" In {count:,} of them only a larger file speaks against ours:"
        " the filter only:compression lists these, ; acts on all."
    )

"""Where to start, in one sentence, from the numbers of a session."""

from __future__ import annotations

from immich_tui.review.session import Summary
from immich_tui.tui.figures import counted
from immich_tui.verdict.model import Tier


def suggestion(summary: Summary) -> str:
    """What to do first in the review."""
    if not summary.groups:
        return "There is nothing to review: Immich knows no duplicates, or has not looked for them yet."
    left = summary.groups - summary.decided
    if not left:
        return "Every group is decided: press X in the review to carry the decisions out."
    doubtful = summary.tiers.get(Tier.DOUBTFUL, 0)
    ready = summary.groups - doubtful
    if ready and not summary.decided:
        sure = (
            f"Nothing speaks against the proposal in {counted(ready, 'group')}: key A accepts them together."
        )
        return f"{sure} Then look at {counted(doubtful, 'doubtful one')}." if doubtful else sure
    if summary.decided:
        return f"{counted(summary.decided, 'group')} decided, {left:,} to go: J goes to the next one."
    return f"All {counted(doubtful, 'group')} need a look: something speaks against trashing without one."

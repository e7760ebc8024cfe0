"""Where to start, in one sentence, from the numbers of a session."""

from __future__ import annotations

from collections.abc import Callable

from immich_tui.review.session import Summary
from immich_tui.tui.figures import counted
from immich_tui.verdict.model import Tier

WORTH_A_FILTER = 2
"""So many groups with the same single objection are worth a sentence."""


def suggestion(summary: Summary, key: Callable[[str], str]) -> str:
    """What to do first in the review; `key` tells the key of an action by its id."""
    if not summary.groups:
        return "There is nothing to review: Immich knows no duplicates, or has not looked for them yet."
    left = summary.groups - summary.decided
    if not left:
        press = key("review.execute")
        return f"Every group is decided: press {press} in the review to carry the decisions out."
    doubtful = summary.tiers.get(Tier.DOUBTFUL, 0)
    finer = _only_finer(summary, key("review.act"))
    ready = summary.groups - doubtful
    if ready and not summary.decided:
        accept = f"in the review {key('review.accept_ready')} accepts them together"
        sure = f"Nothing speaks against the proposal in {counted(ready, 'group')}: {accept}."
        return f"{sure} Then look at {counted(doubtful, 'doubtful one')}.{finer}" if doubtful else sure
    if summary.decided:
        to_go = f"{counted(summary.decided, 'group')} decided, {left:,} to go"
        return f"{to_go}: in the review {key('review.next_undecided')} goes to the next one.{finer}"
    return (
        f"All {counted(doubtful, 'group')} need a look: something speaks against trashing without one.{finer}"
    )


def _only_finer(summary: Summary, act: str) -> str:
    """The quick way to the groups of which only a larger file of the same pixels speaks for another photo."""
    count = summary.only.get("compression_loss", 0)
    if count < WORTH_A_FILTER:
        return ""
    return (
        f" In {count:,} of them only a larger file speaks against ours:"
        f" the filter only:compression lists these, {act} acts on all."
    )

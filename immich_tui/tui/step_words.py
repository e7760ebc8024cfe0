"""A step of the undo history in words: what was taken back, or done again."""

from __future__ import annotations

from collections import Counter

from immich_tui.review.session import Step
from immich_tui.tui.figures import counted
from immich_tui.tui.marks import decision_name


def told(step: Step, did: str) -> str:
    """What a step did, as a sentence that begins with `did`: "Took back 3 decisions (2 keep, 1 skipped)."."""
    parts = []
    if step.kinds:
        kinds = Counter(decision_name(kind) if kind else "undecided again" for kind in step.kinds)
        which = ", ".join(f"{count:,} {name}" for name, count in kinds.most_common())
        parts.append(
            f"{counted(len(step.kinds), 'decision')} ({which if len(kinds) > 1 else next(iter(kinds))})"
        )
    if step.flags:
        parts.append(counted(step.flags, "flag or note", "flags or notes"))
    return f"{did} {' and '.join(parts)}."

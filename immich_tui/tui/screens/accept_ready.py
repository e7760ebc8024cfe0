"""The question before all ready groups are accepted at once."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.review.session import Row
from immich_tui.tui import figures
from immich_tui.tui.screens.confirm import Confirm


def accept_ready(ready: Sequence[Row]) -> Confirm:
    """Ask, saying how many groups, how many bytes, and how often we and Immich disagree."""
    groups = figures.counted(len(ready), "group")
    photos = figures.counted(sum(row.members - 1 for row in ready), "photo")
    freed = figures.size(sum(row.saving for row in ready))
    differ = sum(row.differs for row in ready)
    immich = "In each of them we keep what Immich would keep."
    if differ:
        immich = f"In {figures.counted(differ, 'group')} we keep another photo than Immich would."
    left_out = "Left out: doubtful groups (■), groups you flagged (⚑), and what is decided."
    later = "Nothing happens on the server yet, and u takes all of it back at once."
    return Confirm(
        f"Accept {groups}?",
        (f"{photos} would be marked for the trash, which frees {freed}.", immich, f"{left_out} {later}"),
        yes="Accept",
    )

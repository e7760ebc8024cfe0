"""How far a job is that the screens drive; apart from what drives it, which is slow to import."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where the run stands, as the screen shows it."""

    NEW = "new"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    ENDED = "ended"

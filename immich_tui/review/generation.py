"""Generations: every fetch writes under a number of its own, and the last complete one is what holds."""

from __future__ import annotations

import sqlite3

_BITS = 32
"""A text's number is that of its fetch, shifted by this, plus the position of its group."""

NEVER = 1 << 30
"""A number that no fetch reaches."""


def current(db: sqlite3.Connection) -> int:
    """The number of the last complete fetch; 0 before the first."""
    row = db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
    return int(row[0]) if row else 0


def number(generation: int, position: int) -> int:
    """The key of a group's text and gist."""
    return (generation << _BITS) + position

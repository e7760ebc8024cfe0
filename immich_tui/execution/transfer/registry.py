"""Which downloader can do which kind, and which comes first: a junction table beside the journal's own.

A downloader that registers again replaces what it said before; one that does not is no longer in the table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from immich_tui.execution.transfer.wanted import Downloader, Kind
from immich_tui.jobs.commit import connect, unavailable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS transfer_ability (
    downloader TEXT NOT NULL, kind TEXT NOT NULL, priority INTEGER NOT NULL, PRIMARY KEY (downloader, kind)
) WITHOUT ROWID
"""


def register(database: Path, downloaders: Sequence[Downloader]) -> Mapping[Kind, tuple[str, ...]]:
    """Note what these can do, and return the names that are capable of each kind, best first.

    Blocks on the disk. Raises `JournalUnavailable`.
    """
    try:
        db = connect(database)
    except sqlite3.Error as error:
        raise unavailable(error) from error
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute(_SCHEMA)
        db.execute("DELETE FROM transfer_ability")
        db.executemany(
            "INSERT INTO transfer_ability VALUES (?, ?, ?)",
            [(one.name, kind, priority) for one in downloaders for kind, priority in one.kinds.items()],
        )
        db.execute("COMMIT")
        return {kind: _capable(db, kind) for kind in Kind}
    except sqlite3.Error as error:
        raise unavailable(error) from error
    finally:
        db.close()


def _capable(db: sqlite3.Connection, kind: Kind) -> tuple[str, ...]:
    rows = db.execute(
        "SELECT downloader FROM transfer_ability WHERE kind = ? ORDER BY priority, downloader", (kind,)
    )
    return tuple(name for (name,) in rows)

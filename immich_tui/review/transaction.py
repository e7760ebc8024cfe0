"""One step in the session database: all of it is written, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write what the block does when it ends, and none of it when it raises; inside another, with that."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        _take_back(db)
        raise


def _take_back(db: sqlite3.Connection) -> None:
    # On a disk that gets full SQLite has taken all of it back by itself.
    if db.in_transaction:
        db.execute("ROLLBACK")

"""The session database: groups as fetched, verdicts, decisions and their history, in one SQLite file.

One file belongs to one server and user. Calls are synchronous; `in_thread` runs them, one after the other, in
the store's own thread. Everything is written with `synchronous=FULL`: what was decided survives a power cut.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

from immich_tui.review.decided import Decided
from immich_tui.review.differences import Differences
from immich_tui.review.fetched import Fetched
from immich_tui.review.incoming import Incoming
from immich_tui.review.local_disk import network_file_system
from immich_tui.review.outcomes import Outcomes
from immich_tui.review.schema import SCHEMA_VERSION, migrate, version_of
from immich_tui.review.transaction import transaction

P = ParamSpec("P")
T = TypeVar("T")


class StoreUnavailable(Exception):
    """The session database cannot be used; the text is a sentence that says why and what to do."""


class NotListed(StoreUnavailable):
    """A group that a fetch did not find any more: one that ended just now, or another window's."""

    def __init__(self) -> None:
        super().__init__("This group is not listed any more: the groups were fetched again.")


class Store:
    """The session database, open in one process for writing; further processes read only.

    Its parts are one file and one connection: a fetch as it is `incoming`, the groups as `fetched`, the
    `differences` between two fetches, what was `decided`, and the `outcomes` of runs.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: IO[str] | None) -> None:
        self.path = path
        self.read_only = lock is None
        self.incoming = Incoming(connection)
        self.fetched = Fetched(connection)
        self.differences = Differences(connection)
        self.decided = Decided(connection)
        self.outcomes = Outcomes(connection, self.fetched)
        self._db = connection
        self._lock = lock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="session-store")

    async def in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call in the store's thread, after those before it.

        Raises `StoreUnavailable` when the database refuses it (full disk, damage, locked by another process).
        """

        def run() -> T:
            try:
                return call(*args, **kwargs)
            except sqlite3.Error as error:
                raise StoreUnavailable(
                    f"The session database refused that: {error}. What was decided before is kept."
                ) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open or create the database; read-only when another process has it.

        Raises `StoreUnavailable` when it is damaged, from a newer version, on a network file system, or
        cannot be written at all.
        """
        if kind := network_file_system(path.parent):
            raise StoreUnavailable(
                f"The session database {path} would be on a network file system ({kind}), where two windows"
                " can take it at once and what was decided last can be lost. Set XDG_DATA_HOME to a folder on"
                " a disk of this machine; backups may stay where they are."
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = _take_lock(path)
            created = not path.exists()
            if created:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            if (version := version_of(db)) > SCHEMA_VERSION:
                raise StoreUnavailable(
                    f"The session database {path} was written by a newer immich-tui (its version {version},"
                    f" this one knows {SCHEMA_VERSION}). Update immich-tui, or move the file away to start"
                    " afresh."
                )
            migrate(db)
            if lock is None:
                db.execute("PRAGMA query_only = ON")
            return cls(path, db, lock)
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(
                f"The session database {path} cannot be used: {error}. Backups do not depend on it: each"
                " backup folder has a manifest of its own. Move the file away to start afresh."
            ) from error

    def close(self) -> None:
        """Close the database and let another process write."""
        self._thread.shutdown()
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    def together(self) -> AbstractContextManager[None]:
        """What is written inside is written as one step, or not at all; in the store's thread only."""
        return transaction(self._db)

    def meta(self) -> dict[str, str]:
        """Return the session's facts: server, user, version, policy, when it was fetched."""
        return dict(self._db.execute("SELECT key, value FROM meta"))

    def remember(self, facts: Mapping[str, str]) -> None:
        """Write facts of the session."""
        with transaction(self._db):
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())


def _take_lock(path: Path) -> IO[str] | None:
    """Hold the file beside the database; the kernel lets go of it when the process ends, however it ends."""
    lock = path.with_suffix(".lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def is_open(path: Path) -> bool:
    """Whether a process has this database open for writing. Blocks on the disk."""
    try:
        lock = _take_lock(path)
    except OSError:
        # Whoever may not write here cannot ask; nothing is claimed to be dead then.
        return True
    if lock is not None:
        lock.close()
    return lock is None

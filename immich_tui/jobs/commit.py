"""Durable writes to SQLite: one thread, and everything that waits goes into one transaction.

A commit with `synchronous=FULL` costs a device flush. Callers that arrive while one commit is under way share
the next, so the cost per write falls as more of them work at once, and nothing is reported as written before
its flush is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_OWN_FAULT = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    ValueError,
    OverflowError,
)
"""What one statement can do wrong by its values, without harm to the others of its transaction."""

BUSY_TIMEOUT_S = 10.0
"""How long a write waits for another connection's transaction."""


class JournalUnavailable(Exception):
    """The journal cannot be read or written now; `sentence` says why. A later call may succeed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


_CLOSED_TO_US = "The journal's file cannot be opened; check that its folder exists and is yours."
_DAMAGED = "The journal's file is damaged; the backups and their manifests are still usable."
_LOCKED = "The journal is locked by another program; close it and resume."
_REASONS = {
    sqlite3.SQLITE_FULL: "The disk that holds the journal is full; free some space and resume.",
    sqlite3.SQLITE_READONLY: "The journal cannot be written: its file or folder is read-only.",
    sqlite3.SQLITE_CANTOPEN: _CLOSED_TO_US,
    sqlite3.SQLITE_PERM: _CLOSED_TO_US,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: "The disk that holds the journal reports an error; check the disk and resume.",
}


def unavailable(error: sqlite3.Error | MemoryError) -> JournalUnavailable:
    """The sentence for an error of SQLite, by its primary result code."""
    code = getattr(error, "sqlite_errorcode", None)
    reason = _REASONS.get(code & 0xFF) if code is not None else None
    return JournalUnavailable(reason or f"The journal cannot be used: {error}.")


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the database for use by one thread at a time, in autocommit mode.

    Raises `sqlite3.Error` where the file cannot be opened or is not a database.
    """
    mode = "ro" if read_only else "rw"
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        timeout=BUSY_TIMEOUT_S,
    )
    try:
        if not read_only:
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        db.close()
        raise
    return db


@dataclass(slots=True)
class _Write:
    """One statement, carried out for each of some rows, and the caller that waits for it to be durable."""

    sql: str
    rows: Sequence[Sequence[object]]
    loop: asyncio.AbstractEventLoop
    written: asyncio.Future[None]
    error: Exception | None = None


class GroupCommit:
    """The only writer of the journal's tables: a thread that owns its connection.

    Every statement is durable when its future resolves. A statement that breaks a constraint fails alone; any
    other error undoes the whole transaction and reaches everyone in it, and the next write tries again.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closed = False
        self.commits = 0
        self.writes = 0
        self._thread = threading.Thread(target=self._serve, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(self, sql: str, *values: object) -> asyncio.Future[None]:
        """Queue a statement; the future resolves once it is durable.

        Statements are carried out in the order they were submitted. Cancelling the future does not take the
        statement back. Must be called from a running event loop.
        """
        return self.submit_all(sql, [values])

    def submit_all(self, sql: str, rows: Sequence[Sequence[object]]) -> asyncio.Future[None]:
        """As `submit`, for many rows with one future: each has its price, also in waking up who waits.

        They are in one transaction. Where one of them breaks a constraint, those before it are written.
        """
        loop = asyncio.get_running_loop()
        written = loop.create_future()
        written.add_done_callback(_seen)
        if self._closed:
            written.set_exception(JournalUnavailable("The journal is closed."))
        else:
            self._queue.put(_Write(sql, rows, loop, written))
        return written

    def close(self) -> None:
        """Write what is queued, then close the connection. Blocks; call it in a thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        open_ = True
        while open_:
            batch: list[_Write] = []
            waiting = self._queue.get()
            while waiting is not None:
                batch.append(waiting)
                try:
                    waiting = self._queue.get_nowait()
                except queue.Empty:
                    break
            else:
                open_ = False
            if batch:
                self._commit(batch)
                _report(batch)
        self._db.close()

    def _commit(self, batch: Iterable[_Write]) -> None:
        """Carry out a batch in one transaction and note on each write how it went."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for write in batch:
                try:
                    for values in write.rows:
                        self._db.execute(write.sql, values)
                except _OWN_FAULT as error:
                    write.error = error
            self._db.execute("COMMIT")
            self.commits += 1
            self.writes += sum(len(write.rows) for write in batch if write.error is None)
        except (sqlite3.Error, MemoryError) as error:
            if self._db.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
            for write in batch:
                write.error = unavailable(error)


def _seen(written: asyncio.Future[None]) -> None:
    """Look at a failure, so that asyncio does not complain about a write that nobody waits for."""
    if not written.cancelled():
        written.exception()


def _report(batch: Iterable[_Write]) -> None:
    """Resolve the callers' futures, with one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Write]] = {}
    for write in batch:
        by_loop.setdefault(write.loop, []).append(write)
    for loop, writes in by_loop.items():
        # A loop that was closed meanwhile has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, writes)


def _resolve(writes: Iterable[_Write]) -> None:
    for write in writes:
        if write.written.done():
            continue
        if write.error is None:
            write.written.set_result(None)
        else:
            write.written.set_exception(write.error)

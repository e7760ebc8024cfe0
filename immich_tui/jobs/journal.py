"""The journal: what was going to be done, and what came of it, durable before it is acknowledged.

It keeps its tables, all named `job_...`, in a database that others may share, and counts its own version.
Anything that changes the world outside is written twice: `intent` before it is done, `outcome` afterwards.
After a crash an intent without an outcome names exactly the calls whose effect has to be looked up.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from immich_tui.jobs.commit import GroupCommit, JournalUnavailable, connect, unavailable

__all__ = ["Journal", "JournalCost", "JournalEntry", "JournalUnavailable", "Run"]

R = TypeVar("R")

# Made once: `json.dumps` with separators makes an encoder for every call.
_ENCODER = json.JSONEncoder(separators=(",", ":"))

SCHEMA_VERSION = 1
PAGE = 500
"""Entries read at a time while streaming."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job_run (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, detail TEXT NOT NULL, state TEXT NOT NULL,
    started_at TEXT NOT NULL, finished_at TEXT, number INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job_entry (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL REFERENCES job_run (id), step TEXT NOT NULL,
    key TEXT NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS job_entry_newest ON job_entry (run, step, key, seq);
"""

_INSERT = "INSERT INTO job_entry (run, step, key, state, data, at) VALUES (?, ?, ?, ?, ?, ?)"
_LATEST = """
SELECT run, step, key, state, data, at FROM job_entry
JOIN (SELECT min(seq) AS first, max(seq) AS newest FROM job_entry WHERE run = ? AND step = ? GROUP BY key)
ON seq = newest ORDER BY first
"""
_LAST = """
SELECT run, step, key, state, data, at FROM job_entry
WHERE run = ? AND step = ? AND key = ? ORDER BY seq DESC LIMIT 1
"""
_STATES = """
SELECT state, count(*) FROM job_entry
JOIN (SELECT max(seq) AS newest FROM job_entry WHERE run = ? AND step = ? GROUP BY key) ON seq = newest
GROUP BY state
"""
# Clocks may be set back, so runs are numbered as they begin. What earlier versions began is numbered when a
# file is opened to be written; until then it is newer than what has a number.
_START = """
INSERT INTO job_run (id, kind, detail, state, started_at, number)
VALUES (?, ?, ?, 'running', ?, (SELECT coalesce(max(number), 0) + 1 FROM job_run))
"""
_RUNS = "SELECT id, kind, detail, state, started_at, finished_at FROM job_run ORDER BY "
_NUMBERED = "SELECT 1 FROM pragma_table_info('job_run') WHERE name = 'number'"
_UNNUMBERED = "SELECT id FROM job_run WHERE number IS NULL ORDER BY started_at, id"
_NUMBER = "UPDATE job_run SET number = (SELECT coalesce(max(number), 0) + 1 FROM job_run) WHERE id = ?"
_KEYS = "SELECT DISTINCT key FROM job_entry WHERE run = ? AND step = ? AND state = ?"
_COUNT = "SELECT count(DISTINCT key) FROM job_entry WHERE run = ? AND step = ?"
# Without "NOT INDEXED" the index is searched by run and the whole run sorted again for every page.
_PAGE = """
SELECT seq, run, step, key, state, data, at FROM job_entry NOT INDEXED
WHERE seq > :after AND run = :run AND (:step IS NULL OR step = :step) ORDER BY seq LIMIT :size
"""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of the journal; `at` is UTC in ISO 8601, `data` what was written with it."""

    run: str
    step: str
    key: str
    state: str
    data: dict[str, object] = field(default_factory=dict)
    at: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job; `finished_at` is `None` while it is under way or was cut off."""

    id: str
    kind: str
    detail: dict[str, object]
    state: str
    started_at: str
    finished_at: str | None


@dataclass(frozen=True, slots=True)
class JournalCost:
    """Lines written since it was opened, and the commits, each one device flush, they took."""

    writes: int
    commits: int


class Journal:
    """An open journal. Every awaited write is durable when it returns.

    All methods raise `JournalUnavailable` when the file cannot be used; nothing is written then, and the call
    may be repeated later. Reads see every write acknowledged before. An entry for a run that was never
    started is a mistake of the caller and raises `sqlite3.IntegrityError`.
    """

    def __init__(self, path: Path, reader: sqlite3.Connection, writer: GroupCommit | None) -> None:
        self.path = path
        self._reader = reader
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._closed = False

    @classmethod
    async def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the journal in the database at `path`; a missing file is made, readable by its owner only.

        Raises `JournalUnavailable` where the file cannot be opened, is damaged, or is of a newer version.
        """
        return await asyncio.to_thread(cls._open, path, read_only)

    @classmethod
    def _open(cls, path: Path, read_only: bool) -> Self:
        try:
            if read_only:
                reader = connect(path, read_only=True)
                _check_version(reader)
                return cls(path, reader, None)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A file that is there must not be opened by hand: closing it would drop every lock that SQLite
            # has on it for other connections of this process.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            db = connect(path)
            try:
                _prepare(db)
                reader = connect(path, read_only=True)
            except BaseException:
                db.close()
                raise
            return cls(path, reader, GroupCommit(db))
        except sqlite3.Error as error:
            raise unavailable(error) from error
        except OSError as error:
            raise JournalUnavailable(f"The journal {path} cannot be opened: {error.strerror}.") from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Write what is queued and close. The journal cannot be used afterwards."""
        self._closed = True
        await asyncio.to_thread(self._thread.shutdown)
        # The reader first: only a connection that may write can fold the log into the file as the last to go.
        self._reader.close()
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)

    # -- runs ------------------------------------------------------------------------------------------------

    async def start_run(self, kind: str, detail: Mapping[str, object] | None = None) -> str:
        """Begin a run and return its id, which sorts by time and is safe in a file name."""
        run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        await self._submit(_START, run, kind, _dump(detail), _now())
        return run

    def finish_run(self, run: str, state: str) -> asyncio.Future[None]:
        """Note how a run ended: `done`, `failed`, `paused`, `cancelled` or what fits.

        Queued at once and durable when awaited, so that it can be noted while a task is being cancelled.
        """
        return self._submit("UPDATE job_run SET state = ?, finished_at = ? WHERE id = ?", state, _now(), run)

    async def resume_run(self, run: str) -> None:
        """Note that a run is under way again."""
        await self._submit("UPDATE job_run SET state = 'running', finished_at = NULL WHERE id = ?", run)

    async def runs(self) -> tuple[Run, ...]:
        """All runs, newest first: the one that began last, whatever the clock said."""
        return await self._read(_runs)

    # -- entries ---------------------------------------------------------------------------------------------

    async def intent(self, run: str, step: str, key: str, data: Mapping[str, object] | None = None) -> None:
        """Note what is about to be done, with whatever is needed to look up or revert it."""
        await self.submit(run, step, key, "intent", data)

    async def outcome(
        self, run: str, step: str, key: str, state: str, data: Mapping[str, object] | None = None
    ) -> None:
        """Note what came of it: `done`, `failed`, `skipped` or what fits the step."""
        await self.submit(run, step, key, state, data)

    def submit(
        self, run: str, step: str, key: str, state: str, data: Mapping[str, object] | None = None
    ) -> asyncio.Future[None]:
        """Queue an entry; the future resolves once it, and all queued before it, is durable."""
        return self._submit(_INSERT, run, step, key, state, _dump(data), _now())

    def submit_all(
        self, run: str, step: str, state: str, entries: Iterable[tuple[str, Mapping[str, object]]]
    ) -> asyncio.Future[None]:
        """Queue entries of one state by their keys, in one transaction; the future is as that of `submit`."""
        at = _now()
        return self._open_writer.submit_all(
            _INSERT, [(run, step, key, state, _dump(data), at) for key, data in entries]
        )

    async def latest(self, run: str, step: str) -> dict[str, JournalEntry]:
        """The newest entry of each key of a step, in the order the keys first appeared."""
        return await self._read(
            lambda db: {entry.key: entry for entry in map(_entry, db.execute(_LATEST, (run, step)))}
        )

    async def count(self, run: str, step: str) -> int:
        """How many keys of a step have an entry."""
        return await self._read(lambda db: int(db.execute(_COUNT, (run, step)).fetchone()[0]))

    async def keys(self, run: str, step: str, state: str) -> frozenset[str]:
        """The keys of a step that were ever in a state."""
        return await self._read(lambda db: frozenset(key for (key,) in db.execute(_KEYS, (run, step, state))))

    async def states(self, run: str, step: str) -> Counter[str]:
        """How many keys of a step are in which state, by the newest entry of each."""
        return await self._read(lambda db: Counter(dict(db.execute(_STATES, (run, step)).fetchall())))

    async def last(self, run: str, step: str, key: str) -> JournalEntry | None:
        """The newest entry of one key, or `None`."""
        rows = await self._read(lambda db: db.execute(_LAST, (run, step, key)).fetchall())
        return _entry(rows[0]) if rows else None

    async def entries(self, run: str, step: str | None = None) -> AsyncIterator[JournalEntry]:
        """All entries of a run, or of one of its steps, in the order they were written.

        Reads a page at a time, so memory does not grow with the run and no lock is held between pages.
        """
        async for page in self.pages(run, step):
            for entry in page:
                yield entry

    async def pages(self, run: str, step: str | None = None) -> AsyncIterator[Sequence[JournalEntry]]:
        """As `entries`, some hundred at a time, for whoever has a thread to take them in."""
        after = 0
        while page := await self._read(partial(_page, run=run, step=step, after=after)):
            yield [entry for _, entry in page]
            after = page[-1][0]

    @property
    def cost(self) -> JournalCost:
        """What the writes of this process took so far."""
        if self._writer is None:
            return JournalCost(0, 0)
        return JournalCost(self._writer.writes, self._writer.commits)

    def _submit(self, sql: str, *values: object) -> asyncio.Future[None]:
        return self._open_writer.submit(sql, *values)

    @property
    def _open_writer(self) -> GroupCommit:
        if self._writer is None:
            raise JournalUnavailable("The journal is open for reading only: another window is at work on it.")
        return self._writer

    async def _read(self, query: Callable[[sqlite3.Connection], R]) -> R:
        if self._closed:
            raise JournalUnavailable("The journal is closed.")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, query, self._reader)
        except sqlite3.Error as error:
            raise unavailable(error) from error


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables where they are missing; refuse a journal that a newer version wrote."""
    db.execute("BEGIN IMMEDIATE")
    for statement in filter(str.strip, _SCHEMA.split(";")):
        db.execute(statement)
    db.execute("INSERT OR IGNORE INTO job_meta (name, value) VALUES ('version', ?)", (str(SCHEMA_VERSION),))
    _check_version(db)
    if not db.execute(_NUMBERED).fetchone():
        db.execute("ALTER TABLE job_run ADD COLUMN number INTEGER")
    for run in db.execute(_UNNUMBERED).fetchall():
        db.execute(_NUMBER, run)
    db.execute("COMMIT")


def _check_version(db: sqlite3.Connection) -> None:
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'job_meta'").fetchone():
        raise JournalUnavailable("Nothing was run here yet, so there is no journal to read.")
    version = db.execute("SELECT value FROM job_meta WHERE name = 'version'").fetchone()
    if version and int(version[0]) > SCHEMA_VERSION:
        raise JournalUnavailable(
            "The journal was written by a newer version of this program; update it to go on with these runs."
        )


def _runs(db: sqlite3.Connection) -> tuple[Run, ...]:
    """All runs, newest first; a file that only an earlier version wrote has no numbers."""
    number = "number DESC NULLS FIRST, " if db.execute(_NUMBERED).fetchone() else ""
    rows = db.execute(f"{_RUNS}{number}started_at DESC, id DESC")
    return tuple(Run(run, kind, json.loads(detail), *rest) for run, kind, detail, *rest in rows)


def _page(db: sqlite3.Connection, run: str, step: str | None, after: int) -> list[tuple[int, JournalEntry]]:
    rows = db.execute(_PAGE, {"run": run, "step": step, "after": after, "size": PAGE})
    return [(seq, _entry(row)) for seq, *row in rows]


def _entry(row: Sequence[str]) -> JournalEntry:
    run, step, key, state, data, at = row
    return JournalEntry(run, step, key, state, json.loads(data), at)


def _dump(data: Mapping[str, object] | None) -> str:
    return _ENCODER.encode(dict(data or {}))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

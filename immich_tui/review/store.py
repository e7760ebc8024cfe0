"""The session database: groups as fetched, verdicts, decisions and their history, in one SQLite file.

One file belongs to one server and user. Calls are synchronous; `in_thread` runs them, one after the other, in
the store's own thread. Decisions are written with `synchronous=FULL`: what was decided survives a
power cut. A fetch is written under a new generation and becomes visible only when it is complete, so that a
cancelled or broken one leaves the session as it was.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple, ParamSpec, TypeVar

from immich_tui.immich.models import Album, Asset, Group
from immich_tui.review.changes import ChangeKind, checksums
from immich_tui.review.decisions import Decision, DecisionKind
from immich_tui.review.differences import Differences
from immich_tui.review.history import (
    AnyChange,
    Change,
    History,
    NoteChange,
    PolicyChange,
    as_row,
    decision_of,
)
from immich_tui.verdict.dates import clock_face
from immich_tui.verdict.model import Severity, Tier

P = ParamSpec("P")
T = TypeVar("T")

SCHEMA_VERSION = 6

_FETCHED = ("groups", "unreadable", "members", "albums", "album_assets", "changes")
"""Tables whose rows belong to one fetch, besides the texts."""

_GENERATION_BITS = 32
"""A text's number is that of its fetch, shifted by this, plus the position of its group."""

_NEVER = 1 << 30
"""A number that no fetch reaches."""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE groups (
    generation INTEGER NOT NULL,
    position INTEGER NOT NULL,
    group_id TEXT NOT NULL,
    title TEXT NOT NULL,
    members INTEGER NOT NULL,
    winner TEXT NOT NULL,
    immich_pick TEXT NOT NULL,
    tier TEXT NOT NULL,
    flags TEXT NOT NULL,
    worst INTEGER,
    saving INTEGER NOT NULL,
    digest TEXT NOT NULL,
    taken INTEGER,
    PRIMARY KEY (generation, position)
) WITHOUT ROWID;
CREATE INDEX groups_by_id ON groups (generation, group_id);
CREATE INDEX groups_by_date ON groups (generation, taken, position);
CREATE TABLE texts (number INTEGER PRIMARY KEY, raw BLOB NOT NULL);
CREATE TABLE gists (number INTEGER PRIMARY KEY, gist BLOB NOT NULL);
CREATE TABLE unreadable (generation INTEGER NOT NULL, group_id TEXT, reason TEXT NOT NULL);
CREATE TABLE members (
    generation INTEGER NOT NULL, asset_id TEXT NOT NULL, group_id TEXT NOT NULL, position INTEGER NOT NULL,
    path TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, size INTEGER, camera TEXT NOT NULL,
    taken INTEGER, live INTEGER NOT NULL, external INTEGER NOT NULL,
    PRIMARY KEY (generation, asset_id, group_id)
) WITHOUT ROWID;
CREATE TABLE albums (generation INTEGER NOT NULL, album_id TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (generation, album_id)) WITHOUT ROWID;
CREATE TABLE album_assets (generation INTEGER NOT NULL, asset_id TEXT NOT NULL, album_id TEXT NOT NULL,
    PRIMARY KEY (generation, asset_id, album_id)) WITHOUT ROWID;
CREATE TABLE decisions (
    group_id TEXT PRIMARY KEY, kind TEXT NOT NULL, choice TEXT, decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL, digest TEXT NOT NULL, freed INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE notes (group_id TEXT PRIMARY KEY, note TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE history (
    seq INTEGER PRIMARY KEY, batch INTEGER NOT NULL, group_id TEXT NOT NULL, before TEXT, after TEXT,
    note INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE finished (group_id TEXT PRIMARY KEY, outcome TEXT NOT NULL, run TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE changes (generation INTEGER NOT NULL, group_id TEXT NOT NULL, kind TEXT NOT NULL,
    sentence TEXT NOT NULL, PRIMARY KEY (generation, group_id)) WITHOUT ROWID;
CREATE TABLE dismissed (checksums TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
"""


class StoreUnavailable(Exception):
    """The session database cannot be used; the text is a sentence that says why and what to do."""


class StoredGroup(NamedTuple):
    """One fetched group with its verdict in short, as the list shows it."""

    position: int
    group_id: str
    title: str
    members: int
    winner: str
    immich_pick: str
    tier: Tier
    flags: tuple[str, ...]
    worst: Severity | None
    saving: int
    digest: str


class Member(NamedTuple):
    """What lists and filters ask of one asset of a group, besides its id.

    `kind` is `image`, `video`, `audio` or `other`. `size` are bytes, `taken` is the wall clock of the
    capture in seconds since 1970 as if it were UTC; both are `None` when unknown.
    """

    asset_id: str
    path: str
    name: str
    kind: str
    size: int | None
    camera: str
    taken: int | None
    live: bool
    external: bool

    @classmethod
    def of(cls, asset: Asset) -> Member:
        """The facts of an asset."""
        exif = asset.known_exif
        make, model, taken = exif.make, exif.model, asset.local_date_time
        return cls(
            asset.id,
            asset.original_path,
            asset.original_file_name,
            asset.type.lower(),
            exif.file_size_in_byte,
            f"{make} {model}" if make and model else make or model or "",
            round(clock_face(taken)) if taken is not None else None,
            asset.live_photo_video_id is not None,
            asset.library_id is not None,
        )


class Store:
    """The session database, open in one process for writing; further processes read only."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: IO[str] | None) -> None:
        self.path = path
        self._db = connection
        self._lock = lock
        self.differences = Differences(connection)
        self._history = History(connection)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="session-store")
        self.read_only = lock is None

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

        Raises `StoreUnavailable` when it is damaged, from a newer version, or cannot be written at all.
        """
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
            _migrate(db, path)
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

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- what is known of the session as a whole

    def meta(self) -> dict[str, str]:
        """Return the session's facts: server, user, version, policy, when it was fetched."""
        return dict(self._db.execute("SELECT key, value FROM meta"))

    def remember(self, facts: Mapping[str, str]) -> None:
        """Write facts of the session."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())

    @property
    def generation(self) -> int:
        """The number of the last complete fetch; 0 before the first."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        return int(row[0]) if row else 0

    # -- fetching

    def begin_fetch(self) -> int:
        """Start a new generation, clearing what an unfinished one left behind; return its number."""
        current = self.generation
        with self._transaction():
            self._forget_generations(current + 1, _NEVER)
        return current + 1

    def drop_unfinished(self) -> None:
        """Clear what a fetch that did not end has left."""
        with self._transaction():
            self._forget_generations(self.generation + 1, _NEVER)

    def add_groups(
        self,
        generation: int,
        batch: Sequence[tuple[StoredGroup, bytes, Sequence[Member]]],
        gists: Sequence[bytes] = (),
    ) -> None:
        """Store groups with their raw JSON and the facts of their members, and their gists where known."""
        rows = [
            (
                generation,
                group.position,
                group.group_id,
                group.title,
                group.members,
                group.winner,
                group.immich_pick,
                group.tier,
                " ".join(group.flags),
                group.worst,
                group.saving,
                group.digest,
                min([member.taken for member in found if member.taken is not None], default=None),
            )
            for group, _, found in batch
        ]
        texts = [(_number(generation, group.position), zlib.compress(raw, 1)) for group, raw, _ in batch]
        members = [
            (generation, member.asset_id, group.group_id, group.position, *member[1:])
            for group, _, found in batch
            for member in found
        ]
        with self._transaction():
            self._db.executemany(f"INSERT INTO groups VALUES ({', '.join('?' * 13)})", rows)  # noqa: S608
            self._db.executemany("INSERT INTO texts VALUES (?, ?)", texts)
            self._db.executemany(
                "INSERT INTO gists VALUES (?, ?)",
                [
                    (_number(generation, row[0].position), gist)
                    for row, gist in zip(batch, gists, strict=False)
                ],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO members VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", members
            )

    def add_unreadable(self, generation: int, group_id: str | None, reason: str) -> None:
        """Store that a group could not be read, and why."""
        with self._transaction():
            self._db.execute("INSERT INTO unreadable VALUES (?, ?, ?)", (generation, group_id, reason))

    def add_album(self, generation: int, album: Album, asset_ids: Iterable[str]) -> None:
        """Store an album and which members of groups are in it; other assets are not kept."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO albums VALUES (?, ?, ?)",
                (generation, album.id, album.model_dump_json()),
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO album_assets SELECT ?, ?, ? WHERE EXISTS"
                " (SELECT 1 FROM members WHERE generation = ? AND asset_id = ?)",
                ((generation, asset, album.id, generation, asset) for asset in asset_ids),
            )

    def finish_fetch(
        self, generation: int, facts: Mapping[str, str], moved: Mapping[str, str] | None = None
    ) -> None:
        """Make a complete fetch the current one and drop the one before.

        `moved` gives the new ids of groups whose members are the same: decisions, notes and their history go
        with them.
        """
        with self._transaction():
            for old, new in (moved or {}).items():
                for table in ("decisions", "notes", "history"):
                    self._db.execute(
                        f"UPDATE OR IGNORE {table} SET group_id = ? WHERE group_id = ?",  # noqa: S608
                        (new, old),
                    )
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('generation', ?)", (str(generation),))
            self._forget_generations(0, generation)
            self._db.execute("DELETE FROM finished")

    def _forget_generations(self, first: int, end: int) -> None:
        """Forget the fetches from `first` on, up to but not including `end`."""
        for table in _FETCHED:
            self._db.execute(
                f"DELETE FROM {table} WHERE generation >= ? AND generation < ?",  # noqa: S608
                (first, end),
            )
        for table in ("texts", "gists"):
            self._db.execute(
                f"DELETE FROM {table} WHERE number >= ? AND number < ?",  # noqa: S608
                (_number(first, 0), _number(end, 0)),
            )

    # -- reading groups

    def groups(self) -> list[StoredGroup]:
        """All groups of the current generation in the server's order."""
        rows = self._db.execute(
            "SELECT position, group_id, title, members, winner, immich_pick, tier, flags, worst, saving,"
            " digest FROM groups WHERE generation = ? ORDER BY position",
            (self.generation,),
        )
        # Few sets of flags stand for all groups, and both picks are mostly one: kept once, they need less.
        tiers: dict[str, Tier] = {tier.value: tier for tier in Tier}
        severities: dict[int | None, Severity | None] = {None: None, **{int(one): one for one in Severity}}
        known = _Flags()
        return [
            StoredGroup(
                position,
                group_id,
                title,
                members,
                winner,
                winner if pick == winner else pick,
                tiers[tier],
                known[flags],
                severities[worst],
                saving,
                digest,
            )
            for position, group_id, title, members, winner, pick, tier, flags, worst, saving, digest in rows
        ]

    def raw_group(self, group_id: str) -> bytes:
        """The group's JSON as the server sent it; raises `KeyError` for an unknown one."""
        # Without the hint SQLite walks the whole generation: it cannot know how few rows the index leaves.
        return self._raw(self.generation, group_id)

    def _raw(self, generation: int, group_id: str) -> bytes:
        row = self._db.execute(
            "SELECT raw FROM groups INDEXED BY groups_by_id"
            " JOIN texts ON number = (generation << 32) + position WHERE generation = ? AND group_id = ?",
            (generation, group_id),
        ).fetchone()
        if row is None:
            raise KeyError(group_id)
        return zlib.decompress(row[0])

    def group(self, group_id: str) -> Group:
        """The group, parsed; raises `KeyError` for an unknown one."""
        return Group.model_validate_json(self.raw_group(group_id))

    def at(self, positions: Iterable[int]) -> list[Group]:
        """The groups at these places in the list, parsed."""
        rows = self._each("SELECT raw FROM texts WHERE number = ?", positions)
        return [Group.model_validate_json(zlib.decompress(row[0])) for row in rows if row]

    def gists(self, first: int, end: int) -> dict[int, bytes]:
        """The gists of the groups from one place in the list up to another, by their places."""
        start = _number(self.generation, 0)
        rows = self._db.execute(
            "SELECT number, gist FROM gists WHERE number >= ? AND number < ?", (start + first, start + end)
        )
        return {number - start: gist for number, gist in rows}

    def _each(self, query: str, positions: Iterable[int]) -> list[tuple[bytes] | None]:
        """One row for each place, in one transaction: taking the lock for each costs more than reading."""
        self._db.execute("BEGIN")
        try:
            first = _number(self.generation, 0)
            return [self._db.execute(query, (first + place,)).fetchone() for place in positions]
        finally:
            self._db.execute("COMMIT")

    def rejudge(self, verdicts: Iterable[StoredGroup]) -> None:
        """Replace the short verdicts of groups, after a change of policy."""
        generation = self.generation
        with self._transaction():
            self._db.executemany(
                "UPDATE groups SET title = ?, winner = ?, tier = ?, flags = ?, worst = ?, saving = ?"
                " WHERE generation = ? AND position = ?",
                (
                    (v.title, v.winner, v.tier, " ".join(v.flags), v.worst, v.saving, generation, v.position)
                    for v in verdicts
                ),
            )

    def with_member(self, condition: str, arguments: Sequence[str | float] = ()) -> set[int]:
        """Positions of the groups of which a member meets an SQL condition on the facts of `Member`."""
        rows = self._db.execute(
            f"SELECT DISTINCT position FROM members WHERE generation = ? AND ({condition})",  # noqa: S608
            (self.generation, *arguments),
        )
        return {position for (position,) in rows}

    def by_date(self) -> list[int]:
        """Positions of the groups by the capture of their earliest member, unknown ones last."""
        places: list[int] = []
        # Asked apart, both come out of the index in their order.
        for known in ("NOT NULL", "NULL"):
            places += (
                position
                for (position,) in self._db.execute(
                    "SELECT position FROM groups WHERE generation = ?"  # noqa: S608
                    f" AND taken IS {known} ORDER BY taken, position",
                    (self.generation,),
                )
            )
        return places

    def changes(self) -> dict[str, tuple[ChangeKind, str]]:
        """What is different since the fetch before: group id to the kind and a sentence (empty for new)."""
        rows = self._db.execute(
            "SELECT group_id, kind, sentence FROM changes WHERE generation = ?", (self.generation,)
        )
        return {group: (ChangeKind(kind), sentence) for group, kind, sentence in rows}

    def name_of(self, asset_id: str) -> str:
        """The file name of a member; raises `KeyError` for an unknown asset."""
        row = self._db.execute(
            "SELECT name FROM members WHERE generation = ? AND asset_id = ?", (self.generation, asset_id)
        ).fetchone()
        if row is None:
            raise KeyError(asset_id)
        return str(row[0])

    def unreadable(self) -> list[tuple[str | None, str]]:
        """Groups that could not be read: id where known, and the reason."""
        return list(
            self._db.execute(
                "SELECT group_id, reason FROM unreadable WHERE generation = ?", (self.generation,)
            )
        )

    def in_two_groups(self) -> dict[str, tuple[str, ...]]:
        """Assets that stand in more than one group, with those groups: neither may be executed."""
        rows = self._db.execute(
            "SELECT asset_id, group_concat(group_id) FROM members WHERE generation = ?"
            " GROUP BY asset_id HAVING count(*) > 1",
            (self.generation,),
        )
        return {asset: tuple(groups.split(",")) for asset, groups in rows}

    def albums_known(self) -> bool:
        """Whether albums were read in the current fetch."""
        return self.meta().get("albums") == "read"

    def albums_of(self, asset_ids: Sequence[str]) -> dict[str, tuple[Album, ...]]:
        """The albums of these assets, by asset id; every asked id is a key."""
        marks = ", ".join("?" * len(asset_ids))
        rows = self._db.execute(
            "SELECT asset_id, value FROM album_assets JOIN albums USING (generation, album_id)"  # noqa: S608
            f" WHERE generation = ? AND asset_id IN ({marks}) ORDER BY album_id",
            (self.generation, *asset_ids),
        )
        found: dict[str, list[Album]] = {asset: [] for asset in asset_ids}
        for asset, value in rows:
            found[asset].append(Album.model_validate_json(value))
        return {asset: tuple(albums) for asset, albums in found.items()}

    # -- decisions

    def decisions(self) -> dict[str, Decision]:
        """All decisions, by group id, including those of groups that have gone."""
        rows = self._db.execute(
            "SELECT group_id, kind, choice, decided_by, decided_at, digest, freed FROM decisions"
        )
        return {row[0]: decision_of(row) for row in rows}

    def decide(self, changes: Sequence[AnyChange]) -> None:
        """Write decisions and notes as one step of the undo history."""
        with self._transaction():
            self._history.add(changes)
            self._put(changes)

    def undo(self) -> list[AnyChange]:
        """Take back the last step; return what that changed, nothing when there is none."""
        return self._travel(self._history.back)

    def redo(self) -> list[AnyChange]:
        """Do again what was undone last; return what that changed, nothing when there is none."""
        return self._travel(self._history.forward)

    def _travel(self, move: Callable[[], list[AnyChange]]) -> list[AnyChange]:
        with self._transaction():
            changes = move()
            self._put(changes)
        return changes

    def switch_ahead(self, *, back: bool) -> PolicyChange | None:
        """The switch of policy that would be taken back (or done again) next, if the next step is one."""
        return self._history.switch_ahead(back=back)

    def switch(self, change: PolicyChange, facts: Mapping[str, str], travel: bool | None) -> None:
        """Write that another policy holds, with facts of it.

        It is a step of the history: the one that was made before where `travel` says so (`True`: it is taken
        back, `False`: done again) and no other came between, else a new one. The policy before, with other
        settings, is none.
        """
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())
            ahead = None if travel is None else self._history.switch_ahead(back=travel)
            if ahead is not None and ahead.after == change.after:
                (self._history.back if travel else self._history.forward)()
            elif change.before != change.after:
                self._history.add([change])

    def _put(self, changes: Iterable[AnyChange]) -> None:
        """Write what groups are decided as, and which notes they have, after these changes."""
        for change in changes:
            if isinstance(change, PolicyChange):
                continue
            table = "decisions" if isinstance(change, Change) else "notes"
            if change.after is None:
                self._db.execute(f"DELETE FROM {table} WHERE group_id = ?", (change.group_id,))  # noqa: S608
            elif isinstance(change, NoteChange):
                self._db.execute(
                    "INSERT OR REPLACE INTO notes VALUES (?, ?)", (change.group_id, change.after)
                )
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?)", as_row(change.after)
                )

    # -- notes and outcomes

    def notes(self) -> dict[str, str]:
        """Notes of flagged groups, by group id."""
        return dict(self._db.execute("SELECT group_id, note FROM notes"))

    def finished(self) -> dict[str, str]:
        """Groups that a run has dealt with since the last fetch, with the outcome."""
        return dict(self._db.execute("SELECT group_id, outcome FROM finished"))

    def finish_groups(self, outcomes: Mapping[str, str], run: str) -> None:
        """Record that a run has dealt with groups, by their ids.

        Dismissed ones are remembered by their files, to be known again if they come back.
        """
        with self._transaction():
            for group_id, outcome in outcomes.items():
                self._db.execute("INSERT OR REPLACE INTO finished VALUES (?, ?, ?)", (group_id, outcome, run))
                if outcome != DecisionKind.KEEP_ALL:
                    continue
                files = checksums(self.group(group_id))
                if files is not None:
                    self._db.execute(
                        "INSERT OR REPLACE INTO dismissed VALUES (?, ?)",
                        (files, datetime.now(UTC).isoformat()),
                    )

    def reopen_group(self, group_id: str) -> None:
        """Forget that a run has dealt with a group: what it did was undone."""
        with self._transaction():
            self._db.execute("DELETE FROM finished WHERE group_id = ?", (group_id,))


class _Flags(dict[str, tuple[str, ...]]):
    """Flags as a tuple, by their text; one for all groups that have the same."""

    def __missing__(self, text: str) -> tuple[str, ...]:
        self[text] = flags = tuple(text.split())
        return flags


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


def _number(generation: int, position: int) -> int:
    return (generation << _GENERATION_BITS) + position


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreUnavailable(
            f"The session database {path} was written by a newer immich-tui (its version {version}, this one"
            f" knows {SCHEMA_VERSION}). Update immich-tui, or move the file away to start afresh."
        )
    if version < 1:
        db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        return
    if version < 2:
        _add_facts_of_members(db)
    if version < 3:
        db.executescript(_TEXTS_APART)
    if version < 4:
        db.executescript(_GISTS)
    if version < 5:
        db.executescript(_DATES_OF_GROUPS)
    if version < 6:
        db.executescript(_NOTES_IN_HISTORY)


_FACTS_OF_MEMBERS = """
ALTER TABLE members ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN size INTEGER;
ALTER TABLE members ADD COLUMN camera TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN taken INTEGER;
ALTER TABLE members ADD COLUMN live INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN external INTEGER NOT NULL DEFAULT 0;
"""


#: Version 3: texts have a table of their own, so that the list is read without them.
_TEXTS_APART = """
BEGIN IMMEDIATE;
CREATE TABLE texts (number INTEGER PRIMARY KEY, raw BLOB NOT NULL);
INSERT INTO texts SELECT (generation << 32) + position, raw FROM groups;
ALTER TABLE groups DROP COLUMN raw;
CREATE TABLE changes (generation INTEGER NOT NULL, group_id TEXT NOT NULL, kind TEXT NOT NULL,
    sentence TEXT NOT NULL, PRIMARY KEY (generation, group_id)) WITHOUT ROWID;
CREATE TABLE dismissed (checksums TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 3;
COMMIT;
"""


#: Version 4: a change of policy need not read every group.
_GISTS = """
BEGIN IMMEDIATE;
CREATE TABLE gists (number INTEGER PRIMARY KEY, gist BLOB NOT NULL);
PRAGMA user_version = 4;
COMMIT;
"""


#: Version 5: ordering by date need not read every member.
_DATES_OF_GROUPS = """
BEGIN IMMEDIATE;
ALTER TABLE groups ADD COLUMN taken INTEGER;
CREATE TEMP TABLE earliest (generation INTEGER, position INTEGER, taken INTEGER,
    PRIMARY KEY (generation, position)) WITHOUT ROWID;
INSERT INTO earliest SELECT generation, position, min(taken) FROM members GROUP BY generation, position;
UPDATE groups SET taken = (SELECT earliest.taken FROM earliest
    WHERE earliest.generation = groups.generation AND earliest.position = groups.position);
DROP TABLE earliest;
CREATE INDEX groups_by_date ON groups (generation, taken, position);
PRAGMA user_version = 5;
COMMIT;
"""


#: Version 6: notes can be taken back like decisions.
_NOTES_IN_HISTORY = """
BEGIN IMMEDIATE;
ALTER TABLE history ADD COLUMN note INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 6;
COMMIT;
"""


def _add_facts_of_members(db: sqlite3.Connection) -> None:
    """Version 2: what filters ask of members is in columns; it is read from the groups that are here."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in _FACTS_OF_MEMBERS.strip().split("\n"):
            db.execute(statement)
        groups = db.execute("SELECT generation, position, raw FROM groups").fetchall()
        for generation, position, raw in groups:
            group = Group.model_validate_json(zlib.decompress(raw))
            db.executemany(
                "UPDATE members SET position = ?, path = ?, name = ?, kind = ?, size = ?, camera = ?,"
                " taken = ?, live = ?, external = ? WHERE generation = ? AND asset_id = ? AND group_id = ?",
                ((position, *Member.of(asset)[1:], generation, asset.id, group.id) for asset in group.assets),
            )
        db.execute("PRAGMA user_version = 2")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")

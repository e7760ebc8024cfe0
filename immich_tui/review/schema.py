"""The tables of the session database, and how a file of an earlier version becomes one of this version."""

from __future__ import annotations

import sqlite3
import zlib

from immich_tui.immich.models import Group
from immich_tui.review.stored import Member
from immich_tui.review.transaction import transaction

SCHEMA_VERSION = 8

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
    trashed INTEGER NOT NULL DEFAULT 0,
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
CREATE TABLE dismissed (checksums TEXT PRIMARY KEY, at TEXT NOT NULL, group_id TEXT NOT NULL DEFAULT '')
    WITHOUT ROWID;
"""

STATEMENTS = tuple(filter(None, map(str.strip, _SCHEMA.split(";"))))
"""The statements that make a new file of this version."""


def version_of(db: sqlite3.Connection) -> int:
    """The version that a file was written by; 0 for a new one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring a file that is not newer than this version up to it, a version at a time; make a new one."""
    if version_of(db) < 1:
        _make(db)
    version = version_of(db)
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
    if version < 7:
        db.executescript(_TRASHED_BY_GROUP)
    if version < 8:
        db.executescript(_DISMISSED_BY_GROUP)


def _make(db: sqlite3.Connection) -> None:
    with transaction(db):
        # Another window may have begun the same session in the meantime.
        if version_of(db) < 1:
            for statement in STATEMENTS:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


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


#: Version 7: how many photos a proposal trashes is counted. Until the next fetch it is guessed as before.
_TRASHED_BY_GROUP = """
BEGIN IMMEDIATE;
ALTER TABLE groups ADD COLUMN trashed INTEGER NOT NULL DEFAULT 0;
UPDATE groups SET trashed = CASE WHEN saving > 0 THEN members - 1 ELSE 0 END;
PRAGMA user_version = 7;
COMMIT;
"""


#: Version 8: a dismissal that is undone is forgotten. Of earlier ones nobody knows which group it was.
_DISMISSED_BY_GROUP = """
BEGIN IMMEDIATE;
ALTER TABLE dismissed ADD COLUMN group_id TEXT NOT NULL DEFAULT '';
PRAGMA user_version = 8;
COMMIT;
"""


def _add_facts_of_members(db: sqlite3.Connection) -> None:
    """Version 2: what filters ask of members is in columns; it is read from the groups that are here."""
    with transaction(db):
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

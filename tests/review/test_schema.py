"""A session database of an earlier version becomes one of this version and keeps what is in it."""

import sqlite3
from pathlib import Path

import pytest

from immich_tui.review.history import Change, NoteChange
from immich_tui.review.schema import SCHEMA_VERSION
from immich_tui.review.store import Store, StoreUnavailable
from tests.review.filled_store import decision, fill, raw, touched

BEFORE_TEXTS = """
ALTER TABLE history DROP COLUMN note;
DROP INDEX groups_by_date;
ALTER TABLE groups DROP COLUMN trashed;
ALTER TABLE groups DROP COLUMN taken;
ALTER TABLE groups ADD COLUMN raw BLOB;
UPDATE groups SET raw = (SELECT raw FROM texts WHERE number = (generation << 32) + position);
DROP TABLE texts; DROP TABLE gists; DROP TABLE changes; DROP TABLE dismissed;
"""


def test_a_database_of_the_first_version_learns_the_facts_of_its_members(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g0", "g1")
    store.close()
    with sqlite3.connect(path) as db:
        for column in ["position", "path", "name", "kind", "size", "camera", "taken", "live", "external"]:
            db.execute(f"ALTER TABLE members DROP COLUMN {column}")
        db.executescript(BEFORE_TEXTS)
        db.execute("PRAGMA user_version = 1")
    store = Store.open(path)
    assert store.fetched.with_member("kind = 'image'") == {0, 1}
    assert store.fetched.with_member("asset_id = 'g1-b'") == {1}
    store.close()
    store = Store.open(path)
    assert store.fetched.with_member("kind = 'image'") == {0, 1}
    assert store.fetched.raw_group("g1") == raw("g1")
    fill(store, "g2")
    assert [group.group_id for group in store.fetched.groups()] == ["g2"]


def test_a_database_from_before_notes_were_steps_keeps_its_history(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1")
    store.decided.write([Change("g1", None, decision("g1"))])
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE history DROP COLUMN note")
        db.execute("ALTER TABLE groups DROP COLUMN trashed")
        db.execute("ALTER TABLE dismissed DROP COLUMN group_id")
        db.execute("PRAGMA user_version = 5")
    store = Store.open(path)
    store.decided.write([NoteChange("g1", None, "look")])
    assert store.decided.undo() == [NoteChange("g1", "look", None)]
    assert touched(store.decided.undo()) == ["g1"]
    assert store.decided.decisions() == {}


def test_a_database_from_before_photos_were_counted_guesses_them(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g0", "g1")
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE groups SET saving = 0 WHERE group_id = 'g1'")
        db.execute("ALTER TABLE groups DROP COLUMN trashed")
        db.execute("ALTER TABLE dismissed DROP COLUMN group_id")
        db.execute("PRAGMA user_version = 6")
    store = Store.open(path)
    assert [group.trashed for group in store.fetched.groups()] == [1, 0]
    fill(store, "g2")
    assert [group.trashed for group in store.fetched.groups()] == [1]


def test_a_database_from_before_dismissals_were_undone_keeps_them(path: Path) -> None:
    store = Store.open(path)
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE dismissed DROP COLUMN group_id")
        db.execute("INSERT INTO dismissed VALUES ('files', '2026-01-01')")
        db.execute("PRAGMA user_version = 7")
    store = Store.open(path)
    store.outcomes.reopen("g1")
    assert store.differences.dismissed() == {"files"}


def test_a_database_of_a_newer_version_is_refused(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreUnavailable, match="newer"):
        Store.open(path)

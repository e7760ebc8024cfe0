"""The file of a session belongs to one process, and what it refuses is told as a sentence."""

import multiprocessing
import sqlite3
import threading
from pathlib import Path

import pytest

from immich_tui.review import schema
from immich_tui.review.history import Change
from immich_tui.review.store import Store, StoreUnavailable
from tests.review.filled_store import decision, fill


def _hold(path: Path, ready: "multiprocessing.Queue[bool]", stop: "multiprocessing.Queue[bool]") -> None:
    store = Store.open(path)
    ready.put(store.read_only)
    stop.get(timeout=60)
    store.close()


def test_a_second_process_reads_only(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready: multiprocessing.Queue[bool] = context.Queue()
    stop: multiprocessing.Queue[bool] = context.Queue()
    process = context.Process(target=_hold, args=(path, ready, stop))
    process.start()
    assert ready.get(timeout=60) is False
    second = Store.open(path)
    assert second.read_only
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        second.remember({"a": "b"})
    second.close()
    stop.put(True)
    process.join(timeout=60)
    third = Store.open(path)
    assert not third.read_only


def test_two_windows_may_begin_the_same_session_at_once(path: Path) -> None:
    path.parent.mkdir()
    first = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    first.execute("PRAGMA journal_mode = WAL")
    first.execute("BEGIN IMMEDIATE")
    opened: list[Store | StoreUnavailable] = []

    def open_second() -> None:
        try:
            opened.append(Store.open(path))
        except StoreUnavailable as error:
            opened.append(error)

    began = threading.Event()
    second = threading.Thread(target=open_second)
    real = schema.version_of

    def version_of(db: sqlite3.Connection) -> int:
        version = real(db)
        began.set()
        return version

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "version_of", version_of)
        second.start()
        assert began.wait(10)
        for statement in schema.STATEMENTS:
            first.execute(statement)
        first.execute(f"PRAGMA user_version = {schema.SCHEMA_VERSION}")
        first.execute("COMMIT")
        second.join(30)
    first.close()
    assert isinstance(opened[0], Store), opened
    opened[0].close()


def test_a_damaged_database_is_refused_with_a_way_out(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 200)
    with pytest.raises(StoreUnavailable, match="Move the file away"):
        Store.open(path)


async def test_what_the_database_refuses_is_told_as_a_sentence(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1")
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE decisions")
    with pytest.raises(StoreUnavailable, match="What was decided before is kept"):
        await store.in_thread(store.decided.write, [Change("g1", None, decision("g1"))])
    store.close()


def test_a_step_that_sqlite_took_back_by_itself_says_why(path: Path) -> None:
    store = Store.open(path)
    store.remember({"a": "b"})
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"), store.together():
        # As on a disk that gets full, nothing is left to take back.
        store._db.execute("INSERT OR ROLLBACK INTO meta VALUES ('a', 'c')")
    assert store.meta()["a"] == "b"
    store.close()


def test_a_step_that_cannot_be_committed_is_taken_back(path: Path) -> None:
    store = Store.open(path)
    store._db.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    store._db.execute("CREATE TABLE children (id REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"), store.together():
        store._db.execute("INSERT INTO children VALUES (1)")
    store.remember({"a": "b"})
    store.close()
    later = Store.open(path)
    assert later.meta()["a"] == "b", "a step that is left open takes all that follows with it"
    later.close()

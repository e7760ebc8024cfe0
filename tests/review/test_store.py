"""The file of a session belongs to one process, and what it refuses is told as a sentence."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

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

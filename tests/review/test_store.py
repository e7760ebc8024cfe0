"""The session database keeps what was decided, and a broken fetch leaves it as it was."""

import json
import multiprocessing
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from immich_tui.immich.models import Album
from immich_tui.review.decisions import DecidedBy, Decision, DecisionKind
from immich_tui.review.history import Change, NoteChange
from immich_tui.review.schema import SCHEMA_VERSION
from immich_tui.review.store import Store, StoreUnavailable
from immich_tui.review.stored import Member, StoredGroup
from immich_tui.verdict.model import Choice, Severity, Tier


def stored(group_id: str, position: int = 0, digest: str = "d") -> StoredGroup:
    return StoredGroup(
        position,
        group_id,
        f"{group_id}.jpg",
        2,
        "a",
        "b",
        Tier.LIKELY,
        ("camera_loss",),
        Severity.WARN,
        7,
        digest,
    )


def member(asset_id: str, **facts: Any) -> Member:
    blank = Member(asset_id, f"/data/{asset_id}.jpg", f"{asset_id}.jpg", "image", 5, "", None, False, False)
    return blank._replace(**facts)


def raw(group_id: str) -> bytes:
    assets = [{"id": f"{group_id}-{n}", "type": "IMAGE"} for n in "ab"]
    return json.dumps({"duplicateId": group_id, "assets": assets}).encode()


def fill(store: Store, *groups: str) -> None:
    generation = store.incoming.begin()
    store.incoming.add_groups(
        generation,
        [(stored(g, n), raw(g), (member(f"{g}-a"), member(f"{g}-b"))) for n, g in enumerate(groups)],
    )
    store.incoming.finish(generation, {"server": "x"})


def decision(group_id: str, kind: DecisionKind = DecisionKind.RESOLVE) -> Decision:
    choice = Choice("a", ("a",), ("b",)) if kind is DecisionKind.RESOLVE else None
    return Decision(group_id, kind, choice, DecidedBy.PERSON, datetime(2026, 1, 2, tzinfo=UTC), "d", 7)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "home.db"


def test_groups_come_back_as_they_were_stored(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1", "g2")
    assert store.fetched.groups() == [stored("g1", 0), stored("g2", 1)]
    assert store.fetched.raw_group("g2") == raw("g2")
    assert [asset.id for asset in store.fetched.group("g1").assets] == ["g1-a", "g1-b"]
    with pytest.raises(KeyError):
        store.fetched.group("g3")
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_unfinished_fetch_changes_nothing(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1")
    generation = store.incoming.begin()
    store.incoming.add_groups(generation, [(stored("g9"), raw("g9"), [member("g9-a")])])
    store.incoming.add_unreadable(generation, "gX", "no assets")
    assert [group.group_id for group in store.fetched.groups()] == ["g1"]
    assert store.fetched.unreadable() == []
    fill(store, "g2", "g3")
    assert [group.group_id for group in store.fetched.groups()] == ["g2", "g3"]
    assert store.fetched.unreadable() == []


def test_an_asset_in_two_groups_is_found(path: Path) -> None:
    store = Store.open(path)
    generation = store.incoming.begin()
    store.incoming.add_groups(
        generation,
        [
            (stored("g1", 0), raw("g1"), (member("a"), member("b"))),
            (stored("g2", 1), raw("g2"), (member("b"), member("c"))),
        ],
    )
    store.incoming.finish(generation, {})
    assert store.fetched.in_two_groups() == {"b": ("g1", "g2")}


def test_groups_are_found_by_what_their_members_are(path: Path) -> None:
    store = Store.open(path)
    generation = store.incoming.begin()
    store.incoming.add_groups(
        generation,
        [
            (stored("g1", 0), raw("g1"), (member("a", taken=300), member("b", size=9_000, taken=200))),
            (stored("g2", 1), raw("g2"), (member("c", kind="video", taken=100),)),
            (stored("g3", 2), raw("g3"), (member("d"), member("e", path="/x/WhatsApp/e.jpg"))),
        ],
    )
    store.incoming.finish(generation, {})
    assert store.fetched.with_member("size > ?", [8_000]) == {0}
    assert store.fetched.with_member("kind = 'video'") == {1}
    assert store.fetched.with_member("path LIKE ?", ["%whatsapp%"]) == {2}
    assert store.fetched.by_date() == [1, 0, 2]


BEFORE_TEXTS = """
ALTER TABLE history DROP COLUMN note;
DROP INDEX groups_by_date;
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


def test_albums_are_kept_for_members_only(path: Path) -> None:
    store = Store.open(path)
    generation = store.incoming.begin()
    store.incoming.add_groups(generation, [(stored("g1"), raw("g1"), (member("g1-a"), member("g1-b")))])
    album = Album(id="al", album_name="Holidays [red]")
    store.incoming.add_album(generation, album, ["g1-a", "elsewhere"])
    store.incoming.finish(generation, {"albums": "read"})
    assert store.fetched.albums_known()
    assert store.fetched.albums_of(["g1-a", "g1-b"]) == {"g1-a": (album,), "g1-b": ()}


def test_decisions_survive_and_travel_through_undo_and_redo(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1", "g2")
    store.decided.write([Change("g1", None, decision("g1"))])
    skipped = decision("g1", DecisionKind.SKIP)
    store.decided.write([Change("g1", decision("g1"), skipped), Change("g2", None, decision("g2"))])
    store.close()

    store = Store.open(path)
    assert store.decided.decisions() == {"g1": decision("g1", DecisionKind.SKIP), "g2": decision("g2")}
    assert [change.group_id for change in store.decided.undo()] == ["g1", "g2"]
    assert store.decided.decisions() == {"g1": decision("g1")}
    store.close()

    store = Store.open(path)
    assert len(store.decided.redo()) == 2
    assert len(store.decided.undo()) == 2
    assert len(store.decided.undo()) == 1
    assert store.decided.decisions() == {}
    assert store.decided.undo() == []
    store.decided.write([Change("g2", None, decision("g2"))])
    assert store.decided.redo() == [], "a new decision ends what could be redone"


def test_a_note_is_a_step_like_any_other_and_follows_a_group_to_its_new_id(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1")
    store.decided.write([Change("g1", None, decision("g1"))])
    store.decided.write([NoteChange("g1", None, "")])
    assert store.decided.notes() == {"g1": ""}
    generation = store.incoming.begin()
    store.incoming.add_groups(generation, [(stored("g7"), raw("g7"), [member("g7-a")])])
    store.incoming.finish(generation, {}, {"g1": "g7"})
    assert store.decided.notes() == {"g7": ""}
    assert store.decided.undo() == [NoteChange("g7", "", None)]
    assert store.decided.notes() == {}
    assert [change.group_id for change in store.decided.undo()] == ["g7"]
    assert store.decided.decisions() == {}
    store.decided.redo()
    assert store.decided.decisions()["g7"].group_id == "g7"


def test_a_database_from_before_notes_were_steps_keeps_its_history(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1")
    store.decided.write([Change("g1", None, decision("g1"))])
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE history DROP COLUMN note")
        db.execute("PRAGMA user_version = 5")
    store = Store.open(path)
    store.decided.write([NoteChange("g1", None, "look")])
    assert store.decided.undo() == [NoteChange("g1", "look", None)]
    assert [change.group_id for change in store.decided.undo()] == ["g1"]
    assert store.decided.decisions() == {}


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


def test_a_database_of_a_newer_version_is_refused(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreUnavailable, match="newer"):
        Store.open(path)


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

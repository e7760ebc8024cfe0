"""Decisions and notes survive, and every step of them can be taken back and done again."""

from pathlib import Path

from immich_tui.review.decisions import DecisionKind
from immich_tui.review.history import Change, NoteChange
from immich_tui.review.store import Store
from tests.review.filled_store import decision, fill, member, raw, stored, touched


def test_decisions_survive_and_travel_through_undo_and_redo(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1", "g2")
    store.decided.write([Change("g1", None, decision("g1"))])
    skipped = decision("g1", DecisionKind.SKIP)
    store.decided.write([Change("g1", decision("g1"), skipped), Change("g2", None, decision("g2"))])
    store.close()

    store = Store.open(path)
    assert store.decided.decisions() == {"g1": decision("g1", DecisionKind.SKIP), "g2": decision("g2")}
    assert touched(store.decided.undo()) == ["g1", "g2"]
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
    assert touched(store.decided.undo()) == ["g7"]
    assert store.decided.decisions() == {}
    store.decided.redo()
    assert store.decided.decisions()["g7"].group_id == "g7"

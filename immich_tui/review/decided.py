"""Decisions and notes in the session database, each change of them a step of the undo history."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence

from immich_tui.review.decisions import Decision
from immich_tui.review.history import (
    AnyChange,
    Change,
    History,
    NoteChange,
    PolicyChange,
    as_row,
    decision_of,
)
from immich_tui.review.transaction import transaction


class Decided:
    """Decisions and notes as they stand, and the way back and forth. All calls run in the store's thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._history = History(connection)

    def decisions(self) -> dict[str, Decision]:
        """All decisions, by group id, including those of groups that have gone."""
        rows = self._db.execute(
            "SELECT group_id, kind, choice, decided_by, decided_at, digest, freed FROM decisions"
        )
        return {row[0]: decision_of(row) for row in rows}

    def decision(self, group_id: str) -> Decision | None:
        """The decision of a group, also of one that has gone; `None` where there is none."""
        row = self._db.execute(
            "SELECT group_id, kind, choice, decided_by, decided_at, digest, freed FROM decisions"
            " WHERE group_id = ?",
            (group_id,),
        ).fetchone()
        return None if row is None else decision_of(row)

    def notes(self) -> dict[str, str]:
        """Notes of flagged groups, by group id."""
        return dict(self._db.execute("SELECT group_id, note FROM notes"))

    def write(self, changes: Sequence[AnyChange]) -> None:
        """Write decisions and notes as one step of the undo history."""
        with transaction(self._db):
            self._history.add(changes)
            self._put(changes)

    def undo(self) -> list[AnyChange]:
        """Take back the last step; return what that changed, nothing when there is none."""
        return self._travel(self._history.back)

    def redo(self) -> list[AnyChange]:
        """Do again what was undone last; return what that changed, nothing when there is none."""
        return self._travel(self._history.forward)

    def _travel(self, move: Callable[[], list[AnyChange]]) -> list[AnyChange]:
        with transaction(self._db):
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
        with transaction(self._db):
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

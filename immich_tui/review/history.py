"""The undo history: what every step did to decisions, notes or the policy, to take it back or do it again.

A step is a batch of changes, however many groups it was about. The history is in the session database and
does not end with the day: earlier steps can be taken back as well.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from immich_tui.review.decisions import DecidedBy, Decision, DecisionKind
from immich_tui.verdict.model import Choice

_CHOICE = TypeAdapter(Choice)


@dataclass(frozen=True, slots=True)
class Change:
    """A group's decision before and after a step (`None`: undecided)."""

    group_id: str
    before: Decision | None
    after: Decision | None

    def back(self) -> Change:
        """The change that takes this one back."""
        return Change(self.group_id, self.after, self.before)


@dataclass(frozen=True, slots=True)
class NoteChange:
    """The note of a group's flag before and after a step (`None`: no flag; a note may be empty)."""

    group_id: str
    before: str | None
    after: str | None

    def back(self) -> NoteChange:
        """The change that takes this one back."""
        return NoteChange(self.group_id, self.after, self.before)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A switch of policy: the names of the policies before and after. It is a step of its own."""

    before: str
    after: str

    def back(self) -> PolicyChange:
        """The change that takes this one back."""
        return PolicyChange(self.after, self.before)


AnyChange = Change | NoteChange | PolicyChange

# What the column `note` says of a row.
_DECISION, _NOTE, _POLICY = 0, 1, 2


class History:
    """The steps in the database, and how many of them stand. Transactions are its owner's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add(self, changes: Sequence[AnyChange]) -> None:
        """Write a step after those that stand; what was undone before cannot be done again then."""
        head = self._head()
        self._db.execute("DELETE FROM history WHERE batch > ?", (head,))
        self._db.executemany(
            "INSERT INTO history (batch, group_id, before, after, note) VALUES (?, ?, ?, ?, ?)",
            ((head + 1, *_columns(change)) for change in changes),
        )
        self._set_head(head + 1)

    def back(self) -> list[AnyChange]:
        """Go back by one step; return the changes that take it back, none where there is no step."""
        head = self._head()
        changes = self._step(head)
        if changes:
            self._set_head(head - 1)
        return [change.back() for change in changes]

    def forward(self) -> list[AnyChange]:
        """Go on by the step that was taken back last; return its changes, none where there is none."""
        head = self._head() + 1
        changes = self._step(head)
        if changes:
            self._set_head(head)
        return changes

    def switch_ahead(self, *, back: bool) -> PolicyChange | None:
        """What `back` or `forward` would return, where that is a switch of policy."""
        for change in self._step(self._head() + (not back)):
            if isinstance(change, PolicyChange):
                return change.back() if back else change
        return None

    def _step(self, batch: int) -> list[AnyChange]:
        rows = self._db.execute(
            "SELECT group_id, before, after, note FROM history WHERE batch = ? ORDER BY seq", (batch,)
        )
        return [_change(*row) for row in rows]

    def _head(self) -> int:
        row = self._db.execute("SELECT value FROM meta WHERE key = 'history'").fetchone()
        return int(row[0]) if row else 0

    def _set_head(self, batch: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('history', ?)", (str(batch),))


def _columns(change: AnyChange) -> tuple[str, str | None, str | None, int]:
    if isinstance(change, PolicyChange):
        return "", change.before, change.after, _POLICY
    if isinstance(change, NoteChange):
        return change.group_id, change.before, change.after, _NOTE
    return change.group_id, _dump(change.before), _dump(change.after), _DECISION


def _change(group_id: str, before: str | None, after: str | None, what: int) -> AnyChange:
    if what == _POLICY:
        return PolicyChange(before or "", after or "")
    if what == _NOTE:
        return NoteChange(group_id, before, after)
    return Change(group_id, _load(group_id, before), _load(group_id, after))


def as_row(decision: Decision) -> tuple[Any, ...]:
    """A decision as the columns of its table, the group's id first."""
    return (
        decision.group_id,
        decision.kind,
        _CHOICE.dump_json(decision.choice).decode() if decision.choice else None,
        decision.decided_by,
        decision.decided_at.isoformat(),
        decision.digest,
        decision.freed,
    )


def decision_of(row: Sequence[Any]) -> Decision:
    """The decision that stands in these columns."""
    group_id, kind, choice, decided_by, decided_at, digest, freed = row
    return Decision(
        group_id,
        DecisionKind(kind),
        _CHOICE.validate_json(choice) if choice else None,
        DecidedBy(decided_by),
        datetime.fromisoformat(decided_at),
        digest,
        freed,
    )


def _dump(decision: Decision | None) -> str | None:
    return None if decision is None else json.dumps(as_row(decision))


def _load(group_id: str, text: str | None) -> Decision | None:
    # The server may have given the group another id since.
    return None if text is None else decision_of([group_id, *json.loads(text)[1:]])

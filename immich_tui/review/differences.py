"""Two fetches beside each other in the database: which groups came, went, changed or were given another id.

Belongs to the store: all calls run in its thread.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping

from immich_tui.immich.group_text import group_of
from immich_tui.immich.models import Group
from immich_tui.review.changes import ChangeKind, Changes
from immich_tui.review.generation import number
from immich_tui.review.transaction import transaction

_NEW = """
FROM groups AS new WHERE new.generation = :now AND NOT EXISTS (
    SELECT 1 FROM groups AS old INDEXED BY groups_by_id
    WHERE old.generation = :before AND old.group_id = new.group_id)
"""
_GONE = """
FROM groups AS old WHERE old.generation = :before AND NOT EXISTS (
    SELECT 1 FROM groups AS new INDEXED BY groups_by_id
    WHERE new.generation = :now AND new.group_id = old.group_id)
"""
_FINISHED = "EXISTS (SELECT 1 FROM finished WHERE group_id = old.group_id)"
_CHANGED = """
FROM groups AS new CROSS JOIN groups AS old INDEXED BY groups_by_id
    ON old.generation = :before AND old.group_id = new.group_id
WHERE new.generation = :now AND new.digest <> old.digest
"""
# A mark of the fetch before stays as long as the decision that it puts in doubt was not made anew. That a
# group was dismissed once stays true as long as it is listed.
_KEEP_MARKS = f"""
INSERT OR IGNORE INTO changes SELECT :now, mark.group_id, mark.kind, mark.sentence FROM changes AS mark
JOIN groups AS new INDEXED BY groups_by_id ON new.generation = :now AND new.group_id = mark.group_id
LEFT JOIN decisions ON decisions.group_id = mark.group_id
WHERE mark.generation = :before
    AND (mark.kind = '{ChangeKind.RETURNED}' OR decisions.digest <> new.digest)
"""  # noqa: S608
_WORKED_ON = (
    "SELECT group_id FROM decisions UNION SELECT group_id FROM notes UNION SELECT group_id FROM history"
)
_AGAIN = """
SELECT decisions.group_id FROM decisions
JOIN groups AS new INDEXED BY groups_by_id ON new.generation = :now AND new.group_id = decisions.group_id
WHERE decisions.digest <> new.digest
"""


class Differences:
    """The comparing half of the session database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def begin(self, before: int, now: int) -> Changes:
        """Mark the new groups, keep marks that still count, and count what came and went."""
        numbers = {"before": before, "now": now}
        with transaction(self._db):
            self._db.execute("DELETE FROM changes WHERE generation = ?", (now,))
            new = self._db.execute(
                f"INSERT INTO changes SELECT :now, new.group_id, '{ChangeKind.NEW}', '' {_NEW}",
                numbers,
            ).rowcount
            self._db.execute(_KEEP_MARKS, numbers)
        gone, carried_out = self._db.execute(
            f"SELECT count(*), coalesce(sum({_FINISHED}), 0) {_GONE}",
            numbers,
        ).fetchone()
        return Changes(new=new, vanished=gone - carried_out, carried_out=carried_out)

    def worked_on(self, before: int, now: int) -> list[str]:
        """Groups that vanished with something to take along: a decision, a note, a step of the history."""
        rows = self._db.execute(
            f"SELECT old.group_id {_GONE} AND NOT {_FINISHED} AND old.group_id IN ({_WORKED_ON})",
            {"before": before, "now": now},
        )
        return [group_id for (group_id,) in rows]

    def moved(self, before: int, now: int, vanished: Iterable[str]) -> dict[str, str]:
        """Of groups that vanished those whose members are a group again: old id to new id."""
        found: dict[str, str] = {}
        for group_id in vanished:
            members = self._members(before, self._group(before, group_id))
            candidates = self._db.execute(
                "SELECT DISTINCT group_id FROM members WHERE generation = ? AND asset_id = ?",
                (now, members[0]),
            ).fetchall()
            for (candidate,) in candidates:
                if self._members(now, self._group(now, candidate)) == members:
                    found[group_id] = candidate
        return found

    def count_changed(self, before: int, now: int) -> int:
        """How many groups are in both fetches and differ."""
        row = self._db.execute(f"SELECT count(*) {_CHANGED}", {"before": before, "now": now}).fetchone()
        return int(row[0])

    def changed(self, before: int, now: int, after: int, size: int) -> list[tuple[int, Group, Group]]:
        """The next groups that differ, as they were and as they are, with their places in the list."""
        rows = self._db.execute(
            f"SELECT new.position, old.position {_CHANGED} AND new.position > :after"
            " ORDER BY new.position LIMIT :size",
            {"before": before, "now": now, "after": after, "size": size},
        ).fetchall()
        return [(place, self._at(before, old), self._at(now, place)) for place, old in rows]

    def new(self, now: int, after: int, size: int) -> list[tuple[int, Group]]:
        """The next groups that are marked as new, with their places in the list."""
        rows = self._db.execute(
            "SELECT position FROM groups WHERE generation = ? AND position > ? AND EXISTS"
            " (SELECT 1 FROM changes WHERE changes.generation = groups.generation"
            " AND changes.group_id = groups.group_id AND kind = ?) ORDER BY position LIMIT ?",
            (now, after, ChangeKind.NEW, size),
        ).fetchall()
        return [(place, self._at(now, place)) for (place,) in rows]

    def mark(self, now: int, marks: Iterable[tuple[str, ChangeKind, str]]) -> None:
        """Note what is different about groups."""
        with transaction(self._db):
            self._db.executemany(
                "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?)", ((now, *mark) for mark in marks)
            )

    def returned(self, now: int) -> frozenset[str]:
        """The groups whose mark of an earlier fetch, that they were dismissed before, was kept."""
        marked = self._db.execute(
            "SELECT group_id FROM changes WHERE generation = ? AND kind = ?", (now, ChangeKind.RETURNED)
        )
        return frozenset(group_id for (group_id,) in marked)

    def dismissed(self) -> frozenset[str]:
        """The files of groups that were dismissed on the server, as `checksums` tells them."""
        return frozenset(row[0] for row in self._db.execute("SELECT checksums FROM dismissed"))

    def to_look_at_again(self, now: int, moved: Mapping[str, str]) -> int:
        """How many decisions do not stand after this fetch."""
        decided = {group_id for (group_id,) in self._db.execute("SELECT group_id FROM decisions")}
        again = {group_id for (group_id,) in self._db.execute(_AGAIN, {"now": now})}
        return len(again | {moved[group_id] for group_id in decided & moved.keys()})

    def _group(self, generation: int, group_id: str) -> int:
        row = self._db.execute(
            "SELECT position FROM groups INDEXED BY groups_by_id WHERE generation = ? AND group_id = ?",
            (generation, group_id),
        ).fetchone()
        return int(row[0])

    def _members(self, generation: int, position: int) -> list[str]:
        return sorted(asset.id for asset in self._at(generation, position).assets)

    def _at(self, generation: int, position: int) -> Group:
        raw = self._db.execute(
            "SELECT raw FROM texts WHERE number = ?", (number(generation, position),)
        ).fetchone()[0]
        return group_of(zlib.decompress(raw))

"""A fetch on its way into the session database.

It is written under a new generation and becomes visible only when it is complete, so that a cancelled or
broken one leaves the session as it was.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence

from immich_tui.immich.models import Album
from immich_tui.review.generation import NEVER, current, number
from immich_tui.review.stored import Member, StoredGroup
from immich_tui.review.transaction import transaction

_FETCHED = ("groups", "unreadable", "members", "albums", "album_assets", "changes")
"""Tables whose rows belong to one fetch, besides the texts."""


class Incoming:
    """The writing half of a fetch. All calls run in the store's thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._finished: tuple[tuple[str], ...] = ()

    def begin(self) -> int:
        """Start a new generation, clearing what an unfinished one left behind; return its number."""
        generation = current(self._db) + 1
        with transaction(self._db):
            self._forget_generations(generation, NEVER)
        # What a run finishes from now on may still be in the listing.
        self._finished = tuple(self._db.execute("SELECT group_id FROM finished"))
        return generation

    def drop_unfinished(self) -> None:
        """Clear what a fetch that did not end has left."""
        with transaction(self._db):
            self._forget_generations(current(self._db) + 1, NEVER)

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
                group.trashed,
            )
            for group, _, found in batch
        ]
        texts = [(number(generation, group.position), zlib.compress(raw, 1)) for group, raw, _ in batch]
        members = [
            (generation, member.asset_id, group.group_id, group.position, *member[1:])
            for group, _, found in batch
            for member in found
        ]
        with transaction(self._db):
            self._db.executemany(f"INSERT INTO groups VALUES ({', '.join('?' * 14)})", rows)  # noqa: S608
            self._db.executemany("INSERT INTO texts VALUES (?, ?)", texts)
            self._db.executemany(
                "INSERT INTO gists VALUES (?, ?)",
                [
                    (number(generation, row[0].position), gist)
                    for row, gist in zip(batch, gists, strict=False)
                ],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO members VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", members
            )

    def add_unreadable(self, generation: int, group_id: str | None, reason: str) -> None:
        """Store that a group could not be read, and why."""
        with transaction(self._db):
            self._db.execute("INSERT INTO unreadable VALUES (?, ?, ?)", (generation, group_id, reason))

    def add_album(self, generation: int, album: Album, asset_ids: Iterable[str]) -> None:
        """Store an album and which members of groups are in it; other assets are not kept."""
        with transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO albums VALUES (?, ?, ?)",
                (generation, album.id, album.model_dump_json()),
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO album_assets SELECT ?, ?, ? WHERE EXISTS"
                " (SELECT 1 FROM members WHERE generation = ? AND asset_id = ?)",
                ((generation, asset, album.id, generation, asset) for asset in asset_ids),
            )

    def finish(
        self, generation: int, facts: Mapping[str, str], moved: Mapping[str, str] | None = None
    ) -> None:
        """Make a complete fetch the current one and drop the one before.

        `moved` gives the new ids of groups whose members are the same: decisions, notes and their history go
        with them, in place of what was said of other photos under that id.
        """
        with transaction(self._db):
            if moved:
                self._move(moved)
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('generation', ?)", (str(generation),))
            self._forget_generations(0, generation)
            self._db.executemany("DELETE FROM finished WHERE group_id = ?", self._finished)

    def _move(self, moved: Mapping[str, str]) -> None:
        # Detection run anew gives every group another id: one statement for all of them, not one for each.
        self._db.execute("CREATE TEMP TABLE moved (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID")
        self._db.executemany("INSERT INTO moved VALUES (?, ?)", moved.items())
        for table in ("decisions", "notes", "history"):
            self._db.execute(
                f"UPDATE OR REPLACE {table} SET group_id = (SELECT new FROM moved WHERE old = group_id)"  # noqa: S608
                " WHERE group_id IN (SELECT old FROM moved)"
            )
        self._db.execute("DROP TABLE moved")

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
                (number(first, 0), number(end, 0)),
            )

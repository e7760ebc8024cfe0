"""What runs have done with groups since the last fetch."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime

from immich_tui.review.changes import checksums
from immich_tui.review.decisions import DecisionKind
from immich_tui.review.fetched import Fetched
from immich_tui.review.transaction import transaction


class Outcomes:
    """Groups that runs have dealt with. All calls run in the store's thread."""

    def __init__(self, connection: sqlite3.Connection, fetched: Fetched) -> None:
        self._db = connection
        self._fetched = fetched

    def finished(self) -> dict[str, str]:
        """Groups that a run has dealt with since the last fetch, with the outcome."""
        return dict(self._db.execute("SELECT group_id, outcome FROM finished"))

    def finish(self, outcomes: Mapping[str, str], run: str) -> None:
        """Record that a run has dealt with groups, by their ids.

        Dismissed ones are remembered by their files, to be known again if they come back; one that a fetch
        in between found gone already cannot be.
        """
        with transaction(self._db):
            for group_id, outcome in outcomes.items():
                self._db.execute("INSERT OR REPLACE INTO finished VALUES (?, ?, ?)", (group_id, outcome, run))
                if outcome == DecisionKind.KEEP_ALL and (files := self._files(group_id)) is not None:
                    self._db.execute(
                        "INSERT OR REPLACE INTO dismissed VALUES (?, ?, ?)",
                        (files, datetime.now(UTC).isoformat(), group_id),
                    )

    def _files(self, group_id: str) -> str | None:
        try:
            return checksums(self._fetched.group(group_id))
        except KeyError:
            return None

    def reopen(self, group_id: str) -> None:
        """Forget that a run has dealt with a group: what it did was undone."""
        with transaction(self._db):
            for table in ("finished", "dismissed"):
                self._db.execute(f"DELETE FROM {table} WHERE group_id = ?", (group_id,))  # noqa: S608

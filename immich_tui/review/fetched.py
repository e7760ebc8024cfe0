"""The groups of the last complete fetch, with what was read and marked beside them."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence

from immich_tui.immich.group_text import group_of
from immich_tui.immich.models import Album, Group
from immich_tui.review.changes import ChangeKind
from immich_tui.review.folding import folded
from immich_tui.review.generation import current, number
from immich_tui.review.stored import StoredGroup
from immich_tui.review.transaction import transaction
from immich_tui.verdict.model import Severity, Tier


class Fetched:
    """What was fetched, and the verdicts on it. All calls run in the store's thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        connection.create_function("folded", 1, folded, deterministic=True)

    @property
    def generation(self) -> int:
        """The number of this fetch; 0 before the first."""
        return current(self._db)

    def groups(self) -> list[StoredGroup]:
        """All groups of the current generation in the server's order."""
        rows = self._db.execute(
            "SELECT position, group_id, title, members, winner, immich_pick, tier, flags, worst, saving,"
            " digest, trashed FROM groups WHERE generation = ? ORDER BY position",
            (self.generation,),
        )
        # Few sets of flags stand for all groups, and both picks are mostly one: kept once, they need less.
        tiers: dict[str, Tier] = {tier.value: tier for tier in Tier}
        severities: dict[int | None, Severity | None] = {None: None, **{int(one): one for one in Severity}}
        known = _Flags()
        return [
            StoredGroup(
                position,
                group_id,
                title,
                members,
                winner,
                winner if pick == winner else pick,
                tiers[tier],
                known[flags],
                severities[worst],
                saving,
                digest,
                trashed,
            )
            for (
                position,
                group_id,
                title,
                members,
                winner,
                pick,
                tier,
                flags,
                worst,
                saving,
                digest,
                trashed,
            ) in rows
        ]

    def raw_group(self, group_id: str) -> bytes:
        """The group's JSON as the server sent it; raises `KeyError` for an unknown one."""
        # Without the hint SQLite walks the whole generation: it cannot know how few rows the index leaves.
        row = self._db.execute(
            "SELECT raw FROM groups INDEXED BY groups_by_id"
            " JOIN texts ON number = (generation << 32) + position WHERE generation = ? AND group_id = ?",
            (self.generation, group_id),
        ).fetchone()
        if row is None:
            raise KeyError(group_id)
        return zlib.decompress(row[0])

    def group(self, group_id: str) -> Group:
        """The group, parsed; raises `KeyError` for an unknown one."""
        return group_of(self.raw_group(group_id))

    def at(self, positions: Iterable[int]) -> list[Group]:
        """The groups at these places in the list, parsed."""
        rows = self._each("SELECT raw FROM texts WHERE number = ?", positions)
        return [group_of(zlib.decompress(row[0])) for row in rows if row]

    def gists(self, first: int, end: int) -> dict[int, bytes]:
        """The gists of the groups from one place in the list up to another, by their places."""
        start = number(self.generation, 0)
        rows = self._db.execute(
            "SELECT number, gist FROM gists WHERE number >= ? AND number < ?", (start + first, start + end)
        )
        return {number - start: gist for number, gist in rows}

    def files(self, after: tuple[str, str], most: int) -> list[tuple[str, str, int, str, str]]:
        """Members behind one, by asset and group: these two, the place of the group, path and file name."""
        return self._db.execute(
            "SELECT asset_id, group_id, position, path, name FROM members WHERE generation = ?"
            " AND (asset_id, group_id) > (?, ?) ORDER BY asset_id, group_id LIMIT ?",
            (self.generation, *after, most),
        ).fetchall()

    def _each(self, query: str, positions: Iterable[int]) -> list[tuple[bytes] | None]:
        """One row for each place, in one transaction: taking the lock for each costs more than reading."""
        self._db.execute("BEGIN")
        try:
            first = number(self.generation, 0)
            return [self._db.execute(query, (first + place,)).fetchone() for place in positions]
        finally:
            self._db.execute("COMMIT")

    def rejudge(self, verdicts: Iterable[StoredGroup]) -> None:
        """Replace the short verdicts of groups, after a change of policy."""
        generation = self.generation
        with transaction(self._db):
            self._db.executemany(
                "UPDATE groups SET title = ?, winner = ?, tier = ?, flags = ?, worst = ?, saving = ?,"
                " trashed = ? WHERE generation = ? AND position = ?",
                (
                    (
                        *(v.title, v.winner, v.tier, " ".join(v.flags), v.worst, v.saving, v.trashed),
                        *(generation, v.position),
                    )
                    for v in verdicts
                ),
            )

    def with_member(self, condition: str, arguments: Sequence[str | float] = ()) -> set[int]:
        """Positions of the groups of which a member meets an SQL condition on the facts of `Member`."""
        rows = self._db.execute(
            f"SELECT DISTINCT position FROM members WHERE generation = ? AND ({condition})",  # noqa: S608
            (self.generation, *arguments),
        )
        return {position for (position,) in rows}

    def by_date(self) -> list[int]:
        """Positions of the groups by the capture of their earliest member, unknown ones last."""
        places: list[int] = []
        # Asked apart, both come out of the index in their order.
        for known in ("NOT NULL", "NULL"):
            places += (
                position
                for (position,) in self._db.execute(
                    "SELECT position FROM groups WHERE generation = ?"  # noqa: S608
                    f" AND taken IS {known} ORDER BY taken, position",
                    (self.generation,),
                )
            )
        return places

    def changes(self) -> dict[str, tuple[ChangeKind, str]]:
        """What is different since the fetch before: group id to the kind and a sentence (empty for new)."""
        rows = self._db.execute(
            "SELECT group_id, kind, sentence FROM changes WHERE generation = ?", (self.generation,)
        )
        return {group: (ChangeKind(kind), sentence) for group, kind, sentence in rows}

    def name_of(self, asset_id: str) -> str:
        """The file name of a member; raises `KeyError` for an unknown asset."""
        row = self._db.execute(
            "SELECT name FROM members WHERE generation = ? AND asset_id = ?", (self.generation, asset_id)
        ).fetchone()
        if row is None:
            raise KeyError(asset_id)
        return str(row[0])

    def unreadable(self) -> list[tuple[str | None, str]]:
        """Groups that could not be read: id where known, and the reason."""
        return list(
            self._db.execute(
                "SELECT group_id, reason FROM unreadable WHERE generation = ?", (self.generation,)
            )
        )

    def in_two_groups(self) -> dict[str, tuple[str, ...]]:
        """Assets that stand in more than one group, with those groups: neither may be executed."""
        rows = self._db.execute(
            "SELECT asset_id, group_concat(group_id) FROM members WHERE generation = ?"
            " GROUP BY asset_id HAVING count(*) > 1",
            (self.generation,),
        )
        return {asset: tuple(groups.split(",")) for asset, groups in rows}

    def albums_known(self) -> bool:
        """Whether albums were read in the current fetch."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'albums'").fetchone()
        return row is not None and row[0] == "read"

    def albums_of(self, asset_ids: Sequence[str]) -> dict[str, tuple[Album, ...]]:
        """The albums of these assets, by asset id; every asked id is a key."""
        marks = ", ".join("?" * len(asset_ids))
        rows = self._db.execute(
            "SELECT asset_id, value FROM album_assets JOIN albums USING (generation, album_id)"  # noqa: S608
            f" WHERE generation = ? AND asset_id IN ({marks}) ORDER BY album_id",
            (self.generation, *asset_ids),
        )
        found: dict[str, list[Album]] = {asset: [] for asset in asset_ids}
        for asset, value in rows:
            found[asset].append(Album.model_validate_json(value))
        return {asset: tuple(albums) for asset, albums in found.items()}


class _Flags(dict[str, tuple[str, ...]]):
    """Flags as a tuple, by their text; one for all groups that have the same."""

    def __missing__(self, text: str) -> tuple[str, ...]:
        self[text] = flags = tuple(text.split())
        return flags

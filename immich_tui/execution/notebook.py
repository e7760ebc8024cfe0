"""What a run knows of its groups and files, on the disk: 100,000 groups would take gigabytes of memory.

It is a scratch file beside the session's database, without a name, so that it goes with the process. What is
in it is a copy of what journal, session and server know and is never flushed: losing it loses nothing. A look
takes some microseconds, since the system keeps at hand what was written last.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Generic, TypeVar

from immich_tui.immich.group_text import group_of
from immich_tui.immich.models import Group
from immich_tui.jobs.commit import JournalUnavailable, unavailable

V = TypeVar("V")

AT_HAND: Final = 512
"""Groups that are kept as objects, some 6 kB each: a batch and more, which is worked on step by step."""

CACHE_KB: Final = 4096
PAGE: Final = 500
"""Entries read at a time while all of them are gone through."""

GROUPS: Final = "group"

_SCHEMA = """
CREATE TABLE note (number INTEGER PRIMARY KEY, chapter TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL);
CREATE UNIQUE INDEX note_key ON note (chapter, key);
CREATE TABLE planned (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, row TEXT NOT NULL);
"""
_PUT = """
INSERT INTO note (chapter, key, value) VALUES (?, ?, ?)
ON CONFLICT (chapter, key) DO UPDATE SET value = excluded.value
"""
_PAGE = """
SELECT number, key, value FROM note NOT INDEXED
WHERE number > ? AND chapter = ? ORDER BY number LIMIT ?
"""

_PLANNED = "SELECT place, id, row FROM planned WHERE place > ? ORDER BY place LIMIT ?"


class Notebook:
    """Texts by chapter and key, in the order in which they were first written. Safe to use from any thread.

    Every call raises `JournalUnavailable` when the disk does not take or give what it should.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._begun: set[str] = set()
        try:
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".immich-tui-", delete=False) as file:
                path = Path(file.name)
        except OSError as error:
            raise JournalUnavailable(f"Nothing can be written to {folder}: {error.strerror}.") from error
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            for setting in (
                "locking_mode = EXCLUSIVE",
                "journal_mode = OFF",
                "synchronous = OFF",
                f"cache_size = -{CACHE_KB}",
            ):
                self._db.execute(f"PRAGMA {setting}")
            self._db.executescript(_SCHEMA)
            # Never ended: what does not fit into the cache is written, and nobody waits for a disk.
            self._db.execute("BEGIN")
        except sqlite3.Error as error:
            raise unavailable(error) from error
        finally:
            path.unlink(missing_ok=True)
        self.group: Callable[[str], Group] = lru_cache(maxsize=AT_HAND)(self._group)
        """A group as the server sent it: at once when it was asked for lately, else in some 50 us."""

    def put(self, chapter: str, entries: Iterable[tuple[str, bytes]]) -> None:
        """Write texts, each in place of an earlier one of its key."""
        self._begun.add(chapter)
        with self._lock:
            try:
                self._db.executemany(_PUT, ((chapter, key, value) for key, value in entries))
            except sqlite3.Error as error:
                raise unavailable(error) from error

    def put_one(self, chapter: str, key: str, value: bytes) -> None:
        """Write one text, at half the price."""
        self._begun.add(chapter)
        self._all(_PUT, chapter, key, value)

    def get(self, chapter: str, key: str) -> bytes | None:
        """One text, `None` where there is none."""
        if chapter not in self._begun:
            return None
        found = self._all("SELECT value FROM note WHERE chapter = ? AND key = ?", chapter, key)
        return found[0][0] if found else None

    def has(self, chapter: str, key: str) -> bool:
        """Whether there is a text."""
        return chapter in self._begun and bool(
            self._all("SELECT 1 FROM note WHERE chapter = ? AND key = ?", chapter, key)
        )

    def drop(self, chapter: str, key: str) -> None:
        """Forget a text."""
        self._all("DELETE FROM note WHERE chapter = ? AND key = ?", chapter, key)

    def count(self, chapter: str) -> int:
        """How many texts a chapter has."""
        return int(self._all("SELECT count(*) FROM note WHERE chapter = ?", chapter)[0][0])

    def entries(self, chapter: str) -> Iterator[tuple[str, bytes]]:
        """Keys and texts of a chapter, read page by page."""
        after = 0
        while page := self._all(_PAGE, after, chapter, PAGE):
            for _, key, value in page:
                yield key, value
            after = page[-1][0]

    def _all(self, sql: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]  # rows of any shape
        with self._lock:
            try:
                return self._db.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise unavailable(error) from error

    # -- the plan --------------------------------------------------------------------------------------------

    def add_planned(self, rows: Iterable[tuple[int, str, str]]) -> None:
        """Write down groups of the plan: place, id and what was decided. None of them may be there yet."""
        with self._lock:
            try:
                self._db.executemany("INSERT INTO planned (place, id, row) VALUES (?, ?, ?)", rows)
            except sqlite3.Error as error:
                raise unavailable(error) from error

    def place(self, group_id: str) -> int | None:
        """The place of a group in the plan, `None` where it is not in it."""
        found = self._all("SELECT place FROM planned WHERE id = ?", group_id)
        return found[0][0] if found else None

    def planned_at(self, place: int) -> tuple[int, str, str]:
        """What was written down at a place."""
        row: tuple[int, str, str] = self._all("SELECT place, id, row FROM planned WHERE place = ?", place)[0]
        return row

    def planned_as(self, group_id: str) -> tuple[int, str, str] | None:
        """What was written down of a group, `None` where it is not in the plan."""
        found = self._all("SELECT place, id, row FROM planned WHERE id = ?", group_id)
        return found[0] if found else None

    def planned_between(self, first: int, last: int) -> Sequence[tuple[int, str, str]]:
        """What was written down at these places and between them."""
        return self._all("SELECT place, id, row FROM planned WHERE place BETWEEN ? AND ?", first, last)

    def all_planned(self) -> Iterator[tuple[int, str, str]]:
        """What was written down of the plan, in its order, read page by page."""
        after = -1
        while page := self._all(_PLANNED, after, PAGE):
            yield from page
            after = page[-1][0]

    # -- groups ----------------------------------------------------------------------------------------------

    def add_groups(self, groups: Iterable[tuple[str, bytes]]) -> None:
        """Write down groups by their ids, as JSON of the server."""
        self.put(GROUPS, ((group_id, zlib.compress(raw, 1)) for group_id, raw in groups))

    def raw(self, group_id: str) -> bytes:
        """A group's JSON. Raises `KeyError`."""
        text = self.get(GROUPS, group_id)
        if text is None:
            raise KeyError(group_id)
        return zlib.decompress(text)

    def _group(self, group_id: str) -> Group:
        return group_of(self.raw(group_id))


class Chapter(MutableMapping[str, V], Generic[V]):
    """A chapter of a notebook as a mapping; values are made anew each time they are looked at."""

    def __init__(
        self,
        notebook: Notebook,
        name: str,
        dump: Callable[[V], object],
        load: Callable[[dict[str, object]], V],
    ) -> None:
        self._notebook = notebook
        self._name = name
        self._dump = dump
        self._load = load

    def __getitem__(self, key: str) -> V:
        text = self._notebook.get(self._name, key)
        if text is None:
            raise KeyError(key)
        return self._load(json.loads(text))

    def __setitem__(self, key: str, value: V) -> None:
        self._notebook.put_one(self._name, key, json.dumps(self._dump(value)).encode())

    def __delitem__(self, key: str) -> None:
        self._notebook.drop(self._name, key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._notebook.has(self._name, key)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._notebook.entries(self._name))

    def __len__(self) -> int:
        return self._notebook.count(self._name)

    def values(self) -> Iterable[V]:  # type: ignore[override]  # a stream: nobody needs a view
        """The values, read page by page."""
        return (self._load(json.loads(text)) for _, text in self._notebook.entries(self._name))


def plain(value: Mapping[str, object]) -> Mapping[str, object]:
    """For chapters whose values are what JSON can say."""
    return value

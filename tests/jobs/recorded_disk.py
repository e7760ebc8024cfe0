"""What SQLite does to its files, in order: writes, truncations and syncs, with acknowledgements between.

SQLite reaches files through a table of functions. This program puts its own in place of three of them, lets
five writers fill a journal, and writes down what was called. A power cut at any moment can then be played:
what was synced is on the disk, of what was written since any part may be.

`python -m tests.jobs.recorded_disk FOLDER SYNCHRONOUS TRANSITIONS`
"""

from __future__ import annotations

import asyncio
import ctypes
import pickle
import sqlite3
import sys
from pathlib import Path

import pytest

from immich_tui.jobs import journal as journal_module
from immich_tui.jobs.commit import connect
from immich_tui.jobs.journal import Journal

WRITERS = 5
MAIN_DB, WAL = 0x100, 0x80000
_OPEN, _WRITE, _TRUNCATE, _SYNC = 5, 3, 4, 5
"""Places of functions, in words: `xOpen` in the file system's table, the others in that of a file."""

_METHODS = 19
_WORD = ctypes.sizeof(ctypes.c_void_p)

Opening = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
)
"""The name goes on as the pointer it came as: SQLite keeps it, and names the shared memory file after it."""

Writing = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_longlong)
Truncating = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_longlong)
Syncing = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)

Event = tuple[str, str, int, bytes]
"""`write`, `truncate`, `sync` or `ack`; the file's name or what is acknowledged; an offset or size; bytes."""


class Recorder:
    """Stands between SQLite and its files for the rest of the process."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._names: dict[int, str] = {}
        self._kept: list[object] = []
        library = ctypes.CDLL("libsqlite3.so.0")
        library.sqlite3_vfs_find.restype = ctypes.c_void_p
        vfs = library.sqlite3_vfs_find(None)
        self._slot = ctypes.c_void_p.from_address(vfs + _OPEN * _WORD)
        assert self._slot.value is not None
        self._open = Opening(self._slot.value)
        self._replace(self._slot, Opening(self._opening))

    def _replace(self, slot: ctypes.c_void_p, function: object) -> None:
        self._kept.append(function)
        slot.value = ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]  # a function pointer

    def _opening(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        code = int(self._open(vfs, name, file, flags, out))
        if code == 0 and name is not None and flags & (MAIN_DB | WAL):
            self._names[file] = Path(ctypes.string_at(name).decode()).name
            self._watch(file)
        return code

    def _watch(self, file: int) -> None:
        place = ctypes.c_void_p.from_address(file)
        original = (ctypes.c_void_p * _METHODS).from_address(place.value or 0)
        table = (ctypes.c_void_p * _METHODS)(*original)
        write, truncate, sync = (
            Writing(table[_WRITE] or 0),
            Truncating(table[_TRUNCATE] or 0),
            Syncing(table[_SYNC] or 0),
        )

        def writing(this: int, data: int, size: int, offset: int) -> int:
            self.events.append(("write", self._names[this], offset, ctypes.string_at(data, size)))
            return int(write(this, data, size, offset))

        def truncating(this: int, size: int) -> int:
            self.events.append(("truncate", self._names[this], size, b""))
            return int(truncate(this, size))

        def syncing(this: int, flags: int) -> int:
            code = int(sync(this, flags))
            self.events.append(("sync", self._names[this], 0, b""))
            return code

        for at, function in (
            (_WRITE, Writing(writing)),
            (_TRUNCATE, Truncating(truncating)),
            (_SYNC, Syncing(syncing)),
        ):
            self._kept.append(function)
            table[at] = ctypes.cast(function, ctypes.c_void_p).value
        self._kept.append(table)
        place.value = ctypes.addressof(table)


def _as_asked(synchronous: str) -> None:
    """Open journals with another setting of `synchronous` than the program's own."""

    def opened(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
        db = connect(path, read_only=read_only)
        db.execute(f"PRAGMA synchronous = {synchronous}")
        return db

    pytest.MonkeyPatch().setattr(journal_module, "connect", opened)


async def fill(path: Path, recorder: Recorder, transitions: int) -> None:
    """Let the writers note their transitions, and each acknowledgement with them."""
    journal = await Journal.open(path)
    run = await journal.start_run("resolve")
    recorder.events.append(("ack", run, 0, b""))

    async def write(writer: int) -> None:
        for number in range(transitions // WRITERS):
            key = f"{writer}-{number}"
            await journal.outcome(run, "trash", key, "done", {"prior": "x" * 200})
            recorder.events.append(("ack", key, 0, b""))

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    # Not closed: closing would fold the log into the file, which no power cut waits for.


def main(folder: Path, synchronous: str, transitions: int) -> None:
    """Fill a journal and leave the events in `events.pickle` beside it."""
    recorder = Recorder()
    if synchronous != "own":
        _as_asked(synchronous)
    asyncio.run(fill(folder / "journal.db", recorder, transitions))
    (folder / "events.pickle").write_bytes(pickle.dumps(recorder.events))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    sys.stdout.flush()
    import os

    os._exit(0)

"""A power cut at any moment loses nothing that was acknowledged, whatever else had reached the disk.

The events are SQLite's own, recorded on its way to the file system. What is taken for granted: a sync puts a
file's bytes on the medium, and the names of files survive.
"""

from __future__ import annotations

import asyncio
import ctypes
import pickle
import random
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from immich_tui.jobs.journal import Journal
from tests.jobs.recorded_disk import Event

SECTOR = 512
TRANSITIONS = 1500
"""Enough for the log to be folded into the file several times."""


def _same_library() -> bool:
    """Whether Python's SQLite is the shared one that can be watched."""
    try:
        library = ctypes.CDLL("libsqlite3.so.0")
    except OSError:
        return False
    library.sqlite3_libversion.restype = ctypes.c_char_p
    return bool(library.sqlite3_libversion().decode() == sqlite3.sqlite_version)


pytestmark = pytest.mark.skipif(not _same_library(), reason="Python brings an SQLite of its own")


def recorded(folder: Path, synchronous: str) -> list[Event]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.jobs.recorded_disk", str(folder), synchronous, str(TRANSITIONS)]
    subprocess.run(command, check=True, timeout=120)
    events: list[Event] = pickle.loads((folder / "events.pickle").read_bytes())
    assert sum(kind == "ack" for kind, *_ in events) == TRANSITIONS + 1
    assert {name for kind, name, *_ in events if kind == "sync"} >= {"journal.db-wal"}
    return events


def after_power_cut(events: Sequence[Event], chance: random.Random) -> dict[str, bytes]:
    """The files as a disk may hold them when the power goes after these events."""
    files: dict[str, bytearray] = {}
    synced = {name: at for at, (kind, name, *_) in enumerate(events) if kind == "sync"}
    keeps = chance.choice([0.0, 0.3, 0.9, 1.0])
    for at, (kind, name, offset, data) in enumerate(events):
        if kind in ("ack", "sync"):
            continue
        file = files.setdefault(name, bytearray())
        certain = at < synced.get(name, -1)
        if kind == "truncate":
            if certain or chance.random() < keeps:
                del file[offset:]
            continue
        for start in range(0, len(data), SECTOR):
            if certain or chance.random() < keeps:
                part = data[start : start + SECTOR]
                place = offset + start
                file.extend(bytes(max(0, place + len(part) - len(file))))
                file[place : place + len(part)] = part
    return {name: bytes(file) for name, file in files.items()}


async def lost(events: Sequence[Event], folder: Path, chance: random.Random) -> int:
    """How many acknowledged entries are not in the journal after a power cut at this place."""
    folder.mkdir()
    for name, content in after_power_cut(events, chance).items():
        (folder / name).write_bytes(content)
    acknowledged = [name for kind, name, *_ in events if kind == "ack"]
    run, wanted = acknowledged[0], set(acknowledged)
    async with await Journal.open(folder / "journal.db") as journal:
        found = {each.id for each in await journal.runs()}
        found |= {key for key, entry in (await journal.latest(run, "trash")).items() if entry.state == "done"}
    with sqlite3.connect(folder / "journal.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return len(wanted - found)


def cuts(events: Sequence[Event], number: int, chance: random.Random) -> list[int]:
    """Moments for a power cut: half of them right after an acknowledgement."""
    first = next(at for at, (kind, *_) in enumerate(events) if kind == "ack") + 1
    acks = [at + 1 for at, (kind, *_) in enumerate(events) if kind == "ack"]
    anywhere = [chance.randrange(first, len(events)) for _ in range(number // 2)]
    return anywhere + chance.sample(acks, number - len(anywhere))


@pytest.mark.parametrize("trials", [60, pytest.param(600, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost(tmp_path: Path, trials: int) -> None:
    chance = random.Random(trials)
    events = recorded(tmp_path / "filled", "own")
    for number, cut in enumerate(cuts(events, trials, chance)):
        assert asyncio.run(lost(events[:cut], tmp_path / str(number), chance)) == 0, (
            f"power cut after event {cut}"
        )


def test_the_simulation_finds_what_a_laxer_setting_loses(tmp_path: Path) -> None:
    chance = random.Random(1)
    events = recorded(tmp_path / "filled", "NORMAL")
    losses = [
        asyncio.run(lost(events[:cut], tmp_path / str(number), chance))
        for number, cut in enumerate(cuts(events, 20, chance))
    ]
    assert any(losses)

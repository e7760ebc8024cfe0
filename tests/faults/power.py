"""What a disk holds after a power cut: what was forced to it, and any part of what was not.

An fsync of a file forces its bytes, one of a folder the names in it; a commit of the journal forces the log
of the database as far as it had grown. Neither forces the other: a file of which every byte was forced is
gone when its folder was not, and with a folder that was never forced goes everything in it.
"""

from __future__ import annotations

import os
import pickle
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LEDGER = "forced"
LOG = "session.db-wal"


class Forced:
    """Writes down, in the process that is going to die, what it forced to disk below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.realpath(folder)
        self._ledger = os.open(folder / LEDGER, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._kept: list[int] = []
        self._write = os.write

    def committed(self) -> None:
        """The log of the database is on the disk as far as it has grown."""
        self._note("log", 0, Path(self._folder, LOG).stat().st_size)

    def around(self, fsync: Callable[[int], None]) -> Callable[[int], None]:
        """An fsync that is written down. What comes while it is under way does not count as forced."""

        def call(handle: int) -> None:
            where = os.path.realpath(f"/proc/self/fd/{handle}")
            if not where.startswith(self._folder):
                return fsync(handle)
            # While one handle is open, no other file can get its number.
            self._kept.append(os.dup(handle))
            number = os.fstat(handle).st_ino
            if Path(where).is_dir():
                with os.scandir(where) as entries:
                    names = {entry.name: entry.inode() for entry in entries}
                fsync(handle)
                return self._note("names", number, names)
            data = Path(where).read_bytes()
            fsync(handle)
            return self._note("bytes", number, data)

        return call

    def _note(self, *event: object) -> None:
        self._write(self._ledger, pickle.dumps(event))


@dataclass
class _Disk:
    """What is known of a disk: what was forced to it, and what the system has."""

    chance: random.Random
    keeps: float
    log: int = 0
    forced_names: dict[int, dict[str, int]] = field(default_factory=dict)
    forced_bytes: dict[int, bytes] = field(default_factory=dict)
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)

    def kept(self) -> bool:
        return self.chance.random() < self.keeps

    def left_of_folder(self, number: int) -> dict[str, int]:
        forced, now = self.forced_names.get(number, {}), self.names.get(number, {})
        left = {}
        for name in forced.keys() | now.keys():
            before, after = forced.get(name), now.get(name)
            one = after if before == after or self.kept() else before
            if one is not None:
                left[name] = one
        return left

    def left_of_file(self, number: int) -> bytes:
        forced, now = self.forced_bytes.get(number, b""), self.contents.get(number)
        if now is None or now == forced:
            return forced
        # Bytes behind the forced ones may have come through, in part; others are as they were.
        end = len(forced) + int(max(0, len(now) - len(forced)) * self.chance.random())
        return now[:end] if self.kept() and now.startswith(forced) else forced

    def lay(self, number: int, place: Path) -> None:
        """Write what is left of this folder or file there."""
        if number in self.names or number in self.forced_names:
            place.mkdir(mode=0o700)
            for name, one in self.left_of_folder(number).items():
                self.lay(one, place / name)
        else:
            place.touch(mode=0o600)
            place.write_bytes(self.left_of_file(number))


def cut_power(folder: Path, chance: random.Random, keeps: float = 0.0) -> None:
    """Take from a folder of which the process was just killed what a power cut would have taken as well.

    `keeps` is the part of what was not forced to disk that is there all the same. The folder itself, and what
    the database had in its file before, are taken to be on the disk since long.
    """
    disk = _Disk(chance, keeps)
    with (folder / LEDGER).open("rb") as ledger:
        while True:
            try:
                kind, number, value = pickle.load(ledger)
            except (EOFError, pickle.UnpicklingError):
                break
            if kind == "log":
                disk.log = value
            else:
                (disk.forced_names if kind == "names" else disk.forced_bytes)[number] = value
    for where, _, files in os.walk(folder):
        with os.scandir(where) as entries:
            disk.names[Path(where).stat().st_ino] = {entry.name: entry.inode() for entry in entries}
        for name in files:
            file = Path(where) / name
            disk.contents[file.stat().st_ino] = file.read_bytes()
    found = disk.left_of_folder(folder.stat().st_ino).get("backups")
    shutil.rmtree(folder / "backups", ignore_errors=True)
    if found is not None:
        disk.lay(found, folder / "backups")
    log = folder / LOG
    if log.exists():
        # Frames behind the last commit may have come, in part.
        size = log.stat().st_size
        os.truncate(log, disk.log + int(max(0, size - disk.log) * disk.chance.random() * keeps))
    (folder / "session.db-shm").unlink(missing_ok=True)
    (folder / LEDGER).unlink()

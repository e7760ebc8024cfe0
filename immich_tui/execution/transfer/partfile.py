"""A file that appears under its name only when it is whole, verified and on disk.

Bytes go to `{name}.part`, hashed as they are written; `publish` forces them to disk and renames. What a crash
leaves behind is a `.part` file that the next attempt continues, if it knows which file it was of, or throws
away. What does not say otherwise blocks on the disk: use it in a thread.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from immich_tui.execution.transfer.sink import Sink

READ = 1 << 20

WORTH_RESUMING = 8 << 20
"""Bytes from which on a file's tag is written down at once, so that a crash does not lose what came."""

LOOK_EVERY = 32 << 20
"""Bytes written between two looks at how much room is left."""

SPARE = 16 << 20
"""Bytes that are left free on the disk for everybody else, on small disks a hundredth of it."""


class Hash(Protocol):
    """A running SHA-1."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Add bytes."""

    def hexdigest(self) -> str:
        """Return the digest so far, in hex."""


class PartFile:
    """The growing `.part` file of one backup, and beside it the tag of the file it is of (`.part.etag`).

    Bytes are hashed in the thread that writes them, which leaves the event loop to receive the next.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = part_of(target)
        self.size = 0
        self._tag_path = self.path.with_name(self.path.name + ".etag")
        self._hash: Hash = _sha1()
        self._beside: Executor | None = None
        self._file: int | None = None
        self._sink: Sink | None = None
        self._looked_at = 0
        self._room = 0
        self._waiting: list[bytes | memoryview] = []
        self._waits = 0

    def open(self, *, resume: bool, room: int = 0) -> int:
        """Open for writing; with `resume`, hash what is there already and go on behind it.

        `room` is how many bytes the whole file will have. Returns the offset to continue at. Raises
        `OSError`, `ENOSPC` among them when the disk would be full before the file is whole.
        """
        self.close()
        self.take()
        self._hash, self.size, self._looked_at = _sha1(), 0, 0
        self._file = self._opened(0 if resume else os.O_TRUNC)
        while data := os.read(self._file, READ):
            self._hash.update(data)
            self.size += len(data)
        self._sink = Sink(self._file)
        self._check_room(max(0, room - self.size))
        return self.size

    def expect_much(self, beside: Executor) -> None:
        """Hash in a thread of `beside` while the same bytes are written, past the cache where that can be.

        For a large file that is open.
        """
        assert self._sink is not None
        self._beside = beside
        self._sink.leave_the_cache_out()

    def tag(self) -> str | None:
        """The tag of the file that the bytes are of, empty when its server gives none, `None` if unknown."""
        try:
            return self._tag_path.read_text(encoding="latin-1")
        except FileNotFoundError:
            return None

    def note_tag(self, etag: str) -> None:
        """Write down, durably, of which state of the file the bytes are. Raises `OSError`."""
        file = os.open(self._tag_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            os.write(file, etag.encode("latin-1", "replace"))
            os.fsync(file)
        finally:
            os.close(file)

    def begin(self, *, room: int = 0) -> None:
        """Begin anew at the first write, for a file of which nothing is there; otherwise as `open`.

        Does not block.
        """
        self.close()
        self.take()
        self._hash, self.size, self._looked_at, self._room = _sha1(), 0, 0, room

    def add(self, data: bytes | memoryview) -> int:
        """Take bytes that came, and return how many wait to be hashed and written. Does not block.

        They are not copied: what they are a view of must stay as it is until they are written.
        """
        self.size += len(data)
        self._waiting.append(data)
        self._waits += len(data)
        return self._waits

    def take(self) -> list[bytes | memoryview]:
        """What waits to be written, for `write`; from here on it does not wait any more."""
        pieces, self._waiting, self._waits = self._waiting, [], 0
        return pieces

    def write(self, pieces: list[bytes | memoryview]) -> None:
        """Hash and write what was added. More may be added meanwhile; only one thread may write at a time.

        Raises `OSError`: `ENOSPC` a little before the disk is full.
        """
        if self._sink is None:
            self._file = self._opened(os.O_TRUNC)
            self._sink = Sink(self._file)
            self._check_room(self._room)
        if self._beside is None:
            self._hash_all(pieces)
            self._sink.write(pieces)
        else:
            hashing = self._beside.submit(self._hash_all, pieces)
            try:
                self._sink.write(pieces)
            finally:
                hashing.result()
        end = self._sink.end
        if end - self._looked_at >= LOOK_EVERY:
            self._looked_at = end
            self._check_room(0)

    def _hash_all(self, pieces: Sequence[bytes | memoryview]) -> None:
        for piece in pieces:
            self._hash.update(piece)

    def end(self) -> None:
        """Write what waits and close the file. Raises `OSError`."""
        if self._waits:
            self.write(self.take())
        self.close()

    @property
    def sha1(self) -> str:
        """SHA-1 of everything written so far, in hex."""
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Throw the unfinished file away."""
        self.close()
        discard(self.target)

    def close(self) -> None:
        """Close the file, leaving the `.part` for a later attempt or for `publish`."""
        if self._file is not None:
            os.close(self._file)
            self._file = self._sink = self._beside = None

    def _opened(self, truncate: int) -> int:
        if truncate:
            # It may be a second name of an earlier backup's file, which must not be written to.
            self.path.unlink(missing_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | truncate, 0o600)
        if truncate:
            self._tag_path.unlink(missing_ok=True)
        return file

    def _check_room(self, wanted: int) -> None:
        assert self._file is not None
        disk = os.fstatvfs(self._file)
        if disk.f_bavail * disk.f_frsize < wanted + spare_of(disk.f_blocks * disk.f_frsize):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))


def spare_of(disk: int) -> int:
    """Bytes that are left free on a disk of this size."""
    return min(SPARE, disk // 100)


def part_of(target: Path) -> Path:
    """Where the bytes of a file are before it has its name."""
    return target.with_name(target.name + ".part")


def discard(target: Path) -> None:
    """Throw away what was gathered for a file."""
    part = part_of(target)
    part.unlink(missing_ok=True)
    part.with_name(part.name + ".etag").unlink(missing_ok=True)


def publish(targets: Sequence[Path], pool: Executor | None = None) -> None:
    """Force the `.part` files of these targets, all of one folder, to disk and give them their names.

    In threads of `pool` the disk gets many at once, and writes its own journal once for several of them. On
    return every one of them survives a power cut. Raises `OSError` when that cannot be said of all. An fsync
    that fails means that bytes may be gone, and a second one would not tell: that file is thrown away, so
    that it is fetched again.
    """
    failed: OSError | None = None
    forced = pool.map(_forced, targets) if pool else map(_forced, targets)
    for target, error in zip(targets, forced, strict=True):
        if error is not None:
            discard(target)
            failed = failed or error
            continue
        part = part_of(target)
        part.replace(target)
        part.with_name(part.name + ".etag").unlink(missing_ok=True)
    if failed is not None:
        raise failed
    if targets:
        sync_folder(targets[0].parent)


def _forced(target: Path) -> OSError | None:
    try:
        force_to_disk(part_of(target))
    except OSError as error:
        return error
    return None


def force_to_disk(path: Path) -> None:
    """Force a file's bytes to disk. Raises `OSError`."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, so that they survive a power cut.

    What is forced to disk in a folder is lost with the folder's own name. What is there already may come from
    a run that was cut off before it got so far, so the names of two levels are forced again, where whoever
    runs this may read what is above. Raises `OSError` where a folder cannot be made.
    """
    there, missing = folder, []
    while not there.is_dir():
        missing.append(there)
        there = there.parent
    for above in (there.parent.parent, there.parent):
        with suppress(OSError):
            sync_folder(above)
    for one in reversed(missing):
        one.mkdir(mode=0o700 if one == folder else 0o777, exist_ok=True)
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_sha1(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-1 in hex of a file on disk. Raises `OSError`."""
    digest, size = _sha1(), 0
    with path.open("rb") as file:
        while data := file.read(READ):
            digest.update(data)
            size += len(data)
    return size, digest.hexdigest()


def _sha1() -> Hash:
    return hashlib.sha1(usedforsecurity=False)

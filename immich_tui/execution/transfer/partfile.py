"""A file that appears under its name only when it is whole, verified and on disk.

Bytes go to `{name}.part`, hashed as they are written; `publish` forces file and folder to disk and renames.
What a crash leaves behind is a `.part` file that the next attempt continues or throws away.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Protocol

READ = 1 << 20


class Hash(Protocol):
    """A running SHA-1."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""

    def hexdigest(self) -> str:
        """Return the digest so far, in hex."""


class PartFile:
    """The growing `.part` file of one backup. All calls block on the disk: use them in a thread."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self.size = 0
        self._hash: Hash = _sha1()
        self._file: int | None = None

    def open(self, *, resume: bool) -> int:
        """Open for writing; with `resume`, hash what is there already and go on behind it.

        Returns the offset to continue at. Raises `OSError`.
        """
        self.close()
        self._hash, self.size = _sha1(), 0
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | (0 if resume else os.O_TRUNC)
        self._file = os.open(self.path, flags, 0o600)
        while data := os.read(self._file, READ):
            self._hash.update(data)
            self.size += len(data)
        return self.size

    def write(self, data: bytes) -> None:
        """Append bytes. Raises `OSError`, for example when the disk is full."""
        assert self._file is not None
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha1(self) -> str:
        """SHA-1 of everything written so far, in hex."""
        return self._hash.hexdigest()

    def publish(self) -> None:
        """Force the bytes to disk and give the file its name, durably. Raises `OSError`.

        An fsync that fails means the data may be gone, and a second one would not tell: the file is thrown
        away, so that the next attempt starts over.
        """
        assert self._file is not None
        try:
            os.fsync(self._file)
        except OSError:
            self.discard()
            raise
        self.close()
        self.path.replace(self.target)
        sync_folder(self.target.parent)

    def discard(self) -> None:
        """Throw the unfinished file away."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file, leaving the `.part` for a later attempt."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


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

"""Where bytes go: an open file, written through the system's cache or, for large files, past it.

A backup is forced to disk before it counts. The copy in the cache only costs then: half a second of a
processor for each gigabyte, and the room of what others keep there.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

ALIGNED: Final = 4096
"""What a disk writes without the cache is of whole blocks, in the file and in memory: none is larger."""

PIECES: Final = 256
"""Pieces written in one call; the system takes a thousand."""

WRITE_BACK: Final = 8 << 20
"""Bytes in the cache that the disk is told to begin with, so that an fsync finds little left to write."""


class Sink:
    """An open file, written from where it stands. Blocks on the disk: use it in a thread."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._told = self.end
        self._direct = False

    @property
    def end(self) -> int:
        """Where the next bytes go."""
        return os.lseek(self._file, 0, os.SEEK_CUR)

    @property
    def is_direct(self) -> bool:
        """Whether the cache is left out."""
        return self._direct

    def leave_the_cache_out(self) -> None:
        """Write past the cache, where the system and the file system can, as long as whole blocks come."""
        if hasattr(os, "O_DIRECT") and self.end % ALIGNED == 0:
            with suppress(OSError):
                self._set_direct(True)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write all of these. Raises `OSError`."""
        for first in range(0, len(pieces), PIECES):
            rest = list(pieces[first : first + PIECES])
            if self._direct and any(len(piece) % ALIGNED for piece in rest):
                self._set_direct(False)
            try:
                _write_all(self._file, rest)
            except OSError as error:
                if not self._direct or error.errno != errno.EINVAL:
                    raise
                # Not here, not these bytes, or no more after a part of them was written.
                self._set_direct(False)
                _write_all(self._file, rest)
        if not self._direct and (end := self.end) - self._told >= WRITE_BACK:
            _begin_to_write_back(self._file, self._told, end)
            self._told = end

    def _set_direct(self, direct: bool) -> None:
        flags = fcntl.fcntl(self._file, fcntl.F_GETFL)
        fcntl.fcntl(self._file, fcntl.F_SETFL, flags | os.O_DIRECT if direct else flags & ~os.O_DIRECT)
        self._direct = direct
        self._told = self.end


def _write_all(file: int, rest: list[bytes | memoryview]) -> None:
    """Write these in as few calls as the system makes of them; what is written is taken from the list."""
    while rest:
        written = os.writev(file, rest)
        while rest and written >= len(rest[0]):
            written -= len(rest.pop(0))
        if written:
            rest[0] = memoryview(rest[0])[written:]


def _begin_to_write_back(file: int, start: int, end: int) -> None:
    """Have the system write this stretch to the disk now, without waiting for it.

    Linux does so for pages of which it is told that nobody will read them soon; that also keeps a large
    backup from crowding everything else out of memory.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(file, start, end - start, os.POSIX_FADV_DONTNEED)

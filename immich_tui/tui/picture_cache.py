"""Pictures on disk, so that a second evening asks the server for nothing it has shown already.

Everything here reads and writes files: it is called in threads. The cache is a convenience: what cannot be
read is asked for again, what cannot be written is not kept, and neither is ever told.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
import time
from pathlib import Path

from immich_tui.config.private import make_private

LIMIT = 256 * 1024 * 1024
"""Bytes on disk: about 16,000 thumbnails, or 1,000 previews."""
DOWN_TO = 0.8
"""How full the cache is after clearing out."""
_PART = ".part-"
_ABANDONED_S = 3600.0


class PictureCache:
    """Keeps encoded pictures in a folder that only its owner may read; the longest unused ones go first."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._total: int | None = None
        self._writable = True

    def read(self, *key: str) -> bytes | None:
        """The picture under this key, which counts as used now."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data or None

    def write(self, data: bytes, *key: str) -> None:
        """Keep a picture."""
        if not data or not self._writable or len(data) > self._limit:
            return
        path = self._path(key)
        try:
            with self._lock:
                make_private(path.parent)
                before = path.stat().st_size if path.exists() else 0
                _replace(path, data)
                if self._total is None:
                    self._total = sum(size for _, size, _ in self._files())
                else:
                    self._total += len(data) - before
                if self._total > self._limit:
                    self._clear_out()
        except OSError:
            # A full disk or a folder of somebody else: one try is enough.
            self._writable = False

    def drop(self, *key: str) -> None:
        """Forget a picture, because it is damaged."""
        with contextlib.suppress(OSError):
            self._path(key).unlink()

    def _path(self, key: tuple[str, ...]) -> Path:
        name = hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / name[:2] / name[2:]

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was used last, its size, and where it is. Removes what writers left behind."""
        found = []
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(OSError):
                state = path.stat()
                if not path.name.startswith(_PART):
                    found.append((state.st_mtime, state.st_size, path))
                elif state.st_mtime < time.time() - _ABANDONED_S:
                    path.unlink()
        return found

    def _clear_out(self) -> None:
        files = sorted(self._files())
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= self._limit * DOWN_TO:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                left -= size
        self._total = left


def _replace(path: Path, data: bytes) -> None:
    """Write a file, readable by its owner alone, in one step."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_PART)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise

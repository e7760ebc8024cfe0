"""Files and folders that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from immich_tui.config.errors import ConfigError


def make_private(folder: Path) -> None:
    """Create a folder and its missing parents for the owner alone (0700); existing ones stay as they are."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def write_private(file: Path, text: str) -> None:
    """Replace a file's content in one step, readable by the owner alone (0600). A link is followed.

    Raises `ConfigError` when the file or its folder cannot be written.
    """
    try:
        _write(file.resolve(), text)
    except OSError as error:
        raise ConfigError(str(file), f"it cannot be written: {error.strerror or error}.") from None


def _write(target: Path, text: str) -> None:
    make_private(target.parent)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def others_may_read(file: Path) -> bool:
    """Whether somebody else than the owner may read a file, by its mode."""
    return bool(file.stat().st_mode & 0o077)

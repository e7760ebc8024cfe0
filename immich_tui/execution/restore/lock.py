"""One restore of a backup folder at a time: two would upload the same files side by side."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from immich_tui.jobs.journal import JournalUnavailable


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a backup folder for a restore. Raises `JournalUnavailable` when another restore holds it.

    The folder itself is locked, so that one on a medium that cannot be written is held as well; the system
    lets go of it when the process ends, however it ends. A file system without locks holds nothing.
    Blocks on the disk for a moment.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalUnavailable(
                f"Another restore of {folder} is going on. Wait until it has ended, then run this one again."
            ) from None
        except OSError:
            pass
        yield
    finally:
        os.close(handle)

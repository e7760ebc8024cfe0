"""Whether a backup counts: what it was compared with, where it lies, and that it is still as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from immich_tui.execution.run import Run
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.execution.transfer.partfile import file_sha1
from immich_tui.immich.models import Asset


def is_weak(asset: Asset) -> bool:
    """Whether the server has no checksum of this asset's content.

    Immich hashes the text `path:` and the path for external-library assets, the bytes for uploads.
    """
    sha1 = sha1_of(asset.checksum)
    of_path = hashlib.sha1(f"path:{asset.original_path}".encode(), usedforsecurity=False).hexdigest()
    return sha1 is None or sha1 == of_path or asset.library_id is not None


def untrusted(run: Run, name: str) -> str:
    """Why a backup that lies elsewhere does not count, as a sentence; empty where the person trusts it."""
    aria2 = run.settings.transfer.aria2
    if aria2 is not None and aria2.trusted:
        return ""
    return f"The backup of {name} lies elsewhere, and trust_remote_backup is not set."


def stands(run: Run, record: Mapping[str, object]) -> bool:
    """Whether a backup that the journal knows still counts. Blocks on the disk."""
    if record.get("elsewhere"):
        return not untrusted(run, "it")
    return still_whole(run.folder, record)


def still_whole(folder: Path, record: Mapping[str, object]) -> bool:
    """Whether a backup is there as it was verified; a file whose marks moved is hashed again."""
    path = folder / str(record["file"])
    try:
        status = path.stat()
        marks = (status.st_size, status.st_mtime_ns, status.st_ino)
        if marks == (record["size"], record["mtime_ns"], record["inode"]):
            return True
        return file_sha1(path) == (record["size"], record["sha1"])
    except OSError:
        return False

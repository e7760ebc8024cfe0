"""Backups that are there already: of this run before a crash, or of earlier runs under the same root.

What is found is hashed again before it counts, so a file that rotted or was swapped is fetched anew.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

from immich_tui.execution.backup.manifest import NAME, read_manifest
from immich_tui.execution.transfer.partfile import READ, discard, file_sha1, part_of
from immich_tui.execution.transfer.wanted import Expected

VERIFIED = "verified"


def earlier_backups(folder: Path, wanted: Container[str]) -> Iterator[tuple[str, Path]]:
    """Verified backups of these assets that manifests beside a run's folder name, newest run first.

    Folders and manifests that cannot be read are passed over. Blocks on the disk.
    """
    for manifest in sorted(folder.parent.glob(f"*/{NAME}"), reverse=True):
        if manifest.parent == folder:
            continue
        with suppress(OSError):
            for line in read_manifest(manifest):
                if line.asset_id in wanted and line.verdict == VERIFIED and Path(line.file).name == line.file:
                    yield line.asset_id, manifest.parent / line.file


def is_whole(path: Path, expected: Expected) -> bool:
    """Whether a file has the bytes that are expected, all of them known. Blocks on the disk."""
    if expected.size is None or expected.sha1 is None:
        return False
    try:
        return path.stat().st_size == expected.size and file_sha1(path) == (expected.size, expected.sha1)
    except OSError:
        return False


def take_over(earlier: Path, target: Path) -> None:
    """Put an earlier backup's bytes into the `.part` file of `target`: one file with two names, else a copy.

    The caller looks whether they are whole. Raises `OSError` of the target's side; an earlier backup that is
    not there or cannot be read gives fewer bytes, or none.
    """
    discard(target)
    if not earlier.is_file():
        return
    part = part_of(target)
    try:
        os.link(earlier, part)
    except OSError:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as copy:
            copy.writelines(_readable(earlier))


def _readable(path: Path) -> Iterator[bytes]:
    """The bytes of a file up to the first that cannot be read."""
    with suppress(OSError), path.open("rb") as source:
        while data := source.read(READ):
            yield data

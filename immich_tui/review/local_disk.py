"""Whether a folder is on this machine's own disk: a database on a network share is not safe.

There locks may be granted twice, and what SQLite was told to be written may not be; its write-ahead log is
for one machine alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
"""What is mounted where, as Linux tells it. Where this file is not, nothing is known."""

_NETWORK: Final = frozenset(
    {"9p", "afs", "afpfs", "beegfs", "ceph", "cifs", "gpfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"}
)
_NETWORK_BY_FUSE: Final = frozenset({"ceph", "davfs2", "glusterfs", "rclone", "s3fs", "smbnetfs", "sshfs"})
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def network_file_system(folder: Path) -> str:
    """The kind of network file system that a folder is on (`nfs4`), empty where it is on none.

    The folder need not exist yet. Blocks on the disk.
    """
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    above = {folder.resolve(), *folder.resolve().parents}
    # A later mount at the same place hides the earlier one.
    kinds = {place: kind for place, kind in map(_mount, lines) if place in above}
    if not kinds:
        return ""
    kind = kinds[max(kinds, key=lambda place: len(place.parts))]
    family, _, name = kind.partition(".")
    return kind if kind in _NETWORK or (family == "fuse" and name in _NETWORK_BY_FUSE) else ""


def _mount(line: str) -> tuple[Path, str]:
    """Where a line of `mountinfo` mounts what kind: the fifth word, and the first after the dash."""
    before, _, after = line.partition(" - ")
    place = _OCTAL.sub(lambda found: chr(int(found[1], 8)), before.split(" ")[4])
    return Path(place), after.split(" ")[0]

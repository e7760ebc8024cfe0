"""What the reports in a backup folder tell of its photos: that they went, were left alone, or came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from immich_tui.execution.backup.folder import SavedPhoto
from immich_tui.execution.json_file import objects_in
from immich_tui.execution.report.report import NAME
from immich_tui.execution.restore.photo import Outcome as Restored
from immich_tui.execution.undo.state import Outcome as Undone

LEFT = "left"
SENT = frozenset({"trashed", "deleted", "unknown"})
"""Fates of photos, as the report of a run names them."""

_BACK = frozenset({Restored.ALIVE, Restored.UNTRASHED, Restored.UPLOADED})


def fates(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Ids of photos, their names, and what became of them, by the report of the run.

    Nothing where there is none that can be read. Blocks on the disk.
    """
    with suppress(OSError):
        for group in objects_in(folder / NAME):
            for member in _objects(group.get("members")):
                yield str(member.get("asset_id")), str(member.get("name")), str(member.get("fate"))


def brought_back(folder: Path, photos: Iterable[SavedPhoto]) -> frozenset[str]:
    """Ids of those photos that an undo or a restore brought back, by their reports. Blocks on the disk."""
    known = {photo.id: photo for photo in photos}
    found: set[str] = set()
    for path in sorted(folder.glob("restore-*.json")):
        with suppress(OSError):
            back = (str(one.get("asset_id")) for one in objects_in(path) if one.get("outcome") in _BACK)
            found |= known.keys() & back
    for path in sorted(folder.glob("undo-*.json")):
        with suppress(OSError):
            for group in objects_in(path):
                found |= {one.id for one in known.values() if _is_undone(group, one)}
    return frozenset(found)


def _is_undone(group: Mapping[str, Any], photo: SavedPhoto) -> bool:
    """Whether an undo of this group brought the photo back; of a part of a group it tells only names."""
    if group.get("group_id") != photo.file.line.group_id:
        return False
    restored = group.get("restored")
    named = isinstance(restored, list) and photo.file.name in restored
    return named or group.get("outcome") == Undone.UNDONE


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())

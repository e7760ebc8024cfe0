"""Flags on files and groups: libraries, the same file twice, archive, size of the group."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.immich.models import Group
from immich_tui.verdict import phrases
from immich_tui.verdict.ledger import exif_kept_out_by_library
from immich_tui.verdict.model import Flag, Severity
from immich_tui.verdict.reading import Reading, read
from immich_tui.verdict.scene import LARGE_FROM, Scene


def external_library(scene: Scene) -> Flag | None:
    """Members that Immich only looks at: their checksum is of their path, and they may be read-only."""
    found = [r for r in scene.ranked if r.library is not None]
    if not found:
        return None
    if scene.winner.library is not None:
        refused = exif_kept_out_by_library(scene)
        if refused:
            return Flag(
                "external_library",
                Severity.BLOCK,
                f"{phrases.listed(refused)} may not last in an external library",
                (scene.winner.id,),
            )
    return Flag("external_library", Severity.WARN, scene.whose(found), tuple([r.id for r in found]))


def same_files(readings: Sequence[Reading]) -> tuple[str, ...]:
    """Members that are rows for one and the same file, or may be: trashing one could take the other along.

    Equal paths are certain. An external member with the name and the size of another member is suspected: two
    libraries can show one folder.
    """
    paths: dict[str, Reading] = {}
    found: dict[str, None] = {}
    external = False
    for reading in readings:
        external = external or reading.library is not None
        path = reading.path
        if not path:
            continue
        twin = paths.setdefault(path, reading)
        if twin is not reading:
            found[twin.id] = found[reading.id] = None
    if external:
        for place, one in enumerate(readings):
            for other in readings[place + 1 :]:
                if (
                    (one.library is not None or other.library is not None)
                    and one.size
                    and one.size == other.size
                    and not _names(one).isdisjoint(_names(other))
                ):
                    found[one.id] = found[other.id] = None
    return tuple(found)


def twins(group: Group) -> tuple[str, ...]:
    """`same_files` of a group that was not read yet; nearly always the paths alone tell there are none."""
    assets = [asset.__dict__ for asset in group.assets]
    paths = {about["original_path"] for about in assets}
    if len(paths) == len(assets) and all(about["library_id"] is None for about in assets):
        return ()
    return same_files(read(group.assets, None))


def _names(reading: Reading) -> set[str]:
    names = {reading.asset.original_file_name, reading.path.rpartition("/")[2]}
    return {name.casefold() for name in names if name}


def same_file(scene: Scene) -> Flag | None:
    """Two rows for one file: none of them may ever be trashed."""
    found = same_files(scene.ranked)
    return (
        Flag("same_file", Severity.BLOCK, "trashing one could take the other along", found) if found else None
    )


def visibility_conflict(scene: Scene) -> Flag | None:
    """One is in the archive, another on the timeline."""
    ours = scene.winner.visibility
    for reading in scene.ranked:
        if reading.visibility != ours:
            break
    else:
        return None
    archived = [r for r in scene.ranked if r.visibility == "archive"]
    if not archived or not any(r.visibility == "timeline" for r in scene.ranked):
        return None
    severity = Severity.BLOCK if ours == "archive" else Severity.WARN
    return Flag(
        "visibility_conflict",
        severity,
        f"archived: {scene.whose(archived)}",
        tuple([r.id for r in archived]),
    )


def large_group(scene: Scene) -> Flag | None:
    """So many members were merged through each other: not all of them need be alike."""
    if len(scene.ranked) < LARGE_FROM:
        return None
    return Flag("large_group", Severity.BLOCK, f"{len(scene.ranked)} members")


def zero_size(scene: Scene) -> Flag | None:
    """Empty files."""
    empty = [r for r in scene.ranked if r.size == 0]
    if not empty:
        return None
    severity = Severity.BLOCK if scene.winner.size == 0 else Severity.INFO
    return Flag("zero_size", severity, scene.whose(empty), tuple([r.id for r in empty]))

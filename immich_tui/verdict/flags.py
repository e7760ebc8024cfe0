"""All flags in one list: what a person should look at before a group is resolved.

Tuned for few and true. A flag that a photographer would call silly costs more than it brings: who has seen
three of them reads no fourth.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from immich_tui.verdict import flags_file as file
from immich_tui.verdict import flags_metadata as metadata
from immich_tui.verdict import flags_picture as picture
from immich_tui.verdict import flags_time as time
from immich_tui.verdict.model import Flag
from immich_tui.verdict.scene import (
    BARE,
    CAMERA,
    EXPOSURE,
    FEWER,
    FORMAT,
    LARGE,
    LENS,
    LOOK,
    PEOPLE,
    PLACE,
    PLACELESS,
    SHAPE,
    SMALLER,
    TIME,
    TWINS,
    UNUSUAL,
    Scene,
)

Check = Callable[[Scene], Flag | None]

#: Checks by what members must differ in before they can find anything.
CHECKS: tuple[tuple[int, tuple[Check, ...]], ...] = (
    (TWINS | UNUSUAL, (file.same_file,)),
    (LOOK, (picture.looks_different,)),
    (PLACE, (metadata.gps_conflict,)),
    (PLACELESS, (metadata.location_loss,)),
    (CAMERA, (metadata.camera_conflict, metadata.camera_loss)),
    (LENS, (metadata.lens_loss,)),
    (EXPOSURE, (metadata.exposure_loss,)),
    (FEWER, (picture.resolution_loss,)),
    (SMALLER, (picture.compression_loss,)),
    (SHAPE, (picture.aspect_mismatch,)),
    (FORMAT, (picture.raw_loss,)),
    (FORMAT | UNUSUAL, (picture.type_mismatch,)),
    (BARE, (metadata.no_exif,)),
    (PEOPLE, (metadata.people_loss,)),
    (LARGE, (file.large_group,)),
    (
        UNUSUAL,
        (
            file.zero_size,
            picture.no_thumbnail,
            picture.live_video_loss,
            picture.edited,
            picture.duration_mismatch,
            file.visibility_conflict,
            file.external_library,
            metadata.null_island,
            time.future_date,
            picture.no_dimensions,
        ),
    ),
)

#: Every name that a flag can have, with what it says in a few words.
FLAG_NAMES: dict[str, str] = {
    "same_file": "one file listed twice",
    "zero_size": "an empty file",
    "no_thumbnail": "the server could not read the one to keep",
    "looks_different": "the pictures look different",
    "burst": "shots of one burst",
    "capture_time_conflict": "capture times contradict each other",
    "timezone_conflict": "time zones contradict each other",
    "gps_conflict": "places contradict each other",
    "camera_conflict": "different cameras",
    "resolution_loss": "fewer pixels would be kept",
    "compression_loss": "a coarser picture may be kept",
    "raw_loss": "a RAW file would go",
    "location_loss": "the place would be lost",
    "camera_loss": "the camera would be lost",
    "lens_loss": "the lens would be lost",
    "exposure_loss": "exposure values would be lost",
    "live_video_loss": "a live photo would go",
    "people_loss": "named people would go",
    "edited": "edited on the server",
    "duration_mismatch": "videos of different length",
    "aspect_mismatch": "different shapes",
    "type_mismatch": "different formats",
    "visibility_conflict": "archived beside timeline",
    "external_library": "in an external library",
    "large_group": "a large group",
    "null_island": "0, 0 as a place",
    "future_date": "a date from the future",
    "no_exif": "no metadata but the file's own",
    "no_dimensions": "pixels unknown",
}

#: Flags that never are more than a piece of information.
ONLY_INFORM = frozenset({"people_loss", "null_island", "future_date", "no_exif", "no_dimensions"})

_ORDER = {name: place for place, name in enumerate(FLAG_NAMES)}


def raise_flags(scene: Scene) -> tuple[Flag, ...]:
    """All flags of a group, the gravest first, in a fixed order among equals."""
    differs = scene.differs
    checks = _worth_asking(differs)
    if not checks and not differs & TIME:
        return ()
    found = [flag for check in checks if (flag := check(scene)) is not None]
    if differs & TIME:
        found += time.time_flags(scene)
    if len(found) > 1:
        found.sort(key=_gravest_first)
    return tuple(found)


@cache
def _worth_asking(differs: int) -> tuple[Check, ...]:
    """The checks that can find anything where members differ in this; few combinations ever occur."""
    return tuple(check for bits, checks in CHECKS if differs & bits for check in checks)


def _gravest_first(flag: Flag) -> tuple[int, int]:
    return -flag.severity, _ORDER[flag.name]

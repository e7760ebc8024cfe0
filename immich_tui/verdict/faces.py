"""Where faces are: boxes compared whatever the size of the image that they were measured in."""

from __future__ import annotations

from collections.abc import Iterable

from immich_tui.immich.models import Box, Face

SAME_PLACE = 0.5
"""From which overlap (common area by joint area) two boxes are taken for one face."""


def inside(box: Box) -> Box | None:
    """The part of a box that lies in its image, `None` when nothing does."""
    left, top = max(0, box.x), max(0, box.y)
    right = min(box.image_width, box.x + box.width)
    bottom = min(box.image_height, box.y + box.height)
    if right <= left or bottom <= top:
        return None
    return box._replace(x=left, y=top, width=right - left, height=bottom - top)


def measured_in(box: Box, width: int, height: int) -> Box:
    """The same place in an image of another size."""
    wide, high = width / box.image_width, height / box.image_height
    left, top = min(width - 1, round(box.x * wide)), min(height - 1, round(box.y * high))
    across = max(1, min(width - left, round(box.width * wide)))
    return Box(width, height, left, top, across, max(1, min(height - top, round(box.height * high))))


def overlap(one: Box, other: Box) -> float:
    """Common area by joint area, each box seen in shares of its image: 0 when apart, 1 for the same place."""
    mine, theirs = _shares(one), _shares(other)
    if mine is None or theirs is None:
        return 0.0
    wide = min(mine[2], theirs[2]) - max(mine[0], theirs[0])
    high = min(mine[3], theirs[3]) - max(mine[1], theirs[1])
    if wide <= 0 or high <= 0:
        return 0.0
    common = wide * high
    return common / (_area(mine) + _area(theirs) - common)


def at(faces: Iterable[Face], box: Box) -> tuple[Face, ...]:
    """The faces at this place."""
    return tuple(face for face in faces if overlap(face.box, box) >= SAME_PLACE)


def at_as(faces: Iterable[Face], box: Box, person_id: str) -> tuple[Face, ...]:
    """The faces at this place that are this person."""
    return tuple(face for face in at(faces, box) if face.person is not None and face.person.id == person_id)


def _shares(box: Box) -> tuple[float, float, float, float] | None:
    found = inside(box)
    if found is None:
        return None
    wide, high = found.image_width, found.image_height
    return (
        found.x / wide,
        found.y / high,
        (found.x + found.width) / wide,
        (found.y + found.height) / high,
    )


def _area(shares: tuple[float, float, float, float]) -> float:
    left, top, right, bottom = shares
    return (right - left) * (bottom - top)

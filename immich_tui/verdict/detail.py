"""Whether a file holds a coarser picture than another with the same pixels, told from the bytes."""

from __future__ import annotations

from collections.abc import Iterable

from immich_tui.verdict.formats import LOSSY, Family
from immich_tui.verdict.reading import Reading

#: A file with less than this part of the other's bytes was encoded much harder.
_KEPT = 0.60
#: HEIC and AVIF need about half of what JPEG needs for the same picture.
_KEPT_BY_MODERN = 0.50


def finer(winner: Reading, losers: Iterable[Reading]) -> Reading | None:
    """The first loser that holds a clearly finer picture than the winner, at the same pixels.

    Only within one lossy format, and for a HEIC or AVIF beside a camera's JPEG: between other formats bytes
    say nothing.
    """
    size, pixels, family = winner.size, winner.pixels, winner.family
    if not size or pixels is None or family not in LOSSY:
        return None
    for loser in losers:
        if not loser.size or loser.size <= size or loser.pixels != pixels:
            continue
        if loser.family is family:
            kept = _KEPT
        elif (
            family in (Family.HEIF, Family.AVIF) and loser.family is Family.JPEG and loser.camera is not None
        ):
            kept = _KEPT_BY_MODERN
        else:
            continue
        if size < kept * loser.size:
            return loser
    return None

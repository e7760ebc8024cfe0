"""How far two pictures look apart, told from their thumbhashes.

A thumbhash is the picture's first cosine coefficients: five to seven per side for brightness, three for each
of two colour differences, packed into about 21 bytes. Comparing the bytes would make one step of the average
colour as grave as a face turned away, so the coefficients are unpacked and compared as what they are.
"""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from typing import NamedTuple

# Calibrated on the thumbhashes that real servers (1.135, 2.7 and 3.1) made for known pairs. Difference of all
# coefficients, divided by the contrast of the picture (never less than CONTRAST_FLOOR):
#   copies resized, re-encoded at quality 60 or converted     0.00 to 0.16  (222 pairs)
#   one clip in two containers and sizes                      0.16
#   crop of the same aspect                                   0.56
#   shots of one burst                                        0.79 and more
#   black-and-white edit beside its original                  1.28
# There is nothing between 0.16 and 0.56. Below ALIKE re-encoding explains the difference with room to spare;
# above CLEAR nothing but another picture was ever seen.
ALIKE = 0.30
CLEAR = 0.50
CONTRAST_FLOOR = 0.20


class Hash(NamedTuple):
    """An unpacked thumbhash: which coefficients it has, the coefficients, and their squared sum without means."""

    shape: tuple[int, int, bool]
    values: tuple[float, ...]
    energy: float


def _triangle(width: int, height: int) -> int:
    """How many coefficients a channel of this many frequencies keeps, its mean left out."""
    return sum(
        1 for y in range(height) for x in range(0 if y else 1, width) if x * height < width * (height - y)
    )


_COUNTS = {(width, height): _triangle(width, height) for width in range(8) for height in range(8)}
_CHROMA = _COUNTS[3, 3]


def unpack(thumbhash: str) -> Hash | None:
    """The coefficients of a base64 thumbhash, `None` when it is not one."""
    try:
        raw = b64decode(thumbhash, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) < 6:
        return None
    head = raw[0] | raw[1] << 8 | raw[2] << 16
    more = raw[3] | raw[4] << 8
    alpha = bool(head >> 23)
    landscape = more >> 15
    full, short = (5 if alpha else 7), more & 7
    width, height = (max(3, full), max(3, short)) if landscape else (max(3, short), max(3, full))
    luma = _COUNTS[width, height]
    start = 6 if alpha else 5
    # A hash that ends before its coefficients do is no hash.
    if (len(raw) - start) * 2 < luma + 2 * _CHROMA:
        return None
    steps = [half for byte in raw[start:] for half in (byte & 15, byte >> 4)]
    values: list[float] = []
    first = 0
    for count, scale in (
        (luma, (head >> 18 & 31) / 31),
        (_CHROMA, (more >> 3 & 63) / 63 * 1.25),
        (_CHROMA, (more >> 9 & 63) / 63 * 1.25),
    ):
        unit = scale / 7.5
        values += [step * unit - scale for step in steps[first : first + count]]
        first += count
    energy = math.sumprod(values, values) if hasattr(math, "sumprod") else sum(v * v for v in values)
    values += ((head & 63) / 63, (head >> 6 & 63) / 31.5, (head >> 12 & 63) / 31.5)
    return Hash((width, height, alpha), tuple(values), energy)


def difference(one: Hash, other: Hash) -> float:
    """How far two pictures look apart: 0 for the same, above `CLEAR` for certainly another picture.

    Pictures of another shape keep other frequencies; there only the means and colours can be compared.
    """
    mine, theirs = one.values, other.values
    if one.shape != other.shape:
        tail = 2 * _CHROMA + 3
        mine, theirs = mine[-tail:], theirs[-tail:]
    apart = math.dist(mine, theirs)
    contrast = math.sqrt(max(one.energy, other.energy))
    return apart / max(contrast, CONTRAST_FLOOR)


def looks_apart(one: str | None, other: str | None) -> float | None:
    """`difference` of two thumbhashes as the server sends them, `None` when one of them is unknown."""
    if not one or not other:
        return None
    if one == other:
        return 0.0
    mine, theirs = unpack(one), unpack(other)
    if mine is None or theirs is None:
        return None
    return difference(mine, theirs)

"""How far two pictures look apart, told from their thumbhashes.

A thumbhash is the picture's first cosine coefficients: five to seven per side for brightness, three for each
of two colour differences, packed into about 21 bytes. Comparing the bytes would make one step of the average
colour as grave as a face turned away, so the coefficients are unpacked and compared as what they are.
"""

from __future__ import annotations

import binascii
import math
from binascii import a2b_base64
from itertools import chain
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

_SURE = (ALIKE * CONTRAST_FLOOR) ** 2
_SHORTEST = 6


class Hash(NamedTuple):
    """An unpacked thumbhash: which coefficients it has, their values, means last, and the contrast."""

    shape: tuple[int, int, bool]
    values: list[float]
    contrast: float


def _triangle(width: int, height: int) -> int:
    """How many coefficients a channel of this many frequencies keeps, its mean left out."""
    return sum(
        1 for y in range(height) for x in range(0 if y else 1, width) if x * height < width * (height - y)
    )


_COUNTS = {(width, height): _triangle(width, height) for width in range(8) for height in range(8)}
_CHROMA = _COUNTS[3, 3]
_HALVES = tuple((byte & 15, byte >> 4) for byte in range(256))


def decode(thumbhash: str) -> bytes | None:
    """The bytes of a base64 thumbhash, `None` when it is none."""
    try:
        raw = a2b_base64(thumbhash)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) >= _SHORTEST else None


def unpack(raw: bytes) -> Hash | None:
    """The coefficients of a decoded thumbhash, `None` when some are missing."""
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
    steps = list(chain.from_iterable([_HALVES[byte] for byte in raw[start:]]))
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
    contrast = math.hypot(*values)
    values += ((head & 63) / 63, (head >> 6 & 63) / 31.5, (head >> 12 & 63) / 31.5)
    return Hash((width, height, alpha), values, contrast)


def difference(one: Hash, other: Hash) -> float:
    """How far two pictures look apart: 0 for the same, above `CLEAR` for certainly another picture.

    Pictures of another shape keep other frequencies; there only the means and colours can be compared.
    """
    mine, theirs = one.values, other.values
    if one.shape != other.shape:
        tail = 2 * _CHROMA + 3
        mine, theirs = mine[-tail:], theirs[-tail:]
    return math.dist(mine, theirs) / max(one.contrast, other.contrast, CONTRAST_FLOOR)


def surely_alike(one: bytes, other: bytes) -> bool:
    """Whether two hashes differ by so few steps that they cannot lie above `ALIKE`.

    Re-encoding mostly moves one or two coefficients by one step. An upper bound of the difference tells that
    without unpacking: every step is taken to be as wide as the widest there is.
    """
    if len(one) != len(other) or one[2] >> 2 != other[2] >> 2 or one[3:5] != other[3:5]:
        return False
    more = one[3] | one[4] << 8
    widest = max((one[2] >> 2 & 31) / 31, (more >> 3 & 63) / 50.4, (more >> 9 & 63) / 50.4) / 7.5
    steps = 0
    for mine, theirs in zip(one[5:], other[5:], strict=True):
        if mine != theirs:
            steps += ((mine & 15) - (theirs & 15)) ** 2 + ((mine >> 4) - (theirs >> 4)) ** 2
    apart = steps * widest * widest
    if one[:3] != other[:3]:
        mine, theirs = (raw[0] | raw[1] << 8 | raw[2] << 16 for raw in (one, other))
        apart += (((mine & 63) - (theirs & 63)) / 63) ** 2
        apart += (((mine >> 6 & 63) - (theirs >> 6 & 63)) / 31.5) ** 2
        apart += (((mine >> 12 & 63) - (theirs >> 12 & 63)) / 31.5) ** 2
    return apart <= _SURE


def apart(one: bytes, other: bytes) -> float | None:
    """`difference` of two decoded hashes, 0 where they are surely alike, `None` where one is damaged."""
    if one == other or surely_alike(one, other):
        return 0.0
    mine, theirs = unpack(one), unpack(other)
    return difference(mine, theirs) if mine is not None and theirs is not None else None


def looks_apart(one: str | None, other: str | None) -> float | None:
    """How far two pictures look apart by the thumbhashes the server sends, `None` when one is unknown."""
    if not one or not other:
        return None
    mine, theirs = decode(one), decode(other)
    return apart(mine, theirs) if mine is not None and theirs is not None else None

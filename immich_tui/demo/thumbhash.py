"""Thumbhash: about 25 bytes that stand for a picture, made from the lowest cosine waves of its colours.

The format: luminance `l` (up to 7 by 7 waves, 5 with transparency), the two colour differences `p` and `q`
(3 by 3 waves), each as a constant term and waves scaled by the largest of them, four bits a wave. Opaque
pictures only: the demo library has no others.
"""

from __future__ import annotations

import base64
import math
import operator

from PIL import Image


def thumbhash(image: Image.Image) -> str:
    """The hash of an opaque picture in base64.

    The picture is reduced first: to fewer pixels than the format's 100, because seven waves need no more.
    """
    small = image.convert("RGB")
    small.thumbnail((32, 32), Image.Resampling.BOX, reducing_gap=None)
    width, height = small.size
    data = small.tobytes()
    luminance: list[float] = []
    p_channel: list[float] = []
    q_channel: list[float] = []
    for at in range(0, len(data), 3):
        red, green, blue = data[at] / 255, data[at + 1] / 255, data[at + 2] / 255
        luminance.append((red + green + blue) / 3)
        p_channel.append((red + green) / 2 - blue)
        q_channel.append(red - green)
    longest = max(width, height)
    across = max(1, _round(7 * width / longest))
    down = max(1, _round(7 * height / longest))
    l_dc, l_waves, l_scale = _encode(luminance, width, height, max(3, across), max(3, down))
    p_dc, p_waves, p_scale = _encode(p_channel, width, height, 3, 3)
    q_dc, q_waves, q_scale = _encode(q_channel, width, height, 3, 3)
    landscape = width > height
    header = _round(63 * l_dc) | _round(31.5 + 31.5 * p_dc) << 6 | _round(31.5 + 31.5 * q_dc) << 12
    header |= _round(31 * l_scale) << 18
    shape = (down if landscape else across) | _round(63 * p_scale) << 3 | _round(63 * q_scale) << 9
    shape |= landscape << 15
    packed = bytearray([*header.to_bytes(3, "little"), *shape.to_bytes(2, "little")])
    half = False
    for wave in (*l_waves, *p_waves, *q_waves):
        level = _round(15 * wave)
        if half:
            packed[-1] |= level << 4
        else:
            packed.append(level)
        half = not half
    return base64.b64encode(bytes(packed)).decode()


def _round(value: float) -> int:
    return math.floor(value + 0.5)


def _encode(
    channel: list[float], width: int, height: int, across: int, down: int
) -> tuple[float, list[float], float]:
    """Constant term, waves between 0 and 1, and their scale."""
    columns = [[math.cos(math.pi / width * wave * (x + 0.5)) for x in range(width)] for wave in range(across)]
    rows = [[math.cos(math.pi / height * wave * (y + 0.5)) for y in range(height)] for wave in range(down)]
    lines = [channel[y * width : (y + 1) * width] for y in range(height)]
    # Rows first: the sum over x for each wave, then the sum over y of those.
    sums = [[sum(map(operator.mul, line, column)) for line in lines] for column in columns]
    constant, waves = 0.0, []
    for vertical in range(down):
        horizontal = 0
        while horizontal * down < across * (down - vertical):
            total = sum(map(operator.mul, sums[horizontal], rows[vertical])) / (width * height)
            if horizontal or vertical:
                waves.append(total)
            else:
                constant = total
            horizontal += 1
    scale = max((abs(wave) for wave in waves), default=0.0)
    if scale:
        waves = [0.5 + 0.5 / scale * wave for wave in waves]
    return constant, waves, scale

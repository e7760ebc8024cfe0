"""The blur that a thumbhash holds: shown at once, while the picture is still on its way."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from immich_tui.tui.drawing import Box, Drawing, fitted, half_blocks
from immich_tui.verdict.look import decode, unpack


def blurred(thumbhash: str | None, aspect: float | None, box: Box, tall: float = 2.0) -> Drawing | None:
    """What the picture will be, as a blur: drawn from the hash in the listing, without asking the server.

    `aspect` is width by height, `None` when unknown; `tall` is how many times higher than wide a cell is.
    `None` when the hash is none.
    """
    raw = decode(thumbhash) if thumbhash else None
    found = unpack(raw) if raw else None
    if found is None:
        return None
    luma_x, luma_y, _ = found.shape
    ratio = aspect if aspect and 0.05 < aspect < 20 else luma_x / luma_y
    width, height = fitted(ratio * 1000, 1000, box, tall)
    across, down = max(2, min(16, width)), max(2, min(12, height))
    small = Image.frombytes("RGB", (across, down), _pixels(found.shape, found.values, across, down))
    return half_blocks(small.resize((width, height), Image.Resampling.BICUBIC))


def _pixels(shape: tuple[int, int, bool], values: Sequence[float], across: int, down: int) -> bytes:
    """Colours from the coefficients: brightness, and the differences yellow to blue and red to green."""
    frequencies = (shape[:2], (3, 3), (3, 3))
    means = (values[-3], values[-2] - 1, values[-1] - 1)
    cos_x = [[math.cos(math.pi / across * (x + 0.5) * f) for f in range(8)] for x in range(across)]
    cos_y = [[math.cos(math.pi / down * (y + 0.5) * f) for f in range(8)] for y in range(down)]
    terms: list[list[tuple[int, int, float]]] = []
    used = 0
    for horizontal, vertical in frequencies:
        channel = []
        for fy in range(vertical):
            for fx in range(0 if fy else 1, horizontal):
                if fx * vertical < horizontal * (vertical - fy):
                    channel.append((fx, fy, values[used] * 2))
                    used += 1
        terms.append(channel)
    pixels = bytearray()
    for y in range(down):
        for x in range(across):
            light, yellow, red = (
                mean + sum(value * cos_x[x][fx] * cos_y[y][fy] for fx, fy, value in channel)
                for mean, channel in zip(means, terms, strict=True)
            )
            b = light - 2 / 3 * yellow
            r = (3 * light - b + red) / 2
            pixels += bytes(max(0, min(255, round(255 * part))) for part in (r, r - red, b))
    return bytes(pixels)

"""Pictures as Sixels: pixels that are painted over cells. Encoded by textual-image, of the extra `images`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MOST_COLOURS = 128
"""Fewer colours are encoded sooner and weigh less; the eye hardly tells in a photo of this size."""

TELLING = 50_000
"""Pixels that are enough to choose the colours from. Choosing them from all of a full screen holds the
interpreter for a tenth of a second, and with it every key."""


def few_colours(image: Image.Image) -> Image.Image:
    """An RGB picture in as many colours as are sent, chosen from some of its pixels."""
    from PIL.Image import Dither, Resampling  # noqa: PLC0415  (slow to import)

    apart = max(1, math.isqrt(image.width * image.height // TELLING))
    size = (max(1, image.width // apart), max(1, image.height // apart))
    palette = image.resize(size, Resampling.NEAREST).quantize(MOST_COLOURS)
    return image.quantize(palette=palette, dither=Dither.NONE)


@cache
def sixel_encoder() -> Callable[[Image.Image], str] | None:
    """What turns an RGB picture into one escape sequence; `None` when the extra is not installed.

    Only the encoder is taken from the library: importing its widgets would question the terminal and read the
    answer from the keyboard that Textual reads by then. In versions 0.12 to 0.14 it stands in the same place.
    """
    try:
        from textual_image._sixel import image_to_sixels  # noqa: PLC0415  (an extra)
    except ImportError:
        return None

    def encode(image: Image.Image) -> str:
        return str(image_to_sixels(few_colours(image)))

    return encode


def placed(sixels: str, x: int, y: int) -> str:
    """The sequence at a cell counted from zero; the cursor goes back to where it was."""
    return f"\x1b7\x1b[{y + 1};{x + 1}H{sixels}\x1b8"

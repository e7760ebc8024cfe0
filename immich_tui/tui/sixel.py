"""Pictures as Sixels: pixels that are painted over cells. Encoded by textual-image, of the extra `images`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MOST_COLOURS = 128
"""Fewer colours are encoded sooner and weigh less; the eye hardly tells in a photo of this size."""


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
        return str(image_to_sixels(image.quantize(MOST_COLOURS)))

    return encode


def placed(sixels: str, x: int, y: int) -> str:
    """The sequence at a cell counted from zero; the cursor goes back to where it was."""
    return f"\x1b7\x1b[{y + 1};{x + 1}H{sixels}\x1b8"

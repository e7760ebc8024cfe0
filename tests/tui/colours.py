"""The colours of what was drawn."""

from PIL import Image
from rich.color_triplet import ColorTriplet
from rich.segment import Segment


def ink(segment: Segment) -> ColorTriplet:
    """The colour of the letters of a piece of a line, which has to have one."""
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.color.triplet is not None
    return segment.style.color.triplet


def ground(segment: Segment) -> ColorTriplet:
    """The colour behind the letters of a piece of a line, which has to have one."""
    assert segment.style is not None
    assert segment.style.bgcolor is not None
    assert segment.style.bgcolor.triplet is not None
    return segment.style.bgcolor.triplet


def how_many(image: Image.Image) -> int:
    """How many colours occur in an image."""
    found = image.getcolors(1 << 24)
    assert found is not None
    return len(found)

"""Where two pictures differ: an image that shows it, and words that say it. Works on pixels, in a thread."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

GAIN = 4
"""How much stronger a difference is shown than it is: re-encoding differs by a few steps of 255."""
VISIBLE = 20
"""Steps of 255 from which a difference counts as visible."""
LEGEND = "grey: the same · orange: different · white: most different"
LEGEND_WITHOUT_COLOUR = "dark: the same · the brighter, the more different"
STRONGER = f" ({GAIN} times stronger)"
"""Ends a legend where there is room."""

_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "middle", "right")


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two pictures differ.

    `mean` and `share` lie between 0 and 1: the average difference, and how much of the area differs visibly.
    `where` is the part of the picture with most of it, empty when it is everywhere. `shapes` is whether the
    two have different proportions, so that one was stretched.
    """

    mean: float
    share: float
    where: str
    shapes: bool

    @property
    def sentence(self) -> str:
        """The same in words."""
        if self.share < 0.0005:
            told = f"No visible difference; on average {self.mean:.1%} of brightness."
        else:
            area = f"{self.share:.0%}" if self.share >= 0.01 else "Less than 1%"
            place = f", most {self.where}" if self.where else ""
            told = f"{area} of the picture differs{place}; on average by {self.mean:.1%} of brightness."
        stretched = " The two have different shapes, so one is stretched." if self.shapes else ""
        return told + stretched


def difference(one: Image.Image, other: Image.Image) -> tuple[Image.Image, Difference]:
    """The absolute difference of two pictures, made the same size, over a dim grey version of the first.

    Both are taken in the size of the smaller one, so that finer detail alone is no difference.
    """
    shapes = abs(one.width * other.height / (one.height * other.width) - 1) > 0.02
    size = min((one.size, other.size), key=lambda size: size[0] * size[1])
    first, second = (
        image if image.size == size else image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2)
        for image in (one, other)
    )
    red, green, blue = ImageChops.difference(first, second).split()
    # Resampling moves edges by parts of a pixel; what is left after a small blur is a difference to the eye.
    strongest = ImageChops.lighter(ImageChops.lighter(red, green), blue).filter(ImageFilter.BoxBlur(1))
    histogram = strongest.histogram()
    area = size[0] * size[1]
    found = Difference(
        mean=ImageStat.Stat(strongest).mean[0] / 255,
        share=sum(histogram[VISIBLE:]) / area,
        where=_where(strongest),
        shapes=shapes,
    )
    shown = strongest.point([min(255, step * GAIN) for step in range(256)])
    grey = ImageOps.grayscale(first).point([step // 4 for step in range(256)]).convert("RGB")
    heat = ImageOps.colorize(shown, black=(0, 0, 0), mid=(230, 120, 20), white=(255, 255, 255))
    return ImageChops.lighter(grey, heat), found


def _where(strongest: Image.Image) -> str:
    """The ninth of the picture with most of the difference, when it has far more than its share."""
    ninths = list(strongest.resize((3, 3), Image.Resampling.BOX).tobytes())
    most = max(ninths)
    if most * 2 < sum(ninths) * 0.6 or most < 2:
        return ""
    row, column = divmod(ninths.index(most), 3)
    if (row, column) == (1, 1):
        return "in the middle"
    if row == 1:
        return f"at the {_COLUMNS[column]}"
    return f"at the {_ROWS[row]}" if column == 1 else f"at the {_ROWS[row]} {_COLUMNS[column]}"

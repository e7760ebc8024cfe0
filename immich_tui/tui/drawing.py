"""From an encoded picture to cells: decoding, the part that is looked at, half blocks, and sharper ways.

A cell is about twice as high as it is wide, so `▀` in two colours makes two square pixels of it. Half blocks
are always drawn: they show where a sharper picture cannot, under a dialog for instance. Everything here takes
milliseconds of a thread; nothing touches a widget.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from immich_tui.tui import kitty
from immich_tui.tui.kitty import Line
from immich_tui.tui.sixel import sixel_encoder
from immich_tui.tui.technique import BLOCKS, Technique

Box = tuple[int, int]
"""Width and height in cells."""

HALF = "▀"
LARGEST_PICTURE = 40_000_000
"""More pixels than a preview can have; what claims more is not decoded."""
PNG_LEVEL = 1
"""Of zlib: sending a little more is quicker than squeezing it out."""

SMALL = 100_000
"""Pixels of a picture below which 256 colours do: a third of the bytes on their way to the terminal."""

NOT_A_PICTURE = "cannot be shown"

_DAMAGE = (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError)
"""The ways in which Pillow reports damage."""


class Undrawable(Exception):
    """The bytes are no picture, a damaged one, or one of absurd size."""


@dataclass(frozen=True, slots=True)
class Sharp:
    """A picture in the terminal's own pixels.

    With Kitty, `lines` stand in the place of the half blocks once `message` has been sent for `image_id`.
    With Sixel there are no lines: `message` is painted over the half blocks.
    """

    message: str
    lines: tuple[Line, ...] = ()
    image_id: int = 0
    through_tmux: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture in cells. Without lines, `problem` says in a few words why there is none.

    `caption` is shown in the picture's corner. `pixels` is the size of the picture it was drawn from, `share`
    how much of its width and height is seen.
    """

    width: int = 0
    height: int = 0
    lines: tuple[Line, ...] = ()
    problem: str = ""
    caption: str = ""
    pixels: Box = (0, 0)
    share: tuple[float, float] = (1.0, 1.0)
    sharp: Sharp | None = None

    @property
    def weight(self) -> int:
        """Roughly the bytes it takes in memory."""
        sharp = self.sharp
        cells = sum(map(len, self.lines)) * 80
        return 500 + cells + (len(sharp.message) + 12 * self.width * self.height if sharp else 0)

    def captioned(self, caption: str) -> Drawing:
        """The same with a caption."""
        return replace(self, caption=caption) if caption else self


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a picture that is looked at: all of it, or as much of it as the screen has pixels for.

    `x` and `y` are the middle of that part, as shares of width and height. `magnified` is how many pixels of
    the screen one of the picture takes in each direction: one for pixel by pixel, more to show a small
    picture as large as the one it is compared with.
    """

    whole: bool = True
    x: float = 0.5
    y: float = 0.5
    magnified: float = 1.0


WHOLE = Window()


def decoded(encoded: bytes, about: Box | None = None) -> Image.Image:
    """The picture, upright, in RGB; `about` is a size in pixels that is enough. Raises `Undrawable`."""
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            if image.width * image.height > LARGEST_PICTURE:
                raise Undrawable
            if about is not None:
                image.draft("RGB", about)
            return ImageOps.exif_transpose(image).convert("RGB")
    except _DAMAGE as error:
        raise Undrawable from error


def size_of(encoded: bytes) -> Box:
    """Width and height of the picture when it stands upright. Raises `Undrawable`."""
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            lying = image.getexif().get(ExifTags.Base.Orientation, 1) in {5, 6, 7, 8}
            return (image.height, image.width) if lying else image.size
    except _DAMAGE as error:
        raise Undrawable from error


def drawn(encoded: bytes, box: Box, technique: Technique = BLOCKS) -> Drawing:
    """Decode a picture and draw all of it into a box of cells, in its own proportions."""
    across, down = box[0] * _dots(technique)[0], box[1] * _dots(technique)[1]
    try:
        pixels = size_of(encoded)
        return replace(painted(decoded(encoded, (across, down)), box, technique), pixels=pixels)
    except Undrawable:
        return Drawing(problem=NOT_A_PICTURE)


def painted(image: Image.Image, box: Box, technique: Technique = BLOCKS, window: Window = WHOLE) -> Drawing:
    """Draw a picture, or the part of it that is looked at, into a box of cells."""
    box = (max(1, min(box[0], kitty.MOST_CELLS)), max(1, min(box[1], kitty.MOST_CELLS)))
    pixels = image.size
    if window.whole:
        width, rows = fitted(*pixels, box, technique.tall)
        height = rows // 2
    else:
        part = seen(pixels, box, technique, window)
        image = image.crop(part)
        across, down = _dots(technique)
        width = min(box[0], math.ceil(image.width * window.magnified / across))
        height = min(box[1], math.ceil(image.height * window.magnified / down))
    small = image
    if small.size != (width, height * 2):
        small = image.resize((width, height * 2), Image.Resampling.LANCZOS, reducing_gap=2)
    return replace(
        half_blocks(small),
        pixels=pixels,
        share=(image.width / pixels[0], image.height / pixels[1]),
        sharp=_sharp(image, (width, height), technique),
    )


def seen(size: Box, box: Box, technique: Technique, window: Window) -> tuple[int, int, int, int]:
    """The part of a picture of this size that a box shows: left, top, right, bottom, in its pixels."""
    spans = []
    for length, cells, dots, middle in zip(size, box, _dots(technique), (window.x, window.y), strict=True):
        shown = max(1, min(length, round(cells * dots / window.magnified)))
        start = min(max(0, round(length * middle - shown / 2)), length - shown)
        spans.append((start, start + shown))
    (left, right), (top, bottom) = spans
    return left, top, right, bottom


def whole_at(size: Box, box: Box, technique: Technique) -> float:
    """How much a picture of this size is magnified when all of it is shown; below one for most."""
    across, down = _dots(technique)
    return min(box[0] * across / size[0], box[1] * down / size[1])


def _dots(technique: Technique) -> Box:
    """Pixels of a cell, across and down."""
    return technique.cell if technique.kind in {"kitty", "sixel"} else (1, 2)


def _sharp(image: Image.Image, cells: Box, technique: Technique) -> Sharp | None:
    if technique.kind not in {"kitty", "sixel"}:
        return None
    room = cells[0] * technique.cell[0], cells[1] * technique.cell[1]
    if technique.kind == "sixel":
        encode = sixel_encoder()
        if encode is None:
            return None
        # A Sixel keeps its pixels: it has to fill the cells by itself.
        return Sharp(encode(image.resize(room, Image.Resampling.BICUBIC, reducing_gap=2)))
    image = image.copy()
    image.thumbnail(room, Image.Resampling.BICUBIC, reducing_gap=2)
    if image.width * image.height <= SMALL:
        image = image.quantize(256, method=Image.Quantize.FASTOCTREE)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=PNG_LEVEL)
    image_id = kitty.new_image_id()
    tmux = technique.through_tmux
    message = kitty.transmission(image_id, file.getvalue(), *cells, through_tmux=tmux)
    return Sharp(message, kitty.placeholders(image_id, *cells), image_id, tmux)


def fitted(width: float, height: float, box: Box, tall: float = 2.0) -> tuple[int, int]:
    """The largest size in cells by half cells that keeps the proportions in the box; of even height.

    `tall` is how many times higher than wide a cell is.
    """
    across, down = max(1, box[0]), max(1, box[1])
    if width <= 0 or height <= 0:
        return across, down * 2
    scale = min(across / width, down * tall / height)
    return max(1, round(width * scale)), min(2 * down, max(2, 2 * round(height * scale / tall)))


def half_blocks(image: Image.Image) -> Drawing:
    """An RGB picture of even height as lines of `▀`."""
    width, height = image.size
    raw = image.tobytes()
    stride = width * 3
    lines = []
    for top in range(0, height, 2):
        upper = raw[top * stride : (top + 1) * stride]
        lower = raw[(top + 1) * stride : (top + 2) * stride]
        line: list[Segment] = []
        run = 0
        before: tuple[bytes, bytes] | None = None
        for x in range(0, stride, 3):
            pair = (upper[x : x + 3], lower[x : x + 3])
            if pair != before and before is not None:
                line.append(Segment(HALF * run, _style(*before)))
                run = 0
            before = pair
            run += 1
        if before is not None:
            line.append(Segment(HALF * run, _style(*before)))
        lines.append(tuple(line))
    return Drawing(width, len(lines), tuple(lines))


@lru_cache(maxsize=8192)
def _style(upper: bytes, lower: bytes) -> Style:
    return Style.from_color(_color(upper), _color(lower))


@lru_cache(maxsize=8192)
def _color(rgb: bytes) -> Color:
    return Color.from_rgb(*rgb)

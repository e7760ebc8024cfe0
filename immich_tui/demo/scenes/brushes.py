"""Brushes: skies, noise, ridges, water, trees, figures, light. Everything is drawn into a `Canvas`."""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Canvas:
    """A picture in the making. Positions are shares of width and height, sizes shares of the height."""

    def __init__(self, name: str, seed: int, moment: int, size: tuple[int, int]) -> None:
        self.chance = random.Random(f"{name} {seed}")  # noqa: S311 - the same picture every time
        self.moment = moment
        self.seed = seed
        self.width, self.height = size
        self.image = Image.new("RGB", size)
        self.draw = ImageDraw.Draw(self.image)

    @property
    def size(self) -> tuple[int, int]:
        """Pixels."""
        return self.width, self.height

    def at(self, x: float, y: float) -> Point:
        """A position in pixels."""
        return x * self.width, y * self.height

    def px(self, length: float) -> float:
        """A length in pixels."""
        return length * self.height

    def replace(self, image: Image.Image) -> None:
        """Go on with another picture."""
        self.image = image
        self.draw = ImageDraw.Draw(image)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled shape."""
        self.draw.polygon([self.at(x, y) for x, y in points], colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour, stretch: float = 1.0) -> None:
        """A filled circle, or an ellipse `stretch` times as high as wide."""
        centre_x, centre_y = self.at(x, y)
        across, down = self.px(radius), self.px(radius) * stretch
        self.draw.ellipse((centre_x - across, centre_y - down, centre_x + across, centre_y + down), colour)

    def line(self, points: Sequence[Point], colour: Colour, thickness: float) -> None:
        """A stroke."""
        width = max(1, round(self.px(thickness)))
        self.draw.line([self.at(x, y) for x, y in points], colour, width, joint="curve")

    def rectangle(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled rectangle."""
        (x0, y0), (x1, y1) = self.at(left, top), self.at(right, bottom)
        if x1 >= x0 and y1 >= y0:
            self.draw.rectangle((x0, y0, x1, y1), colour)

    def paste(self, colour: Colour | Image.Image, mask: Image.Image, where: tuple[int, int] = (0, 0)) -> None:
        """Lay a colour or picture over, as strong as the mask is bright."""
        if isinstance(colour, tuple):
            self.image.paste(colour, (*where, where[0] + mask.width, where[1] + mask.height), mask)
        else:
            self.image.paste(colour, where, mask)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two."""
    return (
        round(one[0] + (other[0] - one[0]) * share),
        round(one[1] + (other[1] - one[1]) * share),
        round(one[2] + (other[2] - one[2]) * share),
    )


def vary(chance: random.Random, colour: Colour, amount: int) -> Colour:
    """Nearly the same colour."""
    shift = chance.randint(-amount, amount)
    red, green, blue = (max(0, min(255, part + shift + chance.randint(-3, 3))) for part in colour)
    return red, green, blue


def gradient(size: tuple[int, int], stops: Sequence[tuple[float, Colour]]) -> Image.Image:
    """From top to bottom through the colours, each at its share of the height."""
    data = bytearray()
    for y in range(128):
        share = y / 127
        for (low, first), (high, second) in itertools.pairwise(stops):
            if low <= share <= high:
                data += bytes(mix(first, second, (share - low) / (high - low) if high > low else 0.0))
                break
    column = Image.frombytes("RGB", (1, 128), bytes(data)).resize((1, size[1]), Image.Resampling.BILINEAR)
    return column.resize(size, Image.Resampling.NEAREST)


def noise(
    chance: random.Random, size: tuple[int, int], across: int, down: int, octaves: int = 4
) -> Image.Image:
    """Cloudy grey: random cells, blurred, finer and weaker with every octave."""
    half = max(1, size[0] // 2), max(1, size[1] // 2)
    result: Image.Image | None = None
    for octave in range(octaves):
        cells = (max(2, across << octave), max(2, down << octave))
        layer = Image.frombytes("L", cells, chance.randbytes(cells[0] * cells[1]))
        layer = layer.resize(half, Image.Resampling.BICUBIC)
        result = layer if result is None else Image.blend(result, layer, 0.5 ** (octave + 0.6))
    assert result is not None
    return result.resize(size, Image.Resampling.BILINEAR)


def levels(mask: Image.Image, low: int, high: int, strength: float = 1.0) -> Image.Image:
    """Below `low` nothing, above `high` everything, a ramp between."""
    span = max(1, high - low)
    return mask.point(lambda value: round(max(0.0, min(1.0, (value - low) / span)) * 255 * strength))


def glow(canvas: Canvas, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0) -> None:
    """Light that falls off around a point; added to what is there."""
    side = max(2, round(canvas.px(radius) * 2))
    mask = Image.radial_gradient("L").resize((side, side))
    mask = mask.point(lambda value: round(max(0.0, 1 - value / 180) ** 2 * 255 * strength))
    light = Image.new("RGB", (side, side))
    light.paste(colour, (0, 0), mask)
    centre = canvas.at(x, y)
    left, top = round(centre[0] - side / 2), round(centre[1] - side / 2)
    lit = canvas.image.crop((left, top, left + side, top + side))
    canvas.image.paste(ImageChops.screen(lit, light), (left, top))


def sky(canvas: Canvas, stops: Sequence[tuple[float, Colour]]) -> None:
    """Fill everything with a gradient."""
    canvas.replace(gradient(canvas.size, stops))


def clouds(
    canvas: Canvas,
    colour: Colour,
    *,
    bottom: float,
    amount: int = 140,
    strength: float = 0.9,
    across: int = 3,
) -> None:
    """Clouds down to a share of the height, denser for a smaller `amount`."""
    size = canvas.width, round(canvas.height * bottom)
    mask = levels(noise(canvas.chance, size, across, 3, 5), amount, amount + 70, strength)
    fade = gradient(size, [(0, (255, 255, 255)), (0.6, (230, 230, 230)), (1, (0, 0, 0))]).convert("L")
    canvas.paste(colour, ImageChops.multiply(mask, fade))


def profile(
    chance: random.Random, base: float, height: float, roughness: float = 0.55, points: int = 128
) -> list[float]:
    """The line of a ridge by halving: heights (shares of the picture) from left to right."""
    heights = [base + chance.uniform(-1, 1) * height * 0.4 for _ in range(3)]
    spread = height
    while len(heights) < points:
        finer: list[float] = []
        for left, right in itertools.pairwise(heights):
            finer += [left, (left + right) / 2 + chance.uniform(-1, 1) * spread * 0.5]
        heights = [*finer, heights[-1]]
        spread *= roughness
    return heights


def ridge(canvas: Canvas, heights: Sequence[float], colour: Colour, bottom: float = 1.0) -> list[Point]:
    """Fill below a line of heights; the line as points."""
    line = [(index / (len(heights) - 1), y) for index, y in enumerate(heights)]
    canvas.polygon([(0, bottom), *line, (1, bottom)], colour)
    return line


def textured(
    canvas: Canvas, top: float, bottom: float, dark: Colour, light: Colour, cells: tuple[int, int] = (40, 40)
) -> None:
    """A ground between two shares of the height: noise from dark to light."""
    start, end = round(canvas.height * top), round(canvas.height * bottom)
    if end <= start:
        return
    size = canvas.width, end - start
    grain = noise(canvas.chance, size, *cells, octaves=3)
    shade = gradient(size, [(0, light), (1, mix(dark, light, 0.3))])
    shade.paste(dark, (0, 0, *size), levels(grain, 90, 190, 0.6))
    canvas.image.paste(shade, (0, start))


def water(canvas: Canvas, top: float, tint: Colour, *, share: float = 0.45, bottom: float = 1.0) -> None:
    """A surface that mirrors what stands above `top`, tinted, with ripples."""
    start, end = round(canvas.height * top), round(canvas.height * bottom)
    height = end - start
    above = canvas.image.crop((0, max(0, start - height), canvas.width, start))
    mirror = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((canvas.width, height))
    mirror = mirror.filter(ImageFilter.BoxBlur(3))
    mirror = Image.blend(mirror, Image.new("RGB", mirror.size, tint), share)
    ripples = noise(canvas.chance, mirror.size, 5, 60, 2)
    dark = Image.blend(mirror, Image.new("RGB", mirror.size), 0.35)
    light = ImageChops.screen(mirror, Image.new("RGB", mirror.size, (46, 48, 50)))
    mirror.paste(dark, (0, 0), levels(ripples, 125, 200, 0.9))
    mirror.paste(light, (0, 0), levels(ImageChops.invert(ripples), 140, 205, 0.9))
    canvas.image.paste(mirror, (0, start))


def glitter(canvas: Canvas, x: float, top: float, colour: Colour, spread: float = 0.1) -> None:
    """The path of the sun on water below a point."""
    chance = canvas.chance
    for _ in range(420):
        depth = chance.random() ** 0.7
        y = top + (1 - top) * depth
        across = x + chance.gauss(0, 0.015 + spread * depth)
        length = (0.004 + 0.02 * depth) * chance.uniform(0.5, 1.5)
        canvas.line(
            [(across - length, y), (across + length, y)], vary(chance, colour, 20), 0.002 + 0.003 * depth
        )


def conifer(canvas: Canvas, x: float, foot: float, height: float, colour: Colour, snow: bool = False) -> None:
    """A fir."""
    chance = canvas.chance
    ratio = canvas.height / canvas.width
    canvas.line([(x, foot), (x, foot - height * 0.3)], mix(colour, (40, 25, 15), 0.6), height * 0.05)
    tiers = 7
    for tier in range(tiers):
        low = foot - height * (0.1 + 0.78 * tier / tiers)
        high = low - height * 0.26
        half = height * 0.24 * (1 - tier / (tiers + 1)) * chance.uniform(0.85, 1.15) * ratio
        shade = vary(chance, mix(colour, (120, 150, 110), tier / tiers * 0.25), 8)
        canvas.polygon([(x - half, low), (x, high), (x + half, low), (x, low - height * 0.03)], shade)
        if snow:
            canvas.polygon(
                [(x - half * 0.9, low - height * 0.02), (x, high), (x + half * 0.5, low - height * 0.06)],
                (232, 238, 246),
            )


def leafy(
    canvas: Canvas, x: float, foot: float, height: float, colour: Colour, trunk: Colour = (70, 50, 36)
) -> None:
    """A broad tree made of dabs of leaves, light from above."""
    chance = canvas.chance
    ratio = canvas.height / canvas.width
    canvas.line([(x, foot), (x + chance.uniform(-0.01, 0.01), foot - height * 0.6)], trunk, height * 0.06)
    for step in range(70):
        angle, reach = chance.uniform(0, math.tau), math.sqrt(chance.random()) * height * 0.32
        dx, dy = math.cos(angle) * reach * ratio * 1.05, math.sin(angle) * reach * 0.85
        shade = mix(colour, (25, 35, 20), 0.5) if step < 30 else mix(colour, (240, 240, 170), 0.18 - dy * 0.5)
        canvas.disc(
            x + dx, foot - height * 0.68 + dy, height * chance.uniform(0.04, 0.085), vary(chance, shade, 12)
        )


def figure(
    canvas: Canvas,
    x: float,
    foot: float,
    height: float,
    clothes: Colour,
    legs: Colour = (48, 56, 84),
    skin: Colour = (226, 178, 144),
    hair: Colour = (70, 46, 30),
    *,
    arms_up: bool = False,
    stride: float = 0.0,
) -> None:
    """A standing person; `stride` spreads the legs."""
    ratio = canvas.height / canvas.width
    w = height * ratio
    hip, shoulder, head = foot - height * 0.48, foot - height * 0.8, foot - height * 0.9
    spread = w * (0.055 + stride)
    for side in (-1, 1):
        canvas.line([(x + side * w * 0.05, hip), (x + side * spread, foot)], legs, height * 0.095)
        elbow = (x + side * w * (0.2 + stride), (hip + shoulder) / 2)
        hand = (x + side * w * (0.17 + stride * 2), hip + height * 0.03)
        if arms_up:
            elbow, hand = (
                (x + side * w * 0.2, shoulder - height * 0.05),
                (x + side * w * 0.24, head - height * 0.12),
            )
        canvas.line([(x + side * w * 0.1, shoulder + height * 0.02), elbow], clothes, height * 0.075)
        canvas.line([elbow, hand], skin, height * 0.055)
    canvas.polygon(
        [
            (x - w * 0.125, shoulder),
            (x + w * 0.125, shoulder),
            (x + w * 0.105, hip + height * 0.04),
            (x - w * 0.105, hip + height * 0.04),
        ],
        clothes,
    )
    canvas.polygon(
        [
            (x + w * 0.02, shoulder),
            (x + w * 0.125, shoulder),
            (x + w * 0.105, hip + height * 0.04),
            (x + w * 0.05, hip),
        ],
        mix(clothes, (0, 0, 0), 0.18),
    )
    canvas.line([(x, shoulder), (x, head)], skin, height * 0.06)
    canvas.disc(x, head - height * 0.035, height * 0.072, hair, 1.1)
    canvas.disc(x, head - height * 0.012, height * 0.058, skin, 1.15)


def bokeh(
    canvas: Canvas,
    colours: Sequence[Colour],
    *,
    count: int = 40,
    radius: tuple[float, float] = (0.012, 0.04),
    area: tuple[float, float, float, float] = (0, 0, 1, 1),
) -> None:
    """Discs of light out of focus, in an area."""
    chance = canvas.chance
    light = Image.new("RGB", canvas.size)
    draw = ImageDraw.Draw(light)
    for _ in range(count):
        x, y = canvas.at(chance.uniform(area[0], area[2]), chance.uniform(area[1], area[3]))
        r = canvas.px(chance.uniform(*radius))
        colour = mix((0, 0, 0), chance.choice(list(colours)), chance.uniform(0.35, 0.9))
        draw.ellipse((x - r, y - r, x + r, y + r), colour)
    light = light.filter(ImageFilter.BoxBlur(1))
    canvas.replace(ImageChops.screen(canvas.image, light))


def soft(image: Image.Image, radius: float) -> Image.Image:
    """Blurred by some pixels; worked out on a smaller picture, which nobody can see in a blur."""
    shrink = max(1, min(8, int(radius / 2)))
    small = image.resize(
        (max(1, image.width // shrink), max(1, image.height // shrink)), Image.Resampling.BOX
    )
    return small.filter(ImageFilter.GaussianBlur(radius / shrink)).resize(
        image.size, Image.Resampling.BICUBIC
    )


def blurred(canvas: Canvas, radius: float) -> None:
    """Put everything so far out of focus."""
    canvas.replace(soft(canvas.image, canvas.px(radius)))


def windows(
    canvas: Canvas,
    box: tuple[float, float, float, float],
    columns: int,
    rows: int,
    colour: Colour,
    *,
    lit: float = 1.0,
    gap: float = 0.35,
) -> None:
    """A grid of windows on a wall; a share of them is lit, the rest stays dark."""
    left, top, right, bottom = box
    across, down = (right - left) / columns, (bottom - top) / rows
    for column in range(columns):
        for row in range(rows):
            if canvas.chance.random() > lit:
                continue
            x, y = left + (column + gap / 2) * across, top + (row + gap / 2) * down
            shade = vary(canvas.chance, colour, 22)
            canvas.rectangle(x, y, x + across * (1 - gap), y + down * (1 - gap), shade)


@functools.lru_cache(maxsize=4)
def _corners(size: tuple[int, int], vignette: float) -> Image.Image:
    """How bright a lens leaves each place: less towards the corners."""
    light = Image.radial_gradient("L").resize(size)
    light = light.point(lambda value: round(255 * (1 - vignette * max(0.0, value / 255 - 0.25))))
    return Image.merge("RGB", [light] * 3)


def finish(canvas: Canvas, *, warmth: int = 0, vignette: float = 0.35, grain: float = 0.12) -> Image.Image:
    """What makes a drawing look like a photograph: soft edges, a little grain, darker corners, a tint."""
    image = canvas.image.filter(ImageFilter.BoxBlur(0.4))
    speckle = Image.frombytes("L", canvas.size, canvas.chance.randbytes(canvas.width * canvas.height))
    image = Image.blend(image, ImageChops.soft_light(image, Image.merge("RGB", [speckle] * 3)), grain)
    image = ImageChops.multiply(image, _corners(canvas.size, vignette))
    if warmth:
        red, green, blue = image.split()
        image = Image.merge(
            "RGB",
            (
                red.point(lambda value: min(255, round(value * (1 + warmth / 200)))),
                green,
                blue.point(lambda value: round(value * (1 - warmth / 200))),
            ),
        )
    return image

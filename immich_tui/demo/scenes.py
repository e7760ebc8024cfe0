"""Drawn photographs."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw, ImageFilter


def draw_scene(scene: str, seed: int, moment: int, size: tuple[int, int]) -> Image.Image:
    """A picture of the named scene; the same for the same arguments."""
    chance = random.Random(f"{scene} {seed}")  # noqa: S311
    width, height = size
    image = Image.linear_gradient("L").resize(size)
    top, bottom = (chance.randrange(40, 200) for _ in range(2)), (chance.randrange(40, 200) for _ in range(2))
    image = Image.merge(
        "RGB", (image, image.point(lambda v: v // 2 + 60), image.point(lambda v: 255 - v // 2))
    )
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = chance.randrange(width), chance.randrange(height)
        r = chance.randrange(20, 120)
        draw.ellipse(
            (x - r + moment * 9, y - r, x + r + moment * 9, y + r),
            tuple(chance.randrange(256) for _ in range(3)),
        )
    del top, bottom
    return image.filter(ImageFilter.GaussianBlur(3))

"""Sea, mountains, forest, meadow."""

from __future__ import annotations

import itertools
import math

from PIL import Image, ImageChops

from immich_tui.demo.scenes.brushes import (
    Canvas,
    Colour,
    clouds,
    conifer,
    figure,
    finish,
    glitter,
    glow,
    leafy,
    levels,
    mix,
    noise,
    profile,
    ridge,
    sky,
    soft,
    textured,
    vary,
    water,
)

_CLOTHES: tuple[Colour, ...] = (
    (204, 62, 56),
    (240, 196, 76),
    (60, 122, 178),
    (236, 236, 232),
    (90, 150, 96),
    (214, 120, 150),
)


def sunset(canvas: Canvas) -> Image.Image:
    """The sun above the sea, somebody on the shore."""
    chance = canvas.chance
    tops: tuple[Colour, ...] = ((38, 50, 104), (58, 40, 96), (24, 64, 120))
    top = tops[canvas.seed % 3]
    horizon = 0.6
    sky(
        canvas,
        [
            (0, top),
            (0.3, (142, 84, 128)),
            (0.48, (238, 130, 84)),
            (horizon, (255, 214, 128)),
            (1, (255, 214, 128)),
        ],
    )
    x = 0.3 + 0.4 * chance.random()
    clouds(canvas, (255, 170, 120), bottom=0.55, amount=128, across=2)
    clouds(canvas, (104, 62, 104), bottom=0.5, amount=150, strength=0.8, across=2)
    glow(canvas, x, horizon - 0.05, 0.6, (255, 160, 70), 0.8)
    glow(canvas, x, horizon - 0.05, 0.16, (255, 235, 190), 1.0)
    canvas.disc(x, horizon - 0.05, 0.042, (255, 250, 226))
    water(canvas, horizon, (60, 46, 90), share=0.35)
    glitter(canvas, x, horizon + 0.005, (255, 222, 150))
    ridge(
        canvas,
        [min(y + 0.0016 * i, horizon) for i, y in enumerate(profile(chance, horizon - 0.05, 0.1))],
        (58, 36, 62),
        horizon,
    )
    shore = [0.93 + 0.03 * math.sin(step / 9 + canvas.seed) for step in range(65)]
    ridge(canvas, shore, (40, 26, 36))
    dark = (26, 16, 26)
    if canvas.seed % 2:
        for offset, height in ((0.0, 0.26), (0.045, 0.24)):
            figure(canvas, 0.7 + offset, 0.95, height, dark, dark, dark, dark)
    else:
        _palm(canvas, 0.84, 0.99, 0.62, dark)
    return finish(canvas, warmth=6)


def _palm(canvas: Canvas, x: float, foot: float, height: float, colour: Colour) -> None:
    crown = (x - 0.05, foot - height)
    points = [(x - 0.05 * (step / 10) ** 2, foot - height * step / 10) for step in range(11)]
    canvas.line(points, colour, 0.02)
    for leaf in range(9):
        angle = math.pi * (leaf / 8) * 1.2 - 0.3
        reach = 0.17 + 0.03 * canvas.chance.random()
        tips = []
        for step in range(7):
            share = step / 6
            drop = share**2 * 0.14
            tips.append(
                (
                    crown[0] - math.cos(angle) * reach * share * 0.8,
                    crown[1] - math.sin(angle) * reach * share * 0.6 + drop,
                )
            )
        canvas.line(tips, colour, 0.016)
        for (x0, y0), (x1, y1) in itertools.pairwise(tips):
            for side in (-1, 1):
                canvas.line([(x0, y0), ((x0 + x1) / 2 + side * 0.006, (y0 + y1) / 2 + 0.035)], colour, 0.006)


def beach(canvas: Canvas) -> Image.Image:
    """Turquoise water, sand, parasols, people."""
    chance = canvas.chance
    horizon = 0.4
    sky(canvas, [(0, (58, 132, 206)), (horizon, (190, 222, 240)), (1, (190, 222, 240))])
    clouds(canvas, (255, 255, 255), bottom=horizon, amount=132 + canvas.seed * 7 % 30)
    if canvas.seed % 3 == 1:
        ridge(canvas, profile(chance, horizon - 0.05, 0.14), (120, 150, 160), horizon)
    water(canvas, horizon, (24, 130, 160), share=0.75, bottom=0.72)
    sea = canvas.image.crop((0, round(canvas.height * horizon), canvas.width, round(canvas.height * 0.72)))
    shallow = Image.linear_gradient("L").resize(sea.size).point(lambda value: round(value * 0.75))
    canvas.paste((96, 206, 196), shallow, (0, round(canvas.height * horizon)))
    textured(canvas, 0.68, 1.0, (196, 160, 112), (238, 214, 170), (60, 50))
    edge = [
        0.69 + 0.025 * math.sin(step / 7 + canvas.seed) + 0.01 * math.sin(step / 2.3) for step in range(65)
    ]
    ridge_top = [(step / 64, y) for step, y in enumerate(edge)]
    canvas.polygon([(0, 0.66), *[(px, py) for px, py in ridge_top], (1, 0.66)], (108, 208, 198))
    for shift, shade in ((0.012, (206, 184, 148)), (0.0, (250, 252, 252)), (-0.035, (226, 244, 244))):
        canvas.line([(px, py + shift) for px, py in ridge_top], shade, 0.012 if shift == 0 else 0.007)
    for index in range(3 + canvas.seed % 3):
        x, y = 0.1 + 0.27 * index + chance.uniform(-0.05, 0.05), 0.82 + 0.08 * chance.random()
        _parasol(canvas, x, y, 0.2 + (y - 0.8), chance.choice(_CLOTHES))
    for index in range(5):
        x, y = chance.uniform(0.05, 0.95), chance.uniform(0.7, 0.86)
        stride = 0.06 * abs(math.sin(canvas.moment + index))
        figure(
            canvas,
            x + 0.03 * canvas.moment,
            y,
            (y - 0.5) * 0.42,
            chance.choice(_CLOTHES),
            (214, 160, 124),
            stride=stride,
        )
    return finish(canvas, warmth=4, vignette=0.25)


def _parasol(canvas: Canvas, x: float, foot: float, height: float, colour: Colour) -> None:
    ratio = canvas.height / canvas.width
    canvas.disc(x + 0.04, foot, height * 0.42, (190, 158, 116), 0.18)
    canvas.line([(x, foot), (x + 0.01, foot - height)], (236, 232, 222), 0.008)
    half = height * 0.55 * ratio
    top = foot - height * 1.06
    for slice_ in range(6):
        left, right = x - half + slice_ * half / 3, x - half + (slice_ + 1) * half / 3
        shade = colour if slice_ % 2 else (246, 244, 238)
        canvas.polygon([(left, foot - height * 0.72), (x, top), (right, foot - height * 0.72)], shade)
    canvas.line(
        [(x - half, foot - height * 0.72), (x + half, foot - height * 0.72)],
        mix(colour, (0, 0, 0), 0.3),
        0.005,
    )
    canvas.rectangle(x + 0.03, foot - 0.012, x + 0.11, foot + 0.012, mix(colour, (255, 255, 255), 0.25))


def mountain(canvas: Canvas) -> Image.Image:
    """Peaks behind a lake, firs in front."""
    chance = canvas.chance
    evening = canvas.seed % 3 == 2
    top, low = ((92, 84, 140), (250, 190, 150)) if evening else ((52, 116, 190), (206, 228, 240))
    sky(canvas, [(0, top), (0.55, low), (1, low)])
    clouds(canvas, (255, 236, 226) if evening else (255, 255, 255), bottom=0.5, amount=138)
    haze = low
    for layer in range(3):
        base, height = 0.34 + layer * 0.09, 0.34 - layer * 0.08
        rock: Colour = (86, 92, 116) if not evening else (110, 84, 110)
        colour = mix(haze, rock, 0.45 + layer * 0.22)
        heights = profile(chance, base, height, 0.52)
        ridge(canvas, heights, colour, 0.7)
        _faces(canvas, heights, colour, snow=layer < 2, evening=evening)
    hills = profile(chance, 0.6, 0.1, 0.5)
    ridge(canvas, hills, (64, 96, 66), 0.7)
    for _ in range(60):
        x = chance.random()
        conifer(
            canvas,
            x,
            hills[min(len(hills) - 1, round(x * (len(hills) - 1)))] + 0.02,
            0.05 + chance.random() * 0.04,
            (38, 66, 48),
        )
    water(canvas, 0.66, (40, 84, 110), share=0.3)
    meadow = [0.9 - 0.05 * math.cos(step / 20 + canvas.seed) for step in range(65)]
    ridge(canvas, meadow, (72, 108, 52))
    for _ in range(6):
        side = chance.choice((chance.uniform(-0.02, 0.2), chance.uniform(0.8, 1.02)))
        conifer(canvas, side, 1.0, chance.uniform(0.35, 0.6), (28, 54, 38))
    if canvas.seed % 2:
        figure(canvas, 0.45, 0.93, 0.16, (204, 62, 56))
    return finish(canvas, warmth=5 if evening else -3)


def _faces(canvas: Canvas, heights: list[float], colour: Colour, *, snow: bool, evening: bool) -> None:
    """Light and shadow on the flanks, snow near the tops."""
    count = len(heights) - 1
    bright: Colour = (255, 216, 190) if evening else (240, 246, 252)
    for index in range(count - 1):
        x, y = index / count, heights[index]
        rising = heights[index + 1] < y
        depth = 0.05 + 0.1 * canvas.chance.random()
        shade = mix(colour, (255, 244, 230), 0.2) if not rising else mix(colour, (20, 24, 44), 0.22)
        canvas.polygon(
            [(x, y), (x + 1 / count, heights[index + 1]), (x + 0.6 / count + 0.01, y + depth)], shade
        )
        if snow and y < 0.36:
            reach = (0.36 - y) * canvas.chance.uniform(0.25, 0.75)
            white = bright if not rising else mix(bright, (110, 130, 170), 0.35)
            canvas.polygon(
                [
                    (x, y),
                    (x + 1 / count, heights[index + 1]),
                    (x + 1 / count + 0.004, y + reach),
                    (x, y + reach * 0.6),
                ],
                white,
            )


def forest(canvas: Canvas) -> Image.Image:
    """Trunks in the light of the morning, a path."""
    chance = canvas.chance
    autumn = canvas.seed % 3 == 1
    light: Colour = (250, 226, 160) if autumn else (226, 240, 170)
    dark: Colour = (92, 54, 26) if autumn else (28, 58, 30)
    sky(canvas, [(0, mix(dark, light, 0.3)), (0.45, light), (0.7, mix(dark, light, 0.5)), (1, dark)])
    leaves = noise(canvas.chance, (canvas.width, round(canvas.height * 0.6)), 16, 12, 4)
    leaf: Colour = (206, 112, 34) if autumn else (74, 128, 50)
    canvas.paste(leaf, levels(leaves, 108, 160, 0.85))
    textured(
        canvas,
        0.64,
        1.0,
        (84, 54, 30) if autumn else (40, 62, 30),
        (190, 128, 58) if autumn else (110, 140, 66),
        (50, 30),
    )
    canvas.polygon([(0.49, 0.64), (0.53, 0.64), (0.78, 1.0), (0.28, 1.0)], (150, 122, 88))
    for layer in range(4):
        tone = mix(light, (44, 32, 26), 0.3 + layer * 0.22)
        for _ in range(9 - layer * 2):
            x = chance.random()
            if 0.42 < x < 0.6:
                continue
            foot, thick = 0.66 + layer * 0.09, 0.012 + layer * 0.014
            lean = chance.uniform(-0.012, 0.012)
            canvas.line([(x, foot), (x + lean, -0.05)], vary(chance, tone, 8), thick)
            canvas.line(
                [(x - thick * 0.2, foot), (x + lean - thick * 0.2, -0.05)],
                mix(tone, light, 0.35),
                thick * 0.25,
            )
        crown = noise(chance, (canvas.width, round(canvas.height * 0.4)), 14 + layer * 6, 10, 4)
        fade = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize(crown.size)
        mask = ImageChops.multiply(
            levels(crown, 138, 176, 0.9), fade.point(lambda value: min(255, value * 2))
        )
        canvas.paste(mix(light, leaf, 0.4 + layer * 0.2), mask)
    glow(canvas, 0.52, 0.3, 0.75, light, 0.65)
    for index in range(7):
        x = 0.2 + index * 0.1
        rays = Image.new("L", canvas.size)
        beam = Canvas("beam", index, 0, canvas.size)
        beam.polygon([(0.5, 0.0), (0.53, 0.0), (x + 0.06, 0.9), (x, 0.9)], (60, 60, 60))
        rays = soft(beam.image.convert("L"), canvas.px(0.02))
        canvas.paste(light, rays.point(lambda value: round(value * 0.5)))
    if canvas.seed % 2:
        figure(canvas, 0.51, 0.78, 0.15, (204, 62, 56), stride=0.03)
        figure(canvas, 0.535, 0.78, 0.1, (240, 196, 76), stride=0.03)
    return finish(canvas, warmth=4)


def meadow(canvas: Canvas) -> Image.Image:
    """Grass and flowers, a tree, children playing; somebody moves with every moment."""
    chance = canvas.chance
    sky(canvas, [(0, (74, 146, 214)), (0.5, (206, 230, 242)), (1, (206, 230, 242))])
    clouds(canvas, (255, 255, 255), bottom=0.5, amount=126)
    for layer in range(3):
        colour = mix((176, 206, 200), (86, 138, 62), 0.35 + layer * 0.3)
        ridge(canvas, profile(chance, 0.46 + layer * 0.05, 0.08, 0.4), colour)
    textured(canvas, 0.6, 1.0, (62, 112, 36), (138, 178, 72), (60, 60))
    leafy(canvas, 0.12 + 0.7 * (canvas.seed % 2), 0.68, 0.5, (84, 138, 56))
    petals: tuple[Colour, ...] = ((244, 226, 96), (250, 250, 246), (222, 92, 96), (170, 120, 200))
    for _ in range(340):
        y = 0.64 + 0.36 * chance.random() ** 0.8
        canvas.disc(chance.random(), y, 0.002 + (y - 0.6) * 0.012, vary(chance, chance.choice(petals), 14))
    step = canvas.moment * 0.055
    figure(
        canvas,
        0.36 + step,
        0.84 - 0.03 * (canvas.moment % 2),
        0.24,
        (214, 60, 60),
        stride=0.1,
        hair=(190, 140, 70),
    )
    figure(canvas, 0.6 + step * 0.6, 0.82, 0.22, (244, 200, 70), stride=0.05, arms_up=canvas.moment % 2 == 0)
    canvas.disc(0.49 + step * 1.5, 0.72 - 0.05 * (canvas.moment % 3), 0.022, (240, 240, 240))
    canvas.disc(0.492 + step * 1.5, 0.718 - 0.05 * (canvas.moment % 3), 0.008, (40, 40, 40))
    return finish(canvas, warmth=5, vignette=0.3)

"""What people travel to see: a tower, a bridge, balloons, a shrine, a lake."""

from __future__ import annotations

import itertools
import math

from PIL import Image

from immich_tui.demo.scenes.brushes import (
    Canvas,
    Colour,
    clouds,
    figure,
    finish,
    glow,
    leafy,
    levels,
    mix,
    noise,
    profile,
    ridge,
    sky,
    textured,
    vary,
    water,
)

_WALLS: tuple[Colour, ...] = (
    (206, 96, 66),
    (232, 184, 92),
    (226, 214, 190),
    (170, 66, 58),
    (118, 148, 156),
    (214, 150, 110),
    (150, 164, 120),
)


def tower(canvas: Canvas) -> Image.Image:
    """A lattice tower at dusk."""
    chance = canvas.chance
    dusk = canvas.seed % 2 == 0
    stops = [(0.0, (40, 54, 110)), (0.5, (196, 134, 150)), (0.78, (255, 204, 150)), (1.0, (255, 204, 150))]
    if not dusk:
        stops = [(0.0, (74, 142, 214)), (0.7, (216, 232, 242)), (1.0, (216, 232, 242))]
    sky(canvas, stops)
    clouds(canvas, (255, 214, 196) if dusk else (255, 255, 255), bottom=0.7, amount=134)
    left = -0.02
    while left < 1:
        wide = chance.uniform(0.05, 0.09)
        canvas.rectangle(
            left,
            0.83 - chance.uniform(0.04, 0.1),
            left + wide,
            0.9,
            vary(chance, (132, 110, 118) if dusk else (190, 182, 172), 10),
        )
        left += wide
    iron: Colour = (84, 60, 56) if dusk else (122, 96, 74)
    x, foot, top = 0.5, 0.9, 0.06

    def half(y: float) -> float:
        share = (y - top) / (foot - top)
        return 0.004 + 0.15 * math.pow(share, 2.6)

    steps = [top + (foot - top) * step / 44 for step in range(45)]
    for low, high in itertools.pairwise(steps):
        if low < 0.75:
            thick = 0.004 + half(low) * 0.07
            for side in (-1, 1):
                canvas.line([(x + side * half(low), low), (x + side * half(high), high)], iron, thick * 1.6)
                inner = 0.45 if low > 0.42 else 0.0
                canvas.line(
                    [(x + side * half(low), low), (x + side * half(high) * inner, high)], iron, thick * 0.7
                )
                canvas.line(
                    [(x + side * half(low) * inner, low), (x + side * half(high), high)], iron, thick * 0.7
                )
        else:
            for side in (-1, 1):
                leg = half(low)
                canvas.polygon(
                    [
                        (x + side * leg, low),
                        (x + side * leg * 0.62, low),
                        (x + side * half(high) * 0.62, high),
                        (x + side * half(high), high),
                    ],
                    iron,
                )
    for y in (0.42, 0.74):
        canvas.rectangle(
            x - half(y) - 0.012, y - 0.012, x + half(y) + 0.012, y + 0.012, mix(iron, (255, 220, 160), 0.12)
        )
    arch = [
        (x + 0.085 * math.cos(math.pi * step / 20), 0.88 - 0.1 * math.sin(math.pi * step / 20))
        for step in range(21)
    ]
    canvas.line(arch, iron, 0.012)
    if dusk:
        glow(canvas, x, 0.5, 0.42, (255, 190, 90), 0.35)
        for y in steps[::2]:
            for side in (-1, 1):
                canvas.disc(x + side * half(y), y, 0.003, (255, 232, 170))
    textured(
        canvas, 0.89, 1.0, (48, 74, 40) if dusk else (84, 130, 60), (96, 116, 66) if dusk else (146, 184, 96)
    )
    for edge in (0.06, 0.94):
        leafy(canvas, edge, 0.97, 0.34, (72, 100, 52) if dusk else (96, 146, 66))
    for index in range(4):
        figure(
            canvas,
            0.3 + index * 0.055 + (0.2 if index > 1 else 0),
            0.985,
            0.15 - 0.02 * (index % 2),
            vary(chance, chance.choice(_WALLS), 20),
        )
    return finish(canvas, warmth=5 if dusk else 2)


def bridge(canvas: Canvas) -> Image.Image:
    """A red suspension bridge in fog."""
    chance = canvas.chance
    sky(canvas, [(0, (116, 158, 200)), (0.5, (226, 226, 222)), (1, (226, 226, 222))])
    ridge(canvas, profile(chance, 0.5, 0.2, 0.5), (126, 140, 150), 0.66)
    ridge(
        canvas,
        [0.9 - 0.42 * (step / 64) ** 2.4 if step > 20 else 2 for step in range(65)],
        (92, 106, 84),
        0.72,
    )
    water(canvas, 0.66, (60, 96, 116), share=0.55)
    red: Colour = (190, 70, 50)
    deck = [(step / 40, 0.6 - 0.12 * step / 40) for step in range(41)]
    for base_x, scale in ((0.24, 1.0), (0.72, 0.62)):
        top, foot = 0.6 - 0.5 * scale - 0.1 * base_x, 0.74 - 0.1 * base_x
        for shift in (-0.018, 0.018):
            x = base_x + shift * scale
            canvas.line([(x, foot), (x, top)], red, 0.024 * scale)
            canvas.line(
                [(x + 0.006 * scale, foot), (x + 0.006 * scale, top)],
                mix(red, (40, 10, 10), 0.35),
                0.008 * scale,
            )
        for beam in range(5):
            level = top + (foot - top) * (0.03 + beam * 0.17)
            canvas.line([(base_x - 0.02 * scale, level), (base_x + 0.02 * scale, level)], red, 0.018 * scale)
    for start, end, top0, top1, sag in (
        (-0.24, 0.24, 0.0, 0.1, 0.3),
        (0.24, 0.72, 0.1, 0.235, 0.4),
        (0.72, 1.14, 0.235, 0.24, 0.2),
    ):
        cable = []
        for step in range(25):
            share = step / 24
            x = start + (end - start) * share
            y = top0 + (top1 - top0) * share + sag * (1 - (2 * share - 1) ** 2) * (1 - 0.4 * share)
            y = min(y, 0.59 - 0.12 * x)
            cable.append((x, y))
            canvas.line([(x, y), (x, 0.6 - 0.12 * x)], mix(red, (226, 226, 222), 0.3), 0.002)
        canvas.line(cable, red, 0.007)
    canvas.line(deck, red, 0.024)
    canvas.line([(x, y + 0.014) for x, y in deck], mix(red, (40, 10, 10), 0.5), 0.012)
    fog = levels(noise(chance, canvas.size, 3, 8, 4), 110, 190, 0.85)
    lower = (
        Image.linear_gradient("L").resize(canvas.size).point(lambda value: max(0, 230 - abs(value - 150) * 4))
    )
    canvas.paste((238, 238, 236), Image.composite(fog, Image.new("L", canvas.size), lower))
    return finish(canvas, warmth=-2)


def balloons(canvas: Canvas) -> Image.Image:
    """Hot-air balloons above hills in the morning."""
    chance = canvas.chance
    sky(canvas, [(0, (92, 146, 206)), (0.55, (252, 220, 180)), (1, (252, 220, 180))])
    glow(canvas, 0.2, 0.55, 0.5, (255, 214, 150), 0.6)
    for layer in range(4):
        colour = mix((232, 200, 178), (116, 96, 76), 0.25 + layer * 0.22)
        ridge(canvas, profile(chance, 0.62 + layer * 0.1, 0.12, 0.45), colour)
    for index in range(6):
        size = chance.uniform(0.04, 0.075) + (0.09 if index == 5 else 0)
        x, y = chance.uniform(0.08, 0.92), chance.uniform(0.1, 0.52)
        if index == 5:
            x, y = 0.4 + 0.2 * (canvas.seed % 2), 0.32
        _balloon(canvas, x, y, size, _WALLS[index % len(_WALLS)], _WALLS[(index * 3 + 1) % len(_WALLS)])
    return finish(canvas, warmth=7, vignette=0.3)


def _balloon(canvas: Canvas, x: float, y: float, size: float, one: Colour, other: Colour) -> None:
    ratio = canvas.height / canvas.width
    for stripe in range(7):
        width = 1 - stripe / 7
        canvas.disc(
            x,
            y,
            size * width,
            mix(one if stripe % 2 else other, (255, 244, 220), 0.06 * stripe),
            1.12 / max(0.2, width),
        )
    r = size * ratio
    canvas.polygon(
        [
            (x - r * 0.82, y + size * 0.62),
            (x + r * 0.82, y + size * 0.62),
            (x + r * 0.14, y + size * 1.5),
            (x - r * 0.14, y + size * 1.5),
        ],
        one,
    )
    for side in (-1, 1):
        canvas.line(
            [(x + side * r * 0.13, y + size * 1.5), (x + side * r * 0.12, y + size * 1.72)],
            (60, 44, 36),
            0.003,
        )
    canvas.rectangle(x - r * 0.16, y + size * 1.7, x + r * 0.16, y + size * 1.92, (112, 78, 48))


def shrine(canvas: Canvas) -> Image.Image:
    """A row of red gates in a wood."""
    chance = canvas.chance
    sky(canvas, [(0, (46, 78, 46)), (0.5, (168, 190, 120)), (1, (60, 70, 46))])
    canvas.paste((34, 62, 36), levels(noise(chance, canvas.size, 20, 16, 4), 110, 170, 0.9))
    glow(canvas, 0.5, 0.42, 0.4, (250, 246, 200), 0.8)
    textured(canvas, 0.62, 1.0, (96, 88, 78), (170, 162, 148), (40, 60))
    red: Colour = (206, 62, 32)
    for depth in range(9, -1, -1):
        near = 1 / (0.34 * depth + 1)
        x, foot, top, half = 0.5, 0.52 + 0.5 * near, 0.44 - 0.42 * near, 0.36 * near
        tone = mix(red, (250, 220, 170), depth * 0.05)
        for side in (-1, 1):
            canvas.line([(x + side * half, foot), (x + side * half * 0.97, top)], tone, 0.075 * near)
            canvas.line(
                [(x + side * half * 1.04, foot), (x + side * half * 1.01, top)],
                mix(tone, (60, 10, 10), 0.35),
                0.022 * near,
            )
            canvas.line(
                [(x + side * half, foot), (x + side * half, foot - 0.07 * near)], (30, 26, 26), 0.08 * near
            )
        canvas.line(
            [
                (x - half * 1.25, top - 0.02 * near),
                (x, top + 0.012 * near),
                (x + half * 1.25, top - 0.02 * near),
            ],
            tone,
            0.07 * near,
        )
        canvas.line(
            [
                (x - half * 1.28, top - 0.055 * near),
                (x, top - 0.022 * near),
                (x + half * 1.28, top - 0.055 * near),
            ],
            (40, 30, 30),
            0.024 * near,
        )
        canvas.line(
            [(x - half * 1.1, top + 0.11 * near), (x + half * 1.1, top + 0.11 * near)], tone, 0.045 * near
        )
    if canvas.seed % 2:
        figure(canvas, 0.47 + 0.01 * canvas.moment, 0.9, 0.26, (236, 232, 224), stride=0.02)
    return finish(canvas, warmth=4, vignette=0.5)


def pier(canvas: Canvas) -> Image.Image:
    """A wooden pier into a still lake at dawn."""
    chance = canvas.chance
    sky(canvas, [(0, (126, 150, 190)), (0.48, (250, 214, 200)), (1, (250, 214, 200))])
    glow(canvas, 0.68, 0.46, 0.36, (255, 220, 180), 0.8)
    for layer in range(3):
        ridge(
            canvas,
            profile(chance, 0.4 + 0.04 * layer, 0.12, 0.5),
            mix((250, 214, 200), (86, 98, 124), 0.3 + 0.25 * layer),
            0.52,
        )
    water(canvas, 0.5, (128, 140, 166), share=0.25)
    mist = levels(noise(chance, canvas.size, 3, 16, 4), 120, 190, 0.7)
    belt = (
        Image.linear_gradient("L").resize(canvas.size).point(lambda value: max(0, 200 - abs(value - 128) * 7))
    )
    canvas.paste((250, 236, 230), Image.composite(mist, Image.new("L", canvas.size), belt))
    canvas.polygon([(0.46, 0.6), (0.52, 0.6), (0.86, 1.0), (0.22, 1.0)], (98, 76, 62))
    for plank in range(26):
        share = (plank / 26) ** 2
        y = 0.6 + 0.4 * share
        half_left, half_right = 0.46 - 0.24 * share, 0.52 + 0.34 * share
        canvas.line([(half_left, y), (half_right, y)], vary(chance, (64, 50, 44), 10), 0.002 + 0.006 * share)
    for post in range(5):
        share = (post / 4) ** 1.6
        for x in (0.455 - 0.22 * share, 0.525 + 0.3 * share):
            canvas.line(
                [(x, 0.62 + 0.36 * share), (x, 0.57 + 0.26 * share)], (58, 46, 42), 0.008 + 0.024 * share
            )
    figure(canvas, 0.485, 0.655, 0.15, (180, 60, 60), stride=0.0)
    if canvas.seed % 2:
        figure(canvas, 0.51, 0.655, 0.1, (240, 196, 76))
    return finish(canvas, warmth=4)

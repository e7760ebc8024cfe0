"""Harbours, streets and skylines, by day and night."""

from __future__ import annotations

import math

from PIL import Image

from immich_tui.demo.scenes.brushes import (
    Canvas,
    Colour,
    bokeh,
    clouds,
    figure,
    finish,
    glow,
    leafy,
    mix,
    profile,
    ridge,
    sky,
    soft,
    textured,
    vary,
    water,
    windows,
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


def _house(canvas: Canvas, left: float, right: float, foot: float, height: float, wall: Colour) -> None:
    """A facade with a gable, windows and a door."""
    chance = canvas.chance
    top = foot - height
    canvas.rectangle(left, top, right, foot, wall)
    canvas.rectangle(left + (right - left) * 0.82, top, right, foot, mix(wall, (0, 0, 0), 0.1))
    roof = vary(chance, (150, 74, 52), 12)
    middle = (left + right) / 2
    canvas.polygon([(left - 0.006, top), (middle, top - height * 0.28), (right + 0.006, top)], roof)
    canvas.polygon(
        [(middle, top - height * 0.28), (right + 0.006, top), (middle, top)], mix(roof, (0, 0, 0), 0.16)
    )
    rows = max(2, round(height / 0.1))
    windows(canvas, (left + 0.008, top + 0.015, right - 0.008, foot - 0.07), 3, rows, (64, 78, 92))
    windows(
        canvas,
        (left + 0.008, top + 0.015, right - 0.008, foot - 0.07),
        3,
        rows,
        (196, 212, 220),
        lit=0.4,
        gap=0.6,
    )
    canvas.rectangle(middle - 0.012, foot - 0.06, middle + 0.012, foot, mix(wall, (30, 20, 16), 0.7))


def harbour(canvas: Canvas) -> Image.Image:
    """Coloured houses along the water, boats."""
    chance = canvas.chance
    sky(canvas, [(0, (92, 148, 202)), (0.5, (220, 230, 234)), (1, (220, 230, 234))])
    clouds(canvas, (255, 255, 255), bottom=0.5, amount=122)
    hills = profile(chance, 0.36, 0.18, 0.5)
    ridge(canvas, hills, (98, 128, 112), 0.62)
    left = -0.04
    index = canvas.seed
    while left < 1.02:
        wide = chance.uniform(0.085, 0.125)
        _house(
            canvas,
            left,
            left + wide,
            0.6,
            chance.uniform(0.2, 0.34),
            vary(chance, _WALLS[index % len(_WALLS)], 10),
        )
        left, index = left + wide, index + 1
    canvas.rectangle(0, 0.595, 1, 0.63, (132, 126, 118))
    for x in range(12):
        canvas.rectangle(x / 12, 0.63, x / 12 + 0.012, 0.66, (84, 76, 70))
    for _ in range(9):
        figure(canvas, chance.random(), 0.622, 0.07, vary(chance, chance.choice(_WALLS), 30))
    water(canvas, 0.64, (48, 92, 110), share=0.35)
    for _ in range(4):
        _boat(canvas, chance.uniform(0.05, 0.85), chance.uniform(0.74, 0.93), chance.choice(_WALLS))
    return finish(canvas, warmth=4)


def _boat(canvas: Canvas, x: float, foot: float, colour: Colour) -> None:
    scale = 0.5 + (foot - 0.7) * 2.4
    hull = 0.09 * scale
    canvas.disc(x + hull * 0.5, foot + 0.012 * scale, 0.09 * scale, (32, 60, 74), 0.14)
    canvas.polygon(
        [
            (x - hull * 0.1, foot - 0.05 * scale),
            (x + hull * 1.15, foot - 0.058 * scale),
            (x + hull, foot),
            (x + hull * 0.08, foot),
        ],
        colour,
    )
    canvas.polygon(
        [
            (x - hull * 0.1, foot - 0.05 * scale),
            (x + hull * 1.15, foot - 0.058 * scale),
            (x + hull * 1.1, foot - 0.042 * scale),
            (x, foot - 0.036 * scale),
        ],
        (244, 240, 232),
    )
    canvas.line(
        [(x + hull * 0.5, foot - 0.05 * scale), (x + hull * 0.5, foot - 0.3 * scale)],
        (86, 62, 44),
        0.007 * scale,
    )
    if canvas.chance.random() < 0.6:
        canvas.polygon(
            [
                (x + hull * 0.54, foot - 0.29 * scale),
                (x + hull * 1.0, foot - 0.075 * scale),
                (x + hull * 0.54, foot - 0.075 * scale),
            ],
            (250, 246, 236),
        )


def city(canvas: Canvas) -> Image.Image:
    """A street of an old town, people under trees."""
    chance = canvas.chance
    sky(canvas, [(0, (84, 150, 214)), (0.6, (224, 234, 240)), (1, (224, 234, 240))])
    clouds(canvas, (255, 255, 255), bottom=0.5, amount=140)
    point = 0.5
    textured(canvas, 0.55, 1.0, (126, 118, 108), (188, 180, 168), (60, 60))
    for side in (-1, 1):
        for depth in range(5, -1, -1):
            near, far = 0.9 / (depth * 0.75 + 1), 0.9 / ((depth + 1) * 0.75 + 1)
            x0, x1 = point + side * 0.56 * near, point + side * 0.56 * far
            wall = vary(chance, _WALLS[(depth * 2 + canvas.seed + (side > 0)) % len(_WALLS)], 8)
            wall = mix(wall, (214, 224, 232), depth * 0.08)
            if side > 0:
                wall = mix(wall, (30, 34, 60), 0.28)
            top0, top1 = 0.58 - 0.62 * near * 1.15, 0.58 - 0.62 * far * 1.15
            foot0, foot1 = 0.58 + 0.26 * near, 0.58 + 0.26 * far
            canvas.polygon([(x0, top0), (x1, top1), (x1, foot1), (x0, foot0)], wall)
            canvas.line([(x0, top0), (x1, top1)], mix(wall, (90, 50, 40), 0.6), 0.02 * near)
            for row in range(4):
                for column in range(3):
                    u0, u1 = (column + 0.3) / 3, (column + 0.72) / 3
                    v0, v1 = (row + 0.25) / 4.6, (row + 0.75) / 4.6
                    corners = []
                    for u, v in ((u0, v0), (u1, v0), (u1, v1), (u0, v1)):
                        x = x0 + (x1 - x0) * u
                        top, foot = top0 + (top1 - top0) * u, foot0 + (foot1 - foot0) * u
                        corners.append((x, top + (foot - top) * v))
                    canvas.polygon(corners, vary(chance, (70, 84, 98), 14))
            awning = mix(_WALLS[(depth + canvas.seed) % len(_WALLS)], (255, 255, 255), 0.15)
            y0, y1 = foot0 - (foot0 - top0) * 0.2, foot1 - (foot1 - top1) * 0.2
            canvas.polygon(
                [
                    (x0, y0),
                    (x1, y1),
                    (x1 - side * 0.03 * far, y1 + 0.06 * far),
                    (x0 - side * 0.06 * near, y0 + 0.07 * near),
                ],
                awning,
            )
    _tower(canvas, point + 0.01, 0.6, 0.3)
    glow(canvas, 0.5, 0.45, 0.35, (255, 244, 220), 0.5)
    for step in range(13):
        nearness = step / 13
        y = 0.66 + 0.26 * nearness
        x = 0.5 + chance.uniform(-0.2, 0.2) * (0.5 + nearness) + 0.02 * canvas.moment
        figure(canvas, x, y, 0.08 + 0.2 * nearness, vary(chance, chance.choice(_WALLS), 30), stride=0.04)
    leafy(canvas, 0.06, 0.92, 0.6, (92, 140, 64))
    return finish(canvas, warmth=5)


def _tower(canvas: Canvas, x: float, foot: float, height: float) -> None:
    wall: Colour = (206, 190, 164)
    canvas.rectangle(x - 0.02, foot - height, x + 0.02, foot, wall)
    canvas.rectangle(x + 0.006, foot - height, x + 0.02, foot, mix(wall, (0, 0, 0), 0.14))
    canvas.polygon(
        [(x - 0.026, foot - height), (x, foot - height - 0.14), (x + 0.026, foot - height)], (92, 116, 110)
    )
    canvas.disc(x, foot - height + 0.05, 0.014, (244, 240, 226))


def city_night(canvas: Canvas) -> Image.Image:
    """A skyline with lit windows above a river."""
    chance = canvas.chance
    sky(canvas, [(0, (10, 14, 40)), (0.42, (44, 46, 92)), (0.62, (196, 116, 96)), (1, (196, 116, 96))])
    clouds(canvas, (120, 84, 110), bottom=0.5, amount=140, strength=0.6, across=2)
    for layer in range(3):
        left = -0.03
        tone = mix((58, 54, 92), (14, 16, 34), layer / 2)
        while left < 1:
            wide = chance.uniform(0.035, 0.09)
            height = chance.uniform(0.12, 0.36) * (1.2 - layer * 0.22)
            canvas.rectangle(left, 0.64 - height, left + wide - 0.003, 0.64, vary(chance, tone, 5))
            if chance.random() < 0.25:
                canvas.line([(left + wide / 2, 0.64 - height), (left + wide / 2, 0.58 - height)], tone, 0.005)
            columns, rows = max(2, round(wide / 0.012)), max(3, round(height / 0.025))
            box = (left + 0.004, 0.645 - height, left + wide - 0.007, 0.635)
            windows(canvas, box, columns, rows, (255, 206, 122), lit=0.42, gap=0.5)
            left += wide
    water(canvas, 0.64, (18, 24, 52), share=0.25)
    for _ in range(26):
        x = chance.random()
        glow(canvas, x, 0.632, 0.045, chance.choice(((255, 190, 110), (255, 140, 90), (190, 220, 255))), 0.9)
    bridge_y = 0.6
    for x in range(8):
        canvas.line(
            [(x / 7 - 0.07, bridge_y + 0.06), (x / 7, bridge_y), (x / 7 + 0.07, bridge_y + 0.06)],
            (18, 16, 32),
            0.008,
        )
    if canvas.seed % 2:
        bokeh(canvas, ((255, 190, 110), (255, 110, 90), (150, 200, 255)), count=26, area=(0, 0.62, 1, 1))
    return finish(canvas, warmth=3, vignette=0.5)


def fireworks(canvas: Canvas) -> Image.Image:
    """Rockets above roofs; another burst with every moment."""
    chance = canvas.chance
    sky(canvas, [(0, (6, 8, 26)), (0.8, (40, 32, 62)), (1, (40, 32, 62))])
    colours: tuple[Colour, ...] = (
        (255, 210, 120),
        (255, 110, 120),
        (130, 200, 255),
        (180, 255, 170),
        (230, 150, 255),
    )
    light = Canvas("burst", canvas.seed, 0, canvas.size)
    for _burst in range(4 + canvas.moment):
        x, y = chance.uniform(0.12, 0.88), chance.uniform(0.12, 0.5)
        colour, reach = chance.choice(colours), chance.uniform(0.13, 0.25)
        for spark in range(64):
            angle = spark / 64 * math.tau + chance.uniform(-0.05, 0.05)
            far = reach * chance.uniform(0.6, 1.05)
            points = []
            for step in range(5):
                share = 0.25 + 0.75 * step / 4
                points.append(
                    (
                        x + math.cos(angle) * far * share * 0.75,
                        y + math.sin(angle) * far * share + 0.05 * share**2,
                    )
                )
            light.line(points, mix(colour, (255, 255, 255), 0.2), 0.0035)
            light.disc(*points[-1], 0.005, (255, 250, 236))
        glow(canvas, x, y, reach * 2.4, mix((0, 0, 0), colour, 0.6), 0.9)
    glare = soft(light.image, canvas.px(0.008))
    canvas.replace(Image.blend(canvas.image, Image.new("RGB", canvas.size), 0))
    for layer in (glare, light.image):
        canvas.paste(layer, layer.convert("L").point(lambda value: min(255, value * 2)))
    left = -0.02
    while left < 1:
        wide, height = chance.uniform(0.06, 0.12), chance.uniform(0.1, 0.2)
        canvas.rectangle(left, 0.94 - height, left + wide, 1, (14, 12, 22))
        canvas.polygon(
            [(left, 0.94 - height), (left + wide / 2, 0.87 - height), (left + wide, 0.94 - height)],
            (18, 15, 26),
        )
        windows(
            canvas, (left + 0.01, 0.96 - height, left + wide - 0.01, 0.99), 3, 3, (255, 200, 110), lit=0.35
        )
        left += wide
    return finish(canvas, vignette=0.35)

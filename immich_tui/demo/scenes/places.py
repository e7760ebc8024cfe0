"""Towns, bridges, harbours, by day and night."""

from __future__ import annotations

import math

from PIL import Image, ImageFilter

from immich_tui.demo.scenes.brushes import (
    Canvas,
    Colour,
    bokeh,
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
        depth = step / 13
        y = 0.66 + 0.26 * depth
        x = 0.5 + chance.uniform(-0.2, 0.2) * (0.5 + depth) + 0.02 * canvas.moment
        figure(canvas, x, y, 0.08 + 0.2 * depth, vary(chance, chance.choice(_WALLS), 30), stride=0.04)
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
        return 0.004 + 0.15 * share**2.6

    steps = [top + (foot - top) * step / 44 for step in range(45)]
    for low, high in zip(steps, steps[1:], strict=False):
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
    for side in (0.06, 0.94):
        leafy(canvas, side, 0.97, 0.34, (72, 100, 52) if dusk else (96, 146, 66))
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
        for y in range(5):
            level = top + (foot - top) * (0.03 + y * 0.17)
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
    for burst in range(4 + canvas.moment):
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
    glare = light.image.filter(ImageFilter.GaussianBlur(canvas.px(0.008)))
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

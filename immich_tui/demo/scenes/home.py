"""Birthdays, portraits, animals, flowers, food."""

from __future__ import annotations

import math

from PIL import Image, ImageChops

from immich_tui.demo.scenes.brushes import (
    Canvas,
    Colour,
    blurred,
    bokeh,
    finish,
    glow,
    levels,
    mix,
    noise,
    sky,
    soft,
    textured,
    vary,
)

_SKINS: tuple[Colour, ...] = ((240, 198, 166), (224, 172, 136), (196, 140, 104), (246, 212, 186))
_HAIRS: tuple[Colour, ...] = ((64, 42, 28), (150, 104, 56), (28, 22, 22), (206, 170, 106), (196, 196, 200))
_SHIRTS: tuple[Colour, ...] = ((196, 66, 60), (70, 112, 168), (236, 198, 92), (92, 146, 104), (232, 232, 228))


def _bust(canvas: Canvas, x: float, foot: float, size: float, look: int, *, smile: bool = True) -> None:
    """Head and shoulders; `size` is the height of the head."""
    chance = canvas.chance
    ratio = canvas.height / canvas.width
    skin, hair = _SKINS[look % len(_SKINS)], _HAIRS[(look * 3 + 1) % len(_HAIRS)]
    shirt = _SHIRTS[(look * 2 + canvas.seed) % len(_SHIRTS)]
    w = size * ratio
    head = foot - size * 1.15
    long_hair = look % 2 == 0
    if long_hair:
        canvas.disc(x, head + size * 0.12, size * 0.5, mix(hair, (0, 0, 0), 0.2), 1.45)
    shoulders = [
        (x - w * 1.05, foot + size * 0.3),
        (x - w * 0.92, foot - size * 0.26),
        (x - w * 0.34, foot - size * 0.5),
        (x + w * 0.34, foot - size * 0.5),
        (x + w * 0.92, foot - size * 0.26),
        (x + w * 1.05, foot + size * 0.3),
    ]
    canvas.polygon([*shoulders, (x + w * 1.1, 1.1), (x - w * 1.1, 1.1)], shirt)
    canvas.polygon(
        [(x + w * 0.1, foot - size * 0.46), *shoulders[3:], (x + w * 1.1, 1.1), (x + w * 0.35, 1.1)],
        mix(shirt, (0, 0, 0), 0.14),
    )
    neck = mix(skin, (120, 60, 40), 0.22)
    canvas.polygon(
        [
            (x - w * 0.17, head + size * 0.2),
            (x + w * 0.17, head + size * 0.2),
            (x + w * 0.2, foot - size * 0.42),
            (x - w * 0.2, foot - size * 0.42),
        ],
        neck,
    )
    canvas.disc(x, foot - size * 0.45, size * 0.2, neck, 0.4)
    canvas.disc(x, head - size * 0.07, size * 0.42, hair, 1.16)
    for side in (-1, 1):
        canvas.disc(x + side * w * 0.365, head + size * 0.06, size * 0.07, mix(skin, (160, 70, 50), 0.2), 1.4)
    canvas.disc(x, head + size * 0.03, size * 0.36, skin, 1.3)
    canvas.disc(x + w * 0.13, head + size * 0.07, size * 0.24, mix(skin, (150, 70, 50), 0.1), 1.5)
    canvas.disc(x - w * 0.04, head + size * 0.02, size * 0.29, skin, 1.32)
    fringe = [
        (x + w * (0.4 * math.cos(a)), head - size * (0.08 + 0.38 * math.sin(a)))
        for a in (0.0, 0.5, 1.0, 1.57, 2.1, 2.6, 3.14)
    ]
    canvas.polygon(
        [
            *fringe,
            (x - w * 0.3, head - size * 0.12),
            (x - w * 0.05, head - size * 0.25),
            (x + w * 0.28, head - size * 0.16),
        ],
        hair,
    )
    for side in (-1, 1):
        eye = x + side * w * 0.14
        canvas.disc(eye, head + size * 0.0, size * 0.05, (248, 246, 242), 0.62)
        canvas.disc(eye, head + size * 0.0, size * 0.028, (52, 40, 34))
        canvas.line(
            [(eye - w * 0.065, head - size * 0.085), (eye + w * 0.065, head - size * 0.09)],
            mix(hair, (40, 26, 20), 0.4),
            size * 0.022,
        )
        canvas.disc(
            x + side * w * 0.2, head + size * 0.16, size * 0.07, mix(skin, (230, 110, 100), 0.25), 0.7
        )
    canvas.line(
        [
            (x + w * 0.01, head + size * 0.03),
            (x + w * 0.035, head + size * 0.14),
            (x - w * 0.005, head + size * 0.15),
        ],
        mix(skin, (140, 70, 50), 0.4),
        size * 0.018,
    )
    mouth = [
        (x + w * 0.12 * step / 4, head + size * (0.27 - (0.035 if smile else 0.0) * (step / 4) ** 2))
        for step in range(-4, 5)
    ]
    canvas.line(mouth, (168, 66, 62), size * 0.03)
    if smile:
        canvas.line([(px, py - size * 0.008) for px, py in mouth[1:-1]], (250, 246, 240), size * 0.014)
    del chance


def portrait(canvas: Canvas) -> Image.Image:
    """One or two people in front of a garden out of focus."""
    chance = canvas.chance
    greens = ((64, 104, 58), (196, 214, 120)) if canvas.seed % 2 else ((96, 84, 60), (236, 190, 120))
    sky(canvas, [(0, greens[1]), (0.6, greens[0]), (1, mix(greens[0], (20, 20, 20), 0.4))])
    canvas.paste(mix(greens[0], (0, 0, 0), 0.35), levels(noise(chance, canvas.size, 6, 5, 3), 120, 190, 0.8))
    bokeh(canvas, (greens[1], (255, 250, 220)), count=50, radius=(0.02, 0.06))
    blurred(canvas, 0.012)
    if canvas.seed % 3:
        _bust(canvas, 0.36, 0.96, 0.44, canvas.seed)
        _bust(canvas, 0.66, 0.99, 0.4, canvas.seed + 3, smile=canvas.moment != 1)
    else:
        _bust(canvas, 0.5 + 0.03 * canvas.moment, 0.95, 0.52, canvas.seed + 1, smile=canvas.moment != 1)
    glow(canvas, 0.1, 0.05, 0.6, (255, 232, 180), 0.4)
    return finish(canvas, warmth=7, vignette=0.45)


def family(canvas: Canvas) -> Image.Image:
    """Four people close together on a sofa of a bright room."""
    sky(canvas, [(0, (226, 214, 196)), (0.62, (206, 190, 168)), (1, (146, 122, 100))])
    canvas.rectangle(0.06, 0.08, 0.34, 0.5, (250, 248, 240))
    canvas.rectangle(0.075, 0.1, 0.2, 0.48, (176, 210, 228))
    canvas.rectangle(0.21, 0.1, 0.325, 0.48, (186, 218, 232))
    canvas.rectangle(0.66, 0.12, 0.86, 0.36, (112, 86, 62))
    canvas.rectangle(0.675, 0.14, 0.845, 0.34, (196, 170, 120))
    blurred(canvas, 0.004)
    canvas.disc(0.5, 0.86, 0.7, (84, 108, 116), 0.46)
    for index, (x, size) in enumerate(((0.22, 0.27), (0.42, 0.22), (0.6, 0.24), (0.8, 0.28))):
        _bust(
            canvas,
            x + 0.012 * canvas.moment,
            0.92 - 0.04 * (index in {0, 3}),
            size,
            canvas.seed + index,
            smile=(index + canvas.moment) % 4 != 3,
        )
    glow(canvas, 0.18, 0.25, 0.6, (255, 244, 220), 0.45)
    return finish(canvas, warmth=6)


def birthday(canvas: Canvas) -> Image.Image:
    """A cake with candles in a dim room, faces behind it."""
    chance = canvas.chance
    sky(canvas, [(0, (44, 28, 40)), (0.7, (86, 48, 40)), (1, (60, 34, 28))])
    lights: tuple[Colour, ...] = ((255, 190, 96), (255, 120, 110), (120, 190, 255), (180, 255, 160))
    bokeh(canvas, lights, count=46, radius=(0.012, 0.035), area=(0, 0, 1, 0.4))
    for index, x in enumerate((0.2, 0.5, 0.79)):
        _bust(canvas, x, 0.66, 0.22, canvas.seed + index)
    shade = Image.new("RGB", canvas.size, (50, 26, 26))
    canvas.replace(
        Image.blend(
            canvas.image,
            ImageChops.multiply(
                canvas.image, Image.blend(shade, Image.new("RGB", canvas.size, (255, 200, 150)), 0.75)
            ),
            0.8,
        )
    )
    canvas.polygon([(0, 0.76), (1, 0.76), (1, 1), (0, 1)], (120, 66, 44))
    canvas.disc(0.5, 0.9, 0.42, (236, 228, 216), 0.22)
    canvas.rectangle(0.28, 0.72, 0.72, 0.88, (250, 232, 224))
    canvas.disc(0.5, 0.88, 0.293, (244, 220, 212), 0.22)
    canvas.rectangle(0.28, 0.79, 0.72, 0.82, (222, 96, 116))
    canvas.disc(0.5, 0.72, 0.293, (255, 246, 240), 0.22)
    for index in range(9):
        canvas.disc(0.3 + index * 0.05, 0.735 + 0.05 * math.sin(index / 8 * math.pi), 0.014, (214, 60, 76))
    flames = []
    for index in range(7):
        x, y = 0.34 + index * 0.053, 0.71 + 0.025 * math.sin(index / 6 * math.pi)
        canvas.line([(x, y), (x, y - 0.1)], lights[index % 4], 0.013)
        flames.append((x, y - 0.12))
    for x, y in flames:
        glow(canvas, x, y, 0.11, (255, 170, 70), 0.85)
    for x, y in flames:
        canvas.disc(x, y, 0.008, (255, 246, 200), 1.9)
    glow(canvas, 0.5, 0.6, 0.55, (255, 150, 70), 0.35)
    del chance
    return finish(canvas, warmth=8, vignette=0.5)


def flowers(canvas: Canvas) -> Image.Image:
    """A few blossoms near, the garden far and soft."""
    chance = canvas.chance
    sky(canvas, [(0, (172, 206, 160)), (1, (50, 92, 46))])
    canvas.paste((40, 80, 40), levels(noise(chance, canvas.size, 7, 6, 3), 110, 190, 0.8))
    petals: tuple[Colour, ...] = (
        (226, 74, 96),
        (248, 190, 60),
        (170, 110, 214),
        (250, 240, 236),
        (238, 130, 70),
    )
    bokeh(canvas, petals, count=40, radius=(0.02, 0.05))
    blurred(canvas, 0.014)
    spots = ((0.34, 0.46, 0.22), (0.68, 0.38, 0.17), (0.56, 0.74, 0.14), (0.16, 0.78, 0.12))
    for index, (x, y, size) in enumerate(spots):
        colour = petals[(index + canvas.seed) % len(petals)]
        canvas.line([(x, y), (x + 0.05, y + 0.3), (x + 0.03, 1.1)], (70, 120, 56), 0.014)
        canvas.polygon([(x + 0.045, y + 0.3), (x + 0.16, y + 0.2), (x + 0.1, y + 0.32)], (84, 140, 66))
        for ring in (1.0, 0.72):
            for petal in range(11):
                angle = petal / 11 * math.tau + ring
                px, py = (
                    x + math.cos(angle) * size * ring * 0.55 * 0.75,
                    y + math.sin(angle) * size * ring * 0.55,
                )
                tone = (
                    mix(colour, (255, 255, 255), 0.12 + 0.1 * math.sin(angle))
                    if ring == 1.0
                    else mix(colour, (90, 10, 30), 0.14)
                )
                canvas.disc(px, py, size * 0.27 * ring, vary(chance, tone, 8))
                canvas.line([(x, y), (px, py)], mix(colour, (60, 0, 20), 0.3), 0.003)
        canvas.disc(x, y, size * 0.2, (120, 76, 30))
        for _ in range(36):
            angle, reach = chance.uniform(0, 6.3), size * 0.17 * math.sqrt(chance.random())
            canvas.disc(
                x + math.cos(angle) * reach * 0.75, y + math.sin(angle) * reach, 0.005, (236, 190, 70)
            )
    glow(canvas, 0.9, 0.0, 0.6, (255, 250, 210), 0.5)
    return finish(canvas, warmth=3, vignette=0.4)


def cat(canvas: Canvas) -> Image.Image:
    """A cat at the window, seen from behind."""
    chance = canvas.chance
    sky(canvas, [(0, (150, 190, 226)), (0.5, (226, 234, 226)), (0.7, (110, 150, 84)), (1, (90, 130, 70))])
    canvas.paste((86, 130, 70), levels(noise(chance, canvas.size, 8, 7, 3), 130, 190, 0.7))
    blurred(canvas, 0.012)
    frame: Colour = (240, 236, 228)
    canvas.rectangle(0, 0, 0.12, 1, (186, 160, 134))
    canvas.rectangle(0.88, 0, 1, 1, (170, 146, 122))
    for left, right in ((0.12, 0.15), (0.485, 0.515), (0.85, 0.88)):
        canvas.rectangle(left, 0, right, 0.8, frame)
    canvas.rectangle(0.12, 0.42, 0.88, 0.45, frame)
    canvas.rectangle(0.05, 0.78, 0.95, 0.86, (250, 246, 238))
    canvas.rectangle(0, 0.86, 1, 1, (150, 128, 110))
    fur: Colour = ((58, 52, 52), (196, 128, 64), (120, 112, 106))[canvas.seed % 3]
    x = 0.36
    canvas.disc(x, 0.64, 0.15, fur, 1.15)
    canvas.disc(x, 0.74, 0.19, fur, 0.5)
    head = x + 0.012 * canvas.moment
    canvas.disc(head, 0.4, 0.095, fur, 0.92)
    for side in (-1, 1):
        canvas.polygon(
            [(head + side * 0.06, 0.37), (head + side * 0.058, 0.26), (head + side * 0.012, 0.33)], fur
        )
    tail = [(x + 0.12, 0.78), (x + 0.2, 0.76), (x + 0.26, 0.82), (x + 0.24 + 0.02 * canvas.moment, 0.93)]
    canvas.line(tail, fur, 0.036)
    for stripe in range(6):
        y = 0.5 + stripe * 0.045
        canvas.line([(x - 0.08, y + 0.02), (x, y), (x + 0.08, y + 0.02)], mix(fur, (0, 0, 0), 0.28), 0.01)
    canvas.disc(0.7, 0.7, 0.07, (196, 96, 62), 1.1)
    for leaf in range(12):
        angle = -math.pi * (0.1 + 0.8 * leaf / 11)
        canvas.line(
            [(0.7, 0.66), (0.7 + math.cos(angle) * 0.09, 0.64 + math.sin(angle) * 0.24)],
            vary(chance, (66, 124, 66), 16),
            0.014,
        )
    glow(canvas, 0.5, 0.1, 0.8, (255, 252, 236), 0.5)
    return finish(canvas, warmth=4, vignette=0.45)


def food(canvas: Canvas) -> Image.Image:
    """A pizza on a wooden table, from above."""
    chance = canvas.chance
    sky(canvas, [(0, (150, 104, 66)), (1, (122, 80, 50))])
    grain = noise(chance, canvas.size, 3, 60, 3)
    canvas.paste((88, 56, 34), levels(grain, 110, 190, 0.8))
    for plank in range(1, 5):
        canvas.line([(0, plank / 5), (1, plank / 5 + 0.004)], (60, 36, 22), 0.006)
    canvas.disc(0.5, 0.54, 0.42, (70, 44, 28))
    canvas.disc(0.5, 0.52, 0.41, (238, 236, 230))
    canvas.disc(0.5, 0.52, 0.345, (196, 132, 66))
    canvas.disc(0.5, 0.52, 0.31, (214, 96, 52))
    for _ in range(150):
        angle, reach = chance.uniform(0, 6.3), 0.29 * math.sqrt(chance.random())
        canvas.disc(
            0.5 + math.cos(angle) * reach * 0.75,
            0.52 + math.sin(angle) * reach,
            chance.uniform(0.012, 0.035),
            vary(chance, (248, 214, 140), 16),
            0.8,
        )
    for index in range(17):
        angle, reach = index * 2.4, 0.27 * math.sqrt((index + 0.5) / 17)
        x, y = 0.5 + math.cos(angle) * reach * 0.75, 0.52 + math.sin(angle) * reach
        kind = (index + canvas.seed) % 3
        if kind == 0:
            canvas.disc(x, y, 0.034, (176, 40, 34))
            canvas.disc(x - 0.004, y - 0.005, 0.028, (200, 60, 48))
        elif kind == 1:
            canvas.polygon(
                [(x - 0.03, y), (x, y - 0.024), (x + 0.032, y + 0.006), (x, y + 0.022)], (56, 112, 48)
            )
        else:
            canvas.disc(x, y, 0.017, (36, 32, 38))
            canvas.disc(x, y, 0.007, (120, 60, 40))
    canvas.disc(0.93, 0.16, 0.11, (226, 222, 214))
    canvas.disc(0.93, 0.16, 0.09, (120, 30, 40))
    canvas.line([(0.07, 0.25), (0.08, 0.85)], (206, 208, 212), 0.016)
    glow(canvas, 0.2, 0.1, 0.7, (255, 240, 210), 0.4)
    return finish(canvas, warmth=6, vignette=0.5)


def dog(canvas: Canvas) -> Image.Image:
    """A dog that runs over a lawn; further with every moment."""
    chance = canvas.chance
    sky(canvas, [(0, (150, 190, 120)), (0.45, (96, 146, 72)), (1, (110, 160, 60))])
    canvas.paste(
        (54, 92, 46), levels(noise(chance, (canvas.width, canvas.height // 2), 9, 6, 3), 110, 180, 0.8)
    )
    bokeh(canvas, ((220, 236, 170),), count=26, area=(0, 0, 1, 0.4))
    blurred(canvas, 0.014)
    textured(canvas, 0.52, 1.0, (66, 116, 40), (130, 176, 72), (70, 70))
    fur: Colour = ((206, 160, 96), (94, 66, 46), (226, 222, 214))[canvas.seed % 3]
    dark = mix(fur, (20, 10, 0), 0.3)
    x, y = 0.4 + 0.09 * canvas.moment, 0.66 - 0.03 * (canvas.moment % 2)
    swing = 0.05 if canvas.moment % 2 else -0.02
    canvas.disc(x + 0.02, 0.84, 0.2, (58, 98, 40), 0.2)
    for start, reach in ((x - 0.12, -swing), (x - 0.08, swing), (x + 0.1, -swing), (x + 0.14, swing)):
        canvas.line(
            [(start, y + 0.03), (start + reach, y + 0.11), (start + reach * 1.8, y + 0.18)], dark, 0.032
        )
    canvas.disc(x, y, 0.15, fur, 0.56)
    canvas.disc(x + 0.1, y - 0.015, 0.09, fur, 0.95)
    canvas.line([(x - 0.13, y - 0.03), (x - 0.2, y - 0.12), (x - 0.22, y - 0.17)], fur, 0.03)
    head = (x + 0.19, y - 0.13)
    canvas.line([(x + 0.12, y - 0.03), head], fur, 0.1)
    canvas.disc(*head, 0.068, fur)
    canvas.disc(head[0] + 0.055, head[1] + 0.022, 0.038, mix(fur, (255, 255, 255), 0.2), 0.8)
    canvas.disc(head[0] + 0.084, head[1] + 0.012, 0.012, (30, 24, 24))
    canvas.disc(head[0] + 0.018, head[1] - 0.016, 0.009, (26, 20, 20))
    canvas.polygon(
        [
            (head[0] - 0.03, head[1] - 0.05),
            (head[0] - 0.06, head[1] + 0.05),
            (head[0] - 0.005, head[1] + 0.01),
        ],
        dark,
    )
    canvas.disc(head[0] + 0.055, head[1] + 0.056, 0.016, (222, 106, 112), 1.3)
    canvas.disc(0.83, 0.78, 0.03, (206, 226, 70))
    for _ in range(220):
        gx, gy = chance.random(), 0.6 + 0.4 * chance.random()
        canvas.line(
            [(gx, gy), (gx + chance.uniform(-0.006, 0.006), gy - 0.025 * gy)],
            vary(chance, (96, 146, 56), 24),
            0.003,
        )
    return finish(canvas, warmth=4, vignette=0.4)


def document(canvas: Canvas) -> Image.Image:
    """An old photograph, scanned with its white border."""
    old = Image.new("RGB", canvas.size)
    inner = Canvas("old", canvas.seed, 0, (canvas.width, canvas.height))
    sky(inner, [(0, (206, 196, 170)), (0.5, (186, 170, 138)), (1, (120, 100, 74))])
    inner.paste((96, 84, 60), levels(noise(inner.chance, inner.size, 10, 8, 3), 120, 190, 0.7))
    for index, x in enumerate((0.3, 0.52, 0.74)):
        _bust(inner, x, 0.95 - 0.05 * (index == 1), 0.3, canvas.seed + index)
    grey = soft(inner.image.convert("L"), canvas.px(0.004))
    sepia = Image.merge(
        "RGB",
        (
            grey.point(lambda v: min(255, round(v * 1.06 + 12))),
            grey.point(lambda v: round(v * 0.92 + 8)),
            grey.point(lambda v: round(v * 0.72)),
        ),
    )
    old.paste((238, 232, 216), (0, 0, *canvas.size))
    margin = round(canvas.px(0.06))
    old.paste(sepia.resize((canvas.width - 2 * margin, canvas.height - 2 * margin)), (margin, margin))
    canvas.replace(old)
    for _ in range(26):
        x, y = canvas.chance.random(), canvas.chance.random()
        canvas.line(
            [(x, y), (x + canvas.chance.uniform(-0.03, 0.03), y + canvas.chance.uniform(-0.03, 0.03))],
            (226, 214, 190),
            0.001,
        )
    return finish(canvas, warmth=2, vignette=0.15)

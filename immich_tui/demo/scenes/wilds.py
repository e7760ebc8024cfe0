"""Night, winter, desert and falling water."""

from __future__ import annotations

import math

from PIL import Image, ImageChops

from immich_tui.demo.scenes.brushes import (
    Canvas,
    conifer,
    figure,
    finish,
    glow,
    levels,
    mix,
    noise,
    profile,
    ridge,
    sky,
    soft,
    vary,
    water,
)


def night_sky(canvas: Canvas) -> Image.Image:
    """Stars and the Milky Way, or northern lights, above a ridge."""
    chance = canvas.chance
    sky(canvas, [(0, (8, 12, 34)), (0.6, (22, 34, 74)), (0.85, (56, 66, 104)), (1, (56, 66, 104))])
    northern = canvas.seed % 2 == 0
    if northern:
        _curtains(canvas)
    else:
        haze = noise(chance, canvas.size, 6, 5, 5)
        band = Image.new("L", canvas.size)
        stripe = Canvas("band", canvas.seed, 0, canvas.size)
        stripe.polygon([(0.12, 1.0), (0.42, 1.0), (0.95, 0.0), (0.62, 0.0)], (255, 255, 255))
        band = soft(stripe.image.convert("L"), canvas.px(0.09))
        mask = ImageChops.multiply(levels(haze, 70, 210), band)
        canvas.replace(
            ImageChops.screen(
                canvas.image,
                Image.merge("RGB", [mask.point(lambda v, k=k: round(v * k)) for k in (0.55, 0.5, 0.66)]),
            )
        )
    for _ in range(900):
        x, y = chance.random(), chance.random() * 0.85
        bright = round(90 + 165 * chance.random() ** 3)
        canvas.disc(x, y, 0.0007 + 0.0016 * chance.random() ** 6, (bright, bright, min(255, bright + 12)))
    for layer in range(2):
        ridge(
            canvas,
            profile(chance, 0.76 + 0.08 * layer, 0.16, 0.5),
            (16 - layer * 8, 20 - layer * 9, 36 - layer * 16),
        )
    for _ in range(24):
        conifer(canvas, chance.random(), 1.02, chance.uniform(0.08, 0.2), (6, 9, 14))
    if canvas.seed % 3 != 1:
        glow(canvas, 0.62, 0.93, 0.16, (255, 180, 90), 0.9)
        canvas.polygon([(0.6, 0.95), (0.625, 0.895), (0.65, 0.95)], (226, 150, 70))
    return finish(canvas, vignette=0.35)


def _curtains(canvas: Canvas) -> None:
    """Northern lights."""
    chance = canvas.chance
    small = canvas.width // 3, canvas.height // 3
    light = Canvas("curtains", canvas.seed, 0, small)
    for ribbon in range(3):
        phase, start = chance.uniform(0, 6), 0.34 + 0.13 * ribbon
        for step in range(160):
            x = step / 159
            foot = start + 0.11 * math.sin(x * 5 + phase) + 0.03 * math.sin(x * 17 + phase)
            tall = 0.2 + 0.14 * abs(math.sin(x * 9 + phase * 2))
            power = 0.4 + 0.6 * abs(math.sin(x * 6 + phase)) * chance.uniform(0.7, 1)
            for part in range(5):
                fade = power * (1 - part / 5)
                green = mix((0, 0, 0), mix((60, 255, 140), (150, 90, 220), part / 5), fade * 0.6)
                light.rectangle(
                    x - 0.004, foot - tall * (part + 1) / 5, x + 0.004, foot - tall * part / 5, green
                )
    veil = soft(light.image, 3).resize(canvas.size, Image.Resampling.BICUBIC)
    canvas.replace(ImageChops.screen(canvas.image, veil))


def snow(canvas: Canvas) -> Image.Image:
    """A white slope, firs, a sledge, flakes."""
    chance = canvas.chance
    sky(canvas, [(0, (120, 160, 206)), (0.55, (226, 234, 244)), (1, (240, 244, 250))])
    for layer in range(2):
        heights = profile(chance, 0.38 + layer * 0.1, 0.2, 0.5)
        ridge(canvas, heights, mix((226, 234, 244), (120, 138, 170), 0.4 + 0.25 * layer))
    for _ in range(26):
        x = chance.random()
        conifer(canvas, x, 0.6 + 0.06 * chance.random(), chance.uniform(0.14, 0.34), (46, 76, 66), snow=True)
    slope = [0.6 + 0.22 * step / 64 + 0.02 * math.sin(step / 8 + canvas.seed) for step in range(65)]
    ridge(canvas, slope, (238, 243, 250))
    drift = noise(chance, canvas.size, 8, 14, 3)
    mask = Canvas("slope", 0, 0, canvas.size)
    ridge(mask, slope, (255, 255, 255))
    canvas.paste((176, 196, 226), ImageChops.multiply(levels(drift, 120, 200, 0.6), mask.image.convert("L")))
    x, y = 0.38 + 0.06 * canvas.moment, 0.8 + 0.02 * canvas.moment
    canvas.line([(x - 0.07, y + 0.03), (x + 0.08, y + 0.055)], (120, 70, 40), 0.014)
    figure(canvas, x, y + 0.03, 0.2, (206, 60, 60), (50, 60, 100), hair=(60, 110, 180))
    figure(canvas, x + 0.04, y + 0.035, 0.16, (70, 130, 200), (60, 50, 60), hair=(220, 180, 60))
    for _ in range(260):
        canvas.disc(chance.random(), chance.random(), chance.uniform(0.0015, 0.005), (250, 252, 255))
    return finish(canvas, warmth=-4, vignette=0.2)


def desert(canvas: Canvas) -> Image.Image:
    """Dunes in low light."""
    chance = canvas.chance
    sky(canvas, [(0, (70, 118, 180)), (0.5, (246, 214, 168)), (1, (246, 214, 168))])
    glow(canvas, 0.8, 0.36, 0.4, (255, 220, 150), 0.7)
    for layer in range(5):
        base = 0.46 + 0.11 * layer
        phase = chance.uniform(0, 6)
        crest = [
            base + 0.06 * math.sin(step / 64 * 5 + phase) + 0.015 * math.sin(step / 64 * 13 + phase)
            for step in range(65)
        ]
        lit = mix((236, 178, 112), (206, 124, 66), layer / 5)
        ridge(canvas, crest, lit)
        shadow = [
            (step / 64, y + (0.012 + 0.09 * max(0.0, math.sin(step / 64 * 5 + phase))))
            for step, y in enumerate(crest)
        ]
        canvas.polygon(
            [*[(step / 64, y) for step, y in enumerate(crest)], *reversed(shadow)],
            mix(lit, (110, 52, 40), 0.5),
        )
    ripples = noise(chance, canvas.size, 4, 70, 2)
    lower = Image.linear_gradient("L").resize(canvas.size).point(lambda value: max(0, value - 110))
    canvas.paste((150, 84, 48), ImageChops.multiply(levels(ripples, 130, 210, 0.8), lower))
    for index in range(4):
        x = 0.3 + 0.05 * index + 0.02 * canvas.moment
        canvas.disc(x, 0.5, 0.016, (70, 42, 34), 0.7)
        canvas.line([(x - 0.01, 0.5), (x - 0.012, 0.535)], (70, 42, 34), 0.005)
        canvas.line([(x + 0.01, 0.5), (x + 0.012, 0.535)], (70, 42, 34), 0.005)
        canvas.line([(x + 0.012, 0.5), (x + 0.022, 0.475), (x + 0.03, 0.478)], (70, 42, 34), 0.006)
    return finish(canvas, warmth=6)


def waterfall(canvas: Canvas) -> Image.Image:
    """Water falling between mossy rocks."""
    chance = canvas.chance
    sky(canvas, [(0, (196, 216, 226)), (0.3, (150, 170, 160)), (1, (40, 56, 44))])
    rock = noise(chance, canvas.size, 10, 14, 5)
    canvas.paste((52, 60, 52), levels(rock, 60, 160, 0.95))
    canvas.paste((86, 124, 62), levels(rock, 140, 190, 0.75))
    for _ in range(150):
        x, y, w = chance.random(), 0.16 + 0.62 * chance.random(), chance.uniform(0.03, 0.09)
        tone = vary(chance, mix((64, 70, 62), (104, 112, 96), chance.random()), 8)
        points = [
            (x - w, y),
            (x - w * 0.4, y - w * 0.9),
            (x + w * 0.7, y - w * 0.7),
            (x + w, y + w * 0.3),
            (x, y + w),
        ]
        canvas.polygon(points, tone)
        canvas.polygon([points[0], points[1], points[2], (x, y - w * 0.2)], mix(tone, (190, 206, 150), 0.28))
    canvas.paste((78, 118, 58), levels(rock, 150, 196, 0.7))
    fall = Canvas("fall", canvas.seed, 0, canvas.size)
    fall.polygon(
        [(0.44, 0.14), (0.56, 0.14), (0.6, 0.5), (0.66, 0.8), (0.34, 0.8), (0.4, 0.5)], (255, 255, 255)
    )
    streaks = noise(chance, canvas.size, 60, 3, 2)
    mask = ImageChops.multiply(soft(fall.image.convert("L"), canvas.px(0.012)), levels(streaks, 60, 150))
    canvas.paste((236, 244, 248), mask)
    for _ in range(60):
        conifer(
            canvas, chance.random(), 0.2 + 0.05 * chance.random(), chance.uniform(0.08, 0.2), (40, 70, 44)
        )
    water(canvas, 0.78, (46, 90, 92), share=0.5)
    glow(canvas, 0.5, 0.77, 0.3, (226, 240, 244), 0.9)
    if canvas.seed % 2:
        figure(canvas, 0.75, 0.92, 0.16, (240, 196, 76))
    return finish(canvas, vignette=0.45)

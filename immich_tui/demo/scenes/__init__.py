"""Photographs that nobody took: drawn scenes with light, haze and grain, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageOps

from immich_tui.demo.scenes import home, nature, sights, towns, wilds
from immich_tui.demo.scenes.brushes import Canvas

SCENES: dict[str, Callable[[Canvas], Image.Image]] = {
    "sunset": nature.sunset,
    "beach": nature.beach,
    "mountain": nature.mountain,
    "forest": nature.forest,
    "meadow": nature.meadow,
    "night sky": wilds.night_sky,
    "snow": wilds.snow,
    "desert": wilds.desert,
    "waterfall": wilds.waterfall,
    "harbour": towns.harbour,
    "city": towns.city,
    "city night": towns.city_night,
    "tower": sights.tower,
    "bridge": sights.bridge,
    "balloons": sights.balloons,
    "fireworks": towns.fireworks,
    "shrine": sights.shrine,
    "pier": sights.pier,
    "portrait": home.portrait,
    "family": home.family,
    "birthday": home.birthday,
    "flowers": home.flowers,
    "cat": home.cat,
    "dog": home.dog,
    "food": home.food,
    "old photo": home.document,
}
"""What can be drawn, by name."""


def draw_scene(scene: str, seed: int, moment: int, size: tuple[int, int]) -> Image.Image:
    """A picture of the named scene. `seed` varies the composition, `moment` what moves in it."""
    image = SCENES[scene](Canvas(scene, seed, moment, size))
    return ImageOps.mirror(image) if seed // 2 % 2 else image

"""Photographs that nobody took: drawn scenes with light, haze and grain, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from immich_tui.demo.scenes import home, nature, places
from immich_tui.demo.scenes.brushes import Canvas

SCENES: dict[str, Callable[[Canvas], Image.Image]] = {
    "sunset": nature.sunset,
    "beach": nature.beach,
    "mountain": nature.mountain,
    "forest": nature.forest,
    "meadow": nature.meadow,
    "night sky": nature.night_sky,
    "snow": nature.snow,
    "desert": nature.desert,
    "waterfall": nature.waterfall,
    "harbour": places.harbour,
    "city": places.city,
    "city night": places.city_night,
    "tower": places.tower,
    "bridge": places.bridge,
    "balloons": places.balloons,
    "fireworks": places.fireworks,
    "shrine": places.shrine,
    "pier": places.pier,
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
    return SCENES[scene](Canvas(scene, seed, moment, size))

"""A container that its children cover, or whose uncovered rest looks like the screen behind it."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip


class Unpainted:
    """Paints nothing itself.

    Textual has every container paint all of its lines, and cuts each along its children, to throw them away
    under what the children painted. Goes before the container class (`class Desk(Unpainted, Horizontal)`) and
    is no widget itself, because the CSS of the first widget among the bases is the one that counts.
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        """Leave it to the children, and to the screen where there is none."""
        return []

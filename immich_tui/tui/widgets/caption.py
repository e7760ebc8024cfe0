"""A few lines about what is below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from immich_tui.tui.ink import Part, strip
from immich_tui.tui.widgets.line_painter import LinePainter

Words = Callable[[int], Sequence[Sequence[Part]]]
"""Makes lines for a width in cells."""


def _nothing(_: int) -> Sequence[Sequence[Part]]:
    return ()


class Caption(LinePainter):
    """Paints the lines that a function gives for the present width."""

    DEFAULT_CSS = "Caption { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, markup=False)
        self._words: Words = _nothing

    def show(self, words: Words) -> None:
        """Show other words."""
        self._words = words
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        across = self.size.width
        lines = self._words(across)
        return strip(self, lines[y] if y < len(lines) else (), across)

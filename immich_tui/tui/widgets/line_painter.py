"""The base of widgets whose `render_line` paints each line whole, background and all."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class LinePainter(Widget):
    """Hands its lines to the screen as they are.

    Textual asks a dozen styles for every line of every widget before it adds nothing to it; that costs as
    much as the painting. Borders above and below are left to it, and so is everything where there is more to
    add (borders and padding at the sides, opacity).
    """

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the lines in sight."""
        gutter = self.styles.gutter
        if gutter.left or gutter.right or self.opacity != 1.0:
            return super().render_lines(crop)
        height, width = self.region.height, self.region.width
        first, end = gutter.top, height - gutter.bottom
        filters, background = self.get_line_filters(), self.background_colors[1]
        whole = crop.x == 0 and crop.width == width
        # Put together at each call: once for all lines.
        beside = self.rich_style
        strips: list[Strip] = []
        for y in crop.line_range:
            if not first <= y < end:
                strips += super().render_lines(Region(crop.x, y, crop.width, 1))
                continue
            strip = self.render_line(y - first)
            if strip.cell_length != width:
                strip = strip.adjust_cell_length(width, beside)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip if whole else strip.crop(crop.x, crop.right))
        return strips

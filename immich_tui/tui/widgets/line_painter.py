"""The base of widgets whose `render_line` paints each line whole, background and all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from rich.color import Color
from rich.style import Style
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Offset, Region
from textual.strip import Strip

from immich_tui.tui.ink import Inked


class LinePainter(Inked):
    """Hands its lines to the screen as they are, and paints a line anew only when it was refreshed.

    Textual asks every widget in sight for all of its lines whenever anything changes near it, and asks a
    dozen styles for each line before it adds nothing to it; that costs as much as the painting. Borders above
    and below are left to it, and so is everything where there is more to add (borders and padding at the
    sides, opacity).
    """

    TRUE_COLOURS: ClassVar[bool] = True
    """Whether nothing but its inks can bring one of a terminal's own sixteen colours into its lines."""

    _true_colours = True
    _lines_kept: dict[int, Strip] | None = None
    _frame_kept: dict[int, Strip] | None = None
    _kept_for: object = None
    _kept_at = Offset()

    def mix(self, meaning: str) -> Style:
        """Put an ink on this widget."""
        style = super().mix(meaning)
        self._true_colours = self._true_colours and _is_true(style)
        return style

    def notify_style_update(self) -> None:
        """Forget the lines of before."""
        self._lines_kept = self._frame_kept = None
        self._true_colours = True
        super().notify_style_update()

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Paint again; with regions (from the top left of the content) only the lines in them."""
        if repaint and not regions:
            self._lines_kept = self._frame_kept = None
        elif repaint and self._lines_kept:
            for region in regions:
                for y in region.line_range:
                    self._lines_kept.pop(y, None)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the lines in sight."""
        gutter = self.styles.gutter
        if gutter.left or gutter.right or self.opacity != 1.0:
            return super().render_lines(crop)
        height, width = self.region.height, self.region.width
        first, end = gutter.top, height - gutter.bottom
        filters, background = self.get_line_filters(), self.background_colors[1]
        kept_for = (width, height, background, *filters)
        if self._kept_for != kept_for:
            self._lines_kept, self._frame_kept, self._kept_for = None, None, kept_for
        if self._lines_kept is None or self._kept_at != self.scroll_offset:
            self._lines_kept, self._kept_at = {}, self.scroll_offset
        if self._frame_kept is None:
            self._frame_kept = {}
        kept, frame = self._lines_kept, self._frame_kept
        beside: Style | None = None
        painted, whole = self.painted_width, crop.x == 0 and crop.width == width
        strips: list[Strip] = []
        for y in crop.line_range:
            strip = kept.get(y - first) if first <= y < end else frame.get(y)
            if strip is None and not first <= y < end:
                (strip,) = super().render_lines(Region(0, y, width, 1))
                frame[y] = strip
            elif strip is None:
                strip = self.render_line(y - first)
                if strip.cell_length != painted:
                    # Put together at each call: once for all lines.
                    beside = beside or self.rich_style
                    strip = strip.adjust_cell_length(painted, beside)
                if not (self.TRUE_COLOURS and self._true_colours and only_makes_true(filters)):
                    for line_filter in filters:
                        strip = strip.apply_filter(line_filter, background)
                kept[y - first] = strip
            strips.append(strip if whole else strip.crop(crop.x, crop.right))
        return strips

    @property
    def painted_width(self) -> int:
        """The cells that a line fills. A scroll bar stands beside it and paints its own."""
        return self.region.width


def only_makes_true(filters: Sequence[LineFilter]) -> bool:
    """Whether all that happens to a line is that colours of the terminal's are replaced by true ones."""
    return all(type(one) is ANSIToTruecolor for one in filters)


def _is_true(style: Style) -> bool:
    """Whether the style has nothing that such a filter replaces."""
    return not style.dim and _is_true_colour(style.color) and _is_true_colour(style.bgcolor)


def _is_true_colour(colour: Color | None) -> bool:
    return colour is None or colour.triplet is not None

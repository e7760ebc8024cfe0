"""A vertical scroll bar that paints itself line by line.

Textual's own makes a new renderable of Rich at each step, which costs more than the whole list beside it.
"""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from immich_tui.tui.widgets.line_painter import LinePainter

_THUMB = {"@mouse.down": "grab"}
_ABOVE = {"@mouse.down": "scroll_up"}
_BELOW = {"@mouse.down": "scroll_down"}


class LineScrollBar(LinePainter, ScrollBar):
    """One cell wide, the thumb in whole cells; its colours are those that the pane beside it sets."""

    TRUE_COLOURS = False
    # Painted again only where the thumb moved, which in a long list is rarely.
    window_virtual_size: Reactive[int] = Reactive(100, repaint=False)
    window_size: Reactive[int] = Reactive(0, repaint=False)
    position: Reactive[float] = Reactive(0, repaint=False)

    _strips_now: tuple[Strip, Strip, Strip] = (Strip([]), Strip([]), Strip([]))
    _thumb_at = range(0)

    def thumb(self) -> range:
        """The lines of the thumb; none when everything is in sight."""
        height, window, virtual = self.size.height, self.window_size, self.window_virtual_size
        if not height or not window or virtual <= window:
            return range(0)
        length = max(1, round(height * window / virtual))
        first = round((height - length) * self.position / (virtual - window))
        return range(min(first, height - length), min(first + length, height))

    def watch_window_virtual_size(self) -> None:
        """There is more or less."""
        self._follow()

    def watch_window_size(self) -> None:
        """More or less of it is in sight."""
        self._follow()

    def watch_position(self) -> None:
        """Something else is in sight."""
        self._follow()

    def _follow(self) -> None:
        if self.thumb() != self._thumb_at:
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the lines in sight, with colours and place of the thumb looked up once for all of them."""
        strips, thumb = self._strips(), self.thumb()
        if strips is not self._strips_now or thumb != self._thumb_at:
            self._strips_now, self._thumb_at, self._lines_kept = strips, thumb, None
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        above, thumb, below = self._strips_now
        lines = self._thumb_at
        return thumb if y in lines else above if y < lines.start else below

    def _strips(self) -> tuple[Strip, Strip, Strip]:
        assert self.parent is not None
        styles = self.parent.styles
        if self.grabbed:
            background, colour = styles.scrollbar_background_active, styles.scrollbar_color_active
        elif self.mouse_over:
            background, colour = styles.scrollbar_background_hover, styles.scrollbar_color_hover
        else:
            background, colour = styles.scrollbar_background, styles.scrollbar_color
        if background.a < 1:
            background = self.parent.background_colors[0] + background
        return _painted(self.size.width, background, background + colour)


@lru_cache(maxsize=64)
def _painted(width: int, background: Color, colour: Color) -> tuple[Strip, Strip, Strip]:
    """A line of the groove above the thumb, of the thumb, and of the groove below."""
    blank = " " * width
    groove, thumb = background.rich_color, colour.rich_color
    return (
        Strip([Segment(blank, Style(bgcolor=groove, meta=_ABOVE))], width),
        # Reversed, so that the thumb shows without colours too.
        Strip([Segment(blank, Style(color=thumb, reverse=True, meta=_THUMB))], width),
        Strip([Segment(blank, Style(bgcolor=groove, meta=_BELOW))], width),
    )


class LineScrolled(LinePainter, ScrollView):
    """A scroll view beside which such a bar stands.

    `across` is the width of its lines in cells and `top` the first line in sight, while lines are painted.
    """

    across = 0
    top = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the lines in sight; where that is, is looked up once for all of them."""
        self.across = self.scrollable_content_region.width
        self.top = self.scroll_offset.y
        return super().render_lines(crop)

    @property
    def painted_width(self) -> int:
        """The scroll bar paints its own column."""
        return self.across

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scroll bar, made when it is asked for first."""
        if self._vertical_scrollbar is None:
            bar = LineScrollBar(vertical=True, name="vertical", thickness=self.scrollbar_size_vertical)
            self._vertical_scrollbar = bar
            bar.display = False
            self.app._start_widget(self, bar)
        return self._vertical_scrollbar

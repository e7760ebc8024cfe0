"""One picture on all the room there is."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from immich_tui.tui.drawing import Box, Drawing
from immich_tui.tui.ink import ink, repaint
from immich_tui.tui.shown import hand_over, picture_line, tell_terminal
from immich_tui.tui.sixel import placed
from immich_tui.tui.text import fit, safe, width
from immich_tui.tui.widgets.line_painter import LinePainter


class PictureView(LinePainter):
    """Shows a drawing in its middle, or says why there is none.

    Sixels are painted over the half blocks whenever Textual has written those cells.
    """

    DEFAULT_CSS = "PictureView { height: 1fr; }"

    class Pressed(Message):
        """The picture was clicked."""

    @dataclass
    class Dragged(Message):
        """The pointer moved by so many cells with its button down."""

        across: int
        down: int

    @dataclass
    class Wheeled(Message):
        """The wheel was turned: towards the picture or away from it, at a share of the view."""

        closer: bool
        x: float
        y: float

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, markup=False)
        self._drawing = Drawing()
        self._held: tuple[int, int] | None = None
        self._dragged = False
        self._painting = False

    @property
    def box(self) -> Box:
        """The room in cells."""
        return self.size.width, self.size.height

    def on_mount(self) -> None:
        """Notice dialogs: sharp pictures would shine through."""
        self.app.screen_change_signal.subscribe(self, lambda _: repaint(self))

    def draw(self, drawing: Drawing) -> None:
        """Show another drawing."""
        before, self._drawing = self._drawing, drawing
        if drawing is before:
            return
        hand_over(self, (drawing,))
        painted = _overlay(drawing) and _overlay(before)
        if painted and (before.width, before.height) == (drawing.width, drawing.height):
            # In the same place: painting over it shows what changed, without half blocks in between.
            self._paint()
        else:
            repaint(self)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint lines; what is painted over them follows when they are on the screen."""
        lines = super().render_lines(crop)
        if _overlay(self._drawing) and not self._painting:
            self._painting = True
            self.call_later(self._paint)
        return lines

    def render_line(self, y: int) -> Strip:
        """Paint one line of the picture, centred."""
        across, down = self.box
        base = ink(self, "")
        drawing = self._drawing
        if not drawing.lines:
            words = fit(safe(drawing.problem), across) if y == down // 2 else ""
            left = (across - width(words)) // 2
            line = [Segment(" " * left, base), Segment(words, ink(self, "muted"))]
            return Strip(line).crop_extend(0, across, base)
        left, top = self._corner()
        if not 0 <= y - top < drawing.height:
            return Strip.blank(across, base)
        line = [Segment(" " * left, base), *picture_line(self, drawing, y - top)]
        right = across - left - drawing.width
        if right < 0:
            return Strip(line, left + drawing.width).crop(0, across)
        return Strip([*line, Segment(" " * right, base)], across)

    def _corner(self) -> tuple[int, int]:
        across, down = self.box
        return max(0, (across - self._drawing.width) // 2), max(0, (down - self._drawing.height) // 2)

    def _paint(self) -> None:
        """Paint the pixels over the cells, unless something else is there."""
        self._painting = False
        overlay = _overlay(self._drawing)
        if not overlay or not self.is_attached or not self.screen.is_active or self.screen.query("Toast"):
            return
        left, top = self._corner()
        fits = self._drawing.width <= self.size.width and self._drawing.height <= self.size.height
        if fits:
            tell_terminal(self, placed(overlay, self.region.x + left, self.region.y + top))

    # -- the mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the picture."""
        self._held, self._dragged = (event.screen_x, event.screen_y), False
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it along."""
        if self._held is None:
            return
        across, down = event.screen_x - self._held[0], event.screen_y - self._held[1]
        if across or down:
            self._held, self._dragged = (event.screen_x, event.screen_y), True
            self.post_message(self.Dragged(across, down))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of it."""
        self._held = None
        self.release_mouse()

    def on_click(self) -> None:
        """Tell that it was clicked, and not dragged."""
        if not self._dragged:
            self.post_message(self.Pressed())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Look closer."""
        self._wheel(event, closer=True)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Step back."""
        self._wheel(event, closer=False)

    def _wheel(self, event: events.MouseScrollUp | events.MouseScrollDown, *, closer: bool) -> None:
        event.stop()
        left, top = self._corner()
        x = (event.x - left) / max(1, self._drawing.width)
        y = (event.y - top) / max(1, self._drawing.height)
        self.post_message(self.Wheeled(closer, min(1.0, max(0.0, x)), min(1.0, max(0.0, y))))


def _overlay(drawing: Drawing) -> str:
    """What is painted over the cells; empty for a drawing that consists of cells alone."""
    sharp = drawing.sharp
    return sharp.message if sharp is not None and not sharp.lines else ""

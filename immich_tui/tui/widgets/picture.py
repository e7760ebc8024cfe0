"""One picture on all the room there is."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from immich_tui.tui.ink import INKS, ink, ink_css
from immich_tui.tui.pictures import Box, Drawing
from immich_tui.tui.text import fit, safe, width


class PictureView(Widget):
    """Shows a drawing in its middle, or says why there is none."""

    COMPONENT_CLASSES: ClassVar[set[str]] = INKS
    DEFAULT_CSS = "PictureView { height: 1fr; }" + ink_css("PictureView")

    class Pressed(Message):
        """The picture was clicked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, markup=False)
        self._drawing = Drawing()

    @property
    def box(self) -> Box:
        """The room in cells."""
        return self.size.width, self.size.height

    def draw(self, drawing: Drawing) -> None:
        """Show another drawing."""
        self._drawing = drawing
        self.refresh()

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
        top = y - (down - drawing.height) // 2
        if not 0 <= top < drawing.height:
            return Strip.blank(across, base)
        left = (across - drawing.width) // 2
        return Strip([Segment(" " * left, base), *drawing.lines[top]]).crop_extend(0, across, base)

    def on_click(self) -> None:
        """Tell that it was clicked."""
        self.post_message(self.Pressed())

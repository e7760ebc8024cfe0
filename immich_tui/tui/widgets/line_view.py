"""A pane of lines that scrolls, and whose number of lines changes without laying out the screen again."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import Reactive

from immich_tui.tui.ink import INKS, ink_css, repaint
from immich_tui.tui.widgets.scroll_bar import LineScrolled


class LineView(LineScrolled, can_focus=True, inherit_bindings=False):
    """The base of panes that paint themselves line by line and show something else at every key.

    The scroll bar always has its column, so the size of the pane never depends on what is in it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = INKS
    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    """ + ink_css("LineView")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", "Up", show=False),
        Binding("down", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "First line", show=False),
        Binding("end", "scroll_end", "Last line", show=False),
    ]

    # Textual lays out the whole screen when a virtual size changes, because a scroll bar may come or go.
    virtual_size = Reactive(Size(0, 0), repaint=False)

    def watch_virtual_size(self, size: Size) -> None:
        """Let the scroll bar know how much there is."""
        if self.is_attached:
            self.vertical_scrollbar.window_virtual_size = size.height

    def set_lines(self, count: int, *, from_top: bool) -> None:
        """Show this many lines, from the top or from about where the pane was scrolled to."""
        self.virtual_size = Size(0, count)
        top = 0 if from_top else min(self.scroll_offset.y, self.max_scroll_y)
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
        repaint(self)

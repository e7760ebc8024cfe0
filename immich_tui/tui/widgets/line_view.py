"""A pane of lines that scrolls, and whose number of lines changes without laying out the screen again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.strip import Strip

from immich_tui.tui.ink import Part, strip
from immich_tui.tui.widgets.scroll_bar import LineScrolled


class LineView(LineScrolled, can_focus=True, inherit_bindings=False):
    """The base of panes that paint themselves line by line and show something else at every key.

    The scroll bar always has its column, so the size of the pane never depends on what is in it.
    """

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", "Up", show=False),
        Binding("down", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "First line", show=False),
        Binding("end", "scroll_end", "Last line", show=False),
    ]

    _read: dict[int, Sequence[Part]]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._read = {}

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
        self._refresh_changed()

    def parts(self, y: int) -> Sequence[Part]:
        """What stands in a line of the pane, the scrolling taken into account. Subclasses say."""
        raise NotImplementedError

    def _refresh_changed(self) -> None:
        """Paint the lines again that read differently now."""
        self.top = self.scroll_offset.y
        width, height = self.scrollable_content_region.size
        before, now = self._read, {y: self.parts(y) for y in range(height)}
        changed = [y for y in now if y not in before or before[y] != now[y]]
        if changed:
            self.refresh(*_in_one_piece(changed, width))
        self._read = now

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Paint again, and read what stands in the lines again."""
        if repaint:
            self._read = {}
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        parts = self._read.get(y)
        if parts is None:
            parts = self._read[y] = self.parts(y)
        return strip(self, parts, self.across)


def _in_one_piece(lines: Sequence[int], width: int) -> list[Region]:
    """Ascending lines as regions, those below each other in one."""
    regions: list[Region] = []
    for y in lines:
        if regions and regions[-1].bottom == y:
            regions[-1] = regions[-1].grow((0, 0, 1, 0))
        else:
            regions.append(Region(0, y, width, 1))
    return regions

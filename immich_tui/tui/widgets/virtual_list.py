"""A list that costs the same for a hundred items and for a hundred thousand: it paints only what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size, clamp
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from immich_tui.tui.ink import Part, filled, ink, on_background, repaint, segments
from immich_tui.tui.widgets.scroll_bar import LineScrolled


class VirtualList(LineScrolled, can_focus=True, inherit_bindings=False):
    """Items of equal height under a cursor. Subclasses say how an item looks (`item`).

    Items are numbers from 0; what they stand for is the subclass's business. Moving repaints two items.
    """

    ITEM_HEIGHT: ClassVar[int] = 1
    DEFAULT_CSS = """
    VirtualList { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "to(0)", "First", show=False),
        Binding("end", "to(-1)", "Last", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Moved(Message):
        """The cursor went to another item."""

        list: VirtualList
        index: int

        @property
        def control(self) -> VirtualList:
            """The list."""
            return self.list

    @dataclass
    class Chosen(Message):
        """An item was clicked that was under the cursor already."""

        list: VirtualList
        index: int

        @property
        def control(self) -> VirtualList:
            """The list."""
            return self.list

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes)
        self._count = 0
        self._painted: LRUCache[tuple[int, bool], tuple[Strip, ...]] = LRUCache(512)
        self._painted_width = -1

    def item(self, index: int, width: int, current: bool) -> Sequence[Sequence[Part]]:
        """The item's lines, `ITEM_HEIGHT` of them, each at most `width` cells wide."""
        raise NotImplementedError

    @property
    def count(self) -> int:
        """How many items there are."""
        return self._count

    def set_count(self, count: int, cursor: int = 0) -> None:
        """Show other items, with the cursor on one of them."""
        self._count = count
        self._painted.clear()
        self.virtual_size = Size(0, count * self.ITEM_HEIGHT)
        self.set_reactive(VirtualList.cursor, self.validate_cursor(cursor))
        self.scroll_to_cursor()
        self.refresh()

    def refresh_item(self, index: int) -> None:
        """Paint an item again that looks different now."""
        for current in (False, True):
            self._painted.discard((index, current))
        self.refresh_lines(index * self.ITEM_HEIGHT, self.ITEM_HEIGHT)

    def refresh_items(self) -> None:
        """Paint all items again."""
        self._painted.clear()
        repaint(self)

    # -- the cursor

    def validate_cursor(self, cursor: int) -> int:
        """Keep it inside."""
        return clamp(cursor, 0, max(0, self._count - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Show where it is and tell."""
        if before == now:
            return
        self.refresh_lines(before * self.ITEM_HEIGHT, self.ITEM_HEIGHT)
        self.refresh_lines(now * self.ITEM_HEIGHT, self.ITEM_HEIGHT)
        self.scroll_to_cursor()
        self.post_message(self.Moved(self, now))

    def scroll_to_cursor(self) -> None:
        """Scroll as little as needed to show the whole item under the cursor."""
        height = self.scrollable_content_region.height
        top = self.cursor * self.ITEM_HEIGHT
        bottom = top + self.ITEM_HEIGHT
        if top < self.scroll_offset.y or height < self.ITEM_HEIGHT:
            self.scroll_to(y=top, animate=False, force=True)
        elif bottom > self.scroll_offset.y + height:
            self.scroll_to(y=bottom - height, animate=False, force=True)

    def action_move(self, step: int) -> None:
        """Move the cursor by items."""
        self.cursor += step

    def action_page(self, pages: int) -> None:
        """Move the cursor by pages."""
        self.cursor += pages * max(1, self.scrollable_content_region.height // self.ITEM_HEIGHT - 1)

    def action_to(self, index: int) -> None:
        """Move the cursor to an item; negative ones count from the end."""
        self.cursor = index if index >= 0 else self._count + index

    # -- painting

    def notify_style_update(self) -> None:
        """Forget what was painted in other colours."""
        self._painted.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        """Paint one line of what is seen."""
        width = self.across
        if width != self._painted_width:
            self._painted.clear()
            self._painted_width = width
        index, line = divmod(y + self.top, self.ITEM_HEIGHT)
        if index >= self._count:
            return Strip.blank(width, ink(self, ""))
        key = (index, index == self.cursor)
        painted = self._painted.get(key)
        if painted is None:
            painted = self._painted[key] = self._paint(index, width, key[1])
        return painted[line]

    def _paint(self, index: int, width: int, current: bool) -> tuple[Strip, ...]:
        base = ink(self, "")
        under = ink(self, "cursor") if current else base
        strips = []
        for parts in self.item(index, width, current):
            line = segments(self, parts)
            if current:
                line = [
                    segment._replace(style=on_background(segment.style, under)) if segment.style else segment
                    for segment in line
                ]
            strips.append(filled(line, width, under))
        return tuple(strips)

    # -- the mouse

    def on_click(self, event: events.Click) -> None:
        """Go to the item that was clicked; a click on the one under the cursor chooses it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = (offset.y + self.scroll_offset.y) // self.ITEM_HEIGHT
        if index >= self._count:
            return
        if index == self.cursor:
            self.post_message(self.Chosen(self, index))
        else:
            self.cursor = index

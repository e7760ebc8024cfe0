"""The base of screens that stand over another one, which shows through, darker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, Self, TypeVar

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ScreenStackError
from textual.color import Color
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.strip import Strip

R = TypeVar("R")


class Dialog(ModalScreen[R], Generic[R]):
    """A modal screen that takes the lines of the screen below as they are and darkens those that changed.

    Textual renders the screen below anew through Rich at each painting, and mixes the colours of each piece
    of text, of which a picture has one in each cell. Others get a turn of the loop between the steps of
    opening.
    """

    _below: dict[int, tuple[Strip, Strip]] | None = None
    """Lines of the screen below, as they were and as they look in the shade."""
    _shaded_for: object = None
    _stale: set[int] | None = None
    """Lines that are looked at again; `None` for all of them."""

    @on(events.ScreenResume)
    @on(events.Resize)
    async def _let_others_go_first(self) -> None:
        """Give the loop a turn before styles are applied again, and before all is laid out again."""
        await asyncio.sleep(0)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Paint again, and look again at what is below."""
        if repaint and not regions:
            self._stale = None
        elif repaint and self._stale is not None:
            for region in regions:
                self._stale.update(region.line_range)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """What is seen of the screen below."""
        shade, below = self.styles.background, self._screen_below()
        if below is None or shade.a == 1:
            return super().render_lines(crop)
        size, filters = self.size, self.get_line_filters()
        shaded_for = (below, size, shade, self.rich_style, *filters)
        if self._shaded_for != shaded_for:
            self._shaded_for, self._below, self._stale = shaded_for, {}, None
        kept = self._below or {}
        if self._stale is None or not self._stale.isdisjoint(crop.line_range):
            base, behind = self.rich_style, self.background_colors[1]
            strips = below._compositor.render_strips()
            strips += [Strip.blank(size.width, base)] * (size.height - len(strips))
            for y, strip in enumerate(strips[: size.height]):
                if y not in kept or kept[y][0] != strip:
                    dark = Strip(in_shade(strip, base, shade)).adjust_cell_length(size.width, base)
                    for line_filter in filters:
                        dark = dark.apply_filter(line_filter, behind)
                    kept[y] = strip, dark
            self._below, self._stale = kept, set()
        return [kept[y][1].crop(crop.x, crop.right) for y in crop.line_range]

    def _screen_below(self) -> Screen[object] | None:
        try:
            stack = self.app.screen_stack
        except ScreenStackError:
            return None
        place = stack.index(self) if self in stack else 0
        return stack[place - 1] if place else None


def in_shade(segments: Iterable[Segment], base: Style, shade: Color) -> list[Segment]:
    """Pieces of text under a translucent colour, without what a click on them would do."""
    return [Segment(text, _style_in_shade(style, base, shade)) for text, style, _ in segments]


@lru_cache(maxsize=16384)
def _style_in_shade(style: Style | None, base: Style, shade: Color) -> Style:
    if style is None:
        return base
    colours = Style.from_color(_in_shade(style.color, shade), _in_shade(style.bgcolor, shade))
    return base + style.clear_meta_and_links() + colours


@lru_cache(maxsize=4096)
def _in_shade(colour: RichColor | None, shade: Color) -> RichColor | None:
    return None if colour is None else (Color.from_rich_color(colour) + shade).rich_color

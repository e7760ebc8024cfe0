"""The base of screens that stand over another one, which shows through, darker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, Self, TypeVar

from rich.color import Color as RichColor
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ScreenStackError
from textual.color import Color
from textual.geometry import Region, Size
from textual.screen import ModalScreen, Screen
from textual.strip import Strip

from immich_tui.tui.widgets.line_painter import only_makes_true

R = TypeVar("R")


class Dialog(ModalScreen[R], Generic[R]):
    """A modal screen that takes the lines of the screen below as they are and darkens those that changed.

    Textual renders the screen below anew through Rich at each painting, and mixes the colours of each piece
    of text, of which a picture has one in each cell. Others get a turn of the loop between the steps of
    opening.
    """

    _below: dict[int, tuple[Strip, Strip]] | None = None
    """Lines of the screen below, as they were and as they look in the shade."""
    _darkened_for: object = None
    _stale: set[int] | None = None
    """Lines that are looked at again; `None` for all of them."""

    @on(events.ScreenResume)
    async def _look_below(self) -> None:
        """Darken what is below in a turn of its own, before the dialog is laid out and painted."""
        await asyncio.sleep(0)
        self._darken(self.app.size)
        await asyncio.sleep(0)

    @on(events.Resize)
    async def _let_others_go_first(self) -> None:
        """Give the loop a turn before everything is laid out again."""
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
        stale, below = self._stale, self._below
        if stale is None or below is None or not stale.isdisjoint(crop.line_range):
            below = self._darken(Size(self.size.width, max(self.size.height, crop.bottom)))
        if not below:
            return super().render_lines(crop)
        return [below[y][1].crop(crop.x, crop.right) for y in crop.line_range]

    def _darken(self, size: Size) -> dict[int, tuple[Strip, Strip]]:
        """Look at what is below, and darken the lines that are not as they were."""
        shade, below = self.styles.background, self._screen_below()
        if below is None or shade.a == 1:
            self._below = {}
            return self._below
        base, behind, filters = self.rich_style, self.background_colors[1], self.get_line_filters()
        darkened_for = (size.width, shade, base, *filters)
        kept = self._below if self._below is not None and self._darkened_for == darkened_for else {}
        strips = below._compositor.render_strips()
        strips += [Strip.blank(size.width, base)] * (size.height - len(strips))
        for y, strip in enumerate(strips[: size.height]):
            if y not in kept or kept[y][0] != strip:
                dark = Strip(in_shade(strip, base, shade)).adjust_cell_length(size.width, base)
                if not only_makes_true(filters):
                    for line_filter in filters:
                        dark = dark.apply_filter(line_filter, behind)
                kept[y] = strip, dark
        self._below, self._darkened_for, self._stale = kept, darkened_for, set()
        return kept

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
    if colour is None:
        return None
    if colour.triplet is None:
        return (Color.from_rich_color(colour) + shade).rich_color
    # The same in whole numbers: a picture has thousands of colours.
    red, green, blue = (
        int(own + (over - own) * shade.a) for own, over in zip(colour.triplet, shade.rgb, strict=True)
    )
    return RichColor.from_triplet(ColorTriplet(red, green, blue))

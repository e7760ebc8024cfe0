"""The base of screens that stand over another one, which shows through, darker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, Generic, Self, TypeVar

from rich.color import Color as RichColor
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ScreenStackError
from textual.color import Color
from textual.content import Content
from textual.geometry import Region, Size
from textual.screen import ModalScreen, Screen
from textual.strip import Strip

from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.turns import InTurns
from immich_tui.tui.widgets.line_painter import only_makes_true

STEP: Final = 500
"""Pieces of text that are darkened at a stretch, 10 ms of work where each is of another colour."""

_DIM: Final = Style(dim=True)

R = TypeVar("R")


class Dialog(InTurns, ModalScreen[R], Generic[R]):
    """A modal screen that takes the lines of the screen below as they are and darkens those that changed.

    Textual renders the screen below anew through Rich at each painting, and mixes the colours of each piece
    of text, of which a picture has one in each cell.
    """

    def __init__(self) -> None:
        super().__init__()
        self._opaque = False
        self._below: dict[int, tuple[Strip, Strip]] = {}
        # Lines that are looked at again; `None` for all of them.
        self._stale: set[int] | None = None
        self._darkened_for: object = None

    def with_key(self, words: str, action: str) -> Content:
        """The words of an answer, and the key of the action with that id."""
        return Content.assemble(words, (f"  {key_of(self.app, action, short=True)}", "dim"))

    @on(events.ScreenResume)
    async def _look_below(self) -> None:
        """Darken what is below in turns of its own, before the dialog is laid out and painted."""
        for _ in self._darken(self.app.size):
            await asyncio.sleep(0)
        # Meanwhile it may have changed, so that it is looked at again when it is painted.
        self._stale = None

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
        stale, lines = self._stale, range(crop.y, crop.bottom)
        known = self._opaque or self._below.keys() >= {*lines}
        if stale is None or not stale.isdisjoint(lines) or not known:
            for _ in self._darken(Size(self.size.width, max(self.size.height, crop.bottom))):
                pass
        if self._opaque:
            return super().render_lines(crop)
        return [self._below[y][1].crop(crop.x, crop.right) for y in lines]

    def _darken(self, size: Size) -> Iterator[None]:
        """Look at what is below, and darken the lines that are not as they were, some in each step."""
        shade, below = self.styles.background, self._screen_below()
        # Of a terminal's own colours Textual makes no share: theirs is a shade of another kind.
        self._opaque = below is None or (shade.a == 1 and shade.ansi is None)
        self._stale = set()
        if below is None or self._opaque:
            return
        base, behind, filters = self.rich_style, self.background_colors[1], self.get_line_filters()
        darkened_for = (size.width, shade, base, *filters)
        if self._darkened_for != darkened_for:
            self._darkened_for, self._below = darkened_for, {}
        kept, pieces = self._below, 0
        strips = below._compositor.render_strips()
        strips += [Strip.blank(size.width, base)] * (size.height - len(strips))
        for y, strip in enumerate(strips[: size.height]):
            if y in kept and kept[y][0] == strip:
                continue
            dark = Strip(in_shade(strip, base, shade)).adjust_cell_length(size.width, base)
            if not only_makes_true(filters):
                for line_filter in filters:
                    dark = dark.apply_filter(line_filter, behind)
            kept[y] = strip, dark
            pieces += len(strip)
            if pieces > STEP:
                pieces = 0
                yield

    def _screen_below(self) -> Screen[object] | None:
        try:
            stack = self.app.screen_stack
        except ScreenStackError:
            return None
        place = stack.index(self) if self in stack else 0
        return stack[place - 1] if place else None


def in_shade(segments: Iterable[Segment], base: Style, shade: Color) -> list[Segment]:
    """Pieces of text under a translucent colour, without what a click on them would do.

    Sixteen colours cannot be mixed: under one of them text is dim.
    """
    return [Segment(text, _style_in_shade(style, base, shade)) for text, style, _ in segments]


@lru_cache(maxsize=8192)
def _style_in_shade(style: Style | None, base: Style, shade: Color) -> Style:
    if style is None:
        return base
    if shade.ansi is not None:
        return base + style.clear_meta_and_links() + _DIM
    colours = Style.from_color(_in_shade(style.color, shade), _in_shade(style.bgcolor, shade))
    return base + style.clear_meta_and_links() + colours


@lru_cache(maxsize=16384)
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

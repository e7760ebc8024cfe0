"""The styles in which panes paint words, by what the words mean, and the painting itself.

A pane that paints line by line declares `COMPONENT_CLASSES = INKS` and adds `ink_css` with its name to its
default CSS. Every ink goes with a word or a glyph, so that nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from immich_tui.tui.text import width as width_of

Part = tuple[str, str]
"""Text, and its ink: one of `MEANINGS`, or empty for plain text."""

MEANINGS = (
    "plain",
    "strong",
    "muted",
    "faint",
    "title",
    "key",
    "differs",
    "missing",
    "better",
    "carried",
    "lost",
    "block",
    "warn",
    "info",
    "keep",
    "trash",
    "ours",
    "immich",
    "trait",
    "focus",
    "rail",
    "cursor",
    "bar",
)

INKS = {f"ink--{meaning}" for meaning in MEANINGS}

INK_CSS = """
.ink--strong { text-style: bold; }
.ink--muted { color: $text-muted; }
.ink--faint { color: $text-disabled; }
.ink--title { color: $text-primary; text-style: bold; }
.ink--key { color: $text-accent; text-style: bold; }
.ink--differs { color: $text-warning; text-style: bold; }
.ink--missing { color: $text-warning; text-style: italic; }
.ink--better { color: $text-primary; text-style: bold; }
.ink--carried { color: $text-primary; }
.ink--lost { color: $text-error; text-style: bold; }
.ink--block { color: $text-error; text-style: bold; }
.ink--warn { color: $text-warning; }
.ink--info { color: $text-muted; }
.ink--keep { color: $background; background: $primary; text-style: bold; }
.ink--trash { color: $text-warning; background: $warning 18%; text-style: bold; }
.ink--ours { color: $text-primary; background: $primary 18%; text-style: bold; }
.ink--immich { color: $foreground; background: $foreground 14%; text-style: bold; }
.ink--trait { color: $text-muted; background: $foreground 8%; }
.ink--focus { color: $foreground; text-style: bold; }
.ink--rail { color: $border; }
.ink--cursor { background: $primary 16%; }
.ink--bar { color: $primary; }
"""

# Sixteen colours cannot be mixed: chips are reversed or underlined words, and quiet text is dim.
_FEW_COLOURS_CSS = """
NAME:ansi > .ink--muted { text-style: dim; }
NAME:ansi > .ink--info { text-style: dim; }
NAME:ansi > .ink--faint { color: ansi_default; text-style: dim; }
NAME:ansi > .ink--rail { color: ansi_default; text-style: dim; }
NAME:ansi > .ink--keep { color: ansi_bright_white; background: ansi_blue; text-style: bold; }
NAME:ansi > .ink--trash { color: ansi_black; background: ansi_yellow; text-style: none; }
NAME:ansi > .ink--ours { background: ansi_default; text-style: bold underline; }
NAME:ansi > .ink--immich { background: ansi_default; text-style: bold underline; }
NAME:ansi > .ink--trait { background: ansi_default; text-style: underline; }
NAME:ansi > .ink--cursor { background: ansi_default; text-style: reverse; }
"""


def ink_css(painter: str) -> str:
    """The default CSS of all inks for the widget class of this name and its subclasses."""
    return INK_CSS + _FEW_COLOURS_CSS.replace("NAME", painter)


_COMPONENTS = {"": "ink--plain", **{meaning: f"ink--{meaning}" for meaning in MEANINGS}}


def ink(widget: Widget, meaning: str) -> Style:
    """The style of a meaning on this widget; plain text's for an empty one.

    Always taken from a component: those are cached, a widget's own `rich_style` is put together at each call.
    """
    return widget.get_component_rich_style(_COMPONENTS[meaning])


def segments(widget: Widget, parts: Iterable[Part]) -> list[Segment]:
    """Parts as segments in the widget's inks."""
    style_of = widget.get_component_rich_style
    return [Segment(text, style_of(_COMPONENTS[meaning])) for text, meaning in parts if text]


def strip(widget: Widget, parts: Iterable[Part], width: int) -> Strip:
    """One line of `width` cells."""
    return filled(segments(widget, parts), width, ink(widget, ""))


def filled(line: list[Segment], width: int, rest: Style) -> Strip:
    """Segments as a line of `width` cells, with `rest` behind them; what is too much is cut off."""
    used = sum(width_of(segment.text) for segment in line)
    if used < width:
        line.append(Segment(" " * (width - used), rest))
    return Strip(line, width) if used <= width else Strip(line, used).crop(0, width)


def repaint(widget: Widget) -> None:
    """Paint all lines of the widget again, but not the frame around them."""
    widget.refresh(widget.size.region)


@lru_cache(maxsize=1024)
def on_background(style: Style, background: Style) -> Style:
    """The style with another background, for the line under the cursor; chips keep their own."""
    return style + Style(bgcolor=background.bgcolor, reverse=background.reverse)

"""The styles in which panes paint words, by what the words mean, and the painting itself.

Every ink goes with a word or a glyph, so that nothing is said by colour alone. Inks are no component classes,
of which Textual works out each one's rules again for every widget that appears, resizes or gets the focus,
painted with or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.color import TRANSPARENT, Color
from textual.strip import Strip
from textual.widget import Widget

from immich_tui.tui.text import width as width_of

Part = tuple[str, str]
"""Text, and its ink: one of the widget's `INKS`, or empty for plain text."""


class Ink(NamedTuple):
    """Two colours as style sheets write them, and a style of Rich's; what is empty is as the widget has it.

    `$primary 18%` is a share of the theme's colour, mixed with what is behind it.
    """

    colour: str = ""
    behind: str = ""
    style: str = ""


INKS: Final[Mapping[str, Ink]] = {
    "strong": Ink(style="bold"),
    "muted": Ink("$text-muted"),
    "faint": Ink("$text-disabled"),
    "title": Ink("$text-primary", style="bold"),
    "key": Ink("$text-accent", style="bold"),
    "differs": Ink("$text-warning", style="bold"),
    "missing": Ink("$text-warning", style="italic"),
    "better": Ink("$text-primary", style="bold"),
    "carried": Ink("$text-primary"),
    "lost": Ink("$text-error", style="bold"),
    "block": Ink("$text-error", style="bold"),
    "warn": Ink("$text-warning"),
    "info": Ink("$text-muted"),
    "keep": Ink("$background", "$primary", "bold"),
    "trash": Ink("$text-warning", "$warning 18%", "bold"),
    "ours": Ink("$text-primary", "$primary 18%", "bold"),
    "immich": Ink("$foreground", "$foreground 14%", "bold"),
    "trait": Ink("$text-muted", "$foreground 8%"),
    "focus": Ink("$foreground", style="bold"),
    "rail": Ink("$border"),
    "cursor": Ink(behind="$primary 16%"),
    "bar": Ink("$primary"),
}

INKS_OF_SIXTEEN: Final[Mapping[str, Ink]] = {
    "muted": Ink("$text-muted", style="dim"),
    "info": Ink("$text-muted", style="dim"),
    "faint": Ink("ansi_default", style="dim"),
    "rail": Ink("ansi_default", style="dim"),
    "keep": Ink("ansi_bright_white", "ansi_blue", "bold"),
    "trash": Ink("ansi_black", "ansi_yellow"),
    "ours": Ink("$text-primary", "ansi_default", "bold underline"),
    "immich": Ink("$foreground", "ansi_default", "bold underline"),
    "trait": Ink("$text-muted", "ansi_default", "underline"),
    "cursor": Ink(behind="ansi_default", style="reverse"),
}
"""Sixteen colours cannot be mixed: chips are reversed or underlined words, and quiet text is dim."""


class _Paper(NamedTuple):
    """What inks are put on: the widget's style, its colours before they are mixed, its opacity."""

    style: Style
    ground: Color
    colour: Color
    opacity: float


class Inked(Widget):
    """A widget that paints its lines in inks. Each is mixed when it is first painted with."""

    INKS: ClassVar[Mapping[str, Ink]] = INKS
    INKS_OF_SIXTEEN: ClassVar[Mapping[str, Ink]] = INKS_OF_SIXTEEN

    _inks_kept: dict[str, Style] | None = None
    _paper: _Paper | None = None
    _theme: Mapping[str, str] | None = None

    def ink(self, meaning: str) -> Style:
        """The style of a meaning on this widget; plain text's for an empty one.

        Kept until the widget's styles change, as they do with the theme.
        """
        kept = self._inks_kept
        if kept is None:
            kept, self._paper = {}, None
            self._inks_kept = kept
        style = kept.get(meaning)
        if style is None:
            style = kept[meaning] = self.mix(meaning)
        return style

    def notify_style_update(self) -> None:
        """Forget the inks of before; paint again where they were another theme's."""
        super().notify_style_update()
        if self._inks_kept is not None:
            self._inks_kept = None
            if self._theme is not self.app.theme_variables:
                self.refresh()

    def mix(self, meaning: str) -> Style:
        """Put an ink on this widget."""
        paper = self._paper
        if paper is None:
            own = self.visual_style
            ground, colour = own.background or TRANSPARENT, own.foreground or TRANSPARENT
            paper = self._paper = _Paper(self.rich_style, ground, colour, self.opacity)
        if not meaning:
            return paper.style
        ink = self.INKS[meaning]
        if self.app.native_ansi_color:
            ink = self.INKS_OF_SIXTEEN.get(meaning, ink)
        variables = self._theme = self.app.theme_variables
        return _mixed(_colour(ink.colour, variables), _colour(ink.behind, variables), ink.style, paper)


def _colour(words: str, variables: Mapping[str, str]) -> Color | None:
    """A colour as style sheets write it; `None` for none."""
    if not words:
        return None
    name, _, share = words.rpartition(" ") if words.endswith("%") else (words, "", "")
    if name.startswith("$"):
        colour = _colour(variables[name[1:]], variables)
    else:
        colour = Color.automatic() if name == "auto" else Color.parse(name)
    return colour.multiply_alpha(float(share[:-1]) / 100) if colour is not None and share else colour


@lru_cache(maxsize=1024)
def _mixed(colour: Color | None, behind: Color | None, style: str, paper: _Paper) -> Style:
    """An ink on a widget, mixed as Textual mixes the colours of what is in a widget with the widget's."""
    ground = under = paper.ground
    if behind is not None:
        under = ground + behind
        ground += behind.multiply_alpha(paper.opacity)
    if colour is None:
        colour = paper.colour
    elif colour.auto:
        colour = under.get_contrast_text(colour.a)
    colours = Style.from_color((ground + colour).rich_color, ground.rich_color)
    return paper.style + Style.parse(style) + colours


def ink(widget: Inked, meaning: str) -> Style:
    """The style of a meaning on this widget; plain text's for an empty one."""
    return widget.ink(meaning)


def segments(widget: Inked, parts: Iterable[Part]) -> list[Segment]:
    """Parts as segments in the widget's inks."""
    style_of = widget.ink
    return [Segment(text, style_of(meaning)) for text, meaning in parts if text]


def strip(widget: Inked, parts: Iterable[Part], width: int) -> Strip:
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
    """The style with another background, for the line under the cursor."""
    if background.reverse:
        # Turned round, each ink would be a patch of its own on the line: only what is bold stands out there.
        return background + Style(bold=style.bold, underline=style.underline)
    return style + Style(bgcolor=background.bgcolor)

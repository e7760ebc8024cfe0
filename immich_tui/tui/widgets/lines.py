"""The base of all panes that only show: rows of styled text, painted line by line.

One widget holds many rows, and an update repaints only the rows that changed: thirty rows of numbers
ten times a second cost a few milliseconds, where a widget per number would cost a
hundred. Text is taken literally, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip

from immich_tui.tui.ink import Ink, Inked, Part

Row = tuple[Part, ...]


def wrapped(text: str, width: int, meaning: str = "", indent: str = "") -> list[Row]:
    """Break a sentence into rows of `width` cells; further rows start with `indent`."""
    if width <= len(indent) + 4:
        return [((text, meaning),)]
    rows: list[Row] = []
    for number, line in enumerate(Content(text).wrap(width - len(indent))):
        rows.append(((indent if number else "", ""), (line.plain.rstrip(), meaning)))
    return rows or [(("", ""),)]


class Lines(Inked):
    """Rows of styled text. Subclasses give `rows`; `update_rows` shows what changed since."""

    INKS: ClassVar[Mapping[str, Ink]] = {
        "strong": Ink(style="bold"),
        "title": Ink("$text-primary", style="bold"),
        "muted": Ink("$foreground 60%"),
        "good": Ink("$text-success"),
        "warn": Ink("$text-warning"),
        "bad": Ink("$text-error", style="bold"),
        "bar": Ink("$primary"),
        "quiet-bar": Ink("$secondary"),
        "rail": Ink("$border"),
        "key": Ink("$text-accent", style="bold"),
    }
    INKS_OF_SIXTEEN: ClassVar[Mapping[str, Ink]] = {
        "muted": Ink(style="dim"),
        "rail": Ink("ansi_default", style="dim"),
    }
    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes, markup=False)
        self._shown: list[Row] = []
        self._laid_out_for = -1

    def rows(self, width: int) -> Sequence[Row]:
        """What to show in `width` cells; called on the event loop, so it must only format."""
        return ()

    def update_rows(self) -> None:
        """Lay out again and repaint the rows that differ; a new number of rows lays out the screen again."""
        width = self.size.width
        if width <= 0:
            # Not laid out, or hidden: rows wait until there is a width.
            self._laid_out_for = -1
            self.refresh(layout=True)
            return
        before, self._shown, self._laid_out_for = self._shown, list(self.rows(width)), width
        if len(before) != len(self._shown) and self.styles.height is not None and self.styles.height.is_auto:
            self.refresh(layout=True)
            return
        changed = [
            Region(0, number, width, 1)
            for number in range(max(len(before), len(self._shown)))
            if _row(before, number) != _row(self._shown, number)
        ]
        if changed:
            self.refresh(*changed)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are rows."""
        return max(1, len(self.rows(width)))

    def render_line(self, y: int) -> Strip:
        """Paint one row."""
        width = self.size.width
        if self._laid_out_for != width:
            self._shown, self._laid_out_for = list(self.rows(width)), width
        return self._painted(_row(self._shown, y), width)

    def _painted(self, row: Iterable[Part], width: int) -> Strip:
        segments = [Segment(text, self.ink(meaning)) for text, meaning in row if text]
        return Strip(segments).crop_extend(0, width, self.ink(""))

    @property
    def text(self) -> str:
        """What is shown, without styles."""
        return "\n".join(
            "".join(text for text, _ in row).rstrip() for row in self.rows(self.size.width or 80)
        )


def _row(rows: Sequence[Row], number: int) -> Row:
    return rows[number] if number < len(rows) else ()


class Sentences(Lines):
    """Paragraphs with their meaning: what is going on, what went wrong, what to do about it."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes)
        self._paragraphs: tuple[Part, ...] = ()

    def show(self, *paragraphs: Part) -> None:
        """Show these (text, meaning) pairs, each on lines of its own."""
        if paragraphs != self._paragraphs:
            self._paragraphs = paragraphs
            self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """The paragraphs, wrapped."""
        return [row for text, meaning in self._paragraphs for row in wrapped(text, width, meaning)]

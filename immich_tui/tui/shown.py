"""Drawings on the way to the terminal: what it must be told first, and which lines stand in the cells."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from immich_tui.tui.drawing import Drawing
from immich_tui.tui.ink import Inked, ink
from immich_tui.tui.kitty import Held
from immich_tui.tui.text import fit, width

HELD = Held()
"""The pictures that this process's terminal holds."""


def tell_terminal(widget: Widget, text: str) -> None:
    """Write to the terminal, after what was written before. Nothing is written without one, as in tests."""
    driver = widget.app._driver
    if text and driver is not None and not driver.is_headless:
        driver.write(text)


def at_hand(drawing: Drawing) -> bool:
    """Whether it can be shown without sending a picture first, which would hold up the text."""
    sharp = drawing.sharp
    return sharp is None or not sharp.lines or sharp.image_id in HELD


def hand_over(widget: Widget, drawings: Iterable[Drawing]) -> None:
    """Send the pictures that are about to be shown, as far as the terminal does not have them."""
    for drawing in drawings:
        sharp = drawing.sharp
        if sharp is not None and sharp.lines:
            told = HELD.shown(sharp.image_id, sharp.message, through_tmux=sharp.through_tmux)
            tell_terminal(widget, told)


def free_all(widget: Widget) -> None:
    """Let the terminal forget its pictures."""
    tell_terminal(widget, HELD.free())


def picture_line(widget: Inked, drawing: Drawing, y: int) -> list[Segment]:
    """One line of a drawing, `drawing.width` cells wide.

    Under a dialog half blocks stand there: the dialog's shade changes colours, and a Kitty image is named by
    its colour.
    """
    sharp = drawing.sharp
    lines = sharp.lines if sharp is not None and sharp.lines and widget.screen.is_active else drawing.lines
    line = list(lines[y])
    if y == 0 and drawing.caption:
        words = fit(f" {drawing.caption} ", drawing.width)
        rest = Strip(line).crop(width(words))
        return [Segment(words, ink(widget, "strong")), *rest]
    return line

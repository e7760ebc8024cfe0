"""The notice for terminals that are too small to work in."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen

from immich_tui.tui.widgets.lines import Lines, Row, wrapped

MIN_WIDTH, MIN_HEIGHT = 60, 18


def too_small(size: Size) -> bool:
    """Whether the screens cannot be laid out in this many cells."""
    return size.width < MIN_WIDTH or size.height < MIN_HEIGHT


class _Notice(Lines):
    def rows(self, width: int) -> Sequence[Row]:
        size = self.app.size
        return [
            (("This terminal is too small", "warn"),),
            *wrapped(
                f"It has {size.width}×{size.height} cells; immich-tui needs {MIN_WIDTH}×{MIN_HEIGHT}. "
                "Make the window larger or the font smaller. Nothing is lost.",
                width,
            ),
        ]


class TooSmall(ModalScreen[None]):
    """Covers the screen until the terminal is large enough again; what is below goes on."""

    DEFAULT_CSS = """
    TooSmall {
        align: center middle;
        background: $background;
        _Notice { width: 50; max-width: 100%; padding: 0 1; }
    }
    """

    def compose(self) -> ComposeResult:
        """The notice alone."""
        yield _Notice()

    def on_resize(self, event: events.Resize) -> None:
        """Go away as soon as there is room; say the new size until then."""
        if too_small(event.size):
            self.query_one(_Notice).update_rows()
        elif self.is_current:
            self.dismiss()

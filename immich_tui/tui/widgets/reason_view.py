"""Rows that a function makes for a width, in a pane that scrolls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from immich_tui.tui.ink import Part
from immich_tui.tui.widgets.line_view import LineView
from immich_tui.tui.widgets.reasons import Row

Rows = Callable[[int], Sequence[Row]]
"""Makes rows for a width in cells."""


class ReasonView(LineView):
    """Shows what its function makes; `update_rows` asks it again."""

    BINDING_GROUP_TITLE = "Details"

    def __init__(self, made: Rows, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._made = made
        self._rows: Sequence[Row] = ()
        self._laid_out_for = -1

    def update_rows(self, *, from_top: bool = False) -> None:
        """Lay out again."""
        across = self._laid_out_for = self.scrollable_content_region.width
        self._rows = self._made(across) if across else ()
        self.set_lines(len(self._rows), from_top=from_top)

    def on_resize(self) -> None:
        """Break lines anew."""
        if self.scrollable_content_region.width != self._laid_out_for:
            self.update_rows()

    def parts(self, y: int) -> Sequence[Part]:
        """One of the rows."""
        number = y + self.top
        return self._rows[number] if number < len(self._rows) else ()

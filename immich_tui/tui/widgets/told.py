"""A report in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from immich_tui.tui.widgets.lines import Lines, Row, wrapped

if TYPE_CHECKING:
    from immich_tui.tui.telling import Telling


class Told(Lines):
    """Paragraphs below each other; what a paragraph is indented by, its further lines are too."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._tellings: tuple[Telling, ...] = ()

    def show(self, tellings: Sequence[Telling]) -> None:
        """Show these paragraphs."""
        self._tellings = tuple(tellings)
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """The paragraphs, wrapped."""
        rows: list[Row] = []
        for text, meaning in self._tellings:
            body = text.lstrip(" ")
            indent = " " * (len(text) - len(body))
            hanging = "  " if body[1:2] == " " else ""
            lines = wrapped(body, max(1, width - len(indent)), meaning, hanging)
            rows += [((indent, ""), *line) for line in lines]
        return rows

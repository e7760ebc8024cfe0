"""What went wrong so far, newest first, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.jobs.progress import ItemError
from immich_tui.tui.figures import count
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.lines import Lines, Row, wrapped


class Failures(Lines):
    """Item and reason; put it into a scrolling container."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._newest: tuple[ItemError, ...] = ()
        self._all = 0

    def show(self, newest: Sequence[ItemError], number: int) -> None:
        """Show the newest failures of `number`; does nothing while there is nothing new."""
        if number != self._all:
            self._newest, self._all = tuple(newest), number
            self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """One paragraph per failure; the report lists those that are not held here any more."""
        if not self._all:
            return [(("Nothing failed so far.", "muted"),)]
        rows: list[Row] = []
        for error in reversed(self._newest):
            first, *more = wrapped(f"{safe(error.item or error.phase)}: {safe(error.reason)}", width - 2)
            rows.append((("✗ ", "bad"), *first))
            rows += [(("  ", ""), *row) for row in more]
        if self._all > len(self._newest):
            rows.append(
                ((f"… and {count(self._all - len(self._newest))} earlier; the report lists all.", "muted"),)
            )
        return rows

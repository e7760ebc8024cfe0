"""Growing numbers in fixed columns: name, value, and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from immich_tui.tui.text import fit, pad
from immich_tui.tui.widgets.lines import Lines, Row


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: its name, its value, and a remark such as its rate (may be empty)."""

    name: str
    value: str
    remark: str = ""
    meaning: str = "strong"


class LiveNumbers(Lines):
    """The figures below each other; only what changed is painted again."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._figures: tuple[Figure, ...] = ()

    def show(self, *figures: Figure) -> None:
        """Show these figures."""
        self._figures = figures
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """Name, value, remark."""
        return [
            (
                (pad(fit(figure.name, 22), 22), "muted"),
                (f"{figure.value:>14}", figure.meaning),
                (f"   {figure.remark}", "muted"),
            )
            for figure in self._figures
        ]

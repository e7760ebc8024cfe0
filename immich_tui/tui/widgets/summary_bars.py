"""Labelled bars for a summary: how many groups per tier, per flag, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from immich_tui.tui.figures import block, count
from immich_tui.tui.text import fit, pad
from immich_tui.tui.widgets.lines import Lines, Row

_LABEL = 21
"""Cells for labels, as many as the longest flag's name needs.

The same in every pane, so that bars below each other begin together.
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value, and what it stands for in words (may be empty)."""

    label: str
    value: int
    note: str = ""
    meaning: str = "bar"


class SummaryBars(Lines):
    """A title and one bar per value; all bars share the scale, and every bar has its number beside it."""

    def __init__(self, title: str, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes)
        self._title = title
        self._bars: tuple[Bar, ...] = ()
        self._empty = ""

    def show(self, bars: Sequence[Bar], empty: str = "") -> None:
        """Show these bars, or the sentence `empty` when there are none."""
        self._bars, self._empty = tuple(bars), empty
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """Label, number, bar, note."""
        rows: list[Row] = [((self._title, "title"),)]
        if not self._bars:
            return [*rows, ((self._empty, "muted"),)]
        label_width = min(_LABEL, max(8, width * 9 // 20))
        number_width = max(len(count(bar.value)) for bar in self._bars)
        note_width = max(cell_len(bar.note) for bar in self._bars)
        room = width - label_width - number_width - 4
        if note_width and room - note_width - 2 >= 8:
            room -= note_width + 2
        else:
            note_width = 0
        room = min(room, 48)
        most = max(1, *(bar.value for bar in self._bars))
        for bar in self._bars:
            drawn = block(bar.value / most, room)
            rows.append(
                (
                    (pad(fit(bar.label, label_width), label_width) + "  ", ""),
                    (count(bar.value).rjust(number_width) + "  ", "strong"),
                    (drawn.ljust(room), bar.meaning),
                    (f"  {bar.note}" if note_width else "", "muted"),
                )
            )
        return rows

"""A value against its limit: workers in use, requests a second."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.tui.figures import bar
from immich_tui.tui.widgets.lines import Lines, Row


class Gauge(Lines):
    """One line: label, bar, `3 of 5`, the keys that change the limit, and a remark."""

    DEFAULT_CSS = "Gauge { height: 1; }"

    def __init__(self, label: str, keys: str = "", *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._label = label
        self._keys = keys
        self._value = 0.0
        self._limit = 0.0
        self._words = ""
        self._remark = ""

    def show(self, value: float, limit: float, words: str, remark: str = "") -> None:
        """Show a value, its limit, both in words, and a remark in the warning style (may be empty)."""
        self._value, self._limit, self._words, self._remark = value, limit, words, remark
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """The line; the bar takes what the words leave."""
        fixed = len(self._label) + 1 + 18 + len(self._keys) + 2
        room = max(6, min(24, width - fixed - 1))
        filled, rest = bar(self._value / self._limit if self._limit else 0.0, room)
        words = self._remark or self._words
        return [
            (
                (f"{self._label} ", "muted"),
                (filled, "warn" if self._remark else "bar"),
                (rest, "rail"),
                (f" {words}".ljust(18), "warn" if self._remark else ""),
                (f"  {self._keys}", "key"),
            )
        ]

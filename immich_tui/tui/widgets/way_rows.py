"""Which downloader has what, and one that is away: a row for each, where there is more than one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from immich_tui.execution.transfer.wanted import State
from immich_tui.tui.figures import count, size
from immich_tui.tui.text import fit, pad, safe
from immich_tui.tui.widgets.lines import Lines, Row

if TYPE_CHECKING:
    from immich_tui.execution.transfer.dispatcher import WaySnapshot

_WORDS = (
    (State.PENDING, "waiting"),
    (State.DOWNLOADING, "under way"),
    (State.COMPLETED, "done"),
    (State.DOWNLOADER_ERROR, "unknown"),
    (State.NO_DOWNLOADER, "without a downloader"),
    (State.FAILED, "failed"),
    (State.CANCELLED, "cancelled"),
)
_NAME = 7


class WayRows(Lines):
    """Name, what it has, and the bytes it brought; away in words and by its sign."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._ways: tuple[WaySnapshot, ...] = ()

    def show(self, ways: Sequence[WaySnapshot]) -> None:
        """Show the downloaders as they are now; nothing where this machine fetches everything itself."""
        self._ways = tuple(ways) if len(ways) > 1 or any(way.away for way in ways) else ()
        self.display = bool(self._ways)
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """One row per downloader, one more for the reason of each that is away."""
        rows: list[Row] = []
        for way in self._ways:
            sign, style = ("✗", "bad") if way.away else ("○", "warn") if not way.name else ("●", "title")
            has = [f"{count(way.files[state])} {words}" for state, words in _WORDS if way.files.get(state)]
            text = ", ".join(has) or "nothing to do"
            if way.bytes:
                text += f" · {size(way.bytes)}"
            name = pad(way.name or "nobody", _NAME)
            rows.append(
                (("   ", ""), (f"{sign} ", style), (f"{name} ", "strong"), (fit(text, width - 14), ""))
            )
            if way.away:
                rows.append((("     ", ""), (fit(f"away: {safe(way.away)}", max(8, width - 5)), "warn")))
        return rows

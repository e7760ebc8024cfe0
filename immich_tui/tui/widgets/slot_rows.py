"""What each worker does right now: one row per slot of the pool."""

from __future__ import annotations

from collections.abc import Sequence

from immich_tui.jobs.pool import SlotSnapshot, SlotState
from immich_tui.tui.figures import bar, size
from immich_tui.tui.text import fit, pad, safe
from immich_tui.tui.widgets.lines import Lines, Row

_LOOK = {
    SlotState.IDLE: ("○", "muted"),
    SlotState.PERMIT: ("◌", "warn"),
    SlotState.RATE: ("◌", "warn"),
    SlotState.RETRY: ("◌", "warn"),
    SlotState.WORKING: ("●", "title"),
}

_WAITING = max(len(state.value) for state in SlotState)
"""Cells of what a worker waits for, so that what it waits with stands in one column."""


class SlotRows(Lines):
    """Number, state, and for a download its bar."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._slots: tuple[SlotSnapshot, ...] = ()
        self._paused = False

    def show(self, slots: Sequence[SlotSnapshot], *, paused: bool = False) -> None:
        """Show the slots as they are now; `paused` is why those that wait do so."""
        self._slots, self._paused = tuple(slots), paused
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """One row per slot."""
        return [self._row(slot, width) for slot in self._slots] or [(("no workers yet", "muted"),)]

    def _row(self, slot: SlotSnapshot, width: int) -> Row:
        state = "paused" if self._paused else slot.state.value.ljust(_WAITING)
        sign, style = _LOOK[slot.state]
        head = (f"{slot.number:>2} ", "muted"), (f"{sign} ", style)
        if slot.state is SlotState.IDLE:
            return (*head, ("idle", "muted"))
        words = safe(slot.label)
        if slot.state is not SlotState.WORKING:
            return (*head, (f"{state}  ", "warn"), (fit(words, width - 8 - len(state)), "muted"))
        if not slot.total:
            return (*head, (fit(words, max(8, width - 6)), ""))
        share = slot.done / slot.total
        room = 12 if width >= 60 else 6
        filled, rest = bar(share, room)
        figures = f" {share:4.0%} of {size(slot.total)}"
        cells = max(8, width - 6 - room - 20)
        label = pad(fit(words, cells), cells)
        return (*head, (f"{label} ", ""), (filled, "bar"), (rest, "rail"), (figures, ""))

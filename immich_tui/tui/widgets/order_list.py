"""The files that a run has asked for and that are not here yet, and the way each is to come by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from immich_tui.execution.transfer.wanted import State
from immich_tui.tui.figures import size
from immich_tui.tui.ink import Part
from immich_tui.tui.text import elide, fit, pad, safe, width
from immich_tui.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from immich_tui.execution.transfer.dispatcher import Item

_SHOWN: dict[State, tuple[str, str, str]] = {
    State.DOWNLOADING: ("▶", "title", "under way"),
    State.DOWNLOADER_ERROR: ("?", "warn", "its downloader is away"),
    State.NO_DOWNLOADER: ("○", "warn", "waits for a downloader"),
    State.PENDING: ("·", "muted", "waits for its turn"),
    State.FAILED: ("✗", "block", "failed"),
    State.CANCELLED: ("-", "warn", "cancelled"),
}
"""What is not here yet, in the order of the list: sign, how it is meant, words."""

_ARRIVED = ("✓", "better", "is here")
"""How a file that arrived since the list was made stands there until the list is made anew."""

_PLACES = {state: place for place, state in enumerate(_SHOWN)}

CAN_BE_CANCELLED = frozenset(_SHOWN) - {State.FAILED, State.CANCELLED}
"""States in which a file may be given up."""


class OrderList(VirtualList):
    """Two lines for each file: its name and size; below, who has it, how it stands, and why."""

    ITEM_HEIGHT: ClassVar[int] = 2
    BINDING_GROUP_TITLE = "Files"

    def __init__(self) -> None:
        super().__init__()
        self._items: Sequence[Item] = ()

    def show(self, items: Sequence[Item]) -> None:
        """Show these as they are now; the cursor stays on its file for as long as that is in the list."""
        here = self.under_cursor
        left = [item for item in items if item.state in _SHOWN]
        left.sort(key=lambda item: _PLACES[item.state])
        self._items = left
        at = self.cursor
        if here is not None:
            places = (place for place, item in enumerate(left) if item.order.key == here.order.key)
            at = next(places, at)
        if len(left) != self.count or at != self.cursor:
            self.set_count(len(left), at)
        else:
            self.refresh_items()

    @property
    def under_cursor(self) -> Item | None:
        """The file under the cursor."""
        return self._items[self.cursor] if self._items else None

    def item(self, index: int, width_: int, current: bool) -> Sequence[Sequence[Part]]:
        """Name and size; way, state and reason."""
        item = self._items[index]
        sign, meaning, words = _SHOWN.get(item.state, _ARRIVED)
        weight = size(item.order.expected.size) if item.order.expected.size is not None else ""
        if item.state is State.DOWNLOADING and weight:
            weight = f"{size(item.bytes)} of {weight}"
        room = max(8, width_ - 5 - width(weight))
        edge: Part = ("▌" if current else " ", "bar")
        reasons = [*item.tried.values(), item.reason] if item.state is not State.CANCELLED else []
        reason = " ".join(dict.fromkeys(reasons)).strip()
        told = " · ".join(part for part in (item.downloader, words, safe(reason)) if part)
        return (
            [
                edge,
                (f"{sign} ", meaning),
                (pad(elide(safe(item.order.name), room), room), "strong" if current else ""),
                (fit(f" {weight}", max(0, width_ - 3 - room)), "muted"),
            ],
            [edge, ("  ", ""), (fit(told, max(0, width_ - 3)), "muted")],
        )

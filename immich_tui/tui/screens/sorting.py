"""Asks in which order the groups shall stand."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from immich_tui.review.order import DIRECTIONS, Order, Sorting
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.pick import Pick, PickDialog, PickList


class SortDialog(PickDialog[Order, Order]):
    """All orders, each in the direction that it would have."""

    TITLE_WORDS = "Sort the groups by"
    YES = "Sort"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,left,right,r", "turn", "Turn round", id="sort.turn", tooltip="The other direction"),
    ]

    def __init__(self, present: Order) -> None:
        """`present` is the order that holds now."""
        orders = [present if sorting is present.sorting else Order(sorting) for sorting in Sorting]
        super().__init__([_pick(order) for order in orders], list(Sorting).index(present.sorting))

    def about(self, pick: Pick[Order]) -> list[tuple[str, str]]:
        """How to turn it round."""
        turn = key_of(self.app, "sort.turn")
        return [(f"{turn} turns the direction round. The cursor stays on its group.", "muted")]

    def action_turn(self) -> None:
        """Turn the direction of the highlighted order round."""
        listed = self.query_one(PickList)
        order = self.picked.value
        self.picks[listed.cursor] = _pick(Order(order.sorting, not order.turned))
        listed.show(self.picks, listed.cursor)

    def answer(self, pick: Pick[Order]) -> Order:
        """The order."""
        return pick.value


def _pick(order: Order) -> Pick[Order]:
    return Pick(order, order.sorting.value, DIRECTIONS[order.sorting][order.turned])

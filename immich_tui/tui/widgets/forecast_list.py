"""The groups that an undo would take back, each of which may be left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from immich_tui.tui.figures import counted
from immich_tui.tui.ink import Part
from immich_tui.tui.telling import values_in
from immich_tui.tui.text import elide, fit, pad, safe, width
from immich_tui.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from immich_tui.execution.undo.report import GroupForecast


class ForecastList(VirtualList):
    """One line for each group: whether it is chosen, its kept photo, and what comes back."""

    BINDING_GROUP_TITLE = "Groups"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._all: Sequence[GroupForecast] = ()
        self._groups: Sequence[GroupForecast] = ()
        self.chosen: set[str] = set()

    def show(self, groups: Sequence[GroupForecast]) -> None:
        """Show these, all of them chosen."""
        self._all = self._groups = groups
        self.chosen = {group.group_id for group in groups}
        self.set_count(len(groups))

    @property
    def group(self) -> GroupForecast | None:
        """The group under the cursor."""
        return self._groups[self.cursor] if self._groups else None

    @property
    def chosen_groups(self) -> list[GroupForecast]:
        """Those that are chosen, in order, listed or not."""
        return [group for group in self._all if group.group_id in self.chosen]

    @property
    def groups(self) -> int:
        """How many groups there are, listed or not."""
        return len(self._all)

    def narrow(self, text: str) -> None:
        """List only groups in whose names all of these words are, in any case; what is chosen stays."""
        here = self.group
        words = text.casefold().split()
        self._groups = [group for group in self._all if all(word in _names(group) for word in words)]
        places = [place for place, group in enumerate(self._groups) if group is here]
        self.set_count(len(self._groups), places[0] if places else 0)

    def turn(self) -> None:
        """Choose the group under the cursor, or leave it out."""
        if self.group is not None:
            self.chosen ^= {self.group.group_id}
            self.refresh_item(self.cursor)

    def turn_all(self) -> None:
        """Choose all that are listed, or none of them if all are chosen."""
        listed = {group.group_id for group in self._groups}
        self.chosen = self.chosen - listed if listed <= self.chosen else self.chosen | listed
        self.refresh_items()

    def item(self, index: int, width_: int, current: bool) -> Sequence[Sequence[Part]]:
        """The line."""
        group = self._groups[index]
        chosen = group.group_id in self.chosen
        words = _back(group)
        stuck = f"  ! {len(group.stuck)} cannot be" if group.stuck else ""
        room = max(10, width_ - 6 - width(words) - width(stuck))
        return [
            [
                ("▌" if current else " ", "bar"),
                ("[x] " if chosen else "[ ] ", "key" if chosen else "muted"),
                (
                    pad(elide(safe(group.title), room - 1), room),
                    "strong" if current else "" if chosen else "muted",
                ),
                (fit(words, max(0, width_ - 6 - room)), "muted"),
                (stuck, "warn"),
            ]
        ]


def _back(group: GroupForecast) -> str:
    parts = []
    if group.restore:
        parts.append(counted(len(group.restore), "photo"))
    if values := values_in(group.revert):
        parts.append(counted(len(values), "field"))
    return ", ".join(parts) or "together again"


def _names(group: GroupForecast) -> str:
    return " ".join((group.title, *group.restore)).casefold()

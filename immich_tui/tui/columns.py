"""Where the members of a group stand beside each other, the same for pictures and for rows of facts."""

from __future__ import annotations

from dataclasses import dataclass

NARROWEST = 20
"""Cells of a column: a date with its time, and a space."""
MOST = 4
ROOMY = 40
"""More than `MOST` members stand side by side only where each of them gets so many cells."""
GROUPED_GUTTER = 23
"""Cells for the name of a group of facts, the mark of a difference and the label of a fact."""
PLAIN_GUTTER = 15
"""The same without the groups' names; they get lines of their own."""


@dataclass(frozen=True, slots=True)
class Columns:
    """`shown` are the members on screen, the pinned winner first when not all fit.

    `gutter` and `width` are in cells. `before` and `after` count the members that are scrolled away.
    """

    gutter: int
    width: int
    shown: tuple[int, ...]
    before: int = 0
    after: int = 0

    @property
    def grouped(self) -> bool:
        """Whether the gutter has room for the names of groups."""
        return self.gutter >= GROUPED_GUTTER

    @property
    def text(self) -> int:
        """Cells for text in a column; the rest keeps it apart from the next one."""
        return max(1, self.width - (2 if self.width > NARROWEST + 1 else 1))

    def member_at(self, x: int) -> int | None:
        """The member whose column is at this cell."""
        place = (x - self.gutter) // self.width if x >= self.gutter else -1
        return self.shown[place] if 0 <= place < len(self.shown) else None


NO_COLUMNS = Columns(PLAIN_GUTTER, NARROWEST, ())


def columns(cells: int, members: int, winner: int, focused: int, last: Columns = NO_COLUMNS) -> Columns:
    """Lay out a group of `members` in `cells`.

    With room for all, all are shown in their order. Otherwise the winner stays at the left and the others are
    a window that moves as little as needed to show the focused one; with room for one, that is the focused.
    """
    most = max(MOST, (cells - GROUPED_GUTTER) // ROOMY)
    fit = max(1, min(most, members, (cells - PLAIN_GUTTER) // NARROWEST))
    gutter = GROUPED_GUTTER if (cells - GROUPED_GUTTER) // fit >= NARROWEST else PLAIN_GUTTER
    width = max(1, (cells - gutter) // fit)
    if fit >= members:
        return Columns(gutter, width, tuple(range(members)))
    if fit == 1:
        return Columns(gutter, width, (focused,), focused, members - focused - 1)
    others = [member for member in range(members) if member != winner]
    room = fit - 1
    start = last.before if len(last.shown) == fit else 0
    if focused != winner:
        place = others.index(focused)
        start = min(max(start, place - room + 1), place)
    start = min(max(0, start), len(others) - room)
    window = others[start : start + room]
    return Columns(gutter, width, (winner, *window), start, len(others) - start - room)

"""The list of flagged groups: two lines for each, under headings that sort it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.message import Message
from textual.strip import Strip

from immich_tui.review.rows import Row
from immich_tui.tui import figures, marks
from immich_tui.tui.flagged import DECIDED_BY, DECISION, FREES, GROUP, SEVERITY
from immich_tui.tui.ink import Inked, Part, strip
from immich_tui.tui.text import elide, fit, pad, safe, width
from immich_tui.tui.widgets.virtual_list import VirtualList
from immich_tui.verdict.phrases import flag_name

EDGE, GLYPH, DECIDED, BY, FREED = 1, 2, 13, 15, 10
"""Cells of the columns but the group's, which takes what is left."""
BAR = 1
"""Cells of the list's scroll bar."""


def _group_width(across: int) -> int:
    return max(8, across - EDGE - GLYPH - DECIDED - BY - FREED)


class FlagHeader(Inked):
    """Names the columns; a click sorts by one."""

    DEFAULT_CSS = "FlagHeader { height: 1; }"

    @dataclass
    class Pressed(Message):
        """A heading was clicked."""

        order: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, markup=False)
        self._order, self._reverse = "", False

    def show(self, order: str, *, reverse: bool) -> None:
        """Mark the column that the list is sorted by."""
        self._order, self._reverse = order, reverse
        self.refresh()

    def _cells(self, across: int) -> tuple[tuple[str, str, int], ...]:
        return (
            (SEVERITY, "!", EDGE + GLYPH),
            (GROUP, "Group", _group_width(across)),
            (DECISION, "Decision", DECIDED),
            (DECIDED_BY, "Decided by", BY),
            (FREES, "Frees", FREED),
        )

    def render_line(self, y: int) -> Strip:
        """Paint the headings; the one that the list is sorted by has an arrow."""
        across = self.size.width - BAR
        parts: list[Part] = []
        for order, words, room in self._cells(across):
            here = order == self._order
            arrow = (" ▴" if self._reverse else " ▾") if here else ""
            lead = " " if order == SEVERITY else ""
            text = f"{lead}{words}{arrow}" if room > len(words) + 2 else f"{lead}{arrow.strip() or words}"
            parts.append((pad(fit(text, room), room), "title" if here else "muted"))
        return strip(self, parts, self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Sort by what was clicked."""
        used = 0
        for order, _, room in self._cells(self.size.width - BAR):
            used += room
            if event.x < used:
                self.post_message(self.Pressed(order))
                return


class FlagList(VirtualList):
    """Severity, name, decision, who decided and what it frees; below that the note and the values."""

    ITEM_HEIGHT: ClassVar[int] = 2
    BINDING_GROUP_TITLE = "List"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._values: dict[str, str] = {}

    class Scrolled(Message):
        """Other rows came into sight."""

    def show(self, rows: Sequence[Row], cursor: int) -> None:
        """Show these rows."""
        self._rows = rows
        self.set_count(len(rows), cursor)

    def watch_scroll_y(self, before: float, now: float) -> None:
        """Tell what came into sight."""
        super().watch_scroll_y(before, now)
        self.post_message(self.Scrolled())

    def on_resize(self) -> None:
        """Tell that there may be room for more rows."""
        self.post_message(self.Scrolled())

    def tell(self, group_id: str, values: str) -> None:
        """Show the values of a group's flags, which take reading the group."""
        if self._values.get(group_id) == values:
            return
        self._values[group_id] = values
        for place in self.in_sight():
            if self._rows[place].group_id == group_id:
                self.refresh_item(place)

    def untold(self) -> list[str]:
        """Ids of the groups in sight whose values are not known yet."""
        rows = [self._rows[place] for place in self.in_sight()]
        told = self._values
        return [row.group_id for row in rows if (row.flags or row.overridden) and row.group_id not in told]

    def forget(self) -> None:
        """Decisions have changed, and with them what there is to tell."""
        self._values.clear()

    def in_sight(self) -> range:
        """Places of the rows on screen."""
        top = self.scroll_offset.y // self.ITEM_HEIGHT
        down = -(-self.size.height // self.ITEM_HEIGHT) + 1
        return range(top, min(len(self._rows), top + down))

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    def item(self, index: int, width_: int, current: bool) -> Sequence[Sequence[Part]]:
        """The columns, then the note and what the flags say."""
        row = self._rows[index]
        glyph, meaning = marks.severity(row.worst) if row.worst is not None else (" ", "")
        room = _group_width(width_)
        edge: Part = ("▌" if current else " ", "bar")
        decision, by = marks.decided(row), marks.decided_by(row)
        first: list[Part] = [
            edge,
            (f"{glyph} ", meaning),
            (pad(elide(safe(row.title), room - 1), room), "strong" if current else ""),
            marks.status(row),
            (f" {pad(fit(decision, DECIDED - 3), DECIDED - 2)}", ""),
            (pad(fit(by, BY - 1), BY), "key" if row.overridden else "muted"),
            (figures.size(row.saving) if row.saving else "nothing", "muted"),
        ]
        second: list[Part] = [edge, ("  ", "")]
        return first, second + self._below(row, width_ - EDGE - GLYPH)

    def _below(self, row: Row, room: int) -> list[Part]:
        values = self._values.get(row.group_id) or ", ".join(flag_name(flag) for flag in row.flags)
        if not row.flagged:
            return [(fit(values, room), "muted")]
        note = safe(row.note) or "flagged by you"
        sign = f"{marks.FLAGGED} "
        left = room - width(sign)
        if width(note) + 3 + min(width(values), 20) > left:
            return [(sign, "key"), (fit(note, left), "")]
        gap = "   " if values else ""
        return [(sign, "key"), (note, ""), (gap + fit(values, left - width(note) - 3), "muted")]

"""The facts of a group's members, row by row, with what differs and what decided marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from immich_tui.tui import marks
from immich_tui.tui.columns import NO_COLUMNS, Columns
from immich_tui.tui.facts import UNREAD, Cell, Fact
from immich_tui.tui.ink import Part, ink, strip
from immich_tui.tui.text import elide, pad, width
from immich_tui.tui.widgets.line_view import LineView

NONE = "— none"
DECIDES = "◂ decides"


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of facts, or a heading or notice without one."""

    fact: Fact | None
    heading: str = ""


class Comparison(LineView):
    """One line per fact; scrolls when they do not fit. Switching groups makes no widgets."""

    BINDING_GROUP_TITLE = "Comparison"

    @dataclass
    class Pressed(Message):
        """A member's column was clicked."""

        member: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._facts: Sequence[Fact] = ()
        self._lines: list[_Line] = []
        self._columns = NO_COLUMNS
        self._focused = 0
        self._winner = 0
        self._all = False

    def show(self, facts: Sequence[Fact], layout: Columns, focused: int, winner: int, *, every: bool) -> None:
        """Show facts of the members in `layout`; with `every` also those that are equal."""
        other = facts is not self._facts or every != self._all
        self._facts, self._columns, self._all = facts, layout, every
        self._focused, self._winner = focused, winner
        self._lines = self._laid_out()
        self.set_lines(len(self._lines), from_top=other)

    def clear(self) -> None:
        """Show nothing."""
        self.show((), NO_COLUMNS, 0, 0, every=self._all)

    def _laid_out(self) -> list[_Line]:
        shown = [fact for fact in self._facts if self._all or (fact.differs and not fact.private)]
        lines: list[_Line] = []
        group = ""
        for fact in shown:
            first = fact.group != group
            if first and self._all and not self._columns.grouped:
                lines.append(_Line(None, fact.group))
            lines.append(_Line(fact, fact.group if first else ""))
            group = fact.group
        equal = len(self._facts) - len(shown)
        if self._facts and not self._all:
            words = "Nothing differs" if not shown else f"{equal} equal rows hidden"
            lines.append(_Line(None, f"{words} · D shows all rows"))
        return lines

    # -- painting

    def render_line(self, y: int) -> Strip:
        """Paint one row: group and label in the gutter, a value per member."""
        across = self.scrollable_content_region.width
        number = y + self.scroll_offset.y
        if number >= len(self._lines):
            return Strip.blank(across, ink(self, ""))
        line = self._lines[number]
        if line.fact is None:
            return strip(self, [("  ", ""), (line.heading, "faint")], across)
        parts = self._label(line.fact, line.heading)
        for member in self._columns.shown:
            parts += self._value(line.fact, member)
        return strip(self, parts, across)

    def _label(self, fact: Fact, heading: str) -> list[Part]:
        gutter = self._columns.gutter
        mark: Part = (f"{marks.DIFFERS} ", "differs") if fact.differs and not fact.private else ("  ", "")
        label: Part = (fact.label, "" if fact.differs and not fact.private else "muted")
        parts = [mark, label]
        if self._columns.grouped:
            parts = [(pad(heading, 9), "faint"), *parts]
        used = sum(width(text) for text, _ in parts)
        return [*parts, (" " * max(1, gutter - used), "")]

    def _value(self, fact: Fact, member: int) -> list[Part]:
        cell = fact.cells[member]
        room = self._columns.width - 2
        decides = fact.decides == member
        tail = self._tail(fact, cell, decides, room)
        meaning = self._meaning(fact, member, decides)
        text = elide(cell.text or NONE, room - width(tail))
        used = width(text) + width(tail)
        return [
            (text, meaning),
            (tail, "better" if decides else "muted"),
            (" " * (self._columns.width - used), ""),
        ]

    def _tail(self, fact: Fact, cell: Cell, decides: bool, room: int) -> str:
        """What stands behind a value: that it decided, its points, or why it does not count."""
        if decides:
            return f" {DECIDES}" if room >= width(cell.text) + width(DECIDES) + 1 else " ◂"
        if cell.doubt:
            doubt = f" ? {cell.doubt}"
            return doubt if room >= width(cell.text) + width(doubt) else " ?"
        if cell.gain and fact.differs and any(other.gain != cell.gain for other in fact.cells):
            gain = f" +{cell.gain:g}"
            return gain if room >= width(cell.text) + width(gain) else ""
        return ""

    def _meaning(self, fact: Fact, member: int, decides: bool) -> str:
        cell = fact.cells[member]
        if decides:
            return "better"
        if fact.private or not fact.differs or cell.text == UNREAD:
            return "muted"
        if not cell.text or cell.doubt:
            return "missing"
        if member == self._winner:
            return "strong"
        return "muted" if cell.text == fact.cells[self._winner].text else ""

    # -- the mouse

    def on_click(self, event: events.Click) -> None:
        """Go to the member whose column was clicked."""
        offset = event.get_content_offset(self)
        member = self._columns.member_at(offset.x) if offset is not None else None
        if member is not None:
            self.post_message(self.Pressed(member))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show the whole value under the mouse where it was cut."""
        whole = self.full_text(event.x, event.y)
        cut = width(whole) > self._columns.width - 2
        if str(self.tooltip or "") != (whole if cut else ""):
            self.tooltip = Content(whole) if cut else None

    def full_text(self, x: int, y: int) -> str:
        """The whole value at a place of the pane, for the tooltip of one that was cut."""
        number = y + self.scroll_offset.y
        member = self._columns.member_at(x)
        if member is None or number >= len(self._lines) or (fact := self._lines[number].fact) is None:
            return ""
        cell = fact.cells[member]
        return f"{cell.text} ({cell.doubt})" if cell.doubt else cell.text

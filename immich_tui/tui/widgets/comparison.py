"""The facts of a group's members, row by row, with what differs and what decided marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message

from immich_tui.tui import marks
from immich_tui.tui.columns import NO_COLUMNS, Columns
from immich_tui.tui.facts import UNREAD, Fact, weightiest_first
from immich_tui.tui.ink import Part
from immich_tui.tui.keys import key_of
from immich_tui.tui.text import elide, pad, told_apart, width
from immich_tui.tui.widgets.line_view import LineView

NONE = "— none"
DECIDES = "◂ decides"
SIGN = " ◂"
WINNER, IMMICHS, OTHER = "  winner ", "  Immich ", "  other "
LEAST = 8
"""Cells of another member's value below which it is not shown beside that of the only member on screen."""


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

    @dataclass
    class Turned(Message):
        """The wheel was turned sideways over the members, by so many."""

        by: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._facts: Sequence[Fact] = ()
        self._lines: list[_Line] = []
        self._group_id = ""
        self._columns = NO_COLUMNS
        self._focused = 0
        self._winner = 0
        self._all = False
        self._compact = False
        self._rival: tuple[int, str] | None = None

    def show(
        self,
        group_id: str,
        facts: Sequence[Fact],
        layout: Columns,
        focused: int,
        winner: int,
        *,
        every: bool,
        compact: bool = False,
        immich_pick: int | None = None,
    ) -> None:
        """Show facts of a group's members in `layout`; with `every` also those that are equal.

        What comes later about the same group leaves the pane scrolled to where it is.

        `compact` is for few lines: without headings, and what matters stands first. Where only the winner has
        room, its values stand beside those of `immich_pick`, or of the other one of two.
        """
        other = group_id != self._group_id or every != self._all or compact != self._compact
        self._group_id, self._facts, self._columns = group_id, facts, layout
        self._all, self._compact = every, compact
        self._focused, self._winner = focused, winner
        self._rival = self._rival_of(winner, immich_pick)
        self._lines = self._laid_out()
        self.set_lines(len(self._lines), from_top=other)

    def _rival_of(self, winner: int, immich_pick: int | None) -> tuple[int, str] | None:
        """The member that the winner is compared with where only one has room, and how it is called."""
        if immich_pick is not None and immich_pick != winner:
            return immich_pick, IMMICHS
        members = len(self._facts[0].cells) if self._facts else 0
        return (1 - winner, OTHER) if members == 2 else None

    def clear(self) -> None:
        """Show nothing."""
        self.show("", (), NO_COLUMNS, 0, 0, every=self._all)

    def _laid_out(self) -> list[_Line]:
        shown = [fact for fact in self._facts if self._all or (fact.differs and not fact.private)]
        if self._compact and not self._all:
            shown = weightiest_first(shown)
        lines: list[_Line] = []
        group = ""
        for fact in shown:
            first = fact.group != group
            if first and not self._columns.grouped and not self._compact:
                lines.append(_Line(None, fact.group))
            lines.append(_Line(fact, fact.group if first else ""))
            group = fact.group
        equal = len(self._facts) - len(shown)
        if self._facts and not self._all:
            words = "Nothing differs" if not shown else f"{equal} equal rows hidden"
            lines.append(_Line(None, f"{words} · {key_of(self.app, 'review.rows')} shows all rows"))
        return lines

    # -- painting

    def parts(self, y: int) -> Sequence[Part]:
        """One row: group and label in the gutter, a value per member."""
        number = y + self.top
        if number >= len(self._lines):
            return ()
        line = self._lines[number]
        if line.fact is None:
            brief = width(line.heading) > self.size.width - 3
            return [
                ("  ", ""),
                (line.heading.replace(" rows hidden", "") if brief else line.heading, "muted"),
            ]
        parts = self._label(line.fact, line.heading if y else line.fact.group)
        for member, text in self._texts(line.fact).items():
            parts += self._value(line.fact, member, text)
        return parts

    def _texts(self, fact: Fact) -> dict[int, str]:
        """The members' values as far as there is room, so that different ones look different."""
        shown = self._columns.shown
        whole = [self._said(fact, member) for member in shown]
        room = [self._columns.text - width(self._tail(fact, member)) for member in shown]
        if fact.label == "taken" and any(map(_is_too_wide, whole, room)):
            # The offset has a row of its own; cut in its middle, a time would lose its day.
            whole = [_without_offset(text) for text in whole]
        cut = [elide(text or NONE, cells) for text, cells in zip(whole, room, strict=True)]
        if len(set(cut)) < len(set(whole)):
            cut = [text or NONE for text in told_apart(whole, min(room))]
        return dict(zip(shown, cut, strict=True))

    def _said(self, fact: Fact, member: int) -> str:
        """A member's value, in brief where another one's stands beside it."""
        cell = fact.cells[member]
        return cell.brief if cell.brief and self._beside(fact, member) is not None else cell.text

    def _label(self, fact: Fact, heading: str) -> list[Part]:
        gutter = self._columns.gutter
        mark: Part = (f"{marks.DIFFERS} ", "differs") if fact.differs and not fact.private else ("  ", "")
        label: Part = (fact.label, "" if fact.differs and not fact.private else "muted")
        parts = [mark, label]
        if self._columns.grouped:
            parts = [(pad(heading, 9), "muted"), *parts]
        used = sum(width(text) for text, _ in parts)
        return [*parts, (" " * max(1, gutter - used), "")]

    def _value(self, fact: Fact, member: int, text: str) -> list[Part]:
        decides = fact.decides == member
        tail = self._tail(fact, member)
        used = width(text) + width(tail)
        parts = [(text, self._meaning(fact, member, decides)), (tail, "better" if decides else "muted")]
        room = self._columns.width - used
        if (beside := self._beside(fact, member)) is not None:
            other, name = beside
            theirs = fact.cells[other].brief or fact.cells[other].text or NONE
            if room >= len(name) + min(width(theirs), LEAST):
                theirs = elide(theirs, room - len(name))
                parts += [(name, "muted"), (theirs, self._meaning(fact, other, fact.decides == other))]
                room -= len(name) + width(theirs)
        return [*parts, (" " * room, "")]

    def _beside(self, fact: Fact, member: int) -> tuple[int, str] | None:
        """Whose value stands beside that of the only member that has room, and how that one is called."""
        if len(self._columns.shown) != 1 or not fact.differs or fact.private:
            return None
        return self._rival if member == self._winner else (self._winner, WINNER)

    def _tail(self, fact: Fact, member: int) -> str:
        """What stands behind a value: that it decided, why it does not count, or the points it earns."""
        cell = fact.cells[member]
        room = self._columns.text - width(self._said(fact, member))
        if (beside := self._beside(fact, member)) is not None:
            other, name = beside
            theirs = fact.cells[other].brief or fact.cells[other].text or NONE
            shared = room - len(name) - min(width(theirs), LEAST)
            # Where the other value has no room in any case, all of it is for the tail.
            room = shared if shared >= width(SIGN) else room
        if fact.decides == member:
            words, sign = f" {DECIDES}", SIGN
        elif cell.doubt:
            words, sign = f" ? {cell.doubt}", " ?"
        elif cell.gain:
            words, sign = f" +{cell.gain:g}", ""
        else:
            return ""
        return words if room >= width(words) else sign

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

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Go to the next member."""
        event.stop()
        self.post_message(self.Turned(1))

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Go to the member before."""
        event.stop()
        self.post_message(self.Turned(-1))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show the whole value under the mouse where it was cut."""
        found = self.value_at(event.x, event.y)
        whole, cut = found if found is not None else ("", False)
        wanted = whole if cut else ""
        if str(self.tooltip or "") != wanted:
            self.tooltip = Content(wanted) if wanted else None

    def value_at(self, x: int, y: int) -> tuple[str, bool] | None:
        """The whole value at a place of the pane, and whether a part of it is not on screen."""
        number = y + self.scroll_offset.y
        member = self._columns.member_at(x)
        if member is None or number >= len(self._lines) or (fact := self._lines[number].fact) is None:
            return None
        cell = fact.cells[member]
        whole = f"{cell.text} ({cell.doubt})" if cell.doubt else cell.text
        unsaid = bool(cell.doubt) and cell.doubt not in self._tail(fact, member)
        return whole, unsaid or self._texts(fact)[member] != (cell.text or NONE)


def _is_too_wide(text: str, cells: int) -> bool:
    return width(text) > cells


def _without_offset(text: str) -> str:
    """A time as day and clock alone."""
    return " ".join(text.split(" ")[:2])

"""The members of a group as cards beside each other: badges, name and picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from immich_tui.review.decisions import DecisionKind
from immich_tui.tui import figures, marks
from immich_tui.tui.badges import badge_meaning, badges, fate, spaced
from immich_tui.tui.columns import NO_COLUMNS, Columns
from immich_tui.tui.drawing import Box, Drawing
from immich_tui.tui.ink import Part, filled, ink, repaint, segments, strip
from immich_tui.tui.shown import hand_over, picture_line
from immich_tui.tui.text import fit, safe, told_apart, width
from immich_tui.tui.widgets.line_painter import LinePainter
from immich_tui.verdict.phrases import flag_name

if TYPE_CHECKING:
    from immich_tui.review.session import Look, Row
    from immich_tui.verdict.model import Flag

HEAD = 3
"""Lines above the pictures."""
ROOMY = 12
"""Lines of the pane from which on the reasons below have room for what speaks against a group."""
ELSEWHERE = 4
"""Cells for the number of tabs that are out of sight at one side."""

Tab = tuple[int | None, str, str]
"""A member (`None` for what is not one), its text and its ink."""


class Cards(LinePainter):
    """Shows a group's members where `Columns` puts them. Switching groups makes no widgets."""

    DEFAULT_CSS = "Cards { height: 14; }"

    @dataclass
    class Pressed(Message):
        """A member was clicked: its KEEP or TRASH (`on_fate`), its number (`on_number`), or elsewhere."""

        member: int
        on_fate: bool = False
        on_number: bool = False

    @dataclass
    class Turned(Message):
        """The wheel was turned over the members, by so many."""

        by: int

    class Resized(Message):
        """There is another amount of room."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, markup=False)
        self._look: Look | None = None
        self._row: Row | None = None
        self._place = ""
        self._columns = NO_COLUMNS
        self._focused = 0
        self._drawings: dict[int, Drawing] = {}
        self._said: list[list[Part]] = []
        self._active = True

    def on_mount(self) -> None:
        """Notice dialogs: sharp pictures are not shown under them."""
        self.app.screen_change_signal.subscribe(self, lambda _: repaint(self))

    def show(self, look: Look, row: Row, place: str, layout: Columns, focused: int) -> None:
        """Show a group; pictures of another group go, those of the same one stay where there is room."""
        pictures, height = bool(self._drawings), self.size.height
        if self._look is None or look.group.id != self._look.group.id or self.box(layout) is None:
            self._drawings = {}
        self._look, self._row, self._place = look, row, place
        self._columns, self._focused = layout, focused
        said = len(self._said)
        self._said = self._aside(look, row)
        changed = height if pictures else max(HEAD, said, len(self._said))
        self.refresh(Region(0, 0, self.size.width, min(height, changed)))

    def clear(self) -> None:
        """Show nothing."""
        self._look = self._row = None
        self._drawings = {}
        repaint(self)

    def draw(self, drawings: dict[int, Drawing]) -> None:
        """Show pictures of members of the group on screen, if there is room for them by now."""
        if self.box() is None:
            return
        self._drawings |= drawings
        hand_over(self, drawings.values())
        layout, down = self._columns, self.size.height - HEAD
        for place, member in enumerate(layout.shown):
            if member in drawings:
                self.refresh(Region(layout.gutter + place * layout.width, HEAD, layout.width, down))

    def box(self, layout: Columns | None = None) -> Box | None:
        """The room for one picture in cells, `None` when pictures would be too small to tell anything."""
        across, down = (layout or self._columns).width - 2, self.size.height - HEAD
        return (across, down) if across >= 8 and down >= 4 else None

    def on_resize(self) -> None:
        """Tell who lays out the columns."""
        self.post_message(self.Resized())

    # -- painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the lines in sight; under a dialog they look different."""
        active = self.screen.is_active
        if active != self._active:
            self._active, self._lines_kept = active, None
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Paint the gutter and one line of each card."""
        look = self._look
        if look is None:
            return Strip.blank(self.size.width, ink(self, ""))
        if self._single and y == 0:
            tabs = [(text, meaning) for _, text, meaning in self._tabs()]
            return strip(self, [*self._gutter(0), *tabs], self.size.width)
        if y >= max(HEAD, len(self._said)) and not self._drawings:
            return Strip.blank(self.size.width, ink(self, ""))
        line = segments(self, self._gutter(y))
        for member in self._columns.shown:
            line += self._card_line(look, member, y)
        return filled(line, self.size.width, ink(self, ""))

    @property
    def _single(self) -> bool:
        return len(self._columns.shown) == 1 and self._look is not None and len(self._look.group.assets) > 1

    def _card_line(self, look: Look, member: int, y: int) -> list[Segment]:
        if y >= HEAD:
            return self._picture_line(member, y - HEAD)
        across = self._columns.text
        focused = member == self._focused
        order = (None, "badges", "name") if self._single else ("badges", "name", "rule")
        if order[y] == "badges":
            parts = self._badge_line(look, member)
        elif order[y] == "name":
            parts = [(self._names(look, across)[member], "focus" if focused else "muted")]
        else:
            parts = [("━" * across, "bar") if focused else ("─" * across, "rail")]
        used = sum(width(text) for text, _ in parts)
        return segments(self, [*parts, (" " * (self._columns.width - used), "")])

    def _badge_line(self, look: Look, member: int) -> list[Part]:
        """Number and badges of a member."""
        focused = member == self._focused
        asset = look.group.assets[member]
        number = f"▸{member + 1} " if focused else f" {member + 1} "
        room = self._columns.text - width(number)
        return [
            (number, "key" if focused else "muted"),
            *spaced([fate(look, asset.id), *badges(look, asset)], room),
        ]

    def _names(self, look: Look, across: int) -> dict[int, str]:
        """The file names of the members on screen, cut so that different ones look different."""
        shown = self._columns.shown
        assets = [look.group.assets[member] for member in shown]
        names = [safe(asset.original_file_name) or asset.id for asset in assets]
        return dict(zip(shown, told_apart(names, across), strict=True))

    def _tabs(self) -> list[Tab]:
        """Tabs of the members where only one has room: all, or the winner's and those around the focus."""
        look = self._look
        assert look is not None
        room = self._columns.width - 1
        everyone = range(len(look.group.assets))
        for words in (("keep", "trash"), ("✓", "✗")):
            tabs = [self._tab(look, member, words) for member in everyone]
            if sum(width(text) for _, text, _ in tabs) <= room:
                return tabs
        winner = next(place for place in everyone if look.group.assets[place].id == look.choice.winner)
        first = [] if winner == self._focused else [tabs[winner], (None, "│", "rail")]
        rest = [tab for tab in tabs if not first or tab[0] != winner]
        place = next(place for place, tab in enumerate(rest) if tab[0] == self._focused)
        start = end = place
        used = sum(width(text) for _, text, _ in (*first, rest[place])) + 2 * ELSEWHERE
        while True:
            grown = False
            for side in (end + 1, start - 1):
                if 0 <= side < len(rest) and used + width(rest[side][1]) <= room:
                    used += width(rest[side][1])
                    start, end, grown = min(start, side), max(end, side), True
            if not grown:
                break
        before: Tab = (None, f"‹{start} " if start else "", "muted")
        after: Tab = (None, f"{len(rest) - end - 1}›" if end + 1 < len(rest) else "", "muted")
        seen = [*first, before, *rest[start : end + 1], after]
        if sum(width(text) for _, text, _ in seen) > room:
            seen = [*first, *rest[start : end + 1]]
        return seen

    def _tab(self, look: Look, member: int, words: tuple[str, str]) -> Tab:
        word = words[look.group.assets[member].id not in look.choice.keep]
        here = member == self._focused
        return member, f"{'▸' if here else ' '}{member + 1} {word} ", "key" if here else "muted"

    def _picture_line(self, member: int, line: int) -> list[Segment]:
        across, down = self._columns.width - 2, self.size.height - HEAD
        base = ink(self, "")
        drawing = self._drawings.get(member)
        if drawing is None or not drawing.lines:
            return self._placeholder(drawing.problem if drawing else "", across, down, line)
        if line >= drawing.height:
            return [Segment(" " * self._columns.width, base)]
        left = (across - drawing.width) // 2
        return [
            Segment(" " * left, base),
            *picture_line(self, drawing, line),
            Segment(" " * (self._columns.width - left - drawing.width), base),
        ]

    def _placeholder(self, problem: str, across: int, down: int, line: int) -> list[Segment]:
        base, rail = ink(self, ""), ink(self, "rail")
        if down < 3 or not problem:
            return [Segment(" " * self._columns.width, base)]
        if line in {0, down - 1}:
            corners = "╭╮" if line == 0 else "╰╯"
            text = corners[0] + "╌" * (across - 2) + corners[1]
            return [Segment(text, rail), Segment("  ", base)]
        words = fit(safe(problem), across - 4) if line == down // 2 else ""
        left = (across - 2 - width(words)) // 2
        return [
            Segment("╎" + " " * left, rail),
            Segment(words, ink(self, "muted")),
            Segment(" " * (across - 2 - left - width(words)) + "╎", rail),
            Segment("  ", base),
        ]

    def _gutter(self, y: int) -> list[Part]:
        parts = self._said[y] if y < len(self._said) else []
        room = self._columns.gutter - 1
        cut: list[Part] = []
        for text, meaning in parts:
            shown = fit(text, room)
            room -= width(shown)
            cut.append((shown, meaning))
        return [*cut, (" " * (room + 1), "")]

    def _aside(self, look: Look, row: Row) -> list[list[Part]]:
        """What is said of the group as a whole, beside the pictures."""
        members = len(look.group.assets)
        layout = self._columns
        lines: list[list[Part]] = [
            [(self._place, "title")],
            [(figures.counted(members, _noun(look)), "")],
            [marks.status(row), (f" {marks.decision(row)}", "")],
            [marks.tier(row.tier)],
            [(f"frees {figures.size(row.saving)}" if row.saving else "frees nothing", "muted")],
            [_beside_immich(row)],
        ]
        if (layout.before or layout.after) and not self._single:
            before = f"‹ {layout.before} more" if layout.before else ""
            after = f"{layout.after} more ›" if layout.after else ""
            lines.insert(2, [("  ".join(filter(None, (before, after))), "key")])
        if row.flagged:
            lines.append([(f"{marks.FLAGGED} ", "key"), (safe(row.note) or "flagged", "")])
        if self.size.height < ROOMY:
            # The reasons have little room then, and what speaks against a group must not be out of sight.
            lines += [_objection(flag) for flag in look.verdict.flags]
        return lines

    # -- the mouse

    def on_click(self, event: events.Click) -> None:
        """Go to a member; its KEEP or TRASH turns it over."""
        offset = event.get_content_offset(self)
        look = self._look
        if offset is None or look is None:
            return
        if self._single and offset.y == 0:
            self._press_tab(offset.x - self._columns.gutter)
            return
        member = self._columns.member_at(offset.x)
        if member is None:
            return
        found = self._badge_at(offset.x, offset.y)
        number, fate_ = (found[1] == place for place in (0, 1)) if found is not None else (False, False)
        self.post_message(self.Pressed(member, on_fate=fate_, on_number=number))

    def _badge_at(self, x: int, y: int) -> tuple[str, int] | None:
        """The text on the line of badges at a place, and which of them it is: the number 0, the fate 1."""
        look, member = self._look, self._columns.member_at(x)
        if look is None or member is None or y != (1 if self._single else 0):
            return None
        across = (x - self._columns.gutter) % self._columns.width
        used = place = 0
        for text, _ in self._badge_line(look, member):
            if used <= across < used + width(text):
                return text, place
            used += width(text)
            place += bool(text.strip())
        return None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say what the badge under the mouse means."""
        found = self._badge_at(event.x, event.y)
        wanted = ""
        if found is not None:
            text, place = found
            wanted = badge_meaning(text) if place else "A click keeps this photo and trashes the others."
        if str(self.tooltip or "") != wanted:
            self.tooltip = Content(wanted) if wanted else None

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go to the next member."""
        event.stop()
        self.post_message(self.Turned(1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go to the member before."""
        event.stop()
        self.post_message(self.Turned(-1))

    on_mouse_scroll_right = on_mouse_scroll_down
    on_mouse_scroll_left = on_mouse_scroll_up

    def _press_tab(self, x: int) -> None:
        used = 0
        for member, text, _ in self._tabs():
            used += width(text)
            if 0 <= x < used:
                if member is not None:
                    self.post_message(self.Pressed(member))
                return


def _objection(flag: Flag) -> list[Part]:
    glyph, meaning = marks.severity(flag.severity)
    return [(f"{glyph} ", meaning), (flag_name(flag.name), "" if meaning != "info" else "muted")]


def _beside_immich(row: Row) -> Part:
    """How the choice stands to what Immich would keep, which is one photo."""
    if row.decision in (DecisionKind.KEEP_ALL, DecisionKind.STACK):
        return "Immich keeps one", "differs"
    # What was chosen otherwise is no longer ours.
    whose = "yours" if row.overridden else "ours"
    if row.differs:
        return f"{whose} {marks.DIFFERS} Immich", "differs"
    return f"{whose} = Immich", "muted"


def _noun(look: Look) -> str:
    kinds = {asset.type for asset in look.group.assets}
    return {"IMAGE": "photo", "VIDEO": "video"}.get(kinds.pop(), "item") if len(kinds) == 1 else "item"

"""The list of groups that somebody or something flagged, or where the person decided otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import Footer

from immich_tui.review.decisions import Refused
from immich_tui.review.session import Look, Row, Session
from immich_tui.tui import figures, marks
from immich_tui.tui.ink import Part
from immich_tui.tui.text import elide, fit, pad, safe
from immich_tui.tui.trouble import EXPECTED, in_words
from immich_tui.tui.widgets.caption import Caption
from immich_tui.tui.widgets.virtual_list import VirtualList
from immich_tui.tui.widgets.reasons import flag_rows

NAME, KINDS, DECISION = 30, 34, 18
READ_ONLY = "Another immich-tui has this review open, so this one only shows."

ALL, YOURS, OVERRIDDEN = "all", "flagged by you", "overridden"
"""Filters besides the kinds of flags."""


def listed(rows: Sequence[Row]) -> list[Row]:
    """The rows that belong here: flagged by the rules or the person, or decided otherwise than proposed."""
    return [row for row in rows if row.flags or row.flagged or row.overridden]


def of_kind(rows: Sequence[Row], kind: str) -> list[Row]:
    """Those that have a flag of this name, or that one of the other filters means."""
    if kind == ALL:
        return list(rows)
    if kind == YOURS:
        return [row for row in rows if row.flagged]
    if kind == OVERRIDDEN:
        return [row for row in rows if row.overridden]
    return [row for row in rows if kind in row.flags]


def _weight(row: Row) -> int:
    return -1 if row.worst is None else int(row.worst)


ORDERS: dict[str, Callable[[Sequence[Row]], Sequence[Row]]] = {
    "as in the review": lambda rows: rows,
    "worst first": lambda rows: sorted(rows, key=_weight, reverse=True),
    "most freed first": lambda rows: sorted(rows, key=lambda row: row.saving, reverse=True),
    "undecided first": lambda rows: sorted(rows, key=lambda row: row.decided),
}


class FlagList(VirtualList):
    """One line per group: severity, name, kinds, decision, note."""

    BINDING_GROUP_TITLE = "List"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()

    def show(self, rows: Sequence[Row], cursor: int) -> None:
        """Show these rows."""
        self._rows = rows
        self.set_count(len(rows), cursor)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    def item(self, index: int, width_: int, current: bool) -> Sequence[Sequence[Part]]:
        """One line; the note takes what room there is."""
        row = self._rows[index]
        glyph, ink = marks.severity(row.worst) if row.worst is not None else (" ", "")
        share = min(1.0, width_ / 118)
        name_room, kinds_room = int(NAME * share), int(KINDS * share)
        kinds = ", ".join(marks.flag_name(flag) for flag in row.flags)
        decision = ("yours: " if row.overridden else "") + marks.decision(row).split(" · ")[0]
        return [
            [
                ("▌" if current else " ", "bar"),
                (glyph, ink),
                (f" {marks.FLAGGED} " if row.flagged else "   ", "key"),
                (pad(elide(safe(row.title), name_room), name_room + 1), "strong" if current else ""),
                (pad(fit(kinds, kinds_room), kinds_room + 1), "muted"),
                marks.status(row),
                (f" {pad(fit(decision, DECISION - 2), DECISION - 2)} ", "key" if row.overridden else "muted"),
                (pad(figures.size(row.saving) if row.saving else "", 9), "muted"),
                (safe(row.note), ""),
            ]
        ]


class FlagsScreen(ModalScreen[str | None]):
    """Lists what wants a look. Leaves with the id of the group to go to, or `None`."""

    CSS_PATH = "flags.tcss"
    BINDING_GROUP_TITLE = "Flags"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "jump", "Go there", id="flags.jump", tooltip="Show this group in the review"),
        Binding("a", "accept", "Accept", id="flags.accept", tooltip="Accept what is proposed for this group"),
        Binding("u", "undo", "Undo", id="flags.undo", tooltip="Take back the last decision"),
        Binding("t", "kind(1)", "Kind", id="flags.kind", tooltip="Only the next kind of flag"),
        Binding("T", "kind(-1)", "Kind before", id="flags.kind_back", show=False),
        Binding("S", "order", "Sort", id="flags.sort", tooltip="Another order"),
        Binding("j", "move(1)", "Down", id="flags.down", show=False),
        Binding("k", "move(-1)", "Up", id="flags.up", show=False),
        Binding("g", "edge(0)", "First", id="flags.first", show=False),
        Binding("G", "edge(-1)", "Last", id="flags.last", show=False),
        Binding("escape,F,q", "close", "Back", id="flags.close"),
        Binding("question_mark,f1", "app.keys", "Keys", id="flags.help", key_display="?"),
    ]

    flagged = query_one(FlagList)

    def __init__(self, session: Session, here: str) -> None:
        """`here` is the group to start at."""
        super().__init__()
        self._session = session
        self._here = here
        self._all = listed(session.rows)
        self._kinds = self._found_kinds()
        self._kind = ALL
        self._order = next(iter(ORDERS))
        self._shown: Sequence[Row] = ()
        self._look: Look | None = None

    def _found_kinds(self) -> dict[str, int]:
        counts = Counter(flag for row in self._all for flag in row.flags)
        kinds = {ALL: len(self._all)}
        kinds |= {kind: len(of_kind(self._all, kind)) for kind in (YOURS, OVERRIDDEN)}
        kinds |= dict(counts.most_common())
        return {kind: count for kind, count in kinds.items() if count or kind == ALL}

    def compose(self) -> ComposeResult:
        """What is shown, the list, and the details of one group."""
        yield Caption(id="filter")
        yield FlagList(id="flagged")
        yield Caption(id="detail")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Start at the group that was under review."""
        self.flagged.border_title = Content("Flags and overrides")
        self.flagged.focus()
        self._show(self._here)

    def _show(self, group_id: str) -> None:
        """List what is wanted, with the cursor on a group if it is there."""
        self._shown = ORDERS[self._order](of_kind(self._all, self._kind))
        place = next((place for place, row in enumerate(self._shown) if row.group_id == group_id), 0)
        self.flagged.show(self._shown, place)
        self.query_one("#filter", Caption).show(self._filter_line)
        self._follow()

    def _filter_line(self, across: int) -> Sequence[Sequence[Part]]:
        kind = self._kind if self._kind in {ALL, YOURS, OVERRIDDEN} else marks.flag_name(self._kind)
        count = figures.counted(len(self._shown), "group")
        return [
            [
                (" Kind ", "muted"),
                (f"{kind}", "title"),
                (f"  {count}", ""),
                ("    Order ", "muted"),
                (self._order, "title"),
            ]
        ]

    @on(VirtualList.Moved)
    @work(exclusive=True, group="detail")
    async def _follow(self) -> None:
        """Show the details of the group under the cursor."""
        row = self.flagged.row
        self._look = None
        if row is not None:
            try:
                self._look = await self._session.look(row.group_id)
            except EXPECTED as error:
                self._tell(" ".join(in_words(error)).strip())
        self.query_one("#detail", Caption).show(self._detail)

    def _detail(self, across: int) -> Sequence[Sequence[Part]]:
        row, look = self.flagged.row, self._look
        if row is None:
            return [[(" Nothing here: no group is flagged, and you decided nothing otherwise.", "muted")]]
        lines: list[list[Part]] = []
        if row.note:
            lines.append([(f" {marks.FLAGGED} ", "key"), (safe(row.note), "strong")])
        if look is not None:
            lines += [[(" ", ""), *line] for line in flag_rows(look.verdict.flags, across - 2)]
        return lines

    def _tell(self, sentence: str) -> None:
        self.notify(safe(sentence), severity="warning", markup=False)

    # -- keys

    def action_move(self, step: int) -> None:
        """Go down or up."""
        self.flagged.action_move(step)

    def action_edge(self, index: int) -> None:
        """Go to the first or last one."""
        self.flagged.action_to(index)

    def action_kind(self, step: int) -> None:
        """Show the next kind of flag only."""
        kinds = list(self._kinds)
        self._kind = kinds[(kinds.index(self._kind) + step) % len(kinds)]
        self._show(self._under_cursor())

    def action_order(self) -> None:
        """Sort otherwise."""
        orders = list(ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._show(self._under_cursor())

    def _under_cursor(self) -> str:
        row = self.flagged.row
        return row.group_id if row is not None else self._here

    async def action_accept(self) -> None:
        """Accept what is proposed for the group under the cursor."""
        row = self.flagged.row
        if row is None or not self._may_write():
            return
        try:
            await self._session.accept(row.group_id)
        except Refused as refused:
            self._tell(str(refused))
        except EXPECTED as error:
            self._tell(" ".join(in_words(error)).strip())
        self.flagged.refresh_item(self.flagged.cursor)

    async def action_undo(self) -> None:
        """Take back the last decision, wherever it was."""
        if not self._may_write():
            return
        try:
            step = await self._session.undo()
        except EXPECTED as error:
            self._tell(" ".join(in_words(error)).strip())
            return
        if step is None:
            self._tell("There is nothing to undo.")
            return
        group_id = step.group_id
        self._all = listed(self._session.rows)
        self._show(group_id if any(row.group_id == group_id for row in self._all) else self._under_cursor())

    def _may_write(self) -> bool:
        if self._session.read_only:
            self._tell(READ_ONLY)
        return not self._session.read_only

    @on(VirtualList.Chosen)
    def action_jump(self) -> None:
        """Go to this group in the review."""
        row = self.flagged.row
        self.dismiss(row.group_id if row is not None else None)

    def action_close(self) -> None:
        """Go back to where the review was."""
        self.dismiss(None)

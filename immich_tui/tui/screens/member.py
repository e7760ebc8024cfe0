"""Everything that is known of one photo, in full: nothing is cut here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one

from immich_tui.review.session import Look
from immich_tui.tui import marks
from immich_tui.tui.badges import badges, fate, spaced
from immich_tui.tui.facts import Fact, facts
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.text import pad, safe
from immich_tui.tui.widgets.reason_view import ReasonView
from immich_tui.tui.widgets.reasons import Row, flowed

LABEL = 14


class MemberScreen(Dialog[int]):
    """The facts of one member of a group, one below the other. Leaves with the member that was seen last."""

    CSS_PATH = "member.tcss"
    BINDING_GROUP_TITLE = "Details"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,e,q", "close", "Close", id="member.close"),
        Binding("h,left", "step(-1)", "Photo to the left", id="member.left"),
        Binding("l,right", "step(1)", "Photo to the right", id="member.right"),
        Binding("j", "scroll(1)", "Down", id="member.down", show=False),
        Binding("k", "scroll(-1)", "Up", id="member.up", show=False),
    ]

    pane = query_one(ReasonView)

    def __init__(self, look: Look, member: int) -> None:
        super().__init__()
        self._look = look
        self._facts = facts(look)
        self._member = member

    def _hint(self) -> str:
        left, right, down, up, close = (
            key_of(self.app, f"member.{name}") for name in ("left", "right", "down", "up", "close")
        )
        return f"{left} {right} other photos · {down} {up} scroll · {close} closes"

    def compose(self) -> ComposeResult:
        """One pane in a box."""
        with Vertical(id="member") as box:
            box.border_subtitle = Content(self._hint())
            yield ReasonView(self._rows)

    def on_mount(self) -> None:
        """Show the member that had the focus."""
        self.pane.focus()
        self._show()

    def _show(self) -> None:
        members = len(self._look.group.assets)
        self.query_one("#member").border_title = Content(f"Photo {self._member + 1} of {members}")
        self.pane.update_rows(from_top=True)

    def _rows(self, across: int) -> Sequence[Row]:
        look, member = self._look, self._member
        asset = look.group.assets[member]
        rows: list[Row] = [spaced([fate(look, asset.id), *badges(look, asset)], across)]
        heading = ""
        for fact in self._facts:
            cell = fact.cells[member]
            if not cell.text and not fact.differs:
                continue
            if fact.group != heading:
                heading = fact.group
                rows += [[], [(heading, "title")]]
            rows += self._row(fact, across)
        return rows

    def _row(self, fact: Fact, across: int) -> list[Row]:
        cell = fact.cells[self._member]
        differs = fact.differs and not fact.private
        parts: Row = [(cell.text or "— none", "strong" if cell.text else "missing")]
        if cell.doubt:
            parts.append((f"  ? {safe(cell.doubt)}", "muted"))
        if cell.gain:
            parts.append((f"  +{cell.gain:g}", "muted"))
        if fact.decides == self._member:
            parts.append(("  ◂ decides", "better"))
        mark = (f"{marks.DIFFERS} ", "differs") if differs else ("  ", "")
        folded = flowed(parts, max(8, across - LABEL - 2))
        return [
            [mark, (pad(fact.label, LABEL), "muted"), *row] if not number else [(" " * (LABEL + 2), ""), *row]
            for number, row in enumerate(folded)
        ]

    def action_step(self, by: int) -> None:
        """Go to a neighbour, as far as there is one."""
        there = min(max(0, self._member + by), len(self._look.group.assets) - 1)
        if there != self._member:
            self._member = there
            self._show()

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.pane.scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Go back, to the member that is shown."""
        self.dismiss(self._member)

"""Asks which group to go to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widgets import Input

from immich_tui.review.rows import Row, place_of
from immich_tui.tui.figures import counted
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.typed_ahead import ENDED_BY_ENTER


class JumpDialog(Dialog[int | None]):
    """A line for a number, a name or an id. Leaves with the place in the list, `None` to stay."""

    CSS_PATH = "jump.tcss"
    BINDING_GROUP_TITLE = "Go to"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="jump.cancel"),
    ]

    def __init__(self, rows: Sequence[Row], here: int) -> None:
        """`here` is where the cursor is: of several names the next one is meant."""
        super().__init__()
        self._rows = rows
        self._here = here

    def _hint(self) -> str:
        return f"enter goes · {key_of(self.app, 'jump.cancel')} cancels"

    def compose(self) -> ComposeResult:
        """One line to write on."""
        with VerticalGroup(id="jump") as box:
            box.border_title = Content(f"Go to one of {counted(len(self._rows), 'group')}")
            box.border_subtitle = Content(self._hint())
            wanted = Input(placeholder="number, part of a name, or id", classes=ENDED_BY_ENTER)
            wanted.cursor_blink = False
            yield wanted

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#jump").border_subtitle = Content(self._hint())

    @on(Input.Submitted)
    def _go(self, event: Input.Submitted) -> None:
        place = place_of(self._rows, event.value, self._here)
        if place is None:
            self.query_one("#jump").border_subtitle = Content("no group that is listed is like that")
        else:
            self.dismiss(place)

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss(None)

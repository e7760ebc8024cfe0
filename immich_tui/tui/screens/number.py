"""Asks which photo of a group to keep, by its number: for groups with more photos than there are digits."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widgets import Input

from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.typed_ahead import ENDED_BY_ENTER


class NumberDialog(Dialog[int | None]):
    """A line for a number from 1 on. Leaves with the number, `None` to leave everything as it was."""

    CSS_PATH = "jump.tcss"
    BINDING_GROUP_TITLE = "Photo"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="number.cancel"),
    ]

    def __init__(self, members: int, here: int) -> None:
        """`members` are how many photos there are; `here` is the number that stands there at first."""
        super().__init__()
        self._members = members
        self._here = here

    def _hint(self) -> str:
        return f"enter keeps it · {key_of(self.app, 'number.cancel')} cancels"

    def compose(self) -> ComposeResult:
        """One line to write on; what stands there goes with the first digit."""
        with VerticalGroup(id="jump") as box:
            box.border_title = Content(f"Keep which photo, 1 to {self._members}? The others go to the trash")
            box.border_subtitle = Content(self._hint())
            wanted = Input(str(self._here), max_length=4, select_on_focus=True, classes=ENDED_BY_ENTER)
            wanted.cursor_blink = False
            yield wanted

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#jump").border_subtitle = Content(self._hint())

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        written = event.value.strip()
        if written.isascii() and written.isdigit() and 1 <= int(written) <= self._members:
            self.dismiss(int(written))
        else:
            self.query_one("#jump").border_subtitle = Content(f"write a number from 1 to {self._members}")

    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

"""Asks for the note that goes with a flag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.widgets import Button, Input

from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.typed_ahead import ENDED_BY_ENTER


@dataclass(frozen=True, slots=True)
class Note:
    """What the person wants: a flag with this note, or no flag."""

    flagged: bool
    text: str = ""


class NoteDialog(Dialog[Note | None]):
    """A line for the note of a flag; `None` leaves everything as it was."""

    CSS_PATH = "note.tcss"
    BINDING_GROUP_TITLE = "Note"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="note.cancel"),
    ]

    def __init__(self, name: str, note: str, *, flagged: bool) -> None:
        """`name` is the group's, safe to show."""
        super().__init__()
        self._name = name
        self._note = note
        self._flagged = flagged

    def compose(self) -> ComposeResult:
        """One line to write on, and buttons."""
        with VerticalGroup(id="note") as box:
            box.border_title = Content(f"⚑ Flag {self._name}")
            box.border_subtitle = Content(f"enter saves · {key_of(self.app, 'note.cancel')} cancels")
            note = Input(
                self._note,
                placeholder="what to look at later (may stay empty)",
                max_length=300,
                classes=ENDED_BY_ENTER,
            )
            note.cursor_blink = False
            yield note
            with HorizontalGroup():
                yield Button("Cancel", id="cancel", compact=True)
                if self._flagged:
                    yield Button("Take the flag away", id="unflag", compact=True)
                yield Button("Flag", id="flag", variant="primary", compact=True)

    @on(Input.Submitted)
    def _written(self, event: Input.Submitted) -> None:
        # Not the field's own words: the next key may have been typed into it by now.
        self.dismiss(Note(True, event.value.strip()))

    @on(Button.Pressed, "#flag")
    def _flag(self) -> None:
        self.dismiss(Note(True, self.query_one(Input).value.strip()))

    @on(Button.Pressed, "#unflag")
    def _unflag(self) -> None:
        self.dismiss(Note(False))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

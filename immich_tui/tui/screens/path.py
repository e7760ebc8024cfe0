"""Asks for the place of a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.widgets import Button, Input

from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.lines import Sentences

HOME = Path("~")
"""The person's home, as it is shown and typed."""


@dataclass(frozen=True, slots=True)
class Place:
    """The file that was named; `then_open` whether it is to be shown once it is written."""

    path: Path
    then_open: bool = False


class PathDialog(Dialog[Place | None]):
    """A line for a path; `None` leaves everything as it was.

    Reading wants a file that is there. Writing wants a folder that is there, and asks once more before a file
    is replaced.
    """

    CSS_PATH = "path.tcss"
    BINDING_GROUP_TITLE = "File"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="path.cancel"),
        Binding("ctrl+o", "then_open", "Write and open", id="path.open", priority=True),
    ]

    def __init__(
        self,
        title: str,
        about: Sequence[str],
        default: Path,
        *,
        reading: bool = False,
        endings: Sequence[str] = (),
        can_open: bool = False,
    ) -> None:
        """`endings` are those that the file may have, with the dot; empty for any."""
        super().__init__()
        self._title = title
        self._about = tuple(about)
        self._default = default
        self._reading = reading
        self._endings = tuple(endings)
        self._can_open = can_open
        self._replace = ""

    def compose(self) -> ComposeResult:
        """Sentences, one line to write on, what is wrong with it, and buttons."""
        with VerticalGroup(id="path") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(
                f"enter {'reads' if self._reading else 'writes'} · {key_of(self.app, 'path.cancel')} cancels"
            )
            yield Sentences(id="about")
            written = Input(str(self._default), placeholder="path of the file")
            written.cursor_blink = False
            yield written
            yield Sentences(id="wrong")
            with HorizontalGroup():
                yield Button("Cancel", id="no", compact=True)
                if self._can_open:
                    yield Button("Write and open", id="open", compact=True)
                yield Button("Read" if self._reading else "Write", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Say what it is for."""
        self.query_one("#about", Sentences).show(*((safe(text), "") for text in self._about))
        self.query_one(Input).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Opening is only there for what can be opened."""
        return action != "then_open" or self._can_open

    @on(Input.Changed)
    def _changed(self) -> None:
        self._wrong("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def _yes(self) -> None:
        self._take(then_open=False)

    @on(Button.Pressed, "#open")
    def action_then_open(self) -> None:
        """Write the file and show it."""
        self._take(then_open=True)

    @work(group="look", exclusive=True)
    async def _take(self, *, then_open: bool) -> None:
        typed = self.query_one(Input).value.strip()
        if not typed:
            self._wrong("Name a file.")
            return
        path, wrong = await asyncio.to_thread(self._looked_at, typed)
        if wrong:
            self._wrong(wrong)
        else:
            self.dismiss(Place(path, then_open))

    def _looked_at(self, typed: str) -> tuple[Path, str]:
        """The path that is meant, and what is wrong with it (may be empty). Blocks on the disk."""
        try:
            path = Path(typed).expanduser()
            return path, self._objection(path)
        except (OSError, RuntimeError, ValueError) as error:
            return Path(typed), f"This place cannot be used: {error}."

    def _objection(self, path: Path) -> str:
        if path.is_dir():
            return "This is a folder. Name a file in it."
        if self._reading:
            return "" if path.is_file() else "There is no such file."
        if self._endings and path.suffix.lower() not in self._endings:
            return f"The name has to end with {', '.join(self._endings)}."
        if not path.parent.is_dir():
            return f"There is no folder {path.parent}."
        if path.exists() and self._replace != str(path):
            self._replace = str(path)
            return "There is such a file already. Once more replaces it."
        return ""

    def _wrong(self, sentence: str) -> None:
        self.query_one("#wrong", Sentences).show((safe(sentence), "warn"))

    @on(Button.Pressed, "#no")
    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

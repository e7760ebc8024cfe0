"""What the keys do here and now, made from the live bindings, so that it cannot drift from the keymap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from immich_tui.tui.keys import KeyHelp, Section, key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.widgets.lines import Lines, Row, wrapped


class _KeyList(Lines):
    """Keys, what they do, and a sentence about it."""

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections
        self._entries: list[KeyHelp | None] = []

    def rows(self, width: int) -> Sequence[Row]:
        """One block per section."""
        entries = [entry for section in self._sections for entry in section.entries]
        keys_width = min(24, max((cell_len("  ".join(entry.keys)) for entry in entries), default=0))
        rows: list[Row] = []
        self._entries = []
        for section in self._sections:
            rows += [(("", ""),)] if rows else []
            rows.append(((section.title, "title"),))
            self._entries += [None] * (len(rows) - len(self._entries))
            for entry in section.entries:
                keys = "  ".join(entry.keys)
                head = "  " + keys + " " * max(1, keys_width - cell_len(keys) + 2)
                first, *more = wrapped(entry.about, width - cell_len(head))
                rows.append(((head, "key"), *first))
                rows += [((" " * cell_len(head), ""), *row) for row in more]
                self._entries += [entry] * (len(rows) - len(self._entries))
        return rows

    def on_click(self, event: events.Click) -> None:
        """Do what the keys of the line would do, for those who have only a mouse at hand."""
        offset = event.get_content_offset(self)
        entry = self._entries[offset.y] if offset is not None and offset.y < len(self._entries) else None
        if entry is not None and entry.action:
            self.screen.dismiss(entry)


class HelpScreen(Dialog[KeyHelp | None]):
    """The keys of the screen below; leaves with the line that was clicked, `None` to go back."""

    CSS_PATH = "help.tcss"
    BINDING_GROUP_TITLE = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,f1", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = tuple(sections)

    def compose(self) -> ComposeResult:
        """A scrolling list in a box."""
        with VerticalScroll(id="help") as box:
            box.border_title = Content("Keys")
            box.border_subtitle = Content(
                f"a click does it · ctrl+p finds by name · {key_of(self.app, 'help.close')} closes"
            )
            yield _KeyList(self._sections)

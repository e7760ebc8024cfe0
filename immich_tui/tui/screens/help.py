"""What the keys do here and now, made from the live bindings, so that it cannot drift from the keymap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from immich_tui.tui.keys import Section
from immich_tui.tui.widgets.lines import Lines, Row, wrapped


class _KeyList(Lines):
    """Keys, what they do, and a sentence about it."""

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections

    def rows(self, width: int) -> Sequence[Row]:
        """One block per section."""
        entries = [entry for section in self._sections for entry in section.entries]
        keys_width = min(24, max((cell_len("  ".join(entry.keys)) for entry in entries), default=0))
        rows: list[Row] = []
        for section in self._sections:
            rows += [(("", ""),)] if rows else []
            rows.append(((section.title, "title"),))
            for entry in section.entries:
                keys = "  ".join(entry.keys)
                head = "  " + keys + " " * max(1, keys_width - cell_len(keys) + 2)
                words = entry.label
                if entry.tooltip and entry.tooltip != entry.label:
                    words = f"{entry.label}: {entry.tooltip}"
                first, *more = wrapped(words, width - cell_len(head))
                rows.append(((head, "key"), *first))
                rows += [((" " * cell_len(head), ""), *row) for row in more]
        return rows


class HelpScreen(ModalScreen[None]):
    """The keys of the screen below. Any of its closing keys goes back."""

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
            box.border_subtitle = Content("escape closes · ctrl+p finds every action by name")
            yield _KeyList(self._sections)

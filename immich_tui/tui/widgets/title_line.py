"""The line at the top of every step: the steps, where we are, and whose server this is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.message import Message

from immich_tui.tui.text import fit
from immich_tui.tui.widgets.lines import Lines, Row

STEPS = ("Connect", "Fetch", "Review", "Execute", "Report")


class TitleLine(Lines):
    """One line, without any watcher on the app (Textual's own header leaks when screens come and go).

    What is no step of the way (History) is named after the steps.
    """

    DEFAULT_CSS = """
    TitleLine { height: 1; padding: 0 1; background: $panel; }
    """

    @dataclass
    class Pressed(Message):
        """A step was clicked."""

        step: str

    def __init__(self, step: str) -> None:
        super().__init__()
        self._step = step
        self._where = ""
        self._warning = ""

    def show(self, where: str, warning: str = "") -> None:
        """Name the server and user (safe text), and what is dangerous about the connection."""
        self._where, self._warning = where, warning
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """Steps at the left, server at the right; the server's name gives way first."""
        left: list[tuple[str, str]] = []
        if width >= 76:
            left.append(("immich-tui  ", "muted"))
        for number, step in enumerate(STEPS):
            if number:
                left.append((" › ", "rail"))
            here = step == self._step
            left.append((f"{step}", "title" if here else "muted"))
        if self._step not in STEPS:
            left += [("  ", ""), (self._step, "title")]
        used = sum(cell_len(text) for text, _ in left)
        warning = f"! {self._warning} " if self._warning else ""
        room = width - used - cell_len(warning) - 2
        where = fit(self._where, room) if room >= 8 else ""
        gap = width - used - cell_len(warning) - cell_len(where)
        return [(*left, (" " * max(1, gap), ""), (warning, "warn"), (where, ""))]

    def on_click(self, event: events.Click) -> None:
        """Ask for the step that was clicked."""
        offset = event.get_content_offset(self)
        used = 0
        for text, _ in self.rows(self.content_size.width)[0] if offset is not None else ():
            used += cell_len(text)
            if offset is not None and offset.x < used:
                if text in STEPS:
                    self.post_message(self.Pressed(text.lower()))
                return

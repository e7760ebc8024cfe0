"""The frame that all steps share: title line, content, line of keys, and the way to the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen

from immich_tui.tui.screens.turns import InTurns
from immich_tui.tui.widgets.key_line import Hint, KeyLine
from immich_tui.tui.widgets.title_line import TitleLine

if TYPE_CHECKING:
    from immich_tui.tui.app import ImmichTui


class StepScreen(InTurns, Screen[None]):
    """One step of the way from connecting to the report. Subclasses compose their content in `body`."""

    class Entered(Message):
        """Somebody came here from another step; closing a dialog is no coming.

        With `retry` they came to have what failed tried again.
        """

        def __init__(self, *, retry: bool = False) -> None:
            super().__init__()
            self.retry = retry

    STEP: ClassVar[str] = ""
    HINTS: ClassVar[Sequence[Hint]] = ()
    """The keys at the bottom, the more important ones first; those that do nothing now are left out."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  (declared per instance by Textual)
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012  (declared per instance by Textual)

    @property
    def tui(self) -> ImmichTui:
        """The app, with its state."""
        return cast("ImmichTui", self.app)

    def compose(self) -> ComposeResult:
        """Title, content, keys."""
        yield TitleLine(self.STEP)
        yield from self.body()
        yield KeyLine(self.HINTS, id="keys")

    def body(self) -> ComposeResult:
        """The step's own content."""
        return iter(())

    @on(TitleLine.Pressed)
    def _pressed_step(self, event: TitleLine.Pressed) -> None:
        if event.step != self.tui.current_mode and self.tui.may_enter(event.step):
            self.tui.go(event.step)

    def on_screen_resume(self) -> None:
        """Name the server again: it may have changed while another step was shown."""
        self.query_one(TitleLine).show(*self.tui.whose())

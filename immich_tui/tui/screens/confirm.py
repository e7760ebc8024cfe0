"""Questions that must be answered before something is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label

from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.widgets.lines import Lines, Row, Sentences, wrapped


class _Text(Lines):
    """Paragraphs of a question."""

    def __init__(self, paragraphs: Sequence[str]) -> None:
        super().__init__()
        self._paragraphs = paragraphs

    def rows(self, width: int) -> Sequence[Row]:
        """Paragraphs with a blank line between."""
        rows: list[Row] = []
        for number, paragraph in enumerate(self._paragraphs):
            rows += [(("", ""),)] if number else []
            rows += wrapped(paragraph, width)
        return rows


class Confirm(Dialog[bool]):
    """Asks yes or no; with `typed`, yes counts only when exactly that was typed.

    The answer is `False` for escape and for everything that is not a clear yes. `danger` paints the dialog in
    the warning style and gives no answer the focus: a hasty enter is told which key means yes.
    """

    CSS_PATH = "confirm.tcss"
    AUTO_FOCUS = ""
    BINDING_GROUP_TITLE = "Question"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "no", "No", id="confirm.no"),
        Binding("y", "yes", "Yes", id="confirm.yes"),
        Binding("n", "no", "No", id="confirm.deny", show=False),
        Binding("enter", "hasty", "Say which key means yes", show=False),
        Binding("left", "app.focus_previous", "Other answer", show=False),
        Binding("right", "app.focus_next", "Other answer", show=False),
    ]

    def __init__(
        self,
        title: str,
        paragraphs: Sequence[str],
        *,
        yes: str,
        no: str = "Cancel",
        typed: str = "",
        danger: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._paragraphs = tuple(paragraphs)
        self._yes, self._no = yes, no
        self._typed = typed
        self._danger = danger

    def compose(self) -> ComposeResult:
        """The question in a box in the middle."""
        with VerticalGroup(id="dialog", classes="-danger" if self._danger or self._typed else "") as dialog:
            dialog.border_title = Content(self._title)
            with VerticalScroll(can_focus=False):
                yield _Text(self._paragraphs)
            if self._typed:
                yield Label(f"Type {self._typed} to go on:", markup=False)
                yield Input(id="typed", restrict=r"[0-9]*", max_length=len(self._typed) + 2)
            if self._careful:
                yield Sentences(id="told")
            with HorizontalGroup(id="answers"):
                yield Button(self.with_key(self._no, "confirm.no"), id="no")
                # What was typed is sent by enter, as every field is.
                typed = Content.assemble(self._yes, ("  enter", "dim"))
                yes = typed if self._typed else self.with_key(self._yes, "confirm.yes")
                yield Button(yes, id="yes", variant="primary", disabled=bool(self._typed))

    @property
    def _careful(self) -> bool:
        return self._danger and not self._typed

    def on_mount(self) -> None:
        """Start where a hasty enter does no harm."""
        if self._careful:
            self.query_one("#told", Sentences).show((self._keys, "muted"))
        else:
            self.query_one("#typed" if self._typed else "#yes").focus()

    @property
    def _keys(self) -> str:
        verb = self._yes[0].lower() + self._yes[1:]
        yes, no = key_of(self.app, "confirm.yes"), key_of(self.app, "confirm.no")
        return f"Press {yes} to {verb}, or {no} to go back."

    @on(Input.Changed, "#typed")
    def _compare(self, event: Input.Changed) -> None:
        self.query_one("#yes", Button).disabled = event.value != self._typed

    @on(Input.Submitted, "#typed")
    def _submitted(self) -> None:
        self.action_yes()

    @on(Button.Pressed, "#yes")
    def _pressed_yes(self) -> None:
        self.action_yes()

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        """Answer no."""
        self.dismiss(False)

    def action_hasty(self) -> None:
        """Do nothing at an enter that no answer had the focus for, but say so."""
        if self._careful:
            self.query_one("#told", Sentences).show((f"Nothing was done. {self._keys}", "warn"))

    def action_yes(self) -> None:
        """Answer yes, unless a number has to be typed and was not."""
        if self.query_one("#yes", Button).disabled:
            self.query_one("#typed").focus()
            return
        self.dismiss(True)

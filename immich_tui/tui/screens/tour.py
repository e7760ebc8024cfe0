"""Five hints for the first time in the review, each beside the pane that it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.css.query import NoMatches
from textual.geometry import Offset, Region, Size, clamp
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button

from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.widgets.lines import Sentences

HINTS: Sequence[tuple[str, str, str]] = (
    (
        "#groups",
        "Groups",
        """Each entry is a group of photos that Immich takes for duplicates. {next} and {previous} go through
        them; {accept} accepts what is proposed and goes to the next one.""",
    ),
    (
        "#cards",
        "Photos",
        """KEEP stays, TRASH goes. A number keeps that photo instead, {keep_all} keeps all, {skip} leaves the
        group alone. {undo} takes back whatever you did, without limit.""",
    ),
    (
        "#facts",
        "Differences",
        """Only what differs is listed. ◂ marks the value that decided, and — none is what a photo lacks.
        {rows} shows all rows.""",
    ),
    (
        "#why",
        "Why",
        """Why this photo and not Immich's, and what would be lost. {why} gives the reasons more room.""",
    ),
    (
        "",
        "When you are done",
        """Nothing happens on the server before {execute}. Then every photo is backed up and checked before
        it goes to the trash. {help} shows all keys.""",
    ),
)
"""Selector of the pane, title, and text; what is in braces stands for the key of that review action."""


def beside(pane: Region, box: Size, within: Size) -> Offset:
    """Where a box leaves a pane in sight: right, left, below or above of it; over its middle where none fits.

    Never outside `within`, the size of the screen.
    """
    across, down = within.width - box.width, within.height - box.height
    middle = pane.x + (pane.width - box.width) // 2, pane.y + (pane.height - box.height) // 2
    x, y = clamp(middle[0], 0, across), clamp(middle[1], 0, down)
    level = clamp(pane.y + 1, 0, down)
    if pane.right <= across:
        return Offset(pane.right, level)
    if pane.x >= box.width:
        return Offset(pane.x - box.width, level)
    if pane.bottom <= down:
        return Offset(x, pane.bottom)
    if pane.y >= box.height:
        return Offset(x, pane.y - box.height)
    return Offset(x, y)


_PARTS = 4


class TourScreen(Dialog[None]):
    """Shows the hints one after the other over the review; any of its keys goes on, escape ends it."""

    CSS_PATH = "tour.tcss"
    BINDING_GROUP_TITLE = "Hints"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,right", "step(1)", "Next", id="tour.next"),
        Binding("left,backspace", "step(-1)", "Back", id="tour.back"),
        Binding("escape,q", "end", "No more hints", id="tour.end"),
    ]
    AUTO_FOCUS = ""

    def __init__(self, over: Screen[Any]) -> None:
        """`over` is the screen that the hints speak of."""
        super().__init__()
        self._over = over
        self._number = 0

    def compose(self) -> ComposeResult:
        """One hint in a box, and a bar along the pane that it speaks of."""
        yield Widget(id="bar")
        with VerticalGroup(id="hint"):
            yield Sentences(id="words")
            with HorizontalGroup(id="answers"):
                yield Button("No more hints", id="end")
                yield Button("Next", id="next", variant="primary")

    def on_mount(self) -> None:
        """Begin as soon as it is known where the panes are."""
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        """Stay beside the pane."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self._ended:
            return
        selector, title, text = HINTS[self._number]
        box = self.query_one("#hint")
        box.border_title = Content(title)
        box.border_subtitle = Content(f"hint {self._number + 1} of {len(HINTS)}")
        words = " ".join(text.split()).format_map(_Keys(self._over))
        self.query_one("#words", Sentences).show((words, ""))
        last = self._number + 1 == len(HINTS)
        self.query_one("#next", Button).label = "Start" if last else "Next"
        target = self._target(selector)
        self.call_after_refresh(self._place, target)

    @property
    def _ended(self) -> bool:
        """Whether parts are gone already: what waits for a refresh may come after that."""
        return len(self.query("#bar, #hint, #words, #next")) < _PARTS

    def _target(self, selector: str) -> Widget | None:
        try:
            return self._over.query_one(selector) if selector else None
        except NoMatches:
            return None

    def _place(self, target: Widget | None) -> None:
        """Put the bar at the left edge of the pane and the box beside it; the last hint is about no pane."""
        if self._ended:
            return
        bar, box = self.query_one("#bar"), self.query_one("#hint")
        bar.display = target is not None
        pane = target.region if target is not None else self.region
        box.styles.offset = beside(pane, box.outer_size, self.size)
        bar.styles.offset = Offset(max(0, pane.x - 1), pane.y)
        bar.styles.height = pane.height

    def action_step(self, by: int) -> None:
        """Go to the next hint or back; after the last one the review begins."""
        self._number = max(0, self._number + by)
        if self._number >= len(HINTS):
            self.dismiss()
        else:
            self._show()

    @on(Button.Pressed, "#next")
    def _next(self) -> None:
        self.action_step(1)

    @on(Button.Pressed, "#end")
    def action_end(self) -> None:
        """Show no more hints."""
        self.dismiss()


class _Keys(dict[str, str]):
    """The keys of the review's actions as they are mapped now."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        for active in screen.active_bindings.values():
            name = (active.binding.id or "").removeprefix("review.")
            self.setdefault(name, screen.app.get_key_display(active.binding))

    def __missing__(self, name: str) -> str:
        return name

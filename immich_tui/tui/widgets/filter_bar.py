"""The line in which a filter is written: completed with Tab, counted meanwhile, wrong words named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label

from immich_tui.review.filters import EVERYTHING, Completion, Filter, FilterError, complete, parse
from immich_tui.tui.figures import count
from immich_tui.tui.ink import Part
from immich_tui.tui.keys import key_of
from immich_tui.tui.text import fit, width
from immich_tui.tui.typed_ahead import ENDED_BY_ENTER
from immich_tui.tui.widgets.caption import Caption
from immich_tui.tui.widgets.key_line import Hint

FINDING: Sequence[Hint] = (
    Hint(("filter.keep",), "to the list"),
    Hint(("filter.clear",), "show all"),
)
"""What the keys do while only names are looked for: there is nothing to complete."""
WRITING: Sequence[Hint] = (Hint(("filter.complete",), "complete"), *FINDING)
"""What the keys do while a filter is written."""


class _Words(Input):
    """A field that leaves the key down to what is around it: one line has nothing to scroll to."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Everything but scrolling down."""
        return action != "scroll_down" and super().check_action(action, parameters)


class FilterBar(Vertical):
    """Two lines: the filter, and below it what fits next or what is wrong. Hidden until it is opened."""

    DEFAULT_CSS = """
    FilterBar { height: 2; dock: bottom; margin: 0 0 1 0; display: none; background: $panel; }
    FilterBar.-open { display: block; }
    FilterBar Horizontal { height: 1; }
    FilterBar Label { width: auto; padding: 0 1; color: $text-accent; }
    FilterBar #found { color: $text-muted; }
    FilterBar Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterBar Input:focus { border: none; background: $panel; }
    """
    BINDING_GROUP_TITLE = "Filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "complete(1)", "Complete", id="filter.complete", tooltip="Take what fits, then the next"
        ),
        Binding("shift+tab", "complete(-1)", "Complete backwards", id="filter.complete_back", show=False),
        Binding("escape", "clear", "Show all", id="filter.clear", tooltip="Close, and list all groups again"),
        Binding("down", "keep", "To the list", id="filter.keep", show=False),
    ]

    @dataclass
    class Changed(Message):
        """What is written is a filter. Where names only are looked for, it is in `text`."""

        wanted: Filter
        text: str = ""

    @dataclass
    class Closed(Message):
        """Writing is over; `cleared` when all groups are wanted again."""

        cleared: bool

    def __init__(self, *, names: str = "", id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        """With `names` only those are looked for, and the words say whose."""
        super().__init__(id=id)
        self._names = names
        self._completion = Completion(0, 0, ())
        self._tried = -1
        self._put = ("", 0)
        self._error: FilterError | None = None
        self._places: list[tuple[int, int, int]] = []

    def compose(self) -> ComposeResult:
        """The line with its count, and the line below."""
        with Horizontal():
            yield Label("/", markup=False)
            words = _Words(select_on_focus=False, classes=ENDED_BY_ENTER)
            words.cursor_blink = False
            yield words
            yield Label("", id="found", markup=False)
        yield Caption(id="fitting")

    @property
    def _input(self) -> Input:
        return self.query_one(Input)

    def open(self, text: str) -> None:
        """Start writing, with what is there already."""
        self.add_class("-open")
        words = self._input
        if text and not text.endswith(" "):
            text += " "
        words.value = text
        words.cursor_position = len(text)
        # At once: the next key may be there already, and is a part of the filter.
        self.screen.set_focus(words)
        self._suggest()

    @property
    def is_open(self) -> bool:
        """Whether somebody is writing."""
        return self.has_class("-open")

    def counted(self, found: int, of: int) -> None:
        """Say how many groups the filter leaves."""
        self.query_one("#found", Label).update(Content(f"{count(found)} of {count(of)}"))

    @on(Input.Changed)
    def _written(self, event: Input.Changed) -> None:
        event.stop()
        if not self.is_open:
            return
        if self._names:
            self.post_message(self.Changed(EVERYTHING, event.value.strip()))
            return
        try:
            wanted = parse(event.value)
        except FilterError as error:
            self._error = error
        else:
            self._error = None
            self.post_message(self.Changed(wanted))
        if not self._trying:
            self._suggest()
        self._paint()

    @property
    def _trying(self) -> bool:
        """Whether what fits is being gone through: one of it was put in, and nothing was written since."""
        return self._tried >= 0 and self._put == (self._input.value, self._input.cursor_position)

    def _suggest(self) -> None:
        if not self._names:
            self._completion = complete(self._input.value, self._input.cursor_position)
        self._tried = -1
        self._paint()

    def _paint(self) -> None:
        self.query_one("#fitting", Caption).show(self._fitting)

    def _fitting(self, across: int) -> Sequence[Sequence[Part]]:
        self._places = []
        error, choices = self._error, self._completion.candidates
        if error is not None and not self._still_typing():
            # The strokes stand below the word that is meant; Input scrolls, so only where it is in sight.
            start = error.start + 2
            strokes = "▔" * (error.end - error.start)
            line: list[Part] = [(" " * start, ""), (strokes, "block"), (" ", "")]
            if start + len(strokes) + 1 + width(str(error)) > across:
                line = [("  ▲ ", "block")]
            room = across - sum(width(text) for text, _ in line)
            return [[*line, (fit(str(error), room), "block")]]
        clear = key_of(self.app, "filter.clear")
        if self._names:
            return [[(f"  {self._names} · enter keeps the filter · {clear} shows all", "muted")]]
        if not choices:
            return [[(f"  enter keeps the filter · {clear} shows all", "muted")]]
        line = [("  ", "")]
        room = across - 2
        first = max(0, self._tried)
        for number, candidate in enumerate(choices[first:], start=first):
            text = f"{candidate.text} "
            if width(text) > room:
                break
            chosen = number == first
            line.append((text, "key" if chosen else ""))
            self._places.append((across - room, across - room + width(text), number))
            room -= width(text)
            if chosen and candidate.about and width(candidate.about) + 4 <= room:
                line.append((f"{candidate.about}   ", "muted"))
                room -= width(candidate.about) + 3
        return [line]

    def _still_typing(self) -> bool:
        """Whether the wrong word is the last one and may yet become a right one."""
        error = self._error
        at_the_end = error is not None and error.end >= len(self._input.value)
        return at_the_end and bool(self._completion.candidates)

    @on(events.Click, "#fitting")
    def _pressed_fitting(self, event: events.Click) -> None:
        """Put in what was clicked."""
        event.stop()
        self._input.focus()
        for start, end, number in self._places:
            if start <= event.x < end:
                choices = self._completion.candidates
                self._tried = number
                self._replace(self._completion.start, self._input.cursor_position, choices[number].text)
                self._suggest()
                return
        if not self._places:
            self.action_keep()

    # -- keys

    def action_complete(self, step: int) -> None:
        """Put in what fits; again, and it is the next one. A wrong word becomes the nearest right one."""
        if not self._trying:
            self._suggest()
        words, error = self._input, self._error
        choices = self._completion.candidates
        if error is not None and error.nearest and not self._still_typing():
            self._replace(error.start, error.end, error.nearest)
            self._suggest()
            return
        if not choices:
            return
        self._tried = (
            (self._tried + step) % len(choices) if self._tried >= 0 or step > 0 else len(choices) - 1
        )
        start = self._completion.start
        self._replace(start, words.cursor_position, choices[self._tried].text)
        if len(choices) == 1:
            self._suggest()
        self._paint()

    def _replace(self, start: int, end: int, text: str) -> None:
        words = self._input
        with self.prevent(Input.Changed):
            words.value = words.value[:start] + text + words.value[end:]
        words.cursor_position = start + len(text)
        self._put = (words.value, words.cursor_position)
        self._written(Input.Changed(words, words.value))

    @on(Input.Submitted)
    def action_keep(self) -> None:
        """Go back to the list, which stays filtered. With a wrong word there is nothing to keep yet."""
        if self._error is None:
            self._close(cleared=not self._input.value.strip())

    def action_clear(self) -> None:
        """Close, and list all groups again."""
        self._close(cleared=True)

    def _close(self, *, cleared: bool) -> None:
        self.remove_class("-open")
        self._error = None
        self.post_message(self.Closed(cleared))

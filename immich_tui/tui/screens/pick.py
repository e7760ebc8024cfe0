"""A dialog to choose one of several things, which says what the highlighted one would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.widgets import Button

from immich_tui.tui.ink import Part
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.text import fit, pad, width
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.virtual_list import VirtualList

ABOUT, FOLDS = 6, 82
"""Lines for the words about what is highlighted, and the cells below which they take two more."""
AROUND = 6
"""Lines of frame, space and answers."""
LEAST, MOST = 3, 12
"""Lines of the list."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Pick(Generic[T_co]):
    """One of the things: its value, its name, a few words at the right, and the letter that goes to it."""

    value: T_co
    label: str
    note: str = ""
    letter: str = ""


class PickList(VirtualList):
    """The things, one on each line."""

    def __init__(self) -> None:
        super().__init__()
        self._picks: Sequence[Pick[object]] = ()

    def show(self, picks: Sequence[Pick[object]], cursor: int) -> None:
        """Show these."""
        self._picks = picks
        self.set_count(len(picks), cursor)

    def item(self, index: int, width_: int, current: bool) -> Sequence[Sequence[Part]]:
        """Letter, name, words."""
        pick = self._picks[index]
        note = fit(pick.note, max(0, width_ - width(pick.label) - 8))
        room = width_ - 5 - width(note)
        return [
            [
                ("▌" if current else " ", "bar"),
                (f"{pick.letter or ' '} ", "key" if pick.letter else ""),
                (pad(fit(pick.label, room), room), "strong" if current else ""),
                (f" {note} ", "muted"),
            ]
        ]


class PickDialog(Dialog[R | None], Generic[T, R]):
    """Choose by moving and enter, by a letter and enter, or by clicking twice; `None` leaves all as it was.

    Subclasses say what is there (`picks`), what choosing gives (`answer`), and may say more about the
    highlighted one, at once (`about`) or as it is worked out (`work_out`, in a worker that the next move
    cancels).
    """

    CSS_PATH = "pick.tcss"
    BINDING_GROUP_TITLE = "Choose"
    TITLE_WORDS: ClassVar[str] = ""
    YES: ClassVar[str] = "Choose"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "choose", "Choose", id="pick.choose"),
        Binding("escape,n,q", "cancel", "Cancel", id="pick.cancel"),
        Binding("j", "move(1)", "Down", id="pick.down", show=False),
        Binding("k", "move(-1)", "Up", id="pick.up", show=False),
    ]

    def __init__(self, picks: Sequence[Pick[T]], at: int = 0) -> None:
        super().__init__()
        self.picks = list(picks)
        self._at = at

    def compose(self) -> ComposeResult:
        """List, words about it, answers."""
        with VerticalGroup(id="dialog") as box:
            box.border_title = Content(self.heading())
            yield PickList()
            yield Sentences(id="about")
            with HorizontalGroup(id="answers"):
                yield Button(
                    self.with_key("Cancel", "pick.cancel"),
                    id="no",
                )
                yield Button(
                    self.with_key(self.YES, "pick.choose"),
                    id="yes",
                    variant="primary",
                )

    def on_mount(self) -> None:
        """Show what is there."""
        listed = self.query_one(PickList)
        self._share_room()
        listed.show(self.picks, self._at)
        listed.focus()
        for pick in self.picks:
            if pick.letter:
                self._bindings.bind(pick.letter, f"letter({pick.letter!r})", show=False)
        self.highlight()

    def on_resize(self) -> None:
        """Share the room anew."""
        self._share_room()

    def _share_room(self) -> None:
        """Give the words what they need and the list what is left, so that the answers stay in sight."""
        about = ABOUT if self.size.width >= FOLDS else ABOUT + 2
        self.query_one("#about").styles.height = about
        left = self.size.height * 95 // 100 - about - AROUND
        self.query_one(PickList).styles.height = max(LEAST, min(len(self.picks), MOST, left))

    def heading(self) -> str:
        """What the dialog is about."""
        return self.TITLE_WORDS

    @property
    def picked(self) -> Pick[T]:
        """The highlighted one."""
        return self.picks[self.query_one(PickList).cursor]

    def about(self, pick: Pick[T]) -> Sequence[Part]:
        """Sentences about one of them, with their meanings."""
        return ()

    async def work_out(self, pick: Pick[T]) -> None:
        """Find out more about one of them and `say` it."""

    def answer(self, pick: Pick[T]) -> R | None:
        """What choosing it gives; `None` when it cannot be chosen yet."""
        raise NotImplementedError

    def say(self, *sentences: Part) -> None:
        """Show sentences about the highlighted one; a dialog that closes has no place for them any more."""
        for about in self.query("#about").results(Sentences):
            about.show(*sentences)

    def highlight(self) -> None:
        """Say what there is to say about the highlighted one."""
        self.say(*self.about(self.picked))
        self._work_out()

    @on(VirtualList.Moved)
    def _moved(self) -> None:
        self.highlight()

    @work(exclusive=True, group="work out")
    async def _work_out(self) -> None:
        await self.work_out(self.picked)

    def action_move(self, step: int) -> None:
        """Go down or up."""
        self.query_one(PickList).action_move(step)

    def action_letter(self, letter: str) -> None:
        """Go to the one with this letter."""
        place = next((n for n, pick in enumerate(self.picks) if pick.letter == letter), None)
        if place is not None:
            self.query_one(PickList).cursor = place

    @on(VirtualList.Chosen)
    @on(Button.Pressed, "#yes")
    def action_choose(self) -> None:
        """Choose the highlighted one."""
        answer = self.answer(self.picked)
        if answer is not None:
            self.dismiss(answer)

    @on(Button.Pressed, "#no")
    def action_cancel(self) -> None:
        """Leave all as it was."""
        self.dismiss(None)

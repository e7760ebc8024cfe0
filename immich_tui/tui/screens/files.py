"""The files of a run that are not here yet; each may be given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from immich_tui.tui.figures import counted
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.lines import Sentences
from immich_tui.tui.widgets.order_list import CAN_BE_CANCELLED, OrderList
from immich_tui.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from immich_tui.execution.transfer.dispatcher import Item

LOOKS_PER_S = 4
"""How often the list is read anew."""


class Orders(Protocol):
    """A run that can be asked which files it waits for."""

    def orders(self) -> Sequence[Item]:
        """Every file that was asked for, and where it stands."""

    async def cancel_order(self, key: str) -> None:
        """Give one file up."""


class RunFiles(Dialog[None]):
    """Which downloader has which file, how far it is; one that hangs can be given up without the others."""

    CSS_PATH = "files.tcss"
    BINDING_GROUP_TITLE = "Files"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "x",
            "give_up",
            "Give up",
            id="files.give_up",
            tooltip="Do not fetch this file in this run; its group is left alone",
        ),
        Binding("j", "move(1)", "Next file", id="files.next", show=False),
        Binding("k", "move(-1)", "Previous file", id="files.previous", show=False),
        Binding("escape,q", "dismiss", "Close", id="files.close"),
    ]

    def __init__(self, run: Orders) -> None:
        super().__init__()
        self._run = run

    def compose(self) -> ComposeResult:
        """The list in a box, and what giving up means."""
        with Vertical(id="files") as box:
            box.border_title = Content("Files that are not here yet")
            yield Sentences(id="fate")
            yield OrderList()

    def on_mount(self) -> None:
        """Follow the run."""
        self._show()
        self.set_interval(1 / LOOKS_PER_S, self._show)

    def _show(self) -> None:
        listed = self.query_one(OrderList)
        listed.show(self._run.orders())
        close = key_of(self.app, "files.close")
        give_up = f"{key_of(self.app, 'files.give_up')} gives one up · " if listed.count else ""
        self.query_one("#files").border_subtitle = Content(f"{give_up}{close} closes")
        if listed.count:
            words = (
                f"{counted(listed.count, 'file')}. The group of one that is given up is left alone: nothing"
                " of it is trashed, and Retry takes it up again."
            )
        else:
            words = "No file is waited for now."
        self.query_one("#fate", Sentences).show((words, "muted"))

    @on(VirtualList.Chosen)
    def _clicked(self) -> None:
        """A second click does nothing here: giving up is a key of its own."""

    def action_move(self, step: int) -> None:
        """Go down or up."""
        self.query_one(OrderList).action_move(step)

    @work(group="give_up", exclusive=True)
    async def action_give_up(self) -> None:
        """Give the file under the cursor up."""
        item = self.query_one(OrderList).under_cursor
        if item is None or item.state not in CAN_BE_CANCELLED:
            self.notify("This file is not under way.", severity="warning", markup=False)
            return
        await self._run.cancel_order(item.order.key)
        self.notify(f"{safe(item.order.name)} is not fetched; its group is left alone.", markup=False)
        self._show()

"""The list of runs: two lines each, what it was and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from immich_tui.tui.figures import counted, size
from immich_tui.tui.ink import Part
from immich_tui.tui.text import fit, pad, safe, width
from immich_tui.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from immich_tui.execution.history import PastRun

KINDS = {"resolve": "Run", "undo": "Undo", "verify": "Check", "restore": "Restore"}
"""What a kind of job is called."""

_STATES: dict[str, tuple[str, str, str]] = {
    "done": ("✓", "finished", "better"),
    "paused": ("‖", "paused", "warn"),
    "cancelled": ("‖", "stopped", "warn"),
    "failed": ("✗", "stopped by an error", "lost"),
    "abandoned": ("-", "given up", "muted"),
    "running": ("!", "cut off", "warn"),
}


def moment(at: str) -> str:
    """A time of the journal as the clock here shows it."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"


def state_of(run: PastRun, *, under_way: bool = False) -> Part:
    """How a run ended, in words, and how that is meant."""
    if under_way:
        return "under way", "title"
    _, words, meaning = _STATES.get(run.state, ("?", safe(run.state), "warn"))
    return words, meaning


def in_short(run: PastRun) -> str:
    """What a run did, in a few words."""
    if run.kind == "verify":
        wrong = f", {run.held:,} wrong" if run.held else ", all well" if run.state == "done" else ""
        return f"{counted(run.photos, 'photo')}{wrong}"
    if run.kind == "restore":
        return counted(run.photos, "photo")
    if run.kind == "undo":
        held = f", {run.held:,} not as before" if run.held else ""
        return f"{counted(run.done, 'group')} of {run.groups:,} as before{held}"
    # What changed since comes before what it comes to: a list cuts the end off.
    parts = [f"{run.done:,} of {counted(run.groups, 'group')}"]
    if run.undone:
        parts.append(f"{run.undone:,} undone")
    elif run.held:
        parts.append(f"{run.held:,} held back")
    parts.append(counted(run.photos, "photo"))
    if run.bytes:
        parts.append(size(run.bytes))
    return ", ".join(parts)


class RunList(VirtualList):
    """Time, kind and end of a run; below that what it did."""

    ITEM_HEIGHT: ClassVar[int] = 2
    BINDING_GROUP_TITLE = "List"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._runs: Sequence[PastRun] = ()
        self._under_way: frozenset[str] = frozenset()

    def show(self, runs: Sequence[PastRun], cursor: int, under_way: frozenset[str] = frozenset()) -> None:
        """Show these runs; `under_way` are ids of those that this process works on."""
        self._runs, self._under_way = runs, under_way
        self.set_count(len(runs), cursor)

    @property
    def run(self) -> PastRun | None:
        """The run under the cursor."""
        return self._runs[self.cursor] if self._runs else None

    def item(self, index: int, width_: int, current: bool) -> Sequence[Sequence[Part]]:
        """Sign, time, kind and state; then the numbers."""
        run = self._runs[index]
        sign, _, meaning = _STATES.get(run.state, ("?", "", "warn"))
        words, _ = state_of(run, under_way=run.id in self._under_way)
        if run.id in self._under_way:
            sign, meaning = "▶", "title"
        edge: Part = ("▌" if current else " ", "bar")
        head = f"{moment(run.started)}  {KINDS[run.kind]}"
        room = width_ - 3 - width(head)
        first: list[Part] = [
            edge,
            (f"{sign} ", meaning),
            (head, "strong" if current else ""),
            (fit(f"  {words}", room), meaning if meaning != "better" else "muted"),
        ]
        return first, [edge, ("  ", ""), (pad(fit(in_short(run), width_ - 3), width_ - 3), "muted")]

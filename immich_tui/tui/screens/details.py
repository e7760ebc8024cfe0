"""What a run did so far, line by line, and how often it called what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from immich_tui.jobs.progress import JobSnapshot, PhaseSnapshot, Status
from immich_tui.tui.figures import clock, count, size
from immich_tui.tui.keys import key_of
from immich_tui.tui.screens.dialog import Dialog
from immich_tui.tui.text import safe
from immich_tui.tui.widgets.lines import Lines, Row, wrapped


class Told(Protocol):
    """A job that can be asked how far it is."""

    def snapshot(self) -> JobSnapshot | None:
        """How far it is; `None` before it began."""


class _Log(Lines):
    """Counters, then the newest lines of the log, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._snapshot: JobSnapshot | None = None

    def show(self, snapshot: JobSnapshot | None) -> None:
        """Show the run as it is now."""
        self._snapshot = snapshot
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """One line per counter, one paragraph per line of the log."""
        if self._snapshot is None:
            return [(("It has not begun.", "muted"),)]
        rows: list[Row] = [
            ((f"{phase.label}  ", "strong"), (_amount(phase), ""))
            for phase in self._snapshot.phases
            if phase.status is not Status.WAITING
        ]
        rows += [
            ((f"{count(number):>9}  ", "strong"), (safe(name), ""))
            for name, number in sorted(self._snapshot.counters.items())
        ]
        for error in self._snapshot.errors:
            first, *more = wrapped(f"{safe(error.item or error.phase)}: {safe(error.reason)}", width - 3)
            rows.append((("✗  ", "warn"), *first))
            rows += [(("   ", ""), *row) for row in more]
        rows += [(("", ""),)] if rows else []
        for line in reversed(self._snapshot.log):
            first, *more = wrapped(f"{safe(line.phase)}: {safe(line.text)}", width - 9)
            rows.append(((f"{clock(line.at_s):>7}  ", "muted"), *first))
            rows += [((" " * 9, ""), *row) for row in more]
        return rows or [(("Nothing to tell yet.", "muted"),)]


def _amount(phase: PhaseSnapshot) -> str:
    """How far a phase is, in words."""
    parts = [str(phase.status)]
    if phase.total:
        parts.append(f"{count(phase.done)} of {count(phase.total)} {phase.units}".strip())
    if phase.bytes_done:
        parts.append(size(phase.bytes_done))
    if phase.errors:
        parts.append(f"{count(phase.errors)} left alone")
    return ", ".join(parts)


class RunDetails(Dialog[None]):
    """The log of a run, kept up to date while it is shown."""

    CSS_PATH = "help.tcss"
    BINDING_GROUP_TITLE = "Details"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", "Close", id="details.close"),
    ]

    def __init__(self, job: Told, what: str = "The run") -> None:
        """`what` is at work, as the beginning of a sentence."""
        super().__init__()
        self._what = what
        self._job = job

    def compose(self) -> ComposeResult:
        """A scrolling list in a box."""
        with VerticalScroll(id="help", classes="-tall") as box:
            box.border_title = Content(f"{self._what} so far")
            box.border_subtitle = Content(f"{key_of(self.app, 'details.close')} closes")
            yield _Log()

    def on_mount(self) -> None:
        """Follow the run."""
        self._show()
        self.set_interval(0.5, self._show)

    def _show(self) -> None:
        self.query_one(_Log).show(self._job.snapshot())

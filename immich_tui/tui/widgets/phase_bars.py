"""The phases of a job, one bar each: what is done, what runs, what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from immich_tui.jobs.progress import PhaseSnapshot, Status
from immich_tui.tui.figures import about, bar, count, size
from immich_tui.tui.ink import Part
from immich_tui.tui.text import fit, pad, safe
from immich_tui.tui.widgets.lines import Lines, Row

_LOOK = {
    Status.WAITING: ("·", "muted"),
    Status.RUNNING: ("▶", "title"),
    Status.PAUSED: ("‖", "warn"),
    Status.DONE: ("✓", "good"),
    Status.SKIPPED: ("-", "muted"),
    Status.FAILED: ("✗", "bad"),
    Status.CANCELLED: ("✗", "warn"),
}
"""Sign and style of a phase's status."""


class PhaseBars(Lines):
    """One line per phase, in fixed columns, so that nothing moves while numbers grow."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._phases: tuple[PhaseSnapshot, ...] = ()

    def show(self, phases: Sequence[PhaseSnapshot], *, paused: bool = False) -> None:
        """Show the phases as they are now; what runs of a `paused` job stands still, with no end in sight."""
        self._phases = tuple(_still(phase) if paused else phase for phase in phases)
        self.update_rows()

    def rows(self, width: int) -> Sequence[Row]:
        """Sign, label, bar, percent, counts, bytes and what is left."""
        labels = ["  " * phase.depth + safe(phase.label) for phase in self._phases]
        label_width = min(20, max((cell_len(label) for label in labels), default=0))
        return [
            _row(phase, pad(fit(label, label_width), label_width), width)
            for phase, label in zip(self._phases, labels, strict=True)
        ]


def _still(phase: PhaseSnapshot) -> PhaseSnapshot:
    return replace(phase, status=Status.PAUSED, eta_s=None) if phase.status is Status.RUNNING else phase


def _row(phase: PhaseSnapshot, label: str, width: int) -> Row:
    sign, style = _LOOK[phase.status]
    active = phase.status in (Status.RUNNING, Status.PAUSED)
    share = phase.fraction
    room = max(6, min(40, width - cell_len(label) - 52))
    filled, rest = bar(share or 0.0, room)
    counts = f"{count(phase.done)}/{count(phase.total)}" if phase.total else ""
    percent = f"{share:4.0%}" if share is not None and phase.status is not Status.WAITING else "    "
    row: list[Part] = [
        (f"{sign} ", style),
        (f"{label}  ", "strong" if active else "" if phase.status is Status.DONE else style),
        (filled, style if phase.status in (Status.PAUSED, Status.FAILED, Status.CANCELLED) else "bar"),
        (rest, "rail"),
        (f" {percent} ", ""),
        (f"{counts:>11}  ", "" if active else "muted"),
    ]
    if phase.errors:
        row.append((f"{count(phase.errors)} failed  ", "bad"))
    left = width - sum(cell_len(text) for text, _ in row)
    row.append((fit(_tail(phase, active, left), left), "muted"))
    return tuple(row)


def _tail(phase: PhaseSnapshot, active: bool, room: int) -> str:
    """As many of bytes, time left and message as there is room for, in this order."""
    parts: list[str] = []
    if phase.bytes_total:
        done = size(phase.bytes_done)
        parts.append(f"{done} of {size(phase.bytes_total)}" if active else done)
    if active and phase.eta_s:
        parts.append(f"{about(phase.eta_s)} left")
    if active and phase.message:
        parts.append(safe(phase.message))
    if phase.status is Status.SKIPPED:
        parts.append("not needed")
    while len(parts) > 1 and cell_len(" · ".join(parts)) > room:
        parts.pop()
    return " · ".join(parts)

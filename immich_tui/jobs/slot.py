"""One worker's place in the pool: what it is doing, readable at any time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from immich_tui.jobs.stop import Stop


class SlotState(StrEnum):
    """What a worker does or waits for."""

    IDLE = "idle"
    PERMIT = "waiting for permit"
    RATE = "waiting for rate"
    RETRY = "waiting to retry"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class SlotSnapshot:
    """A slot as a screen shows it. `total` is 0 while the size of the work is unknown."""

    number: int
    state: SlotState
    label: str
    done: int
    total: int


class Slot:
    """The place of one worker, numbered from 1 on, or below 0 aside. `stop` is what its calls obey."""

    def __init__(self, number: int, stop: Stop | None = None) -> None:
        self.number = number
        self.stop = stop
        self.state = SlotState.IDLE
        self._shown = ("", 0, 0)

    def show(self, label: str, done: int = 0, total: int = 0) -> None:
        """Say what is being worked on and how far it is; cheap, so as often as there is news."""
        self._shown = (label, done, total)

    @property
    def label(self) -> str:
        """What is being worked on."""
        return self._shown[0]

    def clear(self) -> None:
        """Nothing is being worked on."""
        self.state = SlotState.IDLE
        self._shown = ("", 0, 0)

    def snapshot(self) -> SlotSnapshot:
        """The slot as it stands now."""
        return SlotSnapshot(self.number, self.state, *self._shown)

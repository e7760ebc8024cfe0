"""What whoever started a job can do about it while it runs: look, pause, go on, stop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from immich_tui.jobs.pool import Pool
from immich_tui.jobs.processor import Processor
from immich_tui.jobs.progress import JobSnapshot


class Steered(ABC):
    """A job of phases that work with one pool. Subclasses make the processor when they begin.

    Every verb may be called at any time, also before the job began; then the pool alone hears of it.
    """

    _processor: Processor[Any] | None = None

    @property
    @abstractmethod
    def pool(self) -> Pool:
        """The workers, their limits, and what each is at."""

    def snapshot(self) -> JobSnapshot | None:
        """How far it is; `None` before it began."""
        return self._processor.snapshot() if self._processor else None

    def pause(self) -> None:
        """Stop at the next safe point; what is in flight finishes."""
        if self._processor:
            self._processor.pause()
        self.pool.pause()

    def resume_now(self) -> None:
        """Go on after a pause."""
        self.pool.resume()
        if self._processor:
            self._processor.resume()

    def cancel(self) -> None:
        """Stop for now: everything done so far stands, and doing it again goes on from there."""
        if self._processor:
            self._processor.cancel()
        self.pool.cancel()

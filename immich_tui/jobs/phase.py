"""What a job is made of: phases, phases made of phases, and phases that work in batches."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from immich_tui.jobs.context import Context
from immich_tui.jobs.outcome import (
    Cancelled,
    Complete,
    Continue,
    Fatal,
    NonFatal,
    Outcome,
    Paused,
    Recovery,
    SkipTo,
)

__all__ = [
    "BatchPhase",
    "Cancelled",
    "Complete",
    "Context",
    "Continue",
    "Fatal",
    "Nested",
    "NonFatal",
    "Outcome",
    "Paused",
    "Phase",
    "Recovery",
    "SkipTo",
]

S = TypeVar("S")
T = TypeVar("T")


class Phase(ABC, Generic[S]):
    """One step of a job.

    A phase may be run again after a crash, from its last checkpoint, so what it does before a checkpoint must
    be safe to do twice. `name` is what the journal knows it by: it stays the same over versions and holds no
    `/`. `label` is what a person reads, the name where it is empty. `recovery` says what follows a failure,
    at most `max_recoveries` times in one go, the first after `recovery_wait_s` seconds and each later one
    after twice the wait before.
    """

    name: str
    label: str = ""
    recovery: Recovery = Recovery.ABORT
    max_recoveries: int = 3
    recovery_wait_s: float = 1.0

    @abstractmethod
    async def run(self, context: Context[S]) -> Outcome:
        """Do the work and say what follows.

        `Paused`, `Cancelled`, `Fatal` and `NonFatal` steer the job; anything else raised is a failure of the
        phase, answered by its recovery.
        """

    async def on_success(self, context: Context[S]) -> None:
        """Called after `run` and before the phase counts as done, so again if the process dies in between."""

    async def on_failure(self, context: Context[S], error: Exception) -> None:
        """Called when the phase has failed and no recovery is left to try; not when paused or cancelled."""

    def wanted(self, context: Context[S]) -> bool:
        """Whether the phase is needed at all; asked once, when its turn comes."""
        return True

    def recovery_from(self, error: Exception) -> Recovery:
        """What follows this failure, for phases to which not all failures are the same."""
        return self.recovery

    def then(self, following: Phase[S], *, name: str = "", label: str = "") -> Nested[S]:
        """One phase that runs this one and then `following`."""
        return Nested(name or f"{self.name}-{following.name}", [self, following], label=label)


class Nested(Phase[S]):
    """A phase made of phases: each is remembered by itself, the whole is recovered and skipped as one."""

    def __init__(
        self, name: str, phases: Sequence[Phase[S]], *, label: str = "", recovery: Recovery = Recovery.ABORT
    ) -> None:
        self.name = name
        self.label = label
        self.phases = tuple(phases)
        self.recovery = recovery

    async def run(self, context: Context[S]) -> Outcome:
        """Run the phases inside."""
        await context.run_nested(self.phases)
        return Continue()


class BatchPhase(Phase[S], Generic[S, T]):
    """A phase that goes through a list, a batch at a time, with a checkpoint after each batch.

    A resumed run goes on after the last whole batch, provided the items up to there are the same; if they are
    not, it begins again, which costs time and nothing else, as batches must be safe to do twice.
    """

    batch_size: int = 50
    units: str = "items"

    @abstractmethod
    async def items(self, context: Context[S]) -> Sequence[T]:
        """Everything to go through, in an order that is the same whenever the phase is resumed."""

    @abstractmethod
    async def handle_batch(self, context: Context[S], batch: Sequence[T]) -> None:
        """Do one batch. `NonFatal` is recorded and the next batch follows."""

    def key(self, item: T) -> str:
        """What tells an item from the others, over processes."""
        return str(item)

    async def run(self, context: Context[S]) -> Outcome:
        """Go through what is left of the items."""
        items = await self.items(context)
        passed = self._passed(items, context.checkpointed or {})
        context.progress(passed.count, len(items), units=self.units)
        while passed.count < len(items):
            await context.interrupt_point()
            batch = items[passed.count : passed.count + self.batch_size]
            try:
                await self.handle_batch(context, batch)
            except NonFatal as failed:
                context.non_fatal(failed.item, failed.sentence)
            passed.add(map(self.key, batch))
            await context.checkpoint({"position": passed.count, "digest": passed.digest})
            context.progress(passed.count, len(items), units=self.units)
        return Continue()

    def _passed(self, items: Sequence[T], checkpointed: Mapping[str, object]) -> _Passed:
        """What of these items a checkpoint covers; nothing where they are others or in another order."""
        position = checkpointed.get("position")
        passed = _Passed()
        if isinstance(position, int):
            passed.add(map(self.key, items[:position]))
            if passed.count != position or passed.digest != checkpointed.get("digest"):
                return _Passed()
        return passed


class _Passed:
    """How many items are behind us, and a digest of their keys in order."""

    def __init__(self) -> None:
        self.count = 0
        self._hash = hashlib.sha256()

    def add(self, keys: Iterable[str]) -> None:
        """Put more items behind us."""
        for key in keys:
            encoded = key.encode("utf-8", "surrogatepass")
            self._hash.update(len(encoded).to_bytes(4) + encoded)
            self.count += 1

    @property
    def digest(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()

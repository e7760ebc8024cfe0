"""A job that is stopped anywhere, in any way, any number of times, ends as if it never had been."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from immich_tui.jobs.journal import Journal
from immich_tui.jobs.phase import (
    BatchPhase,
    Cancelled,
    Complete,
    Context,
    Continue,
    Nested,
    Outcome,
    Paused,
    Phase,
    Recovery,
    SkipTo,
)
from immich_tui.jobs.processor import Processor
from immich_tui.jobs.progress import Status

BATCH = 3


class PowerCut(BaseException):
    """Ends the process there and then: no handler of the engine runs."""


@dataclass
class World:
    """What the job did to the world, and when something comes in between: at which deed, and what."""

    trouble: dict[int, str] = field(default_factory=dict)
    deeds: list[str] = field(default_factory=list)

    async def do(self, deed: str, context: Context[World]) -> None:
        await context.interrupt_point()
        self.deeds.append(deed)
        match self.trouble.pop(len(self.deeds), None):
            case "pause":
                raise Paused("in between")
            case "cancel":
                raise Cancelled
            case "fail":
                raise OSError("in between")
            case "power cut":
                raise PowerCut
            case "task cancelled":
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                await asyncio.sleep(1000)


class Step(Phase[World]):
    recovery_wait_s = 0

    def __init__(self, name: str, outcome: Outcome, recovery: Recovery) -> None:
        self.name, self.outcome, self.recovery = name, outcome, recovery

    async def run(self, context: Context[World]) -> Outcome:
        await context.subject.do(context.path, context)
        return self.outcome


class Batches(BatchPhase[World, int]):
    batch_size = BATCH
    recovery_wait_s = 0

    def __init__(self, name: str, size: int, recovery: Recovery) -> None:
        self.name, self.size, self.recovery = name, size, recovery

    async def items(self, context: Context[World]) -> Sequence[int]:
        return range(self.size)

    async def handle_batch(self, context: Context[World], batch: Sequence[int]) -> None:
        for item in batch:
            await context.subject.do(f"{context.path} {item}", context)


RECOVERY = st.sampled_from([Recovery.ABORT, Recovery.RETRY])
PLAIN = st.one_of(
    st.tuples(
        st.just("step"), st.sampled_from(["continue", "continue", "skip to last", "complete"]), RECOVERY
    ),
    st.tuples(st.just("batches"), st.integers(0, 8), RECOVERY),
)
PHASES = st.lists(
    st.one_of(PLAIN, st.tuples(st.just("nested"), st.lists(PLAIN, min_size=1, max_size=3), RECOVERY)),
    min_size=1,
    max_size=4,
)
TROUBLE = st.dictionaries(
    st.integers(1, 25),
    st.sampled_from(["pause", "cancel", "fail", "power cut", "task cancelled"]),
    max_size=6,
)


def build(shapes: list[tuple[str, object, Recovery]]) -> list[Phase[World]]:
    phases: list[Phase[World]] = []
    for number, (kind, what, recovery) in enumerate(shapes):
        name = f"{kind}{number}"
        last = number == len(shapes) - 1
        if kind == "nested":
            nested = Nested(name, build(what), recovery=recovery)  # type: ignore[arg-type]  # drawn for this kind
            nested.recovery_wait_s = 0
            phases.append(nested)
        elif kind == "batches":
            phases.append(Batches(name, what, recovery))  # type: ignore[arg-type]  # drawn for this kind
        else:
            after = f"{shapes[-1][0]}{len(shapes) - 1}"
            outcome: Outcome = Continue()
            if what == "complete":
                outcome = Complete()
            elif what == "skip to last" and not last:
                outcome = SkipTo(after)
            phases.append(Step(name, outcome, recovery))
    return phases


async def run_to_the_end(folder: Path, shapes: list[tuple[str, object, Recovery]], world: World) -> int:
    """Run the job, each time as a new process would, until it is done; how often it took."""
    run = ""
    for go in count(1):
        async with await Journal.open(folder / "session.db") as journal:
            run = run or await journal.start_run("job")
            task = asyncio.create_task(Processor(journal, run, build(shapes), world).run())
            await asyncio.wait([task])
            if not task.cancelled() and not task.exception() and task.result().state is Status.DONE:
                return go
    raise AssertionError


@settings(deadline=None, max_examples=60)
@given(PHASES, TROUBLE)
def test_a_job_ends_as_if_it_had_never_been_stopped(
    shapes: list[tuple[str, object, Recovery]], trouble: dict[int, str]
) -> None:
    planned = len(trouble)
    smooth, rough = World(), World(dict(trouble))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        asyncio.run(run_to_the_end(Path(one), shapes, smooth))
        goes = asyncio.run(run_to_the_end(Path(other), shapes, rough))
    assert list(dict.fromkeys(rough.deeds)) == smooth.deeds
    met = planned - len(rough.trouble)
    assert goes <= 1 + met
    # Each time at most the one batch that was not yet noted is done again.
    assert len(rough.deeds) <= len(smooth.deeds) + met * BATCH

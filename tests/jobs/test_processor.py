from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from immich_tui.jobs.journal import Journal, JournalUnavailable
from immich_tui.jobs.phase import (
    BatchPhase,
    Cancelled,
    Complete,
    Context,
    Continue,
    Fatal,
    Nested,
    NonFatal,
    Outcome,
    Paused,
    Phase,
    Recovery,
    SkipTo,
)
from immich_tui.jobs.pool import Pool, Slot
from immich_tui.jobs.processor import JobResult, Processor
from immich_tui.jobs.progress import ItemError, Status

Events = list[str]


class Step(Phase[Events]):
    """A phase that notes what is called, and does what it is told."""

    recovery_wait_s = 0

    def __init__(
        self,
        name: str,
        act: Callable[[Context[Events]], Awaitable[Outcome | None]] | None = None,
        *,
        recovery: Recovery = Recovery.ABORT,
        wanted: bool = True,
    ) -> None:
        self.name = name
        self.label = name.title()
        self.recovery = recovery
        self._act = act
        self._wanted = wanted

    def wanted(self, context: Context[Events]) -> bool:
        return self._wanted

    async def run(self, context: Context[Events]) -> Outcome:
        context.subject.append(context.path)
        outcome = await self._act(context) if self._act else None
        return outcome or Continue()

    async def on_success(self, context: Context[Events]) -> None:
        context.subject.append(f"{context.path} succeeded")

    async def on_failure(self, context: Context[Events], error: Exception) -> None:
        context.subject.append(f"{context.path} failed: {error}")


class Numbers(BatchPhase[Events, int]):
    """Ten numbers, three at a time; raises once where it is told."""

    name = "numbers"
    batch_size = 3
    recovery_wait_s = 0

    def __init__(
        self, trouble: dict[int, Exception] | None = None, numbers: Sequence[int] = range(10)
    ) -> None:
        self.trouble = dict(trouble or {})
        self.numbers = numbers

    async def items(self, context: Context[Events]) -> Sequence[int]:
        return self.numbers

    async def handle_batch(self, context: Context[Events], batch: Sequence[int]) -> None:
        for number in batch:
            if number in self.trouble:
                raise self.trouble.pop(number)
            context.subject.append(str(number))


def raising(*errors: Exception | None) -> Callable[[Context[Events]], Awaitable[Outcome | None]]:
    left = list(errors)

    async def act(context: Context[Events]) -> None:
        if left and (error := left.pop(0)):
            raise error

    return act


def going(outcome: Outcome) -> Callable[[Context[Events]], Awaitable[Outcome | None]]:
    async def act(context: Context[Events]) -> Outcome:
        return outcome

    return act


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with await Journal.open(tmp_path / "session.db") as journal:
        yield journal


class Bench:
    """A run, and the events of all processors made for it."""

    def __init__(self, journal: Journal, run: str) -> None:
        self.journal = journal
        self.run = run
        self.events: Events = []

    def job(self, *phases: Phase[Events]) -> Processor[Events]:
        return Processor(self.journal, self.run, phases, self.events)

    async def __call__(self, *phases: Phase[Events]) -> JobResult:
        return await self.job(*phases).run()

    async def state(self) -> str:
        return next(run.state for run in await self.journal.runs() if run.id == self.run)


@pytest.fixture
async def bench(journal: Journal) -> Bench:
    return Bench(journal, await journal.start_run("resolve"))


def began(bench: Bench) -> list[str]:
    return [event for event in bench.events if " " not in event]


# -- order ---------------------------------------------------------------------------------------------------


async def test_phases_run_in_order_each_with_its_success(bench: Bench) -> None:
    result = await bench(Step("one"), Step("two"))
    assert bench.events == ["one", "one succeeded", "two", "two succeeded"]
    assert (result.state, result.reason, result.phase, result.errors) == (Status.DONE, "", "", ())
    assert await bench.state() == "done"


async def test_a_phase_that_is_not_wanted_is_skipped(bench: Bench) -> None:
    job = bench.job(Step("one", wanted=False), Step("two"))
    await job.run()
    assert began(bench) == ["two"]
    assert [phase.status for phase in job.snapshot().phases] == [Status.SKIPPED, Status.DONE]


async def test_skip_to_leaves_out_what_is_in_between(bench: Bench) -> None:
    job = bench.job(Step("one", going(SkipTo("three"))), Nested("two", [Step("in")]), Step("three"))
    await job.run()
    assert began(bench) == ["one", "three"]
    assert [phase.status.value for phase in job.snapshot().phases] == ["done", "skipped", "skipped", "done"]


@pytest.mark.parametrize("target", ["one", "two", "nowhere"])
async def test_skip_to_leads_forward_only(bench: Bench, target: str) -> None:
    result = await bench(Step("one"), Step("two", going(SkipTo(target))), Step("three"))
    assert result.state is Status.FAILED
    assert "does not come after it" in result.reason
    assert "three" not in began(bench)


async def test_complete_ends_the_list(bench: Bench) -> None:
    result = await bench(Step("one", going(Complete())), Step("two"))
    assert result.state is Status.DONE
    assert began(bench) == ["one"]


async def test_complete_inside_a_nested_phase_ends_that_one_only(bench: Bench) -> None:
    await bench(Nested("outer", [Step("a", going(Complete())), Step("b")]), Step("two"))
    assert began(bench) == ["outer/a", "two"]


async def test_phases_can_be_composed(bench: Bench) -> None:
    job = bench.job(Step("one").then(Step("two"), label="Both").then(Step("three"), name="all"))
    await job.run()
    assert began(bench) == ["all/one-two/one", "all/one-two/two", "all/three"]
    assert [(phase.depth, phase.label) for phase in job.snapshot().phases] == [
        (0, "all"), (1, "Both"), (2, "One"), (2, "Two"), (1, "Three")
    ]  # fmt: skip


@pytest.mark.parametrize("names", [["a", "a"], ["a/b"], [""]])
async def test_names_that_the_journal_could_not_tell_apart_are_refused(
    bench: Bench, names: list[str]
) -> None:
    with pytest.raises(ValueError, match="names of their own"):
        bench.job(*(Step(name) for name in names))


async def test_a_job_that_is_running_cannot_be_run_twice(bench: Bench) -> None:
    job = bench.job(Step("one", lambda context: asyncio.sleep(0.05)))
    first = asyncio.create_task(job.run())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="running already"):
        await job.run()
    assert (await first).state is Status.DONE


# -- errors and recovery -------------------------------------------------------------------------------------


async def test_an_item_that_failed_is_recorded_and_the_job_goes_on(bench: Bench) -> None:
    result = await bench(
        Numbers({4: NonFatal("four", "is odd")}), Step("two", raising(NonFatal("x", "y"))), Step("three")
    )
    assert result.state is Status.DONE
    assert result.errors == (ItemError("numbers", "four", "is odd"), ItemError("two", "x", "y"))
    assert [event for event in began(bench) if event.isdigit()] == ["0", "1", "2", "3", "6", "7", "8", "9"]
    assert "two succeeded" in bench.events


async def test_a_failed_phase_ends_the_job_and_can_be_run_again(bench: Bench) -> None:
    broken = Step("two", raising(OSError("no such disk")))
    result = await bench(Step("one"), broken, Step("three"))
    assert (result.state, result.phase, result.reason) == (Status.FAILED, "two", "OSError: no such disk")
    assert isinstance(result.error, OSError)
    assert bench.events[-1] == "two failed: no such disk"
    assert await bench.state() == "failed"
    assert (await bench(Step("one"), broken, Step("three"))).state is Status.DONE
    assert began(bench) == ["one", "two", "two", "three"]


async def test_fatal_ends_the_job_whatever_the_recovery(bench: Bench) -> None:
    result = await bench(
        Step("one", raising(Fatal("The plan is of another server.")), recovery=Recovery.RETRY)
    )
    assert (result.state, result.reason) == (Status.FAILED, "The plan is of another server.")
    assert began(bench) == ["one"]


async def test_retry_goes_on_from_the_checkpoint(bench: Bench) -> None:
    phase = Numbers({4: OSError("gone")})
    phase.recovery = Recovery.RETRY
    assert (await bench(phase)).state is Status.DONE
    assert began(bench) == ["0", "1", "2", "3", "3", "4", "5", "6", "7", "8", "9"]


async def test_restart_forgets_the_checkpoint_and_what_failed_before(bench: Bench) -> None:
    phase = Numbers({1: NonFatal("one", "is odd"), 4: OSError("gone")})
    phase.recovery = Recovery.RESTART
    result = await bench(phase)
    assert began(bench) == ["0", "3", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
    assert result.errors == ()
    assert (await bench(phase)).errors == ()


async def test_restart_of_a_nested_phase_runs_all_inside_again(bench: Bench) -> None:
    inner = [Step("a"), Numbers(), Step("b", raising(OSError("gone")))]
    nested = Nested("outer", inner, recovery=Recovery.RESTART)
    nested.recovery_wait_s = 0
    assert (await bench(nested)).state is Status.DONE
    assert began(bench).count("outer/a") == began(bench).count("0") == began(bench).count("outer/b") == 2


async def test_skip_goes_on_with_the_next_phase_and_says_why(bench: Bench) -> None:
    result = await bench(Step("one", raising(OSError("gone")), recovery=Recovery.SKIP), Step("two"))
    assert result.state is Status.DONE
    assert result.errors == (ItemError("one", "", "OSError: gone"),)
    assert "one failed: gone" in bench.events
    assert began(bench) == ["one", "two"]


async def test_recovery_is_bounded(bench: Bench) -> None:
    phase = Step("one", raising(*[OSError("gone")] * 50), recovery=Recovery.RETRY)
    phase.max_recoveries = 4
    result = await bench(phase)
    assert result.state is Status.FAILED
    assert began(bench) == ["one"] * 5
    assert bench.events.count("one failed: gone") == 1


async def test_a_phase_may_choose_its_recovery_by_the_error(bench: Bench) -> None:
    class Choosy(Step):
        def recovery_from(self, error: Exception) -> Recovery:
            return Recovery.RETRY if isinstance(error, OSError) else Recovery.SKIP

    assert (await bench(Choosy("one", raising(OSError("gone"), ValueError("odd"))))).state is Status.DONE
    assert began(bench) == ["one", "one"]


async def test_the_wait_before_a_recovery_ends_with_a_cancel(bench: Bench) -> None:
    phase = Step("one", raising(OSError("gone"), OSError("gone")), recovery=Recovery.RETRY)
    phase.recovery_wait_s = 1000
    job = bench.job(phase)
    running = asyncio.create_task(job.run())
    while not job.snapshot().log:
        await asyncio.sleep(0.001)
    job.cancel()
    assert (await running).state is Status.CANCELLED


async def test_a_failure_while_clearing_up_does_not_hide_the_first(bench: Bench) -> None:
    class Clumsy(Step):
        async def on_failure(self, context: Context[Events], error: Exception) -> None:
            raise ValueError("second")

    result = await bench(Clumsy("one", raising(OSError("first"))))
    assert result.reason == "OSError: first"
    assert "second" in result.errors[0].reason


async def test_a_failing_success_callback_is_a_failure_of_the_phase(bench: Bench) -> None:
    class Late(Step):
        async def on_success(self, context: Context[Events]) -> None:
            raise OSError("too late")

    assert (await bench(Late("one"), Step("two"))).state is Status.FAILED
    assert began(bench) == ["one"]


# -- pause, resume, cancel -----------------------------------------------------------------------------------


async def test_a_phase_that_pauses_stops_the_job_with_its_reason_and_it_resumes(bench: Bench) -> None:
    phases = [Step("one"), Numbers({7: Paused("The disk is full: 3 MB missing.")}), Step("three")]
    job = bench.job(*phases)
    result = await job.run()
    assert (result.state, result.phase) == (Status.PAUSED, "numbers")
    assert result.reason == job.snapshot().reason == "The disk is full: 3 MB missing."
    assert await bench.state() == "paused"
    assert (await job.run()).state is Status.DONE
    assert began(bench) == ["one", *"0123456", "6", "7", "8", "9", "three"]


async def test_pause_takes_effect_at_an_interrupt_point_and_stops_the_clock(bench: Bench) -> None:
    reached = asyncio.Event()

    async def act(context: Context[Events]) -> None:
        reached.set()
        await asyncio.sleep(0)
        context.subject.append("before")
        await context.interrupt_point()
        context.subject.append("after")

    job = bench.job(Step("one", act))
    running = asyncio.create_task(job.run())
    await reached.wait()
    job.pause()
    for _ in range(20):
        await asyncio.sleep(0.001)
    seen = job.snapshot()
    assert (seen.state, seen.reason) == (Status.PAUSED, "Paused on request.")
    assert bench.events == ["one", "before"]
    assert job.snapshot().elapsed_s == seen.elapsed_s
    job.resume()
    assert (await running).state is Status.DONE
    assert bench.events[2] == "after"


async def test_cancel_ends_a_paused_job_and_it_can_be_run_again(bench: Bench) -> None:
    phase = Numbers()
    job = bench.job(phase, Step("two"))
    running = asyncio.create_task(job.run())
    while "3" not in bench.events:
        await asyncio.sleep(0)
    job.pause()
    job.cancel()
    result = await running
    assert (result.state, result.phase) == (Status.CANCELLED, "numbers")
    assert await bench.state() == "cancelled"
    assert (await job.run()).state is Status.DONE
    assert {str(n) for n in range(10)} <= set(bench.events)


async def test_cancelling_the_task_is_passed_on_and_noted(bench: Bench) -> None:
    waiting = asyncio.Event()

    async def act(context: Context[Events]) -> None:
        waiting.set()
        await asyncio.sleep(1000)

    running = asyncio.create_task(bench.job(Nested("outer", [Step("one", act)])).run())
    await waiting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    # Noted without waiting; what is written later is durable later.
    await bench.journal.outcome(bench.run, "something", "else", "done")
    assert await bench.state() == "cancelled"
    history = await bench.job().history()
    assert [(record.phase, record.status) for record in history] == [
        ("outer", Status.CANCELLED),
        ("outer/one", Status.CANCELLED),
    ]


async def test_a_phase_that_works_through_a_pool_stops_with_it(bench: Bench) -> None:
    many = Pool(3, None)

    async def act(context: Context[Events]) -> None:
        async def one(item: int, slot: Slot) -> None:
            await context.interrupt_point()
            if item == 5:
                raise Paused("The key was revoked.")
            context.count("items")

        await many.work(range(1000), one)

    result = await bench(Step("one", act))
    assert (result.state, result.reason) == (Status.PAUSED, "The key was revoked.")
    assert 3 <= result.counters["items"] <= 8


async def test_counters_survive_the_process_as_of_the_last_checkpoint(bench: Bench) -> None:
    async def act(context: Context[Events]) -> None:
        context.count("files", 3)
        await context.checkpoint({"at": 1})
        context.count("files", 100)
        raise Paused("Later.")

    assert (await bench(Step("one", act))).counters == {"files": 103}

    async def go_on(context: Context[Events]) -> None:
        assert context.checkpointed == {"at": 1}
        context.count("files", 2)
        context.count("folders")

    job = bench.job(Step("one", go_on), Step("two"))
    assert (await job.run()).counters == {"files": 105, "folders": 1}
    assert (await bench.job(Step("one", go_on), Step("two")).run()).counters == {"files": 105, "folders": 1}


async def test_a_journal_that_cannot_be_written_pauses_the_job(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(context: Context[Events]) -> None:
        raise JournalUnavailable("The disk that holds the journal is full.")

    result = await bench(Step("one", act))
    assert (result.state, result.reason) == (Status.PAUSED, "The disk that holds the journal is full.")


async def test_a_journal_that_is_gone_at_the_end_still_gives_a_result(bench: Bench) -> None:
    async def act(context: Context[Events]) -> None:
        await bench.journal.close()

    result = await bench(Step("one", act))
    assert (result.state, result.reason) == (Status.PAUSED, "The journal is closed.")


# -- in another process --------------------------------------------------------------------------------------


async def test_another_processor_goes_on_in_the_middle_of_a_phase(bench: Bench) -> None:
    await bench(Step("one"), Numbers({8: Paused("later")}), Step("three"))
    before = len(bench.events)
    job = bench.job(Step("one"), Numbers(), Step("three"))
    assert (await job.run()).state is Status.DONE
    assert bench.events[before:] == ["6", "7", "8", "9", "three", "three succeeded"]
    assert [phase.status for phase in job.snapshot().phases] == [Status.DONE] * 3


async def test_a_batch_phase_begins_again_if_its_items_are_others(bench: Bench) -> None:
    await bench(Numbers({8: Paused("later")}))
    before = len(bench.events)
    await bench(Numbers(numbers=[9, *range(9)]))
    assert bench.events[before:] == ["9", *map(str, range(9))]


async def test_items_that_failed_are_remembered_until_settled(bench: Bench) -> None:
    async def fail(context: Context[Events]) -> None:
        context.non_fatal("a", "too big")
        context.non_fatal("b", "not there")
        raise Paused("later")

    async def settle(context: Context[Events]) -> None:
        context.settled("a")
        context.settled("never failed")
        context.non_fatal("b", "still not there")

    await bench(Step("one", fail))
    job = bench.job(Step("one", settle))
    result = await job.run()
    assert result.errors == (ItemError("one", "b", "still not there"),)
    assert job.snapshot().phases[0].errors == job.snapshot().error_count == 1
    assert (await bench(Step("one"))).errors == result.errors


async def test_the_outcome_of_a_finished_phase_still_counts(bench: Bench) -> None:
    await bench(Step("one", going(SkipTo("three"))), Step("two"), Step("three", raising(Paused("later"))))
    assert (await bench(Step("one"), Step("two"), Step("three"))).state is Status.DONE
    assert began(bench) == ["one", "three", "three"]


async def test_a_finished_job_does_nothing_when_run_again(bench: Bench) -> None:
    await bench(Step("one"), Nested("two", [Step("in")]))
    before = list(bench.events)
    job = bench.job(Step("one"), Nested("two", [Step("in")]))
    assert (await job.run()).state is Status.DONE
    assert bench.events == before
    assert {phase.status for phase in job.snapshot().phases} == {Status.DONE}


async def test_history_tells_every_attempt(bench: Bench) -> None:
    await bench(Step("one"), Step("two", raising(OSError("gone"))))
    await bench(Step("one"), Step("two", raising(Paused("later"))))
    job = bench.job(Step("one"), Step("two"), Step("three", wanted=False))
    await job.run()
    history = await job.history()
    assert [(record.phase, record.status.value, record.error) for record in history] == [
        ("one", "done", ""),
        ("two", "failed", "OSError: gone"),
        ("two", "paused", "later"),
        ("two", "done", ""),
        ("three", "skipped", ""),
    ]
    assert all(record.started <= record.ended for record in history)


# -- what a screen sees --------------------------------------------------------------------------------------


async def test_a_snapshot_tells_phases_progress_counters_and_log(bench: Bench) -> None:
    async def act(context: Context[Events]) -> None:
        context.progress(2, 8, 100, 400, "IMG_1.jpg", "files")
        context.count("files published", 2)
        context.log("Two files were there already.")

    job = bench.job(Step("one", act), Step("two"))
    assert job.snapshot().state is Status.WAITING
    await job.run()
    seen = job.snapshot()
    first = seen.phases[0]
    assert (first.label, first.done, first.total, first.bytes_total) == ("One", 2, 8, 400)
    assert (first.units, first.message, first.fraction) == ("files", "IMG_1.jpg", 1.0)
    assert seen.counters == {"files published": 2}
    assert [(line.phase, line.text) for line in seen.log] == [("one", "Two files were there already.")]
    assert job.snapshot().elapsed_s == seen.elapsed_s > 0


async def test_cancelled_can_be_raised_by_a_phase_itself(bench: Bench) -> None:
    result = await bench(Step("one", raising(Cancelled())))
    assert (result.state, result.reason) == (Status.CANCELLED, "Cancelled on request.")

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from immich_tui.jobs.outcome import Cancelled, Paused
from immich_tui.jobs.pool import Patience, Pool, Retry, Slot, SlotState
from tests.jobs.virtual_time import now, virtually

EAGER = Patience(first_s=1, longest_s=4, jitter_s=0)


class Refused(Exception):
    """What the other side answered, and what it asks for."""

    def __init__(self, retry: Retry | None = None) -> None:
        super().__init__("refused")
        self.retry = retry


def classify(error: BaseException) -> Retry | None:
    return error.retry if isinstance(error, Refused) else None


def pool(workers: int = 5, rate: float | None = None, **settings: object) -> Pool:
    settings = {"patience": EAGER, "clock": asyncio.get_running_loop().time, **settings}
    return Pool(workers, rate, classify, **settings)  # type: ignore[arg-type]  # settings by name


class Line:
    """The other side: takes `latency` for each call; keeps what was sent when, and how many at a time."""

    def __init__(self, latency: float = 1.0) -> None:
        self.latency = latency
        self.sent: list[float] = []
        self.answered = 0
        self.open = 0
        self.most = 0
        self.refuse: dict[int, Exception] = {}

    async def __call__(self) -> int:
        number = len(self.sent)
        self.sent.append(now())
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await asyncio.sleep(self.latency)
        finally:
            self.open -= 1
        if number in self.refuse:
            raise self.refuse[number]
        self.answered += 1
        return number


def calling(pool: Pool, line: Line, *, repeatable: bool = True) -> Callable[[int, Slot], Awaitable[None]]:
    async def handle(item: int, slot: Slot) -> None:
        slot.show(f"item {item}")
        await pool.call(line, slot, repeatable=repeatable)

    return handle


def others() -> set[asyncio.Task[object]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


# -- silence -------------------------------------------------------------------------------------------------


@virtually
async def test_how_long_nothing_was_answered_is_told_over_repeated_calls() -> None:
    line, many = Line(30), pool(1)
    line.refuse = {0: Refused(Retry()), 1: Refused(Retry())}
    assert many.snapshot().silent_for_s == 0
    work = asyncio.create_task(many.work(range(1), calling(many, line)))
    await asyncio.sleep(12)
    assert many.snapshot().silent_for_s == pytest.approx(12, abs=0.1)
    await asyncio.sleep(48)
    assert len(line.sent) == 2
    assert many.snapshot().silent_for_s == pytest.approx(60, abs=0.1)
    many.pause()
    assert many.snapshot().silent_for_s == 0
    many.resume()
    await work
    assert many.snapshot().silent_for_s == 0


@virtually
async def test_bytes_that_arrive_and_requests_for_time_are_answers() -> None:
    line, many = Line(40), pool(1)

    async def download(item: int, slot: Slot) -> None:
        call = asyncio.create_task(many.call(line, slot, repeatable=True))
        for received in range(4):
            await asyncio.sleep(8)
            slot.show("downloading", received + 1, 4)
            assert many.snapshot().silent_for_s < 8.5
        await call

    await many.work(range(1), download)
    busy = Line(5)
    busy.refuse = {0: Refused(Retry(after=30, slow_down=True, hold_all=True))}
    work = asyncio.create_task(many.work(range(1), calling(many, busy)))
    await asyncio.sleep(20)
    assert many.snapshot().silent_for_s == 0
    await work


# -- concurrency and rate ------------------------------------------------------------------------------------


@virtually
async def test_no_more_calls_are_out_than_there_are_permits() -> None:
    line, many = Line(), pool(3)
    await many.work(range(10), calling(many, line))
    assert line.most == 3
    assert len(line.sent) == 10
    assert now() - line.sent[0] == pytest.approx(4, abs=0.01)


@virtually
async def test_calls_go_out_evenly_at_the_rate() -> None:
    line, many = Line(0.01), pool(5, 10)
    await many.work(range(120), calling(many, line))
    gaps = [after - before for before, after in zip(line.sent[1:], line.sent[2:], strict=False)]
    assert min(gaps) > 0.08
    assert line.sent[-1] - line.sent[0] <= 1.01 * 118 / 10


@virtually
async def test_a_token_is_taken_inside_the_permit_and_not_spent_waiting_for_it() -> None:
    line, many = Line(10), pool(1, 1)
    await many.work(range(3), calling(many, line))
    assert line.sent == pytest.approx([line.sent[0] + 10 * n for n in range(3)], abs=0.01)
    assert many.snapshot().sent == 3


@virtually
async def test_the_rate_can_be_changed_while_calls_wait_for_it() -> None:
    line, many = Line(0.001), pool(5, 0.01)
    work = asyncio.create_task(many.work(range(50), calling(many, line)))
    await asyncio.sleep(1)
    assert len(line.sent) == 2
    many.set_rate(100)
    await work
    assert line.sent[-1] - line.sent[2] < 0.6
    assert many.snapshot().rate == 100


@virtually
async def test_more_workers_come_at_once_and_fewer_let_go_of_nothing_in_flight() -> None:
    line, many = Line(10), pool(2)
    work = asyncio.create_task(many.work(range(30), calling(many, line)))
    await asyncio.sleep(1)
    many.set_workers(6)
    await asyncio.sleep(1)
    assert line.open == 6
    many.set_workers(1)
    await asyncio.sleep(1)
    assert line.open == 6
    await asyncio.sleep(10)
    assert line.open == 1
    assert [slot.number for slot in many.snapshot().slots if slot.state is SlotState.WORKING] != []
    many.set_workers(10)
    await work
    assert line.answered == len(line.sent) == 30


# -- refusals ------------------------------------------------------------------------------------------------


@virtually
async def test_a_repeatable_call_is_tried_again_with_growing_waits() -> None:
    line, many = Line(0), pool(1)
    line.refuse = {n: Refused(Retry()) for n in range(4)}
    with many.lease() as slot:
        assert await many.call(line, slot, repeatable=True) == 4
    waits = [after - before for before, after in zip(line.sent, line.sent[1:], strict=False)]
    assert waits == pytest.approx([1, 2, 4, 4], abs=0.01)
    assert many.snapshot().retried == 4


@virtually
async def test_a_call_that_must_not_be_repeated_is_sent_once_and_still_slows_the_pool_down() -> None:
    line, many = Line(0), pool(1, 10)
    line.refuse = {0: Refused(Retry(after=20, slow_down=True, hold_all=True))}
    with many.lease() as slot, pytest.raises(Refused):
        await many.call(line, slot, repeatable=False)
    assert len(line.sent) == 1
    seen = many.snapshot()
    assert seen.rate == 5
    assert seen.set_rate == 10
    assert seen.held_for_s == pytest.approx(20, abs=0.1)


@virtually
async def test_a_call_that_did_nothing_is_sent_again_though_it_must_not_be_repeated() -> None:
    line, many = Line(0), pool(1)
    line.refuse = {0: Refused(Retry(undone=True)), 1: Refused(Retry())}
    with many.lease() as slot, pytest.raises(Refused):
        await many.call(line, slot, repeatable=False)
    assert len(line.sent) == 2


@virtually
async def test_an_error_that_is_not_worth_it_is_not_tried_again() -> None:
    line, many = Line(0), pool(1)
    line.refuse = {0: Refused(None)}
    with many.lease() as slot, pytest.raises(Refused):
        await many.call(line, slot, repeatable=True)
    assert len(line.sent) == 1


@virtually
async def test_tries_are_bounded_by_number() -> None:
    line, many = Line(0), pool(1, patience=Patience(tries=3, first_s=0, jitter_s=0))
    line.refuse = {n: Refused(Retry()) for n in range(100)}
    with many.lease() as slot, pytest.raises(Refused):
        await many.call(line, slot, repeatable=True)
    assert len(line.sent) == 3


@virtually
async def test_tries_are_bounded_by_time_since_the_first_failure() -> None:
    line, many = (
        Line(0),
        pool(1, patience=Patience(tries=1000, within_s=60, first_s=10, longest_s=10, jitter_s=0)),
    )
    line.refuse = {n: Refused(Retry()) for n in range(1000)}
    with many.lease() as slot, pytest.raises(Refused):
        await many.call(line, slot, repeatable=True)
    assert 6 <= len(line.sent) <= 8


@virtually
async def test_waits_carry_jitter() -> None:
    line, many = Line(0), pool(20, patience=Patience(first_s=1, jitter_s=5))
    line.refuse = {n: Refused(Retry()) for n in range(20)}
    await many.work(range(20), calling(many, line))
    again = line.sent[20:]
    assert len({round(at, 2) for at in again}) > 10
    assert min(again) - line.sent[0] >= 1
    assert max(again) - line.sent[0] <= 6.1


@virtually
async def test_a_refusal_with_a_time_holds_all_workers_back() -> None:
    line, many = Line(0.005), pool(5, 100)
    line.refuse = {7: Refused(Retry(after=30, slow_down=True, hold_all=True))}
    await many.work(range(50), calling(many, line))
    refused = line.sent[7] + 0.005
    assert not [at for at in line.sent if refused < at < refused + 29.9]
    assert line.answered == 50


@virtually
async def test_the_longest_hold_wins_and_an_absurd_one_is_capped() -> None:
    line, many = Line(0), pool(1)
    line.refuse = {0: Refused(Retry(after=36_000, hold_all=True))}
    with many.lease() as slot:
        await many.call(line, slot, repeatable=True)
    assert line.sent[1] - line.sent[0] == pytest.approx(300, abs=1.1)


@pytest.mark.parametrize("after", [0.0, -5.0])
@virtually
async def test_a_time_in_the_past_holds_nobody(after: float) -> None:
    line, many = Line(0), pool(1)
    line.refuse = {0: Refused(Retry(after=after, hold_all=True))}
    with many.lease() as slot:
        await many.call(line, slot, repeatable=True)
    assert line.sent[1] - line.sent[0] < 0.01


@virtually
async def test_a_refusal_of_one_call_leaves_the_others_alone() -> None:
    line, many = Line(0.01), pool(2)
    line.refuse = {0: Refused(Retry(after=60))}
    await many.work(range(50), calling(many, line))
    assert sorted(line.sent)[49] - line.sent[0] < 1
    assert sorted(line.sent)[50] - line.sent[0] == pytest.approx(60, abs=0.1)


@virtually
async def test_the_permit_is_free_while_a_call_waits_to_be_tried_again() -> None:
    line, many = Line(0.1), pool(1, patience=Patience(first_s=50, longest_s=50, jitter_s=0))
    line.refuse = {0: Refused(Retry())}
    with many.lease() as first, many.lease() as second:
        waiting = asyncio.create_task(many.call(line, first, repeatable=True))
        await asyncio.sleep(1)
        assert first.state is SlotState.RETRY
        await many.call(line, second, repeatable=True)
        assert now() - line.sent[0] < 2
        await waiting


# -- pause, cancel, errors -----------------------------------------------------------------------------------


@virtually
async def test_pause_lets_what_is_in_flight_finish_and_begins_nothing_new() -> None:
    line, many = Line(5), pool(3, 1)
    work = asyncio.create_task(many.work(range(20), calling(many, line)))
    await asyncio.sleep(1.5)
    many.pause()
    sent = len(line.sent)
    await asyncio.sleep(100)
    assert len(line.sent) == sent == line.answered
    assert many.snapshot().paused
    many.resume()
    await work
    assert line.answered == 20


@virtually
async def test_cancel_lets_what_is_in_flight_finish_and_cuts_every_wait_short() -> None:
    line, many = Line(5), pool(4, 0.5)
    work = asyncio.create_task(many.work(range(20), calling(many, line)))
    await asyncio.sleep(1)
    sent = len(line.sent)
    many.cancel()
    with pytest.raises(Cancelled):
        await work
    assert len(line.sent) == sent == line.answered > 0
    assert not others()
    with pytest.raises(Cancelled):
        await many.work(range(3), calling(many, line))


@virtually
async def test_cancel_reaches_calls_that_are_paused_held_or_waiting_to_retry() -> None:
    line, many = Line(0), pool(3, patience=Patience(first_s=100, longest_s=100, jitter_s=0))
    line.refuse = {0: Refused(Retry())}
    with many.lease() as first, many.lease() as second:
        retrying = asyncio.create_task(many.call(line, first, repeatable=True))
        await asyncio.sleep(1)
        many.pause()
        paused = asyncio.create_task(many.call(line, second, repeatable=True))
        await asyncio.sleep(1)
        many.cancel()
        results = await asyncio.gather(retrying, paused, return_exceptions=True)
    assert [type(result) for result in results] == [Cancelled, Cancelled]
    assert now() - line.sent[0] < 5
    assert many.snapshot().busy == 0


@virtually
async def test_a_stop_in_the_moment_a_turn_comes_sends_nothing_and_breaks_nothing_off() -> None:
    for delay in (0.999999, 1.0, 1.000001, 1.000002, 1.000003):
        line, many = Line(1), pool(3, 1)
        work = asyncio.create_task(many.work(range(9), calling(many, line)))
        await asyncio.sleep(delay)
        many.cancel()
        with pytest.raises(Cancelled):
            await work
        assert line.answered == len(line.sent)


@virtually
async def test_the_first_error_stops_the_rest_cleanly_and_comes_out_as_it_is() -> None:
    line, many = Line(5), pool(3)
    begun: list[int] = []
    key_revoked = Paused("The key was revoked.")

    async def handle(item: int, slot: Slot) -> None:
        begun.append(item)
        await many.call(line, slot, repeatable=True)
        if item == 4:
            raise key_revoked

    with pytest.raises(Paused) as raised:
        await many.work(range(100), handle)
    assert raised.value is key_revoked
    assert line.answered == len(line.sent)
    assert len(begun) <= 8
    assert not others()


@virtually
async def test_what_does_not_finish_in_time_after_an_error_is_cancelled() -> None:
    many = pool(2, grace_s=30)
    ended: list[str] = []

    async def handle(item: int, slot: Slot) -> None:
        if item == 0:
            await asyncio.sleep(1)
            raise Refused
        try:
            await asyncio.sleep(10_000)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    begun = now()
    with pytest.raises(Refused):
        await many.work(range(2), handle)
    assert ended == ["cancelled"]
    assert now() - begun == pytest.approx(31, abs=0.1)


@virtually
async def test_cancelling_the_task_leaves_no_task_and_no_permit_behind() -> None:
    line, many = Line(50), pool(4, 1)
    work = asyncio.create_task(many.work(range(20), calling(many, line)))
    await asyncio.sleep(2.5)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not others()
    seen = many.snapshot()
    assert seen.busy == 0
    assert [slot.state for slot in seen.slots] == [SlotState.IDLE] * 4
    line.latency = 0
    await many.work(range(3), calling(many, line))


@virtually
async def test_cancelling_before_the_first_turn_of_the_loop_is_clean_too() -> None:
    many = pool(4)
    work = asyncio.create_task(many.work(range(20), calling(many, Line())))
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    work = asyncio.create_task(many.work(range(20), calling(many, Line())))
    await asyncio.sleep(0)
    work.cancel()
    many.set_workers(9)
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not others()


@virtually
async def test_an_item_whose_own_part_was_cancelled_is_not_taken_for_done() -> None:
    many = pool(2)

    async def handle(item: int, slot: Slot) -> None:
        part = asyncio.create_task(asyncio.sleep(1))
        part.cancel()
        await part

    with pytest.raises(Cancelled, match="part of the work"):
        await many.work(range(5), handle)


# -- items ---------------------------------------------------------------------------------------------------


@virtually
async def test_items_are_read_only_as_workers_come_free() -> None:
    line, many = Line(1), pool(3)
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    work = asyncio.create_task(many.work(items(), calling(many, line)))
    await asyncio.sleep(4.5)
    assert len(read) <= len(line.sent) + 2
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


@virtually
async def test_items_may_come_from_an_async_source_that_is_read_by_one_task_and_closed() -> None:
    line, many = Line(1), pool(3)
    readers: set[object] = set()
    closed: list[bool] = []

    async def items() -> AsyncIterator[int]:
        try:
            async with asyncio.timeout(1000):
                for number in range(10):
                    readers.add(asyncio.current_task())
                    await asyncio.sleep(0.1)
                    yield number
        finally:
            closed.append(True)

    await many.work(items(), calling(many, line))
    assert line.answered == 10
    assert len(readers) == 1
    line.refuse = {11: Refused()}
    with pytest.raises(Refused):
        await many.work(items(), calling(many, line))
    assert closed == [True, True]


@virtually
async def test_an_error_of_the_source_comes_out_after_the_rest_has_ended() -> None:
    line, many = Line(5), pool(3)

    def items() -> Iterator[int]:
        yield from range(2)
        raise OSError("the list broke off")

    with pytest.raises(OSError, match="broke off"):
        await many.work(items(), calling(many, line))
    assert line.answered == len(line.sent) >= 1
    assert not others()


@virtually
async def test_no_items_is_no_work() -> None:
    many = pool(3)
    await many.work([], calling(many, Line()))
    assert many.snapshot().sent == 0


# -- what a screen sees --------------------------------------------------------------------------------------


@virtually
async def test_every_slot_says_what_it_waits_for() -> None:
    line, many = Line(100), pool(4, 0.01)

    async def handle(item: int, slot: Slot) -> None:
        slot.show(f"item {item}", 3, 10)
        await many.call(line, slot, repeatable=True)

    work = asyncio.create_task(many.work(range(3), handle))
    await asyncio.sleep(1)
    with many.lease("by hand") as fifth:
        many.set_workers(1)
        waiting = asyncio.create_task(many.call(line, fifth, repeatable=True))
        await asyncio.sleep(1)
        states = {slot.label: slot.state for slot in many.snapshot().slots}
        assert states["item 0"] is SlotState.WORKING
        assert states["item 2"] is SlotState.RATE
        assert states["by hand"] is SlotState.PERMIT
        assert many.snapshot().slots[0].total == 10
        work.cancel()
        waiting.cancel()
        await asyncio.gather(work, waiting, return_exceptions=True)
    assert [slot.state for slot in many.snapshot().slots] == [SlotState.IDLE]


@virtually
async def test_what_is_done_aside_takes_none_of_the_slots() -> None:
    line, many = Line(10), pool(2, None)
    with many.lease("aside", aside=True) as slot, many.lease("aside", aside=True), many.lease("by hand"):
        asking = asyncio.create_task(many.call(line, slot, repeatable=True))
        await asyncio.sleep(1)
        seen = many.snapshot()
        assert [(one.number, one.label) for one in seen.slots] == [(1, "by hand"), (2, "")]
        assert seen.aside == ("aside",)
        assert seen.busy == 1
        await asking
    assert many.snapshot().aside == ()


@virtually
async def test_the_recent_rate_is_what_went_out() -> None:
    line, many = Line(0.01), pool(5, 20)
    await many.work(range(200), calling(many, line))
    assert many.snapshot().recent_rate == pytest.approx(20, rel=0.05)
    await asyncio.sleep(10)
    assert many.snapshot().recent_rate == 0


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(ValueError, match="one worker"):
        Pool(0)

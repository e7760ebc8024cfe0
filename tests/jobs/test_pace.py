from __future__ import annotations

import asyncio
import math

import pytest

from immich_tui.jobs.pace import AGAIN_S, RECOVER_EVERY_S, Pace
from tests.jobs.virtual_time import now, stand_still, virtually


def busiest_second(times: list[float]) -> int:
    return max(sum(start <= at < start + 1 for at in times) for start in times)


async def through(pace: Pace, count: int, times: list[float]) -> None:
    async def one() -> None:
        await pace.acquire()
        times.append(now())

    await asyncio.gather(*(one() for _ in range(count)))


@pytest.mark.parametrize("rate", [0.5, 10.0, 100.0])
@virtually
async def test_the_whole_rate_is_used_and_no_second_holds_more_than_one_request_over(rate: float) -> None:
    pace = Pace(rate)
    times: list[float] = []
    await through(pace, 200, times)
    assert busiest_second(times) <= math.ceil(rate) + 1
    assert times[-1] - times[0] == pytest.approx(198 / rate, rel=0.01)


@virtually
async def test_turns_that_come_late_are_made_up_for_without_a_second_that_holds_too_many() -> None:
    pace = Pace(100)
    times: list[float] = []
    going = asyncio.create_task(through(pace, 600, times))
    for _ in range(12):
        await asyncio.sleep(0.2)
        # Nothing else runs meanwhile: every timer of this stretch is late.
        stand_still(0.025)
    await going
    assert busiest_second(times) <= 101
    assert times[-1] - times[0] == pytest.approx(598 / 100, rel=0.01)


@virtually
async def test_no_limit_never_waits() -> None:
    pace = Pace(None)
    times: list[float] = []
    await through(pace, 1000, times)
    assert times[-1] - times[0] < 0.001


@virtually
async def test_those_who_wait_at_the_old_rate_are_served_in_order_at_the_new_one() -> None:
    pace = Pace(0.001)
    served: list[int] = []

    async def one(number: int) -> None:
        await pace.acquire()
        served.append(number)

    waiting = [asyncio.create_task(one(number)) for number in range(20)]
    while len(served) < 2:
        await asyncio.sleep(0.1)
    changed = now()
    pace.set_rate(100)
    await asyncio.gather(*waiting)
    assert now() - changed < 0.25
    assert served == sorted(served)


@virtually
async def test_lifting_the_limit_frees_those_who_wait() -> None:
    pace = Pace(0.001)
    times: list[float] = []
    waiting = asyncio.create_task(through(pace, 20, times))
    while len(times) < 2:
        await asyncio.sleep(0.1)
    pace.set_rate(None)
    await waiting
    assert times[-1] - times[2] < 0.001


@virtually
async def test_changing_the_rate_again_and_again_lets_no_burst_through_and_starves_nobody() -> None:
    pace = Pace(10)
    times: list[float] = []
    waiting = asyncio.create_task(through(pace, 60, times))
    for turn in range(100):
        await asyncio.sleep(0.03)
        pace.set_rate(10 if turn % 2 else 9.9)
    assert busiest_second(times) <= 11
    assert len(times) >= 25
    await waiting


@virtually
async def test_a_waiter_that_is_cancelled_takes_no_turn_with_it() -> None:
    pace = Pace(10)
    times: list[float] = []
    waiting = [asyncio.create_task(through(pace, 1, times)) for _ in range(40)]
    await asyncio.sleep(0)
    begun = now()
    for task in waiting[::2]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert now() - begun == pytest.approx(2.0, abs=0.25)


@virtually
async def test_slowing_down_halves_the_rate_once_for_a_burst_of_refusals() -> None:
    pace = Pace(10)
    for _ in range(5):
        pace.slow_down()
    assert pace.rate == 5
    await asyncio.sleep(AGAIN_S)
    pace.slow_down()
    assert pace.rate == 2.5


@virtually
async def test_slowing_down_ends_well_above_a_standstill() -> None:
    pace = Pace(10)
    for _ in range(50):
        pace.slow_down()
        await asyncio.sleep(AGAIN_S)
    assert pace.rate == 0.5


@virtually
async def test_the_set_rate_comes_back_step_by_step() -> None:
    pace = Pace(10)
    pace.slow_down()
    rates = []
    for _ in range(7):
        await asyncio.sleep(RECOVER_EVERY_S)
        await pace.acquire()
        rates.append(pace.rate)
    assert rates == [6, 7, 8, 9, 10, 10, 10]


@virtually
async def test_setting_a_rate_ends_the_slow_down() -> None:
    pace = Pace(10)
    pace.slow_down()
    pace.set_rate(20)
    assert pace.rate == 20


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Pace(rate)

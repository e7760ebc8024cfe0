"""The clock for ages goes on in sleep, and the pool tells how long turns take."""

from __future__ import annotations

import time

import pytest

from immich_tui.jobs.pool import Pool
from immich_tui.jobs.sleepless import sleepless


def test_it_reads_the_clock_that_goes_on_while_the_machine_sleeps() -> None:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    before = time.clock_gettime(clock)
    told = sleepless()
    assert before <= told <= time.clock_gettime(clock)


@pytest.mark.parametrize(("rate", "seconds"), [(10.0, 1.2), (0.5, 24.0), (None, 0.0)])
async def test_turns_take_as_long_as_the_rate_in_force_and_all_who_ask_make_them(
    rate: float | None, seconds: float
) -> None:
    pool = Pool(workers=5, rate=rate)
    assert pool.turns_s(2) == pytest.approx(seconds)
    pool.set_rate(100.0)
    assert pool.turns_s(2) == pytest.approx(0.12)

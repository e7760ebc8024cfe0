"""More or fewer workers and requests a second, in the steps of the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immich_tui.jobs.pool import Pool

MOST_WORKERS = 32


def change_workers(pool: Pool, by: int) -> None:
    """So many workers more (or fewer); never none."""
    pool.set_workers(max(1, min(MOST_WORKERS, pool.snapshot().workers + by)))


def change_rate(pool: Pool, by: int) -> None:
    """One step faster or slower, steps that suit the size; nothing where there is no limit."""
    rate = pool.snapshot().set_rate
    if rate:
        step = 1 if rate + by < 10 else 5 if rate + by < 50 else 25
        pool.set_rate(max(1.0, rate + by * step))


def in_words(pool: Pool) -> str:
    """The limits that are set."""
    now = pool.snapshot()
    rate = f"at most {now.set_rate:g} requests a second" if now.set_rate else "no limit on requests a second"
    return f"{now.workers} workers, {rate}" if now.workers != 1 else f"1 worker, {rate}"

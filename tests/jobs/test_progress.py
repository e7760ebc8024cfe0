from __future__ import annotations

import dataclasses
import threading

import pytest

from immich_tui.jobs.progress import Counters, PhaseProgress, Status


class Clock:
    def __init__(self) -> None:
        self.at = 50.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> PhaseProgress:
    progress = PhaseProgress("backup/videos", "Back up videos", clock)
    progress.status = Status.RUNNING
    return progress


def report(progress: PhaseProgress, done: int, total: int, bytes_done: int = 0, bytes_total: int = 0) -> None:
    progress.update(done, total, bytes_done, bytes_total, "", "files")


def eta(progress: PhaseProgress) -> float | None:
    return progress.snapshot(0).eta_s


def test_a_steady_rate_gives_the_time_that_is_left(progress: PhaseProgress, clock: Clock) -> None:
    for done in range(0, 101, 2):
        report(progress, done, 1000)
        clock.at += 1
    clock.at -= 1
    assert eta(progress) == pytest.approx(450, rel=0.01)


def test_bytes_count_more_than_items_where_they_are_known(progress: PhaseProgress, clock: Clock) -> None:
    report(progress, 0, 3, 0, 10_000)
    clock.at += 10
    report(progress, 2, 3, 1_000, 10_000)
    assert eta(progress) == pytest.approx(90)
    assert progress.snapshot(0).fraction == 0.1


def test_what_an_earlier_process_did_does_not_count_as_speed(progress: PhaseProgress, clock: Clock) -> None:
    report(progress, 5000, 10_000)
    assert eta(progress) is None
    clock.at += 10
    report(progress, 5010, 10_000)
    assert eta(progress) == pytest.approx(4990)


def test_a_standstill_makes_the_time_left_grow_without_any_report(
    progress: PhaseProgress, clock: Clock
) -> None:
    for done in range(20):
        report(progress, done, 100)
        clock.at += 1
    seen: list[float] = []
    for _ in range(4):
        clock.at += 20
        left = eta(progress)
        assert left is not None
        seen.append(left)
    assert seen == sorted(seen)
    assert seen[-1] > 5 * seen[0]


def test_a_slower_line_is_followed_within_half_a_minute(progress: PhaseProgress, clock: Clock) -> None:
    done = 0
    for _ in range(60):
        done += 10
        report(progress, done, 10_000)
        clock.at += 1
    for _ in range(30):
        done += 1
        report(progress, done, 10_000)
        clock.at += 1
    left = eta(progress)
    assert left is not None
    assert 10_000 / 3 < left < 10_000


def test_reports_in_quick_succession_cost_no_accuracy(progress: PhaseProgress, clock: Clock) -> None:
    for done in range(10_000):
        report(progress, done, 20_000)
        clock.at += 0.001
    assert eta(progress) == pytest.approx(10, rel=0.01)


def test_starting_over_begins_the_rate_again(progress: PhaseProgress, clock: Clock) -> None:
    report(progress, 0, 100)
    clock.at += 10
    report(progress, 50, 100)
    report(progress, 0, 100)
    clock.at += 10
    report(progress, 1, 100)
    assert eta(progress) == pytest.approx(990)


def test_nothing_is_said_where_nothing_is_known(progress: PhaseProgress, clock: Clock) -> None:
    report(progress, 0, 0)
    assert (eta(progress), progress.snapshot(0).fraction) == (None, None)
    report(progress, 0, 10)
    assert eta(progress) is None
    progress.status = Status.PAUSED
    assert eta(progress) is None


def test_all_done_leaves_no_time(progress: PhaseProgress) -> None:
    report(progress, 10, 10)
    assert eta(progress) == 0


def test_a_snapshot_does_not_change(progress: PhaseProgress) -> None:
    report(progress, 1, 10)
    seen = progress.snapshot(3)
    report(progress, 2, 10)
    assert (seen.done, seen.errors, seen.depth, seen.units) == (1, 3, 1, "files")
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.done = 5  # type: ignore[misc]  # what must be refused


def test_operations_are_counted_whole_from_any_thread() -> None:
    counters = Counters()

    def count() -> None:
        for _ in range(2_000):
            counters.add("files published")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counters.add("bytes", 10)
    assert counters.totals() == {"files published": 16_000, "bytes": 10}

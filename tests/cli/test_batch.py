"""A plan carried out a few groups at a time, as cron does it: each call goes on where the last one ended."""

from __future__ import annotations

import json
import signal
import time

import pytest

from immich_tui.demo.faults import delayed, status
from tests.cli.conftest import Desktop


def trashed(desktop: Desktop) -> int:
    return sum(asset.trashed for asset in desktop.shelf.library.assets.values())


@pytest.mark.parametrize("from_file", [True, False])
def test_each_call_carries_out_the_next_groups_until_none_is_left(desktop: Desktop, from_file: bool) -> None:
    for number in range(5):
        desktop.shelf.pair(number)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    plan = [desktop.plan]
    seen = []
    for left in (3, 1, 0):
        done = desktop.run("execute", *plan, "--batch", 2, "--yes", "--json")
        assert done.status == 0, done.out
        (report,) = done.of("report")
        seen.append((report["groups_done"], report["run"]))
        assert [line["left"] for line in done.of("batch")] == ([left] if left else [])
        assert trashed(desktop) == 5 - left
        # The first call took the whole plan into the session.
        plan = plan if from_file else []
    assert [number for number, _ in seen] == [2, 2, 1]
    assert len({run for _, run in seen}) == 3
    after = len(desktop.server.requests)
    nothing = desktop.run("execute", *plan, "--batch", 2, "--yes")
    assert (nothing.status, "carried out" in nothing.err) == (0, True)
    assert all(request.method == "GET" for request in list(desktop.server.requests)[after:])


def test_people_are_told_how_much_is_left(desktop: Desktop) -> None:
    for number in range(3):
        desktop.shelf.pair(number)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    done = desktop.run("execute", desktop.plan, "--batch", 2, "--yes")
    assert "1 group left for the next batch: call the same again" in done.out


@pytest.mark.parametrize("kept", ["changed", "without its file"])
def test_groups_that_cannot_be_carried_out_keep_none_of_the_others_waiting(
    desktop: Desktop, kept: str
) -> None:
    for number in range(6):
        desktop.shelf.pair(number)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    for group in json.loads(desktop.plan.read_text())["groups"][:3]:
        loser = group["decision"]["trash"][0]
        if kept == "changed":
            desktop.shelf.library.edit(loser, description="somebody was here")
        else:
            desktop.server.faults.add(status(404), path=f"/assets/{loser}/original", times=None)
    ends = [desktop.run("execute", desktop.plan, "--batch", 2, "--yes", "--json") for _ in range(5)]
    assert trashed(desktop) == 3, [end.out for end in ends]
    # What is left is told each time: changed by somebody, or by our own carry before its backup failed.
    assert (ends[-1].status, len(ends[-1].of("held"))) == (4, 3)


def test_a_batch_that_was_cut_off_is_ended_by_the_next_call(desktop: Desktop) -> None:
    for number in range(4):
        desktop.shelf.pair(number)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    desktop.server.faults.add(delayed(0.5), path="/original", times=None)
    running = desktop.start("execute", desktop.plan, "--batch", 2, "--yes", "--json", "--workers", 1)
    deadline = time.monotonic() + 30
    while not any("/original" in request.path for request in list(desktop.server.requests)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 143, (out, err)
    desktop.server.faults.clear()

    again = desktop.run("execute", desktop.plan, "--batch", 2, "--yes", "--json")
    assert again.status == 0, again.out
    assert again.of("report")[0]["groups_done"] == 2
    assert trashed(desktop) == 2
    assert any("did not end is taken up" in line["text"] for line in again.of("message"))
    assert desktop.run("execute", desktop.plan, "--batch", 2, "--yes").status == 0
    assert trashed(desktop) == 4


@pytest.mark.parametrize("more", [["--resume"], ["--permanent", 2]])
def test_a_batch_goes_neither_with_resume_nor_with_a_number_to_delete(
    desktop: Desktop, more: list[object]
) -> None:
    done = desktop.run("execute", "--batch", 2, *more)
    assert (done.status, "--batch" in done.err) == (2, True)

"""Where output goes: other encodings, full disks, closed streams, readers that go away, and who stops it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from immich_tui.config import Paths
from immich_tui.demo.faults import delayed
from immich_tui.demo.household import OWNER
from immich_tui.review.store import Store
from tests.cli.conftest import Desktop

FULL = Path("/dev/full")


def shell(desktop: Desktop, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `$tui` is the program."""
    tui = f"{sys.executable} -m immich_tui"
    return subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, **desktop.environ, "tui": tui, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_terminal_that_knows_few_letters_is_told_all_the_same(desktop: Desktop) -> None:
    done = shell(desktop, "$tui doctor", PYTHONIOENCODING="ascii")
    assert "? ok" in done.stdout
    assert "This machine" in done.stdout
    assert "warning" in done.stdout.splitlines()[-1]


def test_a_plan_on_standard_output_is_utf8_whatever_the_terminal_speaks(desktop: Desktop) -> None:
    winner, _ = desktop.shelf.pair(1)
    desktop.shelf.library.edit(winner.id, description="夏 🏖")
    done = subprocess.run(
        [sys.executable, "-m", "immich_tui", "analyze", "-o", "-"],
        env={**os.environ, **desktop.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout.decode())["groups"]) == 1


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["runs --json", "config path", "plan schema", "analyze -o -"])
def test_a_result_that_cannot_be_written_is_no_success(desktop: Desktop, command: str) -> None:
    done = shell(desktop, f"$tui {command} > /dev/full")
    assert done.returncode in (1, 2), done
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["analyze -o -", "plan schema", "analyze --json"])
def test_a_reader_that_goes_away_is_no_failure(desktop: Desktop, command: str) -> None:
    for number in range(3):
        desktop.shelf.pair(number)
    done = shell(desktop, f"$tui {command} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, "rror" in done.stderr) == (0, False), done


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&- <&-"])
def test_closed_streams_are_no_mistake(desktop: Desktop, closed: str) -> None:
    done = shell(desktop, f"$tui runs {closed}")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_app_is_refused_where_there_is_no_terminal_at_all(desktop: Desktop) -> None:
    for closed in ("<&-", ">&-"):
        done = shell(desktop, f"$tui {closed}")
        assert (done.returncode, "needs a terminal" in done.stderr) == (2, True), done


def test_nobody_is_asked_where_standard_input_is_closed(desktop: Desktop) -> None:
    desktop.shelf.pair(1)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    done = shell(desktop, f"$tui execute {desktop.plan} <&-")
    assert (done.returncode, "Add --yes" in done.stderr) == (4, True)


def test_one_stream_is_either_a_plan_or_lines(desktop: Desktop) -> None:
    done = desktop.run("analyze", "-o", "-", "--json")
    assert (done.status, "--json" in done.err, done.out) == (2, True, "")


def test_a_fetch_that_is_ended_by_a_signal_ends_with_its_status(desktop: Desktop) -> None:
    desktop.shelf.pair(1)
    desktop.server.faults.add(delayed(20), path="/duplicates", times=None)
    running = desktop.start("analyze", "--json")
    assert running.stdout is not None
    assert any('"listing"' in line and '"running"' in line for line in running.stdout)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130, (out, err)


@pytest.mark.parametrize("more", [["--dry-run"], ["--resume"]])
def test_a_run_is_not_given_up_beside_something_else(desktop: Desktop, more: list[str]) -> None:
    done = desktop.run("execute", "--abandon", *more)
    assert (done.status, "--abandon" in done.err) == (2, True)


def test_a_session_that_another_window_has_is_not_read_anew(desktop: Desktop) -> None:
    held = Store.open(Paths.standard().database(f"{desktop.server.url}/api", OWNER.id))
    try:
        done = desktop.run("analyze", "--cached")
    finally:
        held.close()
    assert (done.status, "Another immich-tui is at work" in done.err) == (4, True), done


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_log_that_cannot_be_written_is_said_once_and_stops_nothing(desktop: Desktop) -> None:
    desktop.shelf.pair(1)
    done = shell(desktop, "$tui analyze --log-file /dev/full -vv")
    assert done.returncode == 0, done
    assert done.stderr.count("The log could not be written: No space left on device") == 1
    assert "Traceback" not in done.stderr
    assert "Logging error" not in done.stderr

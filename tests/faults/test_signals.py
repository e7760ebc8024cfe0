"""Signals, terminals that go away and machines that fall asleep in the middle of a run.

The full-screen app runs on a real pseudo terminal, the command line in a process of its own.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from immich_tui.demo.faults import delayed, status
from immich_tui.demo.server import DemoServer
from immich_tui.tui.text import safe
from tests.cli.conftest import Desktop, desktop
from tests.faults.invariants import Before
from tests.shelf import rich
from tests.tui.pseudo_terminal import PseudoTerminal, running_app

__all__ = ["desktop"]

PAIRS = 4


def wait_until(true: Callable[[], object], within: float = 30.0) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def downloading(server: DemoServer) -> bool:
    return any(one.path.endswith("/original") and one.method == "GET" for one in list(server.requests))


def lame(desktop: Desktop, seconds: float = 0.6) -> Before:
    """Pairs whose downloads take so long that there is a middle."""
    for number in range(PAIRS):
        desktop.shelf.pair(number)
    before = Before.of(desktop.server, backups="immich-tui-backups")
    desktop.server.faults.add(delayed(seconds), method="GET", path="/original", times=None)
    return before


def is_taken_up(desktop: Desktop, before: Before) -> None:
    """Nothing is lost meanwhile, and the newest run ends well without a screen."""
    before.nothing_is_lost(desktop.home)
    desktop.server.faults.clear()
    resumed = desktop.run("execute", "--resume", "--yes", "--json")
    assert resumed.status == 0, resumed.out + resumed.err
    (report,) = resumed.of("report")
    assert (report["state"], report["trashed"]) == ("done", PAIRS)
    before.nothing_is_lost(desktop.home)
    assert not list((desktop.home / "immich-tui-backups").rglob("*.part*"))


# -- the command line ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("times", [1, 2])
def test_the_command_line_stops_and_says_so(number: int, times: int, desktop: Desktop) -> None:
    before = lame(desktop, 6.0 if times == 2 else 0.4)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    running = desktop.start("execute", desktop.plan, "--yes", "--json", "--workers", 1)
    wait_until(lambda: downloading(desktop.server) or running.poll() is not None)
    for _ in range(times):
        # The first may have been enough already: a download that only waits is not waited for.
        if running.poll() is None:
            running.send_signal(number)
            time.sleep(0.1)
    asked = time.monotonic()
    out, err = running.communicate(timeout=30)
    # A second signal may meet a bare process that is on its way out.
    assert running.returncode in ({128 + number} if times == 1 else {128 + number, -number}), (out, err)
    assert "Traceback" not in err
    if times == 2:
        assert time.monotonic() - asked < 5, "the second signal does not wait for the download"
    else:
        assert "execute --resume" in out
    assert not any(asset.trashed for asset in desktop.shelf.library.assets.values())
    is_taken_up(desktop, before)


def test_a_reader_that_goes_away_in_mid_run_harms_nothing(desktop: Desktop) -> None:
    """`immich-tui execute … | head -1`"""
    before = lame(desktop, 0.1)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    running = desktop.start("execute", desktop.plan, "--yes", "--json")
    assert running.stdout
    assert running.stderr
    running.stdout.readline()
    running.stdout.close()
    running.stderr.close()
    running.wait(timeout=60)
    before.nothing_is_lost(desktop.home)
    if not all(
        pair.duplicate_id is None for pair in desktop.shelf.library.assets.values() if not pair.trashed
    ):
        is_taken_up(desktop, before)


def test_a_laptop_that_sleeps_in_the_middle_goes_on(desktop: Desktop) -> None:
    """The process stands still while the server breaks every connection, and wakes up to a new world."""
    before = lame(desktop, 0.3)
    assert desktop.run("analyze", "-o", desktop.plan).status == 0
    running = desktop.start("execute", desktop.plan, "--yes", "--json", "--workers", 2)
    wait_until(lambda: downloading(desktop.server) or running.poll() is not None)
    for _ in range(3):
        running.send_signal(signal.SIGSTOP)
        desktop.server.drop_connections()
        time.sleep(0.7)
        running.send_signal(signal.SIGCONT)
        time.sleep(0.2)
    out, err = running.communicate(timeout=90)
    assert running.returncode == 0, (out, err)
    assert sum(asset.trashed for asset in desktop.shelf.library.assets.values()) == PAIRS
    before.nothing_is_lost(desktop.home)


# -- the full-screen app -----------------------------------------------------------------------------------


@contextmanager
def executing(
    desktop: Desktop, environ: dict[str, str] | None = None, pairs: int = PAIRS
) -> Iterator[PseudoTerminal]:
    """The app, in the middle of a run."""
    variables = {"IMMICH_TUI_RATE": "1000", **(environ or {})}
    with running_app(desktop.server.url, desktop.server.key, desktop.home, variables) as terminal:
        terminal.read_until(b"can be freed")
        terminal.type("\r")
        terminal.read_until(b"KEEP", b"TRASH")
        for _ in range(pairs):
            terminal.type("\r")
            terminal.read_for(0.2)
        terminal.type("X")
        terminal.read_until(b"Ready: ")
        terminal.type("\r")
        terminal.read_until(b"Start the run?")
        terminal.type("y")
        wait = time.monotonic() + 30
        while not downloading(desktop.server):
            terminal.read_for(0.05)
            assert time.monotonic() < wait
        yield terminal


def ended(terminal: PseudoTerminal, within: float = 30.0) -> int:
    deadline = time.monotonic() + within
    while terminal.process.poll() is None:
        terminal.read_for(0.05)
        assert time.monotonic() < deadline, "it does not end"
    return int(terminal.process.returncode)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_app_stops_at_a_safe_point_and_gives_the_terminal_back(number: int, desktop: Desktop) -> None:
    before = lame(desktop)
    with executing(desktop) as terminal:
        terminal.process.send_signal(number)
        assert ended(terminal) == 128 + number
        terminal.read_for(0.2)
        left = terminal.out.rfind(b"\x1b[?1049l")
        assert left > terminal.out.rfind(b"\x1b[?1049h"), "the alternate screen was not left"
        assert b"Traceback" not in terminal.out[left:]
    is_taken_up(desktop, before)


def test_a_terminal_that_is_closed_stops_the_run_at_a_safe_point(desktop: Desktop) -> None:
    before = lame(desktop)
    with executing(desktop) as terminal:
        terminal.hang_up()
        deadline = time.monotonic() + 30
        while terminal.process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    is_taken_up(desktop, before)


def test_a_second_signal_waits_for_nothing(desktop: Desktop) -> None:
    before = lame(desktop, 20.0)
    with executing(desktop) as terminal:
        terminal.process.send_signal(signal.SIGTERM)
        terminal.read_for(0.05)
        terminal.process.send_signal(signal.SIGTERM)
        # Where the first has ended the app already, the second meets a bare process on its way out.
        assert ended(terminal, 8.0) in {128 + signal.SIGTERM, -signal.SIGTERM}
        terminal.read_for(0.2)
        assert terminal.out.rfind(b"\x1b[?1049l") > terminal.out.rfind(b"\x1b[?1049h")
    is_taken_up(desktop, before)


def finishes_on_screen(
    terminal: PseudoTerminal, desktop: Desktop, before: Before, pairs: int = PAIRS
) -> None:
    desktop.server.faults.clear()
    deadline = time.monotonic() + 40
    while sum(asset.trashed for asset in desktop.shelf.library.assets.values()) < pairs:
        terminal.read_for(0.05)
        assert terminal.process.poll() is None, terminal.out[-800:]
        assert time.monotonic() < deadline
    # Where a notice hid the run while it ended, the app does not turn the page by itself.
    if terminal.shows(b"The run is finished", b"Finished after") == b"Finished after":
        terminal.read_for(1.0)
        if terminal.shows(b"The run is finished", b"Finished after") == b"Finished after":
            terminal.type("\r")
        terminal.shows(b"The run is finished")
    assert terminal.close() == 0
    before.nothing_is_lost(desktop.home)


def test_a_storm_of_sizes_disturbs_no_run(desktop: Desktop) -> None:
    before = lame(desktop, 0.2)
    with executing(desktop) as terminal:
        for number in range(150):
            terminal.resize(1 + number * 37 % 300, 1 + number * 13 % 90)
            if number % 10 == 0:
                terminal.read_for(0.02)
        finishes_on_screen(terminal, desktop, before)


@pytest.mark.parametrize("width", [16, 65_535])
def test_absurd_widths_disturb_no_run(width: int, desktop: Desktop) -> None:
    before = lame(desktop, 0.2)
    with executing(desktop) as terminal:
        terminal.resize(width, 24)
        terminal.read_for(0.5)
        finishes_on_screen(terminal, desktop, before)


@pytest.mark.parametrize(
    "environ", [{"NO_COLOR": "1"}, {"TERM": "dumb", "COLORTERM": ""}, {"TERM": "vt100", "COLORTERM": ""}]
)
def test_a_terminal_without_colour_shows_the_run(environ: dict[str, str], desktop: Desktop) -> None:
    before = lame(desktop, 0.2)
    with executing(desktop, environ) as terminal:
        if "NO_COLOR" in environ:
            coloured = re.findall(rb"\x1b\[[0-9;]*?[34]8;2;(\d+);(\d+);(\d+)", terminal.out)
            assert all(red == green == blue for red, green, blue in coloured)
        finishes_on_screen(terminal, desktop, before)


HOSTILE = [
    "\x1b]0;owned\x07.jpg",
    "\x1b[2J\x1b[31mred.jpg",
    "\x9b31mred.jpg",
    "[red]markup[/red].jpg",
    "new\nline\rback.jpg",
    "\u202egpj.exe",
    "\x1bP1$r\x1b\\.jpg",
]


def test_hostile_names_are_shown_and_not_obeyed_during_a_run(desktop: Desktop) -> None:
    for name in HOSTILE:
        desktop.shelf.group((name, rich()), (name, rich(size=9000, place=None)))
    before = Before.of(desktop.server, backups="immich-tui-backups")
    desktop.server.faults.add(delayed(0.3), method="GET", path="/original", times=None)
    with executing(desktop, pairs=len(HOSTILE)) as terminal:
        finishes_on_screen(terminal, desktop, before, len(HOSTILE))
        for name in HOSTILE:
            # What can only be seen was shown: a name that never came to the screen proves nothing.
            assert safe(name)[:7].encode() in terminal.out, name
            assert name.encode() not in terminal.out or name.isprintable(), name
        assert b"owned\x07" not in terminal.out
        assert b"\x1b[31mred" not in terminal.out
        assert b"\x1bP1$r" not in terminal.out
        assert not re.search(r"[\x80-\x9f\u202a-\u202e]", terminal.out.decode("utf-8", "replace"))


def test_hostile_names_are_shown_and_not_obeyed_on_the_command_line(desktop: Desktop) -> None:
    for name in HOSTILE:
        # What cannot be fetched is told by its name.
        _, loser = desktop.shelf.group((name, rich()), (name, rich(size=9000, place=None)))
        desktop.server.faults.add(status(404, message=name), path=f"{loser.id}/original", times=None)
    desktop.run("analyze", "-o", desktop.plan)
    refused = desktop.run("execute", desktop.plan, "--yes")
    assert "red" in refused.out + refused.err
    desktop.server.faults.clear()
    done = desktop.run("execute", "--resume", "--yes")
    assert done.status == 2 or sum(one.trashed for one in desktop.shelf.library.assets.values()) == len(
        HOSTILE
    )
    for text in (refused.out, refused.err, done.out, done.err):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)

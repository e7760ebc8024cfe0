"""A terminal that goes without a signal ends the app all the same."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from textual import constants
from textual.app import App
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.drivers.linux_driver import LinuxDriver

from immich_tui.tui.app import ImmichTui
from immich_tui.tui.hangup import hung_up
from immich_tui.tui.lasting_driver import LastingDriver, LastingFile


def test_a_terminal_is_there_until_its_other_end_closes() -> None:
    other, ours = os.openpty()
    assert not hung_up(ours)
    os.close(other)
    assert hung_up(ours)
    os.close(ours)


def test_a_closed_file_tells_nothing() -> None:
    other, ours = os.openpty()
    os.close(other)
    os.close(ours)
    assert not hung_up(ours)


def test_the_app_ends_with_a_terminal_that_does_not_control_it(tmp_path: Path) -> None:
    other, ours = os.openpty()
    environ = {**os.environ, "HOME": str(tmp_path), "TERM": "xterm-256color"}
    # A session of its own has no controlling terminal, so no signal tells it that this one closes.
    app = subprocess.Popen(
        [sys.executable, "-m", "immich_tui"],
        stdin=ours,
        stdout=ours,
        stderr=ours,
        env=environ,
        start_new_session=True,
    )
    os.close(ours)
    try:
        shown = b""
        while b"Address" not in shown:
            shown += os.read(other, 65_536)
        os.close(other)
        assert app.wait(60) == 129
    finally:
        app.kill()
        app.wait()


async def test_what_is_painted_for_a_terminal_that_went_makes_nobody_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The queue in front of the thread that writes is short, and the event loop fills it."""
    other, ours = os.openpty()
    terminal = os.fdopen(ours, "w", buffering=1)
    monkeypatch.setattr(sys, "__stderr__", terminal)
    driver = LastingDriver(App(), size=(80, 24))
    assert isinstance(driver._file, LastingFile), "Textual keeps its file elsewhere now"
    writer = WriterThread(driver._file)  # type: ignore[arg-type]  # as much of a file as is used
    writer.start()
    os.close(other)

    def paint() -> None:
        for _ in range(4 * MAX_QUEUED_WRITES):
            writer.write("a frame\n")

    painting = threading.Thread(target=paint, daemon=True)
    painting.start()
    painting.join(20)
    assert not painting.is_alive()
    writer.stop()
    with suppress(OSError):
        terminal.close()


async def test_a_key_thread_whose_terminal_went_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    other, ours = os.openpty()
    with os.fdopen(ours, "w") as terminal:
        monkeypatch.setattr(sys, "__stdin__", terminal)
        driver = LastingDriver(App(), size=(80, 24))

        def read(self: LinuxDriver) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(LinuxDriver, "run_input_thread", read)
        with pytest.raises(OSError, match="Input/output"):
            driver.run_input_thread()
        os.close(other)
        driver.run_input_thread()


def test_the_app_has_this_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DRIVER", None)
    assert ImmichTui(lambda: None).get_driver_class() is LastingDriver  # type: ignore[arg-type,return-value]  # no settings

"""A terminal that goes without a signal ends the app all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from immich_tui.tui.hangup import hung_up


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

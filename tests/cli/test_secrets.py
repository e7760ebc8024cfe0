"""The key is in nothing that a whole run without a screen prints, logs, writes or shows to others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from immich_tui.demo.faults import forbidden, status
from tests.cli.conftest import Desktop

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("doctor",),
    ("doctor", "--json"),
    ("config", "show"),
    ("config", "show", "--json"),
    ("config", "init"),
    ("analyze", "-o", "plan.json"),
    ("plan", "check", "plan.json"),
    ("plan", "schema"),
    ("execute", "plan.json", "--dry-run"),
    ("execute", "plan.json", "--yes", "--json"),
    ("runs",),
    ("verify",),
)


def test_the_key_is_nowhere(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desktop.home)
    losers = [desktop.shelf.pair(number)[1].id for number in range(4)]
    key = desktop.server.key
    desktop.server.faults.add(
        status(400, message=f"x-api-key: {key} is not welcome"), path=f"{losers[0]}/original", times=None
    )
    desktop.server.faults.add(forbidden("asset.download"), path=f"{losers[1]}/original", times=None)
    said: dict[str, str] = {}
    for command in COMMANDS:
        # The file of the key and its folder are the two places where the key may be.
        extra = () if command[:2] == ("plan", "schema") else ("--log-file", "all.log", "-vv")
        one = desktop.run(*command, *extra)
        assert one.status in (0, 1), one.err
        said[" ".join(command)] = one.out + one.err
    run = desktop.run("runs", "--json").of("run")[-1]["id"]
    said["undo"] = desktop.run("undo", run, "--yes", "--log-file", "all.log", "-vv").out
    for words, text in said.items():
        assert key not in text, words
    written = [path for path in desktop.home.rglob("*") if path.is_file()]
    names = {path.name for path in written}
    assert {"plan.json", "all.log", "report.json", "report.csv", "report.html", "config.toml"} <= names
    assert any(path.suffix == ".sqlite3" for path in written)
    for path in written:
        assert key.encode() not in path.read_bytes(), path
    log = (desktop.home / "all.log").read_text()
    assert "httpx" in log
    assert "is not welcome" in (desktop.home / "all.log").read_text() + "".join(said.values())


def test_the_log_blots_out_a_key_that_a_library_writes(tmp_path: Path) -> None:
    code = (
        "import logging, sys; from pathlib import Path; from immich_tui.cli.logs import Logs\n"
        "logs = Logs(Path(sys.argv[1]), 2); logs.hide('TOP-SECRET')\n"
        "logging.getLogger('httpx').info('header %s', 'TOP-SECRET')\n"
        "logging.getLogger('httpcore').debug('every header'); logs.close()"
    )
    file = tmp_path / "log"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    for text in (file.read_text(), done.stderr):
        assert "header ***" in text
        assert "TOP-SECRET" not in text
        assert "every header" not in text
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads the process list of Linux")
def test_the_key_is_not_in_the_process_list(desktop: Desktop) -> None:
    running = desktop.start("analyze")
    place, line = Path(f"/proc/{running.pid}/cmdline"), b""
    while running.poll() is None:
        line = place.read_bytes() or line
    running.communicate(timeout=60)
    assert b"analyze" in line
    assert desktop.server.key.encode() not in line


def test_a_mistake_of_the_program_leaves_no_key_behind(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from immich_tui.desk import Desk

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError(f"with {os.environ.get('IMMICH_TUI_API_KEY')}")

    monkeypatch.setattr(Desk, "open", broken)
    said = desktop.run("analyze")
    assert said.status == 70
    assert "ZeroDivisionError" in said.err
    (details,) = desktop.home.rglob("crash-*.log")
    assert "with ***" in details.read_text()
    assert desktop.server.key not in details.read_text() + said.out + said.err

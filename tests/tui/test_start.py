"""What a person sees first comes quickly: slow libraries are imported after the first frame."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from immich_tui.cli import main
from immich_tui.demo.server import DemoServer

SLOW = ("httpx", "pydantic", "PIL", "sqlite3", "starlette", "stamina")


def loaded_by(statement: str) -> set[str]:
    """Which of the slow libraries a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*(name for name in {SLOW!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_first_frame_waits_for_no_slow_library() -> None:
    assert loaded_by("from immich_tui.tui.app import ImmichTui\nImmichTui(lambda: None)") == set()


def test_help_needs_no_textual() -> None:
    code = "import sys, immich_tui.cli\nprint('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_key_cannot_be_given_where_others_see_it() -> None:
    options = {
        name for command in (main, *main.commands.values()) for one in command.params for name in one.opts
    }
    assert {
        "--key-file",
        "--url",
        "--profile",
        "--ca-file",
        "--insecure",
        "--policy",
        "--backup-dir",
    } <= options
    assert not {"--key", "--api-key"} & options


def test_a_port_that_is_taken_is_said() -> None:
    with DemoServer("empty") as server:
        result = CliRunner().invoke(main, ["demo", "--serve", "--port", str(server.port)])
    assert result.exit_code == 1
    assert f"Port {server.port} cannot be used" in result.output


@pytest.mark.parametrize("text", ["", "\n", "  \nkey"])
def test_a_key_file_without_a_key_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    result = CliRunner().invoke(main, ["--key-file", str(file)])
    assert result.exit_code == 2
    assert "no key" in result.output


def test_a_server_that_shows_it_in_a_browser_is_no_terminal_and_will_do(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "immich_tui"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"__GANGLION__", "the first thing a web driver says"
    finally:
        process.kill()
        process.communicate()

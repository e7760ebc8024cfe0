"""What a person sees first comes quickly: slow libraries are imported after the first frame."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import RenderableType
from textual.screen import Screen

from immich_tui import splash
from immich_tui.cli import main
from immich_tui.config import Config, Paths, load
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from tests.tui.stage import wait_for

SLOW = ("httpx", "pydantic", "PIL", "sqlite3", "starlette", "stamina")


def loaded_by(statement: str) -> set[str]:
    """Which of the slow libraries a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*(name for name in {SLOW!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_first_frame_waits_for_no_slow_library() -> None:
    assert loaded_by("from immich_tui.tui.app import ImmichTui\nImmichTui(lambda: None)") == set()


def test_the_first_line_waits_for_nothing_at_all() -> None:
    code = (
        "import immich_tui.__main__, sys\n"
        "print(*(name for name in ('click', 'rich', 'textual') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("arguments", "starts"),
    [
        ([], True),
        (["--url", "https://photos.example.org"], True),
        (["demo"], True),
        (["demo", "--serve"], False),
        (["analyze", "-o", "plan.json"], False),
        (["--help"], False),
        (["--url", "https://photos.example.org", "--help"], False),
        (["--version"], False),
    ],
)
def test_only_the_app_announces_itself(arguments: list[str], starts: bool) -> None:
    assert splash.starts_app(arguments) is starts


def test_nothing_is_announced_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    assert not splash.show()
    assert capsys.readouterr().out == ""


async def test_the_first_frame_has_no_form_yet_and_waits_for_no_settings(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[str] = []
    display = ImmichTui._display

    def watched(app: ImmichTui, screen: Screen[Any], renderable: RenderableType | None) -> None:
        display(app, screen, renderable)
        if renderable is not None:
            painted.append(" ".join(sorted(widget.id or "" for widget in screen.query("*"))))

    monkeypatch.setattr(ImmichTui, "_display", watched)

    def read() -> Config:
        assert painted, "settings were read before anything was painted"
        return load({}, {}, paths)

    app = ImmichTui(read)
    async with app.run_test() as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        assert app.focused is app.screen.query_one("#url")
    assert "starting" in painted[0]
    assert "form" not in painted[0]
    assert "form" in painted[-1]
    assert "starting" not in painted[-1]


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

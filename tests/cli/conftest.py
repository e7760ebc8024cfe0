"""The command line against a small demo server, with a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from immich_tui.cli import main
from immich_tui.demo.server import DemoServer
from tests.shelf import Shelf


@dataclass
class Said:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of `--json`."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one kind."""
        return [line for line in self.lines if line["kind"] == kind]


@dataclass
class Desktop:
    """A person's machine and server."""

    server: DemoServer
    shelf: Shelf
    home: Path
    environ: Mapping[str, str]

    @property
    def plan(self) -> Path:
        return self.home / "plan.json"

    def run(self, *arguments: object, **environ: str | None) -> Said:
        """Run a command in this process."""
        runner = CliRunner()
        done = runner.invoke(
            main,
            [str(argument) for argument in arguments],
            env={**self.environ, **environ},
            prog_name="immich-tui",
        )
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "immich_tui", *map(str, arguments)],
            env={**os.environ, **self.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def edit(self, change: Any) -> None:
        """Change the plan file as a person would, with an editor or a script."""
        plan = json.loads(self.plan.read_text())
        change(plan)
        self.plan.write_text(json.dumps(plan, indent=4, sort_keys=True))


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "IMMICH_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with DemoServer("empty", jobs_delay=0.02) as server:
        yield Desktop(
            server,
            Shelf(server),
            tmp_path,
            {
                "HOME": str(tmp_path),
                "IMMICH_TUI_URL": server.url,
                "IMMICH_TUI_API_KEY": server.key,
                "IMMICH_TUI_RATE": "1000",
            },
        )

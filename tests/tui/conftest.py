"""The app on a real demo server, with folders of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui.screens.reviewing import deciding


@pytest.fixture(autouse=True)
def _ends_as_by_quitting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who quits stops what still works before the screens are taken down; Textual's test run does not."""
    run_test = App.run_test

    @asynccontextmanager
    async def ended(self: App[Any], **options: Any) -> AsyncIterator[Pilot[Any]]:
        async with run_test(self, **options) as pilot:
            try:
                yield pilot
            finally:
                self.workers.cancel_all()

    monkeypatch.setattr(App, "run_test", ended)


@pytest.fixture(autouse=True)
def _quick_fingers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests press keys faster than people, and mean each of them."""
    monkeypatch.setattr(deciding, "LOOK_FIRST_S", 0.0)


@pytest.fixture(autouse=True)
def _all_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The theme is that of a terminal with all colours, wherever the tests run."""
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Folders for settings, data and backups that end with the test."""
    return Paths(tmp_path / "config", tmp_path / "data", tmp_path / "cache", tmp_path / "backups")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    """The drawn library on the newest server."""
    with DemoServer(jobs_delay=0.05) as server:
        yield server

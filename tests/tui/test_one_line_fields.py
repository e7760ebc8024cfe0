"""What is typed into fields of one line can be read while it is typed."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from tests.tui.stage import app_for, review, screen_text


@pytest.mark.parametrize("key", ["f", "g", "slash", "ctrl+s", "ctrl+o"])
async def test_what_is_typed_is_on_the_screen(paths: Paths, key: str) -> None:
    with DemoServer(groups=6) as server:
        app = app_for(server, paths)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await review(app, pilot)
            await pilot.press(key)
            await pilot.pause()
            await pilot.press(*"quokka")
            await pilot.pause()
            field = app.focused
            assert isinstance(field, Input)
            assert field.value == "quokka"
            line = screen_text(app).splitlines()[field.content_region.y]
            assert "quokka" in line

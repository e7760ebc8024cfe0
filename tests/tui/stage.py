"""Driving the app in tests: start it, wait for facts, read what is on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from textual.app import App
from textual.geometry import Size
from textual.pilot import Pilot

from immich_tui.config import Config, KeyStore, Paths, load
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.tour import remember

from .pilots import TheScreen, on_top

SIZE = (120, 36)


def app_for(
    server: DemoServer | None,
    paths: Paths,
    *,
    key: str | None = None,
    flags: Mapping[str, Any] | None = None,
    newcomer: bool = False,
) -> ImmichTui:
    """The app, connected at once to a server (`None`: to none) with its first key or another one.

    Hints are shown to a `newcomer` only.
    """
    if not newcomer:
        remember(paths.data)
    keys = KeyStore(paths.keys, ring=None)
    environ = {"IMMICH_TUI_API_KEY": key or server.key} if server else {}
    given = {"url": server.url if server else None, **(flags or {})}

    def read_config() -> Config:
        return load(given, environ, paths, keys)

    return ImmichTui(read_config, keys)


async def wait_for(pilot: Pilot[Any], fact: Callable[[], object], *, within: float = 20.0) -> None:
    """Let the app work until something is true; fail with what is on the screen otherwise."""
    until = time.monotonic() + within
    while not fact():
        assert time.monotonic() < until, f"never became true; on the screen:\n{screen_text(pilot.app)}"
        await pilot.pause(0.02)


async def resize(pilot: Pilot[Any], width: int, height: int) -> None:
    """Give the terminal another size, and wait until the screen is laid out for it."""
    await pilot.resize_terminal(width, height)
    size = Size(width, height)
    await wait_for(pilot, lambda: pilot.app.size == size and pilot.app.screen._compositor.size == size)
    await pilot.pause()


def screen_text(app: App[Any]) -> str:
    """What the terminal would show, without styles."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def wait_for_text(pilot: Pilot[Any], *texts: str, within: float = 20.0) -> None:
    """Wait until all of these stand on the screen."""
    await wait_for(pilot, lambda: all(text in screen_text(pilot.app) for text in texts), within=within)


async def wait_for_screen(pilot: Pilot[Any], kind: type[TheScreen]) -> TheScreen:
    """Wait until a screen of this kind is on top."""
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, kind))
    return on_top(pilot.app, kind)


async def wait_for_step(pilot: Pilot[Any], step: str) -> None:
    """Wait until a step is shown and laid out."""
    await wait_for(pilot, lambda: pilot.app.current_mode == step and pilot.app.screen.is_mounted)
    await pilot.pause()


async def review(app: ImmichTui, pilot: Pilot[Any], *, within: float = 60.0) -> None:
    """Go from an automatic connection to the review."""
    await wait_for_step(pilot, "fetch")
    await wait_for_text(pilot, "can be freed", within=within)
    await pilot.press("enter")
    await wait_for_step(pilot, "review")

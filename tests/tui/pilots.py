"""Pilots and screens whose type is known: what a test reads of its own app or of the screen on top."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

TheApp = TypeVar("TheApp", bound=App[Any])
TheScreen = TypeVar("TheScreen", bound=Screen[Any])


class PilotOf(Pilot[Any], Generic[TheApp]):
    """A pilot that says which app it drives: Textual's own knows of any app only what all of them have."""

    def __init__(self, app: TheApp) -> None:
        super().__init__(app)
        self._driven = app

    @property
    def app(self) -> TheApp:
        return self._driven


class SnapCompare(Protocol):
    """What the fixture of the same name is: whether an app looks as in its reference picture."""

    def __call__(
        self,
        app: App[Any],
        *,
        terminal_size: tuple[int, int],
        run_before: Callable[[Pilot[Any]], Awaitable[None]],
    ) -> bool: ...


@asynccontextmanager
async def driven(
    app: TheApp, size: tuple[int, int], *, notifications: bool = False
) -> AsyncIterator[PilotOf[TheApp]]:
    """Run an app in a terminal of this size."""
    async with app.run_test(size=size, notifications=notifications):
        yield PilotOf(app)


def on_top(app: App[Any], kind: type[TheScreen]) -> TheScreen:
    """The screen on top, which has to be of this kind."""
    screen = app.screen
    assert isinstance(screen, kind), f"{screen} is on top, not a {kind.__name__}"
    return screen

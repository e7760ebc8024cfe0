from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection, Timeouts
from tests.immich.replay import KEY, Replay, replaying

QUICK = Timeouts(connect=2.0, small=0.3, listing=0.3, original=0.3, slowest=1000.0, window=0.2)


@pytest.fixture
async def replay() -> AsyncIterator[Replay]:
    async with replaying() as server:
        yield server


@pytest.fixture
async def client(replay: Replay) -> AsyncIterator[ImmichClient]:
    """A client of `replay` with its usual patience."""
    async with ImmichClient(Connection(f"{replay.url}/api", Secret(KEY))) as opened:
        yield opened


@pytest.fixture
async def hasty(replay: Replay) -> AsyncIterator[ImmichClient]:
    """A client of `replay` that gives up within a fraction of a second."""
    async with ImmichClient(Connection(f"{replay.url}/api", Secret(KEY)), QUICK) as opened:
        yield opened

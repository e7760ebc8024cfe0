"""Where the tests of the review make their databases, and the server that fills them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.review.fetching import Server
from tests.review.listing_server import ListingServer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "home.db"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with ListingServer() as front:
        made = Server(front, tmp_path)
        yield made
        await asyncio.to_thread(made.store.close)

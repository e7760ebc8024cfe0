"""Photos that a test's server lists, and fetches of them into a database of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from immich_tui.review.analyze import AnalyzeJob
from immich_tui.review.changes import Changes
from immich_tui.review.session import Session
from immich_tui.review.store import Store
from immich_tui.verdict.policy import PRESETS
from tests.review.listing_server import ListingServer
from tests.review.test_session import CONTEXT, asset

POLICY = PRESETS["metadata"]


def group(name: str, *members: dict[str, Any]) -> dict[str, Any]:
    assets = [{**member, "duplicateId": name} for member in members]
    return {"duplicateId": name, "assets": assets}


def member(name: str, **exif: Any) -> dict[str, Any]:
    return asset(name, size=1000 + len(name), **exif)


A, B, C, D = (member(name) for name in ("a", "b", "cc", "dd"))
"""Four photos with different files."""


class Server:
    """A server whose listing is what the test says."""

    def __init__(self, front: ListingServer, folder: Path) -> None:
        self.front = front
        self.folder = folder
        self.store = Store.open(folder / "session.db")

    async def fetch(self, *groups: dict[str, Any]) -> Changes | None:
        self.front.groups = list(groups)
        async with self.client() as client:
            result = await AnalyzeJob.of(client, self.store, POLICY, CONTEXT, {"server": "x"}).run()
        result.check()
        assert result.done
        return result.changes

    def client(self) -> ImmichClient:
        return ImmichClient(Connection(f"{self.front.url}/api", Secret("key")))

    async def session(self) -> Session:
        return await Session.open(self.store, POLICY, CONTEXT)

"""The people who live on the demo server."""

from __future__ import annotations

from datetime import UTC, datetime

from immich_tui.demo.library import Library
from immich_tui.demo.records import User

_MOVED_IN = datetime(2021, 3, 14, 9, 26, 53, 589_000, tzinfo=UTC)

OWNER = User(
    "6f1f0f3a-7c1e-4f0b-9b53-2a7f1e8f6d01", "Mira Sommer", "mira@photos.example.org", True, _MOVED_IN
)
PARTNER = User(
    "0c2d7e54-91ab-4c6e-8d22-5b9e4a7c1f02",
    "Jonas Sommer",
    "jonas@photos.example.org",
    False,
    _MOVED_IN,
    "green",
)


def move_in(library: Library) -> None:
    """Create the accounts."""
    for user in (OWNER, PARTNER):
        library.users[user.id] = user

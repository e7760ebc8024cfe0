"""What a downloader is asked for and what it answers, whichever way the bytes come.

A downloader takes an asset's id, the target and what its bytes must be. It puts the bytes into the target's
`.part` file (`partfile.part_of`), compares them, and returns a `Received`; or it raises `Mismatch`,
`ImmichError` or `OSError`. It never gives a file its final name: publishing is one place for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from immich_tui.jobs.slot import Slot

Progress = Callable[[int, int], None]
"""Told bytes so far and bytes in all, 0 when unknown."""


class Mismatch(Exception):
    """The bytes that arrived are not the original; the text says how they differ, as a sentence."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the bytes must be: size, and SHA-1 in hex, each `None` where the server does not know."""

    size: int | None
    sha1: str | None

    def difference(self, size: int, sha1: str) -> str:
        """How bytes of this size and SHA-1 differ from what is expected, as a sentence; empty if not."""
        if self.size is not None and size != self.size:
            return f"{size:,} bytes arrived where Immich says {self.size:,}."
        if self.sha1 is not None and sha1 != self.sha1:
            return "The bytes that arrived do not have the checksum that Immich recorded."
        return ""


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived: size in bytes and SHA-1 in hex of the verified `.part` file."""

    size: int
    sha1: str


class Downloader(Protocol):
    """A way by which bytes come."""

    async def fetch(
        self, asset_id: str, target: Path, expected: Expected, slot: Slot, progress: Progress
    ) -> Received:
        """Put an asset's bytes into the `.part` file of `target`, compared with what is expected."""

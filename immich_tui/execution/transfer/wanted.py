"""What is asked of downloaders and what they answer, whichever way the bytes come.

A downloader is offered orders in batches and accepts or rejects each. For one that it accepted it puts the
bytes into the target's `.part` file (`partfile.part_of`), compares them, and returns a `Received`; it never
gives a file its final name: publishing is one place for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from immich_tui.jobs.slot import Slot

Progress = Callable[[int, int], None]
"""Told bytes so far and bytes in all, 0 when unknown."""


class Mismatch(Exception):
    """The bytes that arrived are not the original; the text says how they differ, as a sentence."""


class Rejected(Exception):
    """A downloader cannot have this file, though another might; the text says why, as a sentence."""


class Away(Exception):
    """A downloader does not answer; the text says so, as a sentence. Nothing is known of what it does."""


class Kind(StrEnum):
    """How an asset can be had: its file lies in a folder that is readable here, or the server sends it."""

    MOUNT = "mount"
    HTTP = "http"


class State(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    DOWNLOADING = "downloading"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DOWNLOADER_ERROR = "downloader_error"
    NO_DOWNLOADER = "no_downloader"


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
class Order:
    """One file to be had. `path` is where the server has its original, `name` what people call it.

    `weak` marks a file of which the server has no checksum: it has to be read from the server itself, twice.
    """

    asset_id: str
    name: str
    path: str
    target: Path
    expected: Expected
    weak: bool = False

    @property
    def key(self) -> str:
        """What tells it apart: a file may be read twice, into two targets."""
        return self.target.name


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived: size in bytes and SHA-1 in hex of the verified `.part` file.

    `way` is the downloader that had it. `elsewhere` says where the file lies when that is not here: then
    there is no `.part`, and its size and SHA-1 are what the downloader verified there. `trusted` is true
    where the downloader's word stands for our own reading.
    """

    size: int
    sha1: str
    way: str = ""
    elsewhere: str = ""
    trusted: bool = False


class Downloader(Protocol):
    """A way by which bytes come, registered with the kinds that it can do, the lower number first.

    `works_ahead` says that it begins with an order when it accepts it, and not when it is to be brought.
    """

    name: str
    kinds: Mapping[Kind, int]
    works_ahead: bool

    async def submit(self, orders: Sequence[Order]) -> Sequence[str]:
        """Take a batch: for each order why it is rejected, as a sentence, empty where it is accepted.

        Raises `Away`, and then has accepted none.
        """

    async def bring(self, order: Order, slot: Slot, progress: Progress) -> Received:
        """See an accepted order to its end.

        Raises `Mismatch`, `Rejected`, `Away`, `ImmichError`, `OSError`.
        """

    async def cancel(self, order: Order) -> None:
        """Give an accepted order up; whoever waits in `bring` for it gets `Rejected`. Raises `Away`."""

    async def look(self) -> None:
        """Ask whether it is there and, where it works by itself, how far it is. Raises `Away`."""

    async def hold(self, paused: bool) -> None:
        """Pause, or go on with, what it does by itself. Raises `Away`."""

    async def close(self) -> None:
        """Leave nothing behind."""

"""How can this asset be had? A chain of detectors: the first that says yes names the kind.

To add a way, write a detector and put it into `detectors`, and a downloader into `registered`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from immich_tui.execution.transfer.mount import Mounts, MountTrouble
from immich_tui.execution.transfer.wanted import Kind, Order


class Detector(Protocol):
    """Knows one way in which assets may be had."""

    kind: Kind

    def says_yes(self, order: Order) -> bool:
        """Whether this asset can be had this way. May block on a disk."""


class InMountedFolder:
    """Its path on the server lies in a folder that is mapped, and a file of its size is there."""

    kind = Kind.MOUNT

    def __init__(self, mounts: Mounts) -> None:
        self._mounts = mounts

    def says_yes(self, order: Order) -> bool:
        """Look for the file; without a checksum to compare it with, it could be any.

        While the folder itself is away, the path alone tells.
        """
        if order.weak or order.expected.sha1 is None or not self._mounts.covers(order.path):
            return False
        try:
            with self._mounts.opened(order.path) as file:
                return order.expected.size in (None, file.size)
        except MountTrouble:
            return bool(self._mounts.missing())


class FromServer:
    """The server sends every asset that it lists."""

    kind = Kind.HTTP

    def says_yes(self, order: Order) -> bool:
        """Always."""
        return True


def detectors(mounts: Mounts) -> Sequence[Detector]:
    """The chain, in the order in which it is asked."""
    return (*((InMountedFolder(mounts),) if mounts else ()), FromServer())


def detect(chain: Sequence[Detector], order: Order) -> Kind:
    """The kind of an order. May block on a disk."""
    return next((detector.kind for detector in chain if detector.says_yes(order)), Kind.HTTP)

"""A disk that refuses: what the system would say, said to the program at a chosen call."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest


def fail(
    patched: pytest.MonkeyPatch, kind: int, on: Callable[[str], bool], *calls: str, allow: int = 0
) -> None:
    """Let files of which the name fits meet an error of the disk, after so many calls that succeed."""
    left = [allow]

    def failing(real: Callable[..., object]) -> Callable[..., object]:
        def call(handle: int, *rest: object) -> object:
            if on(os.path.realpath(f"/proc/self/fd/{handle}")):
                left[0] -= 1
                if left[0] < 0:
                    raise OSError(kind, os.strerror(kind))
            return real(handle, *rest)

        return call

    for name in calls:
        patched.setattr(os, name, failing(getattr(os, name)))

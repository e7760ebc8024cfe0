"""Whether the terminal is still there.

A terminal that closes sends SIGHUP, but only to a process that it controls. Without that, reading gives
nothing for ever, at once, and the thread that waits for keys takes a whole core.
"""

from __future__ import annotations

import select
import sys

CHECK_S = 2.0
"""Seconds between two looks."""


def hung_up(fd: int | None = None) -> bool:
    """Whether the other end of a terminal or pipe is gone; without `fd`, of the one that keys come from."""
    try:
        if fd is None:
            fd = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1
        waiting = select.poll()
        waiting.register(fd, 0)
        return any(event & select.POLLHUP for _, event in waiting.poll(0))
    except (AttributeError, OSError, ValueError):
        # No such call on this system, or no such file: nothing is known, so nothing is ended for it.
        return False

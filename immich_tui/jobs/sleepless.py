"""How old something is, also over a night that the machine slept through.

`time.monotonic` stands still while a laptop is suspended (Linux, macOS): by it, a look at the server before
the lid was closed is seconds old the morning after. Waits and time-outs go by it all the same: they are for
time in which something could have come.
"""

from __future__ import annotations

import time
from typing import Final

_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux has a clock of its own that goes on in sleep; elsewhere the system's monotonic one does, as on macOS,
where `time.monotonic` reads another."""


def sleepless() -> float:
    """Seconds by a clock that never goes back and goes on while the machine sleeps, from any moment."""
    return time.clock_gettime(_CLOCK)

"""Messages that go away once they were seen: the next key means that the person has moved on."""

from __future__ import annotations

from time import monotonic

SEEN_S = 0.7
"""Seconds after which a message counts as seen: a key pressed in the same breath takes nothing away."""

LASTING_S = 10.0
"""Messages meant to stay at least so many seconds say what must not be missed."""

LASTING_SEEN_S = 3.0
"""Seconds after which one of those counts as seen."""


class Notices:
    """Knows whether there are messages on screen and when all of them have been seen."""

    def __init__(self) -> None:
        self._seen_at: float | None = None
        self._kept = False

    def told(self, timeout: float | None, *, warning: bool = False) -> None:
        """There is one message more, meant to stay for so many seconds (`None`: the usual time)."""
        lasting = timeout is not None and timeout >= LASTING_S
        self._kept = lasting or warning or (self._kept and self._seen_at is not None)
        seen_at = monotonic() + (LASTING_SEEN_S if lasting else SEEN_S)
        self._seen_at = max(self._seen_at or 0.0, seen_at)

    def seen(self) -> bool:
        """Whether there are messages and all were seen: then they can go, and there are none any more."""
        if self._seen_at is None or monotonic() < self._seen_at:
            return False
        self._seen_at = None
        return True

    def left_behind(self) -> bool:
        """Whether there are messages and none warns: they are about the step that is left, and can go."""
        if self._seen_at is None or self._kept:
            return False
        self._seen_at = None
        return True

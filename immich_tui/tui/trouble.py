"""Errors that a screen tells of instead of ending the app, put into words."""

from __future__ import annotations

from immich_tui.config.errors import ConfigError
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.journal import JournalUnavailable
from immich_tui.review.store import StoreUnavailable

EXPECTED = (ImmichError, StoreUnavailable, JournalUnavailable, ConfigError, OSError)
"""What servers, networks, disks and settings do; anything else is a mistake of this program."""


def in_words(error: Exception) -> tuple[str, str]:
    """A sentence on what happened, and the next step (may be empty)."""
    if isinstance(error, (ImmichError, ConfigError)):
        return error.sentence, error.next_step
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{where}.", ""
    return str(error), ""

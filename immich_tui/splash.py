"""The first line, on screen before anything slow is imported. It imports nothing slow itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

WORDS = "\rimmich-tui …"
_GONE = "\r\x1b[2K"


def starts_app(arguments: Sequence[str]) -> bool:
    """Whether these arguments of the command line most likely start the full-screen app.

    A wrong guess costs nothing: the line is gone before a command writes its own.
    """
    if "--help" in arguments or "--version" in arguments:
        return False
    return not arguments or arguments[0].startswith("-") or list(arguments) == ["demo"]


def show() -> bool:
    """Say at once that something happens, where a person sees it; whether it was said."""
    # A standard output that was closed is `None`.
    if sys.stdout is None or not sys.stdout.isatty() or os.environ.get("TEXTUAL_DRIVER"):
        return False
    sys.stdout.write(WORDS)
    sys.stdout.flush()
    return True


def hide() -> None:
    """Take the line away."""
    sys.stdout.write(_GONE)
    sys.stdout.flush()

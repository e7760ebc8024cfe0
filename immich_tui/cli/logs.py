"""The log of a command: a file of its own, and more on the terminal with `-v`. The key is in neither."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from pathlib import Path

LOUD = ("httpcore", "httpx", "aiohttp", "asyncio", "hpack")
"""Libraries whose finest level repeats request headers, the key among them: never below INFO."""


class Redacting(logging.Formatter):
    """Blots out the key wherever it should turn up after all."""

    def __init__(self, layout: str) -> None:
        super().__init__(layout)
        self.keys: set[str] = set()

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, without keys and without anything that a terminal would obey."""
        text = super().format(record)
        for key in self.keys:
            text = text.replace(key, "***")
        return "".join(
            one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text
        )


class LogFile(logging.FileHandler):
    """The log file. Where it cannot be written any more that is said once, and it is silent from then on."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, encoding="utf-8")
        self._broken = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        if not self._broken:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Say what went wrong, but not the record: by itself it is not blotted out."""
        self._broken = True
        error = sys.exc_info()[1]
        if sys.stderr is not None:
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            sys.stderr.write(f"Warning: The log could not be written: {reason}.\n")

    def close(self) -> None:
        """Let go of the file, whatever became of its last lines."""
        with contextlib.suppress(OSError):
            super().close()


class Logs:
    """The handlers of one command. `close` them at its end."""

    def __init__(self, file: Path | None, verbose: int) -> None:
        """Raises `OSError` when the file cannot be written."""
        self._root = logging.getLogger()
        self._handlers: list[logging.Handler] = []
        self._formats: list[Redacting] = []
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.INFO if verbose > 1 else logging.WARNING)
        if not verbose:
            # Without any handler Python would print warnings to the terminal by itself.
            self._handlers.append(logging.NullHandler())
            self._root.addHandler(self._handlers[0])
        if file is not None:
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
            self._add(LogFile(file), logging.DEBUG if verbose > 1 else logging.INFO)
        if verbose:
            self._add(logging.StreamHandler(), logging.DEBUG if verbose > 1 else logging.INFO)

    def _add(self, handler: logging.Handler, level: int) -> None:
        layout = Redacting("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        handler.setFormatter(layout)
        handler.setLevel(level)
        self._root.addHandler(handler)
        self._root.setLevel(min(level, self._root.level or level))
        self._handlers.append(handler)
        self._formats.append(layout)

    def hide(self, key: str) -> None:
        """Blot this key out from now on."""
        if key:
            for layout in self._formats:
                layout.keys.add(key)

    def close(self) -> None:
        """Write what is pending and let go of the file."""
        for handler in self._handlers:
            self._root.removeHandler(handler)
            handler.close()

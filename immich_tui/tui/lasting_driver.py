"""The terminal driver, made to outlive its terminal.

Textual's thread that writes ends with the first write that fails, and the queue in front of it holds thirty:
what is painted after that would wait for ever, and the event loop with it, in the middle of a run. Its thread
that reads keys ends the app with a traceback for the same reason. Here both find nobody there and say
nothing, so that a run comes to its safe point; that the terminal is gone is noticed elsewhere.
"""

from __future__ import annotations

from contextlib import suppress
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver

from immich_tui.tui.hangup import hung_up


class LastingDriver(LinuxDriver):
    """The driver of Linux and macOS, for a terminal that may close at any moment."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Private, and read nowhere but where the writing thread is made; a test tells when that changes.
        self._file: Any = LastingFile(self._file)

    def run_input_thread(self) -> None:
        """Read keys until the driver ends, or nobody is there to type them."""
        try:
            super().run_input_thread()
        except OSError:
            if not hung_up(self.fileno):
                raise


class LastingFile:
    """A terminal as a file: what is written after it went goes nowhere."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write a text, where somebody can see it."""
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Have all of it written."""
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """The number of the terminal's file."""
        return self._file.fileno()

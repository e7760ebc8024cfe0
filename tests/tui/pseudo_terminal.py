"""The app in a process of its own under a pseudo terminal that answers what a real one would."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict, Unpack

from immich_tui.tui.tour import remember

KITTY_QUERY = re.compile(rb"\x1b_Gi=(\d+),[^;]*a=q[^;]*;[^\x1b]*\x1b\\")
ROOT = Path(__file__).parents[2]

SOON_S = 20.0
"""Seconds within which an app that is told to end does, or paints more of the frames that it has left."""


class Kind(TypedDict, total=False):
    """What a terminal says it can, and how large it is; see `PseudoTerminal`."""

    kitty: bool
    sixel: bool
    silent: bool
    size: tuple[int, int]
    cell: tuple[int, int]


class PseudoTerminal:
    """Runs a command. `sixel` and `kitty` are what it says it can; a `silent` one answers nothing at all."""

    def __init__(
        self,
        command: list[str],
        environ: Mapping[str, str],
        *,
        kitty: bool = False,
        sixel: bool = False,
        silent: bool = False,
        size: tuple[int, int] = (120, 36),
        cell: tuple[int, int] = (10, 20),
    ) -> None:
        self.kitty, self.sixel, self.silent = kitty, sixel, silent
        # A wide screen is megabytes: bytes would be copied whole for each piece that comes.
        self.out = bytearray()
        self._unanswered = b""
        master, slave = pty.openpty()
        self._master, self._cell = master, cell
        self._set_size(slave, *size)
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=dict(environ), start_new_session=True
        )
        os.close(slave)

    def _set_size(self, handle: int, columns: int, rows: int) -> None:
        pixels = (
            min(65_535, number * scale) for number, scale in zip((columns, rows), self._cell, strict=True)
        )
        fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, *pixels))

    def resize(self, columns: int, rows: int) -> None:
        """Become another size, as when a window is dragged."""
        self._set_size(self._master, columns, rows)
        # Without a controlling terminal nobody is told by the system.
        self.process.send_signal(signal.SIGWINCH)

    def hang_up(self) -> None:
        """Go away, as a window that is closed does, and tell the command as the system would."""
        os.close(self._master)
        self._master = -1
        self.process.send_signal(signal.SIGHUP)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def read_until(self, *found: bytes, within: float = 20.0, after: int = 0) -> None:
        """Go on until all of these were written; fails with the end of what was."""
        until = time.monotonic() + within
        while not all(one in self.out[after:] for one in found):
            assert time.monotonic() < until, f"{found} never came: {self.out[-1500:]!r}"
            assert self._read(0.05) or self.process.poll() is None, f"it ended: {self.out[-1500:]!r}"

    def shows(self, *either: bytes, columns: int = 120, rows: int = 36, within: float = 30.0) -> bytes:
        """Go on until one of these stands on the screen at this size, whenever it got there; return it.

        What stands there already is not written again by itself, so the app is made to paint the whole
        screen anew by sizes that differ, until one of its frames has it.
        """
        until = time.monotonic() + within
        wider = False
        while True:
            start, wider = len(self.out), not wider
            self.resize(columns + wider, rows)
            self.read_for(0.5)
            for one in either:
                if one in self.out[start:]:
                    self.resize(columns, rows)
                    return one
            assert self.process.poll() is None, f"it ended: {self.out[-1500:]!r}"
            assert time.monotonic() < until, f"{either} is not on the screen: {self.out[start:][-1500:]!r}"

    def forget(self) -> None:
        """Let go of all that was written so far."""
        self.out.clear()

    def read_for(self, seconds: float) -> None:
        """Go on for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._read(0.05)

    def _read(self, within: float) -> bool:
        if not select.select([self._master], [], [], within)[0]:
            return False
        try:
            piece = os.read(self._master, 65536)
        except OSError:
            return False
        self.out += piece
        self._answer(piece)
        return bool(piece)

    def _answer(self, new: bytes) -> None:
        """Answer the questions that came in."""
        self._unanswered = (self._unanswered + new)[-400:]
        if self.silent or b"\x1b[c" not in self._unanswered:
            return
        for query in KITTY_QUERY.finditer(self._unanswered):
            if self.kitty:
                os.write(self._master, b"\x1b_Gi=" + query[1] + b";OK\x1b\\")
        os.write(self._master, b"\x1b[?62;4;22c" if self.sixel else b"\x1b[?62;22c")
        self._unanswered = b""

    def close(self) -> int:
        """End the command and return its status; a second time does nothing."""
        if self._master < 0:
            return self.process.wait()
        if self.process.poll() is None:
            self.type("\x11")
            until = time.monotonic() + SOON_S
            while self.process.poll() is None and time.monotonic() < until:
                if self._read(0.05):
                    until = time.monotonic() + SOON_S
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait()
        while self._read(0.05):
            pass
        os.close(self._master)
        self._master = -1
        return status


@contextlib.contextmanager
def running_app(
    url: str, key: str, home: Path, environ: Mapping[str, str] | None = None, **terminal: Unpack[Kind]
) -> Iterator[PseudoTerminal]:
    """The app on a server, at home in a folder of its own, for somebody who has seen the hints."""
    remember(home / ".local" / "share" / "immich-tui")
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "IMMICH_TUI_API_KEY": key,
        **(environ or {}),
    }
    command = [sys.executable, "-m", "immich_tui", "--url", url]
    terminal_ = PseudoTerminal(command, variables, **terminal)
    try:
        yield terminal_
    finally:
        terminal_.close()

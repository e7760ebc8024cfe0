"""What the terminal can show, asked of the terminal itself before the app takes it over.

Three questions go out in one write: a Kitty graphics query, the size of a cell in pixels, and the primary
device attributes. Every terminal answers the last one, so its answer ends the waiting; `4` in it means Sixel.
Asking and reading are apart, so that the app's imports run while the answer is on its way. Nothing is waited
for longer than the bound, and the terminal's settings are put back in any case.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

try:
    import fcntl
    import termios
except ImportError:  # a system without POSIX terminals: nothing can be asked there
    termios = None  # type: ignore[assignment]

USUAL_CELL = (10, 20)
"""Pixels of a cell where the terminal does not say: those of the VT340, which Sixel was made for."""

ANSWER_WITHIN = 0.3
ANSWER_FROM_AFAR_WITHIN = 1.5
"""Seconds for the answer; the longer bound holds over SSH."""

QUERY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"

_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]*)c")
_KITTY = re.compile(rb"\x1b_Gi=31;OK\x1b\\")
_CELL = re.compile(rb"\x1b\[6;(\d{1,4});(\d{1,4})t")


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a terminal said of itself. `cell` is the width and height of a cell in pixels.

    `answered` is whether it answered at all; one that did not shows half blocks.
    """

    kitty: bool = False
    sixel: bool = False
    cell: tuple[int, int] = USUAL_CELL
    answered: bool = False


def understood(answer: bytes, pixels: tuple[int, int] | None = None) -> Terminal:
    """What these bytes say; `pixels` is the size of a cell as the system knows it, which counts first."""
    attributes = _ATTRIBUTES.search(answer)
    cell = _CELL.search(answer)
    told = (int(cell[2]), int(cell[1])) if cell else (0, 0)
    size = pixels if pixels and min(pixels) > 1 else told
    return Terminal(
        kitty=bool(_KITTY.search(answer)),
        sixel=bool(attributes and b"4" in attributes[1].split(b";")),
        cell=size if min(size) > 1 else USUAL_CELL,
        answered=bool(attributes),
    )


class Question:
    """A question that is on its way. Made by `asking`."""

    def __init__(self, keyboard: int, screen: int, within: float) -> None:
        self._keyboard = keyboard
        self._screen = screen
        self._until = time.monotonic() + within

    def answer(self) -> Terminal:
        """Read what came, until the last answer is there or the time is over."""
        came = b""
        while not _ATTRIBUTES.search(came):
            left = self._until - time.monotonic()
            # What has arrived is read even when the time is over: it would be taken for typing later.
            if not select.select([self._keyboard], [], [], max(0.0, left))[0]:
                break
            piece = os.read(self._keyboard, 4096)
            if not piece:
                break
            came += piece
        return understood(came, _pixels(self._screen))


@contextlib.contextmanager
def asking(environ: Mapping[str, str]) -> Iterator[Question | None]:
    """Ask the terminal; `None` where there is none to be asked. Leaves the terminal as it was."""
    keyboard, screen = sys.__stdin__, sys.__stdout__
    if termios is None or keyboard is None or screen is None or not worth_asking(environ):
        yield None
        return
    try:
        ends = keyboard.fileno(), screen.fileno()
        if not all(map(os.isatty, ends)):
            raise OSError("not a terminal")
        before = termios.tcgetattr(ends[0])
        silent = termios.tcgetattr(ends[0])
        silent[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(ends[0], termios.TCSANOW, silent)
    except (OSError, ValueError, termios.error):
        yield None
        return
    try:
        with contextlib.suppress(OSError):
            os.write(ends[1], QUERY)
        far = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
        yield Question(*ends, ANSWER_FROM_AFAR_WITHIN if far else ANSWER_WITHIN)
    finally:
        with contextlib.suppress(termios.error, OSError):
            termios.tcsetattr(ends[0], termios.TCSANOW, before)


def worth_asking(environ: Mapping[str, str]) -> bool:
    """Whether the answer matters: not in a browser, in `screen`, or on a terminal without graphics."""
    in_browser = bool(environ.get("TEXTUAL_DRIVER"))
    wanted = environ.get("IMMICH_TUI_IMAGES", "auto")
    plain = environ.get("TERM", "") in {"", "dumb", "linux"} or bool(environ.get("STY"))
    return not in_browser and not plain and wanted not in {"off", "blocks"}


def _pixels(screen: int) -> tuple[int, int] | None:
    """The size of a cell in pixels as the system knows it."""
    try:
        packed = fcntl.ioctl(screen, termios.TIOCGWINSZ, bytes(8))
    except (OSError, termios.error):
        return None
    rows, columns, across, down = struct.unpack("4H", packed)
    return (across // columns, down // rows) if rows and columns else None

"""How long the loop is held up when a screen opens from the review for the first time.

The app runs as it is in a process of its own, under a pseudo terminal and on a demo server; only the turns of
its loop are watched. What counts is the CPU time of the loop's thread from one turn to the next: while other
programs have the processor, the app holds nothing up.

`python -m tests.bench.opening [GROUPS]` shows each opening; without a number, in the drawn library.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import sys
import tempfile
import time
from asyncio.events import Handle
from dataclasses import dataclass
from pathlib import Path

from immich_tui.tui.tour import remember
from tests.tui.pseudo_terminal import PseudoTerminal

OPENINGS = {
    "details": ("e", b"other photos"),
    "flags": ("F", b"go there"),
    "policy": ("P", b"Which photo shall stay"),
    "picture": ("v", b""),
    "keys": ("?", b"finds by name"),
    "act": (";", b"what shall become"),
    "sort": ("S", b"Sort the groups by"),
    "note": ("f", b"enter saves"),
    "jump": ("g", b"Go to one of"),
    "read a plan": ("\x0f", b"escape cancels"),
    "history": ("H", b"History"),
    "execute": ("X", b"Report"),
}
"""Screens: the key that opens each from the review, and words that stand on it."""

SIZE = (120, 36)
QUIET_S = 0.4
"""Seconds without a byte after which a screen is complete."""
SHORT_S = 0.001
"""Stretches below this are not kept."""
WATCHED = "IMMICH_TUI_BENCH_STRETCHES"


@dataclass(frozen=True, slots=True)
class Opened:
    """Milliseconds of the longest stretches, and from the key to the first and to the last byte."""

    stretches: tuple[float, ...]
    first: float
    last: float


def watch(path: Path) -> None:
    """Note when each stretch of this process's loop ended and how long it worked; write at the end."""
    stretches: list[tuple[float, float]] = []
    run = Handle._run

    def timed(handle: Handle) -> None:
        began = time.thread_time()
        run(handle)
        spent = time.thread_time() - began
        if spent > SHORT_S:
            stretches.append((time.monotonic(), spent))

    setattr(Handle, "_run", timed)  # noqa: B010  # the only place through which every turn goes; no type is declared
    atexit.register(lambda: path.write_text(json.dumps(stretches)))


def openings(groups: int | None) -> dict[str, Opened]:
    """Open every screen once in a fresh app, in a library of so many groups, and go back to the review."""
    # The process that is measured needs none.
    from immich_tui.demo.server import DemoServer

    spans: dict[str, tuple[float, float, float]] = {}
    with tempfile.TemporaryDirectory() as name, DemoServer(groups=groups) as server:
        home = Path(name)
        remember(home / ".local" / "share" / "immich-tui")
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "IMMICH_TUI_API_KEY": server.key,
            WATCHED: str(home / "stretches.json"),
        }
        terminal = PseudoTerminal(
            [sys.executable, "-m", "tests.bench.opening", "--url", server.url], environ, size=SIZE
        )
        try:
            terminal.read_until(b"can be freed", within=300)
            terminal.read_for(1.0)
            terminal.type("\r")
            terminal.read_until(b"accept", within=60)
            terminal.read_for(2.0)
            terminal.type("\r")
            terminal.read_for(2.0)
            for what, (key, words) in OPENINGS.items():
                spans[what] = _opened(terminal, key, words)
                terminal.type("\x1b")
                terminal.read_for(1.5)
        finally:
            terminal.close()
        stretches: list[tuple[float, float]] = json.loads((home / "stretches.json").read_text())
    found = {}
    for what, (began, first, last) in spans.items():
        inside = sorted((spent * 1000 for ended, spent in stretches if began < ended < last), reverse=True)
        found[what] = Opened(tuple(inside[:3]), (first - began) * 1000, (last - began) * 1000)
    return found


def _opened(terminal: PseudoTerminal, key: str, words: bytes) -> tuple[float, float, float]:
    """When the key was pressed, when the first byte came, and when the last one came."""
    terminal.forget()
    began = time.monotonic()
    terminal.type(key)
    first = last = 0.0
    seen = 0
    while not last or time.monotonic() - last < QUIET_S or words not in terminal.out:
        terminal._read(0.005)
        if len(terminal.out) > seen:
            last, seen = time.monotonic(), len(terminal.out)
            first = first or last
        assert time.monotonic() - began < 20, f"{words!r} never came: {terminal.out[-800:]!r}"
    return began, first, last


def show(groups: int | None) -> None:
    """Print each opening."""
    for what, opened in openings(groups).items():
        worst = " ".join(f"{ms:4.0f}" for ms in opened.stretches)
        print(f"{what:<12} {worst} ms at a stretch, shown after {opened.first:.0f} to {opened.last:.0f} ms")


if __name__ == "__main__":
    if WATCHED in os.environ:
        watch(Path(os.environ[WATCHED]))
        runpy.run_module("immich_tui", run_name="__main__")
    else:
        show(int(sys.argv[1]) if len(sys.argv) > 1 else None)

"""The demo server as a program of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable

from immich_tui.demo.dialect import DIALECTS
from immich_tui.demo.server import DemoServer


def run_server(
    *,
    port: int = 2283,
    groups: int | None = None,
    dialect: str = "3",
    trash: bool = True,
    say: Callable[[str], object] = print,
) -> None:
    """Serve until interrupted, after saying address and key. Raises `OSError` when the port is taken."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with DemoServer(groups=groups, dialect=dialect, port=port, trash=trash) as server:
        say(f"Immich {DIALECTS[dialect].text} (demo) listens at {server.url}")
        say(f"API key: {server.key}")
        stopped.wait()


def main(arguments: list[str] | None = None) -> None:
    """`python -m immich_tui.demo`: the server alone, for another process to test against."""
    parser = argparse.ArgumentParser(prog="immich_tui.demo", description="Serve an embedded Immich.")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--groups", type=int, help="that many synthetic groups in place of the drawn library")
    parser.add_argument("--dialect", choices=sorted(DIALECTS), default="3", help="the version that is spoken")
    parser.add_argument("--no-trash", action="store_true", help="switch the server's trash off")
    chosen = parser.parse_args(arguments)

    def say(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    run_server(
        port=chosen.port,
        groups=chosen.groups,
        dialect=chosen.dialect,
        trash=not chosen.no_trash,
        say=say,
    )

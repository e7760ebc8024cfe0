"""The command line: how soon help is there, and what a large plan file takes to write and to check."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

GROUPS = 20_000
HELP_S = 0.35
"""Seconds in which a person wants to see help."""


def rows() -> Iterator[dict[str, Any]]:
    """Start-up beside the bare interpreter, then a plan of many groups beside its size on disk."""
    help_s = statistics.median(_ran("--help")[0] for _ in range(5))
    bare_s = statistics.median(_timed([sys.executable, "-c", "pass"], {})[0] for _ in range(5))
    yield {
        "name": "immich-tui --help, against 0.35 s",
        "ours": help_s,
        "peer": bare_s,
        "unit": "s",
        "ratio": help_s / HELP_S,
        "bar": 1.0,
        "note": "beside: the bare interpreter",
    }
    with tempfile.TemporaryDirectory() as folder, _demo() as environ:
        environ["HOME"] = folder
        plan = Path(folder) / "plan.json"
        _ran("analyze", **environ)
        write_s, write_mb = _ran("analyze", "--cached", "-o", str(plan), **environ)
        check_s, check_mb = _ran("plan", "check", str(plan), **environ)
        size_mb = plan.stat().st_size / 1e6
        for name, seconds, memory in (("written", write_s, write_mb), ("checked", check_s, check_mb)):
            yield {
                "name": f"a plan of {GROUPS:,} groups {name}",
                "ours": seconds,
                "unit": "s",
                "note": f"{seconds / GROUPS * 1e3:.2f} ms for each group",
            }
            yield {
                "name": f"memory while it is {name}, against its size",
                "ours": memory,
                "peer": size_mb,
                "unit": "MB",
                "ratio": memory / size_mb,
                "note": "all of the process",
            }


@contextmanager
def _demo() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "immich_tui", "demo", "--serve", "--groups", str(GROUPS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        key = server.stdout.readline().split()[-1]
        try:
            yield {"IMMICH_TUI_URL": url, "IMMICH_TUI_API_KEY": key}
        finally:
            server.terminate()


def _ran(*arguments: str, **environ: str) -> tuple[float, float]:
    """Seconds, and MB at most, that a command takes."""
    return _timed([sys.executable, "-m", "immich_tui", *arguments], environ)


def _timed(command: list[str], environ: dict[str, str]) -> tuple[float, float]:
    start = time.perf_counter()
    child = subprocess.Popen(command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command[2:])} ended with {child.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024

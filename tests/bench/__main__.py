"""`make bench`: what we measure, beside the peer or the limit measured in the same run.

Read the ratios: absolute times depend on the machine and on what else it does. Each line says what it could
not measure instead of leaving it out. The same figures go to `bench-results.json`.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MODULES = ("listing", "verdicts", "jobs", "resolve")
RESULTS = Path("bench-results.json")


def main(names: Iterable[str]) -> None:
    """Run the named groups of measurements, or all."""
    rows: list[dict[str, Any]] = []
    print(f"Python {platform.python_version()} on {platform.machine()}\n")
    print(f"{'measured':<58}{'ours':>12}{'peer':>12}  {'unit':<8}{'ratio':>7}{'bar':>7}")
    for name in names:
        print(f"-- {name}")
        for row in importlib.import_module(f"tests.bench.{name}").rows():
            rows.append(row)
            print(line(row), flush=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"\nwritten to {RESULTS}")


def line(row: dict[str, Any]) -> str:
    """One line of the table."""

    def number(value: Any, width: int) -> str:
        return f"{'-' if value is None else f'{value:,.2f}':>{width}}"

    bar = row.get("bar")
    ratio = row.get("ratio")
    mark = "" if bar is None or ratio is None else ("  ok" if ratio <= bar else "  OVER")
    note = f"  {row['note']}" if row.get("note") else ""
    return (
        f"{row['name']:<58}{number(row.get('ours'), 12)}{number(row.get('peer'), 12)}"
        f"  {row.get('unit', ''):<8}"
        f"{number(ratio, 7)}{number(bar, 7)}{mark}{note}"
    )


if __name__ == "__main__":
    main(sys.argv[1:] or MODULES)

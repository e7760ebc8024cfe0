"""`make bench`: what we measure, beside the peer or the limit measured in the same run.

Read the ratios: absolute times depend on the machine and on what else it does. `ok` and `MISSED` compare the
ratio with the bar; lines without a bar are there to be seen. What could not be measured is listed at the end
instead of being left out. The same figures are written as JSON.

`python -m tests.bench [--json FILE] [GROUP ...]`; without groups, all are measured.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MODULES = ("listing", "verdicts", "scale", "keys", "jobs", "resolve", "dispatch", "headless")
"""Groups of measurements: modules of this package with `rows()`, which gives or yields lines."""


def main(arguments: Sequence[str]) -> None:
    """Run the named groups of measurements, or all."""
    parser = argparse.ArgumentParser(prog="tests.bench", description="Measure ourselves beside peers.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(MODULES))
    parser.add_argument("--json", type=Path, default=Path("bench-results.json"), help="where figures go")
    chosen = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    unmeasured: list[dict[str, str]] = []
    began = time.time()
    print(_conditions())
    for group in chosen.groups or MODULES:
        print(f"\n{group:<62}{'ours':>11}{'beside':>11}  {'unit':<9}{'ratio':>7}{'bar':>7}")
        try:
            for row in importlib.import_module(f"tests.bench.{group}").rows():
                rows.append({"group": group, **row})
                print(line(row), flush=True)
        except Exception as error:  # noqa: BLE001 - one group that cannot run must not hide the others
            traceback.print_exc(file=sys.stderr)
            unmeasured.append({"group": group, "reason": f"{type(error).__name__}: {error}"})
    print()
    missed = [row for row in rows if verdict(row) == "MISSED"]
    unmeasured += [
        {"group": row["group"], "reason": f"{row['name']}: {row.get('note', '')}"}
        for row in rows
        if row.get("ours") is None
    ]
    for lacking in unmeasured:
        print(f"not measured: {lacking['group']}: {lacking['reason']}")
    held = sum(verdict(row) == "ok" for row in rows)
    print(
        f"{held} bars held, {len(missed)} missed, {len(unmeasured)} not measured, {time.time() - began:.0f} s"
    )
    report = {"conditions": _conditions(), "rows": rows, "not_measured": unmeasured}
    chosen.json.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {chosen.json}")


def _conditions() -> str:
    """What the figures depend on."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores,"
        f" load {load} (neighbours make times longer; ratios suffer less)"
    )


def verdict(row: dict[str, Any]) -> str:
    """`ok` or `MISSED`; empty for a line without a bar."""
    ratio, bar = row.get("ratio"), row.get("bar")
    if bar is None or ratio is None:
        return ""
    return "ok" if ratio <= bar else "MISSED"


def line(row: dict[str, Any]) -> str:
    """One line of the table."""
    note = f"  {row['note']}" if row.get("note") else ""
    return (
        f"{row['name']:<62}{_number(row.get('ours'), 11)}{_number(row.get('peer'), 11)}"
        f"  {row.get('unit', ''):<9}{_number(row.get('ratio'), 7)}{_number(row.get('bar'), 7)}"
        f"  {verdict(row):<6}{note}"
    ).rstrip()


def _number(value: Any, width: int) -> str:
    return f"{'-' if value is None else f'{value:,.2f}':>{width}}"


if __name__ == "__main__":
    main(sys.argv[1:])

"""Before anything is done: telling what was looked at, and asking."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from immich_tui.cli.output import Output, at_terminal
from immich_tui.cli.status import Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.execution.preflight import Check
    from immich_tui.execution.survey import PlannedCall

_MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}


def tell_checks(out: Output, checks: Iterable[Check], calls: Iterable[PlannedCall] = ()) -> None:
    """One line for each check, its next step where there is something to do, and each kind of call."""
    for check in checks:
        out.line(
            "check",
            name=check.name,
            level=check.level,
            sentence=check.sentence,
            next_step=check.next_step,
        )
        out.say(f"{_MARKS[check.level]} {check.name}: {check.sentence}")
        if check.next_step and check.level != "ok":
            out.say(f"  {check.next_step}")
    for call in calls:
        out.line("call", method=call.method, path=call.path, purpose=call.purpose, count=call.count)
        out.say(f"{call.count:>6} × {call.method} {call.path}: {call.purpose}")


def confirm(headless: Headless, sentence: str) -> None:
    """Ask whether to go on; raises `Ended` when the answer is no, or nobody is there to be asked."""
    if headless.output.as_json or not at_terminal(sys.stdin):
        raise Ended(
            Status.REFUSED, "Nobody is there to be asked; nothing was changed.", "Add --yes to go on unasked."
        )
    try:
        with headless.stop.at_prompt():
            sure = click.confirm(f"{sentence} Go on?", err=True)
    except click.Abort:
        raise Ended(128 + signal.SIGINT, "Stopped; nothing was changed.") from None
    if not sure:
        raise Ended(Status.REFUSED, "Not confirmed; nothing was changed.")

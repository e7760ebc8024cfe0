"""`immich-tui doctor`: is everything as it should be, and if not, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import backup_option, output_options, server_options
from immich_tui.cli.status import Command, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.cli.output import Output
    from immich_tui.execution.preflight import Check

EXAMPLES = """\
immich-tui doctor
immich-tui doctor --url photos.example.org --key-file key.txt
immich-tui doctor --json | jq -r 'select(.level == "problem") | .next_step'
"""


@click.command("doctor", cls=Command, examples=EXAMPLES)
@server_options
@backup_option
@output_options
@click.pass_context
def command(context: click.Context, /, **flags: Any) -> None:
    """Check server, key, terminal and disk, and say what to do about what is not as it should be.

    Nothing is changed. Exit status 0 without problems (warnings are none), 3 if server or key are the
    problem, 2 otherwise.
    """
    from immich_tui.cli.headless import run

    run(context, _look, **flags)


async def _look(headless: Headless) -> int:
    import asyncio
    import os

    from immich_tui.cli.output import counted
    from immich_tui.doctor.downloaders import look_at_downloaders
    from immich_tui.doctor.machine import has_images_extra, look_at_machine
    from immich_tui.doctor.server import look_at_server
    from immich_tui.doctor.terminal import look_at_terminal

    out, config = headless.output, headless.config
    server = await look_at_server(config)
    _tell(out, "Server and key", server)
    downloaders = await look_at_downloaders(config)
    _tell(out, "Downloaders", downloaders)
    terminal = list(
        look_at_terminal(os.environ, images=config.settings.images, images_extra=has_images_extra())
    )
    _tell(out, "Terminal", terminal)
    machine = await asyncio.to_thread(lambda: list(look_at_machine(config)))
    _tell(out, "This machine", machine)
    checks = (*server, *downloaders, *terminal, *machine)
    problems = [check for check in checks if check.level == "problem"]
    warnings = sum(check.level == "warning" for check in checks)
    out.say("", f"{counted(len(problems), 'problem')}, {counted(warnings, 'warning')}.")
    if any(check in server for check in problems):
        return Status.CONNECTION
    return Status.USAGE if problems else Status.DONE


def _tell(out: Output, title: str, checks: list[Check]) -> None:
    words = {"ok": "✓ ok     ", "warning": "! warning", "problem": "✗ problem"}
    out.say("", title)
    for check in checks:
        out.line(
            "check",
            name=check.name,
            level=check.level,
            sentence=check.sentence,
            next_step=check.next_step,
        )
        out.say(f"  {words[check.level]}  {check.name}: {check.sentence}")
        if check.next_step:
            out.say(f"{'':>13}→ {check.next_step}")

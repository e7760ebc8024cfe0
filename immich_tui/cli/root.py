"""`immich-tui` itself: the full-screen app, and the commands beside it."""

from __future__ import annotations

from typing import Any

import click

from immich_tui import __version__
from immich_tui.cli import (
    analyze,
    completion,
    config,
    demo,
    doctor,
    execute,
    plan,
    restore,
    runs,
    undo,
    verify,
)
from immich_tui.cli.app import run_app
from immich_tui.cli.options import backup_option, policy_option, server_options, split_key
from immich_tui.cli.status import Ended, statuses_epilog

EXAMPLES = """\
\b
Examples:
  immich-tui                              # review in the terminal
  immich-tui demo                         # try it on made-up photos
  immich-tui doctor                       # check server, key, terminal and disk
  immich-tui analyze -o plan.json         # write what would be done into a file
  immich-tui execute plan.json --dry-run  # list every call that would be made
  immich-tui execute plan.json            # do it, with verified backups
"""


class Root(click.Group):
    """The commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names as they were added, not by alphabet."""
        return list(self.commands)


@click.group(cls=Root, invoke_without_command=True, epilog=f"{EXAMPLES}\n\n{statuses_epilog()}")
@click.version_option(__version__)
@server_options
@policy_option
@backup_option
@click.option("--theme", help="Colours; the palette (ctrl+p) lists the names.")
@click.pass_context
def main(context: click.Context, /, **flags: Any) -> None:
    """Review and clear up the duplicates of an Immich server without losing anything.

    Without a command the full-screen app starts. Options before a command count for it, too.
    """
    context.obj = {key: value for key, value in flags.items() if value is not None}
    if context.invoked_subcommand is None:
        try:
            known, environ = split_key(context.obj)
        except Ended as end:
            raise click.BadParameter(end.sentence) from None
        context.exit(run_app(known, environ))


for module in (demo, analyze, execute, verify, undo, restore, runs, plan, doctor, config, completion):
    main.add_command(module.command)

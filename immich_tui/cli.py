"""The command line. Every import that costs time happens inside a command, so that `--help` is quick."""

import click

from immich_tui import __version__


@click.group(invoke_without_command=True)
@click.version_option(__version__)
def main() -> None:
    """Review and clear up the duplicates of an Immich server without losing anything."""

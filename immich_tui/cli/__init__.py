"""The command line: one module for each command, on the same jobs and journal as the screens.

Every import that costs time happens inside a command, so that `--help` is quick.
"""

from immich_tui.cli.root import main

__all__ = ["main"]

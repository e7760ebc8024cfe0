"""Starting the full-screen app."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from immich_tui import splash as first_line
from immich_tui.importing import undisturbed

if TYPE_CHECKING:
    from immich_tui.config import Config, KeyStore, Paths


def run_app(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    paths: Paths | None = None,
    keys: KeyStore | None = None,
) -> int:
    """Run the app and return its exit status; without a terminal or a browser to show it is refused."""

    def read_config() -> Config:
        from immich_tui.config import load

        return load(flags, environ, paths, keys)

    from immich_tui.cli.output import at_terminal

    # A server that shows terminal apps in a browser names its driver, and talks through pipes.
    in_browser = bool(os.environ.get("TEXTUAL_DRIVER"))
    if not (in_browser or (at_terminal(sys.stdin) and at_terminal(sys.stdout))):
        raise click.UsageError(
            "The full-screen app needs a terminal, and this is none. See immich-tui --help for commands"
            " that need none."
        )
    from immich_tui.tui.terminal import asking

    # The app is imported while the terminal's answer is on its way.
    with splash(), asking({**os.environ, **environ}) as question, undisturbed():
        from immich_tui.tui.app import ImmichTui

        app = ImmichTui(read_config, keys, question.answer() if question else None)
    app.run()
    return app.return_code or 0


@contextmanager
def splash() -> Iterator[None]:
    """Say at once that something happens: what the app imports takes a third of a second."""
    shown = first_line.show()
    try:
        yield
    finally:
        if shown:
            first_line.hide()

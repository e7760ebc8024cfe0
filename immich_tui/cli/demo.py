"""`immich-tui demo`: the app, or a server alone, with made-up photos."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from immich_tui.cli.app import run_app, splash
from immich_tui.cli.options import KEY_VARIABLE, backup_option, policy_option
from immich_tui.cli.status import Command

EXAMPLES = """\
immich-tui demo
immich-tui demo --groups 20000
immich-tui demo --serve --port 2283
"""


@click.command("demo", cls=Command, examples=EXAMPLES)
@click.option("--serve", is_flag=True, help="Run the server alone and print its address and key.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0 takes a free one."
)
@click.option("--groups", type=click.IntRange(1), help="So many plain groups instead of the usual library.")
@click.option(
    "--dialect", type=click.Choice(["1.135", "2.7", "3"]), default="3", help="Which Immich it imitates."
)
@policy_option
@backup_option
@click.option("--theme", help="Colours; the palette (ctrl+p) lists the names.")
@click.pass_context
def command(
    context: click.Context, /, *, serve: bool, port: int, groups: int | None, dialect: str, **flags: Any
) -> None:
    """Try the app on an embedded server with made-up photos. Nothing of yours is read or written."""
    if serve:
        _serve_demo(port, groups, dialect)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="immich-tui-demo-") as folder, ExitStack() as stack:
        with splash():
            from immich_tui.config import KeyStore, Paths

            root = Path(folder)
            # The folder goes with the demo; what is known of a crash must not.
            logs = Path(tempfile.gettempdir())
            paths = Paths(root / "config", root / "data", root / "cache", root / "backups", logs)
            url, key = stack.enter_context(_demo_server(port, groups, dialect))
        environ = {KEY_VARIABLE: key, **how_to_show(os.environ)}
        context.exit(run_app({"url": url, **flags}, environ, paths, KeyStore(paths.keys, ring=None)))


def how_to_show(environ: Mapping[str, str]) -> dict[str, str]:
    """What the environment says of how things look; the rest of it is about the person's own server."""
    names = ("IMMICH_TUI_IMAGES", "IMMICH_TUI_THEME")
    return {name: environ[name] for name in names if environ.get(name)}


@contextmanager
def _demo_server(port: int, groups: int | None, dialect: str) -> Iterator[tuple[str, str]]:
    try:
        from immich_tui.demo.server import DemoServer
    except ModuleNotFoundError as error:
        raise _demo_missing(error) from None
    with DemoServer(groups=groups, dialect=dialect, port=port) as server:
        yield server.url, server.key


def _serve_demo(port: int, groups: int | None, dialect: str) -> None:
    try:
        from immich_tui.demo.serve import run_server
    except ModuleNotFoundError as error:
        raise _demo_missing(error) from None
    try:
        run_server(port=port, groups=groups, dialect=dialect, say=click.echo)
    except OSError as error:
        raise click.ClickException(f"Port {port} cannot be used: {error.strerror}.") from None


def _demo_missing(error: ModuleNotFoundError) -> click.ClickException:
    return click.ClickException(f"The demo needs {error.name}: pip install 'immich-tui[demo]' brings it.")

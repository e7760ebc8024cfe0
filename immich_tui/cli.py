"""The command line. Every import that costs time happens inside a command, so that `--help` is quick."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from immich_tui import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from immich_tui.config import Config, KeyStore, Paths

F = Callable[..., Any]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
KEY_VARIABLE = "IMMICH_TUI_API_KEY"


def _server_options(command: F) -> F:
    """Which server, and how it is trusted. A key is no option: the process list would show it."""
    for option in (
        click.option("--insecure", is_flag=True, default=None, help="Check no certificate. Dangerous."),
        click.option("--ca-file", type=_FILE, help="Trust certificates signed by this authority, too."),
        click.option("--key-file", type=_FILE, help=f"File with the API key; or set {KEY_VARIABLE}."),
        click.option("--profile", help="A server kept in the settings file, by its name."),
        click.option("--url", help="Address of the server, as you would type it in a browser."),
    ):
        command = option(command)
    return command


def _review_options(command: F) -> F:
    """How groups are judged, and where backups go."""
    for option in (
        click.option("--theme", help="Colours; the palette (ctrl+p) lists the names."),
        click.option(
            "--backup-dir", type=_FOLDER, help="Where originals are copied before they are trashed."
        ),
        click.option(
            "--policy",
            metavar="NAME",
            help="What makes a photo the better one: metadata, quality, lossless, immich, or one of your own "
            "in the settings file.",
        ),
    ):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@click.version_option(__version__)
@_server_options
@_review_options
@click.pass_context
def main(context: click.Context, /, **flags: Any) -> None:
    """Review and clear up the duplicates of an Immich server without losing anything.

    Without a command the full-screen app starts.
    """
    if context.invoked_subcommand is None:
        environ = dict(os.environ)
        if key_file := flags.pop("key_file"):
            environ[KEY_VARIABLE] = _first_line(key_file)
        context.exit(_run_app(flags, environ))


@main.command()
@click.option("--serve", is_flag=True, help="Run the server alone and print its address and key.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0 takes a free one."
)
@click.option("--groups", type=click.IntRange(1), help="So many plain groups instead of the usual library.")
@click.option(
    "--dialect", type=click.Choice(["1.135", "2.7", "3"]), default="3", help="Which Immich it imitates."
)
@_review_options
@click.pass_context
def demo(
    context: click.Context, /, *, serve: bool, port: int, groups: int | None, dialect: str, **flags: Any
) -> None:
    """Try the app on an embedded server with made-up photos. Nothing of yours is read or written."""
    if serve:
        _serve_demo(port, groups, dialect)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="immich-tui-demo-") as folder, ExitStack() as stack:
        with _splash():
            from immich_tui.config import KeyStore, Paths

            root = Path(folder)
            paths = Paths(root / "config", root / "data", root / "cache", root / "backups")
            url, key = stack.enter_context(_demo_server(port, groups, dialect))
        context.exit(
            _run_app({"url": url, **flags}, {KEY_VARIABLE: key}, paths, KeyStore(paths.keys, ring=None))
        )


def _run_app(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    paths: Paths | None = None,
    keys: KeyStore | None = None,
) -> int:
    def read_config() -> Config:
        from immich_tui.config import load

        return load(flags, environ, paths, keys)

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The full-screen app needs a terminal, and this is none.")
    with _splash():
        from immich_tui.tui.app import ImmichTui

        app = ImmichTui(read_config, keys)
    app.run()
    return app.return_code or 0


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


@contextmanager
def _splash() -> Iterator[None]:
    """Say at once that something happens: what the app imports takes a third of a second."""
    shown = sys.stdout.isatty()
    if shown:
        sys.stdout.write("\rimmich-tui …")
        sys.stdout.flush()
    try:
        yield
    finally:
        if shown:
            sys.stdout.write("\r\x1b[2K")
            sys.stdout.flush()


def _first_line(file: Path) -> str:
    lines = file.read_text(encoding="utf-8").split("\n", 1)
    if not lines[0].strip():
        raise click.BadParameter(f"{file} has no key in its first line.", param_hint="--key-file")
    return lines[0].strip()

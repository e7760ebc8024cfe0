"""The options that commands share, and how they become a configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from immich_tui.cli.status import Ended, Status

if TYPE_CHECKING:
    from immich_tui.config import Config, KeyStore, Paths

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
KEY_VARIABLE = "IMMICH_TUI_API_KEY"


def _all(command: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def server_options(command: F) -> F:
    """Which server, and how it is trusted. A key is no option: the process list would show it."""
    return _all(
        command,
        click.option("--url", help="Address of the server, as you would type it in a browser."),
        click.option("--profile", help="A server kept in the settings file, by its name."),
        click.option("--key-file", type=FILE, help=f"File with the API key; or set {KEY_VARIABLE}."),
        click.option("--ca-file", type=FILE, help="Trust certificates signed by this authority, too."),
        click.option("--insecure", is_flag=True, default=None, help="Check no certificate. Dangerous."),
    )


def policy_option(command: F) -> F:
    """How groups are judged, and what is done about what the better photo lacks."""
    return _all(
        command,
        click.option(
            "--policy",
            help="What makes a photo the better one: metadata, quality, lossless, immich, or one of the"
            " settings file.",
        ),
        click.option(
            "--graft/--no-graft",
            default=None,
            help="Give kept photos camera, lens and exposure that only a trashed copy has, by a new XMP"
            " sidecar. It replaces one that the photo has.",
        ),
    )


def backup_option(command: F) -> F:
    """Where backups go."""
    return click.option(
        "--backup-dir", type=FOLDER, help="Where originals are copied before they are trashed."
    )(command)


def pace_options(command: F) -> F:
    """How hard the server may be worked."""
    return _all(
        command,
        click.option("--workers", type=click.IntRange(1, 64), help="Requests at once, at most (5)."),
        click.option("--rate", type=float, help="Requests per second, at most (10)."),
    )


def output_options(command: F) -> F:
    """What is told, and where."""
    return _all(
        command,
        click.option("--json", "as_json", is_flag=True, help="One JSON object per line, for programs."),
        click.option(
            "--log-file", type=click.Path(dir_okay=False, path_type=Path), help="Write a log there, too."
        ),
        click.option("-v", "--verbose", count=True, help="Say more; twice: everything."),
    )


def flags_of(context: click.Context, own: Mapping[str, Any]) -> dict[str, Any]:
    """A command's flags, and those before its name where it was given none itself."""
    before = context.find_root().obj or {}
    given = {key: value for key, value in own.items() if value is not None}
    return {**before, **given}


def load_config(flags: Mapping[str, Any], paths: Paths | None = None, keys: KeyStore | None = None) -> Config:
    """The configuration by flags, environment and files. Raises `ConfigError` and `Ended`."""
    from immich_tui.config import load

    known, environ = split_key(flags)
    return load(known, environ, paths, keys)


def split_key(flags: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Flags without the key file, and the environment with what stands in it. Raises `Ended`."""
    environ = dict(os.environ)
    known = dict(flags)
    if key_file := known.pop("key_file", None):
        environ[KEY_VARIABLE] = _first_line(key_file)
    return known, environ


def _first_line(file: Path) -> str:
    try:
        line = file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError):
        line = ""
    if not line:
        raise Ended(Status.USAGE, f"--key-file: {file} has no key in its first line.")
    return line

"""`immich-tui config`: where settings are, what they are, and a file to start from."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import (
    backup_option,
    output_options,
    pace_options,
    policy_option,
    server_options,
)
from immich_tui.cli.status import Command, Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.verdict.policy import Policy


@click.group("config", invoke_without_command=True)
@click.pass_context
def command(context: click.Context, /) -> None:
    """Show where settings are kept and what they come to, or write a settings file to start from.

    Without a command it shows them.
    """
    if context.invoked_subcommand is None:
        context.invoke(show)


@command.command(
    "path", cls=Command, examples='immich-tui config path\n$EDITOR "$(immich-tui config path)"\n'
)
@click.option("--all", "everything", is_flag=True, help="The folders of data, cache and backups, too.")
@output_options
@click.pass_context
def path(context: click.Context, /, *, everything: bool, **flags: Any) -> None:
    """Print where the settings file is (or would be)."""
    from immich_tui.config import Paths

    # Not read: a file with a mistake in it must be found, too.
    paths = Paths.standard()
    found = {"settings": paths.config_file}
    if everything:
        found |= {"keys": paths.keys, "data": paths.data, "cache": paths.cache, "backups": paths.backups}
    from immich_tui.cli.output import Output

    out = Output(as_json=bool(flags["as_json"]))
    out.line("result", status=0, **{name: str(place) for name, place in found.items()})
    for name, place in found.items():
        out.say(f"{name:<9} {place}" if everything else str(place))
    context.exit(out.ended(Status.DONE))


@command.command(
    "show", cls=Command, examples="immich-tui config show\nimmich-tui config show --profile home\n"
)
@server_options
@policy_option
@backup_option
@pace_options
@output_options
@click.pass_context
def show(context: click.Context, /, **flags: Any) -> None:
    """Print every setting as it comes to by flags, environment, profile and file. Keys are never shown."""
    from immich_tui.cli.headless import run

    run(context, _show, **flags)


async def _show(headless: Headless) -> int:
    config, out = headless.config, headless.output
    values: dict[str, object] = {
        "url": config.url or "",
        "profile": config.profile.name if config.profile else "",
        "api_key": f"set, from {config.key_place}" if config.key else "not set",
        "ca_file": str(config.ca_file or ""),
        "insecure": config.insecure,
        **config.settings.model_dump(mode="json"),
        "backup_dir": str(config.backup_dir),
        **_of_the_policy(config.policies[config.settings.policy]),
    }
    out.conclude(
        settings=values,
        profiles=sorted(config.profiles),
        policies=sorted(config.policies),
        file=str(config.paths.config_file),
    )
    shown = {name: _shown(value) for name, value in values.items()}
    shown["profiles"] = ", ".join(sorted(config.profiles)) or "none"
    shown["policies"] = ", ".join(sorted(config.policies))
    out.say(f"# {config.paths.config_file}")
    across = max(map(len, shown))
    for name, value in shown.items():
        out.say(f"{name:<{across}} {value}".rstrip())
    for warning in config.warnings:
        out.warn(warning)
    return Status.DONE


def _of_the_policy(policy: Policy) -> dict[str, object]:
    """What holds under every policy, and the weights of the one in use."""
    return {
        "protect_paths": list(policy.protected.paths),
        "protect_libraries": sorted(policy.protected.libraries),
        "gps_tolerance_m": policy.gps_tolerance_m,
        "weights": asdict(policy.weights),
    }


def _shown(value: object) -> str:
    """A value in one line; what is not set is left blank."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items())
        case _:
            return str(value)


@command.command("init", cls=Command, examples="immich-tui config init\n")
@output_options
@click.pass_context
def init(context: click.Context, /, **flags: Any) -> None:
    """Write a settings file in which everything is explained and nothing is changed. Never overwrites one."""
    from immich_tui.cli.headless import run

    run(context, _init, **flags)


async def _init(headless: Headless) -> int:
    from immich_tui.config.private import write_private
    from immich_tui.config.template import TEMPLATE

    file = headless.config.paths.config_file
    if file.exists():
        raise Ended(Status.REFUSED, f"{file} is there already and stays as it is.")
    write_private(file, TEMPLATE)
    headless.output.line("message", level="info", text=f"Written: {file}")
    headless.output.say(f"Written: {file}")
    return Status.DONE

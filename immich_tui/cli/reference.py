"""The page on all commands, made from them: `python -m immich_tui.cli.reference > docs/commands.md`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from immich_tui.cli.lines import KINDS
from immich_tui.cli.root import main
from immich_tui.cli.status import MEANINGS, Command

_HEAD = """\
# Commands

<!-- Made by `python -m immich_tui.cli.reference`; a test compares. Change the commands, not this page. -->

`immich-tui` without a command starts the full-screen app. The commands do the same work without a screen:
with the same session, the same journal and the same checks, so that what is begun in one can be seen and
taken up in the other.

The server and its key are found in this order: flags, environment (`IMMICH_TUI_URL` and `IMMICH_TUI_API_KEY`,
or the official command line's `IMMICH_INSTANCE_URL` and `IMMICH_API_KEY`), profile, settings file. A key is
never a flag: others could see it in the list of processes.
"""

_LINES = """\
## Lines for programs

With `--json` every line of standard output is one JSON object, and `kind` says which:

| kind | what it holds |
|---|---|
"""

_STATUS = """\
## Exit status

| status | meaning |
|---|---|
"""


def page() -> str:
    """The whole page in Markdown."""
    parts = [_HEAD, *(_section(name, command) for name, command in _commands())]
    parts.append(_LINES + "".join(f"| `{kind}` | {text} |\n" for kind, text in KINDS.items()))
    parts.append(_STATUS + "".join(f"| {status} | {text} |\n" for status, text in MEANINGS.items()))
    return "\n".join(parts)


def _commands() -> Iterator[tuple[str, click.Command]]:
    yield "immich-tui", main
    for name, command in main.commands.items():
        if isinstance(command, click.Group):
            for inner, below in command.commands.items():
                yield f"immich-tui {name} {inner}", below
        else:
            yield f"immich-tui {name}", command


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    rows = [
        f"| `{record[0].replace('|', chr(92) + '|')}` | {record[1]} |"
        for parameter in command.get_params(context)
        if (record := parameter.get_help_record(context)) is not None and "--help" not in record[0]
    ]
    text = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    table = "| option | |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else ""
    examples = command.examples.strip() if isinstance(command, Command) else ""
    shown = f"\n```console\n{_prompted(examples)}\n```\n" if examples else ""
    return f"## {name}\n\n```\n{usage}\n```\n\n{text}\n\n{table}{shown}"


def _prompted(examples: str) -> str:
    return "\n".join(f"$ {line}" for line in examples.splitlines())


if __name__ == "__main__":
    click.echo(page(), nl=False)

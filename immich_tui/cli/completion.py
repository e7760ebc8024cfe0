"""`immich-tui completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click

from immich_tui.cli.status import Command, Status

EXAMPLES = """\
eval "$(immich-tui completion bash)"      # in ~/.bashrc
eval "$(immich-tui completion zsh)"       # in ~/.zshrc
immich-tui completion fish > ~/.config/fish/completions/immich-tui.fish
"""


@click.command("completion", cls=Command, examples=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, /, *, shell: str) -> None:
    """Print a script that makes your shell complete commands and options with Tab."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root().command
    from immich_tui.cli.output import Output

    out = Output()
    out.raw(kind(root, {}, "immich-tui", "_IMMICH_TUI_COMPLETE").source())
    context.exit(out.ended(Status.DONE))

"""What the exit status says, and the ends that commands raise."""

from __future__ import annotations

from enum import IntEnum

import click


class Status(IntEnum):
    """Exit statuses. A signal adds 128 to its number: 130, 143 and 129."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    CONNECTION = 3
    REFUSED = 4
    MISTAKE = 70


MEANINGS = {
    "0": "Done.",
    "1": "Some items failed or were left alone; the output says which and why, or could not be written.",
    "2": "The command line, the settings or a given file cannot be used.",
    "3": "No connection to the server, or a permission is missing.",
    "4": "Refused for safety: nothing was changed.",
    "70": "A mistake of this program; the message names the file with the details.",
    "129, 130, 143": "Ended by a signal. A run stopped at a safe point, and is taken up by execute --resume.",
}
"""Every exit status, for `--help` and the documents."""


class Ended(Exception):
    """A command that ends before its end: with a status, a sentence and a next step."""

    def __init__(self, status: int, sentence: str, next_step: str = "") -> None:
        self.status = status
        self.sentence = sentence
        self.next_step = next_step
        super().__init__(sentence)


def statuses_epilog() -> str:
    """The exit statuses as they stand at the end of `--help`."""
    lines = "\n".join(f"  {status:<14} {meaning}" for status, meaning in MEANINGS.items())
    return f"\b\nExit status:\n{lines}"


class Command(click.Command):
    """A command whose help ends with examples."""

    def __init__(self, *args: object, examples: str = "", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # click's own arguments, passed through
        self.examples = examples

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they stand."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")

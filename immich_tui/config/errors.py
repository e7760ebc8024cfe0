"""What is wrong with the configuration, and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConfigError(Exception):
    """A configuration that cannot be used. `sentence` begins with its place (file and line, variable)."""

    def __init__(self, place: str, problem: str, next_step: str = "") -> None:
        self.place = place
        self.sentence = f"{place}: {problem}"
        self.next_step = next_step
        super().__init__(f"{self.sentence} {next_step}".rstrip())


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The next step after an unknown name: the nearest one that exists, or all of them."""
    names = sorted(known)
    if near := difflib.get_close_matches(name, names, n=1, cutoff=0.6):
        return f"Did you mean {near[0]}?"
    return f"There are: {', '.join(names)}." if names else ""

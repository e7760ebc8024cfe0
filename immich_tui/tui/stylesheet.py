"""A stylesheet that parses each source once.

Textual parses all sources again whenever a screen brings some of its own, and whenever the colours are
applied: in a stylesheet that is thrown away afterwards, so that the next widget has them parsed once more. It
also keeps no more than 64 parsed sources, and with one more than that it keeps none, because they are asked
for in a circle.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

MOST_SOURCES: Final = 1024
"""Parsed sources that are kept: every widget class with styles of its own is one, and every file."""


class KeptStylesheet(Stylesheet):
    """Keeps what was parsed as long as the variables, that is the colours, stay the same."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache: LRUCache[tuple[object, ...], list[RuleSet]] = LRUCache(MOST_SOURCES)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Forget what was parsed, if the variables differ from those before."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Take in sources and variables that are new; on an error the rules stay as they were."""
        self.parse()

    async def read_ahead(self, folder: Path) -> None:
        """Take in the style sheets of a folder, one in each turn of the loop.

        A screen whose style sheet is there already opens at once: for a new one Textual applies all styles to
        all that is on the screen again.
        """
        for path, css in await asyncio.to_thread(_texts, folder):
            if not self.has_source(str(path)):
                self.add_source(css, (str(path), ""))
                self.reparse()
                await asyncio.sleep(0)


def _texts(folder: Path) -> list[tuple[Path, str]]:
    return [(path, path.read_text(encoding="utf-8")) for path in sorted(folder.resolve().glob("*.tcss"))]

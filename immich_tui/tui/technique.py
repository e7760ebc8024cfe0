"""How pictures are drawn: what was asked for, against what the terminal can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from immich_tui.tui.sixel import sixel_encoder
from immich_tui.tui.terminal import USUAL_CELL, Terminal

Kind = Literal["blocks", "kitty", "sixel", "off"]

NO_ENCODER = "Sixel pictures need the extra 'images': pip install 'immich-tui[images]'. Half blocks are used."


@dataclass(frozen=True, slots=True)
class Technique:
    """The way that was chosen. `cell` is a cell in pixels; `problem` says why a wish was not fulfilled.

    `through_tmux` is whether tmux has to hand on what is meant for the terminal.
    """

    kind: Kind = "blocks"
    cell: tuple[int, int] = USUAL_CELL
    problem: str = ""
    through_tmux: bool = False

    @property
    def tall(self) -> float:
        """How many times higher than wide a cell is."""
        return self.cell[1] / self.cell[0]


BLOCKS = Technique()


def choose(
    wanted: str, terminal: Terminal | None, environ: Mapping[str, str], colours: str | None = "truecolor"
) -> Technique:
    """The technique for a wish (`auto`, `kitty`, `sixel`, `blocks`, `off`).

    `terminal` is `None` where there is no terminal of its own: in a browser, in tests. `colours` is Rich's
    name for the colours of the console.
    """
    cell = terminal.cell if terminal else USUAL_CELL
    if wanted in {"off", "blocks"}:
        return Technique("off" if wanted == "off" else "blocks", cell)
    if terminal is None or environ.get("TEXTUAL_DRIVER"):
        why = "" if wanted == "auto" else f"There is no terminal for {wanted.capitalize()} pictures here."
        return Technique("blocks", cell, f"{why} Half blocks are used." if why else "")
    if wanted == "auto":
        return Technique(_best(terminal, environ, colours), cell)
    if wanted == "sixel":
        return Technique("sixel", cell) if sixel_encoder() else Technique("blocks", cell, NO_ENCODER)
    if not _names_images(environ, colours):
        return Technique(
            "blocks", cell, "Kitty pictures need a terminal with 16 million colours. Half blocks are used."
        )
    return Technique("kitty", cell, through_tmux=bool(environ.get("TMUX")))


def _best(terminal: Terminal, environ: Mapping[str, str], colours: str | None) -> Kind:
    # Terminals that know both (WezTerm, Konsole) do not place Kitty images by text cells, as we do.
    if terminal.sixel:
        return "sixel" if sixel_encoder() else "blocks"
    return "kitty" if terminal.kitty and _names_images(environ, colours) else "blocks"


def _names_images(environ: Mapping[str, str], colours: str | None) -> bool:
    """Whether a text colour arrives as it was sent: it carries the number of the image."""
    return colours == "truecolor" and not environ.get("NO_COLOR")

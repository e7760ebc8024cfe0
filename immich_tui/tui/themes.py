"""The app's own themes, and the choice of a theme for the terminal at hand.

Meaning is carried by blue against orange, a pair that people with any common colour blindness tell apart, and
always by a word or a glyph as well. Terminals with 16 colours get a theme that uses their own palette.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARKROOM = Theme(
    name="darkroom",
    dark=True,
    primary="#5EB3F2",
    secondary="#8FA8C4",
    accent="#F4A853",
    success="#5EB3F2",
    warning="#F4A853",
    error="#FF8A5C",
    foreground="#DCE3EA",
    background="#11161C",
    surface="#161D25",
    panel="#1F2933",
    variables={
        "block-cursor-background": "#2F6EA3",
        "block-cursor-foreground": "#FFFFFF",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#24384A",
        "border": "#3B4B5B",
        "border-blurred": "#2A3642",
        "footer-background": "#161D25",
        "footer-key-foreground": "#F4A853",
        "footer-description-foreground": "#A9B7C5",
        "input-selection-background": "#2F6EA3 60%",
        "link-color": "#5EB3F2",
        # Textual mixes these with white, which takes the colour out of words that mean something.
        "text-primary": "#5EB3F2",
        "text-secondary": "#8FA8C4",
        "text-accent": "#F4A853",
        "text-success": "#5EB3F2",
        "text-warning": "#F4A853",
        "text-error": "#FF8A5C",
        "scrollbar": "#2F3C49",
        "scrollbar-hover": "#46586A",
        "scrollbar-active": "#5EB3F2",
        "scrollbar-background": "#161D25",
        "scrollbar-background-hover": "#161D25",
        "scrollbar-background-active": "#161D25",
        "scrollbar-corner-color": "#161D25",
    },
)

LIGHT_TABLE = Theme(
    name="light-table",
    dark=False,
    primary="#0B62A8",
    secondary="#4A6178",
    accent="#9A4A00",
    success="#0B62A8",
    warning="#9A4A00",
    error="#B02A00",
    foreground="#1B232B",
    background="#F7F8FA",
    surface="#ECEFF3",
    panel="#DFE5EB",
    variables={
        "block-cursor-background": "#0B62A8",
        "block-cursor-foreground": "#FFFFFF",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#BCD3E6",
        "border": "#A9B6C3",
        "border-blurred": "#C6D0DA",
        "footer-background": "#DFE5EB",
        "footer-key-foreground": "#9A4A00",
        "footer-description-foreground": "#3A4753",
        "input-selection-background": "#0B62A8 35%",
        "link-color": "#0B62A8",
        "text-primary": "#0B62A8",
        "text-secondary": "#4A6178",
        "text-accent": "#9A4A00",
        "text-success": "#0B62A8",
        "text-warning": "#9A4A00",
        "text-error": "#B02A00",
        "scrollbar": "#B9C5D1",
        "scrollbar-hover": "#9DADBC",
        "scrollbar-active": "#0B62A8",
        "scrollbar-background": "#ECEFF3",
        "scrollbar-background-hover": "#ECEFF3",
        "scrollbar-background-active": "#ECEFF3",
        "scrollbar-corner-color": "#ECEFF3",
    },
)

SIXTEEN = Theme(
    name="sixteen",
    ansi=True,
    dark=True,
    # The plain blue and red of most terminals can hardly be read on black.
    primary="ansi_bright_blue",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    success="ansi_bright_blue",
    warning="ansi_yellow",
    error="ansi_bright_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "block-cursor-background": "ansi_white",
        "block-cursor-foreground": "ansi_black",
        "border": "ansi_bright_black",
        "border-blurred": "ansi_bright_black",
        "footer-key-foreground": "ansi_yellow",
        "input-cursor-background": "ansi_black",
        "input-cursor-foreground": "ansi_bright_white",
        "input-cursor-text-style": "none",
        "input-selection-background": "ansi_bright_blue",
        "input-selection-foreground": "ansi_black",
        "link-color": "ansi_bright_blue",
        "screen-selection-background": "ansi_bright_blue",
        "screen-selection-foreground": "ansi_black",
        "scrollbar": "ansi_bright_black",
        "scrollbar-hover": "ansi_white",
        "scrollbar-active": "ansi_bright_blue",
    },
)

OWN_THEMES = (DARKROOM, LIGHT_TABLE, SIXTEEN)

_MANY_COLOURS = frozenset({"256color", "direct", "kitty"})
"""Last parts of the names of terminals that have at least 256 colours."""


def theme_for(environment: Mapping[str, str], wanted: str = "") -> str:
    """Name of the theme to start with: the wanted one, else the own one, else 16 colours.

    A terminal has only 16 colours when it has a name and claims neither true colour nor 256 colours: Textual
    then writes no others, and would take for each of the own theme's the nearest of the sixteen.
    """
    if wanted:
        return wanted
    if environment.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return DARKROOM.name
    term = environment.get("TERM", "").strip().lower()
    if term and term.rpartition("-")[2] not in _MANY_COLOURS:
        return SIXTEEN.name
    return DARKROOM.name

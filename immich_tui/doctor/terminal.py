"""Looking at the terminal: what it can show, and what tmux or ssh stand in the way of."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping

from immich_tui.execution.preflight import Check, Level

SMALLEST, COMFORTABLE = (80, 24), (120, 36)

#: Terminals that are known by their environment, and the protocol they draw pictures with.
_PICTURES = (
    ("KITTY_WINDOW_ID", "", "kitty"),
    ("TERM", "xterm-kitty", "kitty"),
    ("TERM", "xterm-ghostty", "kitty"),
    ("GHOSTTY_RESOURCES_DIR", "", "kitty"),
    ("TERM_PROGRAM", "WezTerm", "kitty"),
    ("TERM_PROGRAM", "iTerm.app", "sixel"),
    ("TERM", "foot", "sixel"),
    ("TERM", "foot-extra", "sixel"),
    ("TERM", "mlterm", "sixel"),
    ("TERM", "contour", "sixel"),
    ("WT_SESSION", "", "sixel"),
    ("KONSOLE_VERSION", "", "sixel"),
)


def look_at_terminal(
    environ: Mapping[str, str], *, images: str = "auto", images_extra: bool = True
) -> Iterator[Check]:
    """What the environment tells of the terminal.

    `images` is the setting, `images_extra` whether the extra for sharp pictures is installed.
    """
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    yield _size(tty)
    yield _colours(environ)
    yield _unicode()
    yield _pictures(environ, images, images_extra)
    yield from _between(environ)


def _size(tty: bool) -> Check:
    columns, rows = shutil.get_terminal_size()
    if not tty:
        return Check(
            "Terminal",
            Level.WARNING,
            "This is no terminal: the full-screen app cannot run here.",
            "Use the commands (immich-tui --help), or start it in a terminal.",
        )
    if columns < SMALLEST[0] or rows < SMALLEST[1]:
        return Check(
            "Terminal",
            Level.PROBLEM,
            f"{columns} × {rows} cells are too few; {SMALLEST[0]} × {SMALLEST[1]} are needed.",
            "Make the window larger or its font smaller.",
        )
    comfortable = columns >= COMFORTABLE[0] and rows >= COMFORTABLE[1]
    more = "" if comfortable else f" It shows more from {COMFORTABLE[0]} × {COMFORTABLE[1]} on."
    return Check("Terminal", Level.OK, f"{columns} × {rows} cells.{more}")


def _colours(environ: Mapping[str, str]) -> Check:
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR"):
        return Check("Colours", Level.OK, "None, as NO_COLOR asks; everything is told by signs, too.")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return Check("Colours", Level.OK, "16 million.")
    if term in ("", "dumb", "linux", "vt100", "vt220"):
        return Check(
            "Colours",
            Level.WARNING,
            f"Few or none (TERM={term or 'not set'}).",
            "Use a terminal with colours; without, pictures are hard to tell apart.",
        )
    if "256color" in term:
        return Check(
            "Colours",
            Level.OK,
            "256, as far as the terminal says. If it can show more: export COLORTERM=truecolor.",
        )
    return Check("Colours", Level.OK, "At least 16.")


def _unicode() -> Check:
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "")
    if encoding == "utf8":
        return Check("Characters", Level.OK, "UTF-8.")
    return Check(
        "Characters",
        Level.WARNING,
        f"The locale is not UTF-8 ({encoding or 'unknown'}): signs and frames will look broken.",
        "export LANG=C.UTF-8",
    )


def picture_protocol(environ: Mapping[str, str]) -> str:
    """The protocol that this terminal is known for, empty when nothing is known of it."""
    for name, value, protocol in _PICTURES:
        found = environ.get(name)
        if found and (not value or found == value):
            return protocol
    return ""


def _pictures(environ: Mapping[str, str], images: str, images_extra: bool) -> Check:
    known = picture_protocol(environ)
    if images != "auto":
        return Check("Pictures", Level.OK, f"Set to {images} in the settings.")
    if not known:
        return Check(
            "Pictures",
            Level.OK,
            "Half blocks. For sharp pictures use a terminal with the kitty or Sixel protocol.",
        )
    if not images_extra:
        return Check(
            "Pictures",
            Level.WARNING,
            f"This terminal can draw by {known}, and what draws so is not installed.",
            "pip install 'immich-tui[images]'",
        )
    return Check("Pictures", Level.OK, f"By {known}, if the terminal confirms it when the app starts.")


def _between(environ: Mapping[str, str]) -> Iterator[Check]:
    if environ.get("TMUX"):
        yield Check(
            "tmux",
            Level.WARNING,
            "tmux keeps sharp pictures and some keys from the terminal unless told to let them through.",
            "In ~/.tmux.conf: set -g allow-passthrough on; set -g extended-keys on;"
            " set -as terminal-features ',*:RGB'",
        )
    if environ.get("STY"):
        yield Check(
            "screen",
            Level.WARNING,
            "GNU screen shows no sharp pictures and few colours.",
            "Use tmux, or run outside of it.",
        )
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        yield Check(
            "ssh",
            Level.OK,
            "Over ssh COLORTERM is often lost; if colours look coarse: export COLORTERM=truecolor."
            " A run survives a broken connection inside tmux, and can be taken up again in any case.",
        )

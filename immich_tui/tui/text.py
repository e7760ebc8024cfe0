"""Text from outside, made fit for a terminal: harmless, in one shape, and cut to cells instead of characters.

File names, descriptions, tags and error messages come from a server, and before that from strangers' cameras
and chats. Nothing here makes markup; what comes out is shown literally.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from rich.cells import cell_len, split_graphemes

ELLIPSIS = "…"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MAX_MARKS = 4
"""So many combining marks on one letter are kept: more than any language writes."""

_ZWJ = "\N{ZERO WIDTH JOINER}"
_VARIATION_16 = "\ufe0f"

#: Format characters that are drawn and belong to Arabic and Syriac numbers.
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
#: Marks that draw nothing and serve to make two names look alike.
_INVISIBLE_MARKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_MARKS = re.compile(
    f"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0]{{{MAX_MARKS}}})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0]+"
)


def safe(text: object) -> str:
    """Text from outside as it may be shown: one line, and nothing in it that a terminal would obey.

    Control characters become their visible pictures (`␛`, `␊`, `␉`); what changes the direction, has no width
    or is half a character becomes U+FFFD. Emoji joined by a zero width joiner stay joined. The result is in
    composed form (NFC), so that equal names look and measure equal.
    """
    value = text if isinstance(text, str) else str(text)
    if value.isascii() and value.isprintable():
        return value
    value = unicodedata.normalize("NFC", "".join(map(_harmless, value)))
    value = _MARKS.sub(r"\1", value)
    if _ZWJ in value:
        value = _keep_joined_emoji(value)
    if value and unicodedata.combining(value[0]):
        value = "\N{DOTTED CIRCLE}" + value
    return value


def place(path: str | Path) -> str:
    """A path as it may be shown: from `~` on where it is within the home folder."""
    try:
        return safe(Path("~", Path(path).relative_to(Path.home())))
    except (ValueError, RuntimeError):  # elsewhere, or nobody knows where the home is
        return safe(path)


@lru_cache(maxsize=4096)
def _harmless(character: str) -> str:
    """The character, its visible picture, or U+FFFD."""
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    category = unicodedata.category(character)
    if category == "Cf":
        return character if character == _ZWJ or character in _VISIBLE_FORMATS else REPLACEMENT
    if category in {"Cc", "Cs", "Zl", "Zp"} or character in _INVISIBLE_MARKS or code & 0xFFFE == 0xFFFE:
        return REPLACEMENT
    # Spaces of other widths look like a space and measure differently in each terminal.
    return " " if category == "Zs" and code != 0x3000 else character


def _keep_joined_emoji(text: str) -> str:
    """Replace the joiners that do not stand between two emoji."""
    kept = list(text)
    for index, character in enumerate(kept):
        if character != _ZWJ:
            continue
        before = index - 1
        while before >= 0 and (kept[before] == _VARIATION_16 or "\U0001f3fb" <= kept[before] <= "\U0001f3ff"):
            before -= 1
        after = index + 1
        if not (before >= 0 and _is_emoji(kept[before]) and after < len(kept) and _is_emoji(kept[after])):
            kept[index] = REPLACEMENT
    return "".join(kept)


def _is_emoji(character: str) -> bool:
    return character >= "\u2190" and unicodedata.category(character) == "So"


def width(text: str) -> int:
    """How many cells the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def head(text: str, cells: int) -> str:
    """As much of the beginning as fits, never half a character."""
    if cells <= 0:
        return ""
    if text.isascii():
        return text[:cells]
    used = 0
    for start, _, size in split_graphemes(text)[0]:
        used += size
        if used > cells:
            return text[:start]
    return text


def tail(text: str, cells: int) -> str:
    """As much of the end as fits, never half a character."""
    if cells <= 0:
        return ""
    if text.isascii():
        return text[-cells:]
    used = 0
    for _, end, size in reversed(split_graphemes(text)[0]):
        used += size
        if used > cells:
            return text[end:]
    return text


def fit(text: str, cells: int) -> str:
    """The text, cut at its end with `…` where it is wider than `cells`."""
    if width(text) <= cells:
        return text
    return head(text, cells - 1) + ELLIPSIS if cells > 0 else ""


def elide(text: str, cells: int) -> str:
    """The text, cut in its middle with `…` where it is wider than `cells`: names differ at both ends."""
    if width(text) <= cells:
        return text
    if cells <= 2:
        return fit(text, cells)
    first = (cells - 1) // 2
    begin = head(text, first)
    return begin + ELLIPSIS + tail(text, cells - 1 - width(begin))


def told_apart(texts: Sequence[str], cells: int) -> list[str]:
    """Each text cut to `cells`, so that texts that differ still look different.

    Names of one series share their beginning and their end; where cutting their middles makes them look
    alike, what they have in common at the beginning gives way.
    """
    cut = [elide(text, cells) for text in texts]
    different = set(texts)
    if len(set(cut)) >= len(different) or cells < 8:
        return cut
    first, last = min(different), max(different)
    pairs = enumerate(zip(first, last, strict=False))
    shared = next((place for place, (one, other) in pairs if one != other), len(first))
    return [_from(text, shared, cells) for text in texts]


def _from(text: str, place: int, cells: int) -> str:
    """The text from a little before this character on."""
    start = max((begin for begin, _, _ in split_graphemes(text)[0] if begin <= max(0, place - 2)), default=0)
    return ELLIPSIS + elide(text[start:], cells - 1) if start else elide(text, cells)


def pad(text: str, cells: int) -> str:
    """The text, filled with spaces at its right to `cells`; wider text is returned as it is."""
    return text + " " * (cells - width(text))

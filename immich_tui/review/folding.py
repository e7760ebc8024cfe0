"""Texts as they are compared in a search: case does not matter, nor how accents are written."""

from __future__ import annotations

from unicodedata import normalize


def folded(text: str) -> str:
    """The text in the one form that all its spellings share.

    A file that comes from a Mac writes "ü" as two characters, and keys make one of it.
    """
    if text.isascii():
        return text.lower()
    return normalize("NFC", normalize("NFC", text).casefold())

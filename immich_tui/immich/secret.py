"""The API key, wrapped so that it shows up nowhere by accident."""

from __future__ import annotations

from typing import Final

MASK: Final = "***"


class Secret:
    """A text that must not be seen: `repr`, `str` and formatting give `***`, only `reveal` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text.strip()

    def reveal(self) -> str:
        """The text itself, without surrounding white space. For the header and the key's own file only."""
        return self._text

    def redact(self, text: str) -> str:
        """`text` with every occurrence of the secret masked."""
        return text.replace(self._text, MASK) if self._text else text

    def __repr__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere by pickling")

"""A plan file as text: written group by group, and read back group by group, however it was reformatted.

Neither side holds more than one group (and what is left of a block of text) at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

GROUPS = "groups"
CHUNK = 1 << 18
"""Characters read at a time."""

LONGEST = 16 << 20
"""Characters of one group, at most: what is longer is no plan of ours."""

_CUT = 16
"""An error this near to the end of what was read may only mean that the rest is missing."""

_OF_NUMBERS = "0123456789.eE+-"

#: Invisible characters, and those that change the direction of text: escaped, so that what is shown is there.
_HIDDEN = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


class PlanUnreadable(Exception):
    """A file that is no plan; `line` is where, `sentence` says what is wrong."""

    def __init__(self, line: int, sentence: str) -> None:
        self.line = line
        self.sentence = f"Line {line}: {sentence}"
        super().__init__(self.sentence)


@dataclass(frozen=True, slots=True)
class Piece:
    """A value at the top of the file under its `key`, or one element of `groups`; it begins at `line`."""

    key: str
    line: int
    value: Any


def dumped(value: object) -> str:
    """A value as JSON in one line, legible in any language."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class PlanWriter:
    """Writes a plan: the header first, then `add` for each group, then `close`."""

    def __init__(self, stream: TextIO, header: Mapping[str, object]) -> None:
        self._stream = stream
        self._between = ""
        stream.write("{\n")
        for key, value in header.items():
            stream.write(f' "{key}": {dumped(value)},\n')
        stream.write(f' "{GROUPS}": [\n')

    def add(self, group: Mapping[str, object]) -> None:
        """Write one group: a line for each field, and for each member."""
        lines = ",\n".join(f"   {dumped(key)}: {_field(value)}" for key, value in group.items())
        self._stream.write(f"{self._between}  {{\n{lines}\n  }}")
        self._between = ",\n"

    def close(self) -> None:
        """Write the end; the stream stays open."""
        self._stream.write("\n ]\n}\n")


def _field(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        rows = ",\n".join(f"     {dumped(row)}" for row in value)
        return f"[\n{rows}\n   ]"
    return dumped(value)


def pieces(stream: TextIO) -> Iterator[Piece]:
    """The pieces of a plan file in the order of the file. Raises `PlanUnreadable` where it is not JSON."""
    source = _Source(stream)
    source.take("{")
    if source.peek() != "}":
        while True:
            line, key = source.line, source.value()
            if not isinstance(key, str):
                raise PlanUnreadable(line, "a name in quotes is missing.")
            source.take(":")
            if key == GROUPS and source.peek() == "[":
                yield from _elements(source)
            else:
                source.peek()
                yield Piece(key, source.line, source.value())
            if source.peek() != ",":
                break
            source.take(",")
            source.peek()
    source.take("}")
    if source.peek():
        raise PlanUnreadable(source.line, "there is something after the end of the plan.")


def _elements(source: _Source) -> Iterator[Piece]:
    source.take("[")
    if source.peek() != "]":
        while True:
            source.peek()
            line = source.line
            yield Piece(GROUPS, line, source.value())
            if source.peek() != ",":
                break
            source.take(",")
    source.take("]")


class _Source:
    """The text from where reading stands."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=_once)
        self.line = 1

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if character not in " \t\r\n":
                    return character
                self.line += character == "\n"
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Go past this character. Raises `PlanUnreadable` where another one stands."""
        found = self.peek()
        if found != wanted:
            there = f"stands {found!r}" if found else "the file ends"
            raise PlanUnreadable(self.line, f"there should be {wanted!r}, and there {there}.")
        self._at += 1

    def value(self) -> Any:
        """The value that begins here."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # Whether this is a mistake or only the end of what was read shows when there is more.
                whole = error.pos < len(self._text) - _CUT and not error.msg.startswith("Unterminated")
                if whole or len(self._text) - self._at > LONGEST or not self._more():
                    line = self.line + self._text.count("\n", self._at, error.pos)
                    raise PlanUnreadable(line, f"this is not JSON ({error.msg}).") from None
                continue
            except (ValueError, RecursionError) as error:
                problem = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
                raise PlanUnreadable(self.line, f"{problem}.") from None
            # A number may go on behind the end of what was read: "1" may become "1.5e3".
            if not self._text[end : end + _CUT].lstrip(_OF_NUMBERS) and self._more():
                continue
            self.line += self._text.count("\n", self._at, end)
            self._at = end
            return value

    def _more(self) -> bool:
        chunk = self._stream.read(CHUNK)
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return bool(chunk)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that names a field twice is refused, since nobody can tell which one was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} is there twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")

"""Reading `GET /duplicates` group by group while it arrives, in memory that does not grow with the listing.

The answer is one JSON array of hundreds of megabytes on large libraries. It is cut into its groups without
being parsed as a whole, and each group is validated by itself. Two ways of cutting are used:

- Immich writes compact JSON with `duplicateId` first in each group. An unescaped quotation mark never stands
  inside a JSON string, so the bytes `,{"duplicateId":` can only be structure: one search in C finds them.
- Anything else (spaces, another order of keys, groups in groups) is cut by following brackets and strings.

The first is used as long as every piece is exactly one JSON value; on the first that is not, the second takes
over from the start of that piece. It also takes over for the rest of a group that is very large. Neither
guesses: where a group ends is fixed by where it begins.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

from pydantic import ValidationError

from immich_tui.immich.errors import BadAnswer, quoted
from immich_tui.immich.group_text import group_of
from immich_tui.immich.models import Group

LARGEST_GROUP: Final = 32 * 1024 * 1024
"""Bytes of one group beyond which it is passed over unread: over 10,000 assets, which nobody can review."""

SEARCHED: Final = 1024 * 1024
"""Bytes of a group in which a separator is looked for; brackets of a larger one are followed as they come.

Following all of it once it is too large would hold up everything else for seconds.
"""

STRETCH: Final = 4096
"""Bytes whose brackets are counted at once in a group that has many."""

FEW: Final = 64
"""Brackets of a group that are stopped at one by one before that: few groups have more."""

_SEPARATOR: Final = b',{"duplicateId":'
_START: Final = b'[{"duplicateId":'
_SPACE: Final = b" \t\r\n"
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_RUN: Final = re.compile(rb'[^"\[\]{}]*+(?:' + _STRING + rb'[^"\[\]{}]*+)*+', re.DOTALL)
_TOP_RUN: Final = re.compile(rb'[^"\[\]{},]*+(?:' + _STRING + rb'[^"\[\]{},]*+)*+', re.DOTALL)
_STRINGS: Final = re.compile(_STRING, re.DOTALL)
_STRETCH: Final = re.compile(rb'[^"]*+(?:' + _STRING + rb'[^"]*+)*+', re.DOTALL)
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS: Final = bytes(set(range(256)) - _STEPS.keys())
_STRING_END: Final = re.compile(rb'["\\]')
_ID: Final = re.compile(rb'"duplicateId"\s*:\s*"([0-9A-Za-z-]{1,64})"')
_HEAD: Final = 4096
_SLICE_S: Final = 0.002


@dataclass(frozen=True, slots=True)
class UnreadableGroup:
    """A group of the listing that could not be read: shown, counted and left alone.

    `id` is `None` when even that could not be told; `size` is in bytes.
    """

    id: str | None
    reason: str
    size: int


class Listed(NamedTuple):
    """One group of the listing with the JSON text it came from (empty when it was too large to keep)."""

    group: Group | UnreadableGroup
    raw: bytes


async def listed(chunks: AsyncIterator[bytes]) -> AsyncIterator[Listed]:
    """The groups of a listing that arrives in `chunks` of any size.

    Gives way to the event loop every two milliseconds. Raises `BadAnswer` when the bytes are no JSON array,
    or end before it does: then what was given so far is not the whole and must not be taken for it.
    """
    splitter = Splitter()
    since = time.monotonic()
    async for chunk in chunks:
        for group in splitter.feed(chunk):
            yield group
            if time.monotonic() - since > _SLICE_S:
                await asyncio.sleep(0)
                since = time.monotonic()
    for group in splitter.close():
        yield group


class Splitter:
    """Cuts a JSON array of groups into its elements, without waiting for the whole of it."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._begun = False
        self._fast = False
        self._compact = False
        self._brackets = _Brackets()

    def feed(self, chunk: bytes) -> list[Listed]:
        """Take more bytes and give the groups that are complete with them. Raises `BadAnswer` as `listed`."""
        self._buffer += chunk
        if not self._begun and not self._begin():
            return []
        groups = self._split() if self._fast else []
        if not self._fast:
            groups += self._follow()
        return groups

    def close(self) -> list[Listed]:
        """Give the last group once no more bytes come; raises `BadAnswer` if the array is not complete."""
        groups: list[Listed] = []
        if self._fast:
            rest = bytes(self._buffer).rstrip(_SPACE)
            if rest.endswith(b"]") and (last := _parsed(rest[:-1])):
                return [last]
            groups = self._follow()
        if not self._brackets.ended:
            raise BadAnswer(
                "The list of duplicates was cut off before its end, so it is not used.",
                "Fetch it again; if that repeats, see the server's memory and the time-outs of the proxy.",
            )
        return groups

    def _begin(self) -> bool:
        head = self._buffer.lstrip(_SPACE)
        if len(head) < len(_START) and _START.startswith(head):
            return False
        if not head.startswith(b"["):
            raise BadAnswer("The list of duplicates is not a JSON array.", "Check the address of the server.")
        self._fast = self._compact = head.startswith(_START)
        self._buffer = head[1:]
        self._begun = True
        return True

    def _split(self) -> list[Listed]:
        """Split at the separator, up to a piece that is not one JSON value, which then begins the buffer."""
        buffer, groups, start = self._buffer, [], 0
        while (end := buffer.find(_SEPARATOR, self._searched)) >= 0:
            group = _parsed(bytes(buffer[start:end]))
            if group is None:
                self._fast = self._compact = False
                break
            groups.append(group)
            start = end + 1
            self._searched = start + len(_SEPARATOR) - 1
        del buffer[:start]
        self._searched = max(0, len(buffer) - len(_SEPARATOR) + 1)
        if len(buffer) > min(SEARCHED, LARGEST_GROUP):
            self._fast = False
        return groups

    def _follow(self) -> list[Listed]:
        """Cut by following brackets and strings."""
        buffer, brackets, groups = self._buffer, self._brackets, []
        while (end := brackets.next(buffer)) is not None:
            raw = bytes(buffer[:end]).strip(_SPACE)
            del buffer[: end + 1]
            if brackets.passed_over:
                groups.append(brackets.too_large(len(raw)))
            elif raw or not brackets.empty:
                malformed = UnreadableGroup(_id(raw), "it is not valid JSON", len(raw))
                groups.append(_parsed(raw) or Listed(malformed, raw))
        if brackets.ended and buffer.strip(_SPACE):
            raise BadAnswer("The list of duplicates goes on after its end.", "Fetch it again.")
        if not brackets.ended and len(buffer) > LARGEST_GROUP:
            brackets.pass_over(buffer)
        elif groups and self._compact and not brackets.ended:
            # The group that was too large to search on for its end is through.
            brackets.begin()
            self._fast = True
            self._searched = 0
        return groups


class _Brackets:
    """Where the elements of an array end, followed byte by byte from behind its opening bracket.

    An element ends before a comma or closing bracket that is in no other bracket and in no string.
    """

    def __init__(self) -> None:
        self.ended = False
        self.empty = False
        self.passed_over = 0
        self._id: str | None = None
        self._first = True
        self.begin()

    def begin(self) -> None:
        """Follow the element that begins the buffer from its first byte."""
        self._depth = 0
        self._in_string = False
        self._position = 0

    def next(self, buffer: bytearray) -> int | None:
        """Where the element that begins the buffer ends; `None` if more bytes are needed, or none is left."""
        if self.ended:
            return None
        stops = 0
        while not self._in_string or self._string_ends(buffer):
            self._in_string = False
            if self._depth:
                stops += 1
                if stops > FEW:
                    while self._leap(buffer):
                        pass
                    stops = 0
            run = (_RUN if self._depth else _TOP_RUN).match(buffer, self._position)
            at = run.end() if run else self._position
            mark = bytes(buffer[at : at + 1])
            if not mark:
                self._position = at
                return None
            self._position = at + 1
            if mark == b'"':
                self._in_string = True
            elif mark in b"[{":
                self._depth += 1
            elif self._depth:
                self._depth -= 1
            elif mark in b",]":
                self.ended = mark == b"]"
                self.empty = self.ended and self._first
                self._first = False
                self._position = 0
                return at
        return None

    def _leap(self, buffer: bytearray) -> bool:
        """Pass over a stretch in which all brackets stay within the element; `False` if there is none.

        Counting the brackets of a stretch costs far less than stopping at each of them.
        """
        stretch = _STRETCH.match(buffer, self._position, self._position + STRETCH)
        if not stretch or not stretch[0]:
            return False
        brackets = _STRINGS.sub(b"", stretch[0]).translate(None, _NO_BRACKETS)
        depths = list(accumulate(map(_STEPS.__getitem__, brackets), initial=self._depth))
        if min(depths) < 1:
            return False
        self._depth = depths[-1]
        self._position = stretch.end()
        return True

    def _string_ends(self, buffer: bytearray) -> bool:
        """Whether the string that the position is in ends in the buffer; the position is then behind it."""
        while found := _STRING_END.search(buffer, self._position):
            if found[0] == b'"':
                self._position = found.end()
                return True
            if found.end() == len(buffer):
                self._position = found.start()
                return False
            self._position = found.end() + 1
        self._position = len(buffer)
        return False

    def pass_over(self, buffer: bytearray) -> None:
        """Forget what was read of an element that is too large to keep."""
        self._id = self._id or _id(buffer[:_HEAD])
        self.passed_over += self._position
        del buffer[: self._position]
        self._position = 0

    def too_large(self, rest: int) -> Listed:
        """The element that was passed over, of which `rest` bytes came after; the next one is kept again."""
        size = self.passed_over + rest
        group = UnreadableGroup(self._id, f"it is too large to review ({size / 2**20:.0f} MiB)", size)
        self._id, self.passed_over = None, 0
        return Listed(group, b"")


def _parsed(raw: bytes) -> Listed | None:
    """The group in this text, readable or not; `None` when the text is not exactly one JSON value."""
    try:
        return Listed(group_of(raw), raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    first = problems[0]
    if first["type"] == "json_invalid":
        return None
    where = ".".join(str(step) for step in first["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Listed(UnreadableGroup(_id(raw), quoted(f"{where}: {first['msg']}") + more, len(raw)), raw)


def _id(raw: bytes | bytearray) -> str | None:
    found = _ID.search(raw)
    return found[1].decode() if found else None

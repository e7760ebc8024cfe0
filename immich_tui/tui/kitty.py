"""Pictures in Kitty's graphics protocol, placed by text cells.

The picture is sent once under a number. Where it shall appear stand placeholder characters whose colour is
that number and whose diacritics say which row and column of the picture the cell shows. To Textual they are
text like any other: they scroll, are covered by dialogs, and moving them sends no pixel again. (Kitty
graphics protocol, "Unicode placeholders".)
"""

from __future__ import annotations

import base64
import itertools
import random
from collections import OrderedDict

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

Line = tuple[Segment, ...]

PLACEHOLDER = "\U0010eeee"
CHUNK = 4096
"""Base64 characters in one message, the most that the protocol allows."""
KEPT = 48
"""Pictures that the terminal holds at a time; more than can ever be on screen."""

_RANGES = """
305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9
5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d
73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87
135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc
1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d
a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f 10a38 1d185-1d189 1d1aa-1d1ad
1d242-1d244
"""
"""The protocol's characters for the numbers from 0 on, in hexadecimal."""


def _numbers() -> tuple[str, ...]:
    found: list[str] = []
    for part in _RANGES.split():
        first, _, last = part.partition("-")
        found += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return tuple(found)


NUMBERS = _numbers()
MOST_CELLS = len(NUMBERS)
"""The largest width and height of a picture in cells."""

# Another program may have left pictures in the same terminal: begin anywhere.
_ids = itertools.count(random.randrange(1 << 23))  # noqa: S311  (no secret)


def new_image_id() -> int:
    """A number for a picture, of 24 bits: as much as a colour can carry."""
    return next(_ids) % ((1 << 24) - 1) + 1


def placeholders(image_id: int, width: int, height: int) -> tuple[Line, ...]:
    """The cells in which a picture shows."""
    style = Style(color=Color.from_rgb(image_id >> 16 & 255, image_id >> 8 & 255, image_id & 255))
    return tuple(
        (Segment("".join(PLACEHOLDER + NUMBERS[y] + NUMBERS[x] for x in range(width)), style),)
        for y in range(height)
    )


def transmission(image_id: int, png: bytes, width: int, height: int, *, through_tmux: bool = False) -> str:
    """The messages that send a PNG, to be shown in so many cells."""
    payload = base64.standard_b64encode(png).decode()
    pieces = [payload[at : at + CHUNK] for at in range(0, len(payload), CHUNK)]
    head = f"a=T,U=1,f=100,t=d,i={image_id},c={width},r={height},"
    messages = []
    for place, piece in enumerate(pieces):
        more = int(place < len(pieces) - 1)
        messages.append(_message(f"{'' if place else head}q=2,m={more};{piece}", through_tmux))
    return "".join(messages)


def deletion(image_id: int, *, through_tmux: bool = False) -> str:
    """The message that frees a picture."""
    return _message(f"a=d,d=I,q=2,i={image_id}", through_tmux)


def _message(body: str, through_tmux: bool) -> str:
    message = f"\x1b_G{body}\x1b\\"
    return f"\x1bPtmux;{message.replace(chr(27), chr(27) * 2)}\x1b\\" if through_tmux else message


class Held:
    """Which pictures the terminal holds: each is sent when first shown, and freed when many came after."""

    def __init__(self) -> None:
        self._ids: OrderedDict[int, bool] = OrderedDict()

    def __contains__(self, image_id: int) -> bool:
        """Whether the terminal has this picture."""
        return image_id in self._ids

    def shown(self, image_id: int, message: str, *, through_tmux: bool = False) -> str:
        """What has to be written before this picture is shown; empty when the terminal has it."""
        if image_id in self._ids:
            self._ids.move_to_end(image_id)
            return ""
        self._ids[image_id] = through_tmux
        return self._freed(KEPT) + message

    def free(self) -> str:
        """What frees all of them; they are sent again when they are shown again."""
        return self._freed(0)

    def _freed(self, down_to: int) -> str:
        freed = ""
        while len(self._ids) > down_to:
            image_id, through_tmux = self._ids.popitem(last=False)
            freed += deletion(image_id, through_tmux=through_tmux)
        return freed

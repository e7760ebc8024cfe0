"""Groups of a plan, packed: a run of 100,000 groups would need a gigabyte for them as objects."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final

from immich_tui.immich.models import Group

AT_HAND: Final = 1024
"""Groups that are kept as objects: those that are being worked on."""


class Packed:
    """A group as the server sent it, some 700 bytes of compressed JSON; an object when it is asked for."""

    __slots__ = ("_text", "id")

    def __init__(self, group_id: str, raw: bytes) -> None:
        self.id = group_id
        self._text = zlib.compress(raw, 1)

    @property
    def raw(self) -> bytes:
        """The JSON text."""
        return zlib.decompress(self._text)

    @property
    def group(self) -> Group:
        """The group, read: at once for those that were asked for last, else in some 40 microseconds."""
        return _read(self._text)


@lru_cache(maxsize=AT_HAND)
def _read(text: bytes) -> Group:
    return Group.model_validate_json(zlib.decompress(text))

"""One original on its way: what the answer's headers promise, and the bytes.

Nothing here says that the bytes are the right ones: only a checksum does. What is checked is what would
make a wrong file by construction, above all an answer that is not the part that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from immich_tui.immich.errors import BadAnswer, RangeRefused, quoted
from immich_tui.immich.refusal import IN_FRONT
from immich_tui.immich.reply import Reply
from immich_tui.immich.wire import Wire

_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_NEVER_A_FILE: Final = ("text/html", "application/json")


@dataclass(frozen=True, slots=True)
class Download:
    """An original whose headers are here and whose body is not yet read.

    `status` is 200 (the whole file, `start` 0) or 206 (from `start` on). `length` is the number of bytes of
    this body as promised, `total` that of the whole file; `None` when not told. `etag` is for resuming.
    """

    status: int
    start: int
    length: int | None
    total: int | None
    etag: str | None
    _wire: Wire
    _response: Reply

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they come, in pieces of up to 256 KiB.

        Raises `Unreachable` when the connection breaks or the body is shorter than promised, `TimedOut` when
        it falls silent or trickles.
        """
        return self._wire.body(self._response)

    def pieces(self) -> AsyncIterator[bytes | memoryview]:
        """As `chunks`, faster for large files; good until two more have come and another is asked for."""
        return self._wire.pieces(self._response)


def opened(wire: Wire, response: Reply, offset: int, etag: str | None) -> Download:
    """The download in this answer to a request for an original from `offset` on.

    Raises `BadAnswer` when it cannot be an original, `RangeRefused` when it is another part of the file or of
    another state of it than `etag` names.
    """
    headers = response.headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _NEVER_A_FILE:
        raise BadAnswer(f"Instead of the file came {quoted(kind)}. {IN_FRONT}", "Check the address.")
    if (coding := headers.get("content-encoding", "identity").lower()) != "identity":
        raise BadAnswer(
            f"The file came compressed ({quoted(coding)}) although it was asked for as it is.",
            "Switch off compression for files in the proxy in front of the server.",
        )
    length = _number(headers.get("content-length"))
    found_etag = headers.get("etag")
    if response.status == 206:
        part = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
        total = _number(part[3]) if part else None
        if part is None or int(part[1]) != offset or (etag and found_etag and etag != found_etag):
            raise RangeRefused("what came is not the part of the file that was asked for", 206, total)
        return Download(206, offset, length, total, found_etag, wire, response)
    return Download(response.status, 0, length, length, found_etag, wire, response)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None

"""The body of an answer while it arrives: is it still coming, and what is it without its compression."""

from __future__ import annotations

import time
import zlib
from collections.abc import AsyncIterator
from typing import Final

from immich_tui.immich.errors import BadAnswer, quoted
from immich_tui.immich.refusal import IN_FRONT

_PIECE: Final = 64 * 1024


class Pace:
    """Tells a body that trickles from one that flows: read time-outs only see silence.

    What the reader spends elsewhere between two chunks counts too, so `window` must be long beside that.
    """

    def __init__(self, slowest: float, window: float) -> None:
        self._least = slowest * window
        self._window = window
        self._since = time.monotonic()
        self._received = 0

    def keeps(self, size: int) -> bool:
        """Count `size` more bytes; false when the window that ends here brought too few."""
        self._received += size
        now = time.monotonic()
        if now - self._since < self._window:
            return True
        enough = self._received >= self._least
        self._since, self._received = now, 0
        return enough


async def decoded(chunks: AsyncIterator[bytes], coding: str) -> AsyncIterator[bytes]:
    """A body without its content coding, in pieces of at most 64 KiB however well it was compressed.

    Raises `BadAnswer` when the coding is not gzip or deflate, or the body damaged or cut.
    """
    if coding.lower() in {"", "identity"}:
        async for chunk in chunks:
            yield chunk
        return
    if coding.lower() not in {"gzip", "x-gzip", "deflate"}:
        raise BadAnswer(
            f"The answer is compressed in a way that was not asked for ({quoted(coding)}).", IN_FRONT
        )
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        async for chunk in chunks:
            rest = chunk
            while piece := inflater.decompress(rest, _PIECE):
                yield piece
                rest = inflater.unconsumed_tail
        if last := inflater.flush():
            yield last
    except zlib.error:
        raise BadAnswer("The answer is damaged: it cannot be decompressed.", "Try again.") from None
    if not inflater.eof:
        raise BadAnswer("The answer was cut off before its end.", "Try again.")

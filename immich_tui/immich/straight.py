"""A large body received straight into the buffers that are hashed and written, with no copies in between.

A client that parses copies every byte two or three times on its way; for files of hundreds of megabytes that
is what costs most. Once the headers of an answer are read and say how long the body is, nothing is left to
parse: the connection is taken over, serves this one body, and is closed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from mmap import mmap
from typing import Final

import aiohttp

LARGE: Final = 16 << 20
"""Bytes of a body from which on the loss of the connection is worth it."""

PIECE: Final = 1 << 20
"""Bytes of one buffer."""

HELD: Final = 2
"""Pieces that may be worked on while the next is asked for: with one, the worker waits for it every time."""

_BUFFERS: Final = HELD + 2
"""These, one that waits, and one that is filled."""

_HAND_OVER_S: Final = 0.5
"""How long bytes wait at most for a buffer to be full: they count as received when they are handed over."""


class Straight(asyncio.BufferedProtocol):
    """The rest of one body, `length` bytes, taken off a connection; `first` is what was received already.

    Make it where no other task can run between reading `first` and here. `silence` bounds the seconds in
    which nothing comes.
    """

    def __init__(self, transport: asyncio.Transport, first: bytes, length: int, *, silence: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._before = transport.get_protocol()
        self._left = length - len(first)
        self._silence = silence
        self._free = [_buffer() for _ in range(_BUFFERS - 1)]
        self._filling: mmap | None = _buffer()
        # Pieces begin where a buffer would have begun, so that all but the last can go to a disk as they are.
        whole = len(first) - len(first) % PIECE
        self._filled = len(first) - whole
        self._filling[: self._filled] = first[whole:]
        self._ready: deque[bytes | memoryview] = deque([first[:whole]] if whole else [])
        self._error: Exception | None = None
        self._news: asyncio.Future[None] | None = None
        self._heard = self._loop.time()
        if self._left > 0:
            transport.set_protocol(self)
            transport.resume_reading()
        else:
            self._hand_over()

    async def pieces(self) -> AsyncIterator[bytes | memoryview]:
        """The body; a piece is only good until `HELD` more have come and another is asked for.

        Raises `aiohttp.ClientPayloadError` when the connection ends before the body, after what came of it,
        and `aiohttp.SocketTimeoutError` on silence.
        """
        held: deque[bytes | memoryview] = deque()
        while True:
            while not self._ready:
                if self._error is not None:
                    raise self._error
                if self._left <= 0 and not self._filled:
                    return
                await self._wait()
            held.append(self._ready.popleft())
            yield held[-1]
            if len(held) > HELD:
                self._give_back(held.popleft())

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        assert self._filling is not None
        return memoryview(self._filling)[self._filled : min(PIECE, self._filled + self._left)]

    def buffer_updated(self, nbytes: int) -> None:
        """Count bytes that came."""
        self._filled += nbytes
        self._left -= nbytes
        self._heard = self._loop.time()
        if self._filled == PIECE or not self._left:
            self._hand_over()

    def eof_received(self) -> None:
        """The other side has sent all it will send: the connection is closed."""

    def connection_lost(self, error: Exception | None) -> None:
        """Hand over what came; where that is not all, say so after it."""
        if self._left > 0 and self._error is None:
            self._error = aiohttp.ClientPayloadError("the connection ended before the body")
            self._error.__cause__ = error
            self._hand_over()
        self._before.connection_lost(error)

    def _hand_over(self) -> None:
        if self._filling is not None and self._filled:
            self._ready.append(memoryview(self._filling)[: self._filled])
            self._filling, self._filled = (self._free.pop() if self._free else None), 0
        if self._filling is None or not self._left:
            self._transport.pause_reading()
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _give_back(self, piece: bytes | memoryview) -> None:
        """Fill a buffer again whose bytes are done with."""
        if not isinstance(piece, memoryview):
            return
        assert isinstance(piece.obj, mmap)
        self._free.append(piece.obj)
        if self._filling is None and self._left > 0 and self._error is None:
            self._filling = self._free.pop()
            self._heard = self._loop.time()
            self._transport.resume_reading()

    async def _wait(self) -> None:
        """Wait until there is something to give; bytes that came are given before the buffer is full."""
        now = self._loop.time()
        until = min(now + _HAND_OVER_S, self._heard + self._silence)
        self._news = self._loop.create_future()
        waking = self._loop.call_at(until, _wake, self._news)
        try:
            await self._news
        finally:
            waking.cancel()
            self._news = None
        if self._ready or self._error is not None or self._loop.time() < until:
            return
        if self._filled:
            self._hand_over()
        elif self._loop.time() - self._heard >= self._silence:
            raise aiohttp.SocketTimeoutError("nothing came in time")


def _buffer() -> mmap:
    """Memory that begins with a page, as a disk wants it that is written to without a copy."""
    return mmap(-1, PIECE)


def _wake(news: asyncio.Future[None]) -> None:
    if not news.done():
        news.set_result(None)


def taken_over(response: aiohttp.ClientResponse, *, silence: float) -> Straight | None:
    """The body of an answer whose headers were read, straight off its connection.

    `None` where it is small, compressed, of unknown length, or already here: read those as usual.
    """
    headers = response.headers
    length = headers.get("content-length", "")
    coded = headers.get("content-encoding", "identity").lower() != "identity"
    connection = response.connection
    if coded or "transfer-encoding" in headers or not (length.isascii() and length.isdigit()):
        return None
    if int(length) < LARGE or connection is None or connection.transport is None:
        return None
    transport = connection.transport
    if not isinstance(transport, asyncio.Transport) or transport.is_closing():
        return None
    first = b""
    # Reading lets the parser go on with what it holds back, so one look may not be all.
    while piece := response.content.read_nowait(-1):
        first += piece
    if (error := response.content.exception()) is not None:
        raise error
    return Straight(transport, first, int(length), silence=silence)

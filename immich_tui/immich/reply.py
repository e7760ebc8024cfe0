"""An answer as it comes in, whichever library received it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

import httpx


class Reply(Protocol):
    """An answer whose headers are here and whose body is not yet read; whoever has it closes it.

    `headers` know their names in any case. `url` is what was asked for.
    """

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; of those that came twice, what the library makes of them."""

    @property
    def url(self) -> str:
        """The address that was asked."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded. Raises the errors of the library that receives it."""

    def pieces(self) -> AsyncIterator[bytes | memoryview]:
        """The body for who is done with a piece when two more have come and another is asked for."""

    async def close(self) -> None:
        """Give the connection back, or close it when the body was not read to its end."""


class HttpxReply:
    """An answer that httpx received."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.url = str(response.request.url)

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded."""
        return self._response.aiter_raw()

    def pieces(self) -> AsyncIterator[bytes | memoryview]:
        """The body as it comes."""
        return self.chunks()

    async def close(self) -> None:
        """Give the connection back, or close it."""
        await self._response.aclose()

"""How reads travel: a client that costs an eighth of the other for a small answer, and half for each byte.

On a connection that the server drops, aiohttp sends a request once more by itself, also one that writes. For
a read that is harmless; no other call may go through here.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from immich_tui.immich.straight import Straight, taken_over

READ: Final = 256 * 1024
"""Bytes that are taken in at a time. With aiohttp's own 64 KiB a byte costs half as much again."""

_LONGEST_LINE: Final = 64 * 1024
"""Bytes of a header line: proxies write long ones."""


class Reads:
    """Connections for GET, to one server. Keeps no cookies, follows no redirects, undoes no compression.

    Must be made where an event loop runs, and closed. Raises `aiohttp.ClientError` and `TimeoutError`.
    """

    def __init__(
        self, trust: ssl.SSLContext, headers: Mapping[str, str], *, connect_s: float, keep_alive_s: float
    ) -> None:
        self._connect_s = connect_s
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust, keepalive_timeout=keep_alive_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            trust_env=False,
            auto_decompress=False,
            read_bufsize=READ,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
        )

    async def get(self, url: str, headers: Mapping[str, str], *, silence: float) -> AiohttpReply:
        """Send a GET; `silence` bounds the seconds in which nothing comes."""
        timeout = self._timeouts.get(silence)
        if timeout is None:
            timeout = self._timeouts[silence] = aiohttp.ClientTimeout(
                total=None, sock_connect=self._connect_s, sock_read=silence
            )
        response = await self._session.get(
            URL(url, encoded=True),
            headers=headers,
            allow_redirects=False,
            timeout=timeout,
        )
        return AiohttpReply(response, url, silence)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


class AiohttpReply:
    """An answer that aiohttp received."""

    def __init__(self, response: aiohttp.ClientResponse, url: str, silence: float) -> None:
        self._response = response
        self._silence = silence
        self._straight: Straight | None = None
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.url = url

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded, in pieces of about `READ` bytes."""
        return self._response.content.iter_any()

    def pieces(self) -> AsyncIterator[bytes | memoryview]:
        """The body; where it is large, in buffers that are used again."""
        self._straight = taken_over(self._response, silence=self._silence)
        return self._straight.pieces() if self._straight is not None else self.chunks()

    async def close(self) -> None:
        """Give the connection back, or close it."""
        if self._straight is None:
            self._response.release()
        else:
            self._response.close()


def goes_direct(url: str) -> bool:
    """Whether the environment names no proxy for this address: this client knows of none."""
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname or ""
    except ValueError:
        return False
    proxies = getproxies()
    if not any(proxies.get(kind) for kind in (scheme, "all")):
        return True
    return bool(proxy_bypass(host)) or host in {"localhost", "127.0.0.1", "::1"}

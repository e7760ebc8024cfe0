"""How originals travel: a transport that costs little for each byte, for `GET …/original` and nothing else.

On a connection that the server drops, this transport sends a request once more by itself. For a read that is
harmless; no other call may go through here.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream

READ: Final = 256 * 1024
"""Bytes read at a time. With the transport's own 16 KiB a byte costs half as much again."""


def transport(trust: ssl.SSLContext, *, keep_alive_s: float) -> httpx.AsyncBaseTransport:
    """Connections that check certificates against `trust`, keep no cookies and follow no redirects."""

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust, keepalive_timeout=keep_alive_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
            auto_decompress=False,
            read_bufsize=READ,
        )

    return _Transport(verify=trust, trust_env=False, client=session)


def goes_direct(url: str) -> bool:
    """Whether the environment names no proxy for this address: this transport knows of none."""
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname or ""
    except ValueError:
        return False
    proxies = getproxies()
    if not any(proxies.get(kind) for kind in (scheme, "all")):
        return True
    return bool(proxy_bypass(host)) or host in {"localhost", "127.0.0.1", "::1"}


class _Transport(AiohttpTransport):
    """Names failures as httpx's own transport does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _named():
            response = await super().handle_async_request(request)
        assert isinstance(response.stream, AiohttpResponseStream)
        response.stream = _Body(response.stream)
        return response


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: AiohttpResponseStream) -> None:
        self._stream = stream
        stream.CHUNK_SIZE = READ

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _named():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        with _named():
            await self._stream.aclose()


@contextmanager
def _named() -> Iterator[None]:
    """A connection that breaks is no time-out; an answer that is no HTTP is a failure of the transport."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        if isinstance(error.__cause__, aiohttp.ServerTimeoutError):
            raise
        raise httpx.ReadError("the connection broke") from error
    except aiohttp.ClientError as error:
        raise httpx.RemoteProtocolError("the answer is no HTTP") from error

"""How a request travels: HTTP/1.1 to one server, its time-outs, and what its failures mean.

Nothing is done behind the caller's back: no cookies (they outrank the API key), no redirects followed, no
retries but one: a GET that met a connection the server had just closed is sent once more. What writes goes
through httpx, which never sends a request twice; what reads goes through `reads`, which is far cheaper.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import aiohttp
import certifi
import httpcore
import httpx

from immich_tui import __version__
from immich_tui.immich.body import Pace, decoded
from immich_tui.immich.errors import (
    BadAnswer,
    ImmichError,
    Maintenance,
    Redirected,
    Rejected,
    RouteMissing,
    TimedOut,
    TlsProblem,
    Unauthorized,
    WrongAddress,
    quoted,
)
from immich_tui.immich.failure import explained
from immich_tui.immich.reads import Reads, goes_direct
from immich_tui.immich.refusal import ELSEWHERE, IN_FRONT, NEEDS_API, refusal
from immich_tui.immich.reply import HttpxReply, Reply
from immich_tui.immich.secret import Secret

# Four times the default: a fifth less CPU for each downloaded byte.
httpcore.AsyncHTTP11Connection.READ_NUM_BYTES = 256 * 1024

# What these libraries log of a request's or an answer's headers may hold the key: nothing below an error.
for _library in ("httpcore", "httpx", "aiohttp"):
    logging.getLogger(_library).setLevel(logging.ERROR)

KEEP_ALIVE_S: Final = 4.0
"""Node closes idle connections after 5 s: ours are given up before."""

_ERROR_BODY: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_USUAL: Final = {
    "accept": "application/json",
    "accept-encoding": "gzip",
    "user-agent": f"immich-tui/{__version__}",
}
# A proxy of the environment is for other machines; httpx would send requests to this one there as well.
_PAST_PROXIES: Final = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
_FAILURES: Final = (TimeoutError, httpx.HTTPError, aiohttp.ClientError)

_Send = Callable[[], Awaitable[Reply]]
_Piece = TypeVar("_Piece", bytes, bytes | memoryview)


@dataclass(frozen=True, slots=True)
class Connection:
    """Which server, with which key.

    `url` is the base of the API without a trailing slash (`https://photos.example.org/api`), as `discover`
    gives it. `ca_file` is trusted besides the system's certificates. `insecure` checks no certificate at all.
    """

    url: str
    key: Secret
    ca_file: Path | None = None
    insecure: bool = False

    @property
    def host(self) -> str:
        """Host and port as a person would write them."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. Each bounds silence, not length: an answer may take as long as it likes while it keeps coming.

    `connect` is for a connection, `small` for a small call's answer to begin and again to end, `listing` for
    the listing to begin (the server builds all of it first: minutes on large libraries) and for any pause in
    it, `original` the same for files. A body that brings less than `slowest` bytes per second over `window`
    seconds counts as stuck.
    """

    connect: float = 10.0
    small: float = 60.0
    listing: float = 300.0
    original: float = 60.0
    slowest: float = 1024.0
    window: float = 30.0


class Wire:
    """One server's HTTP client. Open it with `async with`; errors come out as `ImmichError`."""

    def __init__(self, connection: Connection, timeouts: Timeouts | None = None) -> None:
        self.connection = connection
        self.timeouts = timeouts or Timeouts()
        self._http: httpx.AsyncClient | None = None
        self._reads: Reads | None = None
        self._heard: tuple[str, float] | None = None

    async def __aenter__(self) -> Wire:
        trust = await trusted(self.connection.ca_file, insecure=self.connection.insecure)
        headers = {"x-api-key": _sendable(self.connection.key)}
        self._http = client(trust, self.timeouts, headers)
        if goes_direct(self.connection.url):
            self._reads = Reads(
                trust, _USUAL | headers, connect_s=self.timeouts.connect, keep_alive_s=KEEP_ALIVE_S
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.aclose()
        if self._reads is not None:
            await self._reads.close()
        self._http = self._reads = None

    def server_time(self) -> datetime | None:
        """The server's clock now, by the last answer's date (which cuts fractions of a second off)."""
        if self._heard is None:
            return None
        date, since = self._heard
        try:
            moment = parsedate_to_datetime(date) + timedelta(seconds=time.monotonic() - since)
        except (ValueError, OverflowError):
            return None
        return moment if moment.tzinfo is not None else None

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        reads: bool = False,
    ) -> bytes:
        """Send a small call and give the body of its answer.

        `reads` marks a POST that changes nothing, so that losing its answer loses nothing.
        """
        small = self.timeouts.small
        if method == "GET":
            return await self._answer(self._reading(path, params, {}, small), path, write=False, within=small)
        request = self._request(method, path, params=params, body=body, read=small)
        return await self._answer(self._writing(request), path, write=not reads, within=small)

    async def send(
        self, path: str, body: AsyncIterator[bytes], headers: Mapping[str, str], *, length: int
    ) -> bytes:
        """POST a body of `length` bytes that is made while it goes out; give the body of the answer.

        It may take as long as its length allows at the slowest pace that counts as moving.
        """
        timeouts = self.timeouts
        request = self._request("POST", path, content=body, headers=headers, read=timeouts.original)
        within = timeouts.original + timeouts.small + length / timeouts.slowest
        return await self._answer(self._writing(request), path, write=True, within=within)

    async def _answer(self, send: _Send, path: str, *, write: bool, within: float) -> bytes:
        reply = await self._opened(send, path, write=write, within=within)
        try:
            async with asyncio.timeout(self.timeouts.small):
                content = await _read(reply, None)
        except _FAILURES as error:
            raise explained(error, self.connection.host, write=write) from None
        except BadAnswer as error:
            error.may_have_happened = write
            raise
        finally:
            await reply.close()
        _expect_json(reply, content, write)
        return content

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        silence: float,
    ) -> AsyncIterator[Reply]:
        """Send a GET and give the answer before its body is read; read it with `body`."""
        send = self._reading(path, params, headers or {}, silence)
        reply = await self._opened(send, path, write=False, within=silence)
        try:
            yield reply
        finally:
            await reply.close()

    def body(self, reply: Reply) -> AsyncIterator[bytes]:
        """The body as it came over the wire, still encoded. Raises `TimedOut` on silence or a trickle."""
        return self._flowing(reply.chunks)

    def pieces(self, reply: Reply) -> AsyncIterator[bytes | memoryview]:
        """As `body`, but a piece is only good until two more have come and another is asked for."""
        return self._flowing(reply.pieces)

    async def _flowing(self, chunks: Callable[[], AsyncIterator[_Piece]]) -> AsyncIterator[_Piece]:
        host = self.connection.host
        pace = Pace(self.timeouts.slowest, self.timeouts.window)
        try:
            async for chunk in chunks():
                if not pace.keeps(len(chunk)):
                    raise TimedOut(f"{host} sends so slowly that it will not end.", "Try again.")
                yield chunk
        except _FAILURES as error:
            raise explained(error, host, write=False) from None

    def _reading(
        self, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str], silence: float
    ) -> _Send:
        """What sends a GET: through a proxy of the environment only httpx finds the way."""
        if self._reads is None:
            request = self._request("GET", path, params=params, headers=headers, read=silence)
            return lambda: self._asked_twice(request)
        url = f"{self.connection.url}{path}{'?' + urlencode(params) if params else ''}"
        reads = self._reads
        return lambda: reads.get(url, headers, silence=silence)

    def _writing(self, request: httpx.Request) -> _Send:
        """What sends a request once and no more."""
        return lambda: self._sent(request)

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        content: AsyncIterator[bytes] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        read: float,
    ) -> httpx.Request:
        kind = {}
        if body is not None:
            try:
                content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
            except ValueError as error:
                raise Rejected(f"a value cannot be written as JSON ({quoted(str(error))})", 400) from None
            kind = {"content-type": "application/json"}
        try:
            return self._open_client.build_request(
                method,
                f"{self.connection.url}{path}",
                params=params,
                content=content,
                headers={**kind, **(headers or {})},
                timeout=httpx.Timeout(read, connect=self.timeouts.connect),
            )
        except httpx.InvalidURL:
            raise WrongAddress(f"{quoted(self.connection.url)} is no address.", NEEDS_API) from None

    @property
    def _open_client(self) -> httpx.AsyncClient:
        if self._http is None:
            raise RuntimeError("the client is used outside of its `async with`")
        return self._http

    async def _opened(self, send: _Send, path: str, *, write: bool, within: float) -> Reply:
        """The answer with its headers, if it is a success; the caller closes it."""
        try:
            async with asyncio.timeout(within):
                reply = await send()
                if date := reply.headers.get("date"):
                    self._heard = date, time.monotonic()
                if 200 <= reply.status < 300:
                    return reply
                try:
                    raise await self._refused(reply, path, write)
                finally:
                    await reply.close()
        except _FAILURES as error:
            raise explained(error, self.connection.host, write=write) from None
        except httpx.InvalidURL:
            # httpx looks at where a redirect points to even though it is not to follow it.
            raise Redirected("The server redirects to an address that is none.", ELSEWHERE, "") from None

    async def _refused(self, reply: Reply, path: str, write: bool) -> ImmichError:
        """The error for an answer that is no success."""
        if reply.status in _REDIRECTS and "location" in reply.headers:
            return _redirected(reply)
        body = self.connection.key.redact((await _read(reply, _ERROR_BODY)).decode("utf-8", "replace"))
        error = refusal(reply.status, reply.headers, body.encode(), write=write)
        if isinstance(error, RouteMissing) and await self._in_maintenance(path):
            return Maintenance(
                "The server is in maintenance mode.", "Try again when its administrator has ended it."
            )
        return error

    async def _sent(self, request: httpx.Request) -> Reply:
        return HttpxReply(await self._open_client.send(request, stream=True))

    async def _asked_twice(self, request: httpx.Request) -> Reply:
        try:
            return await self._sent(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            return await self._sent(request)

    async def _in_maintenance(self, path: str) -> bool:
        """Whether a route is missing because of maintenance mode, which says so in `/server/config`."""
        if path.endswith("/server/config"):
            return False
        reply = await self._reading("/server/config", None, {}, self.timeouts.small)()
        try:
            answer = json.loads(await _read(reply, _ERROR_BODY))
        except (ValueError, BadAnswer):
            return False
        finally:
            await reply.close()
        return isinstance(answer, dict) and answer.get("maintenanceMode") is True


def client(trust: ssl.SSLContext, timeouts: Timeouts, headers: Mapping[str, str]) -> httpx.AsyncClient:
    """An HTTP client that keeps no cookies and follows no redirects. `trust` is made by `trusted`."""
    return httpx.AsyncClient(
        verify=trust,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={**_USUAL, **headers},
        timeout=httpx.Timeout(timeouts.small, connect=timeouts.connect),
        limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_S),
        follow_redirects=False,
        mounts=_PAST_PROXIES,
    )


async def trusted(ca_file: Path | None, *, insecure: bool) -> ssl.SSLContext:
    """What certificates are checked against; made in a thread, since reading the system's takes up to 0.1 s.

    Raises `TlsProblem` when `ca_file` cannot be read.
    """
    return await asyncio.to_thread(_trusted, ca_file, insecure)


def _trusted(ca_file: Path | None, insecure: bool) -> ssl.SSLContext:
    if ca_file is None:
        return _system_trust(insecure)
    context = _trust(insecure)
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else "no PEM file"
    else:
        return context
    raise TlsProblem(
        f"The CA file {ca_file} cannot be used: {reason}.", "Give a file with certificates in PEM form."
    )


def _trust(insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


_system_trust = functools.cache(_trust)


def _sendable(key: Secret) -> str:
    text = key.reveal()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise Unauthorized(
            "This is no API key: it contains characters that no key of Immich has.", "Copy the key once more."
        )
    return text


async def _read(reply: Reply, limit: int | None) -> bytes:
    """The body without its compression, or its beginning. Raises `BadAnswer` when it is damaged."""
    parts: list[bytes] = []
    size = 0
    coding = reply.headers.get("content-encoding", "")
    async for part in decoded(reply.chunks(), coding) if coding else reply.chunks():
        parts.append(part)
        size += len(part)
        if limit is not None and size >= limit:
            break
    return b"".join(parts)[:limit]


def _expect_json(reply: Reply, content: bytes, write: bool) -> None:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not content or kind == "application/json":
        return
    raise BadAnswer(
        f"The answer is not JSON but {quoted(kind) or 'of no stated type'}. {IN_FRONT}",
        NEEDS_API,
        may_have_happened=write,
    )


def _redirected(reply: Reply) -> Redirected:
    try:
        location = urljoin(reply.url, reply.headers["location"])
        target = urlsplit(location)
    except ValueError:
        return Redirected("The server redirects to an address that is none.", ELSEWHERE, "")
    where = quoted(f"{target.scheme}://{target.netloc}")
    return Redirected(f"The server redirects to {where}; the API key is not sent there.", ELSEWHERE, location)

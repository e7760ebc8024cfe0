"""How a request travels: one HTTP/1.1 client per server, its time-outs, and what its failures mean.

Nothing is done behind the caller's back: no cookies (they outrank the API key), no redirects followed, no
retries but one: a GET that met a connection the server had just closed is sent once more.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import certifi
import httpcore
import httpx

from immich_tui import __version__
from immich_tui.immich.body import Pace
from immich_tui.immich.errors import (
    BadAnswer,
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
from immich_tui.immich.originals import goes_direct, transport
from immich_tui.immich.refusal import ELSEWHERE, IN_FRONT, NEEDS_API, refusal
from immich_tui.immich.secret import Secret

# Four times the default: a fifth less CPU for each downloaded byte.
httpcore.AsyncHTTP11Connection.READ_NUM_BYTES = 256 * 1024

# What these libraries log of a request's or an answer's headers may hold the key: nothing below an error.
for _library in ("httpcore", "httpx", "aiohttp"):
    logging.getLogger(_library).setLevel(logging.ERROR)

KEEP_ALIVE_S: Final = 4.0
"""Node closes idle connections after 5 s: ours are given up before."""

_ERROR_BODY: Final = 64 * 1024
# A proxy of the environment is for other machines; httpx would send requests to this one there as well.
_PAST_PROXIES: Final = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
_WRITES: Final = frozenset({"PUT", "POST", "DELETE", "PATCH"})


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
        self._originals: httpx.AsyncClient | None = None
        self._heard: tuple[str, float] | None = None

    async def __aenter__(self) -> Wire:
        trust = await trusted(self.connection.ca_file, insecure=self.connection.insecure)
        headers = {"x-api-key": _sendable(self.connection.key)}
        self._http = self._originals = client(trust, self.timeouts, headers)
        if goes_direct(self.connection.url):
            self._originals = client(trust, self.timeouts, headers, originals=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for opened in filter(None, {self._http, self._originals}):
            await opened.aclose()
        self._http = self._originals = None

    def server_time(self) -> datetime | None:
        """The server's clock now, by the last answer's date (which cuts fractions of a second off)."""
        if self._heard is None:
            return None
        date, since = self._heard
        try:
            moment = parsedate_to_datetime(date)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        return moment + timedelta(seconds=time.monotonic() - since)

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
        write = method in _WRITES and not reads
        request = self._request(method, path, params=params, body=body, read=self.timeouts.small)
        return await self._answer(request, write=write, within=self.timeouts.small)

    async def send(
        self, path: str, body: AsyncIterator[bytes], headers: Mapping[str, str], *, length: int
    ) -> bytes:
        """POST a body of `length` bytes that is made while it goes out; give the body of the answer.

        It may take as long as its length allows at the slowest pace that counts as moving.
        """
        timeouts = self.timeouts
        request = self._request("POST", path, content=body, headers=headers, read=timeouts.original)
        within = timeouts.original + timeouts.small + length / timeouts.slowest
        return await self._answer(request, write=True, within=within)

    async def _answer(self, request: httpx.Request, *, write: bool, within: float) -> bytes:
        response = await self._opened(request, write=write, within=within)
        try:
            async with asyncio.timeout(self.timeouts.small):
                content = await _read(response, None)
        except (TimeoutError, httpx.HTTPError) as error:
            raise explained(error, self.connection.host, write=write) from None
        finally:
            await response.aclose()
        _expect_json(response, content, write)
        return content

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        silence: float,
        original: bool = False,
    ) -> AsyncIterator[httpx.Response]:
        """Send a GET and give the answer before its body is read; read it with `body`.

        `original` marks the originals of assets, which go through the transport made for them.
        """
        request = self._request("GET", path, params=params, headers=headers, read=silence)
        response = await self._opened(request, write=False, within=silence, original=original)
        try:
            yield response
        finally:
            await response.aclose()

    async def body(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """The body as it came over the wire, still encoded. Raises `TimedOut` on silence or a trickle."""
        host = self.connection.host
        pace = Pace(self.timeouts.slowest, self.timeouts.window)
        try:
            async for chunk in response.aiter_raw():
                if not pace.keeps(len(chunk)):
                    raise TimedOut(f"{host} sends so slowly that it will not end.", "Try again.")
                yield chunk
        except httpx.HTTPError as error:
            raise explained(error, host, write=False) from None

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

    async def _opened(
        self, request: httpx.Request, *, write: bool, within: float, original: bool = False
    ) -> httpx.Response:
        """The answer with its headers, if it is a success; the caller closes it."""
        try:
            async with asyncio.timeout(within):
                response = await (self._asked_for(request) if original else self._sent(request))
                if date := response.headers.get("date"):
                    self._heard = date, time.monotonic()
                try:
                    await self._check(response, write)
                except BaseException:
                    await response.aclose()
                    raise
                return response
        except (TimeoutError, httpx.HTTPError) as error:
            raise explained(error, self.connection.host, write=write) from None
        except httpx.InvalidURL:
            # httpx looks at where a redirect points to even though it is not to follow it.
            raise Redirected("The server redirects to an address that is none.", ELSEWHERE, "") from None

    async def _check(self, response: httpx.Response, write: bool) -> None:
        if response.is_redirect:
            raise _redirected(response)
        if response.is_success:
            return
        body = self.connection.key.redact((await _read(response, _ERROR_BODY)).decode("utf-8", "replace"))
        error = refusal(response.status_code, response.headers, body.encode(), write=write)
        if isinstance(error, RouteMissing) and await self._in_maintenance(response.request):
            raise Maintenance(
                "The server is in maintenance mode.", "Try again when its administrator has ended it."
            )
        raise error

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._open_client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if request.method != "GET":
                raise
            return await self._open_client.send(request, stream=True)

    async def _asked_for(self, request: httpx.Request) -> httpx.Response:
        """The answer to a GET of an original; its transport sends it once more by itself."""
        if self._originals is None or self._originals is self._http:
            return await self._sent(request)
        return await self._originals.send(request, stream=True)

    async def _in_maintenance(self, request: httpx.Request) -> bool:
        """Whether a route is missing because of maintenance mode, which says so in `/server/config`."""
        if request.url.path.endswith("/server/config"):
            return False
        asked = self._request("GET", "/server/config", read=self.timeouts.small)
        response = await self._sent(asked)
        try:
            answer = json.loads(await _read(response, _ERROR_BODY))
        except ValueError:
            return False
        finally:
            await response.aclose()
        return isinstance(answer, dict) and answer.get("maintenanceMode") is True


def client(
    trust: ssl.SSLContext, timeouts: Timeouts, headers: Mapping[str, str], *, originals: bool = False
) -> httpx.AsyncClient:
    """An HTTP client that keeps no cookies and follows no redirects. `trust` is made by `trusted`.

    `originals` makes the one that may only send `GET …/original`.
    """
    return httpx.AsyncClient(
        transport=transport(trust, keep_alive_s=KEEP_ALIVE_S) if originals else None,
        verify=trust,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"accept": "application/json", "user-agent": f"immich-tui/{__version__}", **headers},
        timeout=httpx.Timeout(timeouts.small, connect=timeouts.connect),
        limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_S),
        follow_redirects=False,
        mounts=None if originals else _PAST_PROXIES,
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


async def _read(response: httpx.Response, limit: int | None) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if limit is not None and size >= limit:
            break
    return b"".join(parts)[:limit]


def _expect_json(response: httpx.Response, content: bytes, write: bool) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not content or kind == "application/json":
        return
    raise BadAnswer(
        f"The answer is not JSON but {quoted(kind) or 'of no stated type'}. {IN_FRONT}",
        NEEDS_API,
        may_have_happened=write,
    )


def _redirected(response: httpx.Response) -> Redirected:
    location = urljoin(str(response.request.url), response.headers.get("location", ""))
    target = urlsplit(location)
    where = quoted(f"{target.scheme}://{target.netloc}")
    return Redirected(f"The server redirects to {where}; the API key is not sent there.", ELSEWHERE, location)

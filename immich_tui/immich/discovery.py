"""From what a person types as the address of their server to the base URL of its API.

No key is sent while looking: it goes only where the person pointed, or where they agree to go.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from immich_tui.immich.errors import (
    ImmichError,
    Redirected,
    TimedOut,
    TlsProblem,
    Unreachable,
    WrongAddress,
    quoted,
)
from immich_tui.immich.failure import explained
from immich_tui.immich.refusal import ELSEWHERE, NEEDS_API
from immich_tui.immich.wire import Timeouts, client, trusted

_LOOKING: Final = Timeouts(connect=5.0, small=10.0)
_HOPS: Final = 5
_LOCAL_NAMES: Final = ("localhost", ".local", ".localhost", ".lan", ".home", ".internal", ".home.arpa")
_OVERHEARD: Final = "whoever sits on the way can read the API key and your photos."
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


@dataclass(frozen=True, slots=True)
class Discovered:
    """A server that was found: the base URL of its API, and sentences to read before going on."""

    url: str
    warnings: tuple[str, ...]


async def discover(typed: str, *, ca_file: Path | None = None, insecure: bool = False) -> Discovered:
    """Find the API behind an address as people type it, with or without scheme, port, path and `/api`.

    Without a scheme https is tried first, and http only when nothing speaks TLS there. Raises `WrongAddress`
    when no Immich answers, `Redirected` when the server points to another host, and the transport's errors.
    """
    trust = await trusted(ca_file, insecure=insecure)
    async with client(trust, _LOOKING, {}) as http:
        url = await _first_found(http, candidates(typed))
    warnings = await address_warnings(url, insecure=insecure)
    return Discovered(url, warnings)


def candidates(typed: str) -> tuple[SplitResult, ...]:
    """The addresses to try for what was typed, best first. Raises `WrongAddress` when it is none at all."""
    text = typed.strip()
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        raise WrongAddress(f"{quoted(scheme[1])}:// is not an address of an Immich server.", NEEDS_API)
    rest = text[scheme.end() :] if scheme else text
    if not scheme and rest.count(":") > 1 and not rest.startswith("["):
        rest = f"[{rest}]"
    schemes = (scheme[1].lower(),) if scheme else ("https", "http")
    found = []
    for one in schemes:
        try:
            parts = urlsplit(f"{one}://{rest}")
            valid = bool(parts.hostname) and parts.port != 0 and rest.isprintable() and " " not in rest
        except ValueError:
            valid = False
        if not valid:
            raise WrongAddress(
                f"{quoted(text) or 'Nothing'} is not an address.", "Write it like photos.example.org."
            )
        if parts.username is not None or parts.password is not None:
            raise WrongAddress(
                "The address contains a user name or a password.",
                "Give the address without it, and an API key.",
            )
        found.append(parts._replace(query="", fragment=""))
    return tuple(found)


async def address_warnings(url: str, *, insecure: bool = False) -> tuple[str, ...]:
    """What to say before a key is sent to this URL, as sentences; nothing when it is safe."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return (f"Certificates are not checked: {_OVERHEARD}",) if insecure else ()
    if await _is_public(parts.hostname or ""):
        return (f"The connection to {parts.hostname} is not encrypted: {_OVERHEARD}",)
    return ()


async def _first_found(http: httpx.AsyncClient, tried: tuple[SplitResult, ...]) -> str:
    errors: list[ImmichError] = []
    for parts in tried:
        try:
            return await _found(http, parts)
        except (Unreachable, TimedOut, WrongAddress, TlsProblem) as error:
            # A certificate that is refused is a reason to stop, not to go on without encryption.
            if isinstance(error, TlsProblem) and error.certificate:
                raise
            errors.append(error)
    raise next((error for error in errors if isinstance(error, WrongAddress)), errors[0])


async def _found(http: httpx.AsyncClient, parts: SplitResult) -> str:
    origin = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.rstrip("/")
    named, origin = await _well_known(http, origin)
    bases = [named] if named else []
    if path:
        bases.append(f"{origin}{path}" if path.endswith("/api") else f"{origin}{path}/api")
    bases.append(f"{origin}/api")
    for base in dict.fromkeys(bases):
        status, answer, _ = await _asked(http, f"{base}/server/ping")
        if status == 200 and isinstance(answer, dict) and answer.get("res") == "pong":
            return base
        if status in {502, 503, 504}:
            raise Unreachable(
                f"The proxy at {parts.netloc} answers, but Immich behind it does not ({status}).",
                "See whether Immich is running.",
            )
    raise WrongAddress(f"No Immich server answers at {quoted(origin)}.", NEEDS_API)


async def _well_known(http: httpx.AsyncClient, origin: str) -> tuple[str | None, str]:
    """The API that the server names for itself, if it does, and the origin after a redirect to https."""
    status, answer, final = await _asked(http, f"{origin}/.well-known/immich")
    landed = urlsplit(final)
    origin = f"{landed.scheme}://{landed.netloc}"
    try:
        endpoint = answer["api"]["endpoint"] if status == 200 else None
    except (TypeError, KeyError, IndexError):
        return None, origin
    if not isinstance(endpoint, str):
        return None, origin
    base = urljoin(f"{origin}/", endpoint).rstrip("/")
    _same_server(origin, base)
    return base, origin


async def _asked(http: httpx.AsyncClient, url: str) -> tuple[int, Any, str]:
    """Status, JSON (`None` when it is none) and final URL of a GET, redirects on the same server followed."""
    for _ in range(_HOPS):
        try:
            async with asyncio.timeout(_LOOKING.small):
                response = await http.get(url)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise explained(error, urlsplit(url).netloc, write=False) from None
        location = response.headers.get("location")
        if not response.is_redirect or location is None:
            break
        target = urljoin(url, location)
        _same_server(url, target)
        url = target
    try:
        return response.status_code, json.loads(response.content), url
    except ValueError:
        return response.status_code, None, url


def _same_server(here: str, there: str) -> None:
    """Raises `Redirected` unless `there` is the same host, over a connection that is at least as safe."""
    old, new = urlsplit(here), urlsplit(there)
    upgrade = old.scheme == "http" and new.scheme == "https" and old.hostname == new.hostname
    if upgrade or (old.scheme, old.netloc) == (new.scheme, new.netloc):
        return
    where = quoted(f"{new.scheme}://{new.netloc}")
    raise Redirected(f"The server at {quoted(old.netloc)} points to {where}.", ELSEWHERE, there)


async def _is_public(host: str) -> bool:
    """Whether traffic to this host leaves the house: an address of the open internet, or a name of one."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(_LOCAL_NAMES):
        return False
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        pass
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return "." in name
    return any(ipaddress.ip_address(str(answer[4][0]).partition("%")[0]).is_global for answer in answers)

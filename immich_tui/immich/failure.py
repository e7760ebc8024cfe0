"""From a failure of the transport (names, connections, TLS, time-outs) to the error a person can act on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import aiohttp
import httpx

from immich_tui.immich.errors import BadAnswer, ImmichError, TimedOut, TlsProblem, Unreachable, quoted
from immich_tui.immich.refusal import IN_FRONT

_NO_CONNECTION = (
    httpx.ConnectError,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    aiohttp.ClientConnectorError,
    aiohttp.InvalidURL,
)


def explained(error: Exception, host: str, *, write: bool) -> ImmichError:
    """The error for a failure of the transport. `write` as in `refusal`."""
    roots = list(_roots(error))
    for root in roots:
        # aiohttp's own error for certificates counts as one of TLS but tells nothing: what it came from does.
        if isinstance(root, ssl.SSLError) and not isinstance(root, aiohttp.ClientError):
            return _tls(root, host)
    if any(isinstance(root, socket.gaierror) for root in roots):
        return Unreachable(f"The name {host} is not known here.", "Check the address and the network.")
    if any(isinstance(root, ConnectionRefusedError) for root in roots):
        return Unreachable(
            f"Nothing answers at {host}: the connection was refused.",
            "Check the port, and whether Immich runs.",
        )
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout | aiohttp.ConnectionTimeoutError):
        return TimedOut(f"No connection to {host} came about in time.", "Check the address and the network.")
    if isinstance(error, _NO_CONNECTION):
        return Unreachable(f"No connection to {host} could be made.", "Check the address and the network.")
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return TimedOut(f"{host} did not answer in time.", "Try again.", may_have_happened=write)
    if isinstance(error, httpx.DecodingError):
        return BadAnswer(
            "The answer is damaged: it cannot be decompressed.", IN_FRONT, may_have_happened=write
        )
    return Unreachable(f"The connection to {host} broke.", "Try again.", may_have_happened=write)


def _roots(error: BaseException) -> Iterator[BaseException]:
    """The error, what it came from, and the members of groups among them."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions


def _tls(error: ssl.SSLError, host: str) -> TlsProblem:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return TlsProblem(
            f"{host} does not speak TLS as expected ({quoted(error.reason or 'no reason given')}).",
            "If the server has no https, write http:// in front of the address.",
            certificate=False,
        )
    reason = {
        9: "is not valid yet",
        10: "has expired",
        18: "is self-signed",
        19: "is self-signed",
        20: "is from an authority that is not trusted here",
        21: "is from an authority that is not trusted here",
        62: "is for another host",
        64: "is for another host",
    }.get(error.verify_code, f"is refused: {quoted(error.verify_message)}")
    hint = "Renew it on the server." if error.verify_code == 10 else TlsProblem.CA_HINT
    if error.verify_code in {62, 64}:
        hint = "Use the name that the certificate is made for."
    return TlsProblem(f"The certificate of {host} {reason}.", hint)

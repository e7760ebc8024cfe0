"""From an HTTP answer that is not a success to the error that a person can act on.

Error bodies differ: up to 2.7 `{message: str | [str], error, statusCode, correlationId}`, from 3.0 on
`{message}` and for validation `{message, errors: [{path, message}]}`. Proxies answer with HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from immich_tui.immich.errors import (
    Busy,
    Gone,
    ImmichError,
    NotFoundOrNoAccess,
    PermissionMissing,
    RangeRefused,
    Rejected,
    RouteMissing,
    ServerFault,
    Unauthorized,
    WrongAddress,
    quoted,
)

LONGEST_WAIT_S: Final = 300.0
"""The longest `Retry-After` that is believed, in seconds; more is cut to this."""

NEEDS_API: Final = "Check the address: it is the one of your Immich server, as in the browser."
ELSEWHERE: Final = (
    "If your server is there, give that address; if it is a log-in page, let the API pass by it."
)
IN_FRONT: Final = "Something in front of the server answered in its place, such as a proxy or a log-in page."

_PERMISSION: Final = re.compile(r"Missing required permission: ([\w.]+)")
_NO_ACCESS: Final = re.compile(r"Not found or no ([\w.]+) access")
_UNSATISFIED: Final = re.compile(r"bytes \*/(\d+)")


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, write: bool) -> ImmichError:
    """The error for an answer with this status, headers and (beginning of the) body.

    `write` says that the request was to change something: then a 500, 502 or 504 may hide that it did.
    """
    message = _message(body)
    unsatisfied = _UNSATISFIED.match(headers.get("content-range", ""))
    if unsatisfied or status == 416:
        total = int(unsatisfied[1]) if unsatisfied else None
        return RangeRefused("it has no such part of the file", status, total)
    if status >= 500 or status == 429:
        return _trouble(status, headers, message, write)
    if message is None:
        return _not_immich(status, headers)
    if status == 401:
        return Unauthorized(
            "The server does not accept this API key."
            if "key" in message.lower()
            else f"The server asks for an API key ({message}).",
            "Make a new key in Immich (Account settings, API keys) and give it here.",
        )
    if permission := _PERMISSION.search(message):
        return PermissionMissing(permission[1])
    if access := _NO_ACCESS.search(message):
        return NotFoundOrNoAccess(message, access[1])
    if status == 404 and message.startswith("Cannot "):
        return RouteMissing(
            f"This server does not have the call it was asked for ({message}).",
            "It is too old for it, or the address is not quite right.",
        )
    if status == 404:
        return Gone(
            f"The server has no such file ({message}).", "It may be missing on its disk, or not yours."
        )
    return Rejected(message, status)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that `Retry-After` asks to wait, at most `LONGEST_WAIT_S`; `None` when absent or unreadable.

    A date is measured from the answer's own `Date`, so that clocks which differ do not matter.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:12]), LONGEST_WAIT_S))
    if not (until := _instant(value)):
        return None
    start = _instant(headers.get("date", "")) or now or datetime.now(UTC)
    return min(max((until - start).total_seconds(), 0.0), LONGEST_WAIT_S)


def _instant(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _trouble(status: int, headers: Mapping[str, str], message: str | None, write: bool) -> ImmichError:
    if status in {429, 503}:
        return Busy(
            f"The server is too busy to answer ({status}).",
            "Wait a little, or lower the rate.",
            retry_after=retry_after(headers),
        )
    if status in {502, 504}:
        return Busy(
            f"The proxy in front of the server got no answer from it ({status}).",
            "See whether Immich is running; large libraries may need a longer time-out in the proxy.",
            retry_after=retry_after(headers),
            may_have_happened=write,
        )
    return ServerFault(
        message or "it gave no reason.",
        status,
        "The server's log says more.",
        may_have_happened=write,
    )


def _not_immich(status: int, headers: Mapping[str, str]) -> ImmichError:
    if status == 413:
        return Rejected("the request is too large for the proxy in front of the server", status)
    if status == 401 or "www-authenticate" in headers:
        return Unauthorized(f"{IN_FRONT} It asks for a password of its own ({status}).", NEEDS_API)
    if status == 403:
        return Rejected("something in front of the server does not let us through", status, NEEDS_API)
    return WrongAddress(f"What answers there is not an Immich API ({status}).", NEEDS_API)


def _message(body: bytes) -> str | None:
    """The server's reason in one line; `None` when the body is not one of Immich's error bodies."""
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or "message" not in answer:
        return None
    said = answer["message"]
    reasons = [str(reason) for reason in said] if isinstance(said, list) else [str(said)]
    problems = answer.get("errors")
    for problem in problems if isinstance(problems, list) else ():
        if isinstance(problem, dict):
            path = problem.get("path")
            where = ".".join(str(step) for step in path) if isinstance(path, list) else ""
            reasons.append(f"{where}: {problem.get('message')}" if where else str(problem.get("message")))
    return quoted("; ".join(reasons))

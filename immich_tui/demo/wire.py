"""Small forms of the wire: times, digests, entity tags."""

from __future__ import annotations

import base64
import hashlib
import string
from collections.abc import Callable
from datetime import UTC, datetime

Time = Callable[[datetime], str]


def api_time(moment: datetime) -> str:
    """As the API serialises a date: UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def database_time(moment: datetime) -> str:
    """As the database writes a date into JSON: an offset, and a fraction without trailing zeros if any."""
    text = moment.astimezone(UTC).isoformat()
    return text[:-6].rstrip("0") + "+00:00" if moment.microsecond else text


def http_time(moment: datetime) -> str:
    """As HTTP headers write a date."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    moment = moment.astimezone(UTC)
    day, month = days[moment.weekday()], months[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def base64_text(data: bytes) -> str:
    """Base64 with padding."""
    return base64.b64encode(data).decode()


def body_etag(body: bytes) -> str:
    """The entity tag of a JSON answer: its length in hexadecimal and the start of its digest."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()[:27]
    return f'"{len(body):x}-{digest}"'


def file_etag(size: int, modified: datetime) -> str:
    """The weak entity tag of a file: its size and modification time in hexadecimal."""
    return f'W/"{size:x}-{int(modified.timestamp() * 1000):x}"'


def header_file_name(name: str) -> str:
    """A file name as `filename*` takes it: UTF-8, everything unusual percent-encoded."""
    plain = set((string.ascii_letters + string.digits + "-_.!~*'()").encode())
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in name.encode())

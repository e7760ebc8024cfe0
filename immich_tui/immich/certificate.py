"""The server's certificate, looked at by itself: how long it is valid."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from immich_tui.immich.wire import Connection, trusted

_PATIENCE_S = 5.0


async def valid_until(connection: Connection) -> datetime | None:
    """When the certificate ends; `None` without TLS, unchecked, or where only a proxy can be reached."""
    parts = urlsplit(connection.url)
    if parts.scheme != "https" or connection.insecure:
        return None
    trust = await trusted(connection.ca_file, insecure=False)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=trust)
    except (OSError, ssl.SSLError, TimeoutError):
        return None
    try:
        peer = writer.get_extra_info("peercert") or {}
        ends = peer.get("notAfter")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()

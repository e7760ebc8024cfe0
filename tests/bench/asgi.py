"""One request through an ASGI application, its answer written to a connection that stays open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from typing import Any

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]


async def answer(app: App, scope: dict[str, Any], body: bytes, writer: asyncio.StreamWriter) -> None:
    """Let the application answer; a body without a length is sent in chunks."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    chunked = False

    async def receive() -> Message:
        if pending:
            return pending.pop()
        await asyncio.Event().wait()
        raise AssertionError("nothing more comes")

    async def send(message: Message) -> None:
        nonlocal chunked
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            status = int(message["status"])
            chunked = status not in {204, 304} and not any(name == b"content-length" for name, _ in headers)
            if chunked:
                headers.append((b"transfer-encoding", b"chunked"))
            headers.append((b"date", formatdate(usegmt=True).encode()))
            lines = b"".join(b"%s: %s\r\n" % pair for pair in headers)
            writer.write(b"HTTP/1.1 %d X\r\n%s\r\n" % (status, lines))
            return
        data = message.get("body", b"")
        if chunked:
            if data:
                writer.write(b"%x\r\n%s\r\n" % (len(data), data))
            if not message.get("more_body"):
                writer.write(b"0\r\n\r\n")
        elif data:
            writer.write(data)
        await writer.drain()

    await app(scope, receive, send)

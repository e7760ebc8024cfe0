"""Faults on the wire, injected by tests: what a server, a proxy or a cable may do.

A fault is matched by method and path and does its mischief a given number of times::

    server.faults.add(reset_after(1000), path=asset_id + "/original", times=2)
    server.faults.add(status(429, retry_after="3"), method="PUT")

Faults that break HTTP itself (a length that lies, a reset) write to the socket past uvicorn.
"""

from __future__ import annotations

import asyncio
import gzip as gzip_module
import json
import re
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from immich_tui.demo.wire import body_etag

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class Connections:
    """The open TCP connections, by the address of the client."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def opened(self, client: tuple[str, int], transport: asyncio.Transport) -> None:
        """A connection was accepted."""
        self._open[client] = transport

    def closed(self, client: tuple[str, int]) -> None:
        """A connection is gone."""
        self._open.pop(client, None)

    def of(self, scope: Scope) -> asyncio.Transport | None:
        """The connection on which a request came."""
        host, port = scope["client"]
        return self._open.get((host, port))

    def drop_all(self) -> None:
        """Break all connections at once; called in the server's thread."""
        for transport in list(self._open.values()):
            transport.abort()


class Exchange:
    """One request that meets a fault."""

    def __init__(
        self, app: App, scope: Scope, receive: Receive, send: Send, transport: asyncio.Transport | None
    ) -> None:
        self.app = app
        self.scope = scope
        self.receive = receive
        self.send = send
        self.transport = transport

    async def serve(self) -> None:
        """Let the request be answered as usual."""
        await self.app(self.scope, self.receive, self.send)

    async def collect(self) -> tuple[int, Headers, bytes]:
        """Have the server answer (so that a write is applied), but keep the answer back."""
        status, headers, body = 0, [], bytearray()

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self.receive, keep)
        return status, headers, bytes(body)

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a proper answer; the length header is made to fit."""
        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def raw(self, status: int, headers: Headers, body: bytes) -> None:
        """Write an answer to the socket as it is, whatever its headers claim."""
        if self.transport is None:
            return
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    async def close(self, *, reset: bool = False) -> None:
        """End the connection after what was written; with `reset` as a crashed machine would."""
        if self.transport is None:
            return
        if reset:
            # Time for the other side to read: a reset discards what it has not read yet.
            await asyncio.sleep(0.05)
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()
        while (await self.receive())["type"] != "http.disconnect":
            pass


Action = Callable[[Exchange], Awaitable[None]]


@dataclass(slots=True)
class Fault:
    """An action and the requests that meet it. `times` counts down; `None` is for ever."""

    action: Action
    method: str = "*"
    path: str = ""
    times: int | None = 1
    skip: int = 0
    met: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def takes(self, method: str, path: str) -> bool:
        """Whether this request meets the fault; counts it."""
        if self.method not in {"*", method} or not re.search(self.path, path):
            return False
        with self._lock:
            if self.skip:
                self.skip -= 1
                return False
            if self.times is not None and self.met >= self.times:
                return False
            self.met += 1
            return True


class Faults(list[Fault]):
    """The faults that are set up, in order: the first that matches a request takes it."""

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self._connections = connections
        self._groups: dict[str, bytes] = {}

    def add(
        self, action: Action, *, method: str = "*", path: str = "", times: int | None = 1, skip: int = 0
    ) -> Fault:
        """Set up a fault for requests of this method whose path matches the expression.

        The first `skip` matching requests pass, the next `times` meet it (`None`: all).
        """
        fault = Fault(action, method, path, times, skip)
        self.append(fault)
        return fault

    def break_group(self, duplicate_id: str, raw: bytes) -> None:
        """Send these bytes in place of a group of the listing."""
        self._groups[duplicate_id] = raw

    def broken_groups(self) -> dict[str, bytes]:
        """Groups of the listing whose bytes are replaced."""
        return dict(self._groups)

    def clear(self) -> None:
        """The cause is gone."""
        super().clear()
        self._groups.clear()

    async def serve(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, through the first fault that takes it."""
        method, path = scope["method"], scope["path"]
        for fault in list(self):
            if fault.takes(method, path):
                exchange = Exchange(app, scope, receive, send, self._connections.of(scope))
                await fault.action(exchange)
                return
        await app(scope, receive, send)


# -- bodies that are not what they should be ---------------------------------------------------------------


def reset_after(count: int) -> Action:
    """Reset the connection after `count` bytes of the body."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        await exchange.raw(status_code, headers, body[:count])
        await exchange.close(reset=True)

    return act


def truncated(count: int) -> Action:
    """Only `count` bytes, then the connection ends, under the right length header."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        await exchange.raw(status_code, headers, body[:count])
        await exchange.close()

    return act


def lying_length(count: int) -> Action:
    """Only `count` bytes, and the length header says that this is all."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        await exchange.answer(status_code, headers, body[:count])

    return act


def close_delimited(count: int) -> Action:
    """No length at all; the end of the connection after `count` bytes is the end of the body."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        await exchange.raw(status_code, [*kept, (b"connection", b"close")], body[:count])
        await exchange.close()

    return act


def flipped_bit(position: int = 0) -> Action:
    """One bit of the byte at `position` (counted from the end when negative) is wrong."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        broken = bytearray(body)
        broken[position] ^= 0x10
        await exchange.answer(status_code, headers, bytes(broken))

    return act


def html_page(text: str = "<!doctype html><title>Sign in</title>") -> Action:
    """A page of a proxy with status 200."""

    async def act(exchange: Exchange) -> None:
        await exchange.collect()
        await exchange.answer(200, [(b"content-type", b"text/html; charset=utf-8")], text.encode())

    return act


def empty_answer() -> Action:
    """Status 200 and nothing."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, _ = await exchange.collect()
        await exchange.answer(status_code, headers, b"")

    return act


def gzipped() -> Action:
    """The body packed, and the header says so."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        headers = [*headers, (b"content-encoding", b"gzip")]
        await exchange.answer(status_code, headers, gzip_module.compress(body))

    return act


def replaced_body(body: bytes, status_code: int = 200, content_type: str = "application/json") -> Action:
    """Another body altogether."""

    async def act(exchange: Exchange) -> None:
        await exchange.collect()
        await exchange.answer(status_code, [(b"content-type", content_type.encode())], body)

    return act


# -- ranges ------------------------------------------------------------------------------------------------


def range_ignored() -> Action:
    """A request for a range is answered with 200 and the whole file."""

    async def act(exchange: Exchange) -> None:
        wanted = [pair for pair in exchange.scope["headers"] if pair[0] != b"range"]
        exchange.scope = {**exchange.scope, "headers": wanted}
        await exchange.serve()

    return act


def wrong_range(shift: int = 1) -> Action:
    """A range is answered with 206, but its header names another one."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        changed = []
        for name, value in headers:
            if name.lower() == b"content-range" and (match := re.match(rb"bytes (\d+)-(\d+)/(\d+)", value)):
                start, end, total = (int(number) for number in match.groups())
                changed.append((name, b"bytes %d-%d/%d" % (start + shift, end + shift, total)))
            else:
                changed.append((name, value))
        await exchange.answer(status_code, changed, body)

    return act


def other_etag(etag: str = '"changed"') -> Action:
    """The file has another entity tag now."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        changed = [(name, value) for name, value in headers if name.lower() != b"etag"]
        await exchange.answer(status_code, [*changed, (b"etag", etag.encode())], body)

    return act


# -- time --------------------------------------------------------------------------------------------------


def delayed(seconds: float) -> Action:
    """The usual answer, later."""

    async def act(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await exchange.serve()

    return act


def stall(after: int = 0, seconds: float = 3600.0) -> Action:
    """Silence after `after` bytes of the body; the connection ends after `seconds`."""
    return trickle(0.0, start=after, seconds=seconds)


def trickle(bytes_per_second: float, *, start: int = 0, seconds: float = 3600.0) -> Action:
    """One byte after the other, too slowly, for at most `seconds`; ends when the client gives up."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        await exchange.raw(status_code, headers, body[:start])
        loop = asyncio.get_running_loop()
        deadline, position = loop.time() + seconds, start
        pause = 1 / bytes_per_second if bytes_per_second else 0.05
        transport = exchange.transport
        while transport is not None and not transport.is_closing() and loop.time() < deadline:
            await asyncio.sleep(pause)
            if bytes_per_second:
                transport.write(body[position : position + 1])
                position += 1
                if position >= len(body):
                    break
        await exchange.close()

    return act


# -- answers that refuse -----------------------------------------------------------------------------------


def status(
    code: int, *, retry_after: str | None = None, message: str | None = None, content_type: str | None = None
) -> Action:
    """An error in the JSON of the server (or under another type), optionally with `Retry-After`."""

    async def act(exchange: Exchange) -> None:
        text = message or HTTPStatus(code).phrase
        body = json.dumps({"message": text}, separators=(",", ":")).encode()
        kind = content_type or "application/json; charset=utf-8"
        headers = [(b"content-type", kind.encode()), (b"etag", body_etag(body).encode())]
        if retry_after is not None:
            headers.append((b"retry-after", retry_after.encode()))
        await exchange.answer(code, headers, body)

    return act


def unauthorized() -> Action:
    """The key was revoked."""
    return status(401, message="Invalid API key")


def forbidden(permission: str) -> Action:
    """The key lacks a permission."""
    return status(403, message=f"Missing required permission: {permission}")


def maintenance() -> Action:
    """What every route says while the server is in maintenance mode."""

    async def act(exchange: Exchange) -> None:
        message = f"Cannot {exchange.scope['method']} {exchange.scope['path']}"
        await status(404, message=message)(exchange)

    return act


def redirect(location: str, code: int = 302) -> Action:
    """Sent elsewhere."""

    async def act(exchange: Exchange) -> None:
        await exchange.answer(code, [(b"location", location.encode())], b"")

    return act


# -- answers that get lost ---------------------------------------------------------------------------------


def dropped_before() -> Action:
    """The connection ends before the server does anything."""

    async def act(exchange: Exchange) -> None:
        await exchange.close(reset=True)

    return act


def dropped_after() -> Action:
    """The server does what was asked, the answer is lost."""

    async def act(exchange: Exchange) -> None:
        await exchange.collect()
        await exchange.close(reset=True)

    return act


def after_applying(then: Action) -> Action:
    """The server does what was asked, the answer is that of another fault (a 502 of a proxy, a time-out)."""

    async def act(exchange: Exchange) -> None:
        await exchange.collect()
        await then(exchange)

    return act


def run(task: Callable[[], object]) -> Action:
    """Do something on the server's side right before the usual answer (a keeper vanishes in between)."""

    async def act(exchange: Exchange) -> None:
        task()
        await exchange.serve()

    return act


def run_after(task: Callable[[], object]) -> Action:
    """Do something on the server's side right after the call was applied, before its answer leaves."""

    async def act(exchange: Exchange) -> None:
        status_code, headers, body = await exchange.collect()
        task()
        await exchange.answer(status_code, headers, body)

    return act

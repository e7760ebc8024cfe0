"""A server on a real socket that gives prepared answers and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

KEY = "hunter2-very-secret-key"


@dataclass
class Request:
    """What arrived: `headers` with lower-case names."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What is sent. A `body` that is not bytes goes as compact JSON; `cut` closes after some bytes."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    close: bool = False

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode()

    def head(self) -> bytes:
        kind = {} if isinstance(self.body, bytes) else {"content-type": "application/json; charset=utf-8"}
        headers = {"content-length": str(len(self.content)), **kind, **self.headers}
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]

CONFIG = "/api/server/config"


class Replay:
    """The server. Paths without an answer are 404 as Immich's unknown routes are."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.url = ""
        self._answers: dict[tuple[str, str], list[Answer | Handler]] = {}

    def on(self, method: str, path: str, *answers: Answer | Handler) -> None:
        """Give these answers in turn, the last one again and again."""
        self._answers[method, path] = list(answers)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        start = await reader.readexactly(1)
        if not start.isalpha():
            writer.write(Answer(400, close=True).head())
            return False
        head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path, _, query = target.partition("?")
        request = Request(method, path, query, headers, body)
        self.requests.append(request)
        answers = self._answers.get((method, path))
        missing = Answer(
            404, {"message": f"Cannot {method} {target}", "error": "Not Found", "statusCode": 404}
        )
        answer = missing if not answers else answers.pop(0) if len(answers) > 1 else answers[0]
        if not isinstance(answer, Answer):
            await answer(request, writer)
            return False
        content = answer.content if answer.cut is None else answer.content[: answer.cut]
        writer.write(answer.head() + content)
        await writer.drain()
        return answer.cut is None and not answer.close


async def hang_up(request: Request, writer: asyncio.StreamWriter) -> None:
    """Close without a word, as a server does with a connection it has just given up."""


async def say_nothing(request: Request, writer: asyncio.StreamWriter) -> None:
    """Keep the connection and never answer."""
    await asyncio.Event().wait()


@asynccontextmanager
async def replaying(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Replay]:
    """A `Replay` on a free port."""
    replay = Replay()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await replay._serve(reader, writer)

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    replay.url = f"{'https' if tls else 'http'}://{host}:{port}"
    try:
        yield replay
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

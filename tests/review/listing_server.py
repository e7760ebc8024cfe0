"""A server that lists what a test says, and can fall silent or break off in the middle."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self


class ListingServer:
    """Answers `GET /duplicates` and an empty list of albums. Use it with `async with`.

    While `silent`, a listing is asked for and not answered before `answer` is set. `cuts` listings break off
    in the middle. With `hangs` every listing stops after its first half, without an end.
    """

    def __init__(self) -> None:
        self.groups: list[dict[str, Any]] = []
        self.silent = False
        self.hangs = False
        self.cuts = 0
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()
        self.half_sent = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1")
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            listing = b"/duplicates" in head.split(b"\r\n")[0]
            body = json.dumps(self.groups if listing else [], separators=(",", ":")).encode()
            if listing:
                self.asked.set()
            if listing and self.silent:
                gone, answer = asyncio.ensure_future(reader.read()), asyncio.ensure_future(self.answer.wait())
                await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
                answered = self.answer.is_set()
                for waiting in (gone, answer):
                    waiting.cancel()
                if not answered:
                    return
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
                b"content-length: %d\r\n\r\n" % len(body)
            )
            if listing and (self.hangs or self.cuts):
                writer.write(body[: len(body) // 2])
                await writer.drain()
                self.half_sent.set()
                if self.hangs:
                    await reader.read()
                else:
                    self.cuts -= 1
                writer.transport.abort()
                return
            writer.write(body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

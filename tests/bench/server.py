"""A demo server in a process of its own whose originals come straight from the disk's cache.

Everything but originals is answered by the demo itself. Originals are sent by the kernel, so that the server
is not what is measured; `make bench` writes down how fast it is by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote
from urllib.request import urlopen

from immich_tui.demo.server import DemoServer
from immich_tui.demo.synthetic import SyntheticFile
from tests.bench.asgi import answer

HEAD_LIMIT = 64 * 1024


@dataclass
class Address:
    """Where a server in another process listens."""

    url: str
    key: str

    def times(self) -> list[float]:
        """When each request so far came, by `time.monotonic`."""
        with urlopen(f"{self.url}/times") as answer:
            moments: list[float] = json.load(answer)
        return moments


class Originals:
    """Files of the synthetic library: one file on disk for each size, and the tail that is an asset's own."""

    def __init__(self, demo: DemoServer, folder: Path) -> None:
        self._demo = demo
        self._folder = folder
        self._open: dict[int, IO[bytes]] = {}

    def find(self, asset_id: str) -> tuple[IO[bytes], int, bytes] | None:
        """The file, how much of it is sent, and what follows it."""
        asset = self._demo.library.find(asset_id)
        if asset is None or not isinstance(asset.file, SyntheticFile):
            return None
        prefix, tail = asset.file._prefix[0], asset.file._tail
        file = self._open.get(asset.file.size)
        if file is None:
            path = self._folder / str(asset.file.size)
            path.write_bytes(prefix)
            file = self._open[asset.file.size] = path.open("rb")
        return file, len(prefix), tail


class Front:
    """Speaks HTTP/1.1: originals by `sendfile`, the rest through the demo's application.

    `GET /times` gives the moments at which requests came, by the clock of the whole machine.
    """

    def __init__(self, demo: DemoServer, folder: Path) -> None:
        self._times: list[float] = []
        self._app = demo._app  # its socket is what we replace
        self._originals = Originals(demo, folder)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it is closed."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._one(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = head[:-4].split(b"\r\n")
        method, target, _ = first.split(b" ", 2)
        headers = [
            (name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)
        ]
        named = dict(headers)
        body = await reader.readexactly(int(named.get(b"content-length", 0)))
        if target == b"/times":
            told = json.dumps(self._times).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(told), told))
            return
        self._times.append(time.monotonic())
        if method == b"GET" and target.endswith(b"/original"):
            found = self._originals.find(target.split(b"/")[-2].decode())
            if found is not None and named.get(b"range") == b"bytes=0-0":
                file, count, tail = found
                writer.write(
                    b'HTTP/1.1 206 Partial Content\r\ncontent-type: image/jpeg\r\netag: W/"bench"\r\n'
                    b"content-range: bytes 0-0/%d\r\ncontent-length: 1\r\n\r\n%s"
                    % (count + len(tail), os.pread(file.fileno(), 1, 0))
                )
                return
            if found is not None and b"range" not in named:
                file, count, tail = found
                writer.write(
                    b'HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\netag: W/"bench"\r\n'
                    b"content-length: %d\r\n\r\n" % (count + len(tail))
                )
                await asyncio.get_running_loop().sendfile(writer.transport, file, 0, count)
                writer.write(tail)
                await writer.drain()
                return
        path, _, query = target.partition(b"?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method.decode(),
            "scheme": "http",
            "path": unquote(path.decode()),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 0),
        }
        await answer(self._app, scope, body, writer)


async def _listen(groups: int, size: int) -> None:
    demo = DemoServer(groups=groups, file_size=size)
    with tempfile.TemporaryDirectory(prefix="bench-originals-") as name:
        front = Front(demo, Path(name))
        server = await asyncio.start_server(front.serve, "127.0.0.1", 0, limit=HEAD_LIMIT)
        port = server.sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}", demo.key, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.close()


@contextmanager
def served(groups: int, size: int) -> Iterator[Address]:
    """A server with this many groups, whose largest originals have `size` bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server", str(groups), str(size)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdin
    url, key = process.stdout.readline().split()
    try:
        yield Address(url, key)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    asyncio.run(_listen(int(sys.argv[1]), int(sys.argv[2])))

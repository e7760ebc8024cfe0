"""Downloading an original from the server into a verified `.part` file.

Nothing is believed but the bytes: length headers lie, bodies are cut without an error, log-in pages come with
status 200. So the file is hashed as it is written, and its size and SHA-1 are compared with what Immich says.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from immich_tui.execution.transfer.disk import InTurn, on_disk, started
from immich_tui.execution.transfer.partfile import WORTH_RESUMING, PartFile, part_of
from immich_tui.execution.transfer.wanted import Expected, Mismatch, Progress, Received
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.download import Download
from immich_tui.immich.errors import ImmichError, Rejected, ServerFault
from immich_tui.immich.straight import HELD, LARGE
from immich_tui.jobs.pool import Pool, Slot

BUFFER = 1 << 20
"""Bytes gathered before they are written in a thread: one hand-over a megabyte."""

ATTEMPTS = 3
"""Downloads of one file whose bytes do not match, before it is given up."""


def sha1_of(checksum: str | None) -> str | None:
    """Immich's base64 checksum as hex, `None` when it is missing or is not a SHA-1."""
    try:
        raw = base64.b64decode(checksum or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 20 else None


class HttpDownloader:
    """The way that is always there: the server's own answer, through the pool and its rate."""

    def __init__(self, client: ImmichClient, pool: Pool) -> None:
        self._client = client
        self._pool = pool
        self._begun: dict[Path, set[str]] = {}

    async def fetch(
        self, asset_id: str, target: Path, expected: Expected, slot: Slot, progress: Progress
    ) -> Received:
        """Download, a few times where the bytes do not match; raises as `download` does."""
        part = part_of(target).name
        if (begun := self._begun.get(target.parent)) is None:
            begun = self._begun[target.parent] = await on_disk(_names, target.parent)

        async def once() -> Received:
            new = part not in begun
            begun.add(part)
            return await download(self._client, asset_id, target, expected, progress, new=new)

        for attempt in range(1, ATTEMPTS + 1):
            try:
                received = await self._pool.call(once, slot, repeatable=True)
                begun.discard(part)
                return received
            except Mismatch:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def download(
    client: ImmichClient,
    asset_id: str,
    target: Path,
    expected: Expected,
    progress: Progress,
    *,
    new: bool = False,
) -> Received:
    """Fetch one original into the `.part` file of `target`; on return its bytes are the expected ones.

    They are written but not yet forced to disk: that is for `publish`, many files at a time. An unfinished
    `.part` of an earlier attempt is continued where the server allows and still has the same file; with `new`
    nobody looks for one, which spares small files a turn in a thread. Raises `Mismatch` if the bytes are not
    the expected ones (the `.part` is thrown away, so that the next attempt starts afresh), `ImmichError` and
    `OSError`.
    """
    fetch = _Fetch(client, asset_id, PartFile(target), expected, progress)
    try:
        return await fetch.whole(new=new and 0 < (expected.size or 0) <= BUFFER)
    except Mismatch:
        await on_disk(fetch.part.discard)
        raise
    finally:
        fetch.part.close()


class _Fetch:
    """One attempt at one original."""

    def __init__(
        self, client: ImmichClient, asset_id: str, part: PartFile, expected: Expected, progress: Progress
    ) -> None:
        self.client = client
        self.asset_id = asset_id
        self.part = part
        self.expected = expected
        self.progress = progress

    async def whole(self, *, new: bool) -> Received:
        """Continue what is there or begin; raises `Mismatch` when what came is not the file."""
        offset, tag = 0, ""
        if new:
            self.part.begin(room=self.expected.size or 0)
        else:
            offset, tag = await on_disk(self._open_for_more)
        if offset and offset == self.expected.size:
            self.progress(offset, offset)
        elif offset:
            try:
                await self._receive(offset, tag)
            except (Rejected, ServerFault, Mismatch):
                # Real servers answer a range that cannot be had with 416, 404 or 500, by version.
                offset = 0
                await self._receive_all()
        else:
            await self._receive(0, "")
        problem = self.expected.difference(self.part.size, self.part.sha1)
        if problem and offset:
            # The old beginning may be of another file: once more, from the start.
            await self._receive_all()
            problem = self.expected.difference(self.part.size, self.part.sha1)
        if problem:
            raise Mismatch(problem)
        return Received(self.part.size, self.part.sha1)

    def _open_for_more(self) -> tuple[int, str]:
        """Where to go on, and the tag of the file that the beginning is of; from the start when in doubt."""
        size = self.expected.size
        offset, tag = self.part.open(resume=True, room=size or 0), self.part.tag()
        whole = offset == size and self.part.sha1 == self.expected.sha1
        # Without a checksum only the tag tells that beginning and rest are of one file.
        known = tag is not None and (bool(tag) or self.expected.sha1 is not None)
        if offset and not whole and (not known or size is None or offset >= size):
            offset = self.part.open(resume=False, room=size or 0)
        return offset, tag or ""

    async def _receive_all(self) -> None:
        await on_disk(self._open_anew)
        await self._receive(0, "")

    def _open_anew(self) -> None:
        self.part.open(resume=False, room=self.expected.size or 0)

    async def _receive(self, offset: int, tag: str) -> None:
        async with self.client.original(self.asset_id, offset=offset, etag=tag or None) as body:
            if offset and body.start != offset:
                await on_disk(self._open_anew)
                if body.start:
                    raise Mismatch("The server continued at another place than was asked for.")
            if (self.expected.size or body.total or 0) >= WORTH_RESUMING and not self.part.size:
                await on_disk(self.part.note_tag, body.etag or "")
            try:
                await self._store(body)
            except ImmichError:
                # What came before the break is where the next attempt goes on.
                await on_disk(self.part.note_tag, body.etag or "")
                raise

    async def _store(self, body: Download) -> None:
        """Hash and write what comes; the next megabytes are received while the last are written."""
        most, total = self.expected.size, self.expected.size or body.total or 0
        part = self.part
        async with self._writing(large=(body.length or 0) >= LARGE) as writing:
            async for chunk in body.pieces():
                if most is not None and part.size + len(chunk) > most:
                    raise Mismatch(f"The server sends more than the {most:,} bytes it knows of.")
                # A view is of a buffer that is filled again: it must not wait.
                if part.add(chunk) >= BUFFER or isinstance(chunk, memoryview):
                    await writing.put(part.write, part.take())
                    self.progress(part.size, total)
        self.progress(part.size, total)

    @asynccontextmanager
    async def _writing(self, *, large: bool) -> AsyncIterator[InTurn]:
        """Who writes, until all of it is written; a large file has threads of its own."""
        threads = [await on_disk(started, 1, name) for name in ("write", "hash")] if large else []
        writing = InTurn(HELD, threads[0]) if threads else InTurn()
        try:
            if threads:
                await on_disk(self.part.expect_much, threads[1])
            yield writing
        finally:
            try:
                await writing.end()
            finally:
                await on_disk(self.part.end)
                for thread in threads:
                    thread.shutdown(wait=False)

"""Downloading an original from the server into a verified file.

Nothing is believed but the bytes: length headers lie, bodies are cut without an error, log-in pages come with
status 200. So the file is hashed while it arrives, and its size and SHA-1 are compared with what Immich says.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from immich_tui.execution.transfer.partfile import PartFile
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError, Rejected, ServerFault

BUFFER = 1 << 20
"""Bytes gathered before they are written and hashed in a thread: one hand-over a megabyte."""


class Mismatch(Exception):
    """The bytes that arrived are not the original; the text says how they differ, as a sentence."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the bytes must be: size, and SHA-1 in hex, each `None` where the server does not know."""

    size: int | None
    sha1: str | None


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived and was published under the target's name."""

    size: int
    sha1: str


def sha1_of(checksum: str | None) -> str | None:
    """Immich's base64 checksum as hex, `None` when it is missing or is not a SHA-1."""
    try:
        raw = base64.b64decode(checksum or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 20 else None


async def download(
    client: ImmichClient,
    asset_id: str,
    target: Path,
    expected: Expected,
    progress: Callable[[int, int], None],
) -> Received:
    """Fetch one original to `target`; on return it is verified, durable and under its name.

    An unfinished `.part` of an earlier attempt is continued where the server allows. `progress` is called
    with bytes so far and bytes in all (0 when unknown). Raises `Mismatch` when the bytes are not the expected
    ones (the `.part` is thrown away, so that the next attempt starts afresh), `ImmichError` and `OSError`.
    """
    part = PartFile(target)
    try:
        offset = await asyncio.to_thread(part.open, resume=True)
        whole = offset > 0 and offset == expected.size and part.sha1 == expected.sha1
        if not whole and (expected.size is None or offset >= expected.size):
            offset = await asyncio.to_thread(part.open, resume=False)
        if whole:
            progress(offset, offset)
        elif offset:
            try:
                await _receive(client, asset_id, part, offset, expected, progress)
            except (Rejected, ServerFault, Mismatch):
                # Real servers answer a range that cannot be had with 416, 404 or 500, by version.
                await asyncio.to_thread(part.open, resume=False)
                await _receive(client, asset_id, part, 0, expected, progress)
        else:
            await _receive(client, asset_id, part, 0, expected, progress)
        problem = _difference(part, expected)
        if problem and offset:
            # The old beginning may be of another file: once more, from the start.
            await asyncio.to_thread(part.open, resume=False)
            await _receive(client, asset_id, part, 0, expected, progress)
            problem = _difference(part, expected)
        if problem:
            raise Mismatch(problem)
        received = Received(part.size, part.sha1)
        await asyncio.to_thread(part.publish)
    except Mismatch:
        await asyncio.to_thread(part.discard)
        raise
    finally:
        part.close()
    return received


async def _receive(
    client: ImmichClient,
    asset_id: str,
    part: PartFile,
    offset: int,
    expected: Expected,
    progress: Callable[[int, int], None],
) -> None:
    async with client.original(asset_id, offset=offset) as body:
        if offset and body.start != offset:
            await asyncio.to_thread(part.open, resume=False)
            if body.start:
                raise Mismatch("The server continued at another place than was asked for.")
        total = expected.size or body.total or 0
        buffer = bytearray()
        received = part.size
        try:
            async for chunk in body.chunks():
                buffer += chunk
                received += len(chunk)
                if expected.size is not None and received > expected.size:
                    raise Mismatch(f"The server sends more than the {expected.size:,} bytes it knows of.")
                if len(buffer) >= BUFFER:
                    await asyncio.to_thread(part.write, bytes(buffer))
                    buffer.clear()
                    progress(received, total)
        except ImmichError:
            # What came before the break is where the next attempt goes on.
            await asyncio.to_thread(part.write, bytes(buffer))
            raise
        await asyncio.to_thread(part.write, bytes(buffer))
        progress(received, total)


def _difference(part: PartFile, expected: Expected) -> str:
    if expected.size is not None and part.size != expected.size:
        return f"{part.size:,} bytes arrived where Immich says {expected.size:,}."
    if expected.sha1 is not None and part.sha1 != expected.sha1:
        return "The bytes that arrived do not have the checksum that Immich recorded."
    return ""

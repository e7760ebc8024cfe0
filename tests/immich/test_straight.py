"""Large originals are received straight into buffers: byte for byte the same, and broken in the same ways."""

from __future__ import annotations

import asyncio
import hashlib
import mmap
import random
from collections import deque
from ctypes import addressof, c_char

import pytest

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import TimedOut, Unreachable
from immich_tui.immich.straight import HELD, LARGE, PIECE
from tests.immich.replay import Answer, Replay, Request

A = "0b914fad-0afc-48c0-99ba-68c35c1352ad"
PATH = f"/api/assets/{A}/original"
HEADERS = {"content-type": "video/mp4", "etag": 'W/"1"'}
VIDEO = random.Random(1).randbytes(LARGE + 3 * PIECE + 12_345)


async def received(client: ImmichClient, *, pause_s: float = 0.0) -> tuple[str, int]:
    """SHA-1 and size of what came; every piece is only looked at as late as it is allowed to be."""
    digest, size = hashlib.sha1(), 0
    held: deque[bytes | memoryview] = deque()
    async with client.original(A) as download:
        async for piece in download.pieces():
            await asyncio.sleep(pause_s)
            held.append(piece)
            size += len(piece)
            if len(held) > HELD:
                digest.update(held.popleft())
        for piece in held:
            digest.update(piece)
    return digest.hexdigest(), size


async def gathered(client: ImmichClient, came: list[bytes]) -> None:
    """Put what comes into `came`, also before an error."""
    async with client.original(A) as download:
        async for piece in download.pieces():
            came.append(bytes(piece))  # noqa: PERF401 - what came before an error counts


WHOLE = hashlib.sha1(VIDEO).hexdigest(), len(VIDEO)


@pytest.mark.parametrize("pause_s", [0.0, 0.01])
async def test_all_of_it_comes_however_slowly_it_is_taken(
    replay: Replay, client: ImmichClient, pause_s: float
) -> None:
    replay.on("GET", PATH, Answer(body=VIDEO, headers=HEADERS))
    assert await received(client, pause_s=pause_s) == WHOLE
    assert await received(client, pause_s=pause_s) == WHOLE


async def test_what_is_on_the_wire_already_is_not_lost(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", PATH, Answer(body=VIDEO, headers=HEADERS))
    async with client.original(A) as download:
        await asyncio.sleep(0.1)
        data = b"".join([bytes(piece) async for piece in download.pieces()])
    assert data == VIDEO


async def test_all_pieces_but_the_last_are_whole_and_begin_with_a_page(
    replay: Replay, client: ImmichClient
) -> None:
    """So that a disk can be written to from where they are."""
    replay.on("GET", PATH, Answer(body=VIDEO, headers=HEADERS))
    lengths, starts = [], set()
    async with client.original(A) as download:
        async for piece in download.pieces():
            assert isinstance(piece, memoryview)
            lengths.append(len(piece))
            starts.add(addressof(c_char.from_buffer(piece)) % mmap.PAGESIZE)
    assert lengths == [PIECE] * (len(VIDEO) // PIECE) + [len(VIDEO) % PIECE]
    assert starts == {0}


@pytest.mark.parametrize("cut", [100, PIECE + 5, LARGE])
async def test_what_came_before_a_break_is_given(replay: Replay, client: ImmichClient, cut: int) -> None:
    replay.on("GET", PATH, Answer(body=VIDEO, headers=HEADERS, cut=cut))
    came: list[bytes] = []
    with pytest.raises(Unreachable):
        await gathered(client, came)
    assert b"".join(came) == VIDEO[:cut]


async def test_silence_in_the_middle_is_given_up_after_what_came(replay: Replay, hasty: ImmichClient) -> None:
    async def halfway(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Answer(body=VIDEO, headers=HEADERS).head() + VIDEO[:5000])
        await asyncio.Event().wait()

    replay.on("GET", PATH, halfway)
    came: list[bytes] = []
    with pytest.raises(TimedOut):
        await gathered(hasty, came)
    assert b"".join(came) == VIDEO[:5000]


async def test_a_trickle_is_given_up_although_it_never_stops(replay: Replay, hasty: ImmichClient) -> None:
    async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Answer(body=VIDEO, headers=HEADERS).head())
        for byte in VIDEO:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    replay.on("GET", PATH, trickle)
    with pytest.raises(TimedOut, match="so slowly"):
        await received(hasty)


async def test_leaving_in_the_middle_closes_the_connection_and_no_other(
    replay: Replay, client: ImmichClient
) -> None:
    closed = asyncio.Event()

    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Answer(body=VIDEO, headers=HEADERS).head())
        try:
            while True:
                writer.write(VIDEO[:1000])
                await writer.drain()
                await asyncio.sleep(0.001)
        except ConnectionError:
            closed.set()

    replay.on("GET", PATH, endless, Answer(body=VIDEO, headers=HEADERS))
    async with client.original(A) as download:
        pieces = download.pieces()
        assert await anext(pieces)
    async with asyncio.timeout(5):
        await closed.wait()
    assert await received(client) == WHOLE

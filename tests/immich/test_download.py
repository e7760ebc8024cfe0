"""Originals: what comes is what was asked for, or an error; as recorded from 1.135.3, 2.7.5 and 3.1.0."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import (
    BadAnswer,
    Gone,
    ImmichError,
    NotFoundOrNoAccess,
    RangeRefused,
    Redirected,
    ServerFault,
    TimedOut,
    Unreachable,
)
from tests.immich.replay import Answer, Replay, Request, hang_up, say_nothing

A = "0b914fad-0afc-48c0-99ba-68c35c1352ad"
PATH = f"/api/assets/{A}/original"
ETAG = 'W/"2a2cc-1977420dc00"'
PHOTO = bytes(range(256)) * 1000
HEADERS = {"content-type": "image/jpeg", "etag": ETAG, "accept-ranges": "bytes"}


def whole() -> Answer:
    return Answer(body=PHOTO, headers=HEADERS)


def part(start: int, end: int = len(PHOTO), *, said: str = "", etag: str = ETAG) -> Answer:
    said = said or f"bytes {start}-{end - 1}/{len(PHOTO)}"
    return Answer(206, PHOTO[start:end], {**HEADERS, "etag": etag, "content-range": said})


async def fetched(client: ImmichClient, offset: int = 0, etag: str | None = None) -> tuple[int, bytes]:
    async with client.original(A, offset=offset, etag=etag) as download:
        return download.start, b"".join([chunk async for chunk in download.chunks()])


async def test_the_whole_file_with_what_its_headers_promise(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", PATH, whole())
    async with client.original(A) as download:
        assert (download.status, download.start, download.etag) == (200, 0, ETAG)
        assert download.length == download.total == len(PHOTO)
        assert b"".join([chunk async for chunk in download.chunks()]) == PHOTO
    [request] = replay.requests
    assert request.headers["accept-encoding"] == "identity"
    assert "range" not in request.headers


async def test_the_rest_of_a_file_if_it_is_still_the_same(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", PATH, part(1000))
    async with client.original(A, offset=1000, etag=ETAG) as download:
        assert (download.status, download.start) == (206, 1000)
        assert (download.length, download.total) == (len(PHOTO) - 1000, len(PHOTO))
        assert b"".join([chunk async for chunk in download.chunks()]) == PHOTO[1000:]
    [request] = replay.requests
    assert request.headers["range"] == "bytes=1000-"
    assert request.headers["if-range"] == ETAG


async def test_the_whole_file_may_come_instead_of_its_rest(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", PATH, whole())
    assert await fetched(client, 1000, ETAG) == (0, PHOTO)


@pytest.mark.parametrize(
    "answer",
    [
        part(0),
        part(1000, said="bytes 999-255999/256000"),
        part(1000, said="bytes 1000-"),
        part(1000, said="pages 1-2/3"),
        part(1000, etag='W/"other"'),
        Answer(416, headers={"content-range": f"bytes */{len(PHOTO)}"}),
        Answer(416),
        Answer(
            500, b'{"message":"Internal server error"}', {**HEADERS, "content-range": f"bytes */{len(PHOTO)}"}
        ),
        Answer(404, b'{"message":"Not Found"}', {**HEADERS, "content-range": f"bytes */{len(PHOTO)}"}),
    ],
)
async def test_another_part_than_was_asked_for_means_start_over(
    replay: Replay, client: ImmichClient, answer: Answer
) -> None:
    replay.on("GET", PATH, answer)
    with pytest.raises(RangeRefused):
        await fetched(client, 1000, ETAG)


async def test_a_part_that_nobody_asked_for_is_refused(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", PATH, part(0, 1000))
    with pytest.raises(BadAnswer):
        await fetched(client)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            Answer(body=b"<html>log in</html>", headers={"content-type": "text/html; charset=utf-8"}),
            BadAnswer,
        ),
        (Answer(body={"message": "ok"}), BadAnswer),
        (Answer(body=gzip.compress(PHOTO), headers={**HEADERS, "content-encoding": "gzip"}), BadAnswer),
        (Answer(400, {"message": "Not found or no asset.download access"}), NotFoundOrNoAccess),
        (Answer(404, {"message": "Not Found"}), Gone),
        (
            Answer(
                500, b'{"message":"Internal server error","statusCode":500}', {"content-type": "image/jpeg"}
            ),
            ServerFault,
        ),
        (Answer(302, headers={"location": "http://other.example.org/x"}), Redirected),
        (Answer(body=PHOTO, headers=HEADERS, cut=1000), Unreachable),
        (hang_up, Unreachable),
    ],
)
async def test_what_is_not_the_file_is_an_error(
    replay: Replay, client: ImmichClient, answer: Answer, kind: type[ImmichError]
) -> None:
    replay.on("GET", PATH, answer)
    with pytest.raises(kind):
        await fetched(client)


async def test_a_body_reset_in_the_middle_is_an_error(replay: Replay, client: ImmichClient) -> None:
    async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(whole().head() + PHOTO[:5000])
        await writer.drain()
        writer.transport.abort()

    replay.on("GET", PATH, reset)
    with pytest.raises(Unreachable):
        await fetched(client)


async def test_a_chunked_body_without_its_end_is_an_error(replay: Replay, client: ImmichClient) -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"
        )
        await writer.drain()

    replay.on("GET", PATH, endless)
    async with client.original(A) as download:
        assert download.length is None
        with pytest.raises(Unreachable):
            assert [chunk async for chunk in download.chunks()] == [b"hello"]


async def test_silence_before_and_within_the_file_is_given_up(replay: Replay, hasty: ImmichClient) -> None:
    async def halfway(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(whole().head() + PHOTO[:5000])
        await asyncio.Event().wait()

    for answer in (say_nothing, halfway):
        replay.on("GET", PATH, answer)
        with pytest.raises(TimedOut):
            await fetched(hasty)


async def test_a_trickle_is_given_up_although_it_never_stops(replay: Replay, hasty: ImmichClient) -> None:
    async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(whole().head())
        for byte in PHOTO:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    replay.on("GET", PATH, trickle)
    with pytest.raises(TimedOut, match="so slowly"):
        await fetched(hasty)


@pytest.mark.parametrize(
    "answer",
    [
        part(0, 1),
        whole(),
        Answer(416, headers={"content-range": f"bytes */{len(PHOTO)}"}),
    ],
)
async def test_the_size_of_the_original_is_that_of_the_file_on_disk(
    replay: Replay, client: ImmichClient, answer: Answer
) -> None:
    replay.on("GET", PATH, answer)
    assert await client.original_size(A) == len(PHOTO)
    assert replay.requests[0].headers["range"] == "bytes=0-0"


async def test_a_size_that_is_not_told_is_not_guessed(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", PATH, part(0, 1, said="bytes 0-0/*"))
    with pytest.raises(BadAnswer):
        await client.original_size(A)


async def test_a_download_left_early_does_not_spoil_the_next_call(
    replay: Replay, client: ImmichClient
) -> None:
    replay.on("GET", PATH, whole())
    for _ in range(30):
        async with client.original(A):
            pass
    assert await fetched(client) == (0, PHOTO)

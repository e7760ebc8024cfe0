"""Originals go through a transport of their own: what holds for every call holds there."""

from __future__ import annotations

import asyncio
import logging
import traceback

import pytest

from immich_tui.immich import errors
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.reads import goes_direct
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from tests.immich.replay import KEY, Answer, Replay, Request, hang_up, replaying

A = "0b914fad-0afc-48c0-99ba-68c35c1352ad"
PATH = f"/api/assets/{A}/original"
PHOTO = b"photo" * 1000
HEADERS = {"content-type": "image/jpeg"}


async def fetched(client: ImmichClient) -> bytes:
    async with client.original(A) as download:
        return b"".join([chunk async for chunk in download.chunks()])


async def test_the_key_goes_along_and_cookies_do_not(replay: Replay, client: ImmichClient) -> None:
    replay.on(
        "GET", PATH, Answer(body=PHOTO, headers={**HEADERS, "set-cookie": "immich_access_token=x; Path=/"})
    )
    assert await fetched(client) == PHOTO
    assert await fetched(client) == PHOTO
    for request in replay.requests:
        assert request.headers["x-api-key"] == KEY
        assert request.headers["accept-encoding"] == "identity"
        assert "cookie" not in request.headers


async def test_a_redirect_is_not_followed_with_the_key(replay: Replay, client: ImmichClient) -> None:
    async with replaying() as elsewhere:
        elsewhere.on("GET", PATH, Answer(body=PHOTO, headers=HEADERS))
        replay.on("GET", PATH, Answer(307, headers={"location": f"{elsewhere.url}{PATH}"}))
        with pytest.raises(errors.Redirected):
            await fetched(client)
        assert elsewhere.requests == []


async def test_a_connection_that_is_closed_at_once_is_tried_once_more(
    replay: Replay, client: ImmichClient
) -> None:
    replay.on("GET", PATH, hang_up, Answer(body=PHOTO, headers=HEADERS))
    assert await fetched(client) == PHOTO
    replay.on("GET", PATH, hang_up)
    with pytest.raises(errors.Unreachable):
        await fetched(client)
    assert len(replay.requests) == 4


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2 KEY\r\n\r\n",
        b"HTTP/1.1 KEY KEY\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: KEY\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\nx-was: KEY\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nset-cookie: (KEY)=1\r\ntransfer-encoding: chunked\r\n\r\nKEY\r\n",
    ],
)
async def test_an_answer_that_is_no_http_is_an_error_of_ours_without_the_key(
    replay: Replay, client: ImmichClient, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def speak(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer.replace(b"KEY", KEY.encode()))
        await writer.drain()

    caplog.set_level(logging.DEBUG)
    replay.on("GET", PATH, speak)
    with pytest.raises(errors.ImmichError) as caught:
        await fetched(client)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY not in caplog.text


async def test_a_proxy_of_the_environment_is_used_for_originals_too(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", replay.url)
    assert not goes_direct("http://photos.example.org/api")
    assert goes_direct("http://127.0.0.1:2283/api")
    assert not goes_direct("http://[::1/api")
    async with ImmichClient(Connection("http://photos.example.org/api", Secret(KEY))) as client:
        with pytest.raises(errors.ImmichError):
            await fetched(client)
    assert [request.path for request in replay.requests][:1] == ["http://photos.example.org" + PATH]

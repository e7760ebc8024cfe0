"""Addresses as people type them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from urllib.parse import SplitResult

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.immich import discovery
from immich_tui.immich.discovery import address_warnings, candidates, discover
from immich_tui.immich.errors import ImmichError, Redirected, TimedOut, Unreachable, WrongAddress
from immich_tui.immich.wire import Timeouts
from tests.immich.replay import Answer, Replay, replaying, say_nothing

WELL_KNOWN = "/.well-known/immich"
PING = "/api/server/ping"
PONG = Answer(body={"res": "pong"})
PAGE = Answer(body=b"<!doctype html><title>Immich</title>", headers={"content-type": "text/html"})


@pytest.fixture
async def immich() -> AsyncIterator[Replay]:
    """A server as Immich 2.7.5 and 3.1.0 answer without a key."""
    async with replaying() as server:
        server.on("GET", WELL_KNOWN, Answer(body={"api": {"endpoint": "/api"}}))
        server.on("GET", PING, PONG)
        yield server


@pytest.mark.parametrize(
    "typed",
    [
        "{bare}",
        "  {bare}/ ",
        "{bare}/api",
        "{url}",
        "{url}/",
        "{url}/api",
        "{url}/api/",
        "HTTP://{bare}",
        "{url}/photos",
        "{url}/utilities/duplicates?x=1#y",
    ],
)
async def test_however_it_is_typed_the_api_is_found(immich: Replay, typed: str) -> None:
    found = await discover(typed.format(bare=immich.url.removeprefix("http://"), url=immich.url))
    assert found == discovery.Discovered(f"{immich.url}/api", ())
    assert all("x-api-key" not in request.headers for request in immich.requests)


async def test_a_server_under_a_path_is_found(replay: Replay) -> None:
    replay.on("GET", "/photos/api/server/ping", PONG)
    for typed in ("/photos", "/photos/api/"):
        assert (await discover(replay.url + typed)).url == f"{replay.url}/photos/api"


@pytest.mark.parametrize(
    "answer",
    [
        PAGE,
        Answer(body={"api": "no"}),
        Answer(body=[]),
        Answer(302, headers={"location": "/maintenance"}),
        Answer(500),
    ],
)
async def test_without_a_useful_well_known_answer_api_is_tried(replay: Replay, answer: Answer) -> None:
    replay.on("GET", WELL_KNOWN, answer)
    replay.on("GET", "/maintenance", PAGE)
    replay.on("GET", PING, PONG)
    assert (await discover(replay.url)).url == f"{replay.url}/api"


async def test_the_server_may_name_another_path_for_its_api(replay: Replay) -> None:
    replay.on("GET", WELL_KNOWN, Answer(body={"api": {"endpoint": f"{replay.url}/backend/"}}))
    replay.on("GET", "/backend/server/ping", PONG)
    assert (await discover(replay.url)).url == f"{replay.url}/backend"


@pytest.mark.parametrize(
    "answer", [PAGE, Answer(404), Answer(body={"res": "ping"}), Answer(body=[]), Answer(401)]
)
async def test_another_service_is_not_taken_for_immich(replay: Replay, answer: Answer) -> None:
    replay.on("GET", PING, answer)
    with pytest.raises(WrongAddress, match="No Immich server answers"):
        await discover(replay.url)


async def test_a_proxy_whose_server_is_down_is_told_apart(replay: Replay) -> None:
    replay.on("GET", PING, Answer(502, b"<html>"))
    with pytest.raises(Unreachable, match="behind it does not"):
        await discover(replay.url)


@pytest.mark.parametrize("path", [WELL_KNOWN, PING])
async def test_a_server_that_points_to_another_host_is_not_followed(immich: Replay, path: str) -> None:
    async with replaying() as other:
        immich.on("GET", path, Answer(301, headers={"location": f"{other.url}{path}"}))
        with pytest.raises(Redirected) as caught:
            await discover(immich.url)
        assert other.url in caught.value.sentence
        assert other.requests == []


async def test_an_api_that_is_said_to_be_on_another_host_is_not_taken(immich: Replay) -> None:
    immich.on("GET", WELL_KNOWN, Answer(body={"api": {"endpoint": "https://photos.example.org/api"}}))
    with pytest.raises(Redirected, match=r"photos\.example\.org"):
        await discover(immich.url)


async def test_redirects_in_a_circle_end(immich: Replay) -> None:
    immich.on("GET", WELL_KNOWN, Answer(302, headers={"location": WELL_KNOWN}))
    assert (await discover(immich.url)).url == f"{immich.url}/api"


async def test_a_server_that_says_nothing_is_given_up(
    immich: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "_LOOKING", Timeouts(connect=0.2, small=0.2))
    immich.on("GET", WELL_KNOWN, say_nothing)
    with pytest.raises(TimedOut):
        await discover(immich.url)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "http://",
        "https:///api",
        "ftp://photos.example.org",
        "file:///etc/passwd",
        "photos example org",
        "http://photos.example.org:99999",
        "http://[::1",
        "photos\x1b.example.org",
        "user:secret@photos.example.org",
    ],
)
def test_what_is_no_address_is_refused_at_once(typed: str) -> None:
    with pytest.raises(WrongAddress) as caught:
        candidates(typed)
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_gives_candidates_or_a_sentence(typed: str) -> None:
    sentence = ""
    found: Sequence[SplitResult] = ()
    try:
        found = candidates(typed)
    except ImmichError as error:
        sentence = str(error)
    assert bool(found) != bool(sentence)
    assert sentence.isprintable()
    assert {parts.scheme for parts in found} <= {"http", "https"}
    assert all(parts.hostname for parts in found)


def test_without_a_scheme_https_comes_first() -> None:
    assert [parts.geturl() for parts in candidates("photos.example.org/api")] == [
        "https://photos.example.org/api",
        "http://photos.example.org/api",
    ]
    assert [parts.netloc for parts in candidates("::1")] == ["[::1]", "[::1]"]


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://203.0.114.9/api", True),
        ("http://[2a00::1]:2283/api", True),
        ("http://127.0.0.1:2283/api", False),
        ("http://192.168.7.2:2283/api", False),
        ("http://100.101.102.103:2283/api", False),
        ("http://[fd00::1]/api", False),
        ("http://localhost:2283/api", False),
        ("http://nas.local/api", False),
        ("http://nas.lan./api", False),
        ("https://203.0.114.9/api", False),
        ("http://photos.invalid/api", True),
    ],
)
async def test_an_open_line_to_the_internet_is_warned_of(url: str, warned: bool) -> None:
    warnings = await address_warnings(url)
    assert bool(warnings) is warned
    assert all("not encrypted" in warning for warning in warnings)


async def test_a_name_is_public_when_one_of_its_addresses_is(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()

    async def resolve(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        address = {"split.example.org": "10.0.0.2", "open.example.org": "203.0.114.9"}[host]
        return [(2, 1, 6, "", (address, 0))]

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    assert await address_warnings("http://split.example.org/api") == ()
    assert len(await address_warnings("http://open.example.org/api")) == 1


async def test_certificates_that_are_not_checked_are_warned_of() -> None:
    assert len(await address_warnings("https://photos.example.org/api", insecure=True)) == 1

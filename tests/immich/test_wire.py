"""How requests travel: what is sent, what is never done, and what each failure is called."""

from __future__ import annotations

import asyncio
import logging
import pickle
import socket
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from immich_tui.immich import errors
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.refusal import LONGEST_WAIT_S, refusal, retry_after
from immich_tui.immich.secret import Secret
from immich_tui.immich.wire import Connection
from tests.immich.replay import CONFIG, KEY, Answer, Replay, Request, hang_up, say_nothing

USER = {
    "id": "9adfa058-1df4-4a6b-a42f-c15206d33cc9",
    "name": "Ada",
    "email": "ada@example.org",
    "isAdmin": True,
}
ASSET = "0b914fad-0afc-48c0-99ba-68c35c1352ad"
ME = "/api/users/me"

Call = Callable[[ImmichClient], Awaitable[object]]


async def failure(call: Awaitable[object]) -> errors.ImmichError:
    with pytest.raises(errors.ImmichError) as caught:
        await call
    return caught.value


async def test_a_request_carries_key_and_name_and_asks_for_json(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", ME, Answer(body=USER))
    assert (await client.me()).name == "Ada"
    [request] = replay.requests
    assert request.headers["x-api-key"] == KEY
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("immich-tui/")
    assert KEY not in request.path + request.query


async def test_cookies_are_never_kept(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", ME, Answer(body=USER, headers={"set-cookie": "immich_access_token=other; Path=/"}))
    await client.me()
    await client.me()
    assert all("cookie" not in request.headers for request in replay.requests)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_reported_and_not_followed(
    replay: Replay, client: ImmichClient, status: int
) -> None:
    location = "http://other.example.org:1/api/users/me?\x1b[31m"
    replay.on("GET", ME, Answer(status, headers={"location": location.replace("\x1b", "%1b")}))
    replay.on("DELETE", "/api/assets", Answer(status, headers={"location": "http://other.example.org:1/x"}))
    for call in (client.me(), client.trash([ASSET])):
        error = await failure(call)
        assert isinstance(error, errors.Redirected)
        assert "http://other.example.org:1;" in error.sentence
        assert not error.may_have_happened
    assert len(replay.requests) == 2


async def test_a_get_that_meets_a_closed_connection_is_sent_once_more(
    replay: Replay, client: ImmichClient
) -> None:
    replay.on("GET", ME, hang_up, Answer(body=USER))
    assert (await client.me()).name == "Ada"
    replay.on("GET", ME, hang_up)
    assert isinstance(await failure(client.me()), errors.Unreachable)
    assert len(replay.requests) == 4


WRITES: dict[str, tuple[str, str, Call]] = {
    "trash": ("DELETE", "/api/assets", lambda client: client.trash([ASSET])),
    "update": ("PUT", f"/api/assets/{ASSET}", lambda client: client.update_asset(ASSET, {"rating": 3})),
    "bulk": ("PUT", "/api/assets", lambda client: client.update_assets([ASSET], {"duplicateId": None})),
    "restore": ("POST", "/api/trash/restore/assets", lambda client: client.restore([ASSET])),
    "album": ("PUT", f"/api/albums/{ASSET}/assets", lambda client: client.add_to_album(ASSET, [ASSET])),
    "cover": ("PATCH", f"/api/albums/{ASSET}", lambda client: client.set_album_cover(ASSET, ASSET)),
    "stack": ("POST", "/api/stacks", lambda client: client.stack([ASSET, ASSET])),
    "dismiss": ("DELETE", "/api/duplicates", lambda client: client.dismiss([ASSET])),
}
writes = pytest.mark.parametrize("name", WRITES)


@writes
async def test_a_write_whose_answer_is_lost_is_never_repeated(
    replay: Replay, client: ImmichClient, name: str
) -> None:
    method, path, call = WRITES[name]
    replay.on(method, path, hang_up)
    error = await failure(call(client))
    assert isinstance(error, errors.Unreachable)
    assert error.may_have_happened
    assert len(replay.requests) == 1


@writes
async def test_a_write_that_is_not_answered_in_time_may_have_happened(
    replay: Replay, hasty: ImmichClient, name: str
) -> None:
    method, path, call = WRITES[name]
    replay.on(method, path, say_nothing)
    error = await failure(call(hasty))
    assert isinstance(error, errors.TimedOut)
    assert error.may_have_happened
    assert len(replay.requests) == 1


@writes
@pytest.mark.parametrize(
    ("status", "maybe"), [(500, True), (502, True), (504, True), (503, False), (429, False), (400, False)]
)
async def test_what_a_refused_write_may_have_done(
    replay: Replay, client: ImmichClient, name: str, status: int, maybe: bool
) -> None:
    method, path, call = WRITES[name]
    replay.on(method, path, Answer(status, {"message": "no"}))
    assert (await failure(call(client))).may_have_happened is maybe


@writes
async def test_a_login_page_in_answer_to_a_write_is_no_success(
    replay: Replay, client: ImmichClient, name: str
) -> None:
    method, path, call = WRITES[name]
    replay.on(method, path, Answer(body=b"<html>log in</html>", headers={"content-type": "text/html"}))
    error = await failure(call(client))
    assert isinstance(error, errors.BadAnswer)
    assert error.may_have_happened


async def test_a_write_that_was_never_sent_did_not_happen(unused_port: int) -> None:
    async with ImmichClient(Connection(f"http://127.0.0.1:{unused_port}/api", Secret(KEY))) as client:
        error = await failure(client.trash([ASSET]))
    assert isinstance(error, errors.Unreachable)
    assert not error.may_have_happened
    assert "refused" in error.sentence


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def test_a_name_that_nobody_knows_is_told_apart() -> None:
    async with ImmichClient(Connection("http://photos.invalid/api", Secret(KEY))) as client:
        error = await failure(client.me())
    assert isinstance(error, errors.Unreachable)
    assert "photos.invalid is not known" in error.sentence


@pytest.mark.parametrize(
    "url", ["nonsense", "http://", "http://[::1/api", "ftp://host/api", "http://a b/api"]
)
async def test_an_address_that_is_none_is_an_error_of_ours(url: str) -> None:
    async with ImmichClient(Connection(url, Secret(KEY))) as client:
        await failure(client.me())


async def test_a_proxy_of_the_environment_is_not_for_this_machine(
    replay: Replay, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    replay.on("GET", ME, Answer(body=USER))
    async with ImmichClient(Connection(f"{replay.url}/api", Secret(KEY))) as client:
        assert (await client.me()).name == "Ada"
    async with ImmichClient(Connection("http://photos.example.org/api", Secret(KEY))) as client:
        assert isinstance(await failure(client.me()), errors.Unreachable)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
async def test_what_cannot_be_json_is_never_sent(replay: Replay, client: ImmichClient, value: object) -> None:
    error = await failure(client.update_asset(ASSET, {"latitude": value}))
    assert isinstance(error, errors.Rejected)
    assert replay.requests == []


@pytest.mark.parametrize("location", ["", "http://[::1", "//", "javascript:alert(1)", "\\x"])
async def test_a_redirect_to_nowhere_is_one_still(
    replay: Replay, client: ImmichClient, location: str
) -> None:
    replay.on("GET", ME, Answer(302, headers={"location": location}))
    error = await failure(client.me())
    assert isinstance(error, errors.Redirected | errors.WrongAddress | errors.Unreachable)


# What the server says


def v2(message: object) -> dict[str, object]:
    """An error body of 1.135.3 and 2.7.5."""
    return {"message": message, "error": "Bad Request", "statusCode": 400, "correlationId": "abc"}


INVALID_IDS = {
    "message": "Validation failed",
    "errors": [
        {"code": "invalid_format", "path": ["ids", 0], "message": "Invalid UUID"},
        {"code": "custom", "path": [], "message": "both"},
    ],
}
HTML = {"content-type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, v2("Invalid API key"), errors.Unauthorized, "does not accept this API key"),
        (401, {"message": "Invalid API key"}, errors.Unauthorized, "does not accept this API key"),
        (401, {"message": "Authentication required"}, errors.Unauthorized, "asks for an API key"),
        (
            403,
            v2("Missing required permission: asset.delete"),
            errors.PermissionMissing,
            "lacks the permission asset.delete",
        ),
        (403, {"message": "Missing required permission: user.read"}, errors.PermissionMissing, "user.read"),
        (403, {"message": "Forbidden"}, errors.Rejected, "Forbidden"),
        (400, v2("Not found or no asset.delete access"), errors.NotFoundOrNoAccess, "asset.delete"),
        (
            400,
            {"message": "Not found or no duplicate.delete access"},
            errors.NotFoundOrNoAccess,
            "duplicate.delete",
        ),
        (
            400,
            v2(["longitude should not be empty", "longitude must be a number"]),
            errors.Rejected,
            "longitude should not be empty; longitude must",
        ),
        (400, INVALID_IDS, errors.Rejected, "Validation failed; ids.0: Invalid UUID; both"),
        (404, v2("Cannot GET /api/nope"), errors.RouteMissing, "Cannot GET /api/nope"),
        (404, {"message": "Cannot GET /api/nope"}, errors.RouteMissing, "Cannot GET /api/nope"),
        (404, {"message": "Asset media not found"}, errors.Gone, "Asset media not found"),
        (409, {"message": "Conflict"}, errors.Rejected, "(409): Conflict"),
        (413, b"<html>413</html>", errors.Rejected, "too large for the proxy"),
        (401, b"<html>basic</html>", errors.Unauthorized, "password of its own"),
        (403, b"<html>blocked</html>", errors.Rejected, "does not let us through"),
        (404, b"<html>nginx</html>", errors.WrongAddress, "not an Immich API"),
        (404, b"[]", errors.WrongAddress, "not an Immich API"),
        (406, b"", errors.WrongAddress, "not an Immich API"),
        (500, v2("Internal server error"), errors.ServerFault, "(500): Internal server error"),
        (500, b"", errors.ServerFault, "(500)"),
        (502, b"<html>bad gateway</html>", errors.Busy, "(502)"),
        (503, b"", errors.Busy, "(503)"),
        (429, b"slow down", errors.Busy, "(429)"),
    ],
)
async def test_each_refusal_has_its_name_and_its_reason(
    replay: Replay,
    client: ImmichClient,
    status: int,
    body: object,
    kind: type[errors.ImmichError],
    words: str,
) -> None:
    replay.on("GET", ME, Answer(status, body))
    error = await failure(client.me())
    assert type(error) is kind
    assert words in error.sentence
    assert error.sentence.endswith((".", ")")) or ":" in error.sentence
    assert error.transient is (status in {429, 500, 502, 503})


async def test_what_the_refusal_says_by_name(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", ME, Answer(403, {"message": "Missing required permission: user.read"}))
    error = await failure(client.me())
    assert isinstance(error, errors.PermissionMissing)
    assert error.permission == "user.read"


async def test_a_server_cannot_speak_to_the_terminal(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", ME, Answer(400, {"message": "\x1b]0;owned\x07\n[red]" + "x" * 1000 + "\u202e"}))
    error = await failure(client.me())
    assert str(error).isprintable()
    assert len(str(error)) < 400


async def test_missing_routes_are_maintenance_when_the_server_says_so(
    replay: Replay, client: ImmichClient
) -> None:
    assert isinstance(await failure(client.me()), errors.RouteMissing)
    replay.on("GET", CONFIG, Answer(body={"maintenanceMode": False, "trashDays": 30}))
    assert isinstance(await failure(client.me()), errors.RouteMissing)
    replay.on("GET", CONFIG, Answer(body={"maintenanceMode": True}))
    for call in (client.me(), client.trash([ASSET]), client.original_size(ASSET), client.thumbnail(ASSET)):
        error = await failure(call)
        assert isinstance(error, errors.Maintenance)
        assert error.transient
        assert not error.may_have_happened
    assert (await client.server_config()).maintenance_mode


@pytest.mark.parametrize("answer", [Answer(500), Answer(body=b"<html>"), Answer(body=[1]), hang_up])
async def test_a_server_that_cannot_say_whether_it_is_in_maintenance_is_not(
    replay: Replay, client: ImmichClient, answer: Answer
) -> None:
    replay.on("GET", CONFIG, answer)
    error = await failure(client.me())
    assert isinstance(error, errors.RouteMissing | errors.Unreachable)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<!doctype html><title>Immich</title>", headers=HTML),
        Answer(body=b"pong"),
        Answer(body=[]),
        Answer(body={"name": "nobody"}),
        Answer(body=b"{", headers={"content-type": "application/json"}),
        Answer(body=b"", headers={"content-type": "application/json"}),
        Answer(204),
        Answer(body=b"\x1f\x8b", headers={"content-type": "application/json", "content-encoding": "gzip"}),
        Answer(body=b"xx", headers={"content-type": "application/json", "content-encoding": "gzip"}),
    ],
)
async def test_an_answer_that_is_not_one_is_a_bad_answer(
    replay: Replay, client: ImmichClient, answer: Answer
) -> None:
    replay.on("GET", ME, answer)
    error = await failure(client.me())
    assert isinstance(error, errors.BadAnswer)
    assert not error.may_have_happened


async def test_a_body_that_is_cut_short_is_noticed(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", ME, Answer(body=USER, cut=20))
    assert isinstance(await failure(client.me()), errors.Unreachable)


async def test_headers_that_trickle_do_not_hold_a_call_forever(replay: Replay, hasty: ImmichClient) -> None:
    async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-a: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    replay.on("GET", ME, trickle)
    assert isinstance(await failure(hasty.me()), errors.TimedOut)


NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        (" 0 ", 0.0),
        ("36000", LONGEST_WAIT_S),
        ("9" * 400, LONGEST_WAIT_S),
        ("Sat, 21 Nov 2026 12:00:20 GMT", 20.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2037 12:00:00 GMT", LONGEST_WAIT_S),
        ("-5", None),
        ("1e3", None),
        ("soon", None),
        ("Sat, 99 Nov 2026 12:00:20 GMT", None),
        ("Sat, 21 Nov 99999999999 12:00:20 GMT", None),
        ("Sat, 21 Nov 2026 12:00:20 +999999999999999999", None),
        ("", None),
    ],
)
def test_how_long_the_server_asks_to_wait(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, NOON) == seconds
    busy = refusal(429, {"retry-after": value, "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, b"", write=False)
    assert busy.retry_after == seconds


# The key


async def test_the_key_is_seen_nowhere(
    replay: Replay, client: ImmichClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    replay.on(
        "GET",
        ME,
        Answer(400, {"message": f"you sent {KEY}"}),
        hang_up,
        Answer(302, headers={"location": "http://x/"}),
    )
    shown = [repr(client.connection), str(client.connection.key), f"{client.connection.key!r:>20}"]
    for _ in range(3):
        try:
            await client.me()
        except errors.ImmichError as error:
            shown += [
                str(error),
                repr(error),
                repr(error.__dict__),
                "".join(traceback.format_exception(error)),
            ]
            frames = traceback.TracebackException.from_exception(error, capture_locals=True)
            shown.append("".join(frames.format()))
    out = capfd.readouterr()
    assert all(KEY not in text for text in [*shown, caplog.text, out.out, out.err])
    assert any("you sent ***" in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(client.connection.key)


@pytest.mark.parametrize("key", ["two\nlines", "clé", "with space", "nul\x00"])
async def test_a_key_that_cannot_be_one_is_refused_without_being_quoted(replay: Replay, key: str) -> None:
    with pytest.raises(errors.Unauthorized) as caught:
        async with ImmichClient(Connection(f"{replay.url}/api", Secret(key))):
            pass
    assert key not in "".join(traceback.format_exception(caught.value))


async def test_a_pasted_key_loses_its_white_space(replay: Replay) -> None:
    replay.on("GET", ME, Answer(body=USER))
    async with ImmichClient(Connection(f"{replay.url}/api", Secret(f" {KEY}\n"))) as client:
        await client.me()
    assert replay.requests[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"message":"no","errors":5}', "no"),
        (b'{"message":"no","errors":[{"path":5,"message":"why"}]}', "no; why"),
        (b'{"message":"no","errors":{"field":["why"]}}', "no"),
        (b'{"message":null,"errors":[[]]}', "None"),
    ],
)
def test_reasons_in_another_shape_are_told_as_far_as_they_can_be(body: bytes, told: str) -> None:
    error = refusal(400, {}, body, write=False)
    assert isinstance(error, errors.Rejected)
    assert error.message == told


@pytest.mark.parametrize("date", ["Sat, 21 Nov 99999999999 12:00:20 GMT", "some day", ""])
async def test_a_clock_that_is_none_is_an_unknown_one(
    replay: Replay, client: ImmichClient, date: str
) -> None:
    for path in ("/api/server/ping", "/api/server/features"):
        replay.on("GET", path, Answer(body={"trash": True}, headers={"date": date}))
    await client.features()
    assert client.server_time() is None
    assert await client.clock() is None

"""Each call: what is sent, and what is made of the answers that versions give."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from immich_tui.immich.capabilities import probe
from immich_tui.immich.client import PICTURE_LIMIT, ImmichClient
from immich_tui.immich.errors import (
    BadAnswer,
    Gone,
    NotFoundOrNoAccess,
    PermissionMissing,
    Rejected,
    TimedOut,
    Unreachable,
)
from immich_tui.immich.listing import Listed, UnreadableGroup
from immich_tui.immich.models import Face, ItemResult, ServerVersion
from tests.immich.replay import Answer, Replay, Request, hang_up
from tests.immich.test_listing import compact, group

A, B, C = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")
ASSET = {"id": A, "type": "IMAGE", "originalFileName": "a.jpg"}
MISSING = Answer(403, {"message": "Missing required permission: user.read"})

Call = Callable[[ImmichClient], Awaitable[object]]


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (
            lambda c: c.update_asset(A, {"latitude": 1.5, "rating": None}),
            "PUT",
            f"/assets/{A}",
            {"latitude": 1.5, "rating": None},
        ),
        (
            lambda c: c.update_assets([A, B], {"duplicateId": None}),
            "PUT",
            "/assets",
            {"duplicateId": None, "ids": [A, B]},
        ),
        (lambda c: c.trash([A, B]), "DELETE", "/assets", {"ids": [A, B], "force": False}),
        (lambda c: c.trash([A], force=True), "DELETE", "/assets", {"ids": [A], "force": True}),
        (lambda c: c.restore((A,)), "POST", "/trash/restore/assets", {"ids": [A]}),
        (lambda c: c.dismiss([A]), "DELETE", "/duplicates", {"ids": [A]}),
        (lambda c: c.add_to_album(B, [A]), "PUT", f"/albums/{B}/assets", {"ids": [A]}),
        (lambda c: c.remove_from_album(B, [A]), "DELETE", f"/albums/{B}/assets", {"ids": [A]}),
        (lambda c: c.set_album_cover(B, A), "PATCH", f"/albums/{B}", {"albumThumbnailAssetId": A}),
        (lambda c: c.tag_assets([B], [A]), "PUT", "/tags/assets", {"tagIds": [B], "assetIds": [A]}),
        (lambda c: c.untag_assets(B, [A]), "DELETE", f"/tags/{B}/assets", {"ids": [A]}),
        (lambda c: c.stack([A, B]), "POST", "/stacks", {"assetIds": [A, B]}),
        (lambda c: c.unstack(B), "DELETE", f"/stacks/{B}", None),
        (lambda c: c.remove_face(B), "DELETE", f"/faces/{B}", {"force": True}),
        (
            lambda c: c.copy_shared_links(A, B),
            "PUT",
            "/assets/copy",
            {
                "sourceId": A,
                "targetId": B,
                "sharedLinks": True,
                "albums": False,
                "favorite": False,
                "sidecar": False,
                "stack": False,
            },
        ),
    ],
)
async def test_what_a_write_sends(
    replay: Replay, client: ImmichClient, call: Call, method: str, path: str, body: object
) -> None:
    answers: dict[str, Any] = {
        f"/assets/{A}": ASSET,
        f"/albums/{B}/assets": [{"id": A, "success": True}],
        f"/tags/{B}/assets": [{"id": A, "success": True}],
        "/tags/assets": {"count": 1},
        "/stacks": {"id": C, "primaryAssetId": A, "assets": []},
    }
    replay.on(method, f"/api{path}", Answer(body=answers[path]) if path in answers else Answer(204))
    await call(client)
    [request] = replay.requests
    assert (json.loads(request.body) if request.body else None) == body
    assert request.headers.get("content-type") == ("application/json" if body else None)


async def test_dismissing_was_answered_with_200_once(replay: Replay, client: ImmichClient) -> None:
    """As recorded from 1.135.3: no body and no type."""
    replay.on("DELETE", "/api/duplicates", Answer(200))
    await client.dismiss([A])


async def test_what_became_of_each_id(replay: Replay, client: ImmichClient) -> None:
    body = [{"id": A, "success": True}, {"id": B, "success": False, "error": "no_permission"}]
    replay.on("PUT", f"/api/albums/{C}/assets", Answer(body=body))
    assert await client.add_to_album(C, [A, B]) == (
        ItemResult(id=A, success=True),
        ItemResult(id=B, success=False, error="no_permission"),
    )


@pytest.mark.parametrize("bad", ["", "../users", "a/b", "a?b", "a#b", "é", "a" * 65, "%2e%2e"])
async def test_what_is_no_id_never_becomes_part_of_a_path(
    replay: Replay, client: ImmichClient, bad: str
) -> None:
    calls: list[Call] = [
        lambda c: c.asset(bad),
        lambda c: c.update_asset(bad, {}),
        lambda c: c.thumbnail(bad),
        lambda c: c.original_size(bad),
        lambda c: c.unstack(bad),
        lambda c: c.add_to_album(bad, [A]),
    ]
    for call in calls:
        with pytest.raises(Rejected):
            await call(client)
    assert replay.requests == []


async def test_albums_of_all_versions_are_told_once_each(replay: Replay, client: ImmichClient) -> None:
    own: dict[str, object] = {
        "id": A,
        "albumName": "mine",
        "albumThumbnailAssetId": None,
        "ownerId": B,
        "albumUsers": [],
    }
    theirs = {
        "id": B,
        "albumName": "theirs",
        "albumUsers": [{"user": {"id": C}, "role": "owner"}, {"user": {"id": B}, "role": "editor"}],
    }

    async def up_to_2_7(request: Request, writer: asyncio.StreamWriter) -> None:
        answer = Answer(
            body=[theirs] if request.query == "shared=true" else [own], headers={"connection": "close"}
        )
        writer.write(answer.head() + answer.content)
        await writer.drain()

    replay.on("GET", "/api/albums", up_to_2_7)
    mine, shared = await client.albums()
    assert (mine.album_name, mine.role_of(B), mine.role_of(C)) == ("mine", "owner", None)
    assert (shared.album_name, shared.role_of(B), shared.role_of(C)) == ("theirs", "editor", "owner")
    replay.on("GET", "/api/albums", Answer(body=[own, theirs]))
    assert [album.id for album in await client.albums()] == [A, B]


async def test_the_assets_of_an_album_come_page_by_page(replay: Replay, client: ImmichClient) -> None:
    def page(ids: list[str], following: str | None) -> Answer:
        items = [{"id": asset_id, "ownerId": C} for asset_id in ids]
        return Answer(body={"albums": {}, "assets": {"total": 3, "items": items, "nextPage": following}})

    replay.on("POST", "/api/search/metadata", page([A, B], "2"), page([C], None))
    assert [asset_id async for asset_id in client.album_assets(A, "archive")] == [A, B, C]
    assert [request.json for request in replay.requests] == [
        {"albumIds": [A], "visibility": "archive", "size": 1000, "page": 1},
        {"albumIds": [A], "visibility": "archive", "size": 1000, "page": 2},
    ]


async def test_a_search_that_is_lost_has_changed_nothing(replay: Replay, client: ImmichClient) -> None:
    replay.on("POST", "/api/search/metadata", hang_up)
    with pytest.raises(Unreachable) as caught:
        await client.own_id()
    assert not caught.value.may_have_happened


async def test_a_partners_photo_does_not_make_the_partner_the_user(
    replay: Replay, client: ImmichClient
) -> None:
    # A search finds what partners share, newest first; the timeline is the user's own.
    found = [{"id": A, "ownerId": B}, {"id": B, "ownerId": C}]
    search = Answer(body={"assets": {"items": found, "nextPage": None}})
    replay.on("POST", "/api/search/metadata", search)
    months = [{"timeBucket": "2026-05-01", "count": 900}, {"timeBucket": "2025-06-01", "count": 2}]
    replay.on("GET", "/api/timeline/buckets", Answer(body=months))
    replay.on("GET", "/api/timeline/bucket", Answer(body={"id": [B, A], "ownerId": [C, C], "ratio": [1, 1]}))
    assert await client.own_id() == C
    assert [request.query for request in replay.asked("/api/timeline/bucket")] == ["timeBucket=2025-06-01"]
    replay.on("GET", "/api/timeline/buckets", Answer(body=[]))
    assert await client.own_id() is None, "what a search finds may all be the partner's"
    replay.on("GET", "/api/timeline/buckets", Answer(400, {"message": ["size must be one of DAY, MONTH"]}))
    assert await client.own_id() is None, "it is not told which of the two it is"


async def test_a_face_is_put_back_as_it_was(replay: Replay, client: ImmichClient) -> None:
    face = {
        "id": C,
        "imageHeight": 540,
        "imageWidth": 720,
        "boundingBoxX1": 50,
        "boundingBoxX2": 150,
        "boundingBoxY1": 60,
        "boundingBoxY2": 180,
        "sourceType": "manual",
        "person": {"id": B, "name": "Grandma"},
    }
    replay.on("GET", "/api/faces", Answer(body=[face]))
    replay.on("POST", "/api/faces", Answer(201))
    [found] = await client.faces(A)
    assert isinstance(found, Face)
    assert found.person is not None
    await client.add_face(A, found.person.id, found.box)
    asked, made = replay.requests
    assert asked.query == f"id={A}"
    assert made.json == {
        "assetId": A,
        "personId": B,
        "imageWidth": 720,
        "imageHeight": 540,
        "x": 50,
        "y": 60,
        "width": 100,
        "height": 120,
    }


# Pictures


async def test_pictures_are_told_from_everything_else(replay: Replay, client: ImmichClient) -> None:
    path = f"/api/assets/{A}/thumbnail"
    webp = b"RIFF\x00\x00WEBP"
    replay.on("GET", path, Answer(body=webp, headers={"content-type": "image/webp"}))
    assert await client.thumbnail(A) == webp
    assert await client.thumbnail(A, "preview", edited=True) == webp
    assert [request.query for request in replay.requests] == ["size=thumbnail", "size=preview&edited=true"]
    replay.on("GET", path, Answer(404, {"message": "Asset media not found"}))
    with pytest.raises(Gone):
        await client.thumbnail(A)
    replay.on("GET", path, Answer(body=b"<html>", headers={"content-type": "text/html"}))
    with pytest.raises(BadAnswer):
        await client.thumbnail(A)
    replay.on("GET", path, Answer(body=webp, headers={"content-type": "image/webp"}, cut=3))
    with pytest.raises(Unreachable):
        await client.thumbnail(A)
    packed = {"content-type": "image/webp", "content-encoding": "gzip"}
    replay.on("GET", path, Answer(body=gzip.compress(bytes(2 * PICTURE_LIMIT)), headers=packed))
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match="without end"):
            await client.thumbnail(A)
        assert tracemalloc.get_traced_memory()[1] < 1.5 * PICTURE_LIMIT
    finally:
        tracemalloc.stop()


# The listing


async def listing(client: ImmichClient) -> list[Listed]:
    return [one async for one in client.duplicates()]


@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_the_listing_comes_group_by_group_with_its_text(
    replay: Replay, client: ImmichClient, coding: str
) -> None:
    groups = [group(number) for number in range(300)]
    content = gzip.compress(compact(groups)) if coding else compact(groups)
    kind = {"content-type": "application/json; charset=utf-8", "content-encoding": coding}
    replay.on("GET", "/api/duplicates", Answer(body=content, headers=kind))
    received: list[int] = []
    found = [one async for one in client.duplicates(received.append)]
    assert [json.loads(one.raw) for one in found] == groups
    assert received[-1] == len(content)
    assert received == sorted(received)
    assert replay.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("coding", ["", "gzip"])
@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
async def test_a_listing_that_breaks_off_is_an_error_and_never_an_end(
    replay: Replay, client: ImmichClient, coding: str, part: float
) -> None:
    whole = compact([group(number) for number in range(300)])
    content = gzip.compress(whole) if coding else whole
    content = content[: int(len(content) * part)]
    replay.on("GET", "/api/duplicates", Answer(body=content, headers={"content-encoding": coding}))
    with pytest.raises(BadAnswer):
        await listing(client)
    replay.on("GET", "/api/duplicates", Answer(body=whole, cut=int(len(whole) * part)))
    with pytest.raises(Unreachable):
        await listing(client)


async def test_a_listing_compressed_in_a_way_not_asked_for_is_refused(
    replay: Replay, client: ImmichClient
) -> None:
    replay.on("GET", "/api/duplicates", Answer(body=b"[]", headers={"content-encoding": "br"}))
    with pytest.raises(BadAnswer, match="not asked for"):
        await listing(client)


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_read_in_little_memory(
    replay: Replay, client: ImmichClient
) -> None:
    bomb = gzip.compress(b'[{"duplicateId":"a","assets":"' + b"x" * 80_000_000 + b'"}]')
    replay.on("GET", "/api/duplicates", Answer(body=bomb, headers={"content-encoding": "gzip"}))
    tracemalloc.start()
    [one] = await listing(client)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(one.group, UnreadableGroup)
    assert one.group.size > 80_000_000
    assert peak < 60_000_000


async def test_a_listing_may_take_long_but_not_fall_silent(replay: Replay, hasty: ImmichClient) -> None:
    whole = compact([group(number) for number in range(9)])
    size = len(whole) // 8 + 1
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]

    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Answer(body=b"", headers={"content-length": str(len(whole))}).head())
        for piece in pieces:
            await asyncio.sleep(0.1)
            writer.write(piece)
            await writer.drain()

    async def halfway(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Answer(body=b"", headers={"content-length": str(len(whole))}).head() + pieces[0])
        await asyncio.Event().wait()

    replay.on("GET", "/api/duplicates", slowly)
    assert len(await listing(hasty)) == 9
    replay.on("GET", "/api/duplicates", halfway)
    with pytest.raises(TimedOut):
        await listing(hasty)


async def test_reading_the_listing_leaves_the_loop_its_turns(replay: Replay, client: ImmichClient) -> None:
    groups = [group(number, filler="x" * 2000) for number in range(4000)]
    replay.on(
        "GET",
        "/api/duplicates",
        Answer(body=gzip.compress(compact(groups), 1), headers={"content-encoding": "gzip"}),
    )
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    ticker = asyncio.create_task(tick())
    began = time.perf_counter()
    assert len(await listing(client)) == 4000
    took = time.perf_counter() - began
    ticker.cancel()
    assert turns > took / 0.05


# The server and the key


def test_versions_are_ordered_as_they_were_released() -> None:
    names = ["1.135.3", "2.7.5", "3.0.0-rc.1", "3.0.0-rc.2", "3.0.0", "3.0.1", "3.10.0"]
    versions = [
        ServerVersion(major=1, minor=135, patch=3),
        ServerVersion(major=2, minor=7, patch=5),
        ServerVersion(major=3, minor=0, patch=0, prerelease=1),
        ServerVersion(major=3, minor=0, patch=0, prerelease=2),
        ServerVersion(major=3, minor=0, patch=0),
        ServerVersion(major=3, minor=0, patch=1),
        ServerVersion(major=3, minor=10, patch=0),
    ]
    assert [str(version) for version in sorted({*versions})] == names
    assert len(set(versions)) == len(versions)
    assert versions[1].at_least(2, 7)
    assert not versions[1].at_least(2, 8)
    assert not versions[0].at_least(2)


def server(
    replay: Replay,
    version: tuple[int, int, int],
    permissions: list[str] | None,
    *,
    trash: bool = True,
    config: dict[str, Any] | None = None,
) -> None:
    """Answer as a server of that version does, with a key of these permissions."""
    numbers = dict(zip(("major", "minor", "patch"), version, strict=True))
    replay.on("GET", "/api/server/version", Answer(body=numbers))
    replay.on("GET", "/api/server/features", Answer(body={"trash": trash, "duplicateDetection": True}))
    replay.on("GET", "/api/server/config", Answer(body={"trashDays": 30} if config is None else config))
    replay.on(
        "GET",
        "/api/users/me",
        Answer(body={"id": A, "name": "Ada", "email": "ada@example.org", "isAdmin": False}),
    )
    if permissions is None:
        replay.on(
            "GET",
            "/api/api-keys/me",
            Answer(400, {"message": ["id must be a UUID"], "error": "Bad Request", "statusCode": 400}),
        )
    else:
        replay.on(
            "GET", "/api/api-keys/me", Answer(body={"id": B, "name": "key", "permissions": permissions})
        )


async def test_a_key_that_may_do_everything(replay: Replay, client: ImmichClient) -> None:
    server(replay, (3, 1, 0), ["all"])
    found = await probe(client)
    assert all(need.have for need in found.needs)
    assert all(need.lost_without.endswith(".") for need in found.needs)
    assert all(getattr(found.abilities(), name) for name in found.abilities().__slots__)
    assert (found.user.name, found.trash, found.trash_days, found.warnings) == ("Ada", True, 30, ())


async def test_a_key_that_may_only_look(replay: Replay, client: ImmichClient) -> None:
    server(replay, (2, 7, 5), ["duplicate.read", "asset.read"])
    replay.on("GET", "/api/users/me", MISSING)
    replay.on(
        "POST",
        "/api/search/metadata",
        Answer(body={"assets": {"items": [{"id": B, "ownerId": C}], "nextPage": "2"}}),
    )
    found = await probe(client)
    assert found.user.id == C
    assert {need.permission for need in found.needs if need.have} == {"duplicate.read", "asset.read"}
    assert all(need.have is not None for need in found.needs)
    able = found.abilities()
    assert able.review
    assert not any(
        (able.backup, able.trash, able.pictures, able.albums, able.tags, able.graft, able.shared_links)
    )


async def test_without_any_way_to_tell_whose_key_it_is_there_is_no_going_on(
    replay: Replay, client: ImmichClient
) -> None:
    server(replay, (2, 7, 5), ["duplicate.read", "asset.read"])
    replay.on("GET", "/api/users/me", MISSING)
    replay.on("POST", "/api/search/metadata", Answer(body={"assets": {"items": [], "nextPage": None}}))
    with pytest.raises(PermissionMissing):
        await probe(client)


async def test_below_1_139_permissions_are_unknown_and_everything_is_tried(
    replay: Replay, client: ImmichClient
) -> None:
    server(replay, (1, 135, 3), None)
    found = await probe(client)
    assert found.permissions is None
    assert all(need.have is None for need in found.needs)
    assert "asset.copy" not in {need.permission for need in found.needs}
    able = found.abilities()
    assert able.trash
    assert able.albums
    assert not able.shared_links
    assert not able.graft
    assert any("does not tell" in warning for warning in found.warnings)


async def test_a_fork_with_its_own_numbers_is_known_by_what_it_says(
    replay: Replay, client: ImmichClient
) -> None:
    server(replay, (1, 0, 7), ["all"], config={"trashDays": 7, "maintenanceMode": False})
    found = await probe(client)
    assert found.abilities().shared_links
    assert "asset.copy" in {need.permission for need in found.needs}
    assert any("older than 1.135" in warning for warning in found.warnings)


async def test_a_trash_that_is_switched_off_is_said(replay: Replay, client: ImmichClient) -> None:
    server(replay, (2, 7, 5), ["all"], trash=False)
    found = await probe(client)
    assert not found.trash
    assert any("cannot be restored" in warning for warning in found.warnings)


async def test_features_that_do_not_tell_of_the_trash_are_not_believed(
    replay: Replay, client: ImmichClient
) -> None:
    server(replay, (2, 7, 5), ["all"])
    replay.on("GET", "/api/server/features", Answer(body={"duplicateDetection": True}))
    with pytest.raises(BadAnswer):
        await probe(client)


async def test_another_400_for_the_key_is_the_same_as_not_told(replay: Replay, client: ImmichClient) -> None:
    replay.on("GET", "/api/api-keys/me", Answer(400, {"message": "Not found or no apiKey.read access"}))
    assert await client.key_permissions() is None
    replay.on("GET", "/api/api-keys/me", Answer(409, {"message": "no"}))
    with pytest.raises(Rejected):
        await client.key_permissions()


async def test_one_id_without_access_is_told_apart_from_other_refusals(
    replay: Replay, client: ImmichClient
) -> None:
    replay.on("DELETE", "/api/assets", Answer(400, {"message": "Not found or no asset.delete access"}))
    with pytest.raises(NotFoundOrNoAccess) as caught:
        await client.trash([A, B])
    assert caught.value.permission == "asset.delete"
    assert not caught.value.may_have_happened
    assert str(caught.value).startswith("The server does not know")


async def test_people_are_read_page_by_page_hidden_ones_too(replay: Replay, client: ImmichClient) -> None:
    pages = [
        {"people": [{"id": A, "name": "Ada"}], "hasNextPage": True, "total": 2, "hidden": 0},
        {"people": [{"id": B, "name": "", "isHidden": True}], "hasNextPage": False, "total": 2, "hidden": 1},
    ]
    replay.on("GET", "/api/people", *(Answer(body=page) for page in pages))
    assert [person.id for person in await client.people()] == [A, B]
    assert [request.query for request in replay.requests] == [
        "withHidden=true&size=1000&page=1",
        "withHidden=true&size=1000&page=2",
    ]


async def test_a_server_that_always_has_more_people_is_not_asked_for_ever(
    replay: Replay, client: ImmichClient
) -> None:
    replay.on("GET", "/api/people", Answer(body={"people": [], "hasNextPage": True}))
    assert await client.people() == ()
    assert len(replay.requests) == 1

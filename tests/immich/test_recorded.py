"""Answers recorded from real servers, read by the client: `recorded/` has one file per version of Immich."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.models import Asset, Group
from tests.immich.replay import Answer, Replay

FOLDER = Path(__file__).parent / "recorded"
VERSIONS = ["1.135.3", "2.7.5", "3.1.0"]
every_version = pytest.mark.parametrize("version", VERSIONS)


def recorded(version: str) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((FOLDER / f"{version}.json").read_text(encoding="utf-8"))
    return answers


async def asset(replay: Replay, client: ImmichClient, body: dict[str, Any]) -> Asset:
    replay.on("GET", f"/api/assets/{body['id']}", Answer(body=body))
    return await client.asset(body["id"])


@every_version
async def test_the_server_tells_what_it_is(replay: Replay, client: ImmichClient, version: str) -> None:
    answers = recorded(version)
    for name in ("version", "features", "config"):
        replay.on("GET", f"/api/server/{name}", Answer(body=answers[name]))
    replay.on("GET", "/api/users/me", Answer(body=answers["me"]))
    key = answers["key"]
    replay.on("GET", "/api/api-keys/me", Answer(400 if "statusCode" in key else 200, key))
    assert str(await client.version()) == version
    assert (await client.features()).trash
    config = await client.server_config()
    assert (config.trash_days, config.maintenance_mode) == (30, False)
    assert config.knows_maintenance is (version != "1.135.3")
    assert (await client.me()).name == "Ada Admin"
    assert await client.key_permissions() == (None if version == "1.135.3" else {"all"})


@every_version
async def test_the_listing_is_read_without_a_loss(replay: Replay, client: ImmichClient, version: str) -> None:
    answers = recorded(version)
    replay.on("GET", "/api/duplicates", Answer(body=answers["duplicates"]))
    found = [one async for one in client.duplicates()]
    groups = [one.group for one in found if isinstance(one.group, Group)]
    assert len(groups) == len(found) == len(answers["duplicates"])
    assert [json.loads(one.raw) for one in found] == answers["duplicates"]
    assert all((group.suggested_keep_asset_ids is None) is (version == "1.135.3") for group in groups)
    for group, said in zip(groups, answers["duplicates"], strict=True):
        for member, told in zip(group.assets, said["assets"], strict=True):
            assert member.duplicate_id == group.id
            assert member.size == told["exifInfo"]["fileSizeInByte"]
            assert member.original_file_name == told["originalFileName"]
            assert (member.tags is None) is (version == "1.135.3")
            assert (member.width is None) is (version == "1.135.3")
            assert member.local_date_time is not None
            assert member.local_date_time.tzinfo is not None
    members = [member for group in groups for member in group.assets]
    assert any(member.live_photo_video_id for member in members)
    assert any(member.library_id for member in members)
    videos = [member for member in members if member.type == "VIDEO"]
    assert videos
    assert all(video.duration_ms == pytest.approx(2000, abs=1999) for video in videos)
    assert all(member.duration_ms is None for member in members if member.type == "IMAGE")


@every_version
async def test_one_asset_tells_more_than_the_listing(
    replay: Replay, client: ImmichClient, version: str
) -> None:
    answers = recorded(version)
    people = await asset(replay, client, answers["asset_people"])
    assert [person.name for person in people.people] == ["Grandma"]
    stacked = await asset(replay, client, answers["asset_stacked"])
    assert stacked.stack is not None
    tagged = await asset(replay, client, answers["asset_tags"])
    assert tagged.tags
    assert "Trips/France/Paris" in {tag.value for tag in tagged.tags}
    assert (await asset(replay, client, answers["asset_trashed"])).is_trashed
    assert (await asset(replay, client, answers["asset_live"])).live_photo_video_id
    video = await asset(replay, client, answers["asset_video"])
    assert video.type == "VIDEO"
    assert video.duration_ms


@every_version
async def test_albums_name_their_owner(replay: Replay, client: ImmichClient, version: str) -> None:
    answers = recorded(version)
    replay.on("GET", "/api/albums", Answer(body=answers["albums"]))
    albums = await client.albums()
    assert len(albums) == len(answers["albums"])
    me = answers["me"]["id"]
    for album in albums:
        owner = album.role_of(me) == "owner"
        assert owner is ("shared with Ada" not in album.album_name)
        assert album.asset_count
        assert album.album_thumbnail_asset_id


@every_version
async def test_faces_tags_and_stacks(replay: Replay, client: ImmichClient, version: str) -> None:
    answers = recorded(version)
    some = answers["asset_people"]["id"]
    replay.on("GET", "/api/faces", Answer(body=answers["faces"]))
    replay.on("GET", "/api/tags", Answer(body=answers["tags"]))
    replay.on("POST", "/api/stacks", Answer(201, answers["stack"]))
    face = (await client.faces(some))[0]
    assert (face.image_width, face.image_height) == (720, 540)
    assert (face.x1, face.y1, face.x2, face.y2) == (50, 60, 150, 180)
    assert face.person is not None
    assert face.person.name == "Grandma"
    assert len(await client.tags()) == len(answers["tags"])
    assert await client.stack([some, some]) == answers["stack"]["id"]


@pytest.mark.parametrize("version", ["2.7.5", "3.1.0"])
async def test_the_owner_of_all_assets_is_the_user(
    replay: Replay, client: ImmichClient, version: str
) -> None:
    answers = recorded(version)
    replay.on("POST", "/api/search/metadata", Answer(body=answers["search"]))
    assert await client.own_id() == answers["me"]["id"]


def test_dates_of_both_ways_of_writing_are_instants() -> None:
    listed = {"id": "a", "type": "IMAGE", "localDateTime": "2023-06-15T14:23:07+00:00"}
    alone = {"id": "a", "type": "IMAGE", "localDateTime": "2023-06-15T14:23:07.000Z"}
    instants = {Asset.model_validate(asset).local_date_time for asset in (listed, alone)}
    assert instants == {datetime(2023, 6, 15, 14, 23, 7, tzinfo=UTC)}

"""Reading and changing assets."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from starlette.responses import Response

from immich_tui.demo.answers import (
    MISSING,
    UUID4,
    Invalid,
    Refusal,
    Violation,
    uuid_list,
    uuid_parameter,
    wrong_type,
)
from immich_tui.demo.records import Asset
from immich_tui.demo.routing import Call, json_response, no_content, route
from immich_tui.demo.updates import Update
from immich_tui.demo.wire import base64_text

_SIZES = range(1, 1001)


async def _get(call: Call) -> Response:
    asset = call.visible_asset(uuid_parameter(call.path["id"]), "asset.read")
    return json_response(call.app.speaker.whole_asset(asset))


async def _update(call: Call) -> Response:
    asset_id = uuid_parameter(call.path["id"])
    body = await call.body()
    update = Update(body, call.app.speaker.dialect.version)
    (asset,) = call.own_assets([asset_id], "asset.update")
    _link_live_video(call, asset, body)
    _apply(call, asset, update)
    return json_response(call.app.speaker.updated_asset(asset))


async def _update_many(call: Call) -> Response:
    body = await call.body()
    ids = uuid_list(body, "ids")
    update = Update(body, call.app.speaker.dialect.version)
    if call.major < 3 and {"timeZone", "dateTimeOriginal"} <= body.keys():
        sentence = "timeZone cannot exist alongside any of the following properties: dateTimeOriginal"
        raise Invalid(Violation((sentence,), {}))
    assets = call.own_assets(ids, "asset.update")
    group = body.get("duplicateId", MISSING)
    if isinstance(group, str) and not re.fullmatch(r"[0-9a-fA-F-]{36}", group):
        raise Refusal(500, "Failed to update assets")
    for asset in assets:
        if group is None or isinstance(group, str):
            call.app.library.regroup(asset, group)
        _shift(asset, body, update)
        _apply(call, asset, update)
        if update.row.get("visibility") == "locked":
            for album in call.app.library.albums_with(asset.id):
                album.asset_ids.remove(asset.id)
    return no_content()


def _shift(asset: Asset, body: dict[str, object], update: Update) -> None:
    """`dateTimeRelative` (minutes) and `timeZone` of the bulk update."""
    taken = asset.exif.get("dateTimeOriginal")
    minutes, zone = body.get("dateTimeRelative"), body.get("timeZone")
    if isinstance(minutes, int) and isinstance(taken, datetime):
        update.exif["dateTimeOriginal"] = taken + timedelta(minutes=minutes)
    if isinstance(zone, str):
        update.exif["timeZone"] = zone


def _apply(call: Call, asset: Asset, update: Update) -> None:
    """Write what goes to the database at once; the jobs do the rest.

    The time of the row's last change moves for its own columns only, not for EXIF.
    """
    library = call.app.library
    with library.lock:
        for name, value in update.row.items():
            setattr(asset, name, value)
        if update.row:
            asset.updated_at = library.now()
        if not update.exif:
            return
        for name, value in update.exif.items():
            if value is None:
                asset.exif.pop(name, None)
            else:
                asset.exif[name] = value
    call.app.jobs.edited(asset.id, dict(update.exif))


def _link_live_video(call: Call, asset: Asset, body: dict[str, object]) -> None:
    video_id = body.get("livePhotoVideoId", MISSING)
    if video_id is MISSING:
        return
    if video_id is None:
        if asset.live_video_id:
            call.app.library.assets.touch(asset.live_video_id).visibility = asset.visibility
        asset.live_video_id = None
        return
    if not isinstance(video_id, str) or not UUID4.fullmatch(video_id):
        sentence = "livePhotoVideoId must be a UUID"
        raise Invalid(wrong_type(["livePhotoVideoId"], "string", video_id, sentence))
    video = call.app.library.find(video_id)
    if video is None:
        raise Refusal(400, "Live photo video not found")
    if video.kind != "VIDEO":
        raise Refusal(400, "Live photo video must be a video")
    if video.owner_id != call.user_id:
        raise Refusal(400, "Live photo video does not belong to the user")
    call.app.library.assets.touch(video_id).visibility = "hidden"
    asset.live_video_id = video_id
    asset.updated_at = call.app.library.now()


async def _copy(call: Call) -> Response:
    """Hand albums, links, stack, favourite and sidecar of one asset to another; all by default."""
    body = await call.body()
    ids = []
    for name in ("sourceId", "targetId"):
        value = body.get(name, MISSING)
        if not isinstance(value, str):
            raise Invalid(wrong_type([name], "string", value, f"{name} must be a UUID"))
        ids.append(uuid_parameter(value, name))
    wanted = {name: _switch(body, name) for name in ("albums", "sharedLinks", "stack", "favorite", "sidecar")}
    source_id, target_id = ids
    if source_id == target_id:
        raise Refusal(400, "Source and target id must be distinct")
    source, target = call.own_assets(ids, "asset.copy")
    library = call.app.library
    with library.lock:
        if wanted["albums"]:
            for album in library.albums_with(source_id):
                if target_id not in album.asset_ids:
                    album.asset_ids.append(target_id)
        if wanted["sharedLinks"]:
            for link in library.links.values():
                if source_id in link.asset_ids and target_id not in link.asset_ids:
                    link.asset_ids.append(target_id)
        if wanted["favorite"]:
            target.favorite = source.favorite
        if wanted["stack"] and source.stack_id and target.stack_id != source.stack_id:
            library.unstack(target)
            library.stacks[source.stack_id].asset_ids.append(target_id)
            target.stack_id = source.stack_id
    if wanted["sidecar"]:
        if target.read_only:
            raise Refusal(500, "Failed to copy asset")
        target.sidecar_file = source.sidecar_file
        call.app.jobs.replaced_sidecar(target_id, dict(source.sidecar))
    return no_content()


def _switch(body: dict[str, object], name: str) -> bool:
    value = body.get(name, True)
    if not isinstance(value, bool):
        raise Invalid(wrong_type([name], "boolean", value, f"{name} must be a boolean value"))
    return value


async def _files(call: Call) -> Response:
    """The derived files of an asset; here only its sidecar, whose id is that of the asset."""
    asset = call.visible_asset(uuid_parameter(call.request.query_params.get("assetId", "")), "assetFile.read")
    known = asset.sidecar_file and call.request.query_params.get("type") in (None, "sidecar")
    return json_response([{"id": asset.id, "type": "sidecar", "path": f"{asset.path}.xmp"}] if known else [])


async def _file(call: Call) -> Response:
    asset = call.visible_asset(uuid_parameter(call.path["id"]), "assetFile.download")
    return Response(asset.sidecar_file, media_type="application/octet-stream")


async def _search(call: Call) -> Response:
    """Search by albums, tags, checksum and the like; the only way to list an album in version 3."""
    body = await call.body()
    size, page = body.get("size", 250), body.get("page", 1)
    if not isinstance(size, int) or size not in _SIZES:
        raise Invalid(wrong_type(["size"], "number", size, "size must not be greater than 1000"))
    if not isinstance(page, int) or page < 1:
        raise Invalid(wrong_type(["page"], "number", page, "page must not be less than 1"))
    found = _matching(call, body)
    start = (page - 1) * size
    items = found[start : start + size]
    more = str(page + 1) if len(found) > start + size else None
    speaker = call.app.speaker
    answer = {
        "albums": {"total": 0, "count": 0, "items": [], "facets": []},
        "assets": {
            "total": len(items),
            "count": len(items),
            "items": [speaker.found_asset(asset) for asset in items],
            "facets": [],
            "nextPage": more,
        },
    }
    return json_response(answer)


def _matching(call: Call, body: dict[str, object]) -> list[Asset]:
    library = call.app.library
    album_ids, tag_ids = body.get("albumIds"), body.get("tagIds")
    if isinstance(album_ids, list) and album_ids:
        albums = [library.albums[one] for one in album_ids if one in library.albums]
        ids = set(albums[0].asset_ids) if len(albums) == len(album_ids) else set()
        for album in albums[1:]:
            ids &= set(album.asset_ids)
        if any(call.user_id != one.owner_id and call.user_id not in one.users for one in albums):
            raise Refusal(400, "Not found or no album.read access")
        candidates = [asset for asset in map(library.find, ids) if asset is not None]
    else:
        everything = (library.find(one) for one in library.assets)
        candidates = [asset for asset in everything if asset is not None and asset.owner_id == call.user_id]
    with_deleted = body.get("withDeleted") is True or "trashedAfter" in body
    checksum, name = body.get("checksum"), body.get("originalFileName")
    shown = _showing(call, body.get("personIds"))
    found = [
        asset
        for asset in candidates
        if (with_deleted or not asset.trashed)
        and ("trashedAfter" not in body or asset.trashed)
        and _seen(asset, body.get("visibility"))
        and (not isinstance(checksum, str) or _same_checksum(asset, checksum))
        and (not isinstance(name, str) or name.lower() in asset.name.lower())
        and (not isinstance(tag_ids, list) or set(tag_ids) <= set(asset.tag_ids))
        and (shown is None or asset.id in shown)
    ]
    return sorted(found, key=lambda asset: (asset.taken_at, asset.id), reverse=True)


def _showing(call: Call, person_ids: object) -> set[str] | None:
    """Ids of the assets that show all of these people, `None` where nobody is asked for."""
    if not isinstance(person_ids, list) or not person_ids:
        return None
    faces = call.app.library.faces.values()
    of_each = [{face.asset_id for face in faces if face.person_id == one} for one in person_ids]
    return set.intersection(*of_each)


def _seen(asset: Asset, wanted: object) -> bool:
    if wanted is None:
        return asset.visibility == "timeline"
    return asset.visibility == wanted and wanted != "locked"


def _same_checksum(asset: Asset, text: str) -> bool:
    return text in {base64_text(asset.stored_checksum), asset.stored_checksum.hex()}


ROUTES = (
    route("PUT", "/assets/copy", _copy, "asset.copy", since=(2, 2)),
    route("GET", "/asset-files", _files, "assetFile.read", since=(3, 2)),
    route("GET", "/asset-files/{id}/download", _file, "assetFile.download", since=(3, 2)),
    route("POST", "/search/metadata", _search, "asset.read"),
    route("GET", "/assets/{id}", _get, "asset.read"),
    route("PUT", "/assets/{id}", _update, "asset.update"),
    route("PATCH", "/assets/{id}", _update, "asset.update", since=(3, 0)),
    route("PUT", "/assets", _update_many, "asset.update"),
    route("PATCH", "/assets", _update_many, "asset.update", since=(3, 0)),
)

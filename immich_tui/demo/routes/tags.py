"""Tags and what carries them."""

from __future__ import annotations

from starlette.responses import Response

from immich_tui.demo.answers import MISSING, Invalid, Refusal, uuid_list, uuid_parameter, wrong_type
from immich_tui.demo.library import Library
from immich_tui.demo.records import Asset, Tag
from immich_tui.demo.routing import Call, json_response, no_content, route


def upsert_tag(library: Library, owner_id: str, path: str) -> Tag:
    """The tag of this path, made with its parents where they are missing."""
    parent: str | None = None
    found: Tag | None = None
    parts = [part for part in path.split("/") if part]
    for depth in range(1, len(parts) + 1):
        value = "/".join(parts[:depth])
        known = (tag for tag in library.tags.values() if tag.owner_id == owner_id and tag.value == value)
        found = next(known, None)
        if found is None:
            now = library.now()
            found = Tag(library.new_id(), value, parent, now, now, owner_id)
            library.tags[found.id] = found
        parent = found.id
    if found is None:
        raise Refusal(400, "Tag name must not be empty")
    return found


async def _list(call: Call) -> Response:
    mine = [tag for tag in call.app.library.tags.values() if tag.owner_id == call.user_id]
    return json_response([call.app.speaker.tag(tag) for tag in sorted(mine, key=lambda tag: tag.value)])


async def _upsert(call: Call) -> Response:
    paths = (await call.body()).get("tags", MISSING)
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise Invalid(wrong_type(["tags"], "array", paths, "each value in tags must be a string"))
    tags = [upsert_tag(call.app.library, call.user_id, path) for path in paths]
    return json_response([call.app.speaker.tag(tag) for tag in tags])


async def _create(call: Call) -> Response:
    body = await call.body()
    name, library = body.get("name", MISSING), call.app.library
    if not isinstance(name, str):
        raise Invalid(wrong_type(["name"], "string", name, "name must be a string"))
    parent = library.tags.get(str(body.get("parentId")))
    path = f"{parent.value}/{name}" if parent else name
    if any(tag.value == path and tag.owner_id == call.user_id for tag in library.tags.values()):
        raise Refusal(400, "A tag with that name already exists")
    return json_response(call.app.speaker.tag(upsert_tag(library, call.user_id, path)), 201)


def _tag(call: Call, permission: str) -> Tag:
    tag = call.app.library.tags.get(uuid_parameter(call.path["id"]))
    if tag is None or tag.owner_id != call.user_id:
        raise Refusal(400, f"Not found or no {permission} access")
    return tag


async def _delete(call: Call) -> Response:
    tag, library = _tag(call, "tag.delete"), call.app.library
    gone = {
        one.id for one in library.tags.values() if one.id == tag.id or one.value.startswith(f"{tag.value}/")
    }
    for asset in library.assets.overlay.values():
        asset.tag_ids = [one for one in asset.tag_ids if one not in gone]
    for one in gone:
        del library.tags[one]
    return no_content()


def _tag_asset(call: Call, tag_id: str, asset_id: str) -> str | None:
    """Tag one asset; the error as the bulk answers name it, `None` when it was done."""
    asset = call.app.library.find(asset_id)
    if asset is None or asset.owner_id != call.user_id or asset.visibility == "locked":
        return "no_permission"
    if tag_id in asset.tag_ids:
        return "duplicate"
    _changed(call, call.app.library.assets.touch(asset_id)).tag_ids.append(tag_id)
    return None


def _changed(call: Call, asset: Asset) -> Asset:
    asset.updated_at = call.app.library.now()
    call.app.jobs.edited(asset.id, {})
    return asset


async def _tag_many(call: Call) -> Response:
    body = await call.body()
    tag_ids, asset_ids = uuid_list(body, "tagIds"), uuid_list(body, "assetIds")
    tags = call.app.library.tags
    own = [one for one in tag_ids if one in tags and tags[one].owner_id == call.user_id]
    done = [_tag_asset(call, tag_id, asset_id) is None for tag_id in own for asset_id in asset_ids]
    return json_response({"count": sum(done)})


async def _add(call: Call) -> Response:
    ids = uuid_list(await call.body(), "ids")
    tag = _tag(call, "tag.asset")
    answers = [(one, _tag_asset(call, tag.id, one)) for one in ids]
    return json_response([_answer(one, error) for one, error in answers])


async def _remove(call: Call) -> Response:
    ids = uuid_list(await call.body(), "ids")
    tag = _tag(call, "tag.asset")
    answers = []
    for one in ids:
        asset = call.app.library.find(one)
        if asset is None or tag.id not in asset.tag_ids:
            answers.append(_answer(one, "not_found"))
            continue
        _changed(call, call.app.library.assets.touch(one)).tag_ids.remove(tag.id)
        answers.append(_answer(one, None))
    return json_response(answers)


def _answer(asset_id: str, error: str | None) -> dict[str, object]:
    if error is None:
        return {"id": asset_id, "success": True}
    return {"id": asset_id, "success": False, "error": error}


ROUTES = (
    route("GET", "/tags", _list, "tag.read", always_enforced=True),
    route("PUT", "/tags", _upsert, "tag.create", always_enforced=True),
    route("POST", "/tags", _create, "tag.create", always_enforced=True),
    route("PUT", "/tags/assets", _tag_many, "tag.asset", always_enforced=True),
    route("PUT", "/tags/{id}/assets", _add, "tag.asset", always_enforced=True),
    route("DELETE", "/tags/{id}/assets", _remove, "tag.asset", always_enforced=True),
    route("DELETE", "/tags/{id}", _delete, "tag.delete", always_enforced=True),
)

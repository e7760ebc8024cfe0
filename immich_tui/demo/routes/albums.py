"""Albums and what is in them."""

from __future__ import annotations

from starlette.responses import Response

from immich_tui.demo.answers import MISSING, Invalid, Refusal, uuid_list, uuid_parameter, wrong_type
from immich_tui.demo.records import Album
from immich_tui.demo.routing import Call, json_response, no_content, route


def _mine(call: Call) -> list[Album]:
    albums = call.app.library.albums.values()
    return [one for one in albums if one.owner_id == call.user_id or call.user_id in one.users]


async def _list(call: Call) -> Response:
    query = call.request.query_params
    albums = _mine(call)
    if (asset_id := query.get("assetId")) is not None:
        uuid_parameter(asset_id, "assetId")
        albums = [album for album in albums if asset_id in album.asset_ids]
    elif call.major >= 3:
        for name, chosen in (("isOwned", _owned), ("isShared", _shared)):
            if (wanted := query.get(name)) is not None:
                albums = [album for album in albums if chosen(call, album) == (wanted == "true")]
    elif (shared := query.get("shared")) is not None:
        albums = [album for album in albums if _shared(call, album) == (shared == "true")]
        if shared == "false":
            albums = [album for album in albums if _owned(call, album)]
    else:
        albums = [album for album in albums if _owned(call, album)]
    return json_response([call.app.speaker.album(album) for album in albums])


def _owned(call: Call, album: Album) -> bool:
    return album.owner_id == call.user_id


def _shared(call: Call, album: Album) -> bool:
    return bool(album.users) or album.has_link


def _album(call: Call, permission: str, *, write: bool = False) -> Album:
    """The album of the path if the user has it, and may write to it if that is asked."""
    album = call.app.library.albums.get(uuid_parameter(call.path["id"]))
    if album is None and write and call.major >= 3:
        raise Refusal(400, "Album not found")
    if album is not None:
        if album.owner_id == call.user_id:
            return album
        role = album.users.get(call.user_id)
        if role == "editor" or (role is not None and not write):
            return album
    raise Refusal(400, f"Not found or no {permission} access")


async def _get(call: Call) -> Response:
    album = _album(call, "album.read")
    with_assets = call.request.query_params.get("withoutAssets") != "true"
    return json_response(call.app.speaker.album(album, with_assets=with_assets))


async def _create(call: Call) -> Response:
    body = await call.body()
    name = body.get("albumName", MISSING)
    if not isinstance(name, str):
        raise Invalid(wrong_type(["albumName"], "string", name, "albumName must be a string"))
    ids = uuid_list(body, "assetIds") if "assetIds" in body else []
    library = call.app.library
    own = [asset.id for asset in map(library.find, ids) if asset and asset.owner_id == call.user_id]
    now = library.now()
    album = Album(
        library.new_id(), name, call.user_id, now, now, asset_ids=own, cover_id=next(iter(own), None)
    )
    album.description = str(body.get("description") or "")
    library.albums[album.id] = album
    return json_response(call.app.speaker.album(album), 201)


async def _update(call: Call) -> Response:
    body = await call.body()
    album = _album(call, "album.update", write=True)
    cover = body.get("albumThumbnailAssetId")
    if cover is not None:
        if not isinstance(cover, str) or cover not in album.asset_ids:
            raise Refusal(400, "Invalid album thumbnail")
        album.cover_id = cover
    album.name = str(body.get("albumName", album.name))
    album.description = str(body.get("description", album.description))
    album.updated_at = call.app.library.now()
    return json_response(call.app.speaker.album(album))


async def _delete(call: Call) -> Response:
    album = _album(call, "album.delete")
    if album.owner_id != call.user_id:
        raise Refusal(400, "Not found or no album.delete access")
    del call.app.library.albums[album.id]
    return no_content() if call.app.speaker.dialect.since(1, 138) else Response(b"", 200)


def _may_add(call: Call, asset_id: str) -> bool:
    asset = call.app.library.find(asset_id)
    return asset is not None and asset.owner_id == call.user_id and asset.visibility != "locked"


async def _add(call: Call) -> Response:
    ids = uuid_list(await call.body(), "ids")
    album = _album(call, "albumAsset.create", write=True)
    answers: list[dict[str, object]] = []
    for one in ids:
        if one in album.asset_ids:
            answers.append({"id": one, "success": False, "error": "duplicate"})
        elif not _may_add(call, one):
            answers.append({"id": one, "success": False, "error": "no_permission"})
        else:
            album.asset_ids.append(one)
            album.cover_id = album.cover_id or one
            album.updated_at = call.app.library.now()
            answers.append({"id": one, "success": True})
    return json_response(answers)


async def _add_many(call: Call) -> Response:
    body = await call.body()
    album_ids, asset_ids = uuid_list(body, "albumIds"), uuid_list(body, "assetIds")
    error: str | None = "no_permission"
    for album_id in album_ids:
        album = call.app.library.albums.get(album_id)
        if album is None or not (album.owner_id == call.user_id or album.users.get(call.user_id) == "editor"):
            continue
        error = "duplicate" if error == "no_permission" else error
        new = [one for one in asset_ids if one not in album.asset_ids and _may_add(call, one)]
        if new:
            album.asset_ids.extend(new)
            album.cover_id = album.cover_id or new[0]
            album.updated_at = call.app.library.now()
            error = None
    return json_response({"success": True} if error is None else {"success": False, "error": error})


async def _remove(call: Call) -> Response:
    ids = uuid_list(await call.body(), "ids")
    album = _album(call, "albumAsset.delete", write=True)
    answers: list[dict[str, object]] = []
    for one in ids:
        if one not in album.asset_ids:
            answers.append({"id": one, "success": False, "error": "not_found"})
            continue
        album.asset_ids.remove(one)
        if album.cover_id == one:
            album.cover_id = next(iter(album.asset_ids), None)
        album.updated_at = call.app.library.now()
        answers.append({"id": one, "success": True})
    return json_response(answers)


ROUTES = (
    route("PUT", "/albums/assets", _add_many, "albumAsset.create", since=(1, 139)),
    route("GET", "/albums", _list, "album.read", always_enforced=True),
    route("POST", "/albums", _create, "album.create", always_enforced=True),
    route("GET", "/albums/{id}", _get, "album.read", always_enforced=True),
    route("PATCH", "/albums/{id}", _update, "album.update", always_enforced=True),
    route("DELETE", "/albums/{id}", _delete, "album.delete", always_enforced=True),
    route("PUT", "/albums/{id}/assets", _add, "albumAsset.create"),
    route("DELETE", "/albums/{id}/assets", _remove, "albumAsset.delete"),
)

"""Deleting to the trash, for good, and back."""

from __future__ import annotations

from starlette.responses import Response

from immich_tui.demo.answers import MISSING, Invalid, uuid_list, wrong_type
from immich_tui.demo.library import Library
from immich_tui.demo.records import Asset
from immich_tui.demo.routing import Call, json_response, no_content, route


async def _delete(call: Call) -> Response:
    body = await call.body()
    ids = uuid_list(body, "ids")
    force = _force(call, body)
    assets = call.own_assets(ids, "asset.delete")
    library = call.app.library
    with library.lock:
        for asset in assets:
            asset.deleted_at = asset.updated_at = library.now()
            if force:
                call.app.jobs.purge(asset.id)
    return no_content()


def _force(call: Call, body: dict[str, object]) -> bool:
    force = body.get("force", MISSING)
    if force is MISSING:
        return False
    if isinstance(force, bool):
        return force
    if call.major < 3 and force in {"true", "false"}:
        return force == "true"
    raise Invalid(wrong_type(["force"], "boolean", force, "force must be a boolean value"))


async def _restore(call: Call) -> Response:
    ids = uuid_list(await call.body(), "ids")
    assets = call.own_assets(ids, "asset.delete")
    for asset in assets:
        _revive(call.app.library, asset)
    return json_response({"count": len(ids)})


async def _restore_all(call: Call) -> Response:
    library = call.app.library
    trashed = [one for one in library.assets.overlay.values() if _in_trash(one, call.user_id)]
    for asset in trashed:
        _revive(library, asset)
    return json_response({"count": len(trashed)})


async def _empty(call: Call) -> Response:
    trashed = [one for one in call.app.library.assets.overlay.values() if _in_trash(one, call.user_id)]
    for asset in trashed:
        call.app.jobs.purge(asset.id)
    return json_response({"count": len(trashed)})


def _in_trash(asset: Asset, user_id: str) -> bool:
    return asset.trashed and not asset.purged and asset.owner_id == user_id


def _revive(library: Library, asset: Asset) -> None:
    with library.lock:
        if asset.trashed:
            asset.deleted_at = None
            asset.updated_at = library.now()


ROUTES = (
    route("DELETE", "/assets", _delete, "asset.delete"),
    route("POST", "/trash/restore/assets", _restore, "asset.delete"),
    route("POST", "/trash/restore", _restore_all, "asset.delete"),
    route("POST", "/trash/empty", _empty, "asset.delete"),
)

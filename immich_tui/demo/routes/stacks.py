"""Stacks."""

from __future__ import annotations

from starlette.responses import Response

from immich_tui.demo.answers import Invalid, Refusal, Violation, uuid_list, uuid_parameter
from immich_tui.demo.records import Stack
from immich_tui.demo.routing import Call, json_response, no_content, route


async def _create(call: Call) -> Response:
    """Stack assets, the first on top; stacks whose primary is among them are absorbed."""
    ids = uuid_list(await call.body(), "assetIds")
    if len(ids) < 2:
        issue: dict[str, object] = {
            "origin": "array",
            "code": "too_small",
            "minimum": 2,
            "inclusive": True,
            "path": ["assetIds"],
            "message": "Too small: expected array to have >=2 items",
        }
        raise Invalid(Violation(("assetIds must contain at least 2 elements",), issue))
    call.own_assets(ids, "asset.update")
    library = call.app.library
    with library.lock:
        wanted = list(dict.fromkeys(ids))
        absorbed = [stack for stack in library.stacks.values() if stack.primary_id in wanted]
        for stack in absorbed:
            wanted += [one for one in stack.asset_ids if one not in wanted]
            del library.stacks[stack.id]
        for one in wanted:
            asset = library.assets.touch(one)
            if asset.stack_id in library.stacks:
                library.unstack(asset)
        stack = Stack(library.new_id(), call.user_id, ids[0], wanted)
        library.stacks[stack.id] = stack
        for one in wanted:
            asset = library.assets.touch(one)
            asset.stack_id, asset.updated_at = stack.id, library.now()
    return json_response(call.app.speaker.stack(stack), 201)


def _stack(call: Call, permission: str) -> Stack:
    stack = call.app.library.stacks.get(uuid_parameter(call.path["id"]))
    if stack is None or stack.owner_id != call.user_id:
        raise Refusal(400, f"Not found or no {permission} access")
    return stack


async def _list(call: Call) -> Response:
    primary = call.request.query_params.get("primaryAssetId")
    stacks = [
        stack
        for stack in call.app.library.stacks.values()
        if stack.owner_id == call.user_id and primary in {None, stack.primary_id}
    ]
    return json_response([call.app.speaker.stack(stack) for stack in stacks])


async def _get(call: Call) -> Response:
    return json_response(call.app.speaker.stack(_stack(call, "stack.read")))


async def _update(call: Call) -> Response:
    body = await call.body()
    stack = _stack(call, "stack.update")
    primary = body.get("primaryAssetId")
    if not isinstance(primary, str) or primary not in stack.asset_ids:
        raise Refusal(400, "Primary asset must be in the stack")
    stack.primary_id = primary
    return json_response(call.app.speaker.stack(stack))


async def _delete(call: Call) -> Response:
    _dissolve(call, _stack(call, "stack.delete"))
    return no_content()


async def _delete_many(call: Call) -> Response:
    ids = uuid_list(await call.body(), "ids")
    stacks = []
    for one in ids:
        call.path["id"] = one
        stacks.append(_stack(call, "stack.delete"))
    for stack in stacks:
        _dissolve(call, stack)
    return no_content()


def _dissolve(call: Call, stack: Stack) -> None:
    library = call.app.library
    with library.lock:
        for one in stack.asset_ids:
            asset = library.assets.touch(one)
            asset.stack_id, asset.updated_at = None, library.now()
        library.stacks.pop(stack.id, None)


async def _remove(call: Call) -> Response:
    stack = _stack(call, "stack.update")
    asset_id = uuid_parameter(call.path["asset_id"], "assetId")
    if asset_id not in stack.asset_ids:
        raise Refusal(400, "Asset not in stack")
    if asset_id == stack.primary_id:
        raise Refusal(400, "Cannot remove stack's primary asset")
    call.app.library.unstack(call.app.library.assets.touch(asset_id))
    return no_content()


ROUTES = (
    route("POST", "/stacks", _create, "stack.create", always_enforced=True),
    route("GET", "/stacks", _list, "stack.read", always_enforced=True),
    route("GET", "/stacks/{id}", _get, "stack.read", always_enforced=True),
    route("PUT", "/stacks/{id}", _update, "stack.update", always_enforced=True),
    route("DELETE", "/stacks/{id}", _delete, "stack.delete", always_enforced=True),
    route("DELETE", "/stacks", _delete_many, "stack.delete", always_enforced=True),
    route("DELETE", "/stacks/{id}/assets/{asset_id}", _remove, "stack.update", since=(1, 136)),
)

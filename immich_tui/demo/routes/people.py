"""People, their faces, and shared links."""

from __future__ import annotations

from starlette.responses import Response

from immich_tui.demo.answers import (
    MISSING,
    UUID4,
    Invalid,
    Refusal,
    Violation,
    bad_uuid,
    uuid_parameter,
    wrong_type,
)
from immich_tui.demo.records import Face
from immich_tui.demo.routing import Call, empty, json_response, no_content, route
from immich_tui.demo.wire import api_time

_NUMBERS = ("imageWidth", "imageHeight", "x", "y", "width", "height")


async def _people(call: Call) -> Response:
    """The user's people, a page of them; hidden ones only when they are asked for, but always counted."""
    query = call.request.query_params
    size, page = int(query.get("size", "500")), int(query.get("page", "1"))
    mine = [person for person in call.app.library.people.values() if person.owner_id == call.user_id]
    shown = [person for person in mine if query.get("withHidden") == "true" or not person.hidden]
    part = shown[(page - 1) * size : page * size]
    body = {
        "people": [call.app.speaker.person(person, api_time) for person in part],
        "hasNextPage": len(shown) > page * size,
        "total": len(mine),
        "hidden": sum(person.hidden for person in mine),
    }
    return json_response(body)


async def _faces(call: Call) -> Response:
    asset_id = uuid_parameter(call.request.query_params.get("id", ""))
    call.visible_asset(asset_id, "asset.read")
    faces = [face for face in call.app.library.faces.values() if face.asset_id == asset_id]
    return json_response([call.app.speaker.face(face) for face in faces])


async def _create_face(call: Call) -> Response:
    body = await call.body()
    problems: list[Violation] = []
    ids: dict[str, str] = {}
    for name in ("assetId", "personId"):
        value = body.get(name, MISSING)
        if not isinstance(value, str):
            problems.append(wrong_type([name], "string", value, f"{name} must be a UUID"))
        elif not UUID4.fullmatch(value):
            problems.append(bad_uuid([name], f"{name} must be a UUID"))
        else:
            ids[name] = value
    numbers: dict[str, int] = {}
    for name in _NUMBERS:
        value = body.get(name, MISSING)
        if isinstance(value, bool) or not isinstance(value, int):
            sentence = f"{name} must be a number conforming to the specified constraints"
            problems.append(wrong_type([name], "number", value, sentence))
        else:
            numbers[name] = value
    if problems:
        raise Invalid(*problems)
    library = call.app.library
    asset = call.visible_asset(ids["assetId"], "asset.read")
    if call.major >= 3 and asset.owner_id != call.user_id:
        raise Refusal(400, "Not found or no asset.read access")
    person = library.people.get(ids["personId"])
    if person is None or person.owner_id != call.user_id:
        raise Refusal(400, "Not found or no person.read access")
    left, top = numbers["x"], numbers["y"]
    box = (left, top, left + numbers["width"], top + numbers["height"])
    size = numbers["imageWidth"], numbers["imageHeight"]
    face = Face(library.new_id(), asset.id, person.id, box, *size, source="manual")
    library.faces[face.id] = face
    return empty(201)


async def _delete_face(call: Call) -> Response:
    await call.body()
    face = call.app.library.faces.get(uuid_parameter(call.path["id"]))
    if face is None:
        raise Refusal(400, "Not found or no face.delete access")
    call.own_assets([face.asset_id], "face.delete")
    del call.app.library.faces[face.id]
    return no_content() if call.app.speaker.dialect.since(1, 138) else empty(200)


async def _links(call: Call) -> Response:
    links = [link for link in call.app.library.links.values() if link.user_id == call.user_id]
    return json_response([call.app.speaker.link(link) for link in links])


async def _leave_link(call: Call) -> Response:
    """Take assets out of a public link; what is not in it is told one by one."""
    body = await call.body()
    ids = body.get("assetIds", MISSING)
    if not isinstance(ids, list):
        raise Invalid(wrong_type(["assetIds"], "array", ids, "each value in assetIds must be a UUID"))
    link = call.app.library.links.get(uuid_parameter(call.path["id"]))
    if link is None or link.user_id != call.user_id:
        raise Refusal(400, "Shared link not found")
    results: list[dict[str, object]] = []
    with call.app.library.lock:
        for asset_id in map(str, ids):
            if asset_id in link.asset_ids:
                link.asset_ids.remove(asset_id)
                results.append({"assetId": asset_id, "success": True})
            else:
                results.append({"assetId": asset_id, "success": False, "error": "not_found"})
    return json_response(results)


ROUTES = (
    route("GET", "/people", _people, "person.read", always_enforced=True),
    route("GET", "/faces", _faces, "face.read", always_enforced=True),
    route("POST", "/faces", _create_face, "face.create", always_enforced=True),
    route("DELETE", "/faces/{id}", _delete_face, "face.delete", always_enforced=True),
    route("GET", "/shared-links", _links, "sharedLink.read", always_enforced=True),
    # A route for visitors of the link, without a permission of its own.
    route("DELETE", "/shared-links/{id}/assets", _leave_link, "all"),
)

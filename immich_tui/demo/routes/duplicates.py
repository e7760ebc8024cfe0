"""The duplicate groups: listing, dismissing, resolving."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import AsyncIterator, Iterator

from starlette.responses import Response, StreamingResponse

from immich_tui.demo.answers import (
    MISSING,
    UUID4,
    Invalid,
    Refusal,
    Violation,
    bad_uuid,
    check_uuid_list,
    uuid_list,
    uuid_parameter,
    wrong_type,
)
from immich_tui.demo.library import Library
from immich_tui.demo.records import Asset
from immich_tui.demo.resolving import resolve
from immich_tui.demo.routing import Call, empty, json_response, no_content, route
from immich_tui.demo.synthetic import SyntheticBase
from immich_tui.demo.wire import body_etag

_BATCH = 64
STREAM_FROM = 2_000
"""So many groups are sent at once, with length and entity tag; more are streamed, so memory stays flat."""
PATIENCE = 0.3
"""Seconds after which what is there is sent: at the first start pictures are still being drawn."""


async def _list(call: Call) -> Response:
    """All groups, compact, in the order of their ids.

    As on the real server the call writes: a group that has one live member left loses its id, on its
    trashed members too.
    """
    gzip = "gzip" in call.request.headers.get("accept-encoding", "")
    texts = _texts(call)
    first, complete = await asyncio.to_thread(_take, texts, STREAM_FROM)
    headers = {"Vary": "Accept-Encoding"}
    if complete:
        body = b"[" + b",".join(first) + b"]"
        headers["ETag"] = body_etag(body)
        if call.request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if not gzip:
            return Response(body, 200, headers, "application/json; charset=utf-8")
        chunks = _whole(body)
    else:
        chunks = _streamed(first, texts)
    if gzip:
        headers["Content-Encoding"] = "gzip"
        chunks = _gzipped(chunks)
    return StreamingResponse(chunks, 200, headers, "application/json; charset=utf-8")


def _texts(call: Call) -> Iterator[bytes]:
    """The JSON of every group, made when it is asked for."""
    library, speaker = call.app.library, call.app.speaker
    base = library.base if isinstance(library.base, SyntheticBase) else None
    if base is not None and base.owner_id != call.user_id:
        base = None
    broken = call.app.faults.broken_groups()
    for duplicate_id in library.group_ids():
        if duplicate_id in broken:
            yield broken[duplicate_id]
            continue
        if base is not None and not library.touched(duplicate_id):
            yield base.group_json(duplicate_id, speaker)
            continue
        assets = library.listed(duplicate_id, call.user_id)
        if len(assets) == 1:
            _dissolve(library, duplicate_id)
        if len(assets) > 1:
            group = speaker.group(duplicate_id, assets)
            yield json.dumps(group, ensure_ascii=False, separators=(",", ":")).encode()


def _dissolve(library: Library, duplicate_id: str) -> None:
    for asset in library.members(duplicate_id):
        library.regroup(library.assets.touch(asset.id), None)


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _take(texts: Iterator[bytes], count: int) -> tuple[list[bytes], bool]:
    """The next groups, at most `count` and not longer than patience lasts; and whether that was all."""
    taken: list[bytes] = []
    deadline = time.monotonic() + PATIENCE
    for text in texts:
        taken.append(text)
        if len(taken) >= count or time.monotonic() > deadline:
            return taken, False
    return taken, True


async def _streamed(first: list[bytes], rest: Iterator[bytes]) -> AsyncIterator[bytes]:
    batch, complete, before = first, False, b"["
    while batch:
        yield before + b",".join(batch)
        before = b","
        if complete:
            break
        batch, complete = await asyncio.to_thread(_take, rest, _BATCH)
    yield b"]"


async def _gzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    async for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


async def _dismiss_one(call: Call) -> Response:
    return await _dismiss(call, [uuid_parameter(call.path["id"])])


async def _dismiss_many(call: Call) -> Response:
    return await _dismiss(call, uuid_list(await call.body(), "ids"))


async def _dismiss(call: Call, group_ids: list[str]) -> Response:
    library = call.app.library
    groups = {one: [a for a in library.members(one) if a.owner_id == call.user_id] for one in group_ids}
    if call.major >= 3 and not all(any(not a.trashed for a in assets) for assets in groups.values()):
        raise Refusal(400, "Not found or no duplicate.delete access")
    for assets in groups.values():
        for asset in assets:
            library.regroup(library.assets.touch(asset.id), None)
    return no_content() if call.app.speaker.dialect.since(1, 138) else empty(200)


async def _resolve(call: Call) -> Response:
    groups = _checked(call, await call.body())
    library = call.app.library
    for group_id, _, _ in groups:
        mine: list[Asset] = [a for a in library.members(group_id) if a.owner_id == call.user_id]
        if not any(not asset.trashed for asset in mine):
            raise Refusal(400, "Not found or no duplicate.delete access")
    answers = [
        resolve(call.app, call.user_id, group_id, set(keep), set(trash)) for group_id, keep, trash in groups
    ]
    return json_response(answers)


def _checked(call: Call, body: dict[str, object]) -> list[tuple[str, list[str], list[str]]]:
    groups = body.get("groups", MISSING)
    at_least = "groups must contain at least 1 elements"
    if not isinstance(groups, list):
        raise Invalid(wrong_type(["groups"], "array", groups, at_least, "groups must be an array"))
    if not groups:
        issue: dict[str, object] = {
            "origin": "array",
            "code": "too_small",
            "minimum": 1,
            "inclusive": True,
            "path": ["groups"],
            "message": "Too small: expected array to have >=1 items",
        }
        raise Invalid(Violation((at_least,), issue))
    problems: list[Violation] = []
    found = []
    for index, group in enumerate(groups):
        prefix = f"groups.{index}."
        if not isinstance(group, dict):
            problems.append(wrong_type(["groups", index], "object", group, f"{prefix}must be an object"))
            continue
        group_id = group.get("duplicateId")
        if not isinstance(group_id, str) or not UUID4.fullmatch(group_id):
            problems.append(bad_uuid(["groups", index, "duplicateId"], f"{prefix}duplicateId must be a UUID"))
        keep = check_uuid_list(group, "keepAssetIds", problems, prefix)
        trash = check_uuid_list(group, "trashAssetIds", problems, prefix)
        found.append((str(group_id), keep, trash))
    if problems:
        raise Invalid(*problems)
    return found


ROUTES = (
    route("GET", "/duplicates", _list, "duplicate.read"),
    route("POST", "/duplicates/resolve", _resolve, "duplicate.delete", since=(2, 7)),
    route("DELETE", "/duplicates/{id}", _dismiss_one, "duplicate.delete"),
    route("DELETE", "/duplicates", _dismiss_many, "duplicate.delete"),
)

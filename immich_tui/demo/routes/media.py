"""The bytes: originals with ranges, thumbnails, video playback."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import PurePosixPath

from starlette.responses import Response, StreamingResponse

from immich_tui.demo.answers import Invalid, Refusal, Violation, bare_error_body, uuid_parameter
from immich_tui.demo.records import Asset
from immich_tui.demo.routing import Call, route
from immich_tui.demo.wire import file_etag, header_file_name, http_time

_CHUNK = 256 * 1024
_WEB_FRIENDLY = {"image/jpeg", "image/png", "image/webp", "image/gif"}


class Unsatisfiable(Exception):
    """A range that the file does not have."""


class Malformed(Exception):
    """A range that nobody can read."""


async def _original(call: Call) -> Response:
    asset_id = uuid_parameter(call.path["id"])
    try:
        asset = call.visible_asset(asset_id, "asset.download")
    except Refusal:
        if call.major >= 3:
            raise Refusal(404, "Not Found") from None
        raise
    return await _file(call, asset, asset.name)


async def _playback(call: Call) -> Response:
    asset = call.visible_asset(uuid_parameter(call.path["id"]), "asset.view")
    if asset.kind != "VIDEO":
        raise Refusal(404, "Asset media not found")
    return await _file(call, asset, None)


async def _file(call: Call, asset: Asset, name: str | None) -> Response:
    """A file with everything that belongs to it; missing files and bad ranges fail as recorded."""
    if asset.offline:
        return _broken(call, asset, {})
    data = await asyncio.to_thread(asset.file.read)
    headers = _file_headers(call, len(data), asset.modified_at, name)
    return _ranged(call, asset, data, asset.mime, headers)


def _file_headers(call: Call, size: int, modified: datetime, name: str | None) -> dict[str, str]:
    caching = "private, max-age=86400, no-transform"
    if call.app.speaker.dialect.since(2):
        caching += ", stale-while-revalidate=2592000, stale-if-error=2592000"
    headers = {"Cache-Control": caching}
    if name is not None and call.app.speaker.dialect.since(2):
        # The server names the last part of the path, so a name with slashes loses what stands before.
        headers["Content-Disposition"] = (
            f"inline; filename*=UTF-8''{header_file_name(name.rsplit('/', 1)[-1])}"
        )
    headers["Accept-Ranges"] = "bytes"
    headers["Last-Modified"] = http_time(modified)
    headers["ETag"] = file_etag(size, modified)
    return headers


def _ranged(call: Call, asset: Asset, data: bytes, mime: str, headers: dict[str, str]) -> Response:
    request = call.request
    none_match, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    if none_match == headers["ETag"] or (none_match is None and since == headers["Last-Modified"]):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range")
    condition = request.headers.get("if-range")
    if condition is not None and condition not in {headers["ETag"], headers["Last-Modified"]}:
        wanted = None
    try:
        span = parse_range(wanted, len(data))
    except Unsatisfiable:
        return _broken(call, asset, headers | {"Content-Range": f"bytes */{len(data)}"})
    except Malformed:
        if call.major < 3:
            return _broken(call, asset, headers | {"Content-Range": f"bytes */{len(data)}"})
        span = None
    status = 200
    if span is not None:
        start, end = span
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        data, status = data[start:end], 206
    headers["Content-Length"] = str(len(data))
    return StreamingResponse(_pieces(data), status, headers, mime)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of a single byte range; `None` for the whole file.

    Several ranges or another unit mean the whole file. Raises `Unsatisfiable` or `Malformed`.
    """
    if header is None or not header.startswith("bytes=") or "," in header:
        return None
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header)
    if match is None or match.group() == "bytes=-":
        raise Malformed
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return size - length, size
    start, end = int(first), min(int(last) + 1, size) if last else size
    if start >= size or end <= start:
        raise Unsatisfiable
    return start, end


def _broken(call: Call, asset: Asset, headers: dict[str, str]) -> Response:
    """A failure in the middle of sending a file: an error status under the type of the picture."""
    if call.major >= 3:
        if not headers:
            raise Refusal(404, "Not Found")
        body = b'{"message":"Not Found"}'
        return Response(body, 404, headers, f"{asset.mime}; charset=utf-8")
    error = bare_error_body(500, "Internal server error", "demo0000", major=call.major)
    text = json.dumps(error, separators=(",", ":"))
    return Response(text.encode(), 500, headers, f"{asset.mime}; charset=utf-8")


async def _thumbnail(call: Call) -> Response:
    asset_id = uuid_parameter(call.path["id"])
    asset = call.visible_asset(asset_id, "asset.view")
    sizes = ["original", "fullsize", "preview", "thumbnail"]
    if not call.app.speaker.dialect.since(2, 5):
        sizes.remove("original")
    size = call.request.query_params.get("size", "thumbnail")
    if size not in sizes:
        options = "|".join(f'"{one}"' for one in sizes)
        issue: dict[str, object] = {
            "code": "invalid_value",
            "values": sizes,
            "path": ["size"],
            "message": f"Invalid option: expected one of {options}",
        }
        sentence = f"size must be one of the following values: {', '.join(sizes)}"
        raise Invalid(Violation((sentence,), issue))
    if size in {"fullsize", "original"}:
        where = (
            "original?" if asset.mime in _WEB_FRIENDLY else f"/api/assets/{asset_id}/thumbnail?size=preview"
        )
        return Response(
            f"Found. Redirecting to {where}", 302, {"Location": where}, "text/plain; charset=utf-8"
        )
    if await asyncio.to_thread(asset.picture.thumbhash) is None:
        raise Refusal(404, "Asset media not found")
    stem = PurePosixPath(asset.name).stem
    if size == "thumbnail":
        data, mime, name = (
            await asyncio.to_thread(asset.picture.thumbnail),
            "image/webp",
            f"{stem}_thumbnail.webp",
        )
    else:
        data, mime, name = (
            await asyncio.to_thread(asset.picture.preview),
            "image/jpeg",
            f"{stem}_preview.jpeg",
        )
    headers = _file_headers(call, len(data), asset.uploaded_at, name)
    headers["Content-Disposition"] = f"inline; filename*=UTF-8''{header_file_name(name)}"
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    headers["ETag"] = f'W/"{len(data):x}-{digest[:11]}"'
    return _ranged(call, asset, data, mime, headers)


ROUTES = (
    route("GET", "/assets/{id}/original", _original, "asset.download"),
    route("GET", "/assets/{id}/thumbnail", _thumbnail, "asset.view"),
    route("GET", "/assets/{id}/video/playback", _playback, "asset.view"),
)

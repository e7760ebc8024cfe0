"""Uploads."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from pathlib import PurePosixPath

from starlette.responses import Response

from immich_tui.demo.answers import MISSING, Invalid, Refusal, Violation, wrong_type
from immich_tui.demo.jobs import extract
from immich_tui.demo.multipart import Part, parse_multipart
from immich_tui.demo.records import Asset
from immich_tui.demo.routes.server import IMAGE_TYPES, VIDEO_TYPES
from immich_tui.demo.routing import Call, json_response, route
from immich_tui.demo.updates import VISIBILITIES, bad_visibility
from immich_tui.demo.uploads import UploadedFile, UploadedPicture, mime_of, read_embedded
from immich_tui.demo.xmp import read_xmp

_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})")


async def _check(call: Call) -> Response:
    wanted = (await call.body()).get("assets", MISSING)
    if not isinstance(wanted, list):
        raise Invalid(wrong_type(["assets"], "array", wanted, "assets must be an array"))
    results: list[dict[str, object]] = []
    for one in wanted:
        known = _known(call, _digest(str(one.get("checksum", ""))))
        if known is None:
            results.append({"id": one.get("id"), "action": "accept"})
            continue
        answer = {"id": one.get("id"), "action": "reject", "reason": "duplicate", "assetId": known.id}
        results.append(answer | {"isTrashed": known.trashed})
    return json_response({"results": results})


def _digest(text: str) -> bytes:
    """A SHA-1 written as 28 characters of base64 or in hexadecimal."""
    try:
        return base64.b64decode(text) if len(text) == 28 else bytes.fromhex(text)
    except ValueError as error:
        raise Refusal(400, "Invalid checksum") from error


def _known(call: Call, digest: bytes) -> Asset | None:
    """The user's upload with these bytes, in the trash or not."""
    return call.app.library.upload_of(call.user_id, digest)


async def _upload(call: Call) -> Response:
    announced = call.request.headers.get("x-immich-checksum")
    if announced and (known := _known(call, _digest(announced))):
        return json_response({"status": "duplicate", "id": known.id})
    body = await call.request.body()
    parts = parse_multipart(call.request.headers.get("content-type", ""), body)
    media, sidecar = _files(call, parts)
    fields = {name: part.data.decode("utf-8", "replace") for name, part in parts.items() if part.name is None}
    _validate(call, fields)
    digest = hashlib.sha1(media.data, usedforsecurity=False).digest()
    if known := _known(call, digest):
        return json_response({"status": "duplicate", "id": known.id})
    if not media.data:
        raise Refusal(400, "File is empty")
    asset = _store(call, media, fields, digest)
    if sidecar is not None:
        # The file is there at once; what it says shows when the jobs have read it.
        asset.sidecar, asset.sidecar_file = read_xmp(sidecar.data), sidecar.data
        call.app.jobs.replaced_sidecar(asset.id, asset.sidecar)
    return json_response({"id": asset.id, "status": "created"}, 201)


def _files(call: Call, parts: dict[str, Part]) -> tuple[Part, Part | None]:
    """The picture and its sidecar; refuses unknown parts and types, and a sidecar under a given file name.

    A `filename` field names every file of the upload, so a sidecar beside it is taken for a picture type.
    """
    for name, part in parts.items():
        if part.name is not None and name not in {"assetData", "sidecarData"}:
            raise Refusal(400, f"Unexpected field - {name}")
    media, sidecar = parts.get("assetData"), parts.get("sidecarData")
    if media is None or media.name is None:
        raise Refusal(400, "No file uploaded" if call.major < 3 else "Unexpected field - other")
    override = parts.get("filename")
    name = override.data.decode("utf-8", "replace") if override else media.name
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in (*IMAGE_TYPES, *VIDEO_TYPES):
        raise Refusal(400, f"Unsupported file type {name}")
    if sidecar is not None:
        sidecar_name = name if override else (sidecar.name or "")
        if not sidecar_name.lower().endswith(".xmp"):
            raise Refusal(400, f"Unsupported file type {sidecar_name}")
    return Part(name, media.data), sidecar


def _validate(call: Call, fields: dict[str, str]) -> None:
    problems: list[Violation] = []
    required = ["fileCreatedAt", "fileModifiedAt"]
    if call.major < 3:
        required = ["deviceAssetId", "deviceId", *required]
    for name in required:
        text = fields.get(name)
        if text is None:
            message = "Invalid input: expected ISO 8601 datetime string, received undefined"
            issue: dict[str, object] = {
                "expected": "string",
                "code": "invalid_type",
                "path": [name],
                "message": message,
            }
            problems.append(Violation((f"{name} should not be empty",), issue))
        elif name.startswith("file") and not _valid_date(call, text):
            issue = {
                "origin": "string",
                "code": "invalid_format",
                "format": "datetime",
                "path": [name],
                "message": "Invalid ISO datetime",
            }
            problems.append(Violation((f"{name} must be a Date instance",), issue))
    if call.major >= 3 and not fields.get("duration", "0").lstrip("-").isdigit():
        message = "Invalid input: expected number, received NaN"
        issue = {"expected": "number", "code": "invalid_type", "received": "NaN", "path": ["duration"]}
        problems.append(Violation((), issue | {"message": message}))
    if fields.get("isFavorite", "true") not in {"true", "false"}:
        issue = {
            "code": "invalid_value",
            "expected": "stringbool",
            "values": ["true", "false"],
            "path": ["isFavorite"],
            "message": 'Invalid option: expected one of "true"|"false"',
        }
        problems.append(Violation(("isFavorite must be a boolean value",), issue))
    if fields.get("visibility", "timeline") not in VISIBILITIES:
        problems.append(bad_visibility())
    if problems:
        raise Invalid(*problems)


def _valid_date(call: Call, text: str) -> bool:
    if call.major >= 3:
        return _ZONED.fullmatch(text) is not None
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _store(call: Call, media: Part, fields: dict[str, str], digest: bytes) -> Asset:
    library = call.app.library
    now, asset_id = library.now(), library.new_id()
    name = media.name or ""
    suffix = PurePosixPath(name).suffix.lower()
    modified = library.aware(fields["fileModifiedAt"])
    video = suffix in VIDEO_TYPES
    duration = fields.get("duration", "0")
    asset = Asset(
        id=asset_id,
        owner_id=call.user_id,
        kind="VIDEO" if video else "IMAGE",
        path=f"/data/upload/{call.user_id}/{asset_id[:2]}/{asset_id[2:4]}/{asset_id}{PurePosixPath(name).suffix}",
        name=name,
        mime=mime_of(suffix),
        file=UploadedFile(media.data),
        picture=UploadedPicture(media.data),
        taken_at=library.aware(fields["fileCreatedAt"]),
        local_at=library.aware(fields["fileCreatedAt"]),
        modified_at=modified,
        uploaded_at=now,
        updated_at=now,
        checksum=digest,
        favorite=fields.get("isFavorite") == "true",
        visibility=fields.get("visibility", "timeline"),
        duration_ms=int(duration) or None if video and duration.isdigit() else None,
        live_video_id=fields.get("livePhotoVideoId") or None,
    )
    asset.embedded = read_embedded(media.data)
    asset.width, asset.height = UploadedPicture(media.data).size()
    extract(asset, major=call.major)
    return library.add(asset)


ROUTES = (
    route("POST", "/assets/bulk-upload-check", _check, "asset.upload"),
    route("POST", "/assets", _upload, "asset.upload"),
)

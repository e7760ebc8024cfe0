"""About the server, the user and the key."""

from __future__ import annotations

from starlette.responses import Response

from immich_tui.demo.answers import Refusal, uuid_parameter
from immich_tui.demo.routing import Call, json_response, route
from immich_tui.demo.wire import api_time

VIDEO_TYPES = [
    ".3gp",
    ".3gpp",
    ".avi",
    ".flv",
    ".insv",
    ".m2t",
    ".m2ts",
    ".m4v",
    ".mkv",
    ".mov",
    ".mp4",
    ".mpe",
    ".mpeg",
    ".mpg",
    ".mts",
    ".mxf",
    ".ts",
    ".vob",
    ".webm",
    ".wmv",
]
IMAGE_TYPES = [
    ".avif",
    ".bmp",
    ".gif",
    ".jpeg",
    ".jpg",
    ".png",
    ".webp",
    ".3fr",
    ".ari",
    ".arw",
    ".cap",
    ".cin",
    ".cr2",
    ".cr3",
    ".crw",
    ".dcr",
    ".dng",
    ".erf",
    ".fff",
    ".iiq",
    ".k25",
    ".kdc",
    ".mrw",
    ".nef",
    ".nrw",
    ".orf",
    ".ori",
    ".pef",
    ".psd",
    ".raf",
    ".raw",
    ".rw2",
    ".rwl",
    ".sr2",
    ".srf",
    ".srw",
    ".x3f",
    ".heic",
    ".heif",
    ".hif",
    ".insp",
    ".jp2",
    ".jpe",
    ".jxl",
    ".mpo",
    ".svg",
    ".tif",
    ".tiff",
]


async def _ping(call: Call) -> Response:
    return json_response({"res": "pong"})


async def _version(call: Call) -> Response:
    major, minor, patch = call.app.speaker.dialect.version
    body: dict[str, object] = {"major": major, "minor": minor, "patch": patch}
    if call.major >= 3:
        body["prerelease"] = None
    return json_response(body)


async def _about(call: Call) -> Response:
    text = call.app.speaker.dialect.text
    body = {
        "version": text,
        "versionUrl": f"https://photos.example.org/releases/{text}",
        "licensed": False,
        "repository": "demo/immich",
        "sourceRef": text,
        "sourceCommit": "0" * 40,
        "nodejs": "v24.15.0",
        "exiftool": "13.59",
        "ffmpeg": "7.1",
        "libvips": "8.17.3",
        "imagemagick": "",
    }
    return json_response(body)


async def _features(call: Call) -> Response:
    dialect = call.app.speaker.dialect
    body = {
        "smartSearch": True,
        "facialRecognition": True,
        "duplicateDetection": True,
        "map": True,
        "reverseGeocoding": True,
        "importFaces": False,
        "sidecar": True,
        "search": True,
        "trash": call.app.library.trash_enabled,
        "oauth": False,
        "oauthAutoLaunch": False,
    }
    if dialect.since(2, 2):
        body["ocr"] = False
    body |= {"passwordLogin": True, "configFile": False, "email": False}
    if call.major >= 3:
        body["realtimeTranscoding"] = False
    return json_response(body)


async def _config(call: Call) -> Response:
    library = call.app.library
    if library.maintenance:
        return json_response({"maintenanceMode": True})
    body: dict[str, object] = {
        "loginPageMessage": "",
        "trashDays": library.trash_days,
        "userDeleteDelay": 7,
        "oauthButtonText": "Login with OAuth",
        "isInitialized": True,
        "isOnboarded": True,
        "externalDomain": "",
        "publicUsers": True,
        "mapDarkStyleUrl": "https://photos.example.org/style/dark.json",
        "mapLightStyleUrl": "https://photos.example.org/style/light.json",
    }
    if call.app.speaker.dialect.since(2, 3):
        body["maintenanceMode"] = False
    if call.major >= 3:
        body["minFaces"] = 3
    return json_response(body)


async def _media_types(call: Call) -> Response:
    images = [one for one in IMAGE_TYPES if one != ".mpo" or call.major >= 3]
    return json_response({"video": VIDEO_TYPES, "image": images, "sidecar": [".xmp"]})


async def _me(call: Call) -> Response:
    library = call.app.library
    stored = list(library.assets.overlay.values())
    usage = sum(one.file.size for one in stored if one.owner_id == call.user_id and not one.library_id)
    return json_response(call.app.speaker.me(library.users[call.user_id], usage))


async def _my_key(call: Call) -> Response:
    key = call.key
    assert key is not None
    body = {
        "id": key.id,
        "name": key.name,
        "createdAt": api_time(key.created_at),
        "updatedAt": api_time(key.created_at),
        "permissions": list(key.permissions),
    }
    return json_response(body)


async def _other_key(call: Call) -> Response:
    wanted = uuid_parameter(call.path["id"])
    for key in call.app.library.keys:
        if key.id == wanted and key.user_id == call.user_id:
            call.key = key
            return await _my_key(call)
    raise Refusal(400, "API Key not found")


ROUTES = (
    route("GET", "/server/ping", _ping, public=True),
    route("GET", "/server/version", _version, public=True),
    route("GET", "/server/features", _features, public=True),
    route("GET", "/server/config", _config, public=True),
    route("GET", "/server/media-types", _media_types, public=True),
    route("GET", "/server/about", _about, "server.about"),
    route("GET", "/users/me", _me, "user.read"),
    route("GET", "/api-keys/me", _my_key, since=(1, 139)),
    route("GET", "/api-keys/{id}", _other_key, "apiKey.read", always_enforced=True),
)

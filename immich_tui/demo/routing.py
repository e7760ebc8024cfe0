"""From a request to the function that answers it: key, permission, version, parameters, errors."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from immich_tui.demo.answers import Invalid, Refusal, Violation, wrong_type
from immich_tui.demo.records import Asset, Key
from immich_tui.demo.wire import body_etag

if TYPE_CHECKING:
    from immich_tui.demo.app import DemoApp

BODY_LIMIT = 10 * 1024 * 1024
"""A larger JSON body is an error 500: the parser's exception is no HTTP exception."""


class BodyTooLarge(Exception):
    """A JSON body above the limit."""


@dataclass(slots=True)
class Call:
    """One authenticated request on its way to its handler."""

    app: DemoApp
    request: Request
    key: Key | None
    path: dict[str, str] = field(default_factory=dict)

    @property
    def user_id(self) -> str:
        """The user that the key acts as."""
        assert self.key is not None
        return self.key.user_id

    @property
    def major(self) -> int:
        """The major version that is spoken."""
        return self.app.speaker.dialect.major

    async def body(self) -> dict[str, object]:
        """The JSON object of the request; raises `Invalid`, `Refusal` or `BodyTooLarge`."""
        raw = await self.request.body()
        if len(raw) > BODY_LIMIT:
            raise BodyTooLarge
        if not raw or "json" not in self.request.headers.get("content-type", ""):
            if self.major >= 3:
                raise Invalid(Violation((), _no_object("undefined")))
            return {}
        try:
            value = json.loads(raw)
        except ValueError as error:
            raise Refusal(400, f"Expected JSON: {error}") from error
        if not isinstance(value, dict):
            if self.major >= 3:
                raise Invalid(wrong_type([], "object", value))
            return {}
        return value

    def own_assets(self, ids: list[str], permission: str) -> list[Asset]:
        """The user's assets of these ids to be changed; one that is not theirs refuses the whole call."""
        library = self.app.library
        for one in ids:
            asset = library.find(one)
            if asset is None or asset.owner_id != self.user_id or asset.visibility == "locked":
                raise Refusal(400, f"Not found or no {permission} access")
        return [library.assets.touch(one) for one in dict.fromkeys(ids)]

    def visible_asset(self, asset_id: str, permission: str) -> Asset:
        """An asset that the user may look at."""
        asset = self.app.library.find(asset_id)
        if asset is None or not self.app.library.can_see(self.user_id, asset):
            raise Refusal(400, f"Not found or no {permission} access")
        return asset


def _no_object(received: str) -> dict[str, object]:
    message = f"Invalid input: expected object, received {received}"
    return {"expected": "object", "code": "invalid_type", "path": [], "message": message}


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint.

    `permission` is `None` for any valid key, and `PUBLIC` needs no key at all. `since` and `until` bound the
    versions that have it. `always_enforced` routes checked the permission of the key also before 1.139.
    """

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    permission: str | None = None
    since: tuple[int, ...] = (1, 135)
    public: bool = False
    always_enforced: bool = False


def route(
    method: str,
    path: str,
    handler: Handler,
    permission: str | None = None,
    *,
    since: tuple[int, ...] = (1, 135),
    public: bool = False,
    always_enforced: bool = False,
) -> Route:
    """An endpoint below `/api`; `{name}` in the path is a parameter. A slash at the end is allowed."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(f"/api{pattern}/?"), handler, permission, since, public, always_enforced)


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer as the server formats it: compact, with an entity tag."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return raw_json(body, status, headers)


def raw_json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer from bytes."""
    response = Response(body, status, headers, "application/json; charset=utf-8")
    response.headers["ETag"] = body_etag(body)
    return response


def no_content() -> Response:
    """204."""
    return Response(status_code=204)


def empty(status: int) -> Response:
    """A status without body that is not 204."""
    return Response(b"", status)

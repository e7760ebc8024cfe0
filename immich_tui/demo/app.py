"""The ASGI application: one embedded Immich server of one version."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from immich_tui.demo.answers import Invalid, Refusal, bare_error_body, error_body, invalid_body
from immich_tui.demo.dialect import Dialect, Speaker
from immich_tui.demo.faults import Connections, Faults
from immich_tui.demo.jobs import Jobs
from immich_tui.demo.library import Library
from immich_tui.demo.records import Key
from immich_tui.demo.routes import ROUTES
from immich_tui.demo.routing import BodyTooLarge, Call, Route, json_response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_IN_MAINTENANCE = ("/api/server/ping", "/api/server/version", "/api/server/config")
_PAGE = "<!doctype html><html><head><title>Immich</title></head><body>Immich</body></html>"


@dataclass(frozen=True, slots=True)
class Logged:
    """One request that was answered; `status` is 0 when the connection was broken on purpose."""

    method: str
    path: str
    status: int


class RequestLog(list[Logged]):
    """All requests in the order in which their answers began."""

    def count(self, method: str | Logged, path: str = "") -> int:
        """How many requests had this method and a path that contains the given text."""
        return sum(1 for one in list(self) if one.method == method and path in one.path)


class DemoApp:
    """Routes, keys and errors around a library."""

    def __init__(
        self, library: Library, dialect: Dialect, *, jobs_delay: float, connections: Connections
    ) -> None:
        self.library = library
        self.speaker = Speaker(dialect, library)
        self.jobs = Jobs(library, jobs_delay, major=dialect.major)
        self.requests = RequestLog()
        self.faults = Faults(connections)
        self._log_lock = threading.Lock()
        self._routes: tuple[Route, ...] = ()
        self.speak(dialect)

    def speak(self, dialect: Dialect) -> None:
        """Be another version from now on, with the same library."""
        self.speaker.dialect = dialect
        self.jobs.major = dialect.major
        self._routes = tuple(one for one in ROUTES if dialect.since(*one.since))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = Request(scope, receive)
        method, path = request.method, request.url.path
        logged = False

        def log(status: int) -> None:
            nonlocal logged
            if not logged:
                logged = True
                with self._log_lock:
                    self.requests.append(Logged(method, path, status))

        async def logging_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                log(message["status"])
            await send(message)

        try:
            await self.faults.serve(self._serve, scope, receive, logging_send)
        except ClientDisconnect:
            pass
        finally:
            log(0)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        correlation = secrets.token_hex(4)
        dialect = self.speaker.dialect
        try:
            response = await self._answer(request)
        except Refusal as error:
            body = error_body(error.status, error.message, correlation, major=dialect.major)
            response = json_response(body, error.status)
        except Invalid as error:
            response = json_response(invalid_body(error, correlation, major=dialect.major), 400)
        except BodyTooLarge:
            body = bare_error_body(500, "Internal server error", correlation, major=dialect.major)
            response = json_response(body, 500)
        if request.url.path.startswith("/api/"):
            header = "X-Correlation-ID" if dialect.major >= 3 else "x-immich-cid"
            response.headers[header] = correlation
        response.headers.setdefault("X-Powered-By", "Express")
        return response

    async def _answer(self, request: Request) -> Response:
        method, path = request.method, request.url.path
        if path == "/.well-known/immich":
            return json_response({"api": {"endpoint": "/api"}})
        if not path.startswith("/api/") and path != "/api":
            return self._page(request)
        if self.library.maintenance and path.rstrip("/") not in _IN_MAINTENANCE:
            raise Refusal(404, f"Cannot {method} {path}")
        wanted = "GET" if method == "HEAD" else method
        for route in self._routes:
            if route.method == wanted and (match := route.pattern.fullmatch(path)):
                key = None if route.public else self._authenticate(request)
                self._authorise(route, key)
                call = Call(self, request, key, match.groupdict())
                return await route.handler(call)
        raise Refusal(404, f"Cannot {method} {path}")

    def _page(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            raise Refusal(404, f"Cannot {request.method} {request.url.path}")
        if self.library.maintenance:
            return RedirectResponse("/maintenance", 307)
        if "text/html" not in request.headers.get("accept", "*/*").replace("*/*", "text/html"):
            return Response("Not Acceptable", 406, media_type="text/plain")
        return HTMLResponse(_PAGE)

    def _authenticate(self, request: Request) -> Key:
        if (bearer := request.headers.get("authorization", "")).lower().startswith("bearer "):
            del bearer
            raise Refusal(401, "Invalid user token")
        secret = request.headers.get("x-api-key") or request.query_params.get("apiKey")
        if not secret:
            raise Refusal(401, "Authentication required")
        for key in self.library.keys:
            if secrets.compare_digest(key.secret.encode(), secret.strip().encode()):
                return key
        raise Refusal(401, "Invalid API key")

    def _authorise(self, route: Route, key: Key | None) -> None:
        if key is None or route.permission is None or key.allows(route.permission):
            return
        if self.speaker.dialect.since(1, 139) or route.always_enforced:
            raise Refusal(403, f"Missing required permission: {route.permission}")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return

from collections.abc import Iterator
from typing import Any, Literal, Protocol, TypedDict, Unpack, cast

import httpx
import pytest

from immich_tui.demo import DemoServer

JsonObject = dict[str, Any]


class Settings(TypedDict, total=False):
    """How a server is started; see `DemoServer`."""

    library: Literal["photos", "empty"]
    groups: int | None
    dialect: str
    permissions: tuple[str, ...]
    trash: bool
    jobs_delay: float
    file_size: int


class Caller(httpx.Client):
    """Asks a demo server with its key; paths are below `/api`."""

    def __init__(self, server: DemoServer, key: str | None = None) -> None:
        super().__init__(
            base_url=server.url + "/api",
            headers={"x-api-key": key or server.key},
            timeout=60,
            trust_env=False,
            verify=False,
        )

    def send_json(self, method: str, path: str, body: object) -> httpx.Response:
        return self.request(method, path, json=body)

    def groups(self) -> list[JsonObject]:
        return cast("list[JsonObject]", self.get("/duplicates").json())

    def asset(self, asset_id: str) -> JsonObject:
        return cast("JsonObject", self.get(f"/assets/{asset_id}").json())


Served = tuple[DemoServer, Caller]


class Serve(Protocol):
    """Starts a server, of six groups unless told otherwise."""

    def __call__(self, **settings: Unpack[Settings]) -> Served: ...


class AskWith(Protocol):
    """Makes another client for a server, with its first key unless given another one."""

    def __call__(self, server: DemoServer, key: str | None = None) -> Caller: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers; all are stopped at the end."""
    started: list[DemoServer] = []
    callers: list[Caller] = []

    def start(**settings: Unpack[Settings]) -> Served:
        usual: Settings = {"groups": 6, "jobs_delay": 0.01}
        server = DemoServer(**(usual | settings))
        server.start()
        started.append(server)
        callers.append(Caller(server))
        return server, callers[-1]

    yield start
    for caller in callers:
        caller.close()
    for server in started:
        server.stop()


@pytest.fixture
def ask_with() -> Iterator[AskWith]:
    """Another client for a server, with the key it is given."""
    callers: list[Caller] = []

    def ask(server: DemoServer, key: str | None = None) -> Caller:
        callers.append(Caller(server, key))
        return callers[-1]

    yield ask
    for caller in callers:
        caller.close()


@pytest.fixture(scope="module")
def photos() -> Iterator[Served]:
    """One server with the drawn library for tests that only read."""
    with DemoServer(jobs_delay=0.01) as server, Caller(server) as caller:
        yield server, caller

import httpx
import pytest

from immich_tui.demo import DemoServer


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

    def groups(self) -> list[dict]:
        return self.get("/duplicates").json()

    def asset(self, asset_id: str) -> dict:
        return self.get(f"/assets/{asset_id}").json()


@pytest.fixture
def serve():
    """Start servers; all are stopped at the end."""
    started: list[DemoServer] = []
    callers: list[Caller] = []

    def start(**settings) -> tuple[DemoServer, Caller]:
        server = DemoServer(**({"groups": 6, "jobs_delay": 0.01} | settings))
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
def ask_with():
    """Another client for a server, with the key it is given."""
    callers: list[Caller] = []

    def ask(server: DemoServer, key: str | None = None) -> Caller:
        callers.append(Caller(server, key))
        return callers[-1]

    yield ask
    for caller in callers:
        caller.close()


@pytest.fixture(scope="module")
def photos():
    """One server with the drawn library for tests that only read."""
    with DemoServer(jobs_delay=0.01) as server, Caller(server) as caller:
        yield server, caller

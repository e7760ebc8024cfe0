"""Keys, permissions, versions, maintenance, and what is not the API."""

import httpx
import pytest

from immich_tui.demo import DemoServer
from immich_tui.demo.household import PARTNER

from .conftest import AskWith, Serve, Served

UNKNOWN = "00000000-0000-4000-a000-000000000000"


def test_every_call_needs_a_key(serve: Serve) -> None:
    server, caller = serve()
    for method, path in (("GET", "/duplicates"), ("GET", "/users/me"), ("DELETE", "/assets")):
        answer = httpx.request(method, f"{server.url}/api{path}", trust_env=False)
        assert (answer.status_code, answer.json()["message"]) == (401, "Authentication required")
    assert httpx.get(f"{server.url}/api/server/ping", trust_env=False).json() == {"res": "pong"}
    server.revoke(server.key)
    assert caller.get("/duplicates").json()["message"] == "Invalid API key"


def test_missing_permissions_are_named(serve: Serve, ask_with: AskWith) -> None:
    server, _ = serve(permissions=("duplicate.read", "asset.read"))
    caller = ask_with(server)
    asset = caller.groups()[0]["assets"][0]["id"]
    assert caller.get("/api-keys/me").json()["permissions"] == ["duplicate.read", "asset.read"]
    refused = {
        ("GET", f"/assets/{asset}/original"): "asset.download",
        ("GET", f"/assets/{asset}/thumbnail"): "asset.view",
        ("PUT", f"/assets/{asset}"): "asset.update",
        ("DELETE", "/assets"): "asset.delete",
        ("GET", "/albums"): "album.read",
        ("PUT", "/assets/copy"): "asset.copy",
    }
    for (method, path), permission in refused.items():
        answer = caller.request(method, path, json={})
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            f"Missing required permission: {permission}",
        )


def test_before_1_139_hardly_any_permission_is_enforced(serve: Serve, ask_with: AskWith) -> None:
    server, _ = serve(permissions=("asset.read",), dialect="1.135")
    caller = ask_with(server)
    asset = caller.groups()[0]["assets"][0]["id"]
    assert caller.get(f"/assets/{asset}/original").status_code == 200
    assert caller.send_json("DELETE", "/assets", {"ids": [asset]}).status_code == 204
    assert caller.get("/albums").status_code == 403
    # There is no such route: `me` is taken for an id, and reading keys needs a permission.
    assert caller.get("/api-keys/me").status_code == 403
    assert ask_with(server, server.new_key(("apiKey.read",))).get("/api-keys/me").status_code == 400


def test_another_user_sees_and_deletes_nothing_of_the_first(serve: Serve, ask_with: AskWith) -> None:
    server, caller = serve()
    asset = caller.groups()[0]["assets"][0]["id"]
    partner = ask_with(server, server.new_key(user_id=PARTNER.id))
    assert partner.groups() == []
    assert partner.get(f"/assets/{asset}").status_code == 400
    assert partner.send_json("DELETE", "/assets", {"ids": [asset]}).status_code == 400
    assert partner.send_json("DELETE", "/duplicates", {"ids": [UNKNOWN]}).status_code == 400


def test_a_key_never_reaches_locked_assets(photos: Served) -> None:
    server, caller = photos
    locked = next(a.id for a in server.library.assets.values() if a.visibility == "locked")
    assert caller.get(f"/assets/{locked}").status_code == 400
    assert caller.put(f"/assets/{locked}", json={"rating": 1}).status_code == 400


@pytest.mark.parametrize(
    ("dialect", "version"), [("1.135", (1, 135, 3)), ("2.7", (2, 7, 5)), ("3", (3, 1, 0))]
)
def test_the_version(serve: Serve, dialect: str, version: tuple[int, int, int]) -> None:
    _, caller = serve(dialect=dialect)
    body = caller.get("/server/version").json()
    assert (body["major"], body["minor"], body["patch"]) == version
    assert ("prerelease" in body) == (dialect == "3")


def test_the_version_can_change_while_somebody_works(serve: Serve) -> None:
    server, caller = serve(dialect="1.135")
    assert "width" not in caller.groups()[0]["assets"][0]
    server.speak("3")
    assert caller.groups()[0]["assets"][0]["width"] == 1600
    assert caller.get("/api-keys/me").status_code == 200


def test_an_unknown_dialect_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"1\.135, 2\.7, 3"):
        DemoServer(dialect="4")


def test_outside_the_api_everything_is_the_web_app(serve: Serve) -> None:
    server, _ = serve()
    for path in ("/", "/photos", "/duplicates", "/server/version"):
        answer = httpx.get(server.url + path, trust_env=False)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
    wanted = {"Accept": "application/json"}
    assert httpx.get(server.url + "/duplicates", headers=wanted, trust_env=False).status_code == 406
    discovery = httpx.get(server.url + "/.well-known/immich", trust_env=False)
    assert discovery.json() == {"api": {"endpoint": "/api"}}


def test_routes_that_do_not_exist(serve: Serve) -> None:
    _, caller = serve()
    for method, path in (("GET", "/nope"), ("POST", "/duplicates"), ("GET", "//duplicates")):
        answer = caller.request(method, caller.base_url.copy_with(path=f"/api{path}"))
        assert answer.json() == {"message": f"Cannot {method} /api{path}"}
        assert answer.status_code == 404


def test_maintenance_looks_like_missing_routes(serve: Serve) -> None:
    server, caller = serve()
    server.library.maintenance = True
    assert caller.get("/server/config").json() == {"maintenanceMode": True}
    assert caller.get("/server/ping").status_code == 200
    answer = caller.get("/duplicates")
    assert (answer.status_code, answer.json()["message"]) == (404, "Cannot GET /api/duplicates")
    server.library.maintenance = False
    assert caller.get("/duplicates").status_code == 200


def test_an_outage_keeps_the_port_and_the_library(serve: Serve) -> None:
    server, caller = serve()
    asset = caller.groups()[0]["assets"][0]["id"]
    caller.send_json("DELETE", "/assets", {"ids": [asset]})
    with server.outage(), pytest.raises(httpx.ConnectError):
        caller.get("/server/ping")
    assert caller.get("/server/ping").status_code == 200
    assert server.library.state(asset) == "trashed"


def test_requests_are_counted(serve: Serve) -> None:
    server, caller = serve()
    caller.groups()
    caller.get("/nope")
    assert server.requests.count("GET", "/duplicates") == 1
    assert [(one.method, one.path, one.status) for one in server.requests] == [
        ("GET", "/api/duplicates", 200),
        ("GET", "/api/nope", 404),
    ]

"""Faults as a client meets them."""

import threading
import time
from collections.abc import Callable

import httpx
import pytest

from immich_tui.demo import DemoServer, faults

from .conftest import Caller, Serve


class Broken:
    """A server, an asset, and a way to download it past everything that would hide a fault."""

    def __init__(self, server: DemoServer, caller: Caller) -> None:
        asset = caller.groups()[0]["assets"][0]
        self.server, self.caller = server, caller
        self.path = f"/assets/{asset['id']}/original"
        self.whole = server.library.bytes_of(asset["id"])

    def __call__(self, action: faults.Action, **headers: str) -> httpx.Response:
        self.server.faults.add(action, path=self.path)
        return self.caller.get(self.path, headers=headers)


@pytest.fixture
def broken(serve: Serve) -> Broken:
    return Broken(*serve())


def received(broken: Broken, action: faults.Action) -> bytes:
    """What arrives before the connection breaks."""
    broken.server.faults.add(action, path=broken.path)
    data = bytearray()

    def read() -> None:
        with broken.caller.stream("GET", broken.path) as answer:
            assert int(answer.headers["content-length"]) == len(broken.whole)
            for chunk in answer.iter_raw():
                data.extend(chunk)

    with pytest.raises(httpx.TransportError):
        read()
    return bytes(data)


@pytest.mark.parametrize("make", [faults.reset_after, faults.truncated])
def test_a_body_that_is_cut(broken: Broken, make: Callable[[int], faults.Action]) -> None:
    assert received(broken, make(1000)) == broken.whole[:1000]


def test_a_reset_is_a_reset_and_the_next_request_is_fine(broken: Broken) -> None:
    broken.server.faults.add(faults.dropped_before(), path=broken.path)
    with pytest.raises(httpx.TransportError):
        broken.caller.get(broken.path)
    assert broken.caller.get(broken.path).content == broken.whole


def test_bodies_that_lie(broken: Broken) -> None:
    assert broken(faults.lying_length(500)).content == broken.whole[:500]
    assert broken(faults.close_delimited(500)).content == broken.whole[:500]
    assert broken(faults.empty_answer()).content == b""
    assert broken(faults.gzipped()).content == broken.whole
    flipped = broken(faults.flipped_bit(77)).content
    assert [i for i, (a, b) in enumerate(zip(flipped, broken.whole, strict=True)) if a != b] == [77]
    page = broken(faults.html_page())
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_ranges_that_lie(broken: Broken) -> None:
    assert broken(faults.range_ignored(), Range="bytes=5-9").status_code == 200
    shifted = broken(faults.wrong_range(3), Range="bytes=5-9")
    assert (shifted.status_code, shifted.headers["content-range"][:9]) == (206, "bytes 8-1")
    assert broken(faults.other_etag()).headers["etag"] == '"changed"'


def test_refusals(broken: Broken) -> None:
    busy = broken(faults.status(429, retry_after="3"))
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "3")
    assert broken(faults.unauthorized()).status_code == 401
    assert "asset.download" in broken(faults.forbidden("asset.download")).text
    assert broken(faults.maintenance()).json()["message"].startswith("Cannot GET /api/assets/")
    sent = broken(faults.redirect("http://photos.example.org/login"))
    assert (sent.status_code, sent.headers["location"]) == (302, "http://photos.example.org/login")


def patient_read(broken: Broken, patience: float) -> str:
    """Read as common clients do, but give up after a while."""
    begun = time.monotonic()
    url = f"{broken.server.url}/api{broken.path}"
    with (
        httpx.Client(timeout=0.3, trust_env=False) as client,
        client.stream("GET", url, headers=broken.caller.headers) as answer,
    ):
        for _ in answer.iter_raw():
            if time.monotonic() - begun > patience:
                return "gave up"
    return "complete"


def test_silence_ends_a_read(broken: Broken) -> None:
    broken.server.faults.add(faults.stall(after=10, seconds=5), path=broken.path)
    with pytest.raises(httpx.ReadTimeout):
        patient_read(broken, 3)
    assert broken.caller.get("/server/ping").status_code == 200


def test_a_trickle_defeats_time_outs_per_read(broken: Broken) -> None:
    broken.server.faults.add(faults.trickle(50, start=10, seconds=5), path=broken.path)
    assert patient_read(broken, 0.6) == "gave up"


def test_a_delay(broken: Broken) -> None:
    begun = time.monotonic()
    assert broken(faults.delayed(0.2)).content == broken.whole
    assert time.monotonic() - begun >= 0.2


def test_an_answer_lost_after_the_write(serve: Serve) -> None:
    server, caller = serve()
    asset = caller.groups()[0]["assets"][0]["id"]
    server.faults.add(faults.dropped_after(), method="DELETE", path="/assets$")
    with pytest.raises(httpx.TransportError):
        caller.send_json("DELETE", "/assets", {"ids": [asset]})
    assert server.library.state(asset) == "trashed"
    server.faults.add(faults.after_applying(faults.status(502)), method="POST")
    assert caller.post("/trash/restore/assets", json={"ids": [asset]}).status_code == 502
    assert server.library.state(asset) == "live"


def test_faults_are_counted_and_cleared(serve: Serve) -> None:
    server, caller = serve()
    fault = server.faults.add(faults.status(503), path="/duplicates", skip=1, times=2)
    assert [caller.get("/duplicates").status_code for _ in range(4)] == [200, 503, 503, 200]
    assert fault.met == 2
    server.faults.add(faults.status(503), times=None)
    assert caller.get("/users/me").status_code == 503
    server.faults.clear()
    assert caller.get("/users/me").status_code == 200


def test_something_happens_on_the_server_in_between(serve: Serve) -> None:
    server, caller = serve()
    keep, lose = (asset["id"] for asset in caller.groups()[4]["assets"])
    server.faults.add(faults.run(lambda: server.library.forget(keep)), method="DELETE")
    caller.send_json("DELETE", "/assets", {"ids": [lose]})
    assert (server.library.state(keep), server.library.state(lose)) == ("deleted", "trashed")


def test_a_group_of_the_listing_is_not_what_it_should_be(serve: Serve) -> None:
    server, caller = serve()
    group = caller.groups()[2]["duplicateId"]
    server.faults.break_group(group, b'{"duplicateId":"%s","assets":7}' % group.encode())
    assert [g["assets"] for g in caller.groups() if g["duplicateId"] == group] == [7]


def test_breaking_all_connections(serve: Serve) -> None:
    server, caller = serve()
    server.faults.add(faults.stall(), path="/users/me")
    threading.Timer(0.1, server.drop_connections).start()
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        caller.get("/users/me")
    assert caller.get("/users/me").status_code == 200

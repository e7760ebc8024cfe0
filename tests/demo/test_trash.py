"""Deleting and restoring."""

from .conftest import Serve

UNKNOWN = "00000000-0000-4000-a000-000000000000"


def test_one_unknown_id_and_nothing_is_deleted(serve: Serve) -> None:
    server, caller = serve()
    asset = caller.groups()[0]["assets"][0]["id"]
    for other in (UNKNOWN, asset.upper()):
        answer = caller.send_json("DELETE", "/assets", {"ids": [asset, other]})
        assert (answer.status_code, answer.json()["message"]) == (400, "Not found or no asset.delete access")
    assert server.library.state(asset) == "live"


def test_a_trashed_asset_can_still_be_read_and_downloaded_and_comes_back_into_its_group(serve: Serve) -> None:
    server, caller = serve()
    group = next(g for g in caller.groups() if len(g["assets"]) == 3)
    asset = group["assets"][0]["id"]
    assert caller.send_json("DELETE", "/assets", {"ids": [asset]}).status_code == 204
    assert caller.asset(asset)["isTrashed"] is True
    assert caller.get(f"/assets/{asset}/original").content == server.library.bytes_of(asset)
    assert len(next(g for g in caller.groups() if g["duplicateId"] == group["duplicateId"])["assets"]) == 2
    assert caller.post("/trash/restore/assets", json={"ids": [asset, asset]}).json() == {"count": 2}
    assert len(next(g for g in caller.groups() if g["duplicateId"] == group["duplicateId"])["assets"]) == 3


def test_force_deletes_for_good_after_the_jobs(serve: Serve) -> None:
    server, caller = serve(jobs_delay=0.1)
    asset = caller.groups()[0]["assets"][0]["id"]
    caller.send_json("DELETE", "/assets", {"ids": [asset], "force": True})
    assert caller.get(f"/assets/{asset}").status_code == 200
    server.jobs.wait_quiet()
    assert caller.get(f"/assets/{asset}").status_code == 400
    assert server.library.state(asset) == "deleted"
    assert caller.send_json("DELETE", "/assets", {"ids": [asset]}).status_code == 400


def test_a_live_video_outlives_its_still_only_while_another_one_refers_to_it(serve: Serve) -> None:
    server, caller = serve(groups=None)
    group = next(g for g in caller.groups() if any(a["livePhotoVideoId"] for a in g["assets"]))
    live = next(a for a in group["assets"] if a["livePhotoVideoId"])
    still = next(a for a in group["assets"] if not a["livePhotoVideoId"])
    video = live["livePhotoVideoId"]
    caller.put(f"/assets/{still['id']}", json={"livePhotoVideoId": video})
    caller.send_json("DELETE", "/assets", {"ids": [live["id"]]})
    assert server.library.state(video) == "live"
    caller.send_json("DELETE", "/assets", {"ids": [live["id"]], "force": True})
    server.jobs.wait_quiet()
    assert server.library.state(video) == "live"
    caller.send_json("DELETE", "/assets", {"ids": [still["id"]], "force": True})
    server.jobs.wait_quiet()
    assert server.library.state(video) == "deleted"


def test_purging_leaves_no_trace_in_albums(serve: Serve) -> None:
    server, caller = serve()
    first, second = (asset["id"] for asset in caller.groups()[4]["assets"])
    album = caller.post("/albums", json={"albumName": "x", "assetIds": [first, second]}).json()["id"]
    server.library.forget(first)
    assert server.library.albums[album].asset_ids == [second]
    assert server.library.albums[album].cover_id == second


def test_a_body_above_ten_megabytes_is_500(serve: Serve) -> None:
    _, caller = serve()
    assert caller.send_json("DELETE", "/assets", {"ids": [UNKNOWN] * 300_000}).status_code == 500


def test_restoring_the_whole_trash(serve: Serve) -> None:
    _, caller = serve()
    ids = [asset["id"] for asset in caller.groups()[1]["assets"]]
    caller.send_json("DELETE", "/assets", {"ids": ids})
    assert caller.post("/trash/restore").json() == {"count": 3}
    assert caller.post("/trash/restore").json() == {"count": 0}

"""Listing, dismissing and resolving, with the traps that were recorded."""

import gzip

import httpx
import pytest

from .conftest import Caller, JsonObject, Serve, Served


def resolve(caller: Caller, group: str, keep: list[str], trash: list[str]) -> httpx.Response:
    body = {"groups": [{"duplicateId": group, "keepAssetIds": keep, "trashAssetIds": trash}]}
    return caller.post("/duplicates/resolve", json=body)


def ids_of(group: JsonObject) -> list[str]:
    return [asset["id"] for asset in group["assets"]]


def test_groups_come_in_the_order_of_their_ids_and_members_by_local_time(photos: Served) -> None:
    _, caller = photos
    groups = caller.groups()
    assert [g["duplicateId"] for g in groups] == sorted(g["duplicateId"] for g in groups)
    for group in groups:
        times = [asset["localDateTime"] for asset in group["assets"]]
        assert times == sorted(times)
        assert next(iter(group)) == "duplicateId"


def test_the_listing_is_compact_and_packed_when_asked(photos: Served) -> None:
    _, caller = photos
    plain = caller.get("/duplicates", headers={"Accept-Encoding": "identity"})
    assert b'": ' not in plain.content[:200]
    with caller.stream("GET", "/duplicates", headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content


def test_an_unchanged_listing_is_304(serve: Serve) -> None:
    _, caller = serve()
    first = caller.get("/duplicates")
    again = caller.get("/duplicates", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_stacked_trashed_hidden_and_locked_assets_are_not_listed(photos: Served) -> None:
    server, caller = photos
    listed = {one for group in caller.groups() for one in ids_of(group)}
    for asset in server.library.assets.values():
        if asset.stack_id or asset.trashed or asset.visibility in {"hidden", "locked"}:
            assert asset.id not in listed


def test_listing_dissolves_groups_of_one_for_good(serve: Serve) -> None:
    server, caller = serve()
    group = caller.groups()[3]
    kept, *rest = ids_of(group)
    caller.send_json("DELETE", "/assets", {"ids": rest})
    assert group["duplicateId"] not in {g["duplicateId"] for g in caller.groups()}
    caller.post("/trash/restore/assets", json={"ids": rest})
    assert group["duplicateId"] not in {g["duplicateId"] for g in caller.groups()}
    assert caller.asset(kept)["duplicateId"] is None
    assert server.library.state(rest[0]) == "live"
    caller.put("/assets", json={"ids": [kept, *rest], "duplicateId": group["duplicateId"]})
    assert group["duplicateId"] in {g["duplicateId"] for g in caller.groups()}


@pytest.mark.parametrize(("dialect", "status"), [("1.135", 200), ("2.7", 204), ("3", 400)])
def test_dismissing_a_group_that_is_gone(serve: Serve, dialect: str, status: int) -> None:
    _, caller = serve(dialect=dialect)
    group = caller.groups()[0]["duplicateId"]
    assert caller.delete(f"/duplicates/{group}").status_code in {200, 204}
    assert caller.delete(f"/duplicates/{group}").status_code == status
    assert len(caller.groups()) == 5


def test_dismissing_with_one_unknown_id_dismisses_nothing_in_version_3(serve: Serve) -> None:
    _, caller = serve()
    known = caller.groups()[0]["duplicateId"]
    unknown = "00000000-0000-4000-a000-000000000000"
    assert caller.send_json("DELETE", "/duplicates", {"ids": [known, unknown]}).status_code == 400
    assert len(caller.groups()) == 6


@pytest.mark.parametrize("dialect", ["2.7", "3"])
def test_resolving_trashes_the_last_copy_when_the_keeper_has_left(serve: Serve, dialect: str) -> None:
    server, caller = serve(dialect=dialect)
    group = caller.groups()[4]
    keep, trash = ids_of(group)
    server.library.trash([keep])
    answer = resolve(caller, group["duplicateId"], [keep], [trash])
    assert answer.json() == [{"id": group["duplicateId"], "success": True}]
    assert server.library.state(trash) == "trashed"


def test_resolving_refuses_a_group_with_a_new_member(serve: Serve) -> None:
    server, caller = serve()
    first, second = caller.groups()[4], caller.groups()[5]
    joined = ids_of(second)[0]
    server.library.edit(joined, duplicate_id=first["duplicateId"])
    keep, trash = ids_of(first)
    (answer,) = resolve(caller, first["duplicateId"], [keep], [trash]).json()
    assert (answer["success"], answer["error"]) == (False, "validation")
    assert server.library.state(trash) == "live"


def test_one_stale_group_refuses_all(serve: Serve) -> None:
    server, caller = serve()
    good, stale = caller.groups()[4:6]
    for asset_id in ids_of(stale):
        server.library.edit(asset_id, duplicate_id=None)
    groups = [
        {"duplicateId": g["duplicateId"], "keepAssetIds": ids_of(g)[:1], "trashAssetIds": ids_of(g)[1:]}
        for g in (good, stale)
    ]
    assert caller.post("/duplicates/resolve", json={"groups": groups}).status_code == 400
    assert server.library.state(ids_of(good)[1]) == "live"


@pytest.mark.parametrize(("dialect", "mixed"), [("2.7", True), ("3", False)])
def test_keeping_all_by_resolve_mixes_metadata_in_2_7_only(serve: Serve, dialect: str, mixed: bool) -> None:
    server, caller = serve(dialect=dialect)
    group = caller.groups()[4]
    one, other = ids_of(group)
    server.library.edit(one, favorite=True)
    resolve(caller, group["duplicateId"], [one, other], [])
    assert server.library.assets[other].favorite is mixed
    assert caller.asset(one)["duplicateId"] is None


def test_resolve_merges_into_the_keeper(serve: Serve) -> None:
    server, caller = serve()
    group = caller.groups()[4]
    keep, lose = ids_of(group)
    server.library.edit(keep, description="Beach\nSummer")
    server.library.edit(lose, description="summer\n Beach ", rating=4, visibility="archive")
    tag = caller.put("/tags", json={"tags": ["a/b"]}).json()[0]["id"]
    caller.put("/tags/assets", json={"tagIds": [tag], "assetIds": [lose]})
    album = caller.post("/albums", json={"albumName": "x", "assetIds": [lose]}).json()["id"]
    resolve(caller, group["duplicateId"], [keep], [lose])
    server.jobs.wait_quiet()
    kept = caller.asset(keep)
    assert kept["exifInfo"]["description"] == "Beach\nSummer\nsummer"
    assert kept["exifInfo"]["rating"] == 4
    assert kept["visibility"] == "archive"
    assert [t["value"] for t in kept["tags"]] == ["a/b"]
    assert server.library.albums[album].asset_ids == [lose, keep]


def test_resolving_without_a_trash_deletes_for_good(serve: Serve) -> None:
    server, caller = serve(trash=False)
    assert caller.get("/server/features").json()["trash"] is False
    group = caller.groups()[4]
    keep, trash = ids_of(group)
    resolve(caller, group["duplicateId"], [keep], [trash])
    server.jobs.wait_quiet()
    assert server.library.state(trash) == "deleted"
    # A plain delete only marks, even then.
    caller.send_json("DELETE", "/assets", {"ids": [keep]})
    server.jobs.wait_quiet()
    assert server.library.state(keep) == "trashed"


def test_an_empty_keep_list_trashes_the_group_without_asking(serve: Serve) -> None:
    server, caller = serve()
    group = caller.groups()[4]
    assert resolve(caller, group["duplicateId"], [], ids_of(group)).json()[0]["success"] is True
    assert {server.library.state(one) for one in ids_of(group)} == {"trashed"}

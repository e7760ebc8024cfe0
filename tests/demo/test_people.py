"""People in pages, searches by person, and photos that leave a public link."""

import httpx
import pytest

from tests.shelf import Shelf, rich

from .conftest import AskWith, Caller, Serve

UNKNOWN = "00000000-0000-4000-a000-000000000000"


Shelved = tuple[Shelf, Caller]


@pytest.fixture
def shelved(serve: Serve) -> Shelved:
    server, caller = serve(groups=None, library="empty")
    return Shelf(server), caller


def names(answer: httpx.Response) -> list[str]:
    return [person["name"] for person in answer.json()["people"]]


def test_people_come_in_pages_and_hidden_ones_only_when_asked_for(shelved: Shelved) -> None:
    shelf, caller = shelved
    for name in ("Ada", "Ben", "Cleo", ""):
        shelf.person(name).hidden = name == "Ben"
    answer = caller.get("/people").json()
    assert ([one["name"] for one in answer["people"]], answer["total"], answer["hidden"]) == (
        ["Ada", "Cleo", ""],
        4,
        1,
    )
    first = caller.get("/people", params={"withHidden": "true", "size": "3"})
    assert (names(first), first.json()["hasNextPage"]) == (["Ada", "Ben", "Cleo"], True)
    assert first.json()["people"][1]["isHidden"]
    last = caller.get("/people", params={"withHidden": "true", "size": "3", "page": "2"})
    assert (names(last), last.json()["hasNextPage"]) == ([""], False)


def test_a_search_finds_the_photos_that_show_everybody_asked_for(shelved: Shelved) -> None:
    shelf, caller = shelved
    both, one, _ = shelf.group(
        ("a.jpg", rich(people=("Ada", "Ben"))), ("b.jpg", rich(people=("Ada",))), ("c.jpg", rich())
    )
    one.visibility = "archive"
    ada, ben = shelf.person("Ada").id, shelf.person("Ben").id

    def found(**filters: object) -> set[str]:
        items = caller.send_json("POST", "/search/metadata", filters).json()["assets"]["items"]
        return {item["id"] for item in items}

    assert found(personIds=[ada], visibility="timeline") == {both.id}
    assert found(personIds=[ada], visibility="archive") == {one.id}
    assert found(personIds=[ada, ben]) == {both.id}
    assert found(personIds=[UNKNOWN]) == set()


def test_photos_leave_a_link_one_by_one(shelved: Shelved) -> None:
    shelf, caller = shelved
    shown, other = shelf.group(("a.jpg", rich(links=("beach",))), ("b.jpg", rich()))
    link = shelf.link("beach")
    answer = caller.send_json("DELETE", f"/shared-links/{link.id}/assets", {"assetIds": [shown.id, other.id]})
    assert answer.json() == [
        {"assetId": shown.id, "success": True},
        {"assetId": other.id, "success": False, "error": "not_found"},
    ]
    assert link.asset_ids == []
    unknown = caller.send_json("DELETE", f"/shared-links/{UNKNOWN}/assets", {"assetIds": [shown.id]})
    assert (unknown.status_code, unknown.json()["message"]) == (400, "Shared link not found")
    nothing = caller.send_json("DELETE", f"/shared-links/{link.id}/assets", {})
    assert nothing.status_code == 400


@pytest.mark.parametrize(("dialect", "status"), [("1.135", 200), ("2.7", 403), ("3", 403)])
def test_leaving_a_link_has_no_permission_of_its_own(
    serve: Serve, ask_with: AskWith, dialect: str, status: int
) -> None:
    server, _ = serve(groups=None, library="empty", dialect=dialect)
    shelf = Shelf(server)
    shelf.group(("a.jpg", rich(links=("beach",))), ("b.jpg", rich()))
    caller = ask_with(server, server.new_key(("sharedLink.read", "sharedLink.update")))
    path = f"/shared-links/{shelf.link('beach').id}/assets"
    assert caller.send_json("DELETE", path, {"assetIds": []}).status_code == status

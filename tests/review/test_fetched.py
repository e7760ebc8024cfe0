"""Groups come back as they were fetched, and a broken fetch leaves those of the one before."""

from pathlib import Path

import pytest

from immich_tui.immich.models import Album
from immich_tui.review.store import Store
from tests.review.filled_store import fill, member, raw, stored


def test_groups_come_back_as_they_were_stored(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1", "g2")
    assert store.fetched.groups() == [stored("g1", 0), stored("g2", 1)]
    assert store.fetched.raw_group("g2") == raw("g2")
    assert [asset.id for asset in store.fetched.group("g1").assets] == ["g1-a", "g1-b"]
    with pytest.raises(KeyError):
        store.fetched.group("g3")
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_unfinished_fetch_changes_nothing(path: Path) -> None:
    store = Store.open(path)
    fill(store, "g1")
    generation = store.incoming.begin()
    store.incoming.add_groups(generation, [(stored("g9"), raw("g9"), [member("g9-a")])])
    store.incoming.add_unreadable(generation, "gX", "no assets")
    assert [group.group_id for group in store.fetched.groups()] == ["g1"]
    assert store.fetched.unreadable() == []
    fill(store, "g2", "g3")
    assert [group.group_id for group in store.fetched.groups()] == ["g2", "g3"]
    assert store.fetched.unreadable() == []


def test_an_asset_in_two_groups_is_found(path: Path) -> None:
    store = Store.open(path)
    generation = store.incoming.begin()
    store.incoming.add_groups(
        generation,
        [
            (stored("g1", 0), raw("g1"), (member("a"), member("b"))),
            (stored("g2", 1), raw("g2"), (member("b"), member("c"))),
        ],
    )
    store.incoming.finish(generation, {})
    assert store.fetched.in_two_groups() == {"b": ("g1", "g2")}


def test_groups_are_found_by_what_their_members_are(path: Path) -> None:
    store = Store.open(path)
    generation = store.incoming.begin()
    store.incoming.add_groups(
        generation,
        [
            (stored("g1", 0), raw("g1"), (member("a", taken=300), member("b", size=9_000, taken=200))),
            (stored("g2", 1), raw("g2"), (member("c", kind="video", taken=100),)),
            (stored("g3", 2), raw("g3"), (member("d"), member("e", path="/x/WhatsApp/e.jpg"))),
        ],
    )
    store.incoming.finish(generation, {})
    assert store.fetched.with_member("size > ?", [8_000]) == {0}
    assert store.fetched.with_member("kind = 'video'") == {1}
    assert store.fetched.with_member("path LIKE ?", ["%whatsapp%"]) == {2}
    assert store.fetched.by_date() == [1, 0, 2]


def test_albums_are_kept_for_members_only(path: Path) -> None:
    store = Store.open(path)
    generation = store.incoming.begin()
    store.incoming.add_groups(generation, [(stored("g1"), raw("g1"), (member("g1-a"), member("g1-b")))])
    album = Album(id="al", album_name="Holidays [red]")
    store.incoming.add_album(generation, album, ["g1-a", "elsewhere"])
    store.incoming.finish(generation, {"albums": "read"})
    assert store.fetched.albums_known()
    assert store.fetched.albums_of(["g1-a", "g1-b"]) == {"g1-a": (album,), "g1-b": ()}

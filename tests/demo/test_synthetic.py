"""Libraries of any number of groups."""

import base64
import hashlib
import json
import tracemalloc

import pytest

from immich_tui.demo.dialect import Speaker, dialect
from immich_tui.demo.household import OWNER
from immich_tui.demo.library import Library
from immich_tui.demo.pictures import Studio
from immich_tui.demo.synthetic import SHAPES, SyntheticBase

from .conftest import Serve


def library(groups: int) -> tuple[SyntheticBase, Library]:
    base = SyntheticBase(groups, OWNER.id, Studio())
    return base, Library(base)


@pytest.mark.parametrize("name", ["1.135", "2.7", "3"])
def test_the_quick_listing_says_what_the_slow_one_says(name: str) -> None:
    base, rows = library(2 * SHAPES)
    speaker = Speaker(dialect(name), rows)
    for group_id in base.group_ids():
        slow = speaker.group(group_id, rows.listed(group_id, OWNER.id))
        assert json.loads(base.group_json(group_id, speaker)) == slow


def test_checksums_and_sizes_are_true_for_every_shape(serve: Serve) -> None:
    server, caller = serve(groups=SHAPES, file_size=50_000)
    for group in caller.groups():
        for asset in group["assets"]:
            data = server.library.bytes_of(asset["id"])
            assert len(data) == asset["exifInfo"]["fileSizeInByte"]
            assert base64.b64encode(hashlib.sha1(data).digest()).decode() == asset["checksum"]
            assert data[:3] == b"\xff\xd8\xff"


def test_no_two_files_are_equal(serve: Serve) -> None:
    _, caller = serve(groups=200)
    checksums = [asset["checksum"] for group in caller.groups() for asset in group["assets"]]
    assert len(set(checksums)) == len(checksums)


def test_changes_stay_and_the_rest_follows_from_the_index(serve: Serve) -> None:
    server, caller = serve(groups=50)
    before = caller.groups()
    asset = before[20]["assets"][0]["id"]
    caller.put(f"/assets/{asset}", json={"isFavorite": True})
    after = caller.groups()
    changed = [index for index in range(50) if before[index] != after[index]]
    assert changed == [20]
    assert list(server.library.assets.overlay) == [asset]
    caller.send_json("DELETE", "/assets", {"ids": [a["id"] for a in before[21]["assets"]]})
    assert [g["duplicateId"] for g in caller.groups()] == [
        g["duplicateId"] for i, g in enumerate(before) if i != 21
    ]


def test_the_same_index_gives_the_same_library(serve: Serve) -> None:
    _, one = serve(groups=30)
    _, other = serve(groups=60)
    assert one.groups() == other.groups()[:30]


def test_a_hundred_thousand_groups_start_at_once_and_stream_in_little_memory() -> None:
    base, rows = library(100_000)
    speaker = Speaker(dialect("3"), rows)
    texts = (base.group_json(one, speaker) for one in base.group_ids())
    for _ in range(SHAPES):
        next(texts)
    tracemalloc.start()
    for _ in range(3_000):
        next(texts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_ids_of_nobody_are_unknown() -> None:
    base, rows = library(3)
    known = next(base.asset_ids())
    assert rows.find(known) is not None
    assert rows.find(known[:-1] + ("0" if known[-1] != "0" else "1")) is None
    assert rows.find("ffffffff-0000-4000-a000-000000000000") is None
    assert rows.find("no uuid") is None

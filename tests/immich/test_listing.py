"""Cutting the listing into groups: whatever the bytes and however they arrive."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.immich import listing
from immich_tui.immich.errors import BadAnswer
from immich_tui.immich.listing import Listed, Splitter, UnreadableGroup
from immich_tui.immich.models import Group

SEPARATOR = ',{"duplicateId":'


def group(number: int, **extra: Any) -> dict[str, Any]:
    """A readable group in the order of keys that the server uses."""
    assets = [{"id": f"{number}-{member}", "type": "IMAGE", "originalFileName": "a.jpg"} for member in "ab"]
    return {"duplicateId": str(UUID(int=number)), "assets": assets, **extra}


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def chunked(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def split(data: bytes, size: int = 1 << 16) -> list[Listed]:
    splitter = Splitter()
    found = [one for chunk in chunked(data, size) for one in splitter.feed(chunk)]
    return found + splitter.close()


def reasons(found: list[Listed]) -> list[tuple[str | None, str]]:
    return [(one.group.id, one.group.reason) for one in found if isinstance(one.group, UnreadableGroup)]


NASTY = st.sampled_from(
    [
        SEPARATOR,
        '[{"duplicateId":',
        "]",
        "}]",
        '"',
        "\\",
        '\\"',
        '"}],',
        "\u2028",
        "ü",
        "😀",
        "\x00",
        "[red]",
        "{",
        "",
    ]
)
TEXTS = st.one_of(
    NASTY, st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.lists(NASTY).map("".join)
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**40), 2**40),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
UNKNOWN = st.dictionaries(TEXTS.filter(lambda key: key not in {"duplicateId", "assets"}), VALUES, max_size=3)
GROUPS = st.lists(UNKNOWN, max_size=5).map(
    lambda extras: [
        {**group(number), **extra, "suggestedKeepAssetIds": []} for number, extra in enumerate(extras)
    ]
)
LAYOUTS = st.sampled_from(
    [
        {"separators": (",", ":"), "ensure_ascii": False},
        {"separators": (",", ":")},
        {},
        {"indent": 2},
        {"separators": (",", ":"), "sort_keys": True},
    ]
)


@given(groups=GROUPS, layout=LAYOUTS, size=st.integers(1, 200))
def test_groups_are_what_a_json_parser_finds_however_they_arrive(
    groups: list[dict[str, Any]], layout: dict[str, Any], size: int
) -> None:
    found = split(json.dumps(groups, **layout).encode(), size)
    assert [json.loads(one.raw) for one in found] == groups
    assert [one.group.id for one in found] == [one["duplicateId"] for one in groups]
    assert all(isinstance(one.group, Group) for one in found)


@given(groups=GROUPS.filter(bool), layout=LAYOUTS, data=st.data())
def test_a_listing_cut_anywhere_is_refused_and_nothing_false_is_given_before(
    groups: list[dict[str, Any]], layout: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(groups, **layout).encode()
    end = data.draw(st.integers(0, len(text) - 1))
    found: list[Listed] = []

    def read() -> None:
        splitter = Splitter()
        for chunk in chunked(text[:end], data.draw(st.integers(1, 100))):
            found.extend(splitter.feed(chunk))
        found.extend(splitter.close())

    with pytest.raises(BadAnswer):
        read()
    assert [json.loads(one.raw) for one in found] == groups[: len(found)]


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_groups_within_groups_are_not_taken_for_groups(size: int) -> None:
    related = [{"a": 1}, {"duplicateId": "inner"}, {"duplicateId": "inner too"}]
    groups = [group(1, related=related), group(2), group(3, related={"x": related}), group(4)]
    assert [json.loads(one.raw) for one in split(compact(groups), size)] == groups


def test_an_empty_listing_is_a_whole_one() -> None:
    for text in (b"[]", b" [ ] \r\n", b"[\n]"):
        for size in (1, 10):
            assert split(text, size) == []


@pytest.mark.parametrize(
    "text", [b"", b"   ", b"[", b"{}", b"null", b"<!doctype html><html>", b'{"message":"x"}', b'"[]"']
)
def test_what_is_no_array_is_refused(text: bytes) -> None:
    with pytest.raises(BadAnswer):
        split(text)


@pytest.mark.parametrize("rest", [b"[]", b",", b"x", b"]"])
def test_a_listing_that_goes_on_after_its_end_is_refused(rest: bytes) -> None:
    for separators in ((",", ":"), None):
        with pytest.raises(BadAnswer):
            split(json.dumps([group(1), group(2)], separators=separators).encode() + rest)


def test_a_group_that_does_not_fit_is_set_aside_and_the_others_go_on() -> None:
    odd_type = group(2)
    odd_type["assets"][1]["type"] = "HOLOGRAM"
    no_assets = {"duplicateId": str(UUID(int=3))}
    wrong = [
        group(4, assets=[None]),
        group(5, assets=[]),
        group(6, assets="none"),
        {"duplicateId": 7, "assets": []},
    ]
    everything = [group(1), odd_type, no_assets, *wrong, group(8)]
    found = split(compact(everything))
    assert [isinstance(one.group, Group) for one in found] == [
        True,
        False,
        False,
        False,
        False,
        False,
        False,
        True,
    ]
    assert [json.loads(one.raw) for one in found] == everything
    first, second, *_, last = reasons(found)
    assert first == (
        odd_type["duplicateId"],
        "assets.1.type: Input should be 'IMAGE', 'VIDEO', 'AUDIO' or 'OTHER'",
    )
    assert second == (no_assets["duplicateId"], "assets: Field required")
    assert last[0] is None


@pytest.mark.parametrize("size", [1, 1 << 20])
@pytest.mark.parametrize(
    "bad",
    [
        b'{"duplicateId":"00000000-0000-4000-8000-000000000009","assets":tru}',
        b'{"duplicateId":"00000000-0000-4000-8000-000000000009","assets":["\xff"]}',
        b'{"duplicateId":"00000000-0000-4000-8000-000000000009","assets":["\x01"]}',
        b'{"duplicateId":"00000000-0000-4000-8000-000000000009"}}',
    ],
)
def test_malformed_json_in_one_group_leaves_the_others_whole(bad: bytes, size: int) -> None:
    text = b"[" + b",".join([compact(group(1)), bad, compact(group(2)), compact(group(3))]) + b"]"
    found = split(text, size)
    assert [one.group.id for one in found if isinstance(one.group, Group)] == [
        str(UUID(int=number)) for number in (1, 2, 3)
    ]
    [(group_id, reason)] = reasons(found)
    assert reason
    assert group_id == "00000000-0000-4000-8000-000000000009"


def test_brackets_that_do_not_match_leave_no_way_to_tell_groups_apart() -> None:
    text = (
        b"[" + b",".join([compact(group(1)), b'{"duplicateId":"a","assets":[{]}', compact(group(2))]) + b"]"
    )
    with pytest.raises(BadAnswer):
        split(text)


def test_elements_that_are_no_groups_are_counted() -> None:
    found = split(b'[null, 3, "x,]", [], {}, true]')
    assert len(reasons(found)) == len(found) == 6


def test_a_position_that_is_no_number_is_taken_as_it_is_and_not_lost() -> None:
    assert isinstance(
        split(b'[{"duplicateId":"a","assets":[{"id":"b","type":"IMAGE","exifInfo":{"latitude":NaN}}]}]')[
            0
        ].group,
        Group,
    )


def test_an_error_quotes_nothing_that_a_terminal_obeys() -> None:
    found = split(b'[{"duplicateId":"a","assets":[{"id":"b","type":"\\u001b[31m\\n"}]}]')
    [(_, reason)] = reasons(found)
    assert reason.isprintable()


@pytest.mark.parametrize("layout", [{"separators": (",", ":")}, {}])
def test_a_group_too_large_to_review_is_passed_over_without_being_kept(
    monkeypatch: pytest.MonkeyPatch, layout: dict[str, Any]
) -> None:
    monkeypatch.setattr(listing, "LARGEST_GROUP", 4096)
    for filler in (["x" * 50] * 4000, "\\" * 200_000, SEPARATOR * 20_000):
        groups = [group(1), group(2, filler=filler), group(3), group(4)]
        splitter = Splitter()
        found: list[Listed] = []
        tracemalloc.start()
        for chunk in chunked(json.dumps(groups, **layout).encode(), 1000):
            found += splitter.feed(chunk)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        found += splitter.close()
        assert [one.group.id for one in found] == [str(UUID(int=number)) for number in (1, 2, 3, 4)]
        large = found[1].group
        assert isinstance(large, UnreadableGroup)
        assert "too large" in large.reason
        assert abs(large.size - len(json.dumps(groups[1], **layout))) <= 2
        assert found[1].raw == b""
        assert [json.loads(found[index].raw) for index in (0, 2, 3)] == [groups[0], groups[2], groups[3]]
        assert peak < 1_000_000 + large.size


def test_memory_does_not_grow_with_the_listing() -> None:
    one = compact(group(1))

    def peak(count: int) -> int:
        splitter = Splitter()
        splitter.feed(b"[" + one)
        tracemalloc.start()
        for _ in range(count):
            splitter.feed(b"," + one)
        splitter.feed(b"]")
        splitter.close()
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(5000) < 2 * peak(50)


#: Brackets of every kind and depth, and strings that look like them or like the end of a group.
MANY_BRACKETS = [[[], {"a": ["]", "}]", '\\"', "\\\\", SEPARATOR]}, [[["[{"]]]] for _ in range(12)]


@pytest.mark.parametrize("layout", [{"separators": (",", ":")}, {}])
@pytest.mark.parametrize("searched", [100, 1 << 20])
@pytest.mark.parametrize("stretch", [1, 2, 7, 64, 4096])
@pytest.mark.parametrize("size", [1, 97, 1 << 16])
def test_a_group_with_many_brackets_ends_where_it_ends(
    monkeypatch: pytest.MonkeyPatch, layout: dict[str, Any], searched: int, stretch: int, size: int
) -> None:
    monkeypatch.setattr(listing, "SEARCHED", searched)
    monkeypatch.setattr(listing, "STRETCH", stretch)
    monkeypatch.setattr(listing, "FEW", 2)
    groups = [group(1), group(2, filler=MANY_BRACKETS), group(3, filler="x" * 500), group(4), group(5)]
    found = split(json.dumps(groups, **layout).encode(), size)
    assert [json.loads(one.raw) for one in found] == groups
    assert all(isinstance(one.group, Group) for one in found)


def test_brackets_of_a_large_group_are_not_stopped_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stops = 0
    run = listing._RUN

    class Counting:
        def match(self, buffer: bytearray, position: int) -> object:
            nonlocal stops
            stops += 1
            return run.match(buffer, position)

    monkeypatch.setattr(listing, "_RUN", Counting())
    groups = [group(1), group(2, filler=[[]] * 500_000), group(3)]
    for separator in (",", ", "):
        stops = 0
        assert len(split(json.dumps(groups, separators=(separator, ":")).encode(), 1 << 16)) == 3
        # A million of them, of which a few are stopped at where a chunk begins and where the group ends.
        assert 0 < stops < 10_000


def test_a_very_large_group_leaves_the_groups_after_it_to_the_faster_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "SEARCHED", 1000)
    followed = 0
    follow = Splitter._follow

    def counting(splitter: Splitter) -> list[Listed]:
        nonlocal followed
        followed += 1
        return follow(splitter)

    monkeypatch.setattr(Splitter, "_follow", counting)
    groups = [group(1), group(2, filler="x" * 5000), *(group(number) for number in range(3, 60))]
    found = split(compact(groups), 500)
    assert [json.loads(one.raw) for one in found] == groups
    # The chunks that the large one came in.
    assert 8 <= followed <= 12


def test_of_thousands_of_wrong_members_one_is_told() -> None:
    wrong = group(2, assets=[[]] * 20_000)
    found = split(compact([group(1), wrong, group(3)]))
    [(group_id, reason)] = reasons(found)
    assert group_id == wrong["duplicateId"]
    assert reason.startswith("assets.0: Input should be an object")
    assert "20" not in reason


@pytest.mark.parametrize(
    "duration", ['"0:00:inf"', '"0:0:1e308"', '"1:2:nan"', '"0:00:00.00000"', "0", "null"]
)
def test_a_length_that_is_none_is_unknown(duration: str) -> None:
    asset = f'{{"id":"a","type":"VIDEO","duration":{duration}}}'
    raw = f'[{{"duplicateId":"g","assets":[{asset}]}}]'
    splitter = Splitter()
    (listed,) = splitter.feed(raw.encode()) + splitter.close()
    assert isinstance(listed.group, Group)
    assert listed.group.assets[0].duration_ms is None

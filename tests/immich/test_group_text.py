"""The fast way from text to group against the validator of the model, which it must not differ from."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from immich_tui.immich.group_text import group_of
from immich_tui.immich.models import Asset, Exif, Group
from tests.immich.test_recorded import VERSIONS, recorded
from tests.strategies import groups

by_the_model = TypeAdapter(Group).validate_json

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5) | st.just(2**70),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["IMAGE", "2024-06-12T10:15:00.000Z", "0:00:03.500000", "hidden", "1e999", "12"]),
    st.lists(st.none() | st.text(max_size=2) | st.just({}), max_size=2),
    st.dictionaries(
        st.sampled_from(["id", "name", "assets", "x"]), st.none() | st.text(max_size=2), max_size=2
    ),
)
"""Values that may stand where a server of another version writes something else."""


def text_of(group: Group) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(group.model_dump_json(by_alias=True))
    value["duplicateId"] = value.pop("id")
    for member in value["assets"]:
        member["exifInfo"], member["duration"] = member.pop("exif"), member.pop("durationMs")
    return value


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Every value within this one, as its container and its key."""
    inside = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, key) for key, _ in inside]
    for _, one in inside:
        if isinstance(one, dict | list):
            found += places_in(one)
    return found


def result(read: Any, text: bytes) -> tuple[Any, Any]:
    """What a way makes of a text: the values, or what it has against it."""
    try:
        return repr(read(text)), None
    except ValidationError as error:
        return None, error.errors(include_url=False, include_context=False)


@given(groups(), st.data())
def test_a_group_with_anything_in_it_is_read_or_refused_alike(group: Group, data: st.DataObject) -> None:
    value = text_of(group)
    for _ in range(data.draw(st.integers(0, 3))):
        container, key = data.draw(st.sampled_from(places_in(value)))
        if data.draw(st.booleans()) and isinstance(container, dict):
            container.pop(key, None)
        elif key in container or isinstance(container, list):
            container[key] = data.draw(ODD)
    text = json.dumps(value).encode()
    assert result(group_of, text) == result(by_the_model, text)


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_groups_are_the_same(version: str) -> None:
    listed = recorded(version)["duplicates"]
    assert listed
    for value in listed:
        text = json.dumps(value).encode()
        assert result(group_of, text) == result(by_the_model, text)


def a_group() -> bytes:
    return json.dumps(
        {"duplicateId": "g", "assets": [{"id": "a", "type": "IMAGE", "exifInfo": {"make": "M"}}]}
    ).encode()


def test_its_models_are_models() -> None:
    group = group_of(a_group())
    (member,) = group.assets
    assert isinstance(member, Asset)
    assert isinstance(member.exif, Exif)
    assert pickle.loads(pickle.dumps(group)) == copy.deepcopy(group) == group
    assert Group.model_validate(group.model_dump()) == group
    with pytest.raises(ValidationError, match="frozen"):
        member.id = "b"


def test_a_changed_copy_leaves_the_others_as_they_are() -> None:
    one, other = group_of(a_group()), group_of(a_group())
    changed = one.assets[0].model_copy(update={"is_favorite": True, "nonsense": 1})
    assert changed.is_favorite
    assert not one.assets[0].is_favorite
    assert "nonsense" not in other.assets[0].model_fields_set
    assert other == one

"""Boxes of faces: the same place whatever the size of the image they were measured in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.immich.models import Box, Face, Person
from immich_tui.verdict.faces import SAME_PLACE, at, at_as, inside, measured_in, overlap

sides = st.integers(1, 4000)
places = st.integers(-500, 4500)
boxes = st.builds(Box, sides, sides, places, places, st.integers(-5, 4000), st.integers(-5, 4000))


def face(box: Box, person: str | None = "ada") -> Face:
    return Face(
        id=f"{box}{person}",
        image_width=box.image_width,
        image_height=box.image_height,
        x1=box.x,
        y1=box.y,
        x2=box.x + box.width,
        y2=box.y + box.height,
        person=Person(id=person, name=person) if person else None,
    )


@given(boxes)
def test_what_is_inside_lies_in_the_image_and_in_the_box(box: Box) -> None:
    found = inside(box)
    if found is None:
        assert overlap(box, box) == 0.0
        return
    assert 0 <= found.x < found.x + found.width <= box.image_width
    assert 0 <= found.y < found.y + found.height <= box.image_height
    assert found.x >= box.x
    assert found.x + found.width <= box.x + box.width
    assert inside(found) == found
    assert overlap(box, found) == pytest.approx(1.0)


@given(boxes, boxes)
def test_overlap_is_a_share_and_the_same_both_ways(one: Box, other: Box) -> None:
    assert 0.0 <= overlap(one, other) <= 1.0 + 1e-9
    assert overlap(one, other) == pytest.approx(overlap(other, one))


@given(boxes, st.integers(2, 9))
def test_a_larger_image_changes_no_place(box: Box, times: int) -> None:
    larger = Box(*(number * times for number in box))
    assert overlap(box, larger) == pytest.approx(0.0 if inside(box) is None else 1.0)


@given(boxes.map(inside).filter(bool), sides, sides)
def test_a_place_in_another_size_lies_in_it_and_is_near(box: Box, width: int, height: int) -> None:
    found = measured_in(box, width, height)
    assert inside(found) == found
    assert (found.image_width, found.image_height) == (width, height)
    for mine, theirs, side in ((box.x, found.x, 0), (box.y, found.y, 1)):
        assert abs(mine / box[side] - theirs / found[side]) <= 1 / found[side] + 1e-9
    assert measured_in(box, box.image_width, box.image_height) == box


def test_faces_at_a_place_are_found_by_person() -> None:
    box = Box(800, 600, 100, 100, 80, 80)
    near = box._replace(x=110)
    far = box._replace(x=160)
    assert overlap(box, near) > SAME_PLACE > overlap(box, far)
    faces = [face(near), face(far), face(near, "ben"), face(box, None)]
    assert at(faces, box) == (faces[0], faces[2], faces[3])
    assert at_as(faces, box, "ben") == (faces[2],)

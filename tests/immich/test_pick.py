"""Immich's own pick, against the servers that say it and against worked examples."""

from __future__ import annotations

import math

import pytest

from immich_tui.immich.models import Asset, Exif, Group
from immich_tui.immich.pick import EXIF_FIELDS, immich_pick, reproduced_pick, truthy_exif_fields
from tests.strategies import NOON, PARIS, UPLOADED, group, photo, uuid
from tests.verdict.recorded import Recorded, everything


@pytest.mark.parametrize("found", everything(), ids=lambda found: f"{found.version} {found.name}")
def test_equals_what_the_server_suggests(found: Recorded) -> None:
    assert found.group.suggested_keep_asset_ids
    assert (reproduced_pick(found.group),) == found.group.suggested_keep_asset_ids


#: Values that count, in the order in which the examples take them.
_COUNTING = (
    "make",
    "model",
    "lens_model",
    "exposure_time",
    "city",
    "state",
    "country",
    "time_zone",
    "orientation",
)


def _member(number: int, size: int | None, count: int) -> Asset:
    """An asset with so many EXIF values that count."""
    values: dict[str, object] = dict.fromkeys(_COUNTING, "x") | {
        "exif_image_width": 1,
        "exif_image_height": 1,
        "date_time_original": UPLOADED,
        "modify_date": UPLOADED,
        "f_number": 1,
        "focal_length": 1,
        "iso": 1,
        "latitude": 1,
        "longitude": 1,
        "description": "x",
        "projection_type": "x",
        "rating": 1,
    }
    fields = dict(list(values.items())[: count - bool(size)]) | {"file_size_in_byte": size}
    exif = Exif.model_validate(fields)
    assert truthy_exif_fields(exif) == count
    return photo(number).model_copy(update={"exif": exif})


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        (((5_000_000, 9), (4_999_999, 21)), 1),  # size alone decides
        (((800, 12), (800, 14), (790, 22)), 2),  # the third is no candidate
        (((800, 14), (800, 14)), 2),  # a full tie: the last
        (((800, 15), (800, 14), (800, 15)), 3),  # a tie of two: the last of them
        (((None, 10), (None, 11)), 2),  # no sizes: the count
        (((None, 20), (1, 3)), 2),  # one byte beats none
        (((0, 5), (None, 4)), 1),  # 0 and unknown are one size
    ],
)
def test_worked_examples(members: tuple[tuple[int | None, int], ...], kept: int) -> None:
    made = group(*(_member(number, size, count) for number, (size, count) in enumerate(members, start=1)))
    assert reproduced_pick(made) == uuid(kept)


def test_counting_is_javascripts() -> None:
    full = photo(gps=PARIS, city="Paris", wall=NOON, orientation="1").exif
    assert full is not None
    full = full.model_copy(update={"state": "x", "country": "x"})
    assert truthy_exif_fields(full) == 19
    assert truthy_exif_fields(full.model_copy(update={"latitude": 0.0})) == 18
    assert truthy_exif_fields(full.model_copy(update={"rating": 4.0, "description": "x"})) == 21
    assert truthy_exif_fields(full.model_copy(update={"rating": -1.0})) == 20
    assert truthy_exif_fields(full.model_copy(update={"rating": 0.0})) == 19
    assert truthy_exif_fields(full.model_copy(update={"iso": math.nan})) == 18
    assert truthy_exif_fields(full.model_copy(update={"time_zone": "0"})) == 19
    assert truthy_exif_fields(None) == 0


def test_exactly_the_known_fields_count() -> None:
    assert set(EXIF_FIELDS) == set(Exif.model_fields)
    assert len(EXIF_FIELDS) == 22


def test_the_servers_word_goes_before_our_reckoning() -> None:
    small, large = photo(1, size=1), photo(2, size=2)
    assert immich_pick(group(small, large, suggested=(small.id,))) == small.id
    assert immich_pick(group(small, large, suggested=())) == large.id
    assert immich_pick(group(small, large, suggested=(uuid(77),))) == large.id


def test_an_asset_without_exif_does_not_hurt() -> None:
    blank = photo(1).model_copy(update={"exif": None})
    assert reproduced_pick(
        Group(id=uuid(500), assets=(blank, blank.model_copy(update={"id": uuid(2)})))
    ) == uuid(2)

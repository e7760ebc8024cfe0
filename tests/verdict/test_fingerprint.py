"""Fingerprints: equal for equal content, different for every change that matters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from immich_tui.immich.models import Asset, StackRef, Tag
from immich_tui.immich.pick import EXIF_FIELDS
from immich_tui.verdict.fingerprint import LABELS, changed, covered, fingerprint
from tests.strategies import photo, uuid


def of_exif(asset: Asset, **changes: Any) -> Asset:
    assert asset.exif is not None
    return asset.model_copy(update={"exif": asset.exif.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"checksum": "x"}, "checksum"),
        ({"is_trashed": True}, "trash state"),
        ({"visibility": "archive"}, "visibility"),
        ({"is_favorite": True}, "favourite"),
        ({"tags": (Tag(id=uuid(710), name="a", value="a"),)}, "tags"),
        ({"stack": StackRef(id=uuid(601), primary_asset_id=uuid(1))}, "stack"),
        ({"is_edited": True}, "edits"),
        ({"live_photo_video_id": uuid(801)}, "live video"),
        ({"duplicate_id": None}, "duplicate group"),
        ({"local_date_time": datetime(2024, 1, 1, tzinfo=UTC)}, "local time"),
    ],
)
def test_every_change_of_the_asset_shows(change: dict[str, Any], named: str) -> None:
    before = photo(1)
    after = before.model_copy(update=change)
    assert changed(before, after) == (named,)
    assert fingerprint(before) != fingerprint(after)


@pytest.mark.parametrize("name", EXIF_FIELDS)
def test_every_change_of_an_exif_field_shows(name: str) -> None:
    before = photo(1)
    value: object = datetime(2001, 1, 1, tzinfo=UTC) if name in ("date_time_original", "modify_date") else 77
    after = of_exif(before, **{name: value})
    assert changed(before, after) == (LABELS[name],)
    assert fingerprint(before) != fingerprint(after)


def test_what_only_moves_by_itself_does_not_show() -> None:
    before = photo(1)
    after = before.model_copy(
        update={"updated_at": datetime(2026, 1, 1, tzinfo=UTC), "original_path": "/moved.jpg"}
    )
    assert changed(before, after) == ()
    assert fingerprint(before) == fingerprint(after)


def test_the_way_of_writing_does_not_show() -> None:
    answer = {
        "id": uuid(1),
        "type": "IMAGE",
        "localDateTime": "2024-06-12T12:00:00.000Z",
        "exifInfo": {"iso": 200, "description": "", "dateTimeOriginal": "2024-06-12T10:00:00Z"},
    }
    listed = {
        **answer,
        "localDateTime": "2024-06-12T12:00:00+00:00",
        "exifInfo": {"iso": 200.0, "description": None, "dateTimeOriginal": "2024-06-12T12:00:00+02:00"},
    }
    assert fingerprint(Asset.model_validate(answer)) == fingerprint(Asset.model_validate(listed))


@pytest.mark.parametrize("value", [-0.0, float("nan"), float("inf")])
def test_odd_numbers_equal_themselves(value: float) -> None:
    odd, again = of_exif(photo(1), latitude=value), of_exif(photo(1), latitude=value + 0)
    assert changed(odd, again) == ()
    assert fingerprint(odd) == fingerprint(again)


def test_everything_that_is_covered_has_a_name() -> None:
    assert covered(photo(1)).keys() == LABELS.keys()

"""Fingerprints of assets: whether an asset is still what was decided on.

Immich does not move `updatedAt` when EXIF values are edited, so the values themselves are digested.
"""

from __future__ import annotations

import hashlib
import math
import struct
from datetime import UTC, datetime
from operator import itemgetter

from immich_tui.immich.models import NO_EXIF, Asset
from immich_tui.immich.pick import EXIF_FIELDS

_LENGTH = 32

#: Names for people of what a fingerprint covers.
LABELS: dict[str, str] = {
    "id": "id",
    "checksum": "checksum",
    "trashed": "trash state",
    "visibility": "visibility",
    "favourite": "favourite",
    "tags": "tags",
    "stack": "stack",
    "edited": "edits",
    "live_video": "live video",
    "duplicate_id": "duplicate group",
    "local_date_time": "local time",
    "make": "camera make",
    "model": "camera model",
    "exif_image_width": "width",
    "exif_image_height": "height",
    "file_size_in_byte": "file size",
    "orientation": "orientation",
    "date_time_original": "capture time",
    "modify_date": "modification date",
    "time_zone": "time zone",
    "lens_model": "lens",
    "f_number": "aperture",
    "focal_length": "focal length",
    "iso": "ISO",
    "exposure_time": "exposure time",
    "latitude": "latitude",
    "longitude": "longitude",
    "city": "city",
    "state": "state",
    "country": "country",
    "description": "description",
    "projection_type": "projection",
    "rating": "rating",
}


def _plain(value: object) -> object:
    """A value in the one form that does not depend on how the server wrote it."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return aware.timestamp()
    if isinstance(value, float):
        # 200.0 and 200 are one number, and one that is no number tells nothing.
        if math.isnan(value):
            return None
        return int(value) if value.is_integer() else repr(value)
    return value or None if isinstance(value, str) else value


def covered(asset: Asset) -> dict[str, object]:
    """What a fingerprint covers, by field: plain values that compare and serialise.

    Tags and stack are covered as far as the answer told them; the listing does not tell the stack, so a
    fingerprint of a listing must be compared with one of a listing.
    """
    exif = asset.exif.__dict__ if asset.exif is not None else {}
    found: dict[str, object] = {
        "id": asset.id,
        "checksum": asset.checksum,
        "trashed": asset.is_trashed,
        "visibility": asset.visibility,
        "favourite": asset.is_favorite,
        "tags": sorted(tag.id for tag in asset.tags) if asset.tags is not None else None,
        "stack": asset.stack.id if asset.stack is not None else None,
        "edited": asset.is_edited,
        "live_video": asset.live_photo_video_id,
        "duplicate_id": asset.duplicate_id,
        "local_date_time": _plain(asset.local_date_time),
    }
    for name in EXIF_FIELDS:
        found[name] = _plain(exif.get(name))
    return found


#: The EXIF fields by kind, so that a fingerprint need not ask every value for its type.
_DATES = ("date_time_original", "modify_date")
_NUMBERS = (
    "exif_image_width",
    "exif_image_height",
    "f_number",
    "focal_length",
    "iso",
    "latitude",
    "longitude",
    "rating",
)
_WHOLE = ("file_size_in_byte",)
_TEXTS = tuple(name for name in EXIF_FIELDS if name not in (*_DATES, *_NUMBERS, *_WHOLE))

_dates_of = itemgetter(*_DATES)
_numbers_of = itemgetter(*_NUMBERS)
_texts_of = itemgetter(*_TEXTS)
_about = itemgetter(
    "id",
    "is_trashed",
    "visibility",
    "is_favorite",
    "is_edited",
    "checksum",
    "live_photo_video_id",
    "duplicate_id",
)
_pack = struct.Struct(f"<{len(_NUMBERS)}d").pack
_UNKNOWN = math.nan


def fingerprint(asset: Asset) -> str:
    """A digest of everything that a decision rests on; equal for equal content, however it was written.

    It covers what `covered` does, in a form that costs a quarter: it is made for every asset of a library.
    """
    about = asset.__dict__
    exif = (about["exif"] or NO_EXIF).__dict__
    taken, modified = _dates_of(exif)
    tags, stack = about["tags"], about["stack"]
    text = repr(
        (
            _about(about),
            [value or None for value in _texts_of(exif)],
            exif["file_size_in_byte"],
            _instant(taken),
            _instant(modified),
            _instant(about["local_date_time"]),
            sorted([tag.id for tag in tags]) if tags is not None else None,
            stack.id if stack is not None else None,
        )
    )
    # Adding zero makes minus zero zero.
    numbers = _pack(*[_UNKNOWN if value is None else value + 0.0 for value in _numbers_of(exif)])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass") + numbers).hexdigest()[:_LENGTH]


def _instant(value: datetime | None) -> float | None:
    if value is None:
        return None
    return (value if value.tzinfo is not None else value.replace(tzinfo=UTC)).timestamp()


def changed(before: Asset, after: Asset) -> tuple[str, ...]:
    """Names for people of the fields that differ between two states of an asset; empty when none does."""
    old, new = covered(before), covered(after)
    return tuple(LABELS[name] for name in old if old[name] != new[name])

"""Fingerprints of assets: whether an asset is still what was decided on.

Immich does not move `updatedAt` when EXIF values are edited, so the values themselves are digested.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from immich_tui.immich.models import Asset
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
        # 200.0 and 200 are one number; NaN equals itself here, so that an unchanged asset is unchanged.
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


def fingerprint(asset: Asset) -> str:
    """A digest of everything that a decision rests on; equal for equal content, however it was written."""
    text = json.dumps(covered(asset), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def changed(before: Asset, after: Asset) -> tuple[str, ...]:
    """Names for people of the fields that differ between two states of an asset; empty when none does."""
    old, new = covered(before), covered(after)
    return tuple(LABELS[name] for name in old if old[name] != new[name])

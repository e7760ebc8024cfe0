"""The asset that Immich itself would keep, reproduced for servers that do not say it.

Servers from 2.7.0 on send their suggestion with the listing; the web page of 1.124 to 2.6 computed the same
in the browser. The rule: the largest file; among equally large ones the one with the most EXIF values that
are truthy in JavaScript; among those the last one in the order of the answer.
"""

from __future__ import annotations

import math

from immich_tui.immich.models import Asset, Exif, Group

#: The 22 EXIF fields that count. Fixed here: a field that a later server adds must not change the count.
EXIF_FIELDS = (
    "make",
    "model",
    "exif_image_width",
    "exif_image_height",
    "file_size_in_byte",
    "orientation",
    "date_time_original",
    "modify_date",
    "time_zone",
    "lens_model",
    "f_number",
    "focal_length",
    "iso",
    "exposure_time",
    "latitude",
    "longitude",
    "city",
    "state",
    "country",
    "description",
    "projection_type",
    "rating",
)


def truthy_exif_fields(exif: Exif | None) -> int:
    """How many EXIF values Immich counts: neither missing nor null, 0, NaN or an empty string.

    A coordinate of exactly 0 and a rating of 0 do not count, a rating of -1 does.
    """
    if exif is None:
        return 0
    values = exif.__dict__
    count = 0
    for name in EXIF_FIELDS:
        value = values[name]
        # NaN is falsy in JavaScript and truthy in Python.
        if value and not (value.__class__ is float and math.isnan(value)):
            count += 1
    return count


def size_for_immich(asset: Asset) -> int:
    """The file size as Immich compares it, in bytes: unknown counts as 0."""
    exif = asset.exif
    return (exif.file_size_in_byte or 0) if exif is not None else 0


def reproduced_pick(group: Group) -> str:
    """Id of the asset that Immich's rule names, computed from the members alone."""
    largest = max(map(size_for_immich, group.assets))
    best = group.assets[0]
    most = -1
    candidates = [asset for asset in group.assets if size_for_immich(asset) == largest]
    if len(candidates) == 1:
        return candidates[0].id
    for asset in candidates:
        count = truthy_exif_fields(asset.exif)
        if count >= most:
            best, most = asset, count
    return best.id


def immich_pick(group: Group) -> str:
    """Id of the asset that Immich would keep: the server's own suggestion where it sends one."""
    suggested = group.suggested_keep_asset_ids
    if suggested:
        for asset in group.assets:
            if asset.id == suggested[0]:
                return asset.id
    return reproduced_pick(group)

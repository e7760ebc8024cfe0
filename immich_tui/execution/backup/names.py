"""File names that every file system takes, made from names that nobody should trust.

The asset id stands in front, so names are unique whatever the file system folds together (case, Unicode
normalisation, trailing dots); the original name is kept to the letter in the manifest.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

LIMIT = 200
"""Bytes of the whole name in UTF-8: below the 255 of common file systems, with room for `.part`."""

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]')
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")


def backup_name(asset_id: str, original_name: str) -> str:
    """Name of an asset's backup: `{asset id}_{safe original name}`.

    Path separators, control characters, characters that some file systems refuse, and invisible or
    direction-changing ones become `_`; the extension survives a cut.
    """
    text = original_name.encode("utf-8", "replace").decode("utf-8")
    text = _UNSAFE.sub("_", unicodedata.normalize("NFC", text)).strip(" .") or "unnamed"
    suffix_match = _SUFFIX.search(text)
    suffix = suffix_match.group() if suffix_match else ""
    stem = text[: len(text) - len(suffix)] if suffix else text
    room = LIMIT - len(safe_id(asset_id)) - 1 - len(suffix)
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") or "unnamed"
    return f"{safe_id(asset_id)}_{stem}{suffix}"


def safe_id(asset_id: str) -> str:
    """Return an id that is one plain path part; anything but letters, digits and dashes becomes `_`."""
    return re.sub(r"[^0-9A-Za-z-]", "_", asset_id)[:64] or "_"


def is_inside(path: PurePosixPath, folder: PurePosixPath) -> bool:
    """Whether a path is a folder or lies below it."""
    return path == folder or folder in path.parents

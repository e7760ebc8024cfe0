"""Whether the hints for newcomers were shown on this machine already."""

from __future__ import annotations

from pathlib import Path

FILE = "hints-shown"


def is_new(data: Path) -> bool:
    """Whether nobody has seen the hints yet; where `data`, the folder for data, cannot be read, they have."""
    try:
        return not (data / FILE).exists()
    except OSError:
        return False


def remember(data: Path) -> bool:
    """Note that the hints were shown. Whether that could be written: a full disk spoils no review."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / FILE).touch(mode=0o600)
    except OSError:
        return False
    return True

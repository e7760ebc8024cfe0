"""One way to write what cameras and programs write in many ways; blank and absurd values become unknown."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from unicodedata import normalize

Camera = tuple[str | None, str | None]
"""Make and model, normalised; one of them may be unknown."""

#: What companies add to their name in EXIF. "NIKON CORPORATION" and "NIKON" are one maker.
_COMPANY = re.compile(
    r"[\s,]+(?:corporation|corp|company|co|ltd|inc|gmbh|ag|kk|k\.k|imaging|optical|electronics|photo film|"
    r"techwin|digital|communications|mobility)\b\.?",
)
_MAKERS = {
    "eastman kodak": "kodak",
    "fuji": "fujifilm",
    "hewlett-packard": "hp",
    "konica minolta": "minolta",
    "lge": "lg",
    "om": "olympus",
    "om system": "olympus",
    "samsung techwin": "samsung",
    "sony ericsson": "sony ericsson",
    "asahi": "pentax",
    "leica camera": "leica",
}


def text(value: str | None) -> str | None:
    """The text without white space around it, `None` when nothing is left."""
    if not value:
        return None
    return value.strip() or None


def composed(value: str) -> str:
    """A path with its accents as keys write them: on a Mac "ü" in a file name is two characters."""
    return value if value.isascii() else normalize("NFC", value)


@lru_cache(maxsize=1024)
def word(value: str) -> str | None:
    """A name for comparing: case and runs of white space do not matter; no letter and no digit is no name.

    Some lenses and cameras write "----" where they know nothing.
    """
    folded = " ".join(value.casefold().split())
    return folded if any(sign.isalnum() for sign in folded) else None


@lru_cache(maxsize=1024)
def camera(make: str | None, model: str | None) -> Camera | None:
    """Make and model for comparing, `None` when neither is known.

    The maker's name goes without company suffixes, and models that repeat the maker ("Canon EOS R6") without
    the repetition.
    """
    maker = word(make) if make else None
    device = word(model) if model else None
    if maker is not None:
        bare = _COMPANY.sub("", maker).strip(" ,.") or maker
        maker = _MAKERS.get(bare, bare)
    if device is not None and maker is not None and device.startswith(maker + " "):
        device = device[len(maker) + 1 :] or device
    if maker is None and device is None:
        return None
    return maker, device


def cameras_differ(one: Camera, other: Camera) -> bool:
    """Whether two cameras are certainly different: a make or a model that both name is not the same."""
    return (one[0] is not None and other[0] is not None and one[0] != other[0]) or (
        one[1] is not None and other[1] is not None and one[1] != other[1]
    )


@lru_cache(maxsize=1024)
def camera_label(make: str | None, model: str | None) -> str:
    """Make and model as shown: the model alone where it repeats the maker."""
    maker, device = text(make), text(model)
    if maker and device:
        name = _COMPANY.sub("", maker.casefold()).strip(" ,.")
        return device if device.casefold().startswith(name) else f"{maker} {device}"
    return maker or device or ""


def positive(value: float | None) -> float | None:
    """A finite number above 0, else `None`."""
    return value if value is not None and 0 < value < math.inf else None


@lru_cache(maxsize=4096)
def exposure_seconds(value: str) -> float | None:
    """An exposure time in seconds ("1/250", "0.5", "2 s"), `None` when it is no positive number."""
    numerator, slash, denominator = value.strip().rstrip("s").partition("/")
    try:
        seconds = float(numerator) / float(denominator) if slash else float(numerator)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return positive(seconds)

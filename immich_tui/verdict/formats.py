"""File formats as far as the rules care: families, and which of them holds the better original."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache


class Family(Enum):
    """Formats that can be compared with each other: label and rank, higher is nearer to the original."""

    RAW = ("RAW", 6)
    HEIF = ("HEIC", 5)
    AVIF = ("AVIF", 5)
    JXL = ("JPEG XL", 5)
    TIFF = ("TIFF", 4)
    PNG = ("PNG", 4)
    BMP = ("BMP", 4)
    JPEG = ("JPEG", 3)
    WEBP = ("WebP", 2)
    GIF = ("GIF", 2)
    VIDEO = ("video", 1)
    OTHER = ("unknown format", 0)

    def __init__(self, label: str, rank: int) -> None:
        self.label = label
        self.rank = rank

    #: The one of enumerations is written in Python; this is asked for every file of a library.
    __hash__ = object.__hash__


#: Formats that lose nothing: fewer bytes only mean a better packer.
LOSSLESS = frozenset({Family.PNG, Family.TIFF, Family.BMP})

#: Families where fewer bytes for the same pixels mean a coarser picture.
LOSSY = frozenset({Family.RAW, Family.HEIF, Family.AVIF, Family.JXL, Family.JPEG, Family.WEBP, Family.VIDEO})

_RAW = frozenset(
    {
        "3fr",
        "ari",
        "arw",
        "cap",
        "cin",
        "cr2",
        "cr3",
        "crw",
        "dcr",
        "dng",
        "erf",
        "fff",
        "iiq",
        "k25",
        "kdc",
        "mrw",
        "nef",
        "nrw",
        "orf",
        "ori",
        "pef",
        "raf",
        "raw",
        "rw2",
        "rwl",
        "sr2",
        "srf",
        "srw",
        "x3f",
    }
)
_NAMES = {
    "heic": Family.HEIF,
    "heif": Family.HEIF,
    "hif": Family.HEIF,
    "avif": Family.AVIF,
    "jxl": Family.JXL,
    "tif": Family.TIFF,
    "tiff": Family.TIFF,
    "png": Family.PNG,
    "bmp": Family.BMP,
    "jpg": Family.JPEG,
    "jpe": Family.JPEG,
    "jpeg": Family.JPEG,
    "insp": Family.JPEG,
    "webp": Family.WEBP,
    "gif": Family.GIF,
}
_VIDEO_SUFFIXES = frozenset(
    {
        "3gp",
        "avi",
        "flv",
        "insv",
        "m2ts",
        "m4v",
        "mkv",
        "mov",
        "mp4",
        "mpeg",
        "mpg",
        "mts",
        "vob",
        "webm",
        "wmv",
    }
)


@lru_cache(maxsize=512)
def family_of_mime(mime: str) -> Family:
    """The family that a MIME type names; RAW comes as `image/<suffix>` or `image/x-<maker>-<suffix>`."""
    kind, _, subtype = mime.strip().lower().partition("/")
    if kind == "video":
        return Family.VIDEO
    last = subtype.rpartition("-")[2]
    if last in _RAW:
        return Family.RAW
    return _NAMES.get(last, Family.OTHER)


def family_of_name(name: str) -> Family:
    """The family that a file name's suffix names."""
    suffix = name.rpartition(".")[2].strip().lower()
    if suffix in _RAW:
        return Family.RAW
    if suffix in _VIDEO_SUFFIXES:
        return Family.VIDEO
    return _NAMES.get(suffix, Family.OTHER)

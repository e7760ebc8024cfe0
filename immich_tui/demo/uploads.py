"""What the server makes of uploaded bytes: dimensions, EXIF, thumbnails."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

from PIL import ExifTags, Image, UnidentifiedImageError

from immich_tui.demo.jobs import zone_name
from immich_tui.demo.pictures import jpeg_bytes, thumbnail_bytes
from immich_tui.demo.thumbhash import thumbhash

_MIMES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".dng": "image/dng",
    ".cr3": "image/cr3",
    ".nef": "image/nef",
    ".arw": "image/arw",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
}


def mime_of(suffix: str) -> str:
    """The MIME type that the server derives from a file name."""
    return _MIMES.get(suffix.lower(), "application/octet-stream")


class UploadedFile:
    """Bytes that somebody sent."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self) -> bytes:
        """The bytes."""
        return self._data

    def sha1(self) -> bytes:
        """Their digest."""
        return hashlib.sha1(self._data, usedforsecurity=False).digest()


class UploadedPicture:
    """The picture in the bytes, if there is one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def _image(self) -> Image.Image | None:
        try:
            image = Image.open(io.BytesIO(self._data))
            return image.convert("RGB")
        except (UnidentifiedImageError, OSError):
            return None

    def size(self) -> tuple[int | None, int | None]:
        """Width and height, both `None` when it is no picture."""
        image = self._image()
        return image.size if image else (None, None)

    def thumbnail(self) -> bytes:
        """A small WebP."""
        image = self._image()
        return thumbnail_bytes(image) if image else b""

    def preview(self) -> bytes:
        """A JPEG of at most 1440 pixels."""
        image = self._image()
        if image is None:
            return b""
        image.thumbnail((1440, 1440))
        return jpeg_bytes(image, 80)

    def thumbhash(self) -> str | None:
        """The placeholder hash, `None` when it is no picture."""
        image = self._image()
        return thumbhash(image) if image else None


def read_embedded(data: bytes) -> dict[str, object]:
    """The EXIF fields of an uploaded JPEG, under Immich's names."""
    try:
        image = Image.open(io.BytesIO(data))
        exif = image.getexif()
    except (UnidentifiedImageError, OSError):
        return {}
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    said: dict[str, object] = {"exifImageWidth": image.width, "exifImageHeight": image.height}
    for name, value in (("make", exif.get(271)), ("model", exif.get(272)), ("lensModel", detail.get(42036))):
        if isinstance(value, str) and value.strip("\0 "):
            said[name] = value.strip("\0 ")
    for name, code in (("fNumber", 33437), ("focalLength", 37386), ("iso", 34855)):
        if (value := detail.get(code)) is not None:
            said[name] = float(value)
    taken = detail.get(36867)
    if isinstance(taken, str):
        said |= exif_date(taken, detail.get(36881))
    return said


def exif_date(text: str, offset: object) -> dict[str, object]:
    """Capture instant and zone from EXIF's own form; without an offset the wall clock stands for both."""
    try:
        moment = datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return {}
    if not isinstance(offset, str):
        return {"dateTimeOriginal": moment}
    try:
        moment = datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{offset}")
    except ValueError:
        return {"dateTimeOriginal": moment}
    return {"dateTimeOriginal": moment.astimezone(UTC), "timeZone": zone_name(moment)}

"""One file on its way to the server: the form that carries it, made while it is sent.

A file is read in a thread, a piece at a time, so that its size costs no memory and never holds the loop up.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final, Literal

_PIECE: Final = 256 * 1024
_DEVICE: Final = "immich-tui"


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo or video to be uploaded.

    `content` is the file, or the bytes themselves where they are few. `sha1` (hexadecimal) lets the server
    answer `duplicate` without reading the bytes. `live_video` is the id of the video of a live photo, which
    is uploaded before it, `hidden`. `sidecar` is the text of an XMP file; with one, the server takes `name`
    from the form's header, so it must be plain ASCII then (`ValueError`).
    """

    content: Path | bytes
    name: str
    created_at: datetime
    modified_at: datetime
    favourite: bool = False
    visibility: Literal["timeline", "archive", "hidden"] | None = None
    live_video: str | None = None
    sidecar: bytes | None = None
    sha1: str | None = None

    def __post_init__(self) -> None:
        if self.sidecar is not None and not _plain(self.name):
            raise ValueError(f"{self.name!r} is no name for an upload with a sidecar")


class Form:
    """The multipart form of an upload. Iterate `chunks` once; `length` is that of the whole body.

    Making one looks at the file's size: do so in a thread. Raises `OSError` when the file cannot be read.
    """

    def __init__(self, upload: Upload) -> None:
        boundary = secrets.token_hex(16)
        suffix = PurePosixPath(upload.name).suffix if _plain(PurePosixPath(upload.name).suffix) else ""
        part_name = upload.name if upload.sidecar is not None else f"file{suffix}"
        head = [_field(boundary, name, value) for name, value in _fields(upload)]
        if upload.sidecar is not None:
            head.append(_file_head(boundary, "sidecarData", f"{upload.name}.xmp") + upload.sidecar + b"\r\n")
        head.append(_file_head(boundary, "assetData", part_name))
        self._head = b"".join(head)
        self._content = upload.content
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        content = upload.content
        self._size = len(content) if isinstance(content, bytes) else content.stat().st_size
        self.length = len(self._head) + self._size + len(self._tail)
        self.headers: Mapping[str, str] = {
            "content-type": f"multipart/form-data; boundary={boundary}",
            "content-length": str(self.length),
            **({"x-immich-checksum": upload.sha1} if upload.sha1 else {}),
        }

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body. Raises `OSError` when the file cannot be read, or is not as long as it was."""
        yield self._head
        if isinstance(self._content, bytes):
            yield self._content
        else:
            async for piece in _pieces(self._content, self._size):
                yield piece
        yield self._tail


async def _pieces(path: Path, size: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        left = size
        while piece := await asyncio.to_thread(file.read, _PIECE):
            left -= len(piece)
            if left < 0:
                break
            yield piece
        if left:
            raise OSError(f"{path.name} changed while it was being sent")
    finally:
        await asyncio.to_thread(file.close)


def _fields(upload: Upload) -> Iterator[tuple[str, str]]:
    """The plain fields. They stand before the file, since the server looks at `filename` when that begins."""
    yield "fileCreatedAt", _instant(upload.created_at)
    yield "fileModifiedAt", _instant(upload.modified_at)
    # Asked for below 3.0, where the two together once told a file that was sent twice.
    yield "deviceAssetId", upload.sha1 or f"{_DEVICE}-{secrets.token_hex(16)}"
    yield "deviceId", _DEVICE
    yield "isFavorite", json.dumps(upload.favourite)
    if upload.visibility is not None:
        yield "visibility", upload.visibility
    if upload.live_video is not None:
        yield "livePhotoVideoId", upload.live_video
    if upload.sidecar is None:
        # With a sidecar this would be taken for the sidecar's name too, and refused.
        yield "filename", upload.name


def _field(boundary: str, name: str, value: str) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + value.encode("utf-8", "replace") + b"\r\n"


def _file_head(boundary: str, field: str, name: str) -> bytes:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode("ascii")


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not any(mark in text for mark in '"\\/')


def _instant(moment: datetime) -> str:
    """ISO 8601 with an offset, which 3.0 and later insist on; a moment without one is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

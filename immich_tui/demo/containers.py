"""Files around pictures, byte by byte, padded to an exact size.

Pillow encodes JPEG, PNG and WebP; EXIF and padding are put in here. HEIC, CR3 and DNG cannot be encoded by
Pillow: what is made here carries the right signature and a JPEG inside, so that a program which looks at the
first bytes takes it for what it claims to be; its thumbnail is a real one. Videos are QuickTime files of JPEG
frames, which players show.
"""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction

_COMMENT_LIMIT = 65_533


class TooLarge(ValueError):
    """The content does not fit into the size that was asked for."""


def filler(length: int, seed: str) -> bytes:
    """Bytes without meaning: the same for the same seed."""
    line = f"immich-tui demo filler {seed} ".encode()
    return (line * (length // len(line) + 1))[:length]


def padded_jpeg(picture: bytes, size: int, seed: str, exif: bytes = b"") -> bytes:
    """A JPEG of exactly `size` bytes: EXIF first, then comments as padding. Raises `TooLarge`."""
    head = b"\xff\xd8"
    if exif:
        block = b"Exif\0\0" + exif
        head += b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    room = size - len(head) - (len(picture) - 2)
    return head + _comments(room, seed) + picture[2:]


def _comments(room: int, seed: str) -> bytes:
    if room < 0 or 0 < room < 4:
        raise TooLarge
    parts = []
    while room:
        # The last segment must not be left with less than its own head.
        payload = min(room - 4, _COMMENT_LIMIT)
        if 0 < room - 4 - payload < 4:
            payload -= 4
        parts.append(b"\xff\xfe" + struct.pack(">H", payload + 2) + filler(payload, seed))
        room -= payload + 4
    return b"".join(parts)


def padded_png(picture: bytes, size: int, seed: str) -> bytes:
    """A PNG of exactly `size` bytes; the padding is a private chunk before the end."""
    room = size - len(picture) - 12
    if room < 0:
        raise TooLarge
    data = filler(room, seed)
    chunk = b"paDd" + data
    end = len(picture) - 12
    padding = struct.pack(">I", len(data)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return picture[:end] + padding + picture[end:]


def padded_webp(picture: bytes, size: int, seed: str) -> bytes:
    """A WebP of exactly `size` bytes (even); the padding is an unknown chunk at the end."""
    room = size - len(picture) - 8
    if room < 0 or size % 2:
        raise TooLarge
    body = picture[8:] + b"PADD" + struct.pack("<I", room) + filler(room, seed)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of the ISO base media format."""
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + kind + body


def padded_boxes(head: bytes, size: int, seed: str) -> bytes:
    """Boxes followed by a free one that fills up to `size` bytes."""
    room = size - len(head) - 8
    if room < 0:
        raise TooLarge
    return head + box(b"free", filler(room, seed))


def padded_heic(picture: bytes, size: int, seed: str) -> bytes:
    """Something with the signature of HEIC and a JPEG inside."""
    signature = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    return padded_boxes(signature + box(b"mdat", picture), size, seed)


def padded_cr3(picture: bytes, size: int, seed: str) -> bytes:
    """Something with the signature of Canon's CR3 and a JPEG inside."""
    signature = box(b"ftyp", b"crx \0\0\0\x01crx isom")
    return padded_boxes(signature + box(b"mdat", picture), size, seed)


def padded_dng(picture: bytes, size: int, seed: str) -> bytes:
    """A TIFF with a JPEG preview, as a DNG begins; the padding stands at the end."""
    entries = (
        (0x0103, 3, 1, 7),
        (0xC612, 1, 4, 0x00000401),
        (0x0201, 4, 1, 62),
        (0x0202, 4, 1, len(picture)),
    )
    directory = struct.pack("<H", len(entries))
    for tag, kind, count, value in sorted(entries):
        directory += struct.pack("<HHII", tag, kind, count, value)
    head = b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0)
    head = head.ljust(62, b"\0") + picture
    if len(head) > size:
        raise TooLarge
    return head + filler(size - len(head), seed)


def padded_movie(
    frames: list[bytes], width: int, height: int, milliseconds: int, size: int, seed: str
) -> bytes:
    """A QuickTime movie of exactly `size` bytes with the frames shown for equal times."""
    brand = box(b"ftyp", b"qt  \0\0\0\0qt  ")
    data = box(b"mdat", *frames)
    offset = len(brand) + 8
    return padded_boxes(brand + data + _movie(frames, offset, width, height, milliseconds), size, seed)


def _movie(frames: list[bytes], offset: int, width: int, height: int, milliseconds: int) -> bytes:
    """The box that says what is where."""
    each, count = milliseconds // len(frames), len(frames)
    total = each * count
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    movie_head = struct.pack(">IIIIIIH10x", 0, 0, 0, 1000, total, 0x10000, 0x100) + matrix + bytes(24)
    movie_head += struct.pack(">I", 2)
    track_head = struct.pack(">IIIIII", 7, 0, 0, 1, 0, total) + bytes(16) + matrix
    track_head += struct.pack(">II", width << 16, height << 16)
    entry = (
        bytes(6)
        + struct.pack(">H", 1)
        + bytes(16)
        + struct.pack(">HHIIIH", width, height, 0x480000, 0x480000, 0, 1)
    )
    entry += b"\x04JPEG".ljust(32, b"\0") + struct.pack(">Hh", 24, -1)
    offsets = []
    for frame in frames:
        offsets.append(offset)
        offset += len(frame)
    table = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), box(b"jpeg", entry)),
        box(b"stts", struct.pack(">IIII", 0, 1, count, each)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(f">III{count}I", 0, 0, count, *map(len, frames))),
        box(b"stco", struct.pack(f">II{count}I", 0, count, *offsets)),
    )
    here = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", struct.pack(">I", 1))))
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 1000, total, 0x55C4, 0)),
        box(b"hdlr", bytes(4) + b"mhlr" + b"vide" + bytes(12) + b"\0"),
        box(b"minf", box(b"vmhd", struct.pack(">IHHHH", 1, 0, 0, 0, 0)), here, table),
    )
    return box(b"moov", box(b"mvhd", movie_head), box(b"trak", box(b"tkhd", track_head), media))


# -- EXIF --------------------------------------------------------------------------------------------------


def exif_block(fields: dict[str, object]) -> bytes:
    """The TIFF structure of an EXIF segment.

    Reads `make`, `model`, `lensModel`, `exposureTime`, `fNumber`, `iso`, `focalLength`, `latitude`,
    `longitude`, and `date` and `offset` in EXIF's own form (`2024:07:28 18:03:11`, `+02:00`).
    """
    main: dict[int, tuple[int, bytes, int]] = {}
    detail: dict[int, tuple[int, bytes, int]] = {}
    place: dict[int, tuple[int, bytes, int]] = {}
    for code, name, where in (
        (0x010F, "make", main),
        (0x0110, "model", main),
        (0x9003, "date", detail),
        (0x9011, "offset", detail),
        (0xA434, "lensModel", detail),
    ):
        if value := fields.get(name):
            text = str(value).encode() + b"\0"
            where[code] = (2, text, len(text))
    for code, name in ((0x829D, "fNumber"), (0x920A, "focalLength"), (0x829A, "exposureTime")):
        if value := fields.get(name):
            fraction = Fraction(str(value)).limit_denominator(100_000)
            detail[code] = (5, struct.pack("<II", fraction.numerator, fraction.denominator), 1)
    if iso := fields.get("iso"):
        detail[0x8827] = (3, struct.pack("<H", int(str(iso))), 1)
    latitude, longitude = fields.get("latitude"), fields.get("longitude")
    if isinstance(latitude, float) and isinstance(longitude, float):
        place[1] = (2, b"N\0" if latitude >= 0 else b"S\0", 2)
        place[2] = (5, _degrees(latitude), 3)
        place[3] = (2, b"E\0" if longitude >= 0 else b"W\0", 2)
        place[4] = (5, _degrees(longitude), 3)
    if not main and not detail and not place:
        return b""
    return _directories(main, detail, place)


def _degrees(value: float) -> bytes:
    value = abs(value)
    degrees, minutes = int(value), int(value % 1 * 60)
    seconds = round((value - degrees - minutes / 60) * 3600 * 10_000)
    return struct.pack("<6I", degrees, 1, minutes, 1, seconds, 10_000)


_Directory = dict[int, tuple[int, bytes, int]]


def _directories(main: _Directory, detail: _Directory, place: _Directory) -> bytes:
    """Three directories one after the other: the first points to the others."""
    if detail:
        main[0x8769] = (4, bytes(4), 1)
    if place:
        main[0x8825] = (4, bytes(4), 1)
    first = 8
    second = first + _directory_size(main)
    third = second + (_directory_size(detail) if detail else 0)
    if detail:
        main[0x8769] = (4, struct.pack("<I", second), 1)
    if place:
        main[0x8825] = (4, struct.pack("<I", third), 1)
    blocks = [_directory(main, first)]
    if detail:
        blocks.append(_directory(detail, second))
    if place:
        blocks.append(_directory(place, third))
    return b"II*\0" + struct.pack("<I", first) + b"".join(blocks)


def _directory_size(entries: _Directory) -> int:
    values = (len(data) + len(data) % 2 for _, data, _ in entries.values() if len(data) > 4)
    return 6 + 12 * len(entries) + sum(values)


def _directory(entries: _Directory, start: int) -> bytes:
    table, values = struct.pack("<H", len(entries)), b""
    behind = start + 6 + 12 * len(entries)
    for code in sorted(entries):
        kind, data, count = entries[code]
        if len(data) <= 4:
            inline = data.ljust(4, b"\0")
        else:
            inline = struct.pack("<I", behind + len(values))
            values += data + b"\0" * (len(data) % 2)
        table += struct.pack("<HHI", code, kind, count) + inline
    return table + bytes(4) + values

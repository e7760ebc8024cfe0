"""Reading the listing: our stream of validated groups beside parsers that take the same bytes as a whole."""

from __future__ import annotations

import gc
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from immich_tui.immich.listing import Splitter

CHUNK = 64 * 1024


class _Named(msgspec.Struct):
    id: str
    name: str


class _Exif(msgspec.Struct, rename="camel"):
    make: str | None = None
    model: str | None = None
    exif_image_width: float | None = None
    exif_image_height: float | None = None
    file_size_in_byte: int | None = None
    orientation: str | None = None
    date_time_original: datetime | None = None
    modify_date: datetime | None = None
    time_zone: str | None = None
    lens_model: str | None = None
    f_number: float | None = None
    focal_length: float | None = None
    iso: float | None = None
    exposure_time: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    description: str | None = None
    projection_type: str | None = None
    rating: float | None = None


class _Asset(msgspec.Struct, rename="camel"):
    id: str
    type: Literal["IMAGE", "VIDEO", "AUDIO", "OTHER"]
    owner_id: str = ""
    library_id: str | None = None
    original_path: str = ""
    original_file_name: str = ""
    original_mime_type: str | None = None
    thumbhash: str | None = None
    checksum: str | None = None
    file_created_at: datetime | None = None
    file_modified_at: datetime | None = None
    local_date_time: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    is_favorite: bool = False
    is_archived: bool = False
    is_trashed: bool = False
    is_offline: bool = False
    visibility: Literal["timeline", "archive", "hidden", "locked"] = "timeline"
    duration: str | int | None = None
    live_photo_video_id: str | None = None
    duplicate_id: str | None = None
    width: float | None = None
    height: float | None = None
    is_edited: bool = False
    exif_info: _Exif | None = None
    tags: tuple[_Named, ...] | None = None
    people: tuple[_Named, ...] = ()


class Peer(msgspec.Struct, rename="camel"):
    duplicate_id: str
    assets: tuple[_Asset, ...]
    suggested_keep_asset_ids: tuple[str, ...] | None = None


def body(groups: int, *, compact: bool = True) -> bytes:
    """A listing as Immich 2.7 sends it: two or three assets a group, every field that it has."""
    listing = [_group(number) for number in range(groups)]
    return json.dumps(listing, separators=(",", ":") if compact else None).encode()


def _group(number: int) -> dict[str, Any]:
    group_id = str(UUID(int=number))
    assets = [_asset(number * 3 + member, group_id) for member in range(2 + number % 2)]
    return {"duplicateId": group_id, "assets": assets, "suggestedKeepAssetIds": [assets[0]["id"]]}


def _asset(number: int, group_id: str) -> dict[str, Any]:
    day = f"2023-06-{number % 28 + 1:02d}T12:{number % 60:02d}:07"
    name = f"IMG_{number:06d}.JPG"
    return {
        "id": str(UUID(int=(1 << 96) + number)),
        "createdAt": f"{day}.890738+00:00",
        "deviceAssetId": f"1__{name}-3a4677b4",
        "ownerId": str(UUID(int=7)),
        "deviceId": "seed",
        "libraryId": None,
        "type": "IMAGE",
        "originalPath": f"/data/upload/{UUID(int=7)}/7e/59/{UUID(int=number)}.JPG",
        "originalFileName": name,
        "originalMimeType": "image/jpeg",
        "thumbhash": "nugJLYR3l4ePiHeIh3eHeGpwfQTW",
        "fileCreatedAt": f"{day}+00:00",
        "fileModifiedAt": f"{day}+00:00",
        "localDateTime": f"{day}+00:00",
        "updatedAt": f"{day}.308765+00:00",
        "isFavorite": number % 9 == 0,
        "isArchived": False,
        "isTrashed": False,
        "visibility": "timeline",
        "duration": "0:00:00.00000",
        "exifInfo": {
            "make": "NIKON CORPORATION",
            "model": "NIKON Z 6_2",
            "exifImageWidth": 6048,
            "exifImageHeight": 4024,
            "fileSizeInByte": 4_000_000 + number,
            "orientation": "1",
            "dateTimeOriginal": f"{day}+00:00",
            "modifyDate": f"{day}+00:00",
            "timeZone": "UTC+2",
            "lensModel": "NIKKOR Z 24-70mm f/4 S",
            "fNumber": 2.8,
            "focalLength": 35,
            "iso": 200,
            "exposureTime": "1/250",
            "latitude": 48.8584,
            "longitude": 2.2945,
            "city": "Paris",
            "state": "Île-de-France",
            "country": "France",
            "description": "",
            "projectionType": None,
            "rating": None,
        },
        "livePhotoVideoId": None,
        "tags": [],
        "people": [],
        "checksum": "l8NaUM+A36P1BTUFS1CjaXHw43g=",
        "isOffline": False,
        "hasMetadata": True,
        "duplicateId": group_id,
        "resized": True,
        "width": 6048,
        "height": 4024,
        "isEdited": False,
    }


def streamed(data: bytes) -> int:
    """Read the listing as it arrives and let go of each group; gives their number."""
    splitter = Splitter()
    count = sum(len(splitter.feed(data[start : start + CHUNK])) for start in range(0, len(data), CHUNK))
    return count + len(splitter.close())


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def _peak(work: Callable[[], object]) -> float:
    gc.collect()
    tracemalloc.start()
    kept = work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return peak / 2**20


def rows() -> list[dict[str, Any]]:
    """CPU and memory for a small and a large listing, ours against each peer in interleaved rounds.

    On a large listing the peer pays for the garbage collector, which walks everything it has built.
    """
    small, large = _rows(2_000, rounds=7, bar=5.0), _rows(20_000, rounds=3, bar=3.0)
    return [*small, *large]


def _rows(groups: int, *, rounds: int, bar: float) -> list[dict[str, Any]]:
    compact, spaced = body(groups), body(groups, compact=False)
    decoder = msgspec.json.Decoder(list[Peer])
    work: dict[str, Callable[[], object]] = {
        "ours": lambda: streamed(compact),
        "spaced": lambda: streamed(spaced),
        "msgspec": lambda: decoder.decode(compact),
        "json": lambda: json.loads(compact),
    }
    assert streamed(compact) == streamed(spaced) == len(decoder.decode(compact)) == groups
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            times[name].append(_seconds(run))

    def row(name: str, ours: str, peer: str, bar: float | None) -> dict[str, Any]:
        return {
            "name": f"{groups:,} groups: {name}",
            "ours": statistics.median(times[ours]) / groups * 1e6,
            "peer": statistics.median(times[peer]) / groups * 1e6,
            "ratio": statistics.median(a / b for a, b in zip(times[ours], times[peer], strict=True)),
            "bar": bar,
            "unit": "us/group",
        }

    ours_peak, peer_peak = _peak(work["ours"]), _peak(work["msgspec"])
    return [
        row("stream, validate / msgspec typed, whole", "ours", "msgspec", bar),
        row("stream, validate / json.loads, unchecked", "ours", "json", None),
        row("the same, not compact / json.loads", "spaced", "json", None),
        {
            "name": f"{groups:,} groups: memory while reading / msgspec",
            "ours": ours_peak,
            "peer": peer_peak,
            "ratio": ours_peak / peer_peak,
            "bar": 0.1,
            "unit": "MiB",
        },
    ]

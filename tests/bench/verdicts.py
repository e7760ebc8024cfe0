"""What a verdict costs, beside parsing the same groups and beside only touching their attributes.

The groups are made up, with the mix of a family's library: mostly copies in another size, copies that a
messenger stripped, uploads without location, formats beside each other, a few bursts and clashes; 2.3 assets
a group, 22 EXIF fields. CPU time of this process, the kinds of work interleaved, the quietest round of each.
"""

from __future__ import annotations

import base64
import gc
import json
import random
import time
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from immich_tui.immich.models import Album, Group, Person
from immich_tui.verdict.explain import explain
from immich_tui.verdict.hearing import Hearing
from immich_tui.verdict.judge import judge, proposal
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Context, Surroundings
from immich_tui.verdict.policy import PRESETS, Policy

GROUPS = 1500
#: So many groups at a time: a stream's groups are judged while they are still in the processor's cache.
CHUNK = 100
ROUNDS = 12

#: What judging, and explanation with ledger, may cost in microseconds of CPU a group on the machine the bars
#: were set on. There parsing took about 40 and touching the attributes of plain objects 1.4.
JUDGE_BAR, LAZY_BAR = 40.0, 150.0

CONTEXT = Context(now=datetime(2026, 6, 1, tzinfo=UTC))
#: Thumbhashes as a server makes them: their contrast matters to what comparing them costs.
LOOKS = (
    "XugJLYR3l4ePiHeIh3eHeGpwfQTW",
    "nVgKFYRnd4aPd3iYeHiIeHVvmPTm",
    "FrgJDYaHl3iPh4iMiIeHho5PWQg3",
    "2ZgJHYJ3eHePd4h3iFeIeYiAdD77",
)
OWNER = {
    "id": "4d5e3d03-e68e-44e9-8053-a14f23556d54",
    "email": "ada@photos.example.org",
    "name": "Ada",
    "profileImagePath": "",
    "avatarColor": "primary",
    "profileChangedAt": "2025-06-15T15:06:40.123456+00:00",
}
TAG = {
    "id": "0b0a3f52-8a34-4b34-9f1e-6a55f0f8f1a1",
    "name": "France",
    "value": "Trips/France",
    "createdAt": "2025-06-15T15:06:40.123456+00:00",
    "updatedAt": "2025-06-15T15:06:40.123456+00:00",
}
PERSON = {
    "id": "3c1f6d0e-51a3-4c43-8d5d-0a2a4e6f7b11",
    "name": "Bo",
    "birthDate": None,
    "thumbnailPath": "/data/thumbs/3c/1f/3c1f6d0e-51a3-4c43-8d5d-0a2a4e6f7b11.jpeg",
    "isHidden": False,
    "updatedAt": "2025-06-15T15:06:40.123456+00:00",
}
ALBUM, BO = Album(id="7", album_name="Summer"), Person.model_validate(PERSON)
OTHER_LOOK = "1UcGLYI7cKtTqmZy12l4rIhwxV9B"
CAMERAS = (
    ("Apple", "iPhone 15 Pro", "iPhone 15 Pro back triple camera 6.765mm f/1.78"),
    ("Canon", "Canon EOS R6", "RF24-105mm F4 L IS USM"),
    ("NIKON CORPORATION", "NIKON Z 6_2", "NIKKOR Z 24-70mm f/4 S"),
    ("samsung", "SM-G991B", None),
)


def listing(groups: int = GROUPS, seed: int = 7) -> list[bytes]:
    """JSON texts of made-up groups, one each."""
    chance = random.Random(seed)
    return [json.dumps(_group(chance), separators=(",", ":")).encode() for _ in range(groups)]


def _group(chance: random.Random) -> dict[str, Any]:
    group_id = _uuid(chance)
    first = _photo(chance, group_id)
    copies = [_copy(chance, first) for _ in range(2 if chance.random() < 0.3 else 1)]
    return {"duplicateId": group_id, "assets": [first, *copies], "suggestedKeepAssetIds": [first["id"]]}


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _photo(chance: random.Random, group_id: str) -> dict[str, Any]:
    make, model, lens = chance.choice(CAMERAS)
    local = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(330_000_000))
    taken = (local - timedelta(hours=2)).isoformat()
    asset_id, checksum = _uuid(chance), base64.b64encode(chance.randbytes(20)).decode()
    located = chance.random() < 0.7
    uploaded = "2025-06-15T15:06:40.123456+00:00"
    return {
        "id": asset_id,
        "createdAt": uploaded,
        "ownerId": "4d5e3d03-e68e-44e9-8053-a14f23556d54",
        "owner": OWNER,
        "libraryId": None,
        "type": "IMAGE",
        "originalPath": f"/data/upload/4d5e3d03/{asset_id[:2]}/{asset_id[2:4]}/{asset_id}.jpg",
        "originalFileName": f"IMG_{chance.randrange(10_000):04}.jpg",
        "originalMimeType": "image/jpeg",
        "thumbhash": chance.choice(LOOKS),
        "fileCreatedAt": taken,
        "fileModifiedAt": uploaded,
        "localDateTime": local.isoformat(),
        "updatedAt": uploaded,
        "isFavorite": chance.random() < 0.1,
        "isArchived": False,
        "isTrashed": False,
        "visibility": "timeline",
        "duration": None,
        "exifInfo": {
            "make": make,
            "model": model,
            "exifImageWidth": 4032,
            "exifImageHeight": 3024,
            "fileSizeInByte": chance.randrange(2_000_000, 6_000_000),
            "orientation": "1",
            "dateTimeOriginal": taken,
            "modifyDate": uploaded,
            "timeZone": "UTC+2",
            "lensModel": lens,
            "fNumber": 1.8,
            "focalLength": 6.765,
            "iso": 64,
            "exposureTime": "1/120",
            "latitude": 48.8584 if located else None,
            "longitude": 2.2945 if located else None,
            "city": "Paris" if located else None,
            "state": "Ile-de-France" if located else None,
            "country": "France" if located else None,
            "description": "",
            "projectionType": None,
            "rating": None,
        },
        "livePhotoVideoId": None,
        "tags": [TAG] if chance.random() < 0.2 else [],
        "people": [PERSON] if chance.random() < 0.2 else [],
        "stack": None,
        "checksum": checksum,
        "isOffline": False,
        "hasMetadata": True,
        "duplicateId": group_id,
        "resized": True,
        "width": 4032,
        "height": 3024,
        "isEdited": False,
    }


def _copy(chance: random.Random, first: dict[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(first))
    exif = copy["exifInfo"]
    copy["id"], copy["checksum"] = _uuid(chance), base64.b64encode(chance.randbytes(20)).decode()
    copy["originalPath"] = f"/data/upload/4d5e3d03/{copy['id']}.jpg"
    copy["isFavorite"] = False
    exif["fileSizeInByte"] = int(exif["fileSizeInByte"] * chance.uniform(0.2, 0.99))
    kind = chance.random()
    if kind < 0.40:
        _resize(copy, 0.5)
    elif kind < 0.65:
        _resize(copy, 0.4)
        for name in exif:
            if name not in (
                "exifImageWidth",
                "exifImageHeight",
                "fileSizeInByte",
                "modifyDate",
                "description",
            ):
                exif[name] = None
        exif["dateTimeOriginal"] = copy["localDateTime"] = "2025-06-01T10:00:00+00:00"
        copy["originalFileName"] = "IMG-20250601-WA0007.jpg"
    elif kind < 0.80:
        for name in ("latitude", "longitude", "city", "state", "country"):
            exif[name] = None
    elif kind < 0.90:
        copy["originalMimeType"], copy["originalFileName"] = "image/heic", "IMG_0001.HEIC"
    elif kind < 0.95:
        exif["timeZone"] = "UTC+1"
    elif kind < 0.98:
        exif["fileSizeInByte"] = int(first["exifInfo"]["fileSizeInByte"] * 1.01)
        moved = datetime.fromisoformat(exif["dateTimeOriginal"]) + timedelta(seconds=1)
        exif["dateTimeOriginal"] = moved.isoformat()
        copy["localDateTime"] = (moved + timedelta(hours=2)).isoformat()
        copy["thumbhash"] = OTHER_LOOK
    raw = bytearray(base64.b64decode(copy["thumbhash"]))
    if chance.random() < 0.2:
        raw[chance.randrange(6, 21)] ^= 1
        copy["thumbhash"] = base64.b64encode(raw).decode()
    return copy


def _resize(copy: dict[str, Any], factor: float) -> None:
    for place, side in ((copy, "width"), (copy, "height")):
        place[side] = int(place[side] * factor)
    copy["exifInfo"]["exifImageWidth"], copy["exifInfo"]["exifImageHeight"] = copy["width"], copy["height"]


def touch(group: Group) -> None:
    """Read the attributes that a verdict cannot do without, and nothing else: the floor."""
    for asset in group.assets:
        exif = asset.exif
        assert exif is not None
        _ = asset.id
        _ = asset.thumbhash
        _ = asset.local_date_time
        _ = asset.width
        _ = asset.height
        _ = exif.make
        _ = exif.model
        _ = exif.lens_model
        _ = exif.time_zone
        _ = exif.latitude
        _ = exif.longitude
        _ = exif.city
        _ = exif.date_time_original
        _ = exif.file_size_in_byte
        _ = exif.exif_image_width
        _ = exif.exif_image_height


def _read_around(group: Group) -> Surroundings:
    """One album and one person for the first member, none for the others, all of it read."""
    first = group.assets[0].id
    return Surroundings(
        albums={asset.id: (ALBUM,) if asset.id == first else () for asset in group.assets},
        people={asset.id: (BO,) if asset.id == first else () for asset in group.assets},
    )


def _cpu(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _chunk_cost(texts: list[bytes]) -> dict[str, float]:
    """CPU seconds of each kind of work on some groups, fresh from parsing as in a stream."""
    policy, lossless = PRESETS["metadata"], PRESETS["lossless"]
    groups = [Group.model_validate_json(text) for text in texts]
    verdicts = [judge(group, policy, CONTEXT) for group in groups]
    choices = [proposal(group, verdict, policy) for group, verdict in zip(groups, verdicts, strict=True)]
    shown = list(zip(groups, verdicts, choices, strict=True))
    hearings = [Hearing(group, policy, CONTEXT) for group in groups]
    assert [hearing.proposal for hearing in hearings] == choices

    surroundings = [_read_around(group) for group in groups]

    # Everything is made and dropped at once, as it is while a listing streams in.
    def parsing() -> None:
        for text in texts:
            Group.model_validate_json(text)

    def touching() -> None:
        for group in groups:
            touch(group)

    def judging(by: Policy) -> None:
        for group in groups:
            judge(group, by, CONTEXT)

    def judging_read() -> None:
        for group, around in zip(groups, surroundings, strict=True):
            judge(group, policy, CONTEXT, around)

    def explaining() -> None:
        for hearing, choice in zip(hearings, choices, strict=True):
            assert hearing.explanation
            hearing.ledger(choice)

    def explaining_anew() -> None:
        for group, verdict, choice in shown:
            explain(group, verdict, policy, CONTEXT)
            ledger(group, choice, CONTEXT)

    return {
        "parse": _cpu(parsing),
        "touch": _cpu(touching),
        "judge": _cpu(lambda: judging(policy)),
        "read": _cpu(judging_read),
        "lazy": _cpu(explaining),
        "anew": _cpu(explaining_anew),
        "lossless": _cpu(lambda: judging(lossless)),
    }


def measure() -> dict[str, float]:
    """CPU microseconds a group of each kind of work: the quietest round, neighbours only ever add."""
    texts = listing()
    chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
    quietest: list[dict[str, float]] = [_chunk_cost(chunk) for chunk in chunks]
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for chunk, best in zip(chunks, quietest, strict=True):
                for name, cost in _chunk_cost(chunk).items():
                    best[name] = min(best[name], cost)
    finally:
        gc.enable()
    return {name: sum(best[name] for best in quietest) / len(texts) * 1e6 for name in quietest[0]}


def memory_growth() -> float:
    """Bytes that stay a group when groups are parsed, judged and dropped one by one."""
    texts = listing(400)
    policy = PRESETS["metadata"]

    def stream() -> Iterator[str]:
        for text in texts:
            group = Group.model_validate_json(text)
            yield judge(group, policy, CONTEXT).winner

    for _ in stream():  # fills the caches of names, which are bounded
        pass
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(3):
        for _ in stream():
            pass
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return grown / (3 * len(texts))


def rows() -> list[dict[str, Any]]:
    """Lines for `make bench`."""
    cost = measure()

    def row(name: str, work: str, peer: float, bar: float | None, note: str = "") -> dict[str, Any]:
        return {
            "name": name,
            "ours": cost[work],
            "peer": peer,
            "ratio": cost[work] / peer,
            "bar": bar,
            "unit": "us/group",
            "note": note,
        }

    grown = memory_growth()
    return [
        row("judging a group, beside its bar", "judge", JUDGE_BAR, 1.0),
        row("judging a group, beside parsing it", "judge", cost["parse"], None),
        row("judging a group, beside touching its attributes", "judge", cost["touch"], None),
        row("judging with albums and people read, beside without", "read", cost["judge"], None),
        row("explanation and ledger of a group just judged", "lazy", LAZY_BAR, 1.0),
        row("explanation and ledger, beside parsing", "lazy", cost["parse"], None),
        row("explanation, then ledger, each reading the group anew", "anew", cost["parse"], None),
        row(
            "judging by what is lost, beside parsing", "lossless", cost["parse"], None, "one ledger a member"
        ),
        {
            "name": "memory that stays for each group streamed",
            "ours": grown,
            "peer": None,
            "ratio": None,
            "bar": None,
            "unit": "bytes",
            "note": "flat" if grown < 100 else "GROWS",
        },
    ]

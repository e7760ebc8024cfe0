"""Carriers: tiny hidden pictures that bring an XMP sidecar to the server, where it is copied to a photo.

No call writes a sidecar by itself. A carrier lives for some seconds; each one is in the journal before it is
sent, so that whatever happens it can be found by its checksum and removed.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import Gone, ImmichError, NotFoundOrNoAccess
from immich_tui.immich.upload import Upload
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Pool, Slot

NAME: Final = "immich-tui-carrier"
"""How the names of all carriers begin; nothing else may be called so."""

STEP: Final = "graft"
"""The step of the journal that tells of carriers: the key is a carrier's name."""


class Leg(StrEnum):
    """How far a carrier got: announced, on the server, sent on to its photo, seen there, removed."""

    ANNOUNCED = "intent"
    UPLOADED = "uploaded"
    COPYING = "copying"
    ARRIVED = "arrived"
    REMOVED = "removed"


class Hands(Protocol):
    """What sending a carrier needs of a run or an undo."""

    id: str
    client: ImmichClient
    journal: Journal
    pool: Pool


@dataclass(slots=True)
class Carrier:
    """One carrier: for which group, with which sidecar, and how far it got.

    `detail` is what has to be remembered with it, as JSON has it.
    """

    name: str
    group_id: str
    sha1: str
    leg: Leg = Leg.ANNOUNCED
    asset_id: str = ""
    detail: dict[str, object] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str, state: str, data: Mapping[str, object]) -> Carrier:
        """Read it from the journal."""
        detail = data["detail"]
        return cls(
            name,
            str(data["group"]),
            str(data["sha1"]),
            Leg(state),
            str(data["asset"]),
            dict(detail) if isinstance(detail, dict) else {},
        )


def picture(name: str) -> bytes:
    """A PNG of one pixel that no other carrier is the same as: its name stands in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"tEXt", b"Title\0" + name.encode("ascii")),
            chunk(b"IDAT", zlib.compress(b"\0\0\0\0")),
            chunk(b"IEND", b""),
        )
    )


async def note(hands: Hands, carrier: Carrier, leg: Leg) -> None:
    """Write down how far a carrier got, durably."""
    carrier.leg = leg
    data: dict[str, object] = {
        "group": carrier.group_id,
        "sha1": carrier.sha1,
        "asset": carrier.asset_id,
        "detail": carrier.detail,
    }
    await hands.journal.outcome(hands.id, STEP, carrier.name, leg, data)


def made(run_id: str, group_id: str, number: int, detail: Mapping[str, object]) -> Carrier:
    """A new carrier, the so-and-so-many-th for this group."""
    name = f"{NAME}-{run_id}-{group_id[:8]}-{number}.png"
    sha1 = hashlib.sha1(picture(name), usedforsecurity=False).hexdigest()
    return Carrier(name, group_id, sha1, detail=dict(detail))


async def send(hands: Hands, carrier: Carrier, xmp: bytes, slot: Slot) -> None:
    """Upload a carrier with this sidecar, hidden. Raises `ImmichError`; the journal knows of it before.

    It may be sent twice when its answer is lost: the server tells by the checksum that it has it.
    """
    await note(hands, carrier, Leg.ANNOUNCED)
    now = datetime.now(UTC)
    upload = Upload(
        picture(carrier.name), carrier.name, now, now, visibility="hidden", sidecar=xmp, sha1=carrier.sha1
    )
    sent = await hands.pool.call(lambda: hands.client.upload(upload), slot, repeatable=True)
    carrier.asset_id = sent.id
    await note(hands, carrier, Leg.UPLOADED)


async def remove(hands: Hands, carrier: Carrier, slot: Slot) -> bool:
    """Delete a carrier for good, if it is there; return whether it is gone now, as far as can be known.

    Nothing else is ever deleted: the asset must bear the carrier's name and lie hidden. A carrier that cannot
    be deleted now stays in the journal. Raises only what concerns more than this carrier.
    """
    try:
        if not carrier.asset_id:
            look = partial(hands.client.known_uploads, [carrier.sha1])
            (known,) = await hands.pool.call(look, slot, repeatable=True)
            carrier.asset_id = known.asset_id or ""
        if carrier.asset_id:
            asset_id = carrier.asset_id
            asset = await hands.pool.call(lambda: hands.client.asset(asset_id), slot, repeatable=True)
            if asset.original_file_name != carrier.name or asset.visibility != "hidden":
                return False
            delete = partial(hands.client.trash, [asset_id], force=True)
            await hands.pool.call(delete, slot, repeatable=True)
    except (NotFoundOrNoAccess, Gone):
        pass
    except ImmichError:
        return False
    await note(hands, carrier, Leg.REMOVED)
    return True


async def journalled(journal: Journal, run_id: str) -> dict[str, Carrier]:
    """The carriers of a run by name, in the order in which they were sent."""
    latest = await journal.latest(run_id, STEP)
    return {name: Carrier.read(name, entry.state, entry.data) for name, entry in latest.items()}

"""Grafting: giving a photo what no call of the API can write, by an XMP sidecar that a carrier brings.

The copy of a sidecar replaces the one that the photo had, and with it every value that was edited in Immich.
So values are only written through the API once the server has read the new sidecar, and those that the photo
had before are written again. A carrier never outlives the step that needed it, unless the process does.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, timezone
from time import monotonic
from typing import Final, Protocol

from immich_tui.execution.carry.readback import is_there, value_of
from immich_tui.execution.fresh import LOOKS, OldLook, good_until, while_good
from immich_tui.execution.graft.carrier import Carrier, Hands, Leg, journalled, made, note, remove, send
from immich_tui.execution.run import RunSettings
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Pool, Slot
from immich_tui.jobs.progress import Status
from immich_tui.verdict.model import Channel, Entry, Fate

FIRST_LOOK_S: Final = 0.1
LONGEST_LOOK_S: Final = 1.0
"""Times between two looks whether a sidecar was read: they grow, and go through the rate as well."""

LEFT_BEHIND: Final = (
    "This tiny hidden picture, which brought a sidecar, could not be removed yet. The next run tries again,"
    " or this one when it is resumed."
)


TURNS: Final = 8
"""Calls from the look at a photo to the copy: what holds it, its sidecar, the upload."""


class Grafting(Hands, Protocol):
    """Who grafts: a run or an undo, with all carriers that it sent."""

    carriers: dict[str, Carrier]


class Giving(Grafting, Protocol):
    """Who puts sidecars in place, with how long it waits and how old a look may be."""

    settings: RunSettings


class Meddled(Exception):
    """A photo is not what it was any more, so that no sidecar may be put in place; the text is a sentence."""


def payload(entries: Iterable[Entry]) -> dict[str, object]:
    """The fields of the sidecar that these entries of a ledger ask for."""
    return {
        name: value
        for entry in entries
        if entry.channel is Channel.GRAFT
        for name, value in entry.payload.items()
        if value is not None
    }


def sent_for(hands: Grafting, group_id: str) -> list[Carrier]:
    """The carriers that were sent for a group, oldest first."""
    return [carrier for carrier in hands.carriers.values() if carrier.group_id == group_id]


def arrived_with(hands: Grafting, group_id: str) -> Asset | None:
    """A group's winner right after it had its sidecar; `None` when no sidecar is known to have arrived."""
    for carrier in reversed(sent_for(hands, group_id)):
        if after := carrier.detail.get("after"):
            return Asset.model_validate(after)
    return None


def may_have_arrived(hands: Grafting, group_id: str) -> bool:
    """Whether the winner may have another sidecar than before: values of its own may be missing then."""
    return any(carrier.detail.get("copied") for carrier in sent_for(hands, group_id))


async def own_sidecar(hands: Grafting, group_id: str, target: str, slot: Slot) -> bytes | None:
    """The XMP file that `target` had before anything was grafted, `None` for none; from 3.2 on only.

    Once a carrier was sent, the journal tells. Raises `ImmichError`.
    """
    if begun := sent_for(hands, group_id):
        return before(begun[-1])
    return await hands.pool.call(lambda: hands.client.sidecar(target), slot, repeatable=True)


def before(carrier: Carrier) -> bytes | None:
    """The XMP file that a carrier's photo had, as the journal keeps it."""
    kept = carrier.detail.get("before")
    return b64decode(str(kept)) if kept else None


def keeping(existing: bytes | None) -> dict[str, object]:
    """What to journal with a carrier so that `before` gives it back."""
    return {"before": b64encode(existing).decode("ascii") if existing else ""}


async def put_sidecar(
    hands: Giving,
    group_id: str,
    target: str,
    xmp: bytes,
    arrived: Callable[[Asset], bool],
    look: Callable[[], Awaitable[None]],
    slot: Slot,
    detail: Mapping[str, object] | None = None,
) -> Asset | None:
    """Give `target` this sidecar in place of its own; return it as it is once they show.

    `None` when the server has not read the sidecar in time. What an earlier process began is gone on with.
    `look` looks at the target, which loses by the copy what was typed in Immich, and may raise `Meddled`; it
    is called right before, and again where the copy had to wait. `detail` is journalled with the carrier.
    Raises `ImmichError` and `Meddled`; the carrier is removed in any case.
    """
    within_s = hands.settings.confirm_s
    if (after := arrived_with(hands, group_id)) is not None:
        await sweep(hands, slot, group_id)
        return after
    mine = sent_for(hands, group_id)
    if may_have_arrived(hands, group_id):
        # A copy that is still to be read would take away what is written behind the next one.
        present = await _wait(hands, target, arrived, within_s, slot)
        if present is not None:
            return await _arrive(hands, mine[-1], present, slot)
    await sweep(hands, slot, group_id)
    for _ in range(LOOKS):
        until = good_until(hands.pool, hands.settings.look_s, TURNS)
        await look()
        try:
            carrier = await _copied(hands, group_id, target, xmp, until, slot, detail or {})
        except OldLook:
            continue
        try:
            now = await _wait(hands, target, arrived, within_s, slot)
        except ImmichError:
            await remove(hands, carrier, slot)
            raise
        if now is None:
            await remove(hands, carrier, slot)
            return None
        return await _arrive(hands, carrier, now, slot)
    raise Meddled("Its new sidecar had to wait each time until the look before it was old.")


async def _copied(
    hands: Grafting,
    group_id: str,
    target: str,
    xmp: bytes,
    until: float,
    slot: Slot,
    detail: Mapping[str, object],
) -> Carrier:
    """Send a carrier and copy its sidecar to `target`.

    Raises `ImmichError`, and `OldLook` where the copy had to wait beyond this moment; the carrier is removed.
    """
    mine = sent_for(hands, group_id)
    before_it = dict(mine[-1].detail) if mine else {}
    carrier = made(hands.id, group_id, len(mine) + 1, {**before_it, **detail})
    hands.carriers[carrier.name] = carrier
    sent = False

    async def copy() -> None:
        nonlocal sent
        sent = True
        await hands.client.copy_sidecar(carrier.asset_id, target)

    try:
        await send(hands, carrier, xmp, slot)
        carrier.detail["copied"] = True
        await note(hands, carrier, Leg.COPYING)
        await hands.pool.call(while_good(copy, until), slot, repeatable=True)
    except (ImmichError, OldLook) as error:
        if isinstance(error, OldLook) and not sent:
            carrier.detail["copied"] = before_it.get("copied", False)
            await note(hands, carrier, Leg.UPLOADED)
        await remove(hands, carrier, slot)
        raise
    return carrier


async def _wait(
    hands: Grafting, target: str, arrived: Callable[[Asset], bool], within_s: float, slot: Slot
) -> Asset | None:
    pause, give_up = FIRST_LOOK_S, monotonic() + within_s
    while True:
        now = await hands.pool.call(lambda: hands.client.asset(target), slot, repeatable=True)
        if arrived(now):
            return now
        if monotonic() > give_up:
            return None
        await asyncio.sleep(pause)
        pause = min(LONGEST_LOOK_S, pause * 1.5)


async def _arrive(hands: Grafting, carrier: Carrier, now: Asset, slot: Slot) -> Asset:
    carrier.detail["after"] = now.model_dump(mode="json")
    await note(hands, carrier, Leg.ARRIVED)
    await remove(hands, carrier, slot)
    return now


async def sweep(hands: Grafting, slot: Slot, group_id: str = "") -> tuple[Carrier, ...]:
    """Remove carriers that are still there, of one group or of all; return those that could not be."""
    left = [one for one in hands.carriers.values() if one.leg is not Leg.REMOVED]
    wanted = [one for one in left if group_id in ("", one.group_id)]
    return tuple([one for one in wanted if not await remove(hands, one, slot)])


@dataclass(slots=True)
class _Earlier:
    """An earlier run or undo whose carriers are removed for it."""

    id: str
    client: ImmichClient
    journal: Journal
    pool: Pool
    carriers: dict[str, Carrier]


async def tidy(hands: Grafting, slot: Slot) -> tuple[Carrier, ...]:
    """Remove carriers that are still there: these, and those of earlier runs and undos of the journal.

    Return those of these that could not be removed.
    """
    left = await sweep(hands, slot)
    for earlier in await hands.journal.runs():
        if earlier.id != hands.id and earlier.state != Status.RUNNING:
            carriers = await journalled(hands.journal, earlier.id)
            await sweep(_Earlier(earlier.id, hands.client, hands.journal, hands.pool, carriers), slot)
    return left


def own_values(prior: Asset, now: Asset, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """What the photo had itself and must show again, as entries that say what is to be written for it.

    `now` is the photo with its new sidecar; what `entries` of the ledger bring is left out. Description,
    rating and tags are always among them, so that they are read back; location and date only where they are
    another now: most stand in the file itself, and writing them makes the server work.
    """
    brought = {
        name
        for entry in entries
        if entry.channel in (Channel.UPDATE_ASSET, Channel.GRAFT)
        for name in entry.payload
    }
    own: list[Entry] = []

    def keep(field: str, channel: Channel, **payload: object) -> None:
        if not brought & payload.keys():
            own.append(Entry(field, Fate.KEPT, "", channel=channel, payload=payload))

    exif = prior.known_exif
    if description := exif.description:
        keep("description", Channel.UPDATE_ASSET, description=description)
    if exif.rating:
        keep("rating", Channel.UPDATE_ASSET, rating=int(exif.rating))
    if exif.latitude is not None and not _same_place(prior, now):
        keep("location", Channel.UPDATE_ASSET, latitude=exif.latitude, longitude=exif.longitude)
    if date := _own_date(prior, now):
        keep("capture_time", Channel.UPDATE_ASSET, dateTimeOriginal=date)
    if tags := [tag.id for tag in prior.tags or ()]:
        keep("tag", Channel.TAG_ASSETS, tagIds=tags)
    return tuple(own)


def _same_place(one: Asset, other: Asset) -> bool:
    return all(is_there(name, value_of(one, name), other) for name in ("latitude", "longitude"))


def _own_date(prior: Asset, now: Asset) -> str | None:
    """The photo's own capture time with its offset, where a call has to give it back; else `None`."""
    before, after = prior.known_exif, now.known_exif
    same = (
        before.date_time_original == after.date_time_original
        and prior.local_date_time == now.local_date_time
        and before.time_zone == after.time_zone
    )
    return None if same else stated_date(prior)


def stated_date(asset: Asset) -> str | None:
    """A photo's capture time as its clock said it, with its offset; `None` where no zone is known."""
    taken, local = asset.known_exif.date_time_original, asset.local_date_time
    if taken is None or local is None or asset.known_exif.time_zone is None:
        return None
    offset = local.replace(tzinfo=None) - taken.astimezone(UTC).replace(tzinfo=None)
    return local.replace(tzinfo=timezone(offset)).isoformat()

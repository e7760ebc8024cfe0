"""Putting a winner's clock right that a written location moved, before its group is held back.

No call takes a location off a photo again. But a date written with the offset that the photo has now makes
its local time what it was, on every version: Immich keeps the moment that is written, and shows it in the
zone of the place. The zone, and with it the moment, stay those of the place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from time import monotonic

from immich_tui.execution.carry.readback import Wanted, is_there, same_moment
from immich_tui.execution.fresh import OldLook, good_until, while_good
from immich_tui.execution.run import Run, ended
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.pool import Slot

CLOCK = "clock"
"""What the journal calls such a write: a date of the photo's own, and none that was carried to it."""

ATTEMPTS = 2
"""Times that the date is written: summer time may lie between the moved clock and the right one."""

POLL_S = 0.1
"""The shortest time between two looks at the clock; they go through the rate as well."""

WITHDRAW = " An undo with grafting on takes the place off it."


async def put_right(
    run: Run,
    wanted: Wanted,
    moved: Asset,
    announce: Callable[[dict[str, object]], Awaitable[None]],
    slot: Slot,
) -> str:
    """Give a winner the local time back that it had, and say as sentences what state it is in.

    `moved` is the winner with the written location and the moved clock; `announce` notes in the journal what
    is going to be written. Empty where a location is not what moved the clock: a date that somebody set
    meanwhile is theirs.
    """
    if not _has_the_place(wanted, moved) or not (shows(wanted, moved) or same_moment(wanted, moved)):
        return ""
    name = moved.original_file_name
    now, failure = moved, ""
    for _ in range(ATTEMPTS):
        until = good_until(run.pool, run.settings.look_s, 1)
        if shows(wanted, now) or (fields := date_for(wanted.local_time, now)) is None:
            break
        await announce(fields)
        slot.show(f"putting the clock of {name} right")
        write = while_good(partial(run.client.update_asset, moved.id, fields), until)
        try:
            await run.pool.call(write, slot, repeatable=True)
            now = await _settled(run, wanted, moved.id, slot)
        except OldLook:
            failure = " (the call had to wait until the look before it was old)"
            break
        except ImmichError as error:
            failure = f" ({ended(error.sentence).rstrip('.')})"
            break
    return _state(run, wanted, now, failure)


def shows(wanted: Wanted, asset: Asset) -> bool:
    """Whether the photo's local time is the one that it had."""
    return _naive(asset.local_date_time) == _naive(wanted.local_time)


def _has_the_place(wanted: Wanted, asset: Asset) -> bool:
    return all(
        name in wanted.fields and is_there(name, wanted.fields[name], asset)
        for name in ("latitude", "longitude")
    )


def date_for(right: datetime | None, now: Asset) -> dict[str, object] | None:
    """The update that gives a photo this local time, in the zone it has; `None` where that is unknown."""
    local, instant = now.local_date_time, now.known_exif.date_time_original
    if right is None or local is None or instant is None:
        return None
    apart = local.replace(tzinfo=None) - instant.astimezone(UTC).replace(tzinfo=None)
    offset = timedelta(minutes=round(apart.total_seconds() / 60))
    if abs(offset) >= timedelta(hours=24):
        return None
    return {"dateTimeOriginal": right.replace(tzinfo=timezone(offset)).isoformat(timespec="milliseconds")}


async def _settled(run: Run, wanted: Wanted, asset_id: str, slot: Slot) -> Asset:
    """The photo once its clock is right and has held still, or when the time for that is over."""
    give_up_at, since = monotonic() + run.settings.confirm_s, monotonic()
    while True:
        asset = await run.pool.call(lambda: run.client.asset(asset_id), slot, repeatable=True)
        now = monotonic()
        if not shows(wanted, asset):
            since = now
        if now - since >= run.settings.settle_s or now > give_up_at:
            return asset
        await asyncio.sleep(max(POLL_S, run.settings.settle_s / 2))


def _state(run: Run, wanted: Wanted, now: Asset, failure: str) -> str:
    zone = now.known_exif.time_zone or "unknown"
    has = f"{now.original_file_name} keeps the place, as no call takes one off."
    if shows(wanted, now):
        clock = f" Its clock was put right again: it shows {_told(now.local_date_time)}, in the zone {zone}."
    else:
        clock = (
            f" Its clock could not be put right{failure}: it shows {_told(now.local_date_time)}, in the zone"
            f" {zone}, where it showed {_told(wanted.local_time)}. Set its date in Immich."
        )
    return f"{has}{clock}{'' if run.capabilities.no_graft else WITHDRAW}"


def _told(clock: datetime | None) -> str:
    return f"{clock:%Y-%m-%d %H:%M}" if clock is not None else "no time"


def _naive(clock: datetime | None) -> datetime | None:
    return clock.replace(tzinfo=None) if clock is not None else None

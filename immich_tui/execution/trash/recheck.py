"""The last look before a delete: whether a group may be touched now.

Immich ignores ids that left a group and would trash the last copy without a word, so nothing is left to the
server: the group is as decided, each keeper lives and can be downloaded, every backup is whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from immich_tui.execution.backup.counts import still_whole, untrusted
from immich_tui.execution.carry.phase import doubt_carry
from immich_tui.execution.carry.surroundings import read_tags
from immich_tui.execution.carry.wishes import withdrawn
from immich_tui.execution.listing import Listing, objection, uses
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.execution.stopping import concerns_all
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.execution.trash.confirm import settle_unknown
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.fingerprint import fingerprint


async def recheck_batch(run: Run, batch: Sequence[Planned], listing: Listing) -> Sequence[Planned]:
    """Return the groups of which losers may be trashed now; the others are held back."""
    waiting = [asset for planned in batch for asset in run.waiting(planned)]
    backups = await on_disk(_looked_at, run, waiting)

    async def check(planned: Planned, slot: Slot) -> None:
        slot.show(f"checking {planned.winner.original_file_name}")
        await settle_unknown(run, planned, slot)
        if await withdrawn(run, planned, "recheck"):
            return
        if reason := await recheck(run, planned, listing, backups, slot):
            await run.hold(planned, "recheck", reason)

    await run.pool.work(batch, check)
    return [planned for planned in batch if planned.open]


async def as_listed(run: Run, groups: Sequence[Planned], listing: Listing) -> Sequence[Planned]:
    """Return the groups that are as they were by a fresh listing, and on the disk; hold back the others."""
    backups = await on_disk(_looked_at, run, [asset for planned in groups for asset in run.waiting(planned)])
    for planned in groups:
        waiting = run.waiting(planned)
        if waiting and (reason := objection(planned, listing, gone=run.gone(planned))):
            await run.hold(planned, "recheck", reason)
        elif reason := _new_uses(planned, waiting, uses(planned, listing.albums, {})):
            await doubt_carry(run, planned)
            await run.hold(planned, "recheck", reason)
        elif reason := _backup_objection(run, waiting, backups):
            await run.hold(planned, "recheck", reason)
    return [planned for planned in groups if planned.open]


async def still_backed_up(run: Run, groups: Sequence[Planned]) -> Sequence[Planned]:
    """Return the groups of whose losers the backups lie there as they were verified; hold back the others."""
    backups = await on_disk(_looked_at, run, [asset for planned in groups for asset in run.waiting(planned)])
    for planned in groups:
        if reason := _backup_objection(run, run.waiting(planned), backups):
            await run.hold(planned, "recheck", reason)
    return [planned for planned in groups if planned.open]


def _looked_at(run: Run, assets: Sequence[Asset]) -> dict[str, Mapping[str, object]]:
    """The backups of these assets' files that count: those in the run's folder as far as they are whole.

    Those that lie elsewhere are not looked at here. Blocks on the disk.
    """
    records = ((file, run.backups.get(file)) for asset in assets for file in _files(asset))
    return {
        file: record
        for file, record in records
        if record is not None and (record.get("elsewhere") or still_whole(run.folder, record))
    }


def _files(asset: Asset) -> tuple[str, ...]:
    """The asset and, where it has one, its live video."""
    return (asset.id, *([asset.live_photo_video_id] if asset.live_photo_video_id else []))


async def recheck(
    run: Run,
    planned: Planned,
    listing: Listing,
    backups: Mapping[str, Mapping[str, object]],
    slot: Slot,
) -> str:
    """Why this group's losers may not be trashed now, as a sentence; empty when they may.

    `backups` are what the journal keeps of those that were found whole just now, by file.
    """
    waiting = run.waiting(planned)
    if not waiting:
        return ""
    if not planned.carry_confirmed:
        return "Its metadata was not confirmed on the kept photo."
    if reason := objection(planned, listing, gone=run.gone(planned)):
        return reason
    try:
        tags = {one.id: await read_tags(run, one.id, slot) for one in waiting if one.tags is None}
    except ImmichError as error:
        if await concerns_all(run, error, slot):
            raise
        return f"Its copies cannot be read: {error.sentence}"
    if reason := _new_uses(planned, waiting, uses(planned, listing.albums, tags)):
        await doubt_carry(run, planned)
        return reason
    if reason := _backup_objection(run, waiting, backups):
        return reason
    keeper_print = planned.keeper_print
    for keeper in planned.keepers:
        seen = keeper_print if keeper.id == planned.choice.winner else ""
        if reason := await _keeper_objection(run, planned, keeper, seen, slot):
            return reason
    return ""


def _new_uses(planned: Planned, waiting: Sequence[Asset], now: Mapping[str, frozenset[str]] | None) -> str:
    """Which loser was put into an album or tagged since the carry, as a sentence; empty when none was."""
    then = planned.uses
    if then is None or not waiting:
        return ""
    if now is None:
        return "Albums cannot be read any more, so nobody knows whether its copies were put into one since."
    for asset in waiting:
        if now[asset.id] - then[asset.id]:
            name = asset.original_file_name
            return f"{name} was added to an album or tagged since its metadata was carried."
    return ""


def _backup_objection(run: Run, waiting: Sequence[Asset], backups: Mapping[str, Mapping[str, object]]) -> str:
    """Which loser has no backup that counts for its delete, as a sentence; empty when all have one."""
    for asset in waiting:
        for file in _files(asset):
            record = backups.get(file)
            if record is None:
                return f"The backup of {asset.original_file_name} is missing or was altered."
            if record.get("elsewhere"):
                if reason := untrusted(run, asset.original_file_name):
                    return reason
                continue
            if record["verdict"] == "weak" and not run.settings.trash_external:
                return (
                    f"{asset.original_file_name} is in an external library, where Immich has no checksum of"
                    " the content. It was backed up, and is trashed only with your consent for this run."
                )
    return ""


async def _keeper_objection(run: Run, planned: Planned, keeper: Asset, seen: str, slot: Slot) -> str:
    """Why a keeper does not do; `seen` is its fingerprint after a carry, empty where nothing was carried."""
    name = keeper.original_file_name
    try:
        now = await run.pool.call(lambda: run.client.asset(keeper.id), slot, repeatable=True)
        if now.is_trashed or now.is_offline:
            return f"{name}, which should stay, is {'in the trash' if now.is_trashed else 'offline'}."
        if now.visibility == "locked" or now.duplicate_id != planned.id:
            return f"{name}, which should stay, left the group."
        if now.stack is not None:
            return f"{name}, which should stay, was put into a stack."
        if seen and seen != fingerprint(now):
            await doubt_carry(run, planned)
            return f"{name} changed after its metadata was carried."
        size = await run.pool.call(lambda: run.client.original_size(keeper.id), slot, repeatable=True)
    except ImmichError as error:
        if await concerns_all(run, error, slot):
            raise
        return f"{name}, which should stay, cannot be read: {error.sentence}"
    if keeper.size is not None and size != keeper.size:
        return f"The original of {name}, which should stay, has {size:,} bytes instead of {keeper.size:,}."
    return ""

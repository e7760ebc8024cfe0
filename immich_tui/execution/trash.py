"""Moving losers to the trash: the only place that deletes.

For each small batch of groups: the listing is looked at again (at most a minute old), every keeper is read
and its original asked for, backups are looked at, and only then are the losers' ids sent. The journal holds
the intent before each call and what the server really did after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from immich_tui.execution.backup import still_whole
from immich_tui.execution.listing import Listing, objection, read_listing, same_albums
from immich_tui.execution.run import CLOSE, TRASH, Planned, Run
from immich_tui.execution.stopping import RunPhase, stops_everything
from immich_tui.immich.errors import Gone, ImmichError, NotFoundOrNoAccess, Rejected
from immich_tui.immich.models import Asset
from immich_tui.jobs.phase import Context, Continue, Outcome
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.fingerprint import fingerprint


class TrashPhase(RunPhase):
    """Recheck, trash and confirm, batch by batch."""

    name = "trash"
    label = "Move to trash"

    async def work(self, context: Context[Run]) -> Outcome:
        """Trash the losers of every open group that passes the recheck; the others are held back."""
        run = context.subject
        todo = [planned for planned in run.open_groups() if planned.choice.trash]
        losers = sum(len(planned.choice.trash) for planned in todo)
        done = 0

        def show(step: str) -> None:
            context.progress(done, losers, units="photos", message=step)

        def settled(planned: Planned) -> None:
            nonlocal done
            done += len(planned.choice.trash)
            show("confirming")

        show("")
        listing: Listing | None = None
        for batch in _batches(todo, run.settings.trash_batch):
            await context.interrupt_point()
            if listing is None or listing.age() > run.settings.recheck_s:
                show("reading the groups again")
                listing = await read_listing(run)
            show("checking what stays")
            passed = await recheck_batch(run, batch, listing)
            for planned in batch:
                if planned.held:
                    settled(planned)
            show("deleting")
            await trash_batch(run, passed, settled)
            for planned in batch:
                if planned.held:
                    context.non_fatal(planned.item, planned.held)
        show("")
        return Continue()


def _batches(groups: Sequence[Planned], size: int) -> Iterator[Sequence[Planned]]:
    for start in range(0, len(groups), size):
        yield groups[start : start + size]


async def recheck_batch(run: Run, batch: Sequence[Planned], listing: Listing) -> Sequence[Planned]:
    """Return the groups of which losers may be trashed now; the others are held back."""

    async def check(planned: Planned, slot: Slot) -> None:
        slot.show(f"checking {planned.winner.original_file_name}")
        await _settle_unknown(run, planned, slot)
        if reason := await recheck(run, planned, listing, slot):
            await run.hold(planned, "recheck", reason)

    await run.pool.work(batch, check)
    return [planned for planned in batch if planned.open]


async def trash_batch(run: Run, groups: Sequence[Planned], settled: Callable[[Planned], None]) -> None:
    """Trash, confirm and close groups that passed the recheck."""
    await _delete(run, groups)

    async def confirm(planned: Planned, slot: Slot) -> None:
        slot.show(f"confirming {planned.winner.original_file_name}")
        await confirm_group(run, planned, slot)
        settled(planned)

    await run.pool.work(groups, confirm)
    await close_groups(run, [planned for planned in groups if planned.open])


async def _settle_unknown(run: Run, planned: Planned, slot: Slot) -> None:
    """Ask the server about deletes whose outcome a crash left open, instead of repeating them."""
    for asset_id in planned.choice.trash:
        if run.trashed.get(asset_id) == "intent":
            await _record_truth(run, planned, asset_id, slot)


async def _record_truth(run: Run, planned: Planned, asset_id: str, slot: Slot) -> None:
    state = "done" if await _is_trashed(run, asset_id, slot) else "alive"
    await _journal(run, planned, asset_id, state)


async def _journal(run: Run, planned: Planned, asset_id: str, state: str) -> None:
    run.trashed[asset_id] = state
    await run.journal.outcome(
        run.id, TRASH, asset_id, state, {"group": planned.group.id, "survivor": planned.winner.id}
    )


async def _is_trashed(run: Run, asset_id: str, slot: Slot) -> bool:
    try:
        asset = await run.pool.call(lambda: run.client.asset(asset_id), slot, repeatable=True)
    except (NotFoundOrNoAccess, Gone):
        return run.settings.permanent is not None
    return asset.is_trashed


async def recheck(run: Run, planned: Planned, listing: Listing, slot: Slot) -> str:
    """Why this group's losers may not be trashed now, as a sentence; empty when they may.

    Immich ignores ids that left a group and would trash the last copy without a word, so nothing is left to
    the server: the group is as decided, each keeper lives and can be downloaded, every backup is whole.
    """
    gone = frozenset(asset_id for asset_id in planned.choice.trash if run.trashed.get(asset_id) == "done")
    waiting = [asset for asset in planned.losers if asset.id not in gone]
    if not waiting:
        return ""
    if not planned.carry_confirmed:
        return "Its metadata was not confirmed on the kept photo."
    if reason := objection(planned, listing, gone=gone):
        return reason
    for asset in waiting:
        if not same_albums(run.albums, listing, asset):
            return f"{asset.original_file_name} was added to an album since its metadata was carried."
        files = [asset.id, *([asset.live_photo_video_id] if asset.live_photo_video_id else [])]
        for file in files:
            record = run.backups.get(file)
            if record is None or not await asyncio.to_thread(still_whole, run.folder, record):
                return f"The backup of {asset.original_file_name} is missing or was altered."
            if record["verdict"] == "weak" and not run.settings.trash_external:
                return (
                    f"{asset.original_file_name} is in an external library, where Immich has no checksum of"
                    " the content. It was backed up, and is trashed only with your consent for this run."
                )
    for keeper in planned.keepers:
        if reason := await _keeper_objection(run, planned, keeper, slot):
            return reason
    return ""


async def _keeper_objection(run: Run, planned: Planned, keeper: Asset, slot: Slot) -> str:
    name = keeper.original_file_name
    try:
        now = await run.pool.call(lambda: run.client.asset(keeper.id), slot, repeatable=True)
        if now.is_trashed or now.is_offline:
            return f"{name}, which should stay, is {'in the trash' if now.is_trashed else 'offline'}."
        if now.visibility == "locked" or now.duplicate_id != planned.group.id:
            return f"{name}, which should stay, left the group."
        if keeper.id == planned.choice.winner and planned.keeper_print not in ("", fingerprint(now)):
            return f"{name} changed after its metadata was carried."
        size = await run.pool.call(lambda: run.client.original_size(keeper.id), slot, repeatable=True)
    except ImmichError as error:
        if stops_everything(error):
            raise
        return f"{name}, which should stay, cannot be read: {error.sentence}"
    if keeper.size is not None and size != keeper.size:
        return f"The original of {name}, which should stay, has {size:,} bytes instead of {keeper.size:,}."
    return ""


async def _delete(run: Run, groups: Sequence[Planned]) -> None:
    """Send the ids, in one call where the server takes it; force is never used on external files."""
    ids = {
        asset.id: planned
        for planned in groups
        for asset in planned.losers
        if run.trashed.get(asset.id) != "done"
    }
    for asset_id in ids:
        run.trashed[asset_id] = "intent"
    await asyncio.gather(
        *(
            run.journal.intent(
                run.id, TRASH, asset_id, {"group": planned.group.id, "survivor": planned.winner.id}
            )
            for asset_id, planned in ids.items()
        )
    )
    if run.settings.permanent is None:
        await _delete_ids(run, list(ids), force=False)
        return
    external = [i for i, planned in ids.items() if planned.group.asset(i).library_id is not None]
    await _delete_ids(run, external, force=False)
    await _delete_ids(run, [i for i in ids if i not in set(external)], force=True)


async def _delete_ids(run: Run, ids: list[str], *, force: bool) -> None:
    """Delete; when the server refuses the whole call for one id, halve the call until that id stands alone.

    Outcomes are not recorded here: the confirmation asks the server what became of every id.
    """
    if not ids:
        return
    try:
        with run.pool.lease(f"moving {len(ids)} to the trash") as slot:
            await run.pool.call(lambda: run.client.trash(ids, force=force), slot, repeatable=False)
    except (NotFoundOrNoAccess, Rejected):
        if len(ids) > 1:
            half = len(ids) // 2
            await _delete_ids(run, ids[:half], force=force)
            await _delete_ids(run, ids[half:], force=force)
    except ImmichError as error:
        if stops_everything(error) and not error.may_have_happened:
            raise


async def confirm_group(run: Run, planned: Planned, slot: Slot) -> None:
    """Read back what became of the losers and that a keeper lives; otherwise bring the losers back."""
    left = []
    for asset in planned.losers:
        if run.trashed.get(asset.id) != "done":
            await _record_truth(run, planned, asset.id, slot)
        if run.trashed[asset.id] != "done":
            left.append(asset.original_file_name)
    alive = False
    try:
        winner = await run.pool.call(lambda: run.client.asset(planned.winner.id), slot, repeatable=True)
        alive = not winner.is_trashed
    except (NotFoundOrNoAccess, Gone):
        pass
    if not alive:
        trashed = [asset.id for asset in planned.losers if run.trashed[asset.id] == "done"]
        rescue = "its copies are in the backup"
        if trashed and run.settings.permanent is None:
            rescue = "they were brought back at once"
            await run.pool.call(lambda: run.client.restore(trashed), slot, repeatable=True)
            for asset_id in trashed:
                await _journal(run, planned, asset_id, "restored")
        await run.hold(
            planned,
            "confirm",
            f"{planned.winner.original_file_name} vanished while its copies were being trashed; {rescue}.",
        )
    elif left:
        await run.hold(planned, "trash", f"The server did not trash {', '.join(left)}.")


async def close_groups(run: Run, groups: Sequence[Planned]) -> None:
    """Take the keepers out of their groups, so that these are gone, and stack where that was decided."""
    if not groups:
        return
    keepers = [asset_id for planned in groups for asset_id in planned.choice.keep]
    for planned in groups:
        await run.journal.intent(run.id, CLOSE, planned.group.id, {"keep": list(planned.choice.keep)})
    try:
        with run.pool.lease(f"closing {len(groups)} groups") as slot:
            await run.pool.call(
                lambda: run.client.update_assets(keepers, {"duplicateId": None}), slot, repeatable=True
            )
    except ImmichError as error:
        if stops_everything(error):
            raise
        # The losers are trashed and the keepers live; the server clears groups of one by itself.
    for planned in groups:
        detail: dict[str, object] = {}
        if planned.choice.stack and len(planned.choice.keep) > 1:
            with run.pool.lease(f"stacking {planned.winner.original_file_name}") as slot:
                detail["stack"] = await stack_group(run, planned, slot)
        planned.done = True
        await run.journal.outcome(run.id, CLOSE, planned.group.id, "done", detail)
        await run.session.finish(planned.group.id, planned.kind, run.id)


async def stack_group(run: Run, planned: Planned, slot: Slot) -> str:
    """Stack the kept members with the winner on top; return the stack's id."""
    others = [asset_id for asset_id in planned.choice.keep if asset_id != planned.choice.winner]
    return await run.pool.call(
        lambda: run.client.stack([planned.choice.winner, *others]), slot, repeatable=False
    )

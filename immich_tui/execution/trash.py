"""Moving losers to the trash: the only place that deletes.

For each small batch of groups: the listing is looked at again (at most a minute old), every keeper is read
and its original asked for, backups are looked at, and only then are the losers' ids sent. The journal holds
the intent before each call and what the server really did after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from immich_tui.execution.backup import still_whole
from immich_tui.execution.carry import doubt_carry, read_tags
from immich_tui.execution.close import close_groups
from immich_tui.execution.listing import Listing, objection, read_listing, uses
from immich_tui.execution.preflight import still_allowed
from immich_tui.execution.run import TRASH, Planned, Run
from immich_tui.execution.stopping import RunPhase, concerns_all, stops_everything
from immich_tui.immich.errors import Gone, ImmichError, NotFoundOrNoAccess, Rejected
from immich_tui.immich.models import Asset
from immich_tui.jobs.phase import Context, Continue, Fatal, Outcome
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.fingerprint import fingerprint


@dataclass(slots=True)
class Answers:
    """What came of sending deletes, besides success: ids whose answer was lost, and refusals by id."""

    lost: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)


ROUNDS = 3
"""Deletes of one batch whose answer was lost and which did not happen; each is preceded by a recheck."""


class TrashPhase(RunPhase):
    """Recheck, trash and confirm, batch by batch."""

    name = "trash"
    label = "Move to trash"

    async def work(self, context: Context[Run]) -> Outcome:
        """Trash the losers of every open group that passes the recheck; the others are held back.

        Raises `Fatal` when the trash was switched off meanwhile.
        """
        run = context.subject
        todo = [planned for planned in run.open_groups() if planned.choice.trash]
        losers = sum(len(planned.choice.trash) for planned in todo)
        done = 0

        def show(step: str) -> None:
            context.progress(done, losers, units="photos", message=step)

        show("")
        listing: Listing | None = None
        for batch in _batches(todo, run.settings.trash_batch):
            await context.interrupt_point()
            if reason := await still_allowed(run):
                raise Fatal(reason)
            pending = batch
            for rounds_left in reversed(range(ROUNDS)):
                if listing is None or listing.age() > run.settings.recheck_s:
                    show("reading the groups again")
                    listing = await read_listing(run)
                show("checking what stays")
                passed = await recheck_batch(run, pending, listing)
                if listing.age() > run.settings.recheck_s:
                    # The checks took so long that the listing has grown old over them.
                    listing = await read_listing(run)
                    passed = await _as_listed(run, passed, listing)
                show("deleting")
                answers = await _delete(run, passed)
                if not rounds_left:
                    answers.lost.clear()
                show("confirming")
                pending = await confirm_batch(run, passed, answers)
                if not pending:
                    break
            await close_groups(run, [planned for planned in batch if planned.open])
            for planned in batch:
                done += len(planned.choice.trash)
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


async def _as_listed(run: Run, groups: Sequence[Planned], listing: Listing) -> Sequence[Planned]:
    """Return the groups that a fresh listing still shows as they were decided on; hold back the others."""
    for planned in groups:
        if _waiting(run, planned) and (reason := objection(planned, listing, gone=_gone(run, planned))):
            await run.hold(planned, "recheck", reason)
    return [planned for planned in groups if planned.open]


async def confirm_batch(run: Run, groups: Sequence[Planned], answers: Answers) -> Sequence[Planned]:
    """Read back what became of these groups; return those of which losers live because a call got lost."""
    again: list[Planned] = []

    async def confirm(planned: Planned, slot: Slot) -> None:
        slot.show(f"confirming {planned.winner.original_file_name}")
        if await confirm_group(run, planned, answers, slot):
            again.append(planned)

    await run.pool.work(groups, confirm)
    return again


def _gone(run: Run, planned: Planned) -> frozenset[str]:
    return frozenset(asset_id for asset_id in planned.choice.trash if run.trashed.get(asset_id) == "done")


def _waiting(run: Run, planned: Planned) -> list[Asset]:
    gone = _gone(run, planned)
    return [asset for asset in planned.losers if asset.id not in gone]


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
    waiting = _waiting(run, planned)
    if not waiting:
        return ""
    if not planned.carry_confirmed:
        return "Its metadata was not confirmed on the kept photo."
    if reason := objection(planned, listing, gone=_gone(run, planned)):
        return reason
    if reason := await _new_uses(run, planned, listing, slot):
        await doubt_carry(run, planned)
        return reason
    for asset in waiting:
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


async def _new_uses(run: Run, planned: Planned, listing: Listing, slot: Slot) -> str:
    """Which loser was put into an album or tagged since the carry, as a sentence; empty when none was."""
    tags = {}
    for asset in _waiting(run, planned):
        if asset.tags is None:
            tags[asset.id] = await read_tags(run, asset.id, slot)
    now = uses(planned, listing.albums, tags)
    if now is None or planned.uses is None:
        return ""
    for asset in _waiting(run, planned):
        if now[asset.id] - planned.uses[asset.id]:
            name = asset.original_file_name
            return f"{name} was added to an album or tagged since its metadata was carried."
    return ""


async def _keeper_objection(run: Run, planned: Planned, keeper: Asset, slot: Slot) -> str:
    name = keeper.original_file_name
    try:
        now = await run.pool.call(lambda: run.client.asset(keeper.id), slot, repeatable=True)
        if now.is_trashed or now.is_offline:
            return f"{name}, which should stay, is {'in the trash' if now.is_trashed else 'offline'}."
        if now.visibility == "locked" or now.duplicate_id != planned.group.id:
            return f"{name}, which should stay, left the group."
        if now.stack is not None:
            return f"{name}, which should stay, was put into a stack."
        if keeper.id == planned.choice.winner and planned.keeper_print not in ("", fingerprint(now)):
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


async def _delete(run: Run, groups: Sequence[Planned]) -> Answers:
    """Send the ids, in one call where the server takes it; force is never used on external files."""
    ids = {asset.id: planned for planned in groups for asset in _waiting(run, planned)}
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
    answers = Answers()
    if run.settings.permanent is None:
        await _delete_ids(run, list(ids), answers, force=False)
        return answers
    external = [i for i, planned in ids.items() if planned.group.asset(i).library_id is not None]
    await _delete_ids(run, external, answers, force=False)
    await _delete_ids(run, [i for i in ids if i not in set(external)], answers, force=True)
    return answers


async def _delete_ids(run: Run, ids: list[str], answers: Answers, *, force: bool) -> None:
    """Delete; when the server refuses the whole call for one id, halve the call until that id stands alone.

    Outcomes are not recorded here: the confirmation asks the server what became of every id.
    """
    if not ids:
        return
    try:
        with run.pool.lease(f"moving {len(ids)} to the trash") as slot:
            await run.pool.call(lambda: run.client.trash(ids, force=force), slot, repeatable=False)
    except ImmichError as error:
        if error.may_have_happened:
            answers.lost.update(ids)
        elif stops_everything(error):
            raise
        elif isinstance(error, Rejected) and len(ids) > 1:
            half = len(ids) // 2
            await _delete_ids(run, ids[:half], answers, force=force)
            await _delete_ids(run, ids[half:], answers, force=force)
        else:
            answers.refused.update(dict.fromkeys(ids, error.sentence))


async def confirm_group(run: Run, planned: Planned, answers: Answers, slot: Slot) -> bool:
    """Read back what became of the losers and that a keeper lives; otherwise bring the losers back.

    Returns whether losers live, and all of them because the call for them got lost: worth another round.
    """
    left = []
    for asset in planned.losers:
        if run.trashed.get(asset.id) != "done":
            await _record_truth(run, planned, asset.id, slot)
        if run.trashed[asset.id] != "done":
            left.append(asset)
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
    elif left and all(asset.id in answers.lost for asset in left):
        return True
    elif left:
        names = ", ".join(asset.original_file_name for asset in left)
        why = next((answers.refused[asset.id] for asset in left if asset.id in answers.refused), "")
        reason = f"The server did not trash {names}"
        await run.hold(planned, "trash", f"{reason}: {why}" if why else f"{reason}.")
    return False

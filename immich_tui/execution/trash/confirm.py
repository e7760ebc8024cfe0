"""What really became of a delete: asked of the server, recorded, and put right where the keeper vanished.

The server is asked for uploads by their checksum: one call tells of a whole batch what is in the trash and
what lives. Where that is not to be had, a search finds what is in the trash. What neither tells is asked for
one by one, so that nothing rests on what they leave out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from immich_tui.execution.planned import Planned
from immich_tui.execution.run import TRASH, Run
from immich_tui.execution.stopping import stops_everything
from immich_tui.execution.transfer.http import sha1_of
from immich_tui.immich.client import PAGE
from immich_tui.immich.errors import Gone, ImmichError, NotFoundOrNoAccess, Rejected
from immich_tui.immich.models import Asset, Known
from immich_tui.jobs.pool import Slot

MOST_PAGES: Final = 3
"""Pages of the trash that are looked at beyond those a batch fills: others may be throwing away too."""


@dataclass(slots=True)
class Answers:
    """What came of sending deletes, besides success: ids whose answer was lost, and refusals by id.

    `since` is the server's clock before the first was sent, `None` if it does not tell. `unsent` are ids
    whose delete waited until the look that it rests on was too old.
    """

    since: datetime | None = None
    lost: set[str] = field(default_factory=set)
    unsent: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)


async def confirm_batch(run: Run, groups: Sequence[Planned], answers: Answers) -> Sequence[Planned]:
    """Read back what became of these groups; return those of which losers live because a call got lost."""
    again: list[Planned] = []
    uploads = await _uploads(run, groups)
    alive = frozenset(one for one, trashed in uploads.items() if not trashed)
    sent = {asset.id: planned for planned in groups for asset in run.waiting(planned)}
    found = {one for one in sent if uploads.get(one)}
    if len(found) < len(sent):
        found |= await _in_trash(run, sent.keys() - found, answers.since)
    for one, planned in sent.items():
        if one in found:
            planned.set_fate(one, "done")
    await run.journal.submit_all(
        run.id, TRASH, "done", [(one, of_trash(planned)) for one, planned in sent.items() if one in found]
    )

    async def confirm(planned: Planned, slot: Slot) -> None:
        slot.show(f"confirming {planned.winner.original_file_name}")
        if await confirm_group(run, planned, answers, slot, alive=planned.choice.winner in alive):
            again.append(planned)

    unclear = [one for one in groups if one.choice.winner not in alive or run.left(one)]
    await run.pool.work(unclear, confirm)
    return again


async def _uploads(run: Run, groups: Sequence[Planned]) -> dict[str, bool]:
    """Of losers and winners that the server has, whether each is in the trash; of others nothing is known."""
    members = [asset for planned in groups for asset in (planned.winner, *run.waiting(planned))]
    with run.pool.lease("looking what became of them") as slot:
        known = await _known(run, members, slot)
    # A server that does not tell whether it is in the trash tells nothing.
    told = (one for one in known if "is_trashed" in one.model_fields_set)
    ids = {asset.id for asset in members}
    return {one.asset_id: one.is_trashed for one in told if one.asset_id in ids}


async def _known(run: Run, assets: Sequence[Asset], slot: Slot) -> Sequence[Known]:
    """What the server says of the uploads with the bytes of these; nothing where it is not to be had.

    Files of external libraries are no uploads, and a key may not be allowed to ask.
    """
    permissions = run.capabilities.permissions
    if permissions is not None and not permissions & {"all", "asset.upload"}:
        return ()
    sha1s = [sha1 for one in assets if one.library_id is None and (sha1 := sha1_of(one.checksum))]
    if not sha1s:
        return ()
    try:
        return await run.pool.call(partial(run.client.known_uploads, sha1s), slot, repeatable=True)
    except ImmichError as error:
        if stops_everything(error):
            raise
        return ()


async def _in_trash(run: Run, ids: Set[str], since: datetime | None) -> Set[str]:
    """Which of these a search finds in the trash; what deletes for good leaves nothing to find."""
    if since is None or run.settings.permanent is not None:
        return frozenset()
    missing, page, more = set(ids), 1, True
    with run.pool.lease("looking into the trash") as slot:
        while missing and more and page <= len(ids) // PAGE + MOST_PAGES:
            try:
                look = partial(run.client.trashed_since, since, page)
                found, more = await run.pool.call(look, slot, repeatable=True)
            except ImmichError as error:
                if stops_everything(error):
                    raise
                break
            page += 1
            missing -= found
    return ids - missing


async def settle_unknown(run: Run, planned: Planned, slot: Slot) -> None:
    """Ask the server about deletes whose outcome a crash left open, instead of repeating them."""
    for asset_id in planned.with_fate("intent"):
        await _record_truth(run, planned, asset_id, slot)


async def _record_truth(
    run: Run, planned: Planned, asset_id: str, slot: Slot, *, refused: bool = False
) -> bool:
    """Note what became of a loser whose delete was sent, and return whether it can be found.

    One that is gone for good counts as trashed: somebody emptied the trash behind the delete. One that is
    only not to be seen may have been locked; where nobody tells, that it was to be deleted for good decides,
    unless the server `refused` to.
    """
    try:
        asset = await run.pool.call(lambda: run.client.asset(asset_id), slot, repeatable=True)
    except (NotFoundOrNoAccess, Gone):
        gone = await _is_gone(run, planned.group.asset(asset_id), slot)
        done = run.settings.permanent is not None and not refused if gone is None else gone
        await note_fate(run, planned, asset_id, "done" if done else "alive")
        return done
    await note_fate(run, planned, asset_id, "done" if asset.is_trashed else "alive")
    return True


async def _is_gone(run: Run, loser: Asset, slot: Slot) -> bool | None:
    """Whether the server says that it has no upload with a loser's bytes; `None` where it does not tell."""
    known = await _known(run, [loser], slot)
    return all(one.asset_id is None for one in known) if known else None


async def note_fate(run: Run, planned: Planned, asset_id: str, state: str) -> None:
    """Write down, durably, what became of a loser."""
    planned.set_fate(asset_id, state)
    await run.journal.submit(run.id, TRASH, asset_id, state, of_trash(planned))


def of_trash(planned: Planned) -> Mapping[str, object]:
    """What the journal keeps with the delete of a loser."""
    return {"group": planned.id, "survivor": planned.choice.winner}


async def confirm_group(run: Run, planned: Planned, answers: Answers, slot: Slot, *, alive: bool) -> bool:
    """Read back what became of the losers and that a keeper lives; otherwise bring the losers back.

    `alive` says that the keeper was seen alive after the delete. Returns whether losers live, and all of them
    because the call for them got lost: worth another round.
    """
    left = []
    unseen = set()
    for asset in planned.losers:
        if planned.fate(asset.id) != "done":
            refused = asset.id in answers.refused
            if not await _record_truth(run, planned, asset.id, slot, refused=refused):
                unseen.add(asset.id)
        if planned.fate(asset.id) != "done":
            left.append(asset)
    if not alive:
        try:
            look = partial(run.client.asset, planned.choice.winner)
            winner = await run.pool.call(look, slot, repeatable=True)
            alive = not winner.is_trashed
        except (NotFoundOrNoAccess, Gone):
            pass
    if not alive:
        trashed = list(planned.with_fate("done"))
        end = "while its copies were being trashed; its copies are in the backup"
        if not trashed:
            end = "before its copies were trashed; they were left alone"
        elif run.settings.permanent is None:
            end = "while its copies were being trashed; they were brought back at once"
            if lost := await _bring_back(run, planned, trashed, slot):
                names = ", ".join(planned.group.asset(asset_id).original_file_name for asset_id in lost)
                end = (
                    "while its copies were being trashed; those in the trash were brought back at once,"
                    f" {names} is only in the backup"
                )
        await run.hold(planned, "confirm", f"{planned.winner.original_file_name} vanished {end}.")
    elif left and all(asset.id in answers.lost for asset in left):
        return True
    elif left:
        names = ", ".join(asset.original_file_name for asset in left)
        why = next((answers.refused[asset.id] for asset in left if asset.id in answers.refused), "")
        reason = f"The server did not trash {names}"
        if not why and unseen.issuperset(asset.id for asset in left):
            reason = f"{names} cannot be found any more: deleted for good, or locked. It is in the backup"
        elif all(asset.id in answers.unsent for asset in left):
            reason = f"{names}: each delete had to wait until the look before it was old, and was not sent"
        await run.hold(planned, "trash", f"{reason}: {why}" if why else f"{reason}.")
    return False


async def _bring_back(run: Run, planned: Planned, losers: Sequence[str], slot: Slot) -> Sequence[str]:
    """Take losers out of the trash; return those that are not in it, as somebody emptied it.

    One that is gone makes the server refuse all, so they are asked for one by one then.
    """
    lost: list[str] = []
    try:
        await run.pool.call(partial(run.client.restore, losers), slot, repeatable=True)
    except Rejected:
        for asset_id in losers:
            try:
                await run.pool.call(partial(run.client.restore, [asset_id]), slot, repeatable=True)
            except Rejected:
                lost.append(asset_id)
    for asset_id in losers:
        if asset_id not in lost:
            await note_fate(run, planned, asset_id, "restored")
    return lost

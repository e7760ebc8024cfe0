"""What really became of a delete: asked of the server, recorded, and put right where the keeper vanished.

What a search finds in the trash is there: one call confirms a whole batch. What it does not find is asked for
one by one, so that nothing rests on what a search leaves out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from immich_tui.execution.run import TRASH, Planned, Run
from immich_tui.execution.stopping import stops_everything
from immich_tui.immich.client import PAGE
from immich_tui.immich.errors import Gone, ImmichError, NotFoundOrNoAccess
from immich_tui.jobs.pool import Slot

MOST_PAGES: Final = 3
"""Pages of the trash that are looked at beyond those a batch fills: others may be throwing away too."""


@dataclass(slots=True)
class Answers:
    """What came of sending deletes, besides success: ids whose answer was lost, and refusals by id.

    `since` is the server's clock before the first was sent, `None` if it does not tell.
    """

    since: datetime | None = None
    lost: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)


async def confirm_batch(run: Run, groups: Sequence[Planned], answers: Answers) -> Sequence[Planned]:
    """Read back what became of these groups; return those of which losers live because a call got lost."""
    again: list[Planned] = []
    await _record_found(run, groups, answers.since)

    async def confirm(planned: Planned, slot: Slot) -> None:
        slot.show(f"confirming {planned.winner.original_file_name}")
        if await confirm_group(run, planned, answers, slot):
            again.append(planned)

    await run.pool.work(groups, confirm)
    return again


async def _record_found(run: Run, groups: Sequence[Planned], since: datetime | None) -> None:
    """Record as trashed what a search finds in the trash; what deletes for good leaves nothing to find."""
    if since is None or run.settings.permanent is not None:
        return
    sent = {asset.id: planned for planned in groups for asset in run.waiting(planned)}
    missing, page, more = set(sent), 1, True
    with run.pool.lease("looking into the trash") as slot:
        while missing and more and page <= len(sent) // PAGE + MOST_PAGES:
            try:
                look = partial(run.client.trashed_since, since, page)
                found, more = await run.pool.call(look, slot, repeatable=True)
            except ImmichError as error:
                if stops_everything(error):
                    raise
                break
            page += 1
            missing -= found
    await asyncio.gather(
        *(_journal(run, planned, one, "done") for one, planned in sent.items() if one not in missing)
    )


async def settle_unknown(run: Run, planned: Planned, slot: Slot) -> None:
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
        run.id, TRASH, asset_id, state, {"group": planned.id, "survivor": planned.winner.id}
    )


async def _is_trashed(run: Run, asset_id: str, slot: Slot) -> bool:
    try:
        asset = await run.pool.call(lambda: run.client.asset(asset_id), slot, repeatable=True)
    except (NotFoundOrNoAccess, Gone):
        return run.settings.permanent is not None
    return asset.is_trashed


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

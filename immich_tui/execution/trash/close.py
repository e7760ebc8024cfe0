"""Ending groups on the server: members that stay leave the group, and are stacked where that was decided.

Every step looks before it acts, so that a step whose answer was lost, or that an earlier process took, is not
taken twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from immich_tui.execution.planned import Planned
from immich_tui.execution.run import CLOSE, Run
from immich_tui.execution.stopping import stops_everything
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.pool import Slot
from immich_tui.review.decisions import DecisionKind

_OUT = {"duplicateId": None}


class _NotClosed(Exception):
    """A group could not be ended; the text says why, as a sentence."""


async def close_groups(run: Run, groups: Sequence[Planned]) -> None:
    """Take the keepers of groups whose losers are trashed out of their groups, and stack them if decided."""
    if not groups:
        return
    await _intended(run, groups)
    keepers = [asset_id for planned in groups for asset_id in planned.choice.keep]
    with run.pool.lease(f"closing {len(groups)} groups") as slot:
        try:
            await run.pool.call(lambda: run.client.update_assets(keepers, _OUT), slot, repeatable=True)
        except ImmichError as error:
            if stops_everything(error):
                raise
            # One id that the server does not take makes it refuse all; each group is closed by itself then.

    closed: dict[str, dict[str, object]] = {}

    async def close(planned: Planned, slot: Slot) -> None:
        slot.show(f"closing the group of {planned.winner.original_file_name}")
        try:
            closed[planned.id] = await _close(run, planned, slot)
        except _NotClosed as error:
            await run.hold(planned, "close", str(error))

    try:
        await run.pool.work(groups, close)
    finally:
        await _finish(run, [planned for planned in groups if planned.id in closed], closed)


async def keep_group(run: Run, planned: Planned, slot: Slot) -> None:
    """Dismiss or stack a group of which everything stays; held back when the server refuses."""
    await _intended(run, [planned])
    detail: dict[str, object] = {}
    try:
        if planned.kind is DecisionKind.STACK:
            detail = await _close(run, planned, slot)
        else:
            await _dismiss(run, planned, slot)
    except _NotClosed as error:
        await run.hold(planned, "dismiss", str(error))
    else:
        await _finish(run, [planned], {planned.id: detail})


async def was_closed(run: Run, planned: Planned, slot: Slot) -> bool:
    """Whether this run closed a group already, in a call whose answer it never saw, and all members live."""
    if not planned.closing:
        return False
    try:
        members = [await _asset(run, asset_id, slot) for asset_id in planned.choice.keep]
    except ImmichError as error:
        if stops_everything(error):
            raise
        return False
    stacked = not planned.choice.stack or _one_stack(members)
    left = planned.choice.stack or all(asset.duplicate_id != planned.id for asset in members)
    return stacked and left and not any(asset.is_trashed for asset in members)


async def _intended(run: Run, groups: Sequence[Planned]) -> None:
    for planned in groups:
        planned.closing = True
    keep = ((planned.id, {"keep": list(planned.choice.keep)}) for planned in groups)
    await run.journal.submit_all(run.id, CLOSE, "intent", keep)


async def _dismiss(run: Run, planned: Planned, slot: Slot) -> None:
    try:
        await run.pool.call(lambda: run.client.dismiss([planned.id]), slot, repeatable=True)
    except ImmichError as error:
        # Repeating a dismissal whose answer was lost is refused: the group is gone by then.
        if stops_everything(error):
            raise
        if not await was_closed(run, planned, slot):
            raise _NotClosed(f"The server did not take it: {error.sentence}") from error


async def _close(run: Run, planned: Planned, slot: Slot) -> dict[str, object]:
    """Stack where decided and take the keepers out of the group; return what the journal keeps of it."""
    detail: dict[str, object] = {}
    try:
        if planned.choice.stack and len(planned.choice.keep) > 1:
            detail["stack"] = await _stack(run, planned, slot)
        if len(planned.choice.keep) > 1:
            members = [await _asset(run, asset_id, slot) for asset_id in planned.choice.keep]
            inside = [asset.id for asset in members if asset.duplicate_id == planned.id]
            if inside:
                await run.pool.call(lambda: run.client.update_assets(inside, _OUT), slot, repeatable=True)
    except ImmichError as error:
        if stops_everything(error):
            raise
        done = "Its copies are in the trash, but it" if planned.choice.trash else "It"
        wanted = "stacked" if planned.choice.stack else "closed"
        raise _NotClosed(f"{done} could not be {wanted}: {error.sentence}") from error
    # A group with one member left is dissolved by the server itself.
    return detail


async def _stack(run: Run, planned: Planned, slot: Slot) -> str:
    """Stack the kept members with the winner on top, unless they are; return the stack's id."""
    winner = planned.choice.winner
    others = [asset_id for asset_id in planned.choice.keep if asset_id != winner]
    for last in (False, False, True):
        members = [await _asset(run, asset_id, slot) for asset_id in (winner, *others)]
        if members[0].stack is not None and _one_stack(members):
            return members[0].stack.id
        try:
            return await run.pool.call(lambda: run.client.stack([winner, *others]), slot, repeatable=False)
        except ImmichError as error:
            if last or not error.may_have_happened:
                raise
    raise AssertionError("the last attempt returns or raises")


def _one_stack(members: Sequence[Asset]) -> bool:
    stacks = {asset.stack.id if asset.stack is not None else None for asset in members}
    return len(stacks) == 1 and None not in stacks


async def _asset(run: Run, asset_id: str, slot: Slot) -> Asset:
    return await run.pool.call(lambda: run.client.asset(asset_id), slot, repeatable=True)


async def _finish(run: Run, groups: Sequence[Planned], details: Mapping[str, dict[str, object]]) -> None:
    """Record groups as done, durably: first in the journal, then in the session."""
    for planned in groups:
        planned.done = True
    await run.journal.submit_all(run.id, CLOSE, "done", ((one.id, details[one.id]) for one in groups))
    await run.session.finish_all({planned.id: planned.kind for planned in groups}, run.id)

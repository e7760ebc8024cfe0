"""Ending groups on the server: members that stay leave the group, and are stacked where that was decided.

Every step looks before it acts, so that a step whose answer was lost, or that an earlier process took, is not
taken twice.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import partial
from math import inf

from immich_tui.execution.fresh import LOOKS, OldLook, good_until, while_good
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import CLOSE, Run
from immich_tui.execution.stopping import stops_everything
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.pool import Slot
from immich_tui.jobs.sleepless import sleepless
from immich_tui.review.decisions import DecisionKind

_OUT = {"duplicateId": None}


class _NotClosed(Exception):
    """A group could not be ended; the text says why, as a sentence."""


async def close_groups(run: Run, groups: Sequence[Planned], looked_at: Container[str], until: float) -> None:
    """Take the keepers of groups whose losers are trashed out of their groups, and stack them if decided.

    Of the groups in `looked_at` it was just seen that the keepers are in them, which counts until this
    moment, `sleepless`: these go in one call. Of others, such as those that an earlier process did not close,
    each keeper is looked at first: it may be in another group by now.
    """
    if not groups:
        return
    await _intended(run, groups)
    together = [planned for planned in groups if planned.id in looked_at]
    if not (together and await _all_out(run, together, until)):
        together = []
    out = {planned.id for planned in together}
    closed: dict[str, dict[str, object]] = {}

    async def close(planned: Planned, slot: Slot) -> None:
        slot.show(f"closing the group of {planned.winner.original_file_name}")
        try:
            closed[planned.id] = await _close(run, planned, slot, is_out=planned.id in out)
        except _NotClosed as error:
            await run.hold(planned, "close", str(error))

    try:
        await run.pool.work(groups, close)
    finally:
        await _finish(run, [planned for planned in groups if planned.id in closed], closed)


async def _all_out(run: Run, groups: Sequence[Planned], until: float) -> bool:
    """Take the keepers of these groups out of them in one call; whether that was done.

    One id that the server does not take makes it refuse all; each group is closed by itself then.
    """
    keepers = [asset_id for planned in groups for asset_id in planned.choice.keep]
    take_out = while_good(partial(run.client.update_assets, keepers, _OUT), until)
    with run.pool.lease(f"closing {len(groups)} groups") as slot:
        try:
            await run.pool.call(take_out, slot, repeatable=True)
        except OldLook:
            return False
        except ImmichError as error:
            if stops_everything(error):
                raise
            return False
    return True


async def keep_group(run: Run, planned: Planned, slot: Slot, until: float) -> None:
    """Dismiss or stack a group of which everything stays; held back when the server refuses.

    That all who are in it were seen counts until this moment, `sleepless`. Raises `OldLook` after it.
    """
    await _intended(run, [planned])
    detail: dict[str, object] = {}
    try:
        if planned.kind is DecisionKind.STACK:
            detail = await _close(run, planned, slot, until)
        else:
            await _dismiss(run, planned, slot, until)
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


async def _dismiss(run: Run, planned: Planned, slot: Slot, until: float) -> None:
    try:
        dismiss = while_good(partial(run.client.dismiss, [planned.id]), until)
        await run.pool.call(dismiss, slot, repeatable=True)
    except ImmichError as error:
        # Repeating a dismissal whose answer was lost is refused: the group is gone by then.
        if stops_everything(error):
            raise
        if not await was_closed(run, planned, slot):
            raise _NotClosed(f"The server did not take it: {error.sentence}") from error


async def _close(
    run: Run, planned: Planned, slot: Slot, until: float = inf, *, is_out: bool = False
) -> dict[str, object]:
    """Stack where decided and take the keepers out of the group; return what the journal keeps of it.

    `is_out` says that the keepers were taken out together with others. Raises `OldLook` where a stack was not
    made before `until`.
    """
    detail: dict[str, object] = {}
    try:
        if planned.choice.stack and len(planned.choice.keep) > 1:
            detail["stack"] = await _stack(run, planned, slot, until)
        if len(planned.choice.keep) > 1 or not is_out:
            await _out(run, planned, slot)
    except ImmichError as error:
        if stops_everything(error):
            raise
        raise _NotClosed(_not_closed(planned, f"could not be {_end(planned)}: {error.sentence}")) from error
    # A group with one member left is dissolved by the server itself.
    return detail


def _end(planned: Planned) -> str:
    return "stacked" if planned.choice.stack else "closed"


def _not_closed(planned: Planned, why: str) -> str:
    return f"{'Its copies are in the trash, but it' if planned.choice.trash else 'It'} {why}"


async def _out(run: Run, planned: Planned, slot: Slot) -> None:
    """Take the keepers out of the group, those that are in it."""
    for _ in range(LOOKS):
        until = _seen_from_now(run, planned)
        members = [await _asset(run, asset_id, slot) for asset_id in planned.choice.keep]
        inside = [asset.id for asset in members if asset.duplicate_id == planned.id]
        if not inside:
            return
        take_out = while_good(partial(run.client.update_assets, inside, _OUT), until)
        try:
            await run.pool.call(take_out, slot, repeatable=True)
        except OldLook:
            continue
        return
    raise _NotClosed(_not_closed(planned, "was not closed: each call had to wait until the look was old."))


async def _stack(run: Run, planned: Planned, slot: Slot, until: float) -> str:
    """Stack the kept members with the winner on top, unless they are; return the stack's id.

    Immich takes what is in other stacks of theirs into the new one, so where somebody made such they stay.
    """
    winner = planned.choice.winner
    others = [asset_id for asset_id in planned.choice.keep if asset_id != winner]
    for last in (False, False, True):
        seen_until = _seen_from_now(run, planned)
        members = [await _asset(run, asset_id, slot) for asset_id in (winner, *others)]
        if members[0].stack is not None and _one_stack(members):
            return members[0].stack.id
        if names := [asset.original_file_name for asset in members if asset.stack is not None]:
            raise _NotClosed(_not_closed(planned, f"was not stacked: {', '.join(names)} is in a stack now."))
        stack = while_good(partial(run.client.stack, [winner, *others]), min(until, seen_until))
        try:
            return await run.pool.call(stack, slot, repeatable=False)
        except OldLook:
            if sleepless() > until:
                raise
            if last:
                why = "was not stacked: each call had to wait until the look was old."
                raise _NotClosed(_not_closed(planned, why)) from None
        except ImmichError as error:
            if last or not error.may_have_happened:
                raise
    raise AssertionError("the last attempt returns or raises")


def _seen_from_now(run: Run, planned: Planned) -> float:
    """Until when what is seen of the keepers from now on counts, `sleepless`."""
    return good_until(run.pool, run.settings.look_s, len(planned.choice.keep) + 1)


def _one_stack(members: Sequence[Asset]) -> bool:
    stacks = {asset.stack.id if asset.stack is not None else None for asset in members}
    return len(stacks) == 1 and None not in stacks


async def _asset(run: Run, asset_id: str, slot: Slot) -> Asset:
    return await run.pool.call(lambda: run.client.asset(asset_id), slot, repeatable=True)


async def _finish(run: Run, groups: Sequence[Planned], details: Mapping[str, dict[str, object]]) -> None:
    """Record groups as done, durably: first in the session, then in the journal.

    A run that is taken up again ends those once more that the journal does not know to be done, none else.
    """
    await run.session.finish_all({planned.id: planned.kind for planned in groups}, run.id)
    await run.journal.submit_all(run.id, CLOSE, "done", ((one.id, details[one.id]) for one in groups))
    for planned in groups:
        planned.done = True

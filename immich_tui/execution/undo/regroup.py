"""Making a group again of which a run left one photo: out of its stack, and with the id that it had."""

from __future__ import annotations

from functools import partial

from immich_tui.execution.run import ended
from immich_tui.execution.undo.work import ATTEMPTS, Work
from immich_tui.immich.errors import ImmichError, PermissionMissing, Rejected


async def unstack(work: Work) -> None:
    """Dissolve the stack that this run made, if it still is what the run made."""
    planned = work.group.planned
    if not (work.group.closed and planned.choice.stack and len(planned.choice.keep) > 1):
        return
    for _ in range(ATTEMPTS):
        top = work.winner.stack if work.winner is not None else None
        if top is None:
            break
        ours = work.group.stack in (None, top.id) and top.primary_asset_id == planned.winner.id
        if not ours or top.asset_count not in (None, len(planned.choice.keep)):
            work.kept["The stack was changed since and stays as it is."] = None
            return
        try:
            await work.calls.send("stack", partial(work.undo.client.unstack, top.id), repeatable=False)
        except (PermissionMissing, Rejected) as error:
            work.problems.append(f"The stack could not be dissolved: {ended(error.sentence)}")
            return
        except ImmichError as error:
            if not error.may_have_happened:
                raise
        await work.look(planned.choice.keep)
    work.reverted["stack"] = None


async def regroup(work: Work) -> None:
    """Give all members the id of their group again, so that it is listed as before."""
    if not (work.group.closed or work.group.sent):
        return
    names = {asset.id: asset.original_file_name for asset in work.group.planned.group.assets}
    alive = [one for one in work.members.values() if one is not None and not one.is_trashed]
    for one in alive:
        if one.duplicate_id not in (None, work.group.id):
            work.kept[f"{names[one.id]} is in another group now and stays there."] = None
        elif one.stack is not None and not work.problems:
            work.kept[f"{names[one.id]} is in a stack now, where no group is shown."] = None
    for member in work.members.values():
        if member is not None and member.is_trashed and member.id not in work.group.sent:
            work.kept[f"{names[member.id]} was moved to the trash since and stays there."] = None
    ours = [one for one in alive if one.duplicate_id in (None, work.group.id)]
    if len(ours) < 2:
        work.stuck["The group does not come back: fewer than two of its photos are left for it."] = None
        return
    work.together = {one.id for one in ours}
    outside = [one.id for one in ours if one.duplicate_id is None]
    if outside:
        work.slot.show(f"making the group of {work.group.title} again")
        send = partial(work.undo.client.update_assets, outside, {"duplicateId": work.group.id})
        if not await work.attempt("group", send, "The group could not be made again", {"ids": outside}):
            work.together = set()
            return
    work.reverted["group"] = None

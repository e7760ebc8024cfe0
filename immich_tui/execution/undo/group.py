"""Taking back what a run did to one group.

Every step looks before it acts. Each call is in the journal before it is sent and after it was answered, so a
resumed undo does not send again what was done, and does not touch what somebody changed in between.
"""

from __future__ import annotations

from functools import partial

from immich_tui.execution.past import PastGroup
from immich_tui.execution.undo.readback import read_back
from immich_tui.execution.undo.regroup import regroup, unstack
from immich_tui.execution.undo.sidecar import ungraft
from immich_tui.execution.undo.state import GroupUndone, LostPhoto, Outcome, Undo
from immich_tui.execution.undo.values import hide_video, put_clock_right, revert
from immich_tui.execution.undo.work import Work
from immich_tui.jobs.pool import Slot


async def undo_group(undo: Undo, group: PastGroup, slot: Slot) -> GroupUndone:
    """Take back what was done to a group. Raises `ImmichError` where going on with it makes no sense."""
    work = Work(undo, group, slot)
    slot.show(f"looking at {group.title}")
    await work.look()
    for step in (restore, unstack, ungraft, revert, put_clock_right, hide_video, regroup):
        await work.take(step)
    slot.show(f"reading back {group.title}")
    await read_back(work)
    return _result(work)


async def restore(work: Work) -> None:
    """Bring losers back that this run trashed and that lie in the trash now."""
    before = work.calls.ids("restore")
    unsure = work.calls.tried_ids("restore")
    ids = []
    for asset in work.group.sent_assets:
        now = work.members[asset.id]
        trashed = now is not None and now.is_trashed
        if trashed and asset.id in before:
            work.kept[f"{asset.original_file_name} was moved to the trash again and stays there."] = None
        elif trashed:
            ids.append(asset.id)
        if (trashed or asset.id in (*before, *unsure)) and now is not None:
            work.restored.append(asset.original_file_name)
    if not ids:
        return
    work.slot.show(f"bringing back {len(ids)} of {work.group.title}")
    await work.calls.send("restore", partial(work.undo.client.restore, ids), {"ids": [*ids, *before]})
    await work.look(ids)


def _result(work: Work) -> GroupUndone:
    """What came of it."""
    files = work.undo.past.backups
    lost = tuple(
        LostPhoto(asset.id, asset.original_file_name, str(files.get(asset.id, {}).get("file", "")))
        for asset in work.group.sent_assets
        if work.members[asset.id] is None
    )
    problems = list(dict.fromkeys(work.problems))
    if lost:
        names = ", ".join(one.name for one in lost)
        problems.append(
            f"{names} cannot come out of the trash: the server does not have it any more. Restore it from"
            f" the backup in {work.undo.past.folder}."
        )
    return GroupUndone(
        work.group.id,
        work.group.title,
        Outcome.PARTLY if problems else Outcome.UNDONE,
        " ".join(problems),
        tuple(work.restored),
        tuple(work.reverted),
        tuple(work.kept),
        tuple(work.stuck),
        tuple(problems),
        lost,
    )

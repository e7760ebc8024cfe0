"""Seeing that what was taken back is as it was, and holds still."""

from __future__ import annotations

import asyncio
from time import monotonic

from immich_tui.execution.carry.readback import LABELS, same
from immich_tui.execution.run import ended
from immich_tui.execution.undo.regroup import regroup
from immich_tui.execution.undo.revert import ONE_WAY
from immich_tui.execution.undo.work import ATTEMPTS, Work
from immich_tui.verdict.fingerprint import fingerprint

POLL_S = 0.1
"""The shortest time between two looks at what was taken back; they go through the rate as well."""


async def read_back(work: Work) -> None:
    """Look until everything is as it was and holds still; what does not becomes a problem."""
    deadline = monotonic() + work.undo.settings.confirm_s
    steady_since, last, regrouped = monotonic(), "", 1
    extracted = bool(
        work.clock or work.fields.keys() - {"isFavorite", "livePhotoVideoId"} or work.taken_off.tags
    )
    problem, late = "not looked at", False
    while True:
        # Once all is well, only the kept photo may still change: the server reads its file again.
        await work.look(None if problem else [work.group.planned.winner.id])
        problem = _difference(work)
        winner = work.winner
        now = monotonic()
        print_now = fingerprint(winner) if winner is not None else ""
        if problem or print_now != last:
            steady_since, last = now, print_now
        if not problem and (not extracted or now - steady_since >= work.undo.settings.settle_s):
            break
        late, was_late = now > deadline, late
        if was_late or (late and problem):
            work.problems.append(ended(problem or "Its values keep changing"))
            break
        outside = work.together - {
            one.id for one in work.members.values() if one is not None and one.duplicate_id is not None
        }
        if outside and regrouped < ATTEMPTS:
            # Whoever lists the groups while one member is back dissolves what has only one.
            regrouped += 1
            await work.take(regroup)
        # After a pause the first look that sees other values may be past the bound: a second one tells.
        wait = work.undo.settings.settle_s if late else work.undo.settings.settle_s / 2
        await asyncio.sleep(max(POLL_S, wait))
    if problem := await _holder_difference(work):
        work.problems.append(problem)


def _difference(work: Work) -> str:
    """What is not as it should be now, as a sentence; empty when all is."""
    for asset in work.group.sent_assets:
        now = work.members[asset.id]
        trashed = now is not None and now.is_trashed
        if trashed and asset.id in work.calls.ids("restore"):
            return f"{asset.original_file_name} is still in the trash."
    winner, prior = work.winner, work.group.prior
    if winner is not None and prior is not None:
        for name in work.fields:
            if not same(name, winner, prior.winner):
                return f"Its {LABELS[name]} is not what it was."
        if work.clock is not None and winner.local_date_time != work.clock:
            return "Its local time is not what it was."
        if work.fields.keys() & ONE_WAY and winner.local_date_time != prior.winner.local_date_time:
            return "Its local time is not what it was."
        if set(work.taken_off.tags) & {tag.id for tag in winner.tags or ()}:
            return "A tag did not go off it."
    for asset_id in work.together:
        member = work.members[asset_id]
        if member is None or member.duplicate_id != work.group.id:
            return "The group did not come together again."
    return ""


async def _holder_difference(work: Work) -> str:
    off = work.taken_off
    if not (off.albums or off.faces or off.links) or work.winner is None:
        return ""
    now = await work.holders()
    if left := {album.id for album in now.albums} & set(off.albums):
        return f"It is still in {len(left)} of the albums that it was added to."
    if {face.id for face in now.faces or ()} & set(off.faces):
        return "Somebody who was put on it is still there."
    if left := set(now.links or ()) & set(off.links):
        return f"It is still in {len(left)} of the public links that it was put into."
    return ""

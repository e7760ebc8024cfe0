"""Putting a sidecar with what a kept photo had itself in the place of a grafted one."""

from __future__ import annotations

from functools import partial

from immich_tui.execution.carry.readback import LABELS, is_there, same, value_of
from immich_tui.execution.graft import graft
from immich_tui.execution.graft.xmp import merged, sidecar
from immich_tui.execution.undo.ungraft import Ungrafting, ungrafting
from immich_tui.execution.undo.work import Work
from immich_tui.immich.models import Asset
from immich_tui.verdict.fingerprint import fingerprint


async def ungraft(work: Work) -> None:
    """Put a sidecar with what the kept photo had itself in the place of the grafted one.

    It comes before every other write to the photo, since it takes away what was written; that is then
    written again.
    """
    prior, winner, undo = work.group.prior, work.winner, work.undo
    if prior is None or winner is None or not undo.clears(work.group) or winner.is_edited:
        return
    begun = graft.sent_for(undo, work.group.id)
    done = work.calls.handled()
    sent = graft.may_have_arrived(undo, work.group.id)
    plan = Ungrafting.read(begun[-1].detail) if sent else ungrafting(work.group, prior.winner, winner, done)
    if plan is None or work.calls.answered("sidecar"):
        return
    before, names = prior.winner, plan.names
    work.slot.show(f"taking off what was grafted to {work.group.title}")
    after: Asset | None = winner
    existing = work.group.sidecar
    if names:
        try:
            after = await graft.put_sidecar(
                undo,
                work.group.id,
                winner.id,
                merged(existing, plan.sidecar) if existing else sidecar(plan.sidecar),
                lambda now: all(same(name, now, before) for name in names),
                partial(_unmeddled, work, plan, None if sent else fingerprint(winner)),
                work.slot,
                plan.data(),
            )
        except graft.Meddled as meddled:
            work.problems.append(str(meddled))
            return
    if after is None:
        told = ", ".join(dict.fromkeys(LABELS[name] for name in names))
        work.problems.append(f"The server did not take its {told} back in time.")
        return
    work.fields |= dict.fromkeys(names)
    now = await work.asset(winner.id)
    if now is None:
        return
    missing = {
        name: value
        for name, value in plan.repeat.items()
        if same(name, now, after) and not is_there(name, value, now)
    }
    if missing:
        send = partial(undo.client.update_asset, winner.id, missing)
        await work.calls.send("repeat", send)
    has = {tag.id for tag in now.tags or ()}
    if tags := [tag_id for tag_id in plan.tags if tag_id not in has]:
        await work.calls.send("repeat:tags", partial(undo.client.tag_assets, tags, [winner.id]))
    await work.calls.note("sidecar")
    if names:
        await work.calls.note("fields:" + "+".join(names))
    await work.look([winner.id])


async def _unmeddled(work: Work, plan: Ungrafting, planned_for: str | None) -> None:
    """See that the kept photo still is what the next sidecar was planned for, by that fingerprint.

    It is `None` where an earlier process has sent one that may be read any time: that takes away what was
    typed, and adds nothing. Raises `graft.Meddled`.
    """
    now = await work.asset(work.group.planned.winner.id)
    if now is None or planned_for not in (None, fingerprint(now)):
        raise graft.Meddled("It was changed while it was being undone, and stays as it is.")
    typed = ("description", "rating") if planned_for is None else ()
    for name in typed:
        has = value_of(now, name) not in (None, "", 0)
        if has and not is_there(name, plan.repeat.get(name), now):
            raise graft.Meddled(f"Its {LABELS[name]} was changed since the undo began: it stays as it is.")

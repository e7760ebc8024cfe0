"""What the graft of an earlier run took from a photo and nothing wrote again, since the run was given up.

A new sidecar takes away what was typed in Immich. A run that goes on writes it again, and an undo does; for
one that does neither, the next run has to.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from immich_tui.execution.carry.readback import is_there, same, value_of
from immich_tui.execution.fresh import LOOKS, OldLook, good_until, while_good
from immich_tui.execution.graft.carrier import journalled
from immich_tui.execution.graft.graft import Giving, own_values
from immich_tui.execution.past import PastGroup, read_past
from immich_tui.execution.stopping import stops_everything
from immich_tui.execution.undo.state import GROUP, Outcome
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.journal import Run as JournalRun
from immich_tui.jobs.pool import Slot
from immich_tui.jobs.progress import Status
from immich_tui.verdict.model import Channel

STEP: Final = "graft.own"
"""The step of the journal, below the earlier run, that tells whose values were given back; key: the group."""

TURNS: Final = 3
"""Calls for one photo: the look at it, its values, its tags."""


async def give_back(hands: Giving, slot: Slot) -> None:
    """Write again what grafts of earlier runs took and nobody touched since.

    What cannot be written now is tried by the run after this. Raises `ImmichError` for what concerns all.
    """
    for earlier in await hands.journal.runs():
        if earlier.id == hands.id or earlier.state == Status.RUNNING or "backup_root" not in earlier.detail:
            continue
        for group in await _unfinished(hands.journal, earlier):
            try:
                settled = await _given_back(hands, group, slot)
            except ImmichError as error:
                if stops_everything(error):
                    raise
                continue
            if settled:
                await hands.journal.outcome(earlier.id, STEP, group.id, "done", {})


async def _unfinished(journal: Journal, run: JournalRun) -> list[PastGroup]:
    """Groups of a run that got a sidecar, and neither their values behind it nor an undo."""
    if not any(one.detail.get("copied") for one in (await journalled(journal, run.id)).values()):
        return []
    settled = set(await journal.latest(run.id, STEP))
    for undo in await journal.runs():
        if undo.detail.get("of") == run.id:
            latest = await journal.latest(undo.id, GROUP)
            settled |= {key for key, entry in latest.items() if entry.state == Outcome.UNDONE}
    groups = (await read_past(journal, run.id)).groups.values()
    return [one for one in groups if one.copied and not one.planned.carry_confirmed and one.id not in settled]


async def _given_back(hands: Giving, group: PastGroup, slot: Slot) -> bool:
    """Give one photo back what it lost, on a look that is not old; whether there is nothing left to do."""
    for _ in range(LOOKS):
        until = good_until(hands.pool, hands.settings.look_s, TURNS)
        try:
            return await _give_back(hands, group, until, slot)
        except OldLook:
            continue
    return False


async def _give_back(hands: Giving, group: PastGroup, until: float, slot: Slot) -> bool:
    """Write what is missing of one photo; return whether that is all there will be to do.

    Raises `OldLook` where it had to wait beyond this moment.
    """
    if group.prior is None:
        return True
    before, winner = group.prior.winner, group.planned.winner.id
    slot.show(f"giving {group.title} back what it had")
    now = await hands.pool.call(lambda: hands.client.asset(winner), slot, repeatable=True)
    behind = group.after or now
    fields: dict[str, object] = {}
    tags: list[str] = []
    for entry in own_values(before, behind, ()):
        if entry.channel is Channel.TAG_ASSETS:
            has = {tag.id for tag in now.tags or ()}
            tags += [tag.id for tag in before.tags or () if tag.id not in has]
        elif _was_taken(entry.payload, group.after, now):
            fields |= entry.payload
    if fields:
        write = while_good(partial(hands.client.update_asset, winner, fields), until)
        await hands.pool.call(write, slot, repeatable=True)
    if tags and _same_tags(behind, now):
        tag = while_good(partial(hands.client.tag_assets, tags, [winner]), until)
        await hands.pool.call(tag, slot, repeatable=True)
    # Where the sidecar was never seen to arrive, it may still be to come.
    return group.after is not None or bool(fields or tags)


def _was_taken(payload: Mapping[str, object], behind: Asset | None, now: Asset) -> bool:
    """Whether these values are missing as they were right behind the copy, and nobody wrote others since.

    Where the photo was not seen `behind` the copy, only what is empty now counts as taken.
    """
    if all(is_there(name, value, now) for name, value in payload.items()):
        return False
    if behind is None:
        return all(value_of(now, name) in (None, "") for name in payload)
    return all(same(name, now, behind) for name in payload)


def _same_tags(one: Asset, other: Asset) -> bool:
    return {tag.id for tag in one.tags or ()} == {tag.id for tag in other.tags or ()}

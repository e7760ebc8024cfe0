"""Whether the person still wants what a run is about to do.

A run takes minutes to hours, and the review stays open beside it. A decision that is changed or taken back
before anything of its group was trashed takes the group out of the run; from the moment its delete is about
to be sent the decision is bound, and changing it is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.verdict.model import Choice

CHANGED = "You changed your mind during the run"


async def withdrawn(run: Run, planned: Planned, phase: str) -> bool:
    """Hold a group back whose decision was changed since the plan was made; whether it was."""
    if not planned.open or run.session.wanted(planned.id, planned.choice):
        return False
    if planned.choice.trash and not run.waiting(planned):
        # All of it is in the trash: only to close the group is left, and undo brings everything back.
        return False
    if planned.with_fate("intent"):
        # What became of a delete that was sent is asked first.
        return False
    await run.hold(planned, phase, _sentence(run, planned))
    return True


async def bind(run: Run, groups: Sequence[Planned], phase: str) -> Sequence[Planned]:
    """Bind the decisions of these groups and return the groups; hold back those that were decided otherwise.

    From here on the person is told that it is too late, until `settle`.
    """
    bound = await run.session.bind({planned.id: planned.choice for planned in groups})
    for planned in groups:
        if planned.id not in bound:
            await run.hold(planned, phase, _sentence(run, planned))
    return [planned for planned in groups if planned.open]


async def bind_begun(run: Run) -> None:
    """Bind the decisions of groups that an earlier process has begun to trash."""
    await run.session.bind(await asyncio.to_thread(_begun, run))


def _begun(run: Run) -> dict[str, Choice]:
    return {
        planned.id: planned.choice for planned in run.open_groups() if planned.with_fate("done", "intent")
    }


async def settle(run: Run) -> None:
    """Let groups be decided again of which nothing was trashed in the end."""
    await run.session.release(await asyncio.to_thread(_untouched, run))


def _untouched(run: Run) -> list[str]:
    # Those that are done were released when they were.
    return [planned.id for planned in run.groups.not_done() if not planned.with_fate("done", "intent")]


def _sentence(run: Run, planned: Planned) -> str:
    gone = len(run.gone(planned))
    if gone:
        return f"{CHANGED}, when {gone} of its photos were in the trash. Undo the run to have them back."
    if planned.id in run.carrying:
        name = planned.winner.original_file_name
        return (
            f"{CHANGED}. Nothing of it was trashed; what was carried to {name} stays until the run is undone."
        )
    return f"{CHANGED}. Nothing of it was trashed."

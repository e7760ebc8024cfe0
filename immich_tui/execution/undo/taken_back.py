"""What undos of a run took back of it, as the journal tells."""

from __future__ import annotations

from immich_tui.execution.undo.state import CALL, GROUP, Outcome
from immich_tui.jobs.journal import Journal

KIND = "undo"


async def undos(journal: Journal, run_id: str) -> list[str]:
    """The undos of a run, oldest first."""
    runs = await journal.runs()
    return [run.id for run in reversed(runs) if run.kind == KIND and run.detail.get("of") == run_id]


async def undone(journal: Journal, run_id: str) -> frozenset[str]:
    """The groups of a run that undos have taken back."""
    found: set[str] = set()
    for undo_id in await undos(journal, run_id):
        latest = await journal.latest(undo_id, GROUP)
        found |= {group_id for group_id, entry in latest.items() if entry.state == Outcome.UNDONE}
    return frozenset(found)


async def begun(journal: Journal, run_id: str) -> frozenset[str]:
    """The groups of a run that undos have taken back, or have sent any call for."""
    found: set[str] = set()
    for undo_id in await undos(journal, run_id):
        found |= (await journal.latest(undo_id, GROUP)).keys()
        found |= {key.partition("/")[0] for key in await journal.latest(undo_id, CALL)}
    return frozenset(found)

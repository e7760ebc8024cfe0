"""The plan in the journal, and a run read back from there: a resume needs nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import TypeAdapter

from immich_tui.execution.notebook import Notebook
from immich_tui.execution.plan import Plan
from immich_tui.execution.planned import Carried, Planned, Prior, backups_in, carried_in, priors_in
from immich_tui.execution.run import AT_ONCE, HELD, PLAN, batched
from immich_tui.jobs.journal import Journal, JournalEntry
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.model import Choice

_CHOICE = TypeAdapter(Choice)


async def write_plan(journal: Journal, run_id: str, groups: Plan) -> None:
    """Put the plan into the journal: the groups as decided on, so that a resume needs nothing else."""
    for some in batched(groups.values(), AT_ONCE):
        raws = await asyncio.to_thread(_raws, some)
        plans = (
            {
                "kind": planned.kind,
                "choice": _CHOICE.dump_python(planned.choice, mode="json"),
                "group": raw.decode(),
            }
            for planned, raw in zip(some, raws, strict=True)
        )
        ids = (planned.id for planned in some)
        held = [(one.id, {"reason": one.held, "phase": one.held_in}) for one in some if one.is_held]
        await asyncio.gather(
            journal.submit_all(run_id, PLAN, "planned", zip(ids, plans, strict=True)),
            journal.submit_all(run_id, HELD, "held", held),
        )


def _raws(some: Sequence[Planned]) -> list[bytes]:
    return [planned.notebook.raw(planned.id) for planned in some]


async def recall(journal: Journal, run_id: str) -> Plan:
    """Read the plan of a run back and what became of it, in one pass over its entries.

    Winners as they were and backups are in the plan's notebook. Raises `JournalUnavailable`.
    """
    plan = Plan(await asyncio.to_thread(Notebook, journal.path.parent))
    take = _Recall(plan).take
    async for page in journal.pages(run_id):
        await asyncio.to_thread(take, page)
    return plan


class _Recall:
    """Takes a run's entries, in the order in which they were written."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._carrying, self._backups = priors_in(plan.notebook), backups_in(plan.notebook)
        self._carried = carried_in(plan.notebook)

    def take(self, page: Sequence[JournalEntry]) -> None:
        """Take some entries. Blocks on the disk."""
        planned = [entry for entry in page if entry.step == PLAN]
        self._plan.notebook.add_groups((entry.key, str(entry.data["group"]).encode()) for entry in planned)
        self._plan.add(map(_decided, planned))
        for entry in page:
            match entry.step:
                case "backup" if entry.state == "done":
                    self._backups[entry.key] = entry.data
                case "trash" if found := self._plan.get(str(entry.data.get("group"))):
                    found.set_fate(entry.key, entry.state)
                    if entry.state == "intent":
                        known = self._plan.for_good
                        (known.add if entry.data.get("for_good") else known.discard)(entry.key)
                case "held" | "close" | "carry" if found := self._plan.get(entry.key):
                    self._take(found, entry)
                case _:
                    pass

    def _take(self, planned: Planned, entry: JournalEntry) -> None:
        key, data, done = entry.key, entry.data, entry.state == "done"
        match entry.step:
            case "held" if entry.state == "held":
                planned.hold(str(data["reason"]), str(data["phase"]))
            case "held":
                planned.release()
            case "close":
                planned.closing, planned.done = True, done
            case _:
                planned.carry_confirmed = done
                if done:
                    self._carried[key] = Carried.read(data)
                else:
                    self._carried.pop(key, None)
                if entry.state == "intent" and key not in self._carrying:
                    self._carrying[key] = Prior.read(data)


def _decided(entry: JournalEntry) -> tuple[str, DecisionKind, Choice]:
    return entry.key, DecisionKind(str(entry.data["kind"])), _CHOICE.validate_python(entry.data["choice"])

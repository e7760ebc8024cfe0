"""The plan in the journal, and a run read back from there: a resume needs nothing else."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from immich_tui.execution.notebook import Notebook
from immich_tui.execution.planned import Carried, Planned, Prior, backups_in, carried_in, priors_in
from immich_tui.execution.run import AT_ONCE, HELD, PLAN, batched
from immich_tui.jobs.journal import Journal, JournalEntry
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.model import Choice

_CHOICE = TypeAdapter(Choice)


async def write_plan(journal: Journal, run_id: str, groups: Mapping[str, Planned]) -> None:
    """Put the plan into the journal: the groups as decided on, so that a resume needs nothing else."""
    for some in batched(groups.values(), AT_ONCE):
        writes = []
        for planned, raw in zip(some, await asyncio.to_thread(_raws, some), strict=True):
            plan = {
                "kind": planned.kind,
                "choice": _CHOICE.dump_python(planned.choice, mode="json"),
                "group": raw.decode(),
            }
            writes.append(journal.submit(run_id, PLAN, planned.id, "planned", plan))
            if planned.held:
                why = {"reason": planned.held, "phase": planned.held_in}
                writes.append(journal.submit(run_id, HELD, planned.id, "held", why))
        await asyncio.gather(*writes)


def _raws(some: Sequence[Planned]) -> list[bytes]:
    return [planned.notebook.raw(planned.id) for planned in some]


@dataclass(slots=True)
class Recalled:
    """A run as the journal tells it: its groups, and what is known of losers and of closing by their ids.

    Winners as they were and backups are in the notebook.
    """

    notebook: Notebook
    groups: dict[str, Planned] = field(default_factory=dict)
    trashed: dict[str, str] = field(default_factory=dict)
    closing: set[str] = field(default_factory=set)


async def recall(
    journal: Journal, run_id: str, decided: Callable[[str], Choice | None] = lambda _: None
) -> Recalled:
    """Read a run back, in one pass over its entries.

    `decided` tells what the session has of a group: ids are taken from there, so that each is in memory once.
    Raises `JournalUnavailable`.
    """
    found = Recalled(await asyncio.to_thread(Notebook, journal.path.parent))
    take = _Recall(found, decided).take
    async for page in journal.pages(run_id):
        await asyncio.to_thread(take, page)
    return found


class _Recall:
    """Takes a run's entries, in the order in which they were written."""

    def __init__(self, found: Recalled, decided: Callable[[str], Choice | None]) -> None:
        self._found = found
        self._decided = decided
        self._carrying, self._backups = priors_in(found.notebook), backups_in(found.notebook)
        self._carried = carried_in(found.notebook)
        self._ids: dict[str, str] = {}

    def take(self, page: Sequence[JournalEntry]) -> None:
        """Take some entries. Blocks on the disk."""
        found = self._found
        found.notebook.add_groups((e.key, str(e.data["group"]).encode()) for e in page if e.step == PLAN)
        for entry in page:
            key, data, done = entry.key, entry.data, entry.state == "done"
            planned = found.groups.get(key)
            match entry.step:
                case "plan":
                    choice = _alike(_CHOICE.validate_python(data["choice"]), self._decided(key))
                    self._ids.update((one, one) for one in choice.trash)
                    kind = DecisionKind(str(data["kind"]))
                    found.groups[key] = Planned(key, found.notebook, kind, choice)
                case "held" if planned:
                    held = entry.state == "held"
                    planned.held = str(data["reason"]) if held else ""
                    planned.held_in = str(data["phase"]) if held else ""
                case "close" if planned:
                    found.closing.add(planned.id)
                    planned.done = done
                case "carry" if planned:
                    planned.carry_confirmed = done
                    if done:
                        self._carried[key] = Carried.read(data)
                    else:
                        self._carried.pop(key, None)
                    if entry.state == "intent" and key not in self._carrying:
                        self._carrying[key] = Prior.read(data)
                case "backup" if done:
                    self._backups[key] = data
                case "trash":
                    found.trashed[self._ids.get(key, key)] = sys.intern(entry.state)
                case _:
                    pass


def _alike(choice: Choice, decided: Choice | None) -> Choice:
    """The same choice, with the ids of the session's where that says the same."""
    if decided is None or replace(decided, graft=choice.graft) != choice:
        return choice
    return decided if decided.graft == choice.graft else replace(decided, graft=choice.graft)

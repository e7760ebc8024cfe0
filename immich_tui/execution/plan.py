"""The plan of a run: its groups in their order, on the disk but for two bytes or so of each."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from typing import overload

from immich_tui.execution.notebook import Notebook
from immich_tui.execution.planned import Planned, Standings
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.marks import Marks
from immich_tui.verdict.model import Choice


class Plan(Mapping[str, Planned]):
    """The groups of a run by their ids, in their order.

    A group is read from the notebook each time it is looked at, and gone through they are read page by page:
    whoever keeps them all has them all in memory. `members` are marks of the photos of all groups.
    """

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.members = Marks()
        self._standings = Standings()

    def add(self, groups: Iterable[tuple[str, DecisionKind, Choice]]) -> None:
        """Take groups in, each of which is not there yet. Blocks on the disk."""
        rows = []
        for group_id, kind, choice in groups:
            rows.append((len(self), group_id, _row(kind, choice)))
            self._standings.add(len(choice.trash))
            self.members.add(choice.keep)
            self.members.add(choice.trash)
        self.notebook.add_planned(rows)

    def place(self, group_id: str) -> int | None:
        """Where a group stands in the plan, `None` where it is not in it."""
        return self.notebook.place(group_id)

    def is_done(self, at: int) -> bool:
        """Whether the group at a place was ended, without reading it."""
        return self._standings.is_done(at)

    def at(self, at: int) -> Planned:
        """The group at a place."""
        return self._planned(*self.notebook.planned_at(at))

    def chosen(self, wanted: Callable[[Planned], bool]) -> Sequence[Planned]:
        """The groups that are as wanted now, in four bytes each."""
        return _Chosen(self, array("I", (planned.at for planned in self.values() if wanted(planned))))

    def _planned(self, at: int, group_id: str, row: str) -> Planned:
        kind, winner, keep, trash, stack, graft = json.loads(row)
        choice = Choice(winner, tuple(keep), tuple(trash), stack, graft)
        return Planned(at, group_id, DecisionKind(kind), choice, self.notebook, self._standings)

    def __getitem__(self, group_id: str) -> Planned:
        row = self.notebook.planned_as(group_id)
        if row is None:
            raise KeyError(group_id)
        return self._planned(*row)

    def __contains__(self, group_id: object) -> bool:
        return isinstance(group_id, str) and self.place(group_id) is not None

    def __len__(self) -> int:
        return len(self._standings.groups)

    def __iter__(self) -> Iterator[str]:
        return (planned.id for planned in self._all())

    def values(self) -> ValuesView[Planned]:
        """The groups, read page by page."""
        return _Values(self)

    def items(self) -> ItemsView[str, Planned]:
        """Ids and groups, read page by page."""
        return _Items(self)

    def _all(self) -> Iterator[Planned]:
        return (self._planned(*row) for row in self.notebook.all_planned())


class _Values(ValuesView[Planned]):
    _mapping: Plan

    def __iter__(self) -> Iterator[Planned]:
        return self._mapping._all()


class _Items(ItemsView[str, Planned]):
    _mapping: Plan

    def __iter__(self) -> Iterator[tuple[str, Planned]]:
        return ((planned.id, planned) for planned in self._mapping._all())


class _Chosen(Sequence[Planned]):
    def __init__(self, plan: Plan, places: array[int]) -> None:
        self._plan = plan
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Planned: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Planned]: ...
    def __getitem__(self, index: int | slice) -> Planned | Sequence[Planned]:
        if isinstance(index, slice):
            return [self._plan.at(at) for at in self._places[index]]
        return self._plan.at(self._places[index])

    def __iter__(self) -> Iterator[Planned]:
        return map(self._plan.at, self._places)


def _row(kind: DecisionKind, choice: Choice) -> str:
    return json.dumps([kind, choice.winner, choice.keep, choice.trash, choice.stack, choice.graft])

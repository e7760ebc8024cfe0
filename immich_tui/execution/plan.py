"""The plan of a run: its groups in their order, on the disk but for two bytes or so of each."""

from __future__ import annotations

import json
from array import array
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from itertools import chain
from typing import overload

from immich_tui.execution.notebook import PAGE, Notebook
from immich_tui.execution.planned import CARRY_CONFIRMED, DONE, HELD, Planned, Standings
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.marks import Marks
from immich_tui.verdict.model import Choice


class Plan(Mapping[str, Planned]):
    """The groups of a run by their ids, in their order.

    A group is read from the notebook each time it is looked at, and gone through they are read page by page:
    whoever keeps them all has them all in memory. `members` are marks of the photos of all groups,
    `for_good` are losers whose delete was last sent so that it passes the trash.
    """

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.members = Marks()
        self.for_good: set[str] = set()
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

    def open(self, *, loses: bool | None = None, to_carry: bool = False) -> Chosen:
        """Groups with something left to do: all, or those that lose members or keep all.

        With `to_carry` only those of which it is not confirmed that the winner has what it is to get.
        """
        carried = CARRY_CONFIRMED if to_carry else 0
        return self._chosen(self._standings.places(lacking=HELD | DONE | carried, loses=loses))

    def held(self) -> Chosen:
        """Groups that something speaks against."""
        return self._chosen(self._standings.places(having=HELD))

    def not_done(self) -> Chosen:
        """Groups that were not ended, held back or not."""
        return self._chosen(self._standings.places(lacking=DONE))

    def _chosen(self, places: array[int]) -> Chosen:
        return Chosen(self, places, self._standings)

    def some(self, places: Sequence[int]) -> Sequence[Planned]:
        """The groups at these places, which ascend; read at once where they are close together."""
        if not places or places[-1] - places[0] >= 2 * len(places):
            return [self.at(place) for place in places]
        wanted = set(places)
        rows = self.notebook.planned_between(places[0], places[-1])
        return [self._planned(*row) for row in rows if row[0] in wanted]

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


class Chosen(Sequence[Planned]):
    """Groups of a plan as they were chosen, in four bytes each; each is read when it is looked at."""

    def __init__(self, plan: Plan, places: array[int], standings: Standings) -> None:
        self._plan = plan
        self._places = places
        self._standings = standings

    @property
    def losers(self) -> int:
        """How many members they lose."""
        first = self._standings.first
        return sum(first[at + 1] - first[at] for at in self._places)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Planned: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Planned]: ...
    def __getitem__(self, index: int | slice) -> Planned | Sequence[Planned]:
        if isinstance(index, slice):
            return self._plan.some(self._places[index])
        return self._plan.at(self._places[index])

    def __iter__(self) -> Iterator[Planned]:
        return chain.from_iterable(self[start : start + PAGE] for start in range(0, len(self), PAGE))


def _row(kind: DecisionKind, choice: Choice) -> str:
    return json.dumps([kind, choice.winner, choice.keep, choice.trash, choice.stack, choice.graft])

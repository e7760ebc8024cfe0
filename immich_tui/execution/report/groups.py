"""What became of each group of a run: written to the disk once, read when it is looked at."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, overload

from immich_tui.execution.notebook import Notebook

DONE, HELD, UNCLOSED, UNREACHED = "done", "held back", "not closed", "not done"
"""What became of a group. `UNCLOSED`: losers were trashed, or their delete was sent and nobody saw what came
of it, and the last step is missing; taking the run up looks and takes it."""

MISSING_STEP = "In the trash, the last step (closing or stacking the group) is missing: take the run up"
MAYBE_TRASHED = "Sent to the trash, and the answer was not waited for: take the run up"

BEING_CARRIED = "Values were being written to the kept photo: take the run up, or undo it."

CHAPTER: Final = "report"


@dataclass(frozen=True, slots=True)
class Gone:
    """One photo that was moved to the trash (or deleted): what stays in its place, and its backup."""

    asset_id: str
    name: str
    size: int | None
    state: str
    survivor: str
    survivor_name: str
    backup: str
    sha1: str
    verification: str


@dataclass(frozen=True, slots=True)
class Member:
    """One photo of a group as it was before the run. `pixels` are width and height, `None` when unknown.

    `fate` is `winner`, `kept`, `trashed`, `deleted`, `unknown` where a delete was sent and nobody saw what
    came of it, or `left` where nothing was done to it.
    """

    asset_id: str
    name: str
    size: int | None
    pixels: tuple[int, int] | None
    taken: str
    fate: str


@dataclass(frozen=True, slots=True)
class GroupReport:
    """What became of one group. `reason` says why it was held back, or how far one came that was not reached.

    `outcome` is `DONE`, `HELD`, `UNCLOSED` or `UNREACHED`.

    `carried` are values that calls wrote to the kept photo, `grafted` those that a sidecar brought.
    `members` are all photos as they were, `immich_pick` the id of the one that Immich would have kept, and
    `differs` whether that is another than the winner.
    """

    group_id: str
    decision: str
    outcome: str
    reason: str
    kept: tuple[str, ...]
    carried: tuple[str, ...]
    lost: tuple[str, ...]
    gone: tuple[Gone, ...]
    members: tuple[Member, ...] = ()
    immich_pick: str = ""
    differs: bool = False
    grafted: tuple[str, ...] = ()

    @property
    def unclosed(self) -> str:
        """What is missing of a group that was trashed and not closed; empty for any other."""
        if self.outcome != UNCLOSED:
            return ""
        unknown = any(member.fate == "unknown" for member in self.members)
        return MAYBE_TRASHED if unknown else MISSING_STEP

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> GroupReport:
        """Read it from `data`, through JSON."""
        texts = {name: tuple(data[name]) for name in ("kept", "carried", "lost", "grafted")}
        members = [
            Member(**{**one, "pixels": one["pixels"] and tuple(one["pixels"])}) for one in data["members"]
        ]
        gone = tuple(Gone(**one) for one in data["gone"])
        return cls(**{**data, **texts, "gone": gone, "members": tuple(members)})

    def data(self) -> dict[str, object]:
        """Everything by name, as JSON takes it: `asdict` would copy each value and take ten times as long."""
        plain = _values(self)
        return {**plain, "gone": list(map(_values, self.gone)), "members": list(map(_values, self.members))}


def _values(one: GroupReport | Gone | Member) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}


class GroupReports(Sequence[GroupReport]):
    """The groups of a report, in the notebook by their places. In memory is what few are looked up by."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._count = 0
        self._by_outcome: dict[str, array[int]] = {}
        self._differing = array("I")
        self.weak: list[Gone] = []
        """Photos whose backup could not be compared with a checksum of the server."""

    def add(self, groups: Sequence[GroupReport]) -> None:
        """Write more groups down. Blocks on the disk."""
        numbered = list(enumerate(groups, self._count))
        texts = ((str(at), json.dumps(one.data(), separators=(",", ":")).encode()) for at, one in numbered)
        self._notebook.put(CHAPTER, texts)
        self._count += len(groups)
        for at, one in numbered:
            self._by_outcome.setdefault(one.outcome, array("I")).append(at)
            self.weak += (gone for gone in one.gone if gone.verification == "weak")
            if one.differs and one.outcome == DONE:
                self._differing.append(at)

    def of(self, *outcomes: str) -> Sequence[GroupReport]:
        """The groups with these outcomes."""
        places = array("I")
        for outcome in outcomes:
            places += self._by_outcome.get(outcome, array("I"))
        return _Some(self._notebook, places)

    def differing(self) -> Sequence[GroupReport]:
        """Groups that were done and where Immich would have kept another photo."""
        return _Some(self._notebook, self._differing)

    def texts(self) -> Iterator[str]:
        """Each group as JSON."""
        return (_text(self._notebook, at) for at in range(self._count))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> GroupReport: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[GroupReport]: ...
    def __getitem__(self, index: int | slice) -> GroupReport | Sequence[GroupReport]:
        return _Some(self._notebook, range(self._count))[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as of any sequence that can grow


class _Some(Sequence[GroupReport]):
    def __init__(self, notebook: Notebook, places: Sequence[int]) -> None:
        self._notebook = notebook
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> GroupReport: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[GroupReport]: ...
    def __getitem__(self, index: int | slice) -> GroupReport | Sequence[GroupReport]:
        if isinstance(index, slice):
            return _Some(self._notebook, self._places[index])
        return GroupReport.read(json.loads(_text(self._notebook, self._places[index])))


def _text(notebook: Notebook, at: int) -> str:
    text = notebook.get(CHAPTER, str(at))
    assert text is not None, "every group that is listed was written"
    return text.decode()


def with_outcome(groups: Sequence[GroupReport], *outcomes: str) -> Sequence[GroupReport]:
    """Of any groups those with these outcomes, in this order of outcomes."""
    if isinstance(groups, GroupReports):
        return groups.of(*outcomes)
    return [group for outcome in outcomes for group in groups if group.outcome == outcome]

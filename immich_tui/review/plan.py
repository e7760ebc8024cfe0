"""Reading a plan file that people may have edited, and taking what is right in it into the session.

`read_plan` checks a file against the session, `adopt_plan` takes it over; `plan_export` writes one. What is
wrong with a file is said group by group and field by field; the other groups work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from immich_tui.immich.models import Group
from immich_tui.review.decisions import DecidedBy, Decision, DecisionKind, saving
from immich_tui.review.outline import digest
from immich_tui.review.plan_model import SCHEMA_VERSION, UNDECIDED, PlanDecision, PlanGroup, PlanHeader
from immich_tui.review.plan_text import GROUPS, Piece, PlanUnreadable, pieces
from immich_tui.review.session import Session
from immich_tui.verdict.fingerprint import fingerprint
from immich_tui.verdict.model import Choice
from immich_tui.verdict.plan import check_plan

T = TypeVar("T")

BATCH = 200
"""Groups handled between two looks at whether somebody else needs the session's thread."""

_FIELDS = {
    "winner_not_kept": "decision.winner",
    "winner_trashed": "decision.winner",
    "no_keeper": "decision.keep",
    "stack_of_one": "decision.kind",
    "undecided_asset": "decision",
    "named_twice": "decision",
}


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a group of a plan file is refused: which one, in which field, and what is wrong, as a sentence."""

    group: str
    field: str
    sentence: str


@dataclass(slots=True)
class PlanReading:
    """A plan file that was checked against the session.

    `decisions` are those that may be carried out or skipped, `None` where the file says undecided; `notes`
    are notes of those groups. `done` are groups that a run has dealt with since. Refused groups are in none.
    """

    header: PlanHeader
    decisions: dict[str, Decision | None] = field(default_factory=dict)
    notes: dict[str, str | None] = field(default_factory=dict)
    objections: list[Objection] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    @property
    def groups(self) -> int:
        """Groups in the file."""
        return len(self.decisions) + len(self.refused) + len(self.done)

    @property
    def refused(self) -> frozenset[str]:
        """Groups that something speaks against."""
        return frozenset(objection.group for objection in self.objections)

    @property
    def to_do(self) -> tuple[Decision, ...]:
        """Decisions to carry out, in the order of the file."""
        return tuple(one for one in self.decisions.values() if one is not None and one.choice is not None)


def check_shape(path: Path) -> tuple[PlanHeader, list[Objection], int]:
    """What can be said of a plan file by itself: its header, what is wrong, and how many groups it has.

    An asset that stands in two groups, or a group that stands there twice, refuses all of them. Raises
    `PlanUnreadable` when it is no plan that this version reads, and `OSError`.
    """
    reader = _Reader(path)
    reader.survey()
    count = 0
    for group in reader.groups():
        count += 1
        if group is not None:
            _check_kind(group, reader.objections)
    return reader.header, reader.objections, count


def plan_header(path: Path) -> PlanHeader:
    """The header of a plan file. Raises `PlanUnreadable` and `OSError`. Reads the whole file."""
    reader = _Reader(path)
    reader.survey()
    return reader.header


async def read_plan(session: Session, path: Path) -> PlanReading:
    """Check a plan file against the session, group by group.

    Raises `PlanUnreadable` when it is no plan that this version reads, and `OSError`.
    """
    reader = _Reader(path)
    await session.store.in_thread(reader.survey)
    reading = PlanReading(reader.header, objections=reader.objections)
    groups = reader.groups()

    def take() -> bool:
        batch = list(islice(groups, BATCH))
        for group in batch:
            if group is not None:
                _take(session, group, reading)
        return bool(batch)

    while await session.store.in_thread(take):
        pass
    return reading


async def adopt_plan(session: Session, reading: PlanReading, *, only_to_do: bool = False) -> int:
    """Take the decisions of a plan into the session as one step of undo; return how many changed.

    With `only_to_do` what the plan leaves undecided stays as it is in the session.
    """
    wanted = {
        group_id: decision
        for group_id, decision in reading.decisions.items()
        if not only_to_do or decision is not None
    }
    notes = {group_id: note for group_id, note in reading.notes.items() if not only_to_do or note is not None}
    return await session.adopt(wanted, notes)


class _Reader:
    """Reads a file twice: once for what concerns all of it, then group by group."""

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_file():
            raise PlanUnreadable(1, "a plan is read more than once, so it must be a file and not a pipe.")
        self._path = path
        self._bad: set[int] = set()
        self._header: PlanHeader | None = None
        self.objections: list[Objection] = []

    @property
    def header(self) -> PlanHeader:
        """The header; after `survey`."""
        if self._header is None:
            raise RuntimeError("the plan was not surveyed yet")
        return self._header

    def survey(self) -> None:
        """Read the header, and find groups and assets that stand in the file twice."""
        head: dict[str, Any] = {}
        places: dict[str, list[int]] = {}
        ids: dict[int, str] = {}
        seen_groups: dict[str, list[int]] = {}
        found_groups = False
        number = 0
        for piece in self._pieces():
            if piece.key != GROUPS:
                if piece.key in head:
                    raise PlanUnreadable(piece.line, f"{piece.key} is there twice.")
                head[piece.key] = piece.value
                continue
            found_groups = True
            ids[number] = _name(piece)
            seen_groups.setdefault(ids[number], []).append(number)
            for asset_id in _assets(piece.value):
                places.setdefault(asset_id, []).append(number)
            number += 1
        self._header = _checked_header(head, found_groups)
        for group_id, numbers in seen_groups.items():
            if len(numbers) > 1:
                self._bad.update(numbers)
                self._object(group_id, "id", f"This group is there {len(numbers)} times.")
        for asset_id, numbers in places.items():
            if len(set(numbers)) > 1:
                self._bad.update(numbers)
                for one in dict.fromkeys(numbers):
                    others = ", ".join(ids[other] for other in dict.fromkeys(numbers) if other != one)
                    self._object(
                        ids[one], "members", f"Asset {asset_id} stands in group {others or ids[one]}, too."
                    )

    def groups(self) -> Iterator[PlanGroup | None]:
        """The groups one after the other; `None` for one that is refused."""
        for number, piece in enumerate(one for one in self._pieces() if one.key == GROUPS):
            if number in self._bad:
                yield None
                continue
            try:
                yield PlanGroup.model_validate(piece.value)
            except ValidationError as error:
                for problem in error.errors(include_url=False, include_input=False, include_context=False):
                    where = _place(problem["loc"])
                    self._object(_name(piece), where, f"{problem['msg']} (line {piece.line}).")
                yield None

    def _pieces(self) -> Iterator[Piece]:
        with self._path.open(encoding="utf-8-sig") as stream:
            try:
                yield from pieces(stream)
            except UnicodeDecodeError:
                raise PlanUnreadable(1, "this is not a text in UTF-8.") from None

    def _object(self, group: str, where: str, sentence: str) -> None:
        self.objections.append(Objection(group, where, sentence))


def _checked_header(head: dict[str, Any], found_groups: bool) -> PlanHeader:
    version = head.get("schema_version")
    if version != SCHEMA_VERSION:
        told = f"has version {version!r}" if version is not None else "names no schema_version"
        raise PlanUnreadable(1, f"the plan {told}; this immich-tui reads version {SCHEMA_VERSION}.")
    if not found_groups and head.pop(GROUPS, []) != []:
        raise PlanUnreadable(1, "groups is no list.")
    try:
        return PlanHeader.model_validate(head)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise PlanUnreadable(1, f"{_place(first['loc'])}: {first['msg']}.") from None


def _take(session: Session, planned: PlanGroup, reading: PlanReading) -> None:
    """Take one group into the reading, or say what speaks against it."""
    against: list[Objection] = []

    def objects(where: str, sentence: str) -> None:
        against.append(Objection(planned.id, where, sentence))

    try:
        row = session.row(planned.id)
        group = session.store.fetched.group(planned.id)
    except KeyError:
        objects("id", "The server does not list this group any more, or it is another server's.")
        reading.objections += against
        return
    if planned.decision.kind == UNDECIDED:
        reading.decisions[planned.id], reading.notes[planned.id] = None, planned.decision.note
        return
    if row.done:
        reading.done.append(planned.id)
        return
    _check_members(planned, group, objects)
    _check_kind(planned, against)
    choice = _choice(planned.decision)
    if choice is not None and not against:
        for problem in check_plan({group.id: (group, choice)}, session.policy.protected):
            objects(_where(problem.rule, problem.assets, planned.decision), problem.sentence)
    if against:
        reading.objections += against
        return
    reading.decisions[planned.id] = Decision(
        planned.id,
        DecisionKind(planned.decision.kind),
        choice,
        DecidedBy(planned.decision.by) if planned.decision.by != "nobody" else DecidedBy.PERSON,
        planned.decision.at or datetime.now(UTC),
        digest(group),
        saving(group, choice),
    )
    reading.notes[planned.id] = planned.decision.note


def _check_members(planned: PlanGroup, group: Group, objects: Any) -> None:
    now = {asset.id: asset for asset in group.assets}
    for number, member in enumerate(planned.members):
        asset = now.pop(member.id, None)
        if asset is None:
            objects(f"members[{number}].id", f"Asset {member.id} is not in this group.")
        elif fingerprint(asset) != member.fingerprint:
            objects(
                f"members[{number}].fingerprint",
                f"{asset.original_file_name} is not as it was when the plan was made. Make a new plan.",
            )
    for asset in now.values():
        objects("members", f"{asset.original_file_name} ({asset.id}) is in the group and not in the plan.")


def _check_kind(planned: PlanGroup, objections: list[Objection]) -> None:
    """Whether kind, keep and trash say the same, as far as the file alone can tell."""
    decision = planned.decision
    members = {member.id for member in planned.members}
    if decision.kind == UNDECIDED:
        return

    def objects(where: str, sentence: str) -> None:
        objections.append(Objection(planned.id, f"decision.{where}", sentence))

    for where, ids in (("keep", decision.keep), ("trash", decision.trash)):
        for number, asset_id in enumerate(ids):
            if asset_id not in members:
                objects(f"{where}[{number}]", f"Asset {asset_id} is not in this group.")
    if decision.kind == "skip":
        return
    if not decision.keep:
        objects("keep", "No asset of the group would stay. One always stays.")
    if decision.kind == "keep" and not decision.trash:
        objects("kind", "Nothing is in trash; to keep every asset say 'keep all'.")
    if decision.kind == "keep all" and decision.trash:
        objects("trash", "'keep all' trashes nothing; say 'keep', or empty the list.")


def _choice(decision: PlanDecision) -> Choice | None:
    if decision.kind in ("skip", UNDECIDED):
        return None
    return Choice(decision.winner, decision.keep, decision.trash, decision.kind == "stack", decision.graft)


def _where(rule: str, assets: tuple[str, ...], decision: PlanDecision) -> str:
    """The field that a broken rule of the plan concerns."""
    if rule in _FIELDS:
        return _FIELDS[rule]
    for asset_id in assets:
        if asset_id in decision.trash:
            return f"decision.trash[{decision.trash.index(asset_id)}]"
    return "decision"


def _name(piece: Piece) -> str:
    """What names a group of the file: its id, or where it begins."""
    value = piece.value
    named = value.get("id") if isinstance(value, dict) else None
    return named if isinstance(named, str) and named else f"in line {piece.line}"


def _assets(value: object) -> set[str]:
    """Every asset that a group of the file speaks of, as far as it can be read."""
    found: set[str] = set()
    if isinstance(value, dict):
        members, decision = value.get("members"), value.get("decision")
        if isinstance(members, list):
            found |= {str(one.get("id")) for one in members if isinstance(one, dict) and "id" in one}
        if isinstance(decision, dict):
            for name in ("keep", "trash"):
                listed = decision.get(name)
                if isinstance(listed, list):
                    found |= {one for one in listed if isinstance(one, str)}
    return found


def _place(path: tuple[int | str, ...]) -> str:
    """A field as people write it: `members[0].fingerprint`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".") or "group"

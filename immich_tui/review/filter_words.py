"""The words of the filter language: what each asks of a group, and which values it takes.

Some are answered by the rows of the list, others by the facts of members in the database.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from immich_tui.review.decisions import DecidedBy, DecisionKind
from immich_tui.review.folding import folded
from immich_tui.review.rows import Row, objections
from immich_tui.verdict.flags import FLAG_NAMES
from immich_tui.verdict.model import Severity, Tier


class BadValue(ValueError):
    """A value that a word does not take. The text is a sentence; `known` says which values there are."""

    def __init__(self, problem: str, known: str = "") -> None:
        self.known = known
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class RowTest:
    """A condition that a row answers by itself."""

    holds: Callable[[Row], bool]
    about: str = ""


@dataclass(frozen=True, slots=True)
class MemberTest:
    """A condition that some member of the group meets, in SQL on the columns of the members' facts."""

    condition: str
    arguments: tuple[str | float, ...] = ()
    about: str = ""


Meaning = RowTest | MemberTest


@dataclass(frozen=True, slots=True)
class Word:
    """A word that takes a value.

    `read` makes the condition of operator and value and raises `BadValue`. `values` are those that can be
    named, with a few words about each where they need any.
    """

    name: str
    operators: tuple[str, ...]
    about: str
    example: str
    read: Callable[[str, str], Meaning]
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> tuple[str, ...]:
        """The values that can be named, for completion and for the nearest one."""
        return tuple(self.named)

    def about_value(self, value: str) -> str:
        """A few words about one of the values."""
        return self.named.get(value, "")


# --- texts: `*` and `?` match as in file names, a text without them is looked for anywhere ---------------


def _like(value: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", value)
    if "*" in value or "?" in value:
        return escaped.replace("*", "%").replace("?", "_")
    return f"%{escaped}%"


def _member_text(column: str) -> Callable[[str, str], Meaning]:
    def read(_: str, value: str) -> Meaning:
        if value.isascii():
            return MemberTest(rf"{column} LIKE ? ESCAPE '\'", (_like(value),))
        # SQLite knows the case of ASCII letters alone, and asking Python for every member takes longer.
        return MemberTest(rf"folded({column}) LIKE ? ESCAPE '\'", (_like(folded(value)),))

    return read


def _note(_: str, value: str) -> Meaning:
    found = re.compile(_pattern(value), re.IGNORECASE | re.DOTALL).search
    return RowTest(lambda row: bool(row.note) and found(row.note) is not None)


_WILD = {"*": ".*", "?": "."}


def _pattern(value: str) -> str:
    if "*" not in value and "?" not in value:
        return re.escape(value)
    return "".join((r"\A", *(_WILD.get(letter) or re.escape(letter) for letter in value), r"\Z"))


# --- numbers --------------------------------------------------------------------------------------------

_UNITS = {"": 1, "B": 1}
for _power, _letter in enumerate("KMGT", start=1):
    _UNITS |= {_letter: 1024**_power, f"{_letter}B": 1024**_power, f"{_letter}IB": 1024**_power}

_MOST = 1 << 62
"""What larger numbers are taken as: the database counts no further, and nothing is so large."""

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)\Z")


def bytes_of(value: str) -> int:
    """Bytes from `10MB`, `1.5 GiB` or `300`, in units of 1024 as Immich shows them. Raises `BadValue`."""
    match = _NUMBER.match(value)
    if match is None or match[2].upper() not in _UNITS:
        raise BadValue(f"{value!r} is no size: write 10MB or 1.5GB.")
    return round(min(float(match[1]) * _UNITS[match[2].upper()], _MOST))


def _whole(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise BadValue(f"{value!r} is no whole number.")
    digits = value.lstrip("0") or "0"
    # Python reads no number of thousands of digits.
    return int(digits) if len(digits) < len(str(_MOST)) else _MOST


def _compare(operator: str, limit: int, of: Callable[[Row], int]) -> RowTest:
    if operator == ">":
        return RowTest(lambda row: of(row) > limit)
    if operator == "<":
        return RowTest(lambda row: of(row) < limit)
    if operator == ">=":
        return RowTest(lambda row: of(row) >= limit)
    if operator == "<=":
        return RowTest(lambda row: of(row) <= limit)
    return RowTest(lambda row: of(row) == limit)


def _size(operator: str, value: str) -> Meaning:
    sign = "=" if operator == ":" else operator
    return MemberTest(f"size {sign} ?", (bytes_of(value),))


def _saves(operator: str, value: str) -> Meaning:
    return _compare(operator, bytes_of(value), lambda row: row.saving)


def _members(operator: str, value: str) -> Meaning:
    return _compare(operator, _whole(value), lambda row: row.members)


_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z")


def _period(value: str) -> tuple[float, float]:
    """First and last second of a year, month or day, as wall clocks written in UTC."""
    match = _DATE.match(value)
    try:
        if match is None:
            raise ValueError(value)
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
        first = datetime(year, month, day, tzinfo=UTC)
        last_month = int(match[2] or 12)
        last_day = int(match[3] or monthrange(year, last_month)[1])
        last = datetime(year, last_month, last_day, 23, 59, 59, tzinfo=UTC)
    except ValueError:
        raise BadValue(f"{value!r} is no date: write 2024, 2024-06 or 2024-06-12.") from None
    return first.timestamp(), last.timestamp()


def _date(operator: str, value: str) -> Meaning:
    first, last = _period(value)
    if operator in {":", "="}:
        return MemberTest("taken BETWEEN ? AND ?", (first, last))
    return MemberTest(f"taken {operator} ?", (last if operator in {">", "<="} else first,))


# --- names out of a list --------------------------------------------------------------------------------


def _one_of(what: str, tests: Mapping[str, Meaning]) -> Callable[[str, str], Meaning]:
    def read(_: str, value: str) -> Meaning:
        meaning = tests.get(value.lower())
        if meaning is None:
            raise BadValue(f"There is no {what} {value!r}.", f"There are: {', '.join(tests)}.")
        return meaning

    return read


def _flags_meant(value: str) -> frozenset[str]:
    begun = value.lower().replace(" ", "_").replace("-", "_")
    meant = frozenset(name for name in FLAG_NAMES if f"_{begun}" in f"_{name}")
    if begun in FLAG_NAMES:
        meant = frozenset({begun})
    if not meant:
        raise BadValue(f"There is no flag {value!r}.")
    return meant


def _flag(_: str, value: str) -> Meaning:
    meant = _flags_meant(value)
    return RowTest(lambda row: not meant.isdisjoint(row.flags))


def _only(_: str, value: str) -> Meaning:
    meant = _flags_meant(value)

    def alone(row: Row) -> bool:
        # Where nothing speaks against a group, what only informs may be meant.
        flags = objections(row.flags) or row.flags
        return len(flags) == 1 and flags[0] in meant

    return RowTest(alone)


def _decision_is(kind: DecisionKind) -> RowTest:
    return RowTest(lambda row: row.decision is kind)


def _tier_is(tier: Tier) -> RowTest:
    return RowTest(lambda row: row.tier is tier)


def _worst_is(severity: Severity) -> RowTest:
    return RowTest(lambda row: row.worst is severity)


def _by(who: DecidedBy) -> RowTest:
    return RowTest(lambda row: row.decided_by is who)


def _yes_or_no(test: RowTest) -> dict[str, Meaning]:
    return {"yes": test, "no": RowTest(lambda row: not test.holds(row))}


_DONE = RowTest(lambda row: bool(row.done), "was carried out by a run")
_DECIDED = RowTest(lambda row: row.decided and not row.skipped, "has a decision, and not to skip it")
_UNDECIDED = RowTest(lambda row: row.decision is None)

_TIERS: dict[str, Meaning] = {tier.value.split()[0]: _tier_is(tier) for tier in Tier}
_TIERS[Tier.SAME_PICTURE.value] = _TIERS["same"]
_DECISIONS: dict[str, Meaning] = {
    "yes": _DECIDED,
    "no": _UNDECIDED,
    "keep": _decision_is(DecisionKind.RESOLVE),
    "keep-all": _decision_is(DecisionKind.KEEP_ALL),
    "stack": _decision_is(DecisionKind.STACK),
    "skip": _decision_is(DecisionKind.SKIP),
}
_DECIDERS: dict[str, Meaning] = {
    "you": _by(DecidedBy.PERSON),
    "policy": _by(DecidedBy.POLICY),
    "rule": _by(DecidedBy.RULE),
}
_KINDS: dict[str, Meaning] = {
    kind: MemberTest("kind = ?", (kind,)) for kind in ("image", "video", "audio", "other")
}
_SEVERITIES: dict[str, Meaning] = {severity.name.lower(): _worst_is(severity) for severity in Severity}

_COMPARED = (">", "<", ">=", "<=", "=", ":")


def _named(values: Sequence[str] | Mapping[str, Meaning]) -> Mapping[str, str]:
    return dict.fromkeys(values, "")


_ALL_WORDS = (
    Word("flag", (":",), "a flag of the rules", "flag:gps", _flag, FLAG_NAMES),
    Word("only", (":",), "the only thing that speaks against it", "only:compression", _only, FLAG_NAMES),
    Word("tier", (":",), "how sure the rules are", "tier:doubtful", _one_of("tier", _TIERS), _named(_TIERS)),
    Word(
        "severity",
        (":",),
        "the gravest flag",
        "severity:block",
        _one_of("severity", _SEVERITIES),
        _named(_SEVERITIES),
    ),
    Word(
        "decided",
        (":",),
        "what was decided",
        "decided:no",
        _one_of("decision", _DECISIONS),
        _named(_DECISIONS),
    ),
    Word("by", (":",), "who decided", "by:you", _one_of("decider", _DECIDERS), _named(_DECIDERS)),
    Word(
        "done",
        (":",),
        "carried out by a run",
        "done:no",
        _one_of("answer", _yes_or_no(_DONE)),
        _named(("yes", "no")),
    ),
    Word("type", (":",), "what a member is", "type:video", _one_of("type", _KINDS), _named(_KINDS)),
    Word("size", _COMPARED, "a member's file", "size>10MB", _size),
    Word("saves", _COMPARED, "what is freed", "saves>1GB", _saves),
    Word("members", _COMPARED, "how many photos", "members>2", _members),
    Word("date", _COMPARED, "when a member was taken", "date:2024-06", _date),
    Word("path", (":",), "a member's path", "path:*WhatsApp*", _member_text("path")),
    Word("name", (":",), "a member's file name", "name:IMG_*.jpg", _member_text("name")),
    Word("camera", (":",), "a member's make and model", "camera:canon", _member_text("camera")),
    Word("note", (":",), "your note", "note:mum", _note),
)
WORDS: Mapping[str, Word] = {word.name: word for word in _ALL_WORDS}

#: Words that stand alone; `decided` and `done` take values as well.
SWITCHES: Mapping[str, Meaning] = {
    "decided": _DECIDED,
    "done": _DONE,
    "differs": RowTest(lambda row: row.differs, "we keep another photo than Immich"),
    "flagged": RowTest(lambda row: row.flagged, "you put a flag on it"),
    "overridden": RowTest(lambda row: row.overridden, "you decided otherwise than proposed"),
    "changed": RowTest(lambda row: row.changed, "changed on the server since you decided"),
    "news": RowTest(lambda row: bool(row.news), "new or different since the fetch before"),
    "undecided": RowTest(lambda row: row.open, "nothing is decided yet"),
    "skipped": RowTest(lambda row: row.skipped, "you left it alone"),
    "ready": RowTest(lambda row: row.ready, "may be accepted in bulk"),
    "live": MemberTest("live", (), "a member is a live photo"),
    "external": MemberTest("external", (), "a member is in an external library"),
}

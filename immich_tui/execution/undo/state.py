"""What an undo knows while it works, and what it did to each group; all of it is in the journal as well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from math import inf
from typing import TypeVar

from immich_tui.execution.fresh import OldLook, while_good
from immich_tui.execution.graft.carrier import Carrier
from immich_tui.execution.past import Past, PastGroup
from immich_tui.execution.run import RunSettings, ended
from immich_tui.immich.capabilities import Capabilities
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.pool import Pool, Slot
from immich_tui.review.session import Session
from immich_tui.verdict.model import Channel

T = TypeVar("T")
Sent = dict[str, object]

GROUP, CALL = "undo.group", "undo.call"
"""Steps of an undo in the journal: what came of a group, and each call (key: group, slash, what it is)."""


class Outcome(StrEnum):
    """What came of undoing a group: all of it, a part, or nothing that can be relied on."""

    UNDONE = "undone"
    PARTLY = "partly"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LostPhoto:
    """A photo that the server does not have any more; `backup` is its file in the run's backup folder."""

    asset_id: str
    name: str
    backup: str


@dataclass(frozen=True, slots=True)
class GroupUndone:
    """What an undo did to one group.

    `restored` are names of photos that came out of the trash, `reverted` names of what was taken back. `kept`
    are sentences on what somebody changed since, `stuck` on what cannot be reverted, `problems` on what went
    wrong; `reason` sums these up where the group is not undone.
    """

    group_id: str
    title: str
    outcome: Outcome
    reason: str = ""
    restored: tuple[str, ...] = ()
    reverted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    lost: tuple[LostPhoto, ...] = ()

    @classmethod
    def failed(cls, group: PastGroup, reason: str) -> GroupUndone:
        """A group of which nothing can be said but why."""
        return cls(group.id, group.title, Outcome.FAILED, ended(reason))

    @classmethod
    def read(cls, data: Mapping[str, object]) -> GroupUndone:
        """Read it from the journal."""
        lists = {
            name: tuple(map(str, value)) if isinstance(value := data.get(name), list) else ()
            for name in ("restored", "reverted", "kept", "stuck", "problems")
        }
        lost = data.get("lost")
        return cls(
            str(data["group_id"]),
            str(data["title"]),
            Outcome(str(data["outcome"])),
            str(data["reason"]),
            **lists,
            lost=tuple(LostPhoto(**one) for one in lost) if isinstance(lost, list) else (),
        )


@dataclass(slots=True)
class Undo:
    """What the phases of an undo work on. `id` is empty until it has begun: nothing is journalled then.

    `results`, `answered` and `tried` mirror the journal: groups that are through, and by group the calls that
    were answered, and those of which nobody knows what came of them, each with what was sent. `carriers` are
    by name.
    """

    id: str
    client: ImmichClient
    capabilities: Capabilities
    session: Session | None
    journal: Journal
    pool: Pool
    settings: RunSettings
    past: Past
    groups: tuple[PastGroup, ...]
    already: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    untouched: int = 0
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    results: dict[str, GroupUndone] = field(default_factory=dict)
    answered: dict[str, dict[str, Sent]] = field(default_factory=dict)
    tried: dict[str, dict[str, Sent]] = field(default_factory=dict)
    carriers: dict[str, Carrier] = field(default_factory=dict)

    def clears(self, group: PastGroup) -> bool:
        """Whether a sidecar may be used to take back what no call can: where grafting is on, or was used."""
        grafts = any(write.channel is Channel.GRAFT for write in group.writes)
        wanted = grafts or (self.session is not None and self.session.context.graft)
        winner = group.planned.winner
        return wanted and not (self.capabilities.no_graft or winner.library_id or winner.is_edited)

    def remember(self, key: str, state: str, sent: Sent) -> None:
        """Take up a call of an earlier process from the journal."""
        group_id, _, what = key.partition("/")
        if state != "refused":
            calls = self.answered if state == "done" else self.tried
            calls.setdefault(group_id, {})[what] = sent

    async def record(self, result: GroupUndone) -> None:
        """Keep what came of a group, durably; one that is undone can be decided again."""
        if result.outcome is not Outcome.FAILED and self.session is not None:
            await self.session.reopen(result.group_id)
        self.results[result.group_id] = result
        await self.journal.outcome(self.id, GROUP, result.group_id, result.outcome, asdict(result))


class Calls:
    """The calls of one group: each is in the journal before it is sent and after it was answered.

    None is sent after the moment `until`, `sleepless`: what it rests on is too old then.
    """

    def __init__(self, undo: Undo, group_id: str, slot: Slot) -> None:
        self._undo = undo
        self._group_id = group_id
        self._slot = slot
        self._answered = undo.answered.setdefault(group_id, {})
        self._tried = undo.tried.setdefault(group_id, {})
        self.until = inf

    async def send(
        self,
        what: str,
        send: Callable[[], Awaitable[object]],
        data: Mapping[str, object] | None = None,
        *,
        repeatable: bool = True,
    ) -> object:
        """Send a call and return its answer. Raises `ImmichError` and `OldLook`."""
        undo, key = self._undo, f"{self._group_id}/{what}"
        sent = dict(data or {})
        went_out = False

        async def going_out() -> object:
            nonlocal went_out
            went_out = True
            return await send()

        await undo.journal.intent(undo.id, CALL, key, sent)
        self._tried[what] = sent
        try:
            answer = await undo.pool.call(
                while_good(going_out, self.until), self._slot, repeatable=repeatable
            )
        except OldLook:
            if not went_out:
                del self._tried[what]
            await undo.journal.outcome(undo.id, CALL, key, "lost" if went_out else "refused", sent)
            raise
        except ImmichError as error:
            if not error.may_have_happened:
                del self._tried[what]
            state = "lost" if error.may_have_happened else "refused"
            await undo.journal.outcome(undo.id, CALL, key, state, {**sent, "reason": error.sentence})
            raise
        self._answered[what] = self._tried.pop(what)
        await undo.journal.outcome(undo.id, CALL, key, "done", sent)
        return answer

    async def ask(self, send: Callable[[], Awaitable[T]]) -> T:
        """Read something from the server. Raises `ImmichError`."""
        return await self._undo.pool.call(send, self._slot, repeatable=True)

    async def note(self, what: str, data: Mapping[str, object] | None = None) -> None:
        """Note as done, durably, what was not sent as one call."""
        sent = dict(data or {})
        self._answered[what] = sent
        await self._undo.journal.outcome(self._undo.id, CALL, f"{self._group_id}/{what}", "done", sent)

    def answered(self, what: str) -> bool:
        """Whether this call was answered, now or before a restart."""
        return what in self._answered

    def ids(self, what: str) -> tuple[str, ...]:
        """The ids that an answered call was sent with."""
        return _ids(self._answered.get(what, {}))

    def tried_ids(self, what: str) -> tuple[str, ...]:
        """The ids of a call of which nobody knows what came of it."""
        return _ids(self._tried.get(what, {}))

    def kinds(self) -> list[str]:
        """Kinds of calls that were answered, in order."""
        return list(dict.fromkeys(what.partition(":")[0] for what in self._answered))

    def handled(self) -> set[str]:
        """Names of fields, and ids of tags, albums, faces, links and covers, that were taken back already."""
        return _targets(self._answered)

    def touched(self) -> set[str]:
        """Those, and the ones of which nobody knows whether it did."""
        return _targets(self._answered) | _targets(self._tried)


def _ids(sent: Sent) -> tuple[str, ...]:
    ids = sent.get("ids")
    return tuple(map(str, ids)) if isinstance(ids, list) else ()


def _targets(calls: Iterable[str]) -> set[str]:
    targets: set[str] = set()
    for what in calls:
        kind, _, rest = what.partition(":")
        if kind == "fields":
            targets |= set(rest.split("+"))
        elif kind in ("tag", "album", "face", "link"):
            targets.add(rest)
        elif kind == "cover":
            targets.add(what)
    return targets

"""A run that was, as its journal tells it: what it did to each group, and what was there before.

Undo and verify work from this. A run without a journal left is known by its backup folder alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from immich_tui.execution.backup.names import safe_id
from immich_tui.execution.graft.carrier import journalled
from immich_tui.execution.graft.graft import before
from immich_tui.execution.journalled import recall
from immich_tui.execution.planned import Planned, Prior, backups_in, priors_in
from immich_tui.execution.run import CARRY, CLOSE
from immich_tui.immich.models import Asset
from immich_tui.jobs.journal import Journal
from immich_tui.jobs.journal import Run as JournalRun
from immich_tui.verdict.model import Channel


class UnknownRun(Exception):
    """There is no such run in the journal; the text is a sentence."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run {run_id} in the journal.")


@dataclass(frozen=True, slots=True)
class Write:
    """One thing that the carry sent, or was about to send, for a winner; as an entry of the ledger has it."""

    field: str
    channel: Channel
    payload: Mapping[str, object]

    @classmethod
    def read(cls, data: Mapping[str, object]) -> Write:
        """Read it from a journalled intent."""
        payload = data["payload"]
        return cls(
            str(data["field"]),
            Channel(str(data["channel"])),
            payload if isinstance(payload, dict) else {},
        )


@dataclass(slots=True)
class PastGroup:
    """What a run did to one group.

    `has_prior` is whether anything was written to the winner, or about to be; `writes` is what.
    `sent` are losers whose delete was sent: what came of it is `done`, or unknown to the journal (`intent`).
    `closed` is whether the group was ended or about to be, `stack` the id of the stack that was made.
    `copied` is whether the winner may have got another sidecar, `after` what it was right behind that, where
    it was seen, and `sidecar` the XMP file that it had before, where the server shows such.
    """

    planned: Planned
    has_prior: bool = False
    writes: tuple[Write, ...] = ()
    sent: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    stack: str | None = None
    copied: bool = False
    after: Asset | None = None
    sidecar: bytes | None = None

    @property
    def id(self) -> str:
        """The group's id."""
        return self.planned.id

    @property
    def title(self) -> str:
        """The kept file's name."""
        return self.planned.winner.original_file_name

    @property
    def prior(self) -> Prior | None:
        """The winner before the first write, `None` when nothing was written."""
        return priors_in(self.planned.notebook)[self.id] if self.has_prior else None

    @property
    def touched(self) -> bool:
        """Whether the run changed anything of the group, as far as can be known."""
        return self.has_prior or bool(self.sent) or self.closed

    @property
    def sent_assets(self) -> tuple[Asset, ...]:
        """Losers whose delete was sent, in the group's order."""
        return tuple(asset for asset in self.planned.group.assets if asset.id in self.sent)


@dataclass(slots=True)
class Past:
    """A run with all its groups; `backups` is what the journal keeps of each backed-up asset."""

    run: JournalRun
    folder: Path
    groups: dict[str, PastGroup]
    backups: Mapping[str, Mapping[str, object]]


async def read_past(journal: Journal, run_id: str) -> Past:
    """Read a run from the journal. Raises `UnknownRun`, `JournalUnavailable`."""
    run = next(
        (run for run in await journal.runs() if run.id == run_id and "backup_root" in run.detail), None
    )
    if run is None:
        raise UnknownRun(run_id)
    plan = await recall(journal, run_id)
    groups = {group_id: PastGroup(planned) for group_id, planned in plan.items()}
    for group in groups.values():
        planned = group.planned
        group.closed = planned.closing
        group.sent = {one: planned.fate(one) for one in planned.with_fate("done", "intent")}
    async for entry in journal.entries(run_id, CARRY):
        if entry.state == "intent":
            group = groups[entry.key]
            group.has_prior = True
            sent = entry.data["writes"]
            read = [Write.read(one) for one in sent] if isinstance(sent, list) else []
            group.writes += tuple(one for one in read if one not in group.writes)
    async for entry in journal.entries(run_id, CLOSE):
        stack = entry.data.get("stack")
        groups[entry.key].stack = str(stack) if stack else None
    for carrier in (await journalled(journal, run_id)).values():
        if (known := groups.get(carrier.group_id)) is not None and carrier.detail.get("copied"):
            known.sidecar = before(carrier)
            seen = carrier.detail.get("after")
            known.copied, known.after = True, Asset.model_validate(seen) if seen else known.after
    return Past(
        run, Path(str(run.detail["backup_root"])) / safe_id(run_id), groups, backups_in(plan.notebook)
    )

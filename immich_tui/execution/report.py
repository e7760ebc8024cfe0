"""The report of a run: what was done, what was not and why, and where each trashed photo can be found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from immich_tui import __version__
from immich_tui.execution.json_file import write_json
from immich_tui.execution.run import Run
from immich_tui.review.decisions import DecisionKind

NAME = "report.json"


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
class GroupReport:
    """What became of one group. `reason` says why it was held back, empty when it was not."""

    group_id: str
    decision: str
    outcome: str
    reason: str
    kept: tuple[str, ...]
    carried: tuple[str, ...]
    lost: tuple[str, ...]
    gone: tuple[Gone, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `freed` are bytes of originals trashed; `state` is done, paused, cancelled or failed."""

    run: str
    state: str
    reason: str
    tool: str
    server_version: str
    started: str
    finished: str
    permanent: bool
    backup_folder: str
    groups_done: int
    groups_held: int
    trashed: int
    kept: int
    dismissed: int
    stacked: int
    carried_values: int
    freed: int
    backed_up_bytes: int
    groups: tuple[GroupReport, ...]

    @property
    def held(self) -> tuple[GroupReport, ...]:
        """Groups that were left alone."""
        return tuple(group for group in self.groups if group.outcome == "held back")


def make_report(run: Run, state: str, reason: str = "") -> Report:
    """Gather the report from what the run knows."""
    groups = []
    for planned in run.groups.values():
        gone = tuple(
            Gone(
                asset.id,
                asset.original_file_name,
                asset.size,
                "deleted" if run.settings.permanent is not None else "trashed",
                planned.winner.id,
                planned.winner.original_file_name,
                str(record["file"]),
                str(record["sha1"]),
                str(record["verdict"]),
            )
            for asset in planned.losers
            if run.trashed.get(asset.id) == "done"
            for record in [run.backups[asset.id]]
        )
        outcome = "held back" if planned.held else "done" if planned.done else "not done"
        groups.append(
            GroupReport(
                planned.group.id,
                planned.kind,
                outcome,
                planned.held,
                tuple(asset.original_file_name for asset in planned.keepers),
                planned.carried,
                planned.lost,
                gone,
            )
        )
    outcomes = Counter(group.outcome for group in groups)
    kinds = Counter(planned.kind for planned in run.groups.values() if planned.done)
    return Report(
        run=run.id,
        state=state,
        reason=reason,
        tool=f"immich-tui {__version__}",
        server_version=str(run.capabilities.version),
        started=run.started.isoformat(),
        finished=datetime.now(UTC).isoformat(),
        permanent=run.settings.permanent is not None,
        backup_folder=str(run.folder),
        groups_done=outcomes["done"],
        groups_held=outcomes["held back"],
        trashed=sum(len(group.gone) for group in groups),
        kept=sum(len(planned.choice.keep) for planned in run.groups.values() if planned.done),
        dismissed=kinds[DecisionKind.KEEP_ALL],
        stacked=kinds[DecisionKind.STACK],
        carried_values=sum(len(group.carried) for group in groups),
        freed=sum(gone.size or 0 for group in groups for gone in group.gone),
        backed_up_bytes=sum(int(str(record["size"])) for record in run.backups.values()),
        groups=tuple(groups),
    )


def write_report(folder: Path, report: Report) -> Path:
    """Write the report beside the backups, whole or not at all; return its path. Blocks on the disk."""
    path = folder / NAME
    write_json(path, asdict(report))
    return path


def read_report(path: Path) -> Mapping[str, object]:
    """Read a report back. Raises `OSError` and `ValueError`."""
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path} is not a report.")
    return value

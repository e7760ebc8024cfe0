"""What an undo would do, and what it did: for the screen, the command line and a file beside the backups."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from immich_tui import __version__
from immich_tui.execution.backup.names import safe_id
from immich_tui.execution.json_file import write_json
from immich_tui.execution.past import PastGroup
from immich_tui.execution.preflight import Check, Level
from immich_tui.execution.survey import PlannedCall
from immich_tui.execution.undo.revert import forecast
from immich_tui.execution.undo.state import GroupUndone, LostPhoto, Outcome, Undo


@dataclass(frozen=True, slots=True)
class GroupForecast:
    """What an undo would do to one group if nobody changed anything since.

    `restore` are names of photos that come back, `revert` names of what is taken back, `stuck` sentences on
    what cannot be.
    """

    group_id: str
    title: str
    restore: tuple[str, ...]
    revert: tuple[str, ...]
    stuck: tuple[str, ...]

    @classmethod
    def of(cls, group: PastGroup, *, clears: bool = False) -> GroupForecast:
        """Work it out from the journal; `clears` is whether a sidecar can take away what no call can."""
        found = forecast(group.prior, group.writes, clears=clears) if group.prior is not None else None
        revert = list(found.told) if found else []
        if group.closed and group.planned.choice.stack:
            revert.append("stack")
        if group.closed and not group.planned.choice.trash:
            revert.append("dismissal" if not group.planned.choice.stack else "group")
        return cls(
            group.id,
            group.title,
            tuple(asset.original_file_name for asset in group.sent_assets),
            tuple(revert),
            found.stuck if found else (),
        )


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """What an undo would do. `already` are ids of groups undone before, `untouched` those never changed."""

    run: str
    checks: tuple[Check, ...]
    groups: tuple[GroupForecast, ...]
    already: tuple[str, ...]
    untouched: int
    calls: tuple[PlannedCall, ...]

    @property
    def refused(self) -> bool:
        """Whether a problem forbids it."""
        return any(check.level is Level.PROBLEM for check in self.checks)

    @property
    def photos(self) -> int:
        """How many photos come back."""
        return sum(len(group.restore) for group in self.groups)


@dataclass(frozen=True, slots=True)
class UndoReport:
    """A whole undo. `of` is the run it took back; `lost` are photos that only the backup still has."""

    undo: str
    of: str
    state: str
    reason: str
    tool: str
    server_version: str
    started: str
    finished: str
    backup_folder: str
    undone: int
    partly: int
    failed: int
    left: int
    restored: int
    reverted: int
    groups: tuple[GroupUndone, ...]
    path: str = ""

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for came back, but for what no call can revert."""
        return self.state == "done" and not (self.partly or self.failed or self.left)

    @property
    def lost(self) -> tuple[LostPhoto, ...]:
        """Photos that the server does not have any more."""
        return tuple(one for group in self.groups for one in group.lost)


def make_report(undo: Undo, state: str, reason: str = "") -> UndoReport:
    """Gather the report from what the undo knows."""
    groups = tuple(undo.results[group.id] for group in undo.groups if group.id in undo.results)
    outcomes = Counter(group.outcome for group in groups)
    return UndoReport(
        undo=undo.id,
        of=undo.past.run.id,
        state=state,
        reason=reason,
        tool=f"immich-tui {__version__}",
        server_version=str(undo.capabilities.version),
        started=undo.started,
        finished=datetime.now(UTC).isoformat(),
        backup_folder=str(undo.past.folder),
        undone=outcomes[Outcome.UNDONE],
        partly=outcomes[Outcome.PARTLY],
        failed=outcomes[Outcome.FAILED],
        left=len(undo.groups) - len(groups),
        restored=sum(len(group.restored) for group in groups),
        reverted=sum(value != "group" for group in groups for value in group.reverted),
        groups=groups,
    )


def write_report(folder: Path, report: UndoReport) -> UndoReport:
    """Write the report beside the backups; return it with its path. Blocks on the disk; raises `OSError`."""
    path = folder / f"undo-{safe_id(report.undo)}.json"
    write_json(path, asdict(report))
    return replace(report, path=str(path))

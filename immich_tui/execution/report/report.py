"""The report of a run: what was done, what was not and why, and where each trashed photo can be found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from immich_tui import __version__
from immich_tui.execution.json_file import write_json
from immich_tui.execution.run import Planned, Run
from immich_tui.immich.pick import immich_pick
from immich_tui.review.decisions import DecisionKind

NAME = "report.json"

DONE, HELD, UNCLOSED, UNREACHED = "done", "held back", "not closed", "not done"
"""What became of a group. `UNCLOSED`: losers were trashed, or their delete was sent and nobody saw what came
of it, and the last step is missing; taking the run up looks and takes it."""

MISSING_STEP = "In the trash, the last step (closing or stacking the group) is missing: take the run up"
MAYBE_TRASHED = "Sent to the trash, and the answer was not waited for: take the run up"


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
    """What became of one group. `reason` says why it was held back, empty when it was not.

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


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `groups_done`, `groups_held`, `groups_unclosed` and `groups_unreached` add up to all.

    `freed` are bytes of originals trashed; `state` is done, paused, cancelled or failed.

    `bytes_by_way` says how the bytes of the backups came: by mount, http or aria2, or with an earlier backup.
    """

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
    bytes_by_way: Mapping[str, int] = field(default_factory=dict)
    groups_unclosed: int = 0
    groups_unreached: int = 0

    @property
    def held(self) -> tuple[GroupReport, ...]:
        """Groups that were left alone."""
        return tuple(group for group in self.groups if group.outcome == HELD)

    @property
    def disagreements(self) -> tuple[GroupReport, ...]:
        """Groups that were done and where Immich would have kept another photo."""
        return tuple(group for group in self.groups if group.differs and group.outcome == DONE)

    @property
    def weak(self) -> tuple[Gone, ...]:
        """Photos whose backup could not be compared with a checksum of the server."""
        return tuple(gone for group in self.groups for gone in group.gone if gone.verification == "weak")


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
        unknown = {i for i in planned.choice.trash if run.trashed.get(i) == "intent"}
        if planned.held or planned.done:
            outcome = HELD if planned.held else DONE
        else:
            outcome = UNCLOSED if gone or unknown else UNREACHED
        groups.append(
            GroupReport(
                planned.id,
                planned.kind,
                outcome,
                planned.held,
                tuple(asset.original_file_name for asset in planned.keepers),
                planned.carried,
                planned.lost,
                gone,
                _members(
                    planned, dict.fromkeys(unknown, "unknown") | {one.asset_id: one.state for one in gone}
                ),
                pick := immich_pick(planned.group),
                pick != planned.winner.id,
                planned.grafted,
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
        groups_done=outcomes[DONE],
        groups_held=outcomes[HELD],
        trashed=sum(len(group.gone) for group in groups),
        kept=sum(len(one.kept) for one in groups if one.outcome in (DONE, UNCLOSED)),
        dismissed=kinds[DecisionKind.KEEP_ALL],
        stacked=kinds[DecisionKind.STACK],
        carried_values=sum(len(group.carried) + len(group.grafted) for group in groups),
        freed=sum(gone.size or 0 for group in groups for gone in group.gone),
        backed_up_bytes=sum(int(str(record["size"])) for record in run.backups.values()),
        groups=tuple(groups),
        bytes_by_way=_by_way(run.backups.values()),
        groups_unclosed=outcomes[UNCLOSED],
        groups_unreached=outcomes[UNREACHED],
    )


def _by_way(records: Iterable[Mapping[str, object]]) -> dict[str, int]:
    """Bytes by the downloader that had them; those of earlier backups came by none."""
    counted: Counter[str] = Counter()
    for record in records:
        counted[str(record.get("way", "http")) or "earlier backup"] += int(str(record["size"]))
    return dict(counted.most_common())


def _members(planned: Planned, gone: Mapping[str, str]) -> tuple[Member, ...]:
    """All photos of a group, the winner first; `gone` are states of those that went."""
    members = []
    for asset in sorted(planned.group.assets, key=lambda one: one.id != planned.winner.id):
        exif = asset.known_exif
        width, height = exif.exif_image_width or asset.width, exif.exif_image_height or asset.height
        kept = asset.id in planned.choice.keep
        fate = "winner" if asset.id == planned.winner.id else "kept" if kept else gone.get(asset.id, "left")
        members.append(
            Member(
                asset.id,
                asset.original_file_name,
                asset.size,
                (round(width), round(height)) if width and height else None,
                f"{asset.local_date_time:%Y-%m-%d %H:%M:%S}" if asset.local_date_time else "",
                fate,
            )
        )
    return tuple(members)


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

"""The report of a run: what was done, what was not and why, and where each trashed photo can be found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from immich_tui import __version__
from immich_tui.execution.json_file import write_text
from immich_tui.execution.planned import Planned
from immich_tui.execution.report.groups import (
    BEING_CARRIED,
    DONE,
    HELD,
    UNCLOSED,
    UNREACHED,
    Gone,
    GroupReport,
    GroupReports,
    Member,
    with_outcome,
)
from immich_tui.execution.run import AT_ONCE, Run, batched
from immich_tui.immich.models import Group
from immich_tui.immich.pick import immich_pick
from immich_tui.review.decisions import DecisionKind
from immich_tui.verdict.model import Choice

NAME = "report.json"


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `groups_done`, `groups_held`, `groups_unclosed` and `groups_unreached` add up to all.

    `trashed` are photos that went, of which `deleted` were deleted for good; `freed` are bytes of their
    originals. `permanent` is whether the run was told to delete for good. `state` is done, paused, cancelled
    or failed.

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
    groups: Sequence[GroupReport]
    bytes_by_way: Mapping[str, int] = field(default_factory=dict)
    groups_unclosed: int = 0
    groups_unreached: int = 0
    deleted: int = 0

    @property
    def held(self) -> tuple[GroupReport, ...]:
        """Groups that were left alone."""
        return tuple(with_outcome(self.groups, HELD))

    @property
    def disagreements(self) -> Sequence[GroupReport]:
        """Groups that were done and where Immich would have kept another photo."""
        if isinstance(self.groups, GroupReports):
            return self.groups.differing()
        return [group for group in self.groups if group.differs and group.outcome == DONE]

    @property
    def weak(self) -> Sequence[Gone]:
        """Photos whose backup could not be compared with a checksum of the server."""
        if isinstance(self.groups, GroupReports):
            return self.groups.weak
        return [gone for group in self.groups for gone in group.gone if gone.verification == "weak"]

    def whereabouts(self, in_trash: str) -> str:
        """Where the photos that went are now, to be said after their number; `in_trash` says it of those."""
        if not self.deleted:
            return in_trash
        if self.deleted == self.trashed:
            return "deleted for good"
        return f"gone, {self.deleted:,} of them deleted for good"

    def numbers(self) -> dict[str, object]:
        """Everything but the groups, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "groups"}


def make_report(run: Run, state: str, reason: str = "") -> Report:
    """Gather the report from what the run knows, group by group. Blocks on the disk."""
    groups = GroupReports(run.notebook)
    trashed = deleted = kept = carried = freed = 0
    outcomes: Counter[str] = Counter()
    for some in batched(run.groups.values(), AT_ONCE):
        reported = [_group(run, planned) for planned in some]
        groups.add(reported)
        for one in reported:
            outcomes[one.outcome] += 1
            trashed += len(one.gone)
            deleted += sum(gone.state == "deleted" for gone in one.gone)
            kept += len(one.kept) if one.outcome in (DONE, UNCLOSED) else 0
            carried += len(one.carried) + len(one.grafted)
            freed += sum(gone.size or 0 for gone in one.gone)
    kinds = Counter(one.kind for one in run.groups.values() if one.done and not one.is_held)
    backed_up, by_way = _backed_up(run.backups.values())
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
        trashed=trashed,
        kept=kept,
        dismissed=kinds[DecisionKind.KEEP_ALL],
        stacked=kinds[DecisionKind.STACK],
        carried_values=carried,
        freed=freed,
        backed_up_bytes=backed_up,
        groups=groups,
        bytes_by_way=by_way,
        groups_unclosed=outcomes[UNCLOSED],
        groups_unreached=outcomes[UNREACHED],
        deleted=deleted,
    )


def _group(run: Run, planned: Planned) -> GroupReport:
    group, choice, came = planned.group, planned.choice, planned.came_of_carrying
    winner = group.asset(choice.winner)
    went = planned.with_fate("done")
    gone = tuple(
        Gone(
            asset.id,
            asset.original_file_name,
            asset.size,
            "deleted" if asset.id in run.groups.for_good else "trashed",
            winner.id,
            winner.original_file_name,
            str(record["file"]),
            str(record["sha1"]),
            str(record["verdict"]),
        )
        for asset in map(group.asset, went)
        for record in [run.backups[asset.id]]
    )
    unknown = planned.with_fate("intent")
    if planned.is_held or planned.done:
        outcome = HELD if planned.is_held else DONE
    else:
        outcome = UNCLOSED if gone or unknown else UNREACHED
    reason = planned.held
    if outcome == UNREACHED and not planned.carry_confirmed and planned.id in run.carrying:
        reason = BEING_CARRIED
    fates = dict.fromkeys(unknown, "unknown") | {one.asset_id: one.state for one in gone}
    pick = immich_pick(group)
    return GroupReport(
        planned.id,
        planned.kind,
        outcome,
        reason,
        tuple(group.asset(keeper).original_file_name for keeper in choice.keep),
        came.carried,
        came.lost,
        gone,
        _members(group, choice, fates),
        pick,
        pick != winner.id,
        came.grafted,
    )


def _backed_up(records: Iterable[Mapping[str, object]]) -> tuple[int, dict[str, int]]:
    """Bytes of all backups, and by the downloader that had them; those of earlier backups came by none."""
    counted: Counter[str] = Counter()
    for record in records:
        counted[str(record.get("way", "http")) or "earlier backup"] += int(str(record["size"]))
    return counted.total(), dict(counted.most_common())


def _members(group: Group, choice: Choice, gone: Mapping[str, str]) -> tuple[Member, ...]:
    """All photos of a group, the winner first; `gone` are states of those that went."""
    members = []
    for asset in sorted(group.assets, key=lambda one: one.id != choice.winner):
        kept = asset.id in choice.keep
        fate = "winner" if asset.id == choice.winner else "kept" if kept else gone.get(asset.id, "left")
        members.append(
            Member(
                asset.id,
                asset.original_file_name,
                asset.size,
                asset.dimensions,
                f"{asset.local_date_time:%Y-%m-%d %H:%M:%S}" if asset.local_date_time else "",
                fate,
            )
        )
    return tuple(members)


def write_report(folder: Path, report: Report) -> Path:
    """Write the report beside the backups, whole or not at all; return its path. Blocks on the disk."""
    path = folder / NAME
    write_text(path, json_of(report))
    return path


def json_of(report: Report) -> Iterator[str]:
    """The report as JSON, in pieces; each group in a line of its own."""
    head = json.dumps(report.numbers(), indent=1)
    yield f'{head.removesuffix("}").rstrip()},\n "groups": ['
    texts = report.groups.texts() if isinstance(report.groups, GroupReports) else _texts(report.groups)
    for number, text in enumerate(texts):
        yield f"{',' if number else ''}\n  {text}"
    yield "\n ]\n}\n"


def _texts(groups: Iterable[GroupReport]) -> Iterator[str]:
    return (json.dumps(group.data()) for group in groups)


def read_report(path: Path) -> Mapping[str, object]:
    """Read a report back. Raises `OSError` and `ValueError`."""
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path} is not a report.")
    return value

"""Telling what a run did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from immich_tui.cli.output import Output, counted, size_text
from immich_tui.execution.report.groups import MAYBE_TRASHED, MISSING_STEP, UNCLOSED, with_outcome

if TYPE_CHECKING:
    from immich_tui.execution.report.report import Report


def tell_report(out: Output, report: Report, path: Path | None) -> None:
    """The numbers, what was left alone, and where the files are."""
    files = sorted(str(file) for file in path.parent.glob("report.*")) if path else []
    out.line("report", **report.numbers(), files=files)
    for group in report.held:
        out.line("held", group=group.group_id, item=", ".join(group.kept), reason=group.reason)
        out.say(f"· left alone: {', '.join(group.kept)}: {group.reason}")
    gone = report.whereabouts("moved to the trash")
    out.say(
        "",
        f"Run {report.run}: {report.state}.",
        f"  {counted(report.groups_done, 'group')} done, {report.groups_held:,} left alone",
        *_unfinished(report),
        f"  {counted(report.trashed, 'photo')} {gone}, {size_text(report.freed)}",
        f"  {counted(report.carried_values, 'value')} carried to the photos that stay",
        f"  backup: {report.backup_folder} ({size_text(report.backed_up_bytes)})",
    )
    for way, count in report.bytes_by_way.items():
        out.say(f"    {size_text(count)} by {way}")
    if report.reason:
        out.say(f"  {report.reason}")
    for file in files:
        out.say(f"  report: {file}")


def _unfinished(report: Report) -> list[str]:
    """Groups that a run which stopped early has begun, and those it never came to."""
    lines = []
    for missing in (MISSING_STEP, MAYBE_TRASHED):
        number = sum(group.unclosed == missing for group in with_outcome(report.groups, UNCLOSED))
        if number:
            lines.append(f"  {counted(number, 'group')}: {missing[0].lower()}{missing[1:]}")
    if report.groups_unreached:
        lines.append(
            f"  {counted(report.groups_unreached, 'group')} not reached, nothing of these was trashed"
        )
    return lines

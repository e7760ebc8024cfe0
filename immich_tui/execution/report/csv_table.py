"""The report as a table: one line for each photo, for spreadsheets and scripts."""

from __future__ import annotations

import csv
from typing import TextIO

from immich_tui.execution.report.report import Report

COLUMNS = (
    "run",
    "group",
    "decision",
    "outcome",
    "reason",
    "asset",
    "name",
    "bytes",
    "width",
    "height",
    "taken",
    "fate",
    "immich_pick",
    "survivor",
    "survivor_name",
    "backup",
    "sha1",
    "verification",
    "carried",
    "lost",
    "grafted",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(stream: TextIO, report: Report) -> None:
    """Write the table. A text that a spreadsheet would calculate is marked as text with an apostrophe."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for group in report.groups:
        gone = {one.asset_id: one for one in group.gone}
        for member in group.members:
            went = gone.get(member.asset_id)
            width, height = member.pixels or ("", "")
            row: tuple[object, ...] = (
                report.run,
                group.group_id,
                group.decision,
                group.outcome,
                group.reason,
                member.asset_id,
                member.name,
                "" if member.size is None else member.size,
                width,
                height,
                member.taken,
                member.fate,
                "yes" if member.asset_id == group.immich_pick else "",
                went.survivor if went else "",
                went.survivor_name if went else "",
                went.backup if went else "",
                went.sha1 if went else "",
                went.verification if went else "",
                "; ".join(group.carried) if member.fate == "winner" else "",
                "; ".join(group.lost) if member.fate == "winner" else "",
                "; ".join(group.grafted) if member.fate == "winner" else "",
            )
            writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value
    if not value.isprintable():
        text = "".join(one if one.isprintable() else " " for one in value)
    return f"'{text}" if value.startswith(_FORMULA) else text

"""Writing the report of a run beside its backups: JSON first, then the table and the page."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from immich_tui.execution.report import Report, write_report
from immich_tui.execution.report_csv import write_csv
from immich_tui.execution.report_html import write_html
from immich_tui.execution.report_pictures import shown_with_pictures, thumbnails
from immich_tui.immich.client import ImmichClient

CSV, HTML = "report.csv", "report.html"


async def write_reports(client: ImmichClient, folder: Path, report: Report) -> Path:
    """Write all three; return the path of the JSON. Raises `OSError` when one cannot be written.

    Pictures are asked for only where the run ended well: a server that was gone is not waited for.
    """
    path = await asyncio.to_thread(write_report, folder, report)
    await asyncio.to_thread(_write, folder / CSV, lambda stream: write_csv(stream, report))
    pictures: dict[str, bytes] = {}
    if report.state == "done":
        members = [member.asset_id for group in shown_with_pictures(report) for member in group.members]
        pictures = await thumbnails(client, members)
    await asyncio.to_thread(_write, folder / HTML, lambda stream: write_html(stream, report, pictures))
    return path


def _write(path: Path, fill: Callable[[TextIO], None]) -> None:
    """Write a file for its owner only, whole or not at all."""
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as stream:
        fill(stream)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)

"""Writing the report of a run beside its backups: JSON first, then the table and the page."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from immich_tui.execution.json_file import write_json, write_text
from immich_tui.execution.report.csv_table import write_csv
from immich_tui.execution.report.html_page import write_html
from immich_tui.execution.report.pictures import Pictures, pictured
from immich_tui.execution.report.report import Report, json_of, write_report
from immich_tui.execution.transfer.disk import on_disk
from immich_tui.immich.client import ImmichClient
from immich_tui.jobs.together import together

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CSV, HTML = "report.csv", "report.html"

ENDINGS = (".html", ".csv", ".json")
"""What a report can be written as elsewhere."""


async def write_reports(pictures: Pictures, folder: Path, report: Report) -> Path:
    """Write all three; return the path of the JSON. Raises `OSError` when one cannot be written.

    Pictures that are missing are asked for meanwhile, and only where the run ended well: a server that was
    gone is not waited for.
    """
    path, found = await together(on_disk(_write_plain, folder, report), _found(pictures, report))
    await asyncio.to_thread(_write, folder / HTML, lambda stream: write_html(stream, report, found))
    return path


def _write_plain(folder: Path, report: Report) -> Path:
    path = write_report(folder, report)
    _write(folder / CSV, lambda stream: write_csv(stream, report))
    return path


async def _found(pictures: Pictures, report: Report) -> dict[str, bytes]:
    if report.state != "done":
        return await pictures.end()
    return await pictures.all(await on_disk(pictured, report))


async def export_report(client: ImmichClient | None, path: Path, report: Report) -> None:
    """Write a report once more, as the path's ending says (see `ENDINGS`); a page has pictures with a client.

    Raises `OSError`.
    """
    match path.suffix.lower():
        case ".csv":
            await asyncio.to_thread(_write, path, lambda stream: write_csv(stream, report))
        case ".html":
            found: dict[str, bytes] = {}
            if client is not None:
                found = await Pictures(client).all(await asyncio.to_thread(pictured, report))
            await asyncio.to_thread(_write, path, lambda stream: write_html(stream, report, found))
        case _:
            await asyncio.to_thread(write_text, path, json_of(report))


async def export_values(path: Path, report: DataclassInstance) -> None:
    """Write any report as JSON. Raises `OSError`."""
    values: dict[str, Any] = asdict(report)
    await asyncio.to_thread(write_json, path, values)


def _write(path: Path, fill: Callable[[TextIO], None]) -> None:
    """Write a file for its owner only, whole or not at all."""
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as stream:
        fill(stream)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)

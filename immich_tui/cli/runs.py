"""`immich-tui runs`: what was carried out from this machine, and where its backups and reports are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import output_options
from immich_tui.cli.status import Command, Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.jobs.journal import Run

FETCHES = ("analyze", "refresh")
"""Jobs that only read."""

EXAMPLES = """\
immich-tui runs
immich-tui runs 20260314T092653-1a2b3c
immich-tui runs --json | jq -r 'select(.kind == "run") | .folder'
"""


@click.command("runs", cls=Command, examples=EXAMPLES)
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--all", "everything", is_flag=True, help="List fetches and other jobs, too.")
@output_options
@click.pass_context
def command(context: click.Context, /, *, run_id: str | None, everything: bool, **flags: Any) -> None:
    """List the runs on this machine, newest first; with RUN, say what it did. No server is asked."""
    from immich_tui.cli.headless import run

    async def work(headless: Headless) -> int:
        found = await known_runs(headless.config.paths.data)
        if run_id is None:
            _list(headless, [one for one in found if everything or one[0].kind not in FETCHES])
        else:
            _show(headless, found, run_id)
        return Status.DONE

    run(context, work, **flags)


async def known_runs(data: Path) -> list[tuple[Run, Path]]:
    """Every run in the databases of this folder with its database, newest first."""
    import asyncio

    from immich_tui.jobs.journal import Journal, JournalUnavailable

    found: list[tuple[Run, Path]] = []
    for database in await asyncio.to_thread(lambda: sorted(data.glob("*.sqlite3"))):
        try:
            journal = await Journal.open(database, read_only=True)
        except JournalUnavailable:
            # Nothing was run with it yet.
            continue
        try:
            found += [(run, database) for run in await journal.runs()]
        finally:
            await journal.close()
    return sorted(found, key=lambda one: (one[0].started_at, one[0].id), reverse=True)


def folder_of(run: Run) -> Path | None:
    """Where a run keeps its backups and reports."""
    root = run.detail.get("backup_root")
    return Path(str(root)) / run.id if root else None


def _list(headless: Headless, found: list[tuple[Run, Path]]) -> None:
    out = headless.output
    for one, _ in found:
        folder = folder_of(one)
        out.line(
            "run",
            id=one.id,
            job=one.kind,
            state=one.state,
            started=one.started_at,
            finished=one.finished_at,
            folder=str(folder) if folder else None,
            groups=one.detail.get("groups"),
        )
        groups = one.detail.get("groups")
        told = f"{groups:>7,} groups" if isinstance(groups, int) else f"{'':>14}"
        out.say(f"{one.id}  {one.kind:<8} {one.state:<10}{told}  {folder or ''}")
    if not found:
        out.say("Nothing was carried out from this machine yet.")


def _show(headless: Headless, found: list[tuple[Run, Path]], run_id: str) -> None:
    known = next((one for one, _ in found if one.id == run_id), None)
    if known is None:
        raise Ended(Status.USAGE, f"There is no run {run_id} here.", "immich-tui runs lists them.")
    out = headless.output
    _list(headless, [(known, Path())])
    folder = folder_of(known)
    reports = sorted(folder.glob("report.*")) if folder else []
    report = next((file for file in reports if file.suffix == ".json"), None)
    if report is None:
        out.say("It has no report (yet).")
        return
    whole = json.loads(report.read_text(encoding="utf-8"))
    groups = whole.pop("groups", [])
    out.line("report", **whole, files=[str(file) for file in reports])
    for key, value in whole.items():
        out.say(f"  {key.replace('_', ' '):<18} {value}")
    for group in groups:
        if group.get("reason"):
            out.line("held", group=group["group_id"], reason=group["reason"])
            out.say(f"  left alone: {', '.join(group['kept'])}: {group['reason']}")
    for file in reports:
        out.say(f"  report             {file}")

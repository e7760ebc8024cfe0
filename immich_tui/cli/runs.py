"""`immich-tui runs`: what was carried out from this machine, and where its backups and reports are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
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
        undone = await _taken_back(found)
        if run_id is None:
            _list(headless, [one for one in found if everything or one[0].kind not in FETCHES], undone)
        else:
            _show(headless, found, run_id, undone)
        return Status.DONE

    run(context, work, **flags)


async def known_runs(data: Path) -> list[tuple[Run, Path]]:
    """Every run in the databases of this folder with its database, newest first.

    The state of a run that no process works on any more is `interrupted`, whatever the journal says.
    """
    import asyncio

    from immich_tui.jobs.journal import Journal, JournalUnavailable
    from immich_tui.review.store import is_open

    found: list[tuple[Run, Path]] = []
    for database in await asyncio.to_thread(lambda: sorted(data.glob("*.sqlite3"))):
        try:
            journal = await Journal.open(database, read_only=True)
        except JournalUnavailable:
            # Nothing was run with it yet.
            continue
        try:
            alive = await asyncio.to_thread(is_open, database)
            found += [
                (replace(run, state="interrupted") if run.state == "running" and not alive else run, database)
                for run in await journal.runs()
            ]
        finally:
            await journal.close()
    return sorted(found, key=lambda one: (one[0].started_at, one[0].id), reverse=True)


async def _taken_back(found: list[tuple[Run, Path]]) -> dict[str, str]:
    """What undos have made of runs, by their ids: `undone` or `partly undone`."""
    from immich_tui.execution.history import runs
    from immich_tui.jobs.journal import Journal

    words: dict[str, str] = {}
    for database in {database for one, database in found if one.kind == "undo"}:
        journal = await Journal.open(database, read_only=True)
        try:
            past = await runs(journal)
        finally:
            await journal.close()
        words |= {one.id: "partly undone" if one.can_be_undone else "undone" for one in past if one.undone}
    return words


def folder_of(run: Run) -> Path | None:
    """Where a run keeps its backups and reports."""
    root = run.detail.get("backup_root")
    return Path(str(root)) / run.id if root else None


def _list(headless: Headless, found: list[tuple[Run, Path]], undone: Mapping[str, str]) -> None:
    out = headless.output
    for one, _ in found:
        folder = folder_of(one)
        out.line(
            "run",
            id=one.id,
            job=one.kind,
            state=one.state,
            undone=undone.get(one.id, ""),
            started=one.started_at,
            finished=one.finished_at,
            folder=str(folder) if folder else None,
            groups=one.detail.get("groups"),
        )
        groups = one.detail.get("groups")
        told = f"{groups:>7,} group{' ' if groups == 1 else 's'}" if isinstance(groups, int) else f"{'':>14}"
        state = undone.get(one.id) or one.state
        out.say(f"{one.id}  {one.kind:<8} {state:<13}{told}  {folder or ''}".rstrip())
    if not found:
        out.say("Nothing was carried out from this machine yet.")


def _show(headless: Headless, found: list[tuple[Run, Path]], run_id: str, undone: Mapping[str, str]) -> None:
    known = next((one for one, _ in found if one.id == run_id), None)
    if known is None:
        raise Ended(Status.USAGE, f"There is no run {run_id} here.", "immich-tui runs lists them.")
    out = headless.output
    _list(headless, [(known, Path())], undone)
    if run_id in undone:
        out.say(f"  This run was {undone[run_id]} since; what follows is what it did.")
    if known.state == "interrupted":
        out.say("  Its process ended before the run did. Take it up with: immich-tui execute --resume")
    folder = folder_of(known)
    reports = sorted(folder.glob("report.*")) if folder else []
    report = next((file for file in reports if file.suffix == ".json"), None)
    if report is None:
        out.say("  It has no report (yet).")
        return
    whole = json.loads(report.read_text(encoding="utf-8"))
    groups = whole.pop("groups", [])
    out.line("report", **whole, files=[str(file) for file in reports])
    for line in _in_words(whole, len(groups)):
        out.say(f"  {line}")
    for group in groups:
        if group.get("reason"):
            out.line("held", group=group["group_id"], reason=group["reason"])
            out.say(f"  left alone: {', '.join(group['kept'])}: {group['reason']}")
    for file in reports:
        out.say(f"  report: {file}")


def _in_words(report: Mapping[str, Any], groups: int) -> Iterator[str]:
    """A report that was read back, as people read it; what an older version did not write is left out."""
    from datetime import datetime

    from immich_tui.cli.output import counted, size_text

    began, ended = (
        datetime.fromisoformat(report[name]).astimezone() if report.get(name) else None
        for name in ("started", "finished")
    )
    if began and ended:
        yield f"from {began:%Y-%m-%d %H:%M:%S} to {ended:%Y-%m-%d %H:%M:%S}: {report.get('state', '')}"
    if report.get("reason"):
        yield str(report["reason"])
    yield f"{report.get('tool', '')} with Immich {report.get('server_version', '')}"
    yield f"{report.get('groups_done', 0):,} of {counted(groups, 'group')} done"
    for name, what in (
        ("groups_held", "left alone"),
        ("groups_unclosed", "in the trash without their last step"),
        ("groups_unreached", "not reached"),
        ("stacked", "stacked"),
        ("dismissed", "kept whole"),
    ):
        if report.get(name):
            yield f"{counted(report[name], 'group')} {what}"
    gone = "deleted for good" if report.get("permanent") else "moved to the trash"
    yield f"{counted(report.get('trashed', 0), 'photo')} {gone}, {size_text(report.get('freed', 0))}"
    yield f"{counted(report.get('kept', 0), 'photo')} kept"
    yield f"{counted(report.get('carried_values', 0), 'value')} carried to the photos that stay"
    yield f"backup: {report.get('backup_folder', '')} ({size_text(report.get('backed_up_bytes', 0))})"
    for way, number in report.get("bytes_by_way", {}).items():
        yield f"  {size_text(number)} by {way}"

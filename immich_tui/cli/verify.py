"""`immich-tui verify`: whether backups are whole, and the server is as the run left it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import output_options, pace_options, server_options
from immich_tui.cli.status import Command, Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.execution.verify.job import VerifyJob, VerifyReport

EXAMPLES = """\
immich-tui verify                                            # the newest run
immich-tui verify 20260314T092653-1a2b3c                     # a run, and what it did on the server
immich-tui verify ~/immich-tui-backups/20260314T092653-1a2b3c
immich-tui verify --offline 20260314T092653-1a2b3c           # only the files, without a server
"""


@click.command("verify", cls=Command, examples=EXAMPLES)
@click.argument("what", metavar="[RUN or DIR]", required=False)
@click.option("--offline", is_flag=True, help="Only read the backups; ask no server.")
@server_options
@pace_options
@output_options
@click.pass_context
def command(context: click.Context, /, *, what: str | None, offline: bool, **flags: Any) -> None:
    """Read every backup from its first byte to its last, and look where its photo is on the server.

    Nothing is changed anywhere. With a run, what was carried to the kept photos is looked at, too. A kept
    photo that went with a later run is in order where the folder of that run, beside this one, has its
    backup whole.
    """
    from immich_tui.cli.headless import run

    named = Path(what) if what is not None and Path(what).is_dir() else None

    async def work(headless: Headless) -> int:
        folder = named
        if folder is None and offline:
            folder = await _folder_of(headless, what)
        return await _verify(headless, what, folder, offline=offline)

    run(context, work, **flags)


async def _folder_of(headless: Headless, run_id: str | None) -> Path:
    from immich_tui.cli.runs import folder_of, known_runs

    for one, _ in await known_runs(headless.config.paths.data):
        if run_id in (None, one.id) and one.kind == "resolve" and (folder := folder_of(one)) is not None:
            return folder
    raise _unknown(run_id)


def _unknown(run_id: str | None) -> Ended:
    if run_id is None:
        return Ended(Status.USAGE, "Nothing was carried out from this machine yet.")
    return Ended(Status.USAGE, f"There is no run and no folder {run_id} here.", "immich-tui runs lists them.")


async def _verify(headless: Headless, run_id: str | None, folder: Path | None, *, offline: bool) -> int:
    from immich_tui.execution.backup.folder import NoBackup
    from immich_tui.execution.past import UnknownRun
    from immich_tui.execution.verify.job import VerifyJob

    settings = headless.config.settings
    workers, rate = settings.workers, settings.rate
    try:
        if folder is not None and offline:
            return await _look(headless, await VerifyJob.of_folder(folder, workers=workers, rate=rate))
        if folder is not None:
            async with headless.connected() as link:
                job = await VerifyJob.of_folder(folder, link.client, workers=workers, rate=rate)
                return await _look(headless, job)
        async with headless.at_desk() as desk:
            journal = desk.journal
            assert journal is not None
            known = [run.id for run in await journal.runs() if run.kind == "resolve"]
            if not known:
                raise _unknown(run_id)
            job = await VerifyJob.of_run(
                journal, run_id or known[0], desk.link.client, workers=workers, rate=rate
            )
            return await _look(headless, job)
    except UnknownRun:
        raise _unknown(run_id) from None
    except NoBackup as error:
        raise Ended(Status.USAGE, str(error), "immich-tui runs lists the backup folders.") from None


async def _look(headless: Headless, planned: VerifyJob) -> int:
    async with planned as job:
        with headless.stop.at_safe_point(job.cancel):
            report = await headless.output.watched(job.run(), job.snapshot)
    _tell(headless, report)
    if headless.stop.number and report.state != "done":
        return 128 + headless.stop.number
    return Status.DONE if report.ok else Status.SOME_FAILED


def _tell(headless: Headless, report: VerifyReport) -> None:
    from dataclasses import asdict

    from immich_tui.cli.output import counted, size_text

    out = headless.output
    whole = asdict(report)
    del whole["photos"]
    out.line("verified", **whole, ok=report.ok, checked=len(report.photos), failed=len(report.failed))
    for photo in report.photos:
        for fault in photo.faults:
            out.line("held", item=photo.name, group="", reason=fault)
            out.say(f"✗ {photo.name}: {fault}")
        if headless.output.verbose:
            for note in photo.notes:
                out.say(f"· {photo.name}: {note}")
    for problem in report.problems:
        out.say(f"✗ {problem}")
    for name in report.unlisted:
        out.say(f"· not in the manifest: {name}")
    where = "the server was not asked" if report.offline else "and looked for on the server"
    backups = sum(photo.kind == "backup" for photo in report.photos)
    kept = len(report.photos) - backups
    stay = f", {counted(kept, 'kept photo')} compared" if kept else ""
    out.say(
        f"{report.state}: {counted(backups, 'backup')} read ({size_text(report.bytes)}){stay}, {where};"
        f" {len(report.failed) + len(report.problems):,} with something wrong. {report.reason}".rstrip()
    )

"""`immich-tui restore`: bring photos back from a backup folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import FOLDER, output_options, pace_options, server_options
from immich_tui.cli.status import Command, Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.cli.output import Output
    from immich_tui.execution.restore.job import RestorePreview, RestoreReport
    from immich_tui.link import Link

EXAMPLES = """\
immich-tui restore ~/immich-tui-backups/20260314T092653-1a2b3c --dry-run
immich-tui restore ~/immich-tui-backups/20260314T092653-1a2b3c
immich-tui restore DIR --asset 0f4be2b0-30b6-4f1a-9f65-6f6f1f3a7c1e --url other.example.org
"""


@click.command("restore", cls=Command, examples=EXAMPLES)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--asset", "assets", multiple=True, help="Only the photo that had this id; repeatable.")
@click.option("--dry-run", is_flag=True, help="Say what would be restored; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
@pace_options
@output_options
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    folder: Path,
    assets: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    **flags: Any,
) -> None:
    """Bring the photos of the backup folder DIR back to the server.

    What is still in Immich's trash comes out of it; what is gone is uploaded, with its albums, tags and
    values. Needs nothing but the folder: it works on another machine, and to another server.
    """
    from immich_tui.cli.headless import run

    async def work(headless: Headless) -> int:
        async with headless.connected() as link:
            return await _restore(headless, link, folder, assets or None, dry_run=dry_run, sure=yes)

    run(context, work, **flags)


async def _restore(
    headless: Headless,
    link: Link,
    folder: Path,
    assets: tuple[str, ...] | None,
    *,
    dry_run: bool,
    sure: bool,
) -> int:
    from immich_tui.cli.checks import confirm, tell_checks
    from immich_tui.cli.output import counted
    from immich_tui.execution.backup.folder import NoBackup
    from immich_tui.execution.restore.job import RestoreJob

    out, settings = headless.output, headless.config.settings
    try:
        planned = await RestoreJob.of(
            link.client,
            link.capabilities,
            folder,
            assets,
            workers=settings.workers,
            rate=settings.rate,
        )
    except NoBackup as error:
        raise Ended(Status.USAGE, str(error), "immich-tui runs lists the backup folders.") from None
    except KeyError as error:
        raise Ended(Status.USAGE, f"The photo {error.args[0]} is not in this backup.") from None
    async with planned as job:
        preview = await job.preview()
        tell_checks(out, preview.checks)
        _tell_preview(out, preview)
        if preview.refused:
            raise Ended(Status.REFUSED, "This restore is refused; nothing was changed.")
        if dry_run:
            out.say("", "This was a dry run: nothing was changed.")
            return Status.SOME_FAILED if preview.missing else Status.DONE
        if not sure:
            confirm(headless, f"{counted(preview.trashed + preview.gone, 'photo')} will be brought back.")
        with headless.stop.at_safe_point(job.cancel):
            report = await out.watched(job.run(), job.snapshot)
    _tell_report(out, report)
    if headless.stop.number and report.state != "done":
        out.note(f"Go on with: immich-tui restore {folder}")
        return 128 + headless.stop.number
    return Status.DONE if report.complete else Status.SOME_FAILED


def _tell_preview(out: Output, preview: RestorePreview) -> None:
    from immich_tui.cli.output import size_text

    out.line(
        "restore",
        folder=str(preview.folder),
        photos=preview.photos,
        alive=preview.alive,
        trashed=preview.trashed,
        gone=preview.gone,
        bytes=preview.bytes,
        missing=preview.missing,
    )
    out.say(
        f"{preview.photos:,} photos in {preview.folder}",
        f"  {preview.alive:,} are on the server, and stay as they are",
        f"  {preview.trashed:,} come out of the trash",
        f"  {preview.gone:,} are uploaded again ({size_text(preview.bytes)})",
    )
    for name in preview.missing:
        out.say(f"  missing from the backup: {name}")


def _tell_report(out: Output, report: RestoreReport) -> None:
    from dataclasses import asdict

    whole = asdict(report)
    photos = whole.pop("photos")
    out.line("restored", **whole)
    for photo in photos:
        for problem in photo["problems"]:
            out.line("held", item=photo["name"], reason=problem)
            out.say(f"· {photo['name']}: {problem}")
    out.say(
        "",
        f"Restore of {report.folder}: {report.state}. {report.reason}".strip(),
        f"  {report.untrashed:,} out of the trash, {report.uploaded:,} uploaded,"
        f" {report.alive:,} were there, {report.failed:,} not restored, {report.left:,} not reached",
    )
    if report.path:
        out.say(f"  report: {report.path}")

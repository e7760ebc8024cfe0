"""`immich-tui undo`: take back what a run did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import output_options, pace_options, server_options
from immich_tui.cli.status import Command, Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.cli.output import Output
    from immich_tui.desk import Desk
    from immich_tui.execution.undo.report import UndoPreview, UndoReport

EXAMPLES = """\
immich-tui undo 20260314T092653-1a2b3c --dry-run
immich-tui undo 20260314T092653-1a2b3c
immich-tui undo 20260314T092653-1a2b3c --group 6f1f0f3a-7c1e-4f0b-9b53-2a7f1e8f6d01
"""


@click.command("undo", cls=Command, examples=EXAMPLES)
@click.argument("run_id", metavar="RUN")
@click.option("--group", "groups", multiple=True, help="Only this group of the run; repeatable.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken back; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
@pace_options
@output_options
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    run_id: str,
    groups: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    **flags: Any,
) -> None:
    """Take back what RUN did: photos come out of the trash, values and stacks as they were before.

    What somebody changed since stays as it is, and is named. An undo that was stopped is gone on with by the
    same command.
    """
    from immich_tui.cli.headless import run

    async def work(headless: Headless) -> int:
        async with headless.at_desk() as desk:
            return await _undo(headless, desk, run_id, groups or None, dry_run=dry_run, sure=yes)

    run(context, work, **flags)


async def _undo(
    headless: Headless,
    desk: Desk,
    run_id: str,
    groups: tuple[str, ...] | None,
    *,
    dry_run: bool,
    sure: bool,
) -> int:
    from immich_tui.cli.checks import confirm, tell_checks
    from immich_tui.cli.output import counted
    from immich_tui.execution.past import UnknownRun
    from immich_tui.execution.undo.job import UndoJob

    assert desk.journal is not None
    out, settings = headless.output, headless.config.settings
    try:
        job = await UndoJob.of(
            desk.link.client,
            desk.link.capabilities,
            desk.session,
            desk.journal,
            run_id,
            groups,
            workers=settings.workers,
            rate=settings.rate,
        )
    except UnknownRun as error:
        raise Ended(Status.USAGE, str(error), "immich-tui runs lists them.") from None
    except KeyError as error:
        raise Ended(Status.USAGE, f"The group {error.args[0]} was not part of run {run_id}.") from None
    preview = await job.preview()
    tell_checks(out, preview.checks, preview.calls if dry_run else ())
    _tell_preview(out, preview)
    if not preview.groups and preview.already:
        out.say("All of it was undone already.")
        return Status.DONE
    if preview.refused:
        raise Ended(Status.REFUSED, "This undo is refused; nothing was changed.")
    if dry_run:
        out.say("", "This was a dry run: nothing was changed.")
        return Status.DONE
    if not sure:
        confirm(headless, f"{counted(len(preview.groups), 'group')} will be undone.")
    with headless.stop.at_safe_point(job.cancel):
        report = await out.watched(job.run(), job.snapshot)
    _tell_report(out, report)
    if headless.stop.number and report.state != "done":
        out.note(f"Go on with: immich-tui undo {run_id}")
        return 128 + headless.stop.number
    return Status.DONE if report.complete else Status.SOME_FAILED


def _tell_preview(out: Output, preview: UndoPreview) -> None:
    for group in preview.groups:
        out.line(
            "undo",
            group=group.group_id,
            title=group.title,
            restore=group.restore,
            revert=group.revert,
            stuck=group.stuck,
        )
        back = ", ".join((*group.restore, *group.revert)) or "nothing"
        out.say(f"↶ {group.title}: {back}")
        for sentence in group.stuck:
            out.say(f"    {sentence}")


def _tell_report(out: Output, report: UndoReport) -> None:
    from dataclasses import asdict

    whole = asdict(report)
    out.line("undone", **{key: value for key, value in whole.items() if key != "groups"})
    for group in report.groups:
        if group.reason:
            out.line("held", group=group.group_id, item=group.title, reason=group.reason)
        for sentence in (*([group.reason] if group.reason else ()), *group.kept, *group.stuck):
            out.say(f"· {group.title}: {sentence}")
    out.say(
        "",
        f"Undo of {report.of}: {report.state}.",
        f"  {report.undone:,} groups as they were, {report.partly:,} in part, {report.failed:,} not,"
        f" {report.left:,} not reached",
        f"  {report.restored:,} photos out of the trash, {report.reverted:,} fields taken back",
        f"  report: {report.path}",
    )
    for lost in report.lost:
        out.say(f"  only in the backup: {lost.name} ({lost.backup}); immich-tui restore brings it back")

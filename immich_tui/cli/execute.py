"""`immich-tui execute`: carry out a plan file, what was decided on the screen, or a run that did not end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from immich_tui.cli.options import (
    FILE,
    backup_option,
    output_options,
    pace_options,
    policy_option,
    server_options,
)
from immich_tui.cli.status import Command, Ended, Status

if TYPE_CHECKING:
    from immich_tui.cli.headless import Headless
    from immich_tui.desk import Desk
    from immich_tui.execution.preflight import Preflight
    from immich_tui.execution.resolve import ResolveJob
    from immich_tui.execution.run import RunSettings
    from immich_tui.review.decisions import Decision
    from immich_tui.review.plan import PlanReading

EXAMPLES = """\
immich-tui execute plan.json --dry-run         # check everything, count the calls
immich-tui execute plan.json --dry-run --calls # list every call that would be made
immich-tui execute plan.json                   # asks, then carries the plan out
immich-tui execute plan.json --yes --json      # for scripts: no question, JSON lines
immich-tui execute                             # what you decided in the full-screen app
immich-tui execute --resume                    # take up the run that did not end
immich-tui execute plan.json --batch 500 --yes # the next 500 groups, for cron; call again for more
immich-tui execute plan.json --permanent 12    # delete exactly 12 for good, not to the trash
"""

NEWEST = "newest"


@click.command("execute", cls=Command, examples=EXAMPLES)
@click.argument("plan", type=FILE, required=False)
@click.option("--dry-run", is_flag=True, help="Check everything and count the calls; change nothing.")
@click.option("--calls", is_flag=True, help="With --dry-run, list every call, as -v and --json do.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--resume",
    is_flag=False,
    flag_value=NEWEST,
    metavar="[RUN]",
    help="Take up a run where it stopped; without its id, the newest.",
)
@click.option(
    "--batch",
    type=click.IntRange(1),
    metavar="N",
    help="Carry out the next N groups only, in a run of their own; the same command goes on with the others."
    " A run that did not end is taken up first.",
)
@click.option(
    "--abandon",
    is_flag=True,
    help="Give up a run that did not end; what it did stays done. With PLAN, go on with that.",
)
@click.option(
    "--permanent",
    type=click.IntRange(1),
    metavar="N",
    help="Delete for good, past Immich's trash even where that is switched on; N must be the exact number"
    " of photos.",
)
@click.option(
    "--trash-external",
    is_flag=True,
    help="Agree that files of external libraries are trashed, whose backups can only be checked weakly.",
)
@server_options
@policy_option
@backup_option
@pace_options
@output_options
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    plan: Path | None,
    dry_run: bool,
    calls: bool,
    yes: bool,
    resume: str | None,
    batch: int | None,
    abandon: bool,
    permanent: int | None,
    trash_external: bool,
    **flags: Any,
) -> None:
    """Carry out PLAN, or without a file what was decided in the full-screen app.

    Everything is checked first. Originals are downloaded and their checksums compared before anything goes to
    the trash; a group that changed since is left alone. Ctrl+C stops at the next safe point.
    """
    from immich_tui.cli.headless import run

    if plan is not None and resume is not None:
        raise click.UsageError(
            "--resume takes up an earlier run, which has its plan already. Give one of both."
        )
    if batch is not None and (resume is not None or permanent is not None):
        raise click.UsageError(
            "--batch takes up a run that did not end by itself."
            if resume is not None
            else "--permanent names the exact number of all photos, which --batch cuts in pieces."
        )

    if abandon and (dry_run or resume is not None):
        raise click.UsageError(
            "--abandon gives a run up at once, which cannot be rehearsed."
            if dry_run
            else "--abandon gives up the run that --resume takes up. Give one of both."
        )

    async def work(headless: Headless) -> int:
        nonlocal resume
        from immich_tui.doctor.downloaders import transfer_of
        from immich_tui.execution.run import RunSettings

        settings = RunSettings(
            headless.config.backup_dir,
            permanent=permanent,
            trash_external=trash_external,
            transfer=transfer_of(headless.config.settings),
        )
        async with headless.at_desk() as desk:
            if abandon:
                await _abandon(headless, desk)
                if plan is None:
                    return Status.DONE
            one = _Execution(headless, desk, settings)
            if batch is not None and resume is None and await desk.unfinished() is not None:
                headless.output.note("The run that did not end is taken up; call again for the next groups.")
                resume = NEWEST
            if resume is not None:
                job = await one.resumed(resume)
            else:
                job = await one.planned(plan, batch)
            return await one.carry_out(job, dry_run=dry_run, calls=calls, sure=yes)

    run(context, work, **flags)


async def _abandon(headless: Headless, desk: Desk) -> None:
    left = await desk.unfinished()
    if left is None:
        headless.output.note("Every run has ended; there is nothing to give up.")
        return
    await desk.abandon(left.id)
    headless.output.note(f"The run {left.id} is given up; what it did stays done.")


class _Execution:
    """One execution: the plan, the checks, the question, the run, the report."""

    def __init__(self, headless: Headless, desk: Desk, settings: RunSettings) -> None:
        self._headless = headless
        self._out = headless.output
        self._desk = desk
        self._settings = settings
        self._reading: PlanReading | None = None
        self._left = 0

    async def resumed(self, run_id: str) -> ResolveJob:
        """A run that was started here or in the full-screen app."""
        if run_id == NEWEST:
            left = await self._desk.unfinished()
            if left is None:
                raise Ended(Status.USAGE, "The newest run has ended; there is nothing to take up.")
            run_id = left.id
        assert self._desk.journal is not None
        known = {run.id for run in await self._desk.journal.runs() if run.kind == "resolve"}
        if run_id not in known:
            raise Ended(Status.USAGE, f"There is no run {run_id} here.", "immich-tui runs lists them.")
        settings = self._headless.config.settings
        return await self._desk.take_up(run_id, self._settings, workers=settings.workers, rate=settings.rate)

    async def planned(self, plan: Path | None, batch: int | None) -> ResolveJob:
        """A new run of a plan file, or of what is decided in the session; of its next groups only."""
        if (left := await self._desk.unfinished()) is not None:
            raise Ended(
                Status.REFUSED,
                f"The run {left.id} did not end.",
                "Take it up with immich-tui execute --resume, or give it up with --abandon.",
            )
        if plan is None:
            decisions = self._desk.session.decided()
        else:
            self._reading = await self._read(plan)
            decisions = self._reading.to_do
            if not decisions and self._reading.objections:
                raise Ended(Status.REFUSED, "Every group of the plan that has a decision is refused.")
            if not decisions and self._reading.done:
                raise Ended(Status.DONE, "Everything in this plan was carried out already.")
        if not (decisions := tuple(one for one in decisions if one.choice is not None)):
            raise Ended(Status.DONE, "Nothing is decided that was not carried out yet.")
        return await (self._job(decisions) if batch is None else self._next(decisions, batch))

    async def _next(self, decisions: Sequence[Decision], batch: int) -> ResolveJob:
        """A run of the first groups that nothing speaks against; of all, where that is none."""
        from immich_tui.execution.resolve import not_tried_first

        assert self._desk.journal is not None
        decisions = await not_tried_first(self._desk.journal, decisions)
        size = batch
        while True:
            job = await self._job(decisions[:size])
            await job.preflight()
            able = job.open_groups()[:batch]
            if len(able) == batch or size >= len(decisions):
                break
            size *= 2
        self._left = len(decisions) - len(able)
        if 0 < len(able) < job.groups:
            chosen = frozenset(able)
            job = await self._job([one for one in decisions if one.group_id in chosen])
        return job

    async def _job(self, decisions: Iterable[Decision]) -> ResolveJob:
        from immich_tui.execution.resolve import ResolveJob

        settings = self._headless.config.settings
        assert self._desk.journal is not None
        return await ResolveJob.of(
            self._desk.link.client,
            self._desk.link.capabilities,
            self._desk.session,
            self._desk.journal,
            self._settings,
            workers=settings.workers,
            rate=settings.rate,
            decisions=decisions,
        )

    async def _read(self, plan: Path) -> PlanReading:
        from immich_tui.cli.fetching import fetch
        from immich_tui.cli.plan import tell_objections
        from immich_tui.review.plan import plan_header, read_plan

        session, link = self._desk.session, self._desk.link
        header = await session.store.in_thread(plan_header, plan)
        here = (link.connection.url, link.capabilities.user.id)
        if (header.server.url, header.server.user_id) != here:
            raise Ended(
                Status.REFUSED,
                f"This plan is for {header.server.user or header.server.user_id} at {header.server.url},"
                f" and not for {link.name}.",
                "Name the server and key of the plan, or make a new one with immich-tui analyze.",
            )
        meta = await session.store.in_thread(session.store.meta)
        if not session.rows or meta.get("fetched_at") != header.server.fetched_at:
            self._out.note("The plan was made from an earlier look at the server; reading the groups again.")
            await fetch(self._headless, self._desk)
        reading = await read_plan(session, plan)
        tell_objections(self._out, reading.objections)
        return reading

    async def carry_out(self, job: ResolveJob, *, dry_run: bool, calls: bool, sure: bool) -> int:
        """Check, ask, run, report."""
        from immich_tui.execution.preflight import NOTHING_TO_DO

        found = await job.preflight()
        _tell_preflight(self._headless, found, in_full=dry_run)
        problems = [check for check in found.checks if check.level == "problem"]
        if job.id:
            # A run that was cut off behind its last deed is ended by taking it up.
            problems = [check for check in problems if check.name != NOTHING_TO_DO]
        if problems:
            sentence = "This run is refused; nothing was changed."
            raise Ended(Status.REFUSED, sentence, problems[0].next_step)
        if dry_run:
            in_full = calls or self._out.verbose > 0
            for step in job.rehearse() if in_full or self._out.as_json else ():
                self._out.line("step", group=step.group, method=step.method, path=step.path, what=step.what)
                self._out.say(f"{step.method:<7}{step.path}  {step.what}")
            if in_full:
                self._out.say()
            self._out.say("This was a dry run: nothing was changed.")
            if not in_full:
                self._out.say("--calls lists each call with what it would send.")
            return Status.SOME_FAILED if found.held or self._refused else Status.DONE
        if not sure and found.groups:
            self._ask(found)
        if self._reading is not None:
            from immich_tui.review.plan import adopt_plan

            await adopt_plan(self._desk.session, self._reading, only_to_do=True)
        return await self._run(job)

    @property
    def _refused(self) -> bool:
        return bool(self._reading and self._reading.objections)

    def _ask(self, found: Preflight) -> None:
        from immich_tui.cli.checks import confirm
        from immich_tui.cli.output import counted

        for_good = self._settings.permanent is not None
        fate = "DELETED FOR GOOD, not moved to the trash" if for_good else "moved to the trash"
        confirm(
            self._headless,
            f"{counted(found.losers, 'photo')} of {counted(found.groups, 'group')} will be {fate}.",
        )

    async def _run(self, job: ResolveJob) -> int:
        from immich_tui.cli.output import counted
        from immich_tui.cli.reporting import tell_report

        with self._headless.stop.at_safe_point(job.cancel):
            report = await self._out.watched(
                job.run(), job.snapshot, lambda: job.pool.snapshot().silent_for_s
            )
        tell_report(self._out, report, job.report_path)
        if self._left:
            self._out.line("batch", groups=len(report.groups), left=self._left)
            self._out.say(f"  {counted(self._left, 'group')} left for the next batch: call the same again")
        number = self._headless.stop.number
        if report.state != "done":
            self._out.note(f"Take it up again with: immich-tui execute --resume {report.run}")
        if number and report.state != "done":
            return 128 + number
        if report.state == "failed" and not report.groups_done:
            return Status.REFUSED
        clean = report.state == "done" and not report.groups_held and not self._refused
        return Status.DONE if clean else Status.SOME_FAILED


def _tell_preflight(headless: Headless, found: Preflight, *, in_full: bool) -> None:
    from immich_tui.cli.checks import tell_checks

    out = headless.output
    tell_checks(out, found.checks)
    for item, reason in found.held:
        out.line("held", item=item, reason=reason)
        out.say(f"· left alone: {item}: {reason}")
    if in_full:
        out.say()
        tell_checks(out, (), found.calls)
        out.say()

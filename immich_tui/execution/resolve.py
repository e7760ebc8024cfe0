"""The resolve job: everything that is done to the server, in order, journalled and resumable.

Check, carry, back up, trash (recheck, delete, confirm, close), keep and stack, report. All downloads come
before any delete.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from immich_tui.execution.backup.names import safe_id
from immich_tui.execution.backup.phase import BackupPhase
from immich_tui.execution.carry.phase import CarryPhase
from immich_tui.execution.carry.wishes import bind_begun, settle
from immich_tui.execution.dismiss import DismissPhase
from immich_tui.execution.graft.carrier import journalled
from immich_tui.execution.journalled import recall, write_plan
from immich_tui.execution.notebook import Notebook
from immich_tui.execution.plan import Plan
from immich_tui.execution.preflight import NOTHING_TO_DO, Level, Preflight, preflight
from immich_tui.execution.rehearsal import Step, rehearse
from immich_tui.execution.report.files import write_reports
from immich_tui.execution.report.pictures import Pictures, likely
from immich_tui.execution.report.report import Report, make_report
from immich_tui.execution.run import AT_ONCE, CLOSE, HELD, PLAN, Run, RunSettings, batched
from immich_tui.execution.stopping import RunPhase, classify
from immich_tui.execution.transfer.dispatcher import Item, WaySnapshot
from immich_tui.execution.trash.confirm import note_fate
from immich_tui.execution.trash.phase import TrashPhase
from immich_tui.execution.undo.taken_back import begun, undone
from immich_tui.immich.capabilities import Capabilities
from immich_tui.immich.client import ImmichClient
from immich_tui.jobs.journal import Journal, JournalUnavailable
from immich_tui.jobs.journal import Run as JournalRun
from immich_tui.jobs.phase import Context, Continue, Fatal, Outcome
from immich_tui.jobs.pool import Patience, Pool
from immich_tui.jobs.processor import JobResult, Processor
from immich_tui.jobs.progress import Counters, Status
from immich_tui.jobs.record import JobRecord
from immich_tui.jobs.steering import Steered
from immich_tui.review.decisions import Decision
from immich_tui.review.session import Session

KIND = "resolve"

UNDONE = "An undo took back what this run did to it, or began to. Plan a new run for it."
"""Why a run that is taken up again leaves a group alone."""

UNFINISHED = frozenset({Status.RUNNING, Status.PAUSED, Status.CANCELLED, Status.FAILED})


class CheckPhase(RunPhase):
    """Look at server, disk and groups once more; refuse when something forbids the run."""

    name = "check"
    label = "Check"

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    async def work(self, context: Context[Run]) -> Outcome:
        """Hold back what changed. Raises `Fatal` when the run as a whole is refused."""
        run = context.subject
        found = await preflight(run, count_calls=False)
        for planned in run.groups.held():
            context.non_fatal(planned.item, planned.held)
        for check in found.checks:
            if check.level is Level.PROBLEM and check.name != NOTHING_TO_DO:
                raise Fatal(f"{check.sentence} {check.next_step}".strip())
        context.progress(len(run.groups), len(run.groups), units="groups")
        self._pictures.begin(lambda: likely(run.groups.values()))
        return Continue()


async def unfinished(journal: Journal) -> JournalRun | None:
    """The newest run when it did not end: stopped, failed, or cut off with its process.

    A run that was cut off before its plan was whole has done nothing: there is nothing to take up, and what
    was decided is planned anew.
    """
    newest = next((run for run in await journal.runs() if run.kind == KIND), None)
    if newest is None or newest.state not in UNFINISHED:
        return None
    whole = await journal.count(newest.id, PLAN) == newest.detail["groups"]
    return newest if whole else None


async def closed(journal: Journal, run_id: str) -> int:
    """How many groups of a run are done, whatever became of its process."""
    return (await journal.states(run_id, CLOSE))["done"]


async def not_tried_first(journal: Journal, decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions in their order, with those last whose groups the newest run about them held back.

    Whoever carries out a few at a time comes to all of them, also where some can never be carried out.
    """
    held: dict[str, bool] = {}
    for run in await journal.runs():
        if run.kind == KIND:
            for group_id, entry in (await journal.latest(run.id, HELD)).items():
                held.setdefault(group_id, entry.state == "held")
    return sorted(decisions, key=lambda one: held.get(one.group_id, False))


async def abandon(journal: Journal, run_id: str) -> None:
    """Give an unfinished run up: what it did stays done, the rest is for a new plan."""
    await journal.finish_run(run_id, "abandoned")


def _note_groups(session: Session, plan: Plan, decisions: Sequence[Decision]) -> None:
    """Copy groups as they are in the session, with what was decided on them; in its thread."""
    fetched = session.store.fetched
    plan.notebook.add_groups((one.group_id, fetched.raw_group(one.group_id)) for one in decisions)
    plan.add(
        # What is carried out is what was shown, also when the run is resumed under other settings.
        (one.group_id, one.kind, replace(one.choice, graft=session.context.of(one.choice).graft))
        for one in decisions
        if one.choice is not None
    )


def _refuse_reader(session: Session) -> None:
    """Raise `JournalUnavailable` where another process works on the session: two runs would cross."""
    if session.read_only:
        raise JournalUnavailable(
            "Another window is at work on this session, so nothing can be carried out here. Close it first."
        )


async def _leave_what_was_undone(run: Run) -> None:
    """Hold groups back that an undo took back, or began to: what is done of them now could not be undone.

    One that was taken back whole is not told as done any more, either.
    """
    whole = await undone(run.journal, run.id)
    for group_id in await begun(run.journal, run.id):
        planned = run.groups[group_id]
        if planned.open or group_id in whole:
            for loser in planned.with_fate("done", "intent") if group_id in whole else ():
                await note_fate(run, planned, loser, "restored")
            await run.hold(planned, "check", UNDONE)


class ResolveJob(Steered):
    """One run of the plan, as the screen and the command line drive it.

    `await preflight()` may be called any number of times; `await run()` once. `snapshot()` and `pool` may be
    read at any time.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pictures = Pictures(run.client, run.pool)
        self._phases = CheckPhase(self._pictures), CarryPhase(), BackupPhase(), TrashPhase(), DismissPhase()
        self.report: Report | None = None
        self.report_path: Path | None = None

    @classmethod
    async def of(
        cls,
        client: ImmichClient,
        capabilities: Capabilities,
        session: Session,
        journal: Journal,
        settings: RunSettings,
        *,
        workers: int = 5,
        rate: float | None = 10.0,
        patience: Patience | None = None,
        decisions: Iterable[Decision] | None = None,
    ) -> ResolveJob:
        """Plan a run of these decisions, or of all that stand and were not carried out yet."""
        notebook = await asyncio.to_thread(Notebook, journal.path.parent)
        groups = Plan(notebook)
        standing = session.decided() if decisions is None else decisions
        for some in batched((one for one in standing if one.choice is not None), AT_ONCE):
            await session.store.in_thread(_note_groups, session, groups, some)
        pool = Pool(workers=workers, rate=rate, classify=classify, patience=patience or Patience())
        return cls(
            Run(
                "",
                client,
                capabilities,
                session,
                journal,
                pool,
                settings,
                session.context,
                groups,
                settings.backup_root,
                notebook,
            )
        )

    @classmethod
    async def resume(
        cls,
        run_id: str,
        client: ImmichClient,
        capabilities: Capabilities,
        session: Session,
        journal: Journal,
        settings: RunSettings,
        *,
        workers: int = 5,
        rate: float | None = 10.0,
        patience: Patience | None = None,
    ) -> ResolveJob:
        """Take up a run of this or another process where it stopped. Groups held back get another try.

        Raises `JournalUnavailable` when another process has the session open for writing.
        """
        _refuse_reader(session)
        known = next(run for run in await journal.runs() if run.id == run_id)
        plan = await recall(journal, run_id)
        run = Run(
            run_id,
            client,
            capabilities,
            session,
            journal,
            Pool(workers=workers, rate=rate, classify=classify, patience=patience or Patience()),
            settings,
            session.context,
            plan,
            Path(str(known.detail["backup_root"])) / safe_id(run_id),
            plan.notebook,
            datetime.fromisoformat(known.started_at),
        )
        run.carriers = await journalled(journal, run_id)
        await run.release()
        await _leave_what_was_undone(run)
        # Every phase asks the journal what is done of each item, so all run again: the server may have
        # changed since, and groups that were held back get another try.
        record = JobRecord(journal, run_id, Counters())
        await record.load()
        job = cls(run)
        for phase in job._phases:
            await record.restart(phase.name)
        return job

    @property
    def id(self) -> str:
        """The run's id; empty before it began."""
        return self._run.id

    @property
    def pool(self) -> Pool:
        """The worker pool: adjustable while it runs."""
        return self._run.pool

    @property
    def groups(self) -> int:
        """Groups in the plan."""
        return len(self._run.groups)

    def open_groups(self) -> tuple[str, ...]:
        """Ids of the groups that nothing speaks against so far; after `preflight`."""
        return tuple(planned.id for planned in self._run.open_groups())

    async def preflight(self) -> Preflight:
        """Say what stands in the way and what would be called; touches nothing. Raises `ImmichError`."""
        return await preflight(self._run)

    def rehearse(self) -> Iterator[Step]:
        """Every call that `run` would make, in order; after `preflight`."""
        return rehearse(self._run)

    async def run(self) -> Report:
        """Carry the plan out; return the report, whatever the end. Raises `JournalUnavailable`."""
        run = self._run
        _refuse_reader(run.session)
        if not run.id:
            await self._begin()
        await bind_begun(run)
        self._processor = Processor(run.journal, run.id, self._phases, run)
        # A full collection looks at every photo of the plan, and everything stands still meanwhile.
        frozen_by_others = gc.get_freeze_count()
        gc.freeze()
        try:
            return await self._finish(await self._processor.run())
        finally:
            await self._pictures.end()
            if not frozen_by_others:
                gc.unfreeze()

    async def _begin(self) -> None:
        run = self._run
        run.started = datetime.now(UTC)
        # Whoever takes the run up, or back, may do so from another folder.
        root = run.settings.backup_root.absolute()
        run.id = await run.journal.start_run(KIND, {"backup_root": str(root), "groups": len(run.groups)})
        run.folder = root / safe_id(run.id)
        await write_plan(run.journal, run.id, run.groups)

    async def _finish(self, result: JobResult) -> Report:
        run = self._run
        await settle(run)
        self.report = await asyncio.to_thread(make_report, run, result.state, result.reason)
        try:
            self.report_path = await write_reports(self._pictures, run.folder, self.report)
        except OSError as error:
            # A full or vanished disk is often what paused the run: what was done must be told all the same.
            unwritten = f"This report could not be written to {run.folder}: {error.strerror}."
            self.report = replace(self.report, reason=f"{result.reason} {unwritten}".strip())
        return self.report

    def ways(self) -> tuple[WaySnapshot, ...]:
        """Which downloader has what, and who is away; empty before backups begin."""
        return self._run.dispatch.snapshot() if self._run.dispatch else ()

    def orders(self) -> tuple[Item, ...]:
        """Every file that was asked for, and where it stands."""
        return self._run.dispatch.items() if self._run.dispatch else ()

    async def cancel_order(self, key: str) -> None:
        """Give one file up, by the key of its order: its group is held back, the rest goes on."""
        if self._run.dispatch:
            await self._run.dispatch.cancel(key)

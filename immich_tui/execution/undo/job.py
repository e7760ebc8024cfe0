"""The undo job: what a run did is taken back, group by group, journalled and resumable.

Losers come out of the trash, the kept photo gets its earlier values back where it still has the ones that the
run wrote, a stack is dissolved, and all members get the id of their group again. Nothing is trashed, and
nothing is overwritten that somebody changed since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile

from immich_tui.execution.graft import graft
from immich_tui.execution.graft.carrier import journalled
from immich_tui.execution.past import Past, PastGroup, read_past
from immich_tui.execution.preflight import Level
from immich_tui.execution.resolve import KIND as RESOLVE
from immich_tui.execution.resolve import UNFINISHED, abandon
from immich_tui.execution.run import CARRY, CLOSE, TRASH, RunSettings
from immich_tui.execution.stopping import ServerPhase, classify, concerns_all
from immich_tui.execution.undo.checks import checks, planned_calls
from immich_tui.execution.undo.group import undo_group
from immich_tui.execution.undo.report import (
    GroupForecast,
    UndoPreview,
    UndoReport,
    make_report,
    write_report,
)
from immich_tui.execution.undo.state import CALL, GROUP, GroupUndone, Outcome, Undo
from immich_tui.execution.undo.taken_back import KIND, undone, undos
from immich_tui.immich.capabilities import Capabilities
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs import phase as jobs
from immich_tui.jobs.journal import Journal, JournalUnavailable
from immich_tui.jobs.journal import Run as JournalRun
from immich_tui.jobs.pool import Patience, Pool, Slot
from immich_tui.jobs.processor import Processor
from immich_tui.jobs.progress import Counters
from immich_tui.jobs.record import JobRecord
from immich_tui.jobs.steering import Steered
from immich_tui.review.session import Session


class CheckPhase(ServerPhase[Undo]):
    """Look at the server and the key; refuse when something forbids the undo."""

    name = "check"
    label = "Check"

    async def work(self, context: jobs.Context[Undo]) -> jobs.Outcome:
        """Raises `Fatal` when the undo as a whole cannot be done."""
        undo = context.subject
        for check in await checks(undo):
            if check.level is Level.PROBLEM:
                raise jobs.Fatal(f"{check.sentence} {check.next_step}".strip())
        return jobs.Continue()


class TakeBackPhase(ServerPhase[Undo]):
    """Take back what was done to each group."""

    name = "undo"
    label = "Undo"

    async def work(self, context: jobs.Context[Undo]) -> jobs.Outcome:
        """Undo every group that is not undone yet; one that cannot be undone does not stop the others."""
        undo = context.subject
        done = sum(group.id in undo.results for group in undo.groups)
        todo = [group for group in undo.groups if group.id not in undo.results]
        total = len(undo.groups)
        context.progress(done, total, units="groups")

        async def one(group: PastGroup, slot: Slot) -> None:
            nonlocal done
            await context.interrupt_point()
            try:
                result = await undo_group(undo, group, slot)
            except ImmichError as error:
                if await concerns_all(undo, error, slot):
                    raise
                result = GroupUndone.failed(group, f"It could not be undone: {error.sentence}")
            await undo.record(result)
            if result.outcome is Outcome.FAILED:
                context.non_fatal(group.planned.item, result.reason)
            done += 1
            context.progress(done, total, units="groups")

        await undo.pool.work(todo, one)
        with undo.pool.lease("removing carriers") as slot:
            for carrier in await graft.tidy(undo, slot):
                context.non_fatal(carrier.name, graft.LEFT_BEHIND)
        return jobs.Continue()


class UndoJob(Steered):
    """Taking one run back, as the screen and the command line drive it.

    `await preview()` may be called any number of times; `await run()` once. `snapshot()` and `pool` may be
    read at any time.
    """

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.report: UndoReport | None = None

    @classmethod
    async def of(
        cls,
        client: ImmichClient,
        capabilities: Capabilities,
        session: Session | None,
        journal: Journal,
        run_id: str,
        groups: Iterable[str] | None = None,
        *,
        settings: RunSettings | None = None,
        workers: int = 5,
        rate: float | None = 10.0,
        patience: Patience | None = None,
    ) -> UndoJob:
        """Plan to take a run back, or these of its groups.

        Left out is what was undone before, and what a later run dealt with again: that is undone first.
        Raises `UnknownRun`, and `KeyError` for a group that was not in the run.
        """
        past = await read_past(journal, run_id)
        wanted = list(past.groups) if groups is None else list(dict.fromkeys(groups))
        before = await undone(journal, run_id)
        later = await _touched_later(journal, past)
        chosen = [past.groups[group_id] for group_id in wanted]
        pool = Pool(workers=workers, rate=rate, classify=classify, patience=patience or Patience())
        undo = Undo(
            "",
            client,
            capabilities,
            session,
            journal,
            pool,
            settings or RunSettings(past.folder.parent),
            past,
            tuple(group for group in chosen if group.touched and group.id not in before | later),
            already=tuple(group.id for group in chosen if group.id in before),
            later=tuple(group.id for group in chosen if group.id in later - before),
            untouched=sum(not group.touched for group in chosen),
        )
        await _remember_calls(undo)
        return cls(undo)

    @classmethod
    async def resume(
        cls,
        undo_id: str,
        client: ImmichClient,
        capabilities: Capabilities,
        session: Session | None,
        journal: Journal,
        *,
        settings: RunSettings | None = None,
        workers: int = 5,
        rate: float | None = 10.0,
        patience: Patience | None = None,
    ) -> UndoJob:
        """Take up an undo of this or another process where it stopped.

        Groups that are not undone whole get another try. Raises `UnknownRun`.
        """
        known = next(run for run in await journal.runs() if run.id == undo_id)
        past = await read_past(journal, str(known.detail["of"]))
        groups = known.detail["groups"]
        assert isinstance(groups, list)
        pool = Pool(workers=workers, rate=rate, classify=classify, patience=patience or Patience())
        undo = Undo(
            undo_id,
            client,
            capabilities,
            session,
            journal,
            pool,
            settings or RunSettings(past.folder.parent),
            past,
            tuple(past.groups[str(group_id)] for group_id in groups),
            started=known.started_at,
        )
        undo.results = {
            group_id: GroupUndone.read(entry.data)
            for group_id, entry in (await journal.latest(undo_id, GROUP)).items()
            if entry.state == Outcome.UNDONE
        }
        await _remember_calls(undo)
        record = JobRecord(journal, undo_id, Counters())
        await record.load()
        for phase in _phases():
            await record.restart(phase.name)
        return cls(undo)

    @property
    def id(self) -> str:
        """The id of the undo; empty before it began."""
        return self._undo.id

    @property
    def pool(self) -> Pool:
        """The worker pool: adjustable while it runs."""
        return self._undo.pool

    async def preview(self) -> UndoPreview:
        """Say what would be restored and reverted, and what cannot be; touches nothing.

        This is by the journal: what somebody changed since shows when the server is asked, group by group,
        while it runs. Raises `ImmichError` when the server cannot be asked at all.
        """
        undo = self._undo
        return UndoPreview(
            undo.past.run.id,
            tuple(await checks(undo)),
            tuple(GroupForecast.of(group, clears=undo.clears(group)) for group in undo.groups),
            undo.already,
            undo.untouched,
            planned_calls(undo),
        )

    async def run(self) -> UndoReport:
        """Take it back; return the report, whatever the end. Raises `JournalUnavailable`."""
        undo = self._undo
        if undo.session is not None and undo.session.read_only:
            raise JournalUnavailable(
                "Another window is at work on this session, so nothing can be undone here. Close it first."
            )
        if not undo.id:
            await self._begin()
        self._processor = Processor(undo.journal, undo.id, _phases(), undo)
        result = await self._processor.run()
        self.report = make_report(undo, result.state, result.reason)
        try:
            self.report = await asyncio.to_thread(write_report, undo.past.folder, self.report)
        except OSError as error:
            unwritten = f"This report could not be written to {undo.past.folder}: {error.strerror}."
            self.report = replace(self.report, reason=f"{result.reason} {unwritten}".strip())
        if undo.session is not None:
            await undo.session.reload()
        return self.report

    async def _begin(self) -> None:
        undo = self._undo
        if undo.past.run.state in UNFINISHED:
            # Going on with it afterwards would carry out again what is taken back here.
            await abandon(undo.journal, undo.past.run.id)
        undo.id = await undo.journal.start_run(
            KIND, {"of": undo.past.run.id, "groups": [group.id for group in undo.groups]}
        )


async def trashed_later(journal: Journal, past: Past) -> dict[str, str]:
    """Photos that later runs trashed and that were not taken back: their ids, and who was kept instead."""
    found: dict[str, str] = {}
    for run in reversed(await _later(journal, past)):
        back = await undone(journal, run.id)
        for asset_id, entry in (await journal.latest(run.id, TRASH)).items():
            if entry.state == "done" and entry.data.get("group") not in back:
                found[asset_id] = str(entry.data["survivor"])
    return found


async def _later(journal: Journal, past: Past) -> list[JournalRun]:
    """The runs after this one, newest first."""
    later = takewhile(lambda run: run.id != past.run.id, await journal.runs())
    return [run for run in later if run.kind == RESOLVE]


async def _touched_later(journal: Journal, past: Past) -> frozenset[str]:
    """Groups that a later run has dealt with again, and that are not taken back from that one."""
    found: set[str] = set()
    for run in await _later(journal, past):
        touched = {*await journal.latest(run.id, CARRY), *await journal.latest(run.id, CLOSE)}
        touched |= {str(entry.data.get("group")) for entry in (await journal.latest(run.id, TRASH)).values()}
        if again := touched & past.groups.keys():
            found |= again - await undone(journal, run.id)
    return frozenset(found)


async def _remember_calls(undo: Undo) -> None:
    """Take up what this and earlier undos of the run sent: what they took back is not the run's any more."""
    for undo_id in await undos(undo.journal, undo.past.run.id):
        for key, entry in (await undo.journal.latest(undo_id, CALL)).items():
            undo.remember(key, entry.state, entry.data)
        undo.carriers |= await journalled(undo.journal, undo_id)


def _phases() -> tuple[ServerPhase[Undo], ...]:
    return CheckPhase(), TakeBackPhase()

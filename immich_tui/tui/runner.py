"""The run that the app carries out: planned, checked, started, paused and ended independent of any screen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from immich_tui.desk import Desk
from immich_tui.execution.preflight import Preflight
from immich_tui.execution.report.report import Report
from immich_tui.execution.resolve import ResolveJob
from immich_tui.execution.run import RunSettings
from immich_tui.jobs.progress import Status
from immich_tui.tui.figures import counted
from immich_tui.tui.phases import Stage


class Runner:
    """One run at a time. Screens read `stage`, `preflight` and `job`, and call the verbs.

    `taken_up` is when an earlier, unfinished run began that the first check took up; empty for a new plan.
    `left_over` tells of an earlier run that did not end and that nobody took up yet, as a sentence.
    """

    def __init__(self, desk: Desk, settings: RunSettings, *, workers: int, rate: float | None) -> None:
        self._desk = desk
        self.settings = settings
        self._workers = workers
        self._rate = rate
        self.stage = Stage.NEW
        self.job: ResolveJob | None = None
        self.preflight: Preflight | None = None
        self._resumed = False
        self.taken_up = ""
        self.paused = False
        self.left_over = ""
        self.ended = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether the server is being changed."""
        return self.stage is Stage.RUNNING

    @property
    def busy(self) -> bool:
        """Whether it is at work, or looks at what it would do."""
        return self.stage in (Stage.RUNNING, Stage.CHECKING)

    @property
    def going(self) -> str:
        """How far the run is, in a few words; empty while none goes on."""
        if not self.running:
            return ""
        snapshot = self.job.snapshot() if self.job else None
        phases = snapshot.phases if snapshot else ()
        now = next((one for one in phases if one.status in (Status.RUNNING, Status.PAUSED)), None)
        where = ""
        if now is not None:
            where = f": {now.label.lower()}"
            if now.fraction is not None:
                where += f" {now.fraction:.0%}".replace("%", " %")
        return f"run {'paused' if self.paused else 'going on'}{where}"

    async def look_back(self) -> None:
        """Look for an earlier run that did not end. Raises `JournalUnavailable`."""
        self.left_over = ""
        if self.job is None and (left := await self._desk.unfinished()):
            began = datetime.fromisoformat(left.started_at).astimezone()
            done, groups = await self._desk.closed(left.id), int(str(left.detail.get("groups", 0)))
            self.left_over = (
                f"A run of {began:%Y-%m-%d %H:%M} did not end: {done:,} of {counted(groups, 'group')} done."
            )

    @property
    def report(self) -> Report | None:
        """The report of the run that ended."""
        return self.job.report if self.job else None

    @property
    def can_retry(self) -> bool:
        """Whether the ended run left something that another try may settle."""
        if self.stage is not Stage.ENDED or self.job is None or not self.job.id:
            return False
        return self.report is None or self.report.groups_done < len(self.report.groups)

    async def check(self) -> None:
        """Plan anew from the decisions (or take up what was stopped) and look at server and disk.

        Does nothing while a run or another check is going on.
        """
        if self.stage in (Stage.CHECKING, Stage.RUNNING):
            return
        self.stage, self.preflight = Stage.CHECKING, None
        try:
            if self.job is None and (left := await self._desk.unfinished()):
                self.taken_up, self._resumed = left.started_at, True
                self.left_over = ""
                self.job = await self._take_up(left.id)
            if not self._resumed or self.job is None:
                self.job = await self._desk.plan(self.settings, workers=self._workers, rate=self._rate)
            self.preflight = await self.job.preflight()
        finally:
            self.stage = Stage.CHECKED if self.preflight else Stage.NEW

    def begin(self) -> bool:
        """Let nothing but the run happen from now on; whether there is a checked plan to carry out."""
        if self.stage is not Stage.CHECKED or self.preflight is None or self.preflight.refused:
            return False
        self.stage, self.paused = Stage.RUNNING, False
        self.ended.clear()
        return True

    async def run(self) -> Report:
        """Carry the plan out, once it has begun; every end but a broken journal gives a report."""
        if self.job is None or not self.running:
            raise RuntimeError("nothing was begun")
        try:
            return await self.job.run()
        finally:
            self.keep_pace()
            self.stage = Stage.ENDED
            self.ended.set()

    def keep_pace(self) -> None:
        """Plan what comes next with the limits that are set now."""
        if self.job is not None:
            pool = self.job.pool.snapshot()
            self._workers, self._rate = pool.workers, pool.set_rate

    async def retry(self) -> None:
        """Prepare the ended run again: what is done stays done, what was held back gets another try."""
        if not self.can_retry or self.job is None:
            return
        run_id, self.preflight, self._resumed = self.job.id, None, True
        self.job = await self._take_up(run_id)
        self.stage = Stage.NEW

    async def _take_up(self, run_id: str) -> ResolveJob:
        return await self._desk.take_up(run_id, self.settings, workers=self._workers, rate=self._rate)

    async def abandon(self) -> None:
        """Give up the earlier run that was taken up, before it goes on; the next check plans anew."""
        if self.stage is Stage.CHECKED and self.taken_up and self.job is not None:
            await self._desk.abandon(self.job.id)
            self.renew()

    def renew(self) -> None:
        """Forget the ended run: the next check plans anew."""
        self.stage, self.job, self.preflight, self._resumed = Stage.NEW, None, None, False
        self.taken_up = ""
        self.settings = replace(self.settings, permanent=None, trash_external=False)

    def allow(self, *, permanent: int | None = None, trash_external: bool | None = None) -> None:
        """Change what this one run may do; check again afterwards."""
        if permanent is not None:
            self.settings = replace(self.settings, permanent=permanent)
        if trash_external is not None:
            self.settings = replace(self.settings, trash_external=trash_external)

    def toggle_pause(self) -> None:
        """Pause at the next safe point, or go on."""
        if self.job is None or not self.running:
            return
        self.paused = not self.paused
        if self.paused:
            self.job.pause()
        else:
            self.job.resume_now()

    def hold(self, on: bool) -> None:
        """Begin nothing new while a question about the run is open; afterwards it is as before."""
        if self.job is None or not self.running or self.paused:
            return
        if on:
            self.job.pause()
        else:
            self.job.resume_now()

    def cancel(self) -> None:
        """Stop at the next safe point; what was done stands."""
        if self.job is not None:
            self.job.cancel()

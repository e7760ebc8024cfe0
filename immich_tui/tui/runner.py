"""The run that the app carries out: planned, checked, started, paused and ended independent of any screen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from enum import StrEnum

from immich_tui.execution.preflight import Preflight
from immich_tui.execution.report import Report
from immich_tui.execution.resolve import ResolveJob
from immich_tui.execution.run import RunSettings
from immich_tui.tui.desk import Desk


class Stage(StrEnum):
    """Where the run stands, as the screen shows it."""

    NEW = "new"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    ENDED = "ended"


class Runner:
    """One run at a time. Screens read `stage`, `preflight`, `job` and `failure`, and call the verbs."""

    def __init__(self, desk: Desk, settings: RunSettings, *, workers: int, rate: float | None) -> None:
        self._desk = desk
        self.settings = settings
        self._workers = workers
        self._rate = rate
        self.stage = Stage.NEW
        self.job: ResolveJob | None = None
        self.preflight: Preflight | None = None
        self.failure: Exception | None = None
        self._resumed = False
        self.paused = False
        self.ended = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether the server is being changed."""
        return self.stage is Stage.RUNNING

    @property
    def report(self) -> Report | None:
        """The report of the run that ended."""
        return self.job.report if self.job else None

    @property
    def can_retry(self) -> bool:
        """Whether the ended run left something that another try may settle."""
        report = self.report
        return self.stage is Stage.ENDED and (report is None or report.groups_done < len(report.groups))

    async def check(self) -> None:
        """Plan anew from the decisions (or take up what was stopped) and look at server and disk."""
        self.stage, self.failure, self.preflight = Stage.CHECKING, None, None
        try:
            if not self._resumed or self.job is None:
                self.job = await self._desk.plan(self.settings, workers=self._workers, rate=self._rate)
            self.preflight = await self.job.preflight()
            self.stage = Stage.CHECKED
        except asyncio.CancelledError:
            self.stage = Stage.NEW
            raise
        except Exception as error:
            self.failure = error
            self.stage = Stage.NEW
            raise

    async def run(self) -> Report:
        """Carry the checked plan out; every end but a broken journal gives a report."""
        if self.job is None:
            raise RuntimeError("nothing was planned")
        self.stage, self.failure, self.paused = Stage.RUNNING, None, False
        self.ended.clear()
        try:
            return await self.job.run()
        except Exception as error:
            self.failure = error
            raise
        finally:
            pool = self.job.pool.snapshot()
            self._workers, self._rate = pool.workers, pool.set_rate
            self.stage = Stage.ENDED
            self.ended.set()

    async def retry(self) -> None:
        """Prepare the ended run again: what is done stays done, what was held back gets another try."""
        if self.job is None or not self.job.id:
            self.stage = Stage.NEW
            return
        run_id = self.job.id
        self.stage = Stage.CHECKING
        self.job = await self._desk.take_up(run_id, self.settings, workers=self._workers, rate=self._rate)
        self._resumed = True

    def renew(self) -> None:
        """Forget the ended run: the next check plans anew."""
        self.stage, self.job, self.preflight, self._resumed = Stage.NEW, None, None, False
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

    def cancel(self) -> None:
        """Stop at the next safe point; what was done stands."""
        if self.job is not None:
            self.job.cancel()

"""What is done about a run that was: looking at it again, taking it back, bringing photos back.

Like the run itself it belongs to the app: no screen's leaving stops it.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from immich_tui.tui.phases import Stage

if TYPE_CHECKING:
    from immich_tui.execution.restore.job import RestoreJob, RestoreReport
    from immich_tui.execution.undo.job import UndoJob
    from immich_tui.execution.undo.report import UndoReport
    from immich_tui.execution.verify.job import VerifyJob, VerifyReport

    CareJob = VerifyJob | UndoJob | RestoreJob
    CareReport = VerifyReport | UndoReport | RestoreReport

VERIFY, UNDO, RESTORE = "verify", "undo", "restore"
"""Kinds of aftercare, as the journal names them."""

NAMES = {VERIFY: "A check of backups", UNDO: "An undo", RESTORE: "A restore"}
"""What a sentence calls them."""

SHORT_NAMES = {VERIFY: "The check", UNDO: "The undo", RESTORE: "The restore"}
"""The same for one that was spoken of."""


class Aftercare:
    """One job at a time. Screens read `kind`, `stage`, `job` and `report`, and call the verbs.

    `of` is the id of the run it is about.
    """

    def __init__(self) -> None:
        self.kind = ""
        self.of = ""
        self.stage = Stage.NEW
        self.job: CareJob | None = None
        self.report: CareReport | None = None
        self.paused = False
        self.ended = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self.stage is Stage.RUNNING

    @property
    def name(self) -> str:
        """What it is, as the beginning of a sentence."""
        return NAMES.get(self.kind, "")

    def begin(self, kind: str, of: str, job: CareJob) -> bool:
        """Let nothing else begin from now on; whether it is this one's turn."""
        if self.running:
            return False
        self.kind, self.of, self.job = kind, of, job
        self.stage, self.paused, self.report = Stage.RUNNING, False, None
        self.ended.clear()
        return True

    async def run(self) -> CareReport:
        """Do it, once it has begun; every end but a broken journal gives a report."""
        if self.job is None or not self.running:
            raise RuntimeError("nothing was begun")
        try:
            async with AsyncExitStack() as stack:
                # Verify and restore may have a journal of their own to close; an undo has none.
                if self.kind != UNDO:
                    await stack.enter_async_context(self.job)  # type: ignore[arg-type]  # no undo here
                self.report = await self.job.run()
            return self.report
        finally:
            self.stage = Stage.ENDED
            self.ended.set()

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

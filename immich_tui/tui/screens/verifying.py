"""Looking at a run again: whether its backups are whole, and the server is as the run left it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from immich_tui.execution.verify.job import VerifyReport
from immich_tui.tui.aftercare import VERIFY
from immich_tui.tui.screens.care import CareScreen
from immich_tui.tui.telling import tell_verify

if TYPE_CHECKING:
    from immich_tui.tui.telling import Telling


class VerifyScreen(CareScreen):
    """Begins at once: it changes nothing anywhere."""

    KIND = VERIFY
    BINDING_GROUP_TITLE = "Verify"

    def plan_focus(self) -> str:
        """The way back: there is nothing to start by hand."""
        return "#leave"

    async def prepare(self) -> None:
        """Begin."""
        self.say((f"Looking for the backups of {self.whose_run} …", "title"))
        job = await self.archive.verify(self.past)
        self.start(job)

    def tell(self) -> Sequence[Telling]:
        """What was found, photo by photo."""
        report = self.care.report
        if isinstance(report, VerifyReport):
            return tell_verify(report)
        return [("The check stopped before it could tell what it found.", "bad")]

    def may_go_on(self) -> bool:
        """Looking again is always possible."""
        return True

"""The review as a file: written for other programs and people, and read back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from immich_tui.tui.figures import counted
from immich_tui.tui.screens.objections import PlanDialog
from immich_tui.tui.screens.path import HOME, PathDialog
from immich_tui.tui.screens.reviewing.sweeping import Sweeping
from immich_tui.tui.text import safe
from immich_tui.tui.trouble import EXPECTED, in_words

if TYPE_CHECKING:
    from immich_tui.review.plan import PlanReading


class Planning(Sweeping):
    """Plan files out and in."""

    plan_place: Path = HOME / "plan.json"
    """Where the last plan was written to or read from."""

    @work(group="question", exclusive=True)
    async def action_write_plan(self) -> None:
        """Write all groups with what is decided into a plan file."""
        from immich_tui.review.plan_export import write_plan_file  # noqa: PLC0415  (models take long to make)

        place = await self.app.push_screen_wait(
            PathDialog(
                "Write plan.json",
                (
                    "Every group with its decision, or undecided with what is proposed.",
                    "immich-tui execute carries it out; read here, it brings these decisions back.",
                ),
                self.plan_place,
            )
        )
        if place is None:
            return
        self.plan_place = place.path
        link = self.tui.link
        user = link.capabilities.user.id if link is not None else ""
        try:
            header = await write_plan_file(self.session, place.path, user_id=user)
        except EXPECTED as error:
            self.tell(" ".join(in_words(error)).strip())
            return
        groups = counted(header.totals.groups, "group")
        self.notify(f"{groups} written to {safe(str(place.path))}", markup=False, timeout=10)

    @work(group="question", exclusive=True)
    async def action_read_plan(self) -> None:
        """Take decisions from a plan file, all of them as one step of undo."""
        from immich_tui.review.plan import read_plan  # noqa: PLC0415
        from immich_tui.review.plan_text import PlanUnreadable  # noqa: PLC0415

        place = await self.app.push_screen_wait(
            PathDialog(
                "Read plan.json",
                (f"What is right in it becomes your decisions; {self.takes_back}",),
                self.plan_place,
                reading=True,
            )
        )
        if place is None:
            return
        self.plan_place = place.path
        try:
            reading = await read_plan(self.session, place.path)
        except PlanUnreadable as error:
            self.tell(error.sentence)
            return
        except EXPECTED as error:
            self.tell(" ".join(in_words(error)).strip())
            return
        if await self.app.push_screen_wait(PlanDialog(self.session, place.path.name, reading)):
            await self._take_in(reading)

    async def _take_in(self, reading: PlanReading) -> None:
        from immich_tui.review.plan import adopt_plan  # noqa: PLC0415

        changed = 0

        async def adopt() -> None:
            nonlocal changed
            changed = await adopt_plan(self.session, reading)

        if not await self.do(adopt):
            return
        self.changed_everywhere()
        self.rows_may_have_changed()
        decisions = counted(changed, "decision")
        words = f"{decisions} taken in. {self.takes_back}"
        self.notify(words if changed else "Nothing changed.", markup=False)
        await self.current()

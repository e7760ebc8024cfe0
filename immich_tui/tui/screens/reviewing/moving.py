"""Moving through the list and along the members of a group."""

from __future__ import annotations

from textual import work

from immich_tui.tui.screens.jump import JumpDialog
from immich_tui.tui.screens.reviewing.showing import Showing


class Moving(Showing):
    """Goes to other groups and members."""

    def action_move(self, step: int) -> None:
        """Go to a group further down or up."""
        self.groups.cursor += step
        self.show_here()

    def action_edge(self, index: int) -> None:
        """Go to the first or last group."""
        self.groups.action_to(index)

    def action_undecided(self, step: int) -> None:
        """Go to the next undecided group in a direction, from the other end when there is none."""
        if not self.go_to_undecided(step):
            listed = "that is listed " if self.wanted else ""
            self.tell(f"Every group {listed}is decided. X checks and carries it out.")

    def go_to_undecided(self, step: int) -> bool:
        """Go to the next undecided group in a direction; whether there is one besides the present one."""
        count, here = len(self.shown), self.groups.cursor
        for distance in range(1, count):
            row = self.shown[(here + step * distance) % count]
            if row.open:
                self.groups.cursor = (here + step * distance) % count
                self.show_here()
                return True
        return False

    def go_on(self) -> None:
        """Go to the next group that wants a decision, or else to the next one."""
        if not self.go_to_undecided(1):
            self.action_move(1)
            self.follow()

    async def action_asset(self, step: int) -> None:
        """Go to another member of the group."""
        if await self.current() is not None:
            self.view.step(step)

    @work(group="question", exclusive=True)
    async def action_jump(self) -> None:
        """Ask which group to go to: its number, a part of its name, or its id."""
        if not self.shown:
            return
        place = await self.app.push_screen_wait(JumpDialog(self.shown, self.groups.cursor))
        if place is not None:
            self.groups.cursor = place

"""Deciding about the group under the cursor, and taking decisions back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from textual import on, work

from immich_tui.review.deciding import SHOWN_OTHERWISE
from immich_tui.review.habits import Habit
from immich_tui.review.rows import Row
from immich_tui.review.session import Look, Step, Switch
from immich_tui.tui.screens.note import NoteDialog
from immich_tui.tui.screens.number import NumberDialog
from immich_tui.tui.screens.reviewing.moving import Moving
from immich_tui.tui.step_words import told
from immich_tui.tui.text import elide, safe
from immich_tui.tui.trouble import EXPECTED
from immich_tui.tui.widgets.cards import Cards
from immich_tui.verdict.model import Tier

LOOK_FIRST_S = 0.4
"""Seconds between two accepting keys before the second one counts for a doubtful group: a key that is held
down, or pressed twice because the screen was slow, must not accept what nobody has looked at."""

HABITS_AFTER = 1.0
"""Seconds after a decision until overrides are looked through for a pattern."""


class Deciding(Moving):
    """Takes decisions.

    Keys are carried out one after the other: a decision is in the database before the next key is looked at,
    and a key that means a member waits until the group it was meant for has been read.
    """

    accepted_at = 0.0
    """When the accepting key was pressed last, on the monotonic clock."""

    habit: Habit | None = None
    """A pattern in what was decided otherwise than proposed, if there is one."""

    async def decide(self, deed: Callable[[str], Awaitable[str | None]]) -> bool:
        """Carry out a decision about the group under the cursor; whether it stands now."""
        row = self.groups.row
        if row is None or not self._is_shown(row) or not await self.do(lambda: deed(row.group_id)):
            return False
        self.looks.forget(row.group_id)
        self.groups.refresh_item(self.groups.cursor)
        self.tally_soon()
        self.hint()
        return True

    def _is_shown(self, row: Row) -> bool:
        """Whether a group is as the screen shows it; where a fetch ended meanwhile, the screen is renewed."""
        if self.session.rows is self.listed_of:
            return True
        self.on_screen_resume()
        now = self.groups.row
        alike = now is not None and (now.group_id, now.digest) == (row.group_id, row.digest)
        if not alike:
            self.tell(SHOWN_OTHERWISE)
        return alike

    async def action_accept(self) -> None:
        """Accept what is shown, and go on; what is decided already stays as it is."""
        row = self.groups.row
        if row is None:
            return
        hasty = monotonic() - self.accepted_at < LOOK_FIRST_S
        self.accepted_at = monotonic()
        if hasty and row.open and row.tier is Tier.DOUBTFUL:
            self.tell("This group is doubtful: look at it first, then enter accepts it.")
        elif not row.open or await self.decide(self.session.accept):
            self.go_on()

    async def action_winner(self, number: int) -> None:
        """Keep this member only."""
        look = await self.current()
        if look is None:
            return
        members = len(look.group.assets)
        if number > members:
            self.tell(f"There is no photo {number} here: this group has {members}.")
            return
        self.view.focus_member(number - 1)
        await self._choose(look.group.assets[number - 1].id)

    @work(group="question", exclusive=True)
    async def action_winner_by_number(self) -> None:
        """Ask for the number of the member to keep; the one under the cursor is offered."""
        look = await self.current()
        if look is None:
            return
        members = len(look.group.assets)
        number = await self.app.push_screen_wait(NumberDialog(members, self.view.focused_member + 1))
        if number is not None:
            await self.action_winner(number)

    async def action_immich(self) -> None:
        """Keep what Immich would keep."""
        look = await self.current()
        if look is not None:
            self.view.focus_asset(look.verdict.immich_pick)
            await self._choose(look.verdict.immich_pick)

    async def _choose(self, asset_id: str) -> None:
        if await self.decide(lambda group_id: self.session.choose_winner(group_id, asset_id)):
            self._learn()
        await self.current()

    async def action_turn(self) -> None:
        """Turn the focused member from keep to trash or back."""
        look = await self.current()
        if look is not None:
            asset_id = self.focused_id(look)
            if await self.decide(lambda group_id: self.session.toggle(group_id, asset_id)):
                self._learn()
            await self.current()

    def focused_id(self, look: Look) -> str:
        """The id of the member that has the focus."""
        return look.group.assets[self.view.focused_member].id

    async def action_keep_all(self) -> None:
        """Keep every member: no duplicates."""
        await self.decide(self.session.keep_all)
        await self.current()

    async def action_stack(self) -> None:
        """Keep every member, stacked."""
        await self.decide(self.session.stack)
        await self.current()

    async def action_graft(self) -> None:
        """Graft to the kept photo of this group, or do not; say what that does and replaces."""
        told: list[str] = []

        async def switch(group_id: str) -> None:
            told.append((await self.session.switch_graft(group_id)).told)

        if await self.decide(switch):
            self.notify(safe(told[0]), title="Grafting", markup=False, timeout=12)
        await self.current()

    async def action_skip(self) -> None:
        """Leave the group alone, and go on."""
        if await self.decide(self.session.skip):
            self.go_on()

    async def action_clear(self) -> None:
        """Make the group undecided again."""
        row = self.groups.row
        if row is not None and row.decided:
            await self.decide(self.session.clear)
            await self.current()

    @on(Cards.Pressed)
    async def _pressed_card(self, event: Cards.Pressed) -> None:
        if event.on_fate:
            await self.action_turn()
        elif event.on_number:
            await self.action_winner(event.member + 1)

    @work(group="habits", exclusive=True)
    async def _learn(self) -> None:
        """Look for a pattern in the overrides, when no further one follows for a while."""
        await asyncio.sleep(HABITS_AFTER)
        try:
            found = await self.session.habits()
        except EXPECTED:
            # It is only a proposal; what fails here fails again, and is told, when something is decided.
            return
        self.habit = found[0] if found else None
        self.hint()

    # -- back and forth

    async def action_undo(self) -> None:
        """Take back the last step and go where it was."""
        await self._travel(self.session.undo, "There is nothing to undo.", "Took back")

    async def action_redo(self) -> None:
        """Do again what was undone and go where it is."""
        await self._travel(self.session.redo, "There is nothing to redo.", "Did again")

    def travel_switch(self, switch: Switch) -> None:
        """Take a switch of policy back, or do it again."""

    async def _travel(
        self, move: Callable[[], Awaitable[Step | Switch | None]], nothing: str, did: str
    ) -> None:
        went: list[Step | Switch | None] = []

        async def moved() -> None:
            went.append(await move())

        if not await self.do(moved):
            return
        step = went[0]
        if step is None:
            self.tell(nothing)
            return
        if isinstance(step, Switch):
            self.travel_switch(step)
            return
        # What an earlier message says was done may not be so any more.
        self.app.clear_notifications()
        self.changed_everywhere()
        here = self.jump(step.group_id)
        if len(step.group_ids) > 1:
            self.notify(told(step, did), markup=False)
        elif not here:
            self.notify(f"{told(step, did)} {self._hidden(step.group_id)}", markup=False)
        elif step.flags:
            self.notify(told(step, did), markup=False)
        await self.current()

    def _hidden(self, group_id: str) -> str:
        """Why a group does not show, as a sentence."""
        row = next((row for row in self.session.rows if row.group_id == group_id), None)
        if row is None:
            return "The server does not list its group any more."
        return f"The filter hides {elide(safe(row.title), 40)}."

    # -- flags

    @work(group="question", exclusive=True)
    async def action_flag(self) -> None:
        """Flag the group, with a note."""
        row = self.groups.row
        if row is None:
            return
        dialog = NoteDialog(elide(safe(row.title), 40), safe(row.note), flagged=row.flagged)
        note = await self.app.push_screen_wait(dialog)
        if note is None:
            return
        session = self.session

        async def annotate() -> None:
            if note.flagged:
                await session.flag(row.group_id, note.text)
            else:
                await session.unflag(row.group_id)

        if await self.do(annotate):
            self.groups.refresh_items()
            self.view.lay_out()

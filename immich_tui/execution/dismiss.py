"""Groups of which everything stays: dismissed as not duplicates, or stacked."""

from __future__ import annotations

import asyncio

from immich_tui.execution.carry.wishes import bind
from immich_tui.execution.fresh import LOOKS, OldLook, good_until
from immich_tui.execution.listing import Listing, objection, read_groups
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.execution.stopping import RunPhase
from immich_tui.execution.trash.close import keep_group, was_closed
from immich_tui.jobs.phase import Context, Continue, Outcome
from immich_tui.jobs.pool import Slot
from immich_tui.jobs.sleepless import sleepless

TURNS = 1
"""Calls from the listing on: the one that dismisses or stacks."""


class DismissPhase(RunPhase):
    """Dismiss and stack."""

    name = "dismiss"
    label = "Keep and stack"

    def wanted(self, context: Context[Run]) -> bool:
        """Whether the plan has such groups."""
        return bool(context.subject.groups.open(loses=False))

    async def work(self, context: Context[Run]) -> Outcome:
        """Dismiss or stack every open group that keeps all its members."""
        run = context.subject
        todo = run.groups.open(loses=False)
        looks = _Looks(run)
        done = 0
        context.progress(0, len(todo), units="groups")

        async def one(planned: Planned, slot: Slot) -> None:
            nonlocal done
            await context.interrupt_point()
            slot.show(f"{planned.kind} {planned.winner.original_file_name}")
            if await bind(run, [planned], self.name):
                await self._keep(run, planned, looks, slot)
            if planned.held:
                context.non_fatal(planned.item, planned.held)
            done += 1
            context.progress(done, len(todo), units="groups")

        await run.pool.work(todo, one)
        return Continue()

    async def _keep(self, run: Run, planned: Planned, looks: _Looks, slot: Slot) -> None:
        """Dismiss or stack a group if it is as it was decided on; otherwise hold it back."""
        for _ in range(LOOKS):
            listing, until = await looks.now(slot)
            reason = objection(planned, listing)
            if reason and not await was_closed(run, planned, slot):
                await run.hold(planned, self.name, reason)
                return
            try:
                await keep_group(run, planned, slot, until)
            except OldLook:
                continue
            return
        await run.hold(planned, self.name, "Each call for it had to wait until the look before it was old.")


class _Looks:
    """The groups as they are listed, read again whenever that has grown old; one worker reads for all."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._reading = asyncio.Lock()
        self._seen: tuple[Listing, float] | None = None

    async def now(self, slot: Slot) -> tuple[Listing, float]:
        """The groups, and until when, `sleepless`, that counts."""
        async with self._reading:
            if self._seen is None or sleepless() > self._seen[1]:
                listing = await read_groups(self._run, slot)
                self._seen = listing, good_until(self._run.pool, self._run.settings.look_s, TURNS)
            return self._seen

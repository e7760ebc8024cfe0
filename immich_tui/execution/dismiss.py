"""Groups of which everything stays: dismissed as not duplicates, or stacked."""

from __future__ import annotations

from immich_tui.execution.carry.wishes import bind
from immich_tui.execution.listing import objection, read_listing
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.execution.stopping import RunPhase
from immich_tui.execution.trash.close import keep_group, was_closed
from immich_tui.jobs.phase import Context, Continue, Outcome
from immich_tui.jobs.pool import Slot


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
        listing = await read_listing(run)
        done = 0
        context.progress(0, len(todo), units="groups")

        async def one(planned: Planned, slot: Slot) -> None:
            nonlocal done
            await context.interrupt_point()
            slot.show(f"{planned.kind} {planned.winner.original_file_name}")
            if not await bind(run, [planned], self.name):
                context.non_fatal(planned.item, planned.held)
                done += 1
                context.progress(done, len(todo), units="groups")
                return
            reason = objection(planned, listing)
            if reason and not await was_closed(run, planned, slot):
                await run.hold(planned, self.name, reason)
            else:
                await keep_group(run, planned, slot)
            if planned.held:
                context.non_fatal(planned.item, planned.held)
            done += 1
            context.progress(done, len(todo), units="groups")

        await run.pool.work(todo, one)
        return Continue()

"""Groups of which everything stays: dismissed as not duplicates, or stacked."""

from __future__ import annotations

from immich_tui.execution.listing import objection, read_listing
from immich_tui.execution.run import CLOSE, Planned, Run
from immich_tui.execution.stopping import RunPhase, stops_everything
from immich_tui.execution.trash import stack_group
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.phase import Context, Continue, Outcome
from immich_tui.jobs.pool import Slot
from immich_tui.review.decisions import DecisionKind


class DismissPhase(RunPhase):
    """Dismiss and stack."""

    name = "dismiss"
    label = "Keep and stack"

    def wanted(self, context: Context[Run]) -> bool:
        """Whether the plan has such groups."""
        return any(not planned.choice.trash for planned in context.subject.open_groups())

    async def work(self, context: Context[Run]) -> Outcome:
        """Dismiss or stack every open group that keeps all its members."""
        run = context.subject
        todo = [planned for planned in run.open_groups() if not planned.choice.trash]
        listing = await read_listing(run)
        done = 0
        context.progress(0, len(todo), units="groups")

        async def one(planned: Planned, slot: Slot) -> None:
            nonlocal done
            await context.interrupt_point()
            slot.show(f"{planned.kind} {planned.winner.original_file_name}")
            if reason := objection(planned, listing):
                await run.hold(planned, self.name, reason)
            else:
                await keep_group(run, planned, slot)
            if planned.held:
                context.non_fatal(planned.item, planned.held)
            done += 1
            context.progress(done, len(todo), units="groups")

        await run.pool.work(todo, one)
        return Continue()


async def keep_group(run: Run, planned: Planned, slot: Slot) -> None:
    """Dismiss or stack one group; held back when the server refuses."""
    group_id = planned.group.id
    await run.journal.intent(run.id, CLOSE, group_id, {"keep": list(planned.choice.keep)})
    detail: dict[str, object] = {}
    try:
        if planned.kind is DecisionKind.STACK:
            detail["stack"] = await stack_group(run, planned, slot)
            await run.pool.call(
                lambda: run.client.update_assets(planned.choice.keep, {"duplicateId": None}),
                slot,
                repeatable=True,
            )
        else:
            await run.pool.call(lambda: run.client.dismiss([group_id]), slot, repeatable=True)
    except ImmichError as error:
        if stops_everything(error):
            raise
        await run.hold(planned, "dismiss", f"The server did not take it: {error.sentence}")
        return
    planned.done = True
    await run.journal.outcome(run.id, CLOSE, group_id, "done", detail)
    await run.session.finish(group_id, planned.kind, run.id)

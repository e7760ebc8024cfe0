"""Carrying metadata from losers to the winner, and proving that it arrived.

The ledger says what is written; nothing else is. Prior values are in the journal before the first write. The
answer to a write proves nothing, since the server's own extraction runs later and may overwrite the value or
move the photo's local time: so every field is read back until it has held still, within a bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Final

from immich_tui.execution.carry import clock
from immich_tui.execution.carry.readback import (
    Wanted,
    asset_differences,
    clock_difference,
    holder_difference,
)
from immich_tui.execution.carry.surroundings import around_now
from immich_tui.execution.carry.wishes import withdrawn
from immich_tui.execution.carry.writing import bring, give_sidecar, holders_of, journal_clock
from immich_tui.execution.graft import graft
from immich_tui.execution.graft.giveback import give_back
from immich_tui.execution.listing import uses
from immich_tui.execution.planned import Carried, Planned
from immich_tui.execution.run import AT_ONCE, CARRY, Run, batched
from immich_tui.execution.stopping import RunPhase, concerns_all
from immich_tui.immich.errors import ImmichError
from immich_tui.jobs.phase import Context, Continue, Outcome
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.fingerprint import fingerprint
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Entry, Fate, Ledger, Surroundings

POLL_S = 0.1
"""The shortest time between two looks at a value that was written; they go through the rate as well."""

WRITTEN_AT_ONCE = 500
"""Groups that are written to before the first of them is read back: what is wanted of each is in memory."""

UNREAD: Final = (
    "The server has not worked through what was carried to {} yet: its jobs are behind, or paused. Resume the"
    " run when they are done."
)
"""Why a group is held back whose values might still be put back by an extraction to come."""


class CarryPhase(RunPhase):
    """Write what only losers have to their winners, and confirm it."""

    name = "carry"
    label = "Carry metadata"

    async def work(self, context: Context[Run]) -> Outcome:
        """Carry for every open group that loses a member; groups that cannot be confirmed are held back."""
        run = context.subject
        todo = run.groups.open(loses=True, to_carry=True)
        done = 0
        context.progress(0, len(todo), units="groups")
        written: list[Written] = []
        noted: list[asyncio.Future[None]] = []

        def finished(planned: Planned) -> None:
            nonlocal done
            if planned.held:
                context.non_fatal(planned.item, planned.held)
            done += 1
            context.progress(done, len(todo), units="groups")

        async def held_back(planned: Planned, error: ImmichError, slot: Slot) -> None:
            if await concerns_all(run, error, slot):
                raise error
            await run.hold(planned, self.name, f"Its metadata could not be carried: {error.sentence}")

        async def write(planned: Planned, slot: Slot) -> None:
            await context.interrupt_point()
            if await withdrawn(run, planned, self.name):
                finished(planned)
                return
            try:
                carried = await begin_carry(run, planned, slot)
            except ImmichError as error:
                await held_back(planned, error, slot)
                carried = None
            if planned.held:
                finished(planned)
            elif carried is not None and carried.entries:
                written.append(carried)
            elif carried is not None:
                noted.append(confirm_carry(run, carried))
                finished(planned)
                if len(noted) >= AT_ONCE:
                    waiting, noted[:] = list(noted), []
                    await asyncio.gather(*waiting)

        async def look(carried: Written, slot: Slot) -> None:
            await context.interrupt_point()
            try:
                await look_again(run, carried, slot)
            except ImmichError as error:
                await held_back(carried.planned, error, slot)
            if carried.planned.held or carried.planned.carry_confirmed:
                finished(carried.planned)

        async def tidy() -> None:
            with run.pool.lease("removing carriers") as slot:
                for carrier in await graft.tidy(run, slot):
                    context.non_fatal(carrier.name, graft.LEFT_BEHIND)

        with run.pool.lease("looking at what earlier runs left") as slot:
            await give_back(run, slot)
        if not todo:
            await tidy()
        for some in batched(todo, WRITTEN_AT_ONCE):
            await run.pool.work(some, write)
            await asyncio.gather(*noted)
            noted.clear()
            await tidy()
            # All is written before the first is read back: values settle while others are written and read.
            while written := [one for one in written if one.planned.open and not one.planned.carry_confirmed]:
                await context.interrupt_point()
                await asyncio.sleep(min(one.look_at for one in written) - monotonic())
                due = monotonic()
                await run.pool.work([one for one in written if one.look_at <= due], look)
        return Continue()


@dataclass(slots=True)
class Written:
    """A group whose writes were sent: what is wanted of its winner, and how often that was seen so far.

    `look_at`, `give_up_at` and `steady_since` are monotonic, `late` is whether the last look came past the
    bound and saw values that were others before. `mark` is the `updatedAt` that the winner has as
    long as the server has not worked through the writes, `None` where that cannot be told.
    """

    planned: Planned
    book: Ledger
    entries: tuple[Entry, ...]
    surroundings: Surroundings
    wanted: Wanted | None = None
    look_at: float = field(default_factory=monotonic)
    give_up_at: float | None = None
    steady_since: float | None = None
    last: str = ""
    late: bool = False
    mark: datetime | None = None


async def begin_carry(run: Run, planned: Planned, slot: Slot) -> Written | None:
    """Send one group's writes; `None` when the group is held back, no entries when there is nothing to carry.

    After a crash in the middle, the prior values of the first attempt count, and values that are there
    already are not written again.
    """
    winner = planned.winner
    slot.show(f"reading {winner.original_file_name}")
    surroundings = await around_now(run, planned, slot)
    book = ledger(planned.group, planned.choice, run.context, surroundings)
    entries = (*book.with_fate(Fate.CARRIED), *book.with_fate(Fate.GRAFTED))
    carried = Written(planned, book, entries, surroundings)
    if entries:
        slot.show(f"carrying to {winner.original_file_name}")
        own: tuple[Entry, ...] = ()
        problem = ""
        if book.with_fate(Fate.GRAFTED):
            problem, own = await give_sidecar(run, planned, entries, slot)
        called = (*book.with_fate(Fate.CARRIED), *own)
        if not problem:
            problem, carried.mark = await bring(run, planned, called, slot)
        if problem:
            await _refuse(run, planned, problem)
            return None
        carried.wanted = Wanted.of((*own, *entries), run.carrying[planned.id].winner)
        carried.look_at = monotonic()
    return carried


async def look_again(run: Run, carried: Written, slot: Slot) -> None:
    """Look whether what was written holds still; confirm the carry, hold the group back, or wait for more.

    Extraction runs seconds (behind a queue, minutes) after a write and may put old values back. That it ran
    shows in `updatedAt`, which the write itself leaves alone; from then on values must be the same for
    `settle_s` before they count, and the keeper is compared once more right before its losers are trashed.
    """
    planned, wanted = carried.planned, carried.wanted
    assert wanted is not None
    slot.show(f"reading back {planned.winner.original_file_name}")
    asset = await run.pool.call(lambda: run.client.asset(planned.winner.id), slot, repeatable=True)
    now, print_now = monotonic(), fingerprint(asset)
    if carried.give_up_at is None:
        carried.give_up_at = now + run.settings.confirm_s
    problems = asset_differences(wanted, asset)
    problem = next(iter(problems.values()), "") or clock_difference(wanted, asset)
    unread = carried.mark is not None and asset.updated_at == carried.mark
    if problem or unread or print_now != carried.last:
        carried.steady_since, carried.last = now, print_now
    settled = not wanted.waits_for_extraction or (
        carried.steady_since is not None and now - carried.steady_since >= run.settings.settle_s
    )
    if not problem and not unread and settled:
        planned.keeper_print = print_now
        holders = await holders_of(run, planned.winner.id, carried.entries, slot)
        if problem := holder_difference(wanted, holders, planned.winner.id):
            await _refuse(run, planned, f"What was carried did not stay: {problem}.")
        else:
            await confirm_carry(run, carried)
    elif now > carried.give_up_at and (problem or unread or carried.late):
        planned.keeper_print = print_now
        if unread and not problem:
            await _refuse(run, planned, UNREAD.format(planned.winner.original_file_name))
            return
        problem = problem or "its values keep changing"
        state = ""
        if clock_difference(wanted, asset):

            async def announce(fields: dict[str, object]) -> None:
                await journal_clock(run, planned, fields)

            state = await clock.put_right(run, wanted, asset, announce, slot)
        await _refuse(run, planned, f"What was carried did not stay: {problem}. {state}".strip())
    else:
        # After a pause the first look that sees other values may be past the bound: a second one tells.
        carried.late = now > carried.give_up_at
        wait = run.settings.settle_s if carried.late else run.settings.settle_s / 2
        carried.look_at = now + max(POLL_S, wait)


async def _refuse(run: Run, planned: Planned, problem: str) -> None:
    await run.journal.outcome(run.id, CARRY, planned.id, "failed", {"reason": problem})
    await run.hold(planned, "carry", problem)


def confirm_carry(run: Run, carried: Written) -> asyncio.Future[None]:
    """Note that a carry is confirmed, or that there was none; durable when awaited."""
    planned, surroundings = carried.planned, carried.surroundings
    came = Carried(
        carried=_told(entry for entry in carried.entries if entry.fate is Fate.CARRIED),
        grafted=_told(entry for entry in carried.entries if entry.fate is Fate.GRAFTED),
        lost=_told(carried.book.with_fate(Fate.LOST)),
        keeper_print=planned.keeper_print if carried.entries else "",
        uses=uses(planned, surroundings.albums, surroundings.tags or {}),
    )
    planned.came_of_carrying = came
    planned.carry_confirmed = True
    return run.journal.submit(run.id, CARRY, planned.id, "done", came.data())


def _told(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(f"{entry.field.replace('_', ' ')}: {entry.value}" for entry in entries)


async def doubt_carry(run: Run, planned: Planned) -> None:
    """Take the confirmation of a carry back, durably: what it rested on has changed.

    A resumed run then looks again, and carries what is new.
    """
    planned.carry_confirmed = False
    await run.journal.outcome(run.id, CARRY, planned.id, "doubtful", {})

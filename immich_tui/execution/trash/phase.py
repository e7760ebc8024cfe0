"""Moving losers to the trash: the only place that deletes.

For each small batch of groups: the listing is looked at again (at most a minute old), every keeper is read
and its original asked for, backups are looked at, and only then are the losers' ids sent. The journal holds
the intent before each call and what the server really did after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from immich_tui.execution.backup.counts import is_weak
from immich_tui.execution.carry.wishes import bind
from immich_tui.execution.fresh import OldLook, good_until, while_good
from immich_tui.execution.listing import Listing, read_listing
from immich_tui.execution.planned import Planned
from immich_tui.execution.preflight import still_allowed
from immich_tui.execution.run import TRASH, Run
from immich_tui.execution.stopping import RunPhase, stops_everything
from immich_tui.execution.trash.close import close_groups
from immich_tui.execution.trash.confirm import Answers, confirm_batch, of_trash
from immich_tui.execution.trash.ending import Ending
from immich_tui.execution.trash.recheck import as_listed, recheck_batch, still_backed_up
from immich_tui.immich.errors import ImmichError, Rejected
from immich_tui.jobs.phase import Context, Continue, Fatal, Outcome
from immich_tui.jobs.sleepless import sleepless

ROUNDS = 3
"""Deletes of one batch whose answer was lost and which did not happen; each is preceded by a recheck."""

STALE_S = 5.0
"""Seconds of waiting for the batch before after which a keeper is looked at once more."""

SOON_S = 5.0
"""Seconds, besides those of its turns, for which a delete may rest on what was seen right before it."""

TURNS = 2
"""Calls from the last look on: whether the trash is switched on, and the delete."""

WORTH_S = 2.0
"""Seconds of reading the listing that a batch of the usual size is worth."""

MOST_IDS = 1000
"""Ids in one call: some 40 kB, where the server takes 10 MB and a database query some ten thousand."""

CLOCKS = timedelta(seconds=5)
"""How far the clocks of the server and of its database may be apart."""


class TrashPhase(RunPhase):
    """Recheck, trash and confirm, batch by batch."""

    name = "trash"
    label = "Move to trash"

    async def work(self, context: Context[Run]) -> Outcome:
        """Trash the losers of every open group that passes the recheck; the others are held back.

        While a batch is deleted, confirmed and closed the next is looked at; nothing of that one is deleted
        before. Raises `Fatal` when the trash was switched off meanwhile.
        """
        run = context.subject
        todo = run.groups.open(loses=True)
        losers = todo.losers
        done, said = 0, ""

        def show(step: str | None = None) -> None:
            nonlocal said
            said = said if step is None else step
            context.progress(done, losers, units="photos", message=said)

        async def end(batch: Sequence[Planned], seen: _Seen) -> None:
            nonlocal done
            looked_at = {planned.id for planned in seen.passed if run.left(planned)}
            for rounds_left in reversed(range(ROUNDS)):
                if reason := await still_allowed(run):
                    raise Fatal(reason)
                until = min(seen.good_until, good_until(run.pool, SOON_S, TURNS))
                passed = await bind(run, await still_backed_up(run, seen.passed), "recheck")
                answers = await _delete(run, passed, until)
                seen_until = good_until(run.pool, run.settings.look_s, TURNS)
                if not rounds_left:
                    answers.lost.clear()
                pending = await confirm_batch(run, passed, answers)
                if not pending:
                    break
                seen = await looks.again(pending)
            ended = [planned for planned in batch if planned.open]
            await close_groups(run, ended, looked_at, seen_until)
            for planned in batch:
                done += len(planned.choice.trash)
                if planned.held:
                    context.non_fatal(planned.item, planned.held)
            show()

        show()
        looks = _Looks(run, show)
        following = 0
        async with Ending() as ending:
            while batch := batch_from(todo, following, run.settings.trash_batch, looks.listing):
                following += len(batch)
                await context.interrupt_point()
                seen = await looks.again(batch)
                since = sleepless()
                await ending.over()
                if sleepless() - since > STALE_S:
                    seen = await looks.again(seen.passed)
                ending.begin(end(batch, seen))
            show("deleting and confirming")
        show("")
        return Continue()


@dataclass(frozen=True, slots=True)
class _Seen:
    """Groups that passed the last look, and until when, `sleepless`, a delete may rest on it."""

    passed: Sequence[Planned]
    good_until: float


class _Looks:
    """The last look at groups before a delete, at a listing that is read again when it has grown old."""

    def __init__(self, run: Run, show: Callable[[str], None]) -> None:
        self._run = run
        self._show = show
        self.listing: Listing | None = None

    async def again(self, groups: Sequence[Planned]) -> _Seen:
        """See of which groups losers may be trashed now; the others are held back."""
        run, listing = self._run, self.listing
        if listing is None or listing.age() > run.settings.recheck_s:
            listing = await self._read()
        self._show("checking what stays")
        passed = await recheck_batch(run, groups, listing)
        if listing.age() > run.settings.recheck_s:
            # The checks took so long that the listing has grown old over them.
            listing = await self._read()
            passed = await as_listed(run, passed, listing)
        # Reading it may take longer than it is good for: the look that followed is what counts then.
        younger = max(0.0, run.settings.recheck_s - listing.age())
        return _Seen(passed, good_until(run.pool, SOON_S + younger, TURNS))

    async def _read(self) -> Listing:
        self._show("reading the groups again")
        self.listing = await read_listing(self._run)
        return self.listing


def batch_from(
    groups: Sequence[Planned], start: int, size: int, listing: Listing | None
) -> Sequence[Planned]:
    """The next groups to be trashed together: so many, and more where the listing takes long to be read.

    It is read again for each batch at least. Losers and winners of a batch are named in one call, so they are
    `MOST_IDS` at most; one group is always taken.
    """
    size *= max(1, ceil(listing.took / WORTH_S)) if listing else 1
    ids = 0
    for end in range(start, min(start + size, len(groups))):
        ids += 1 + len(groups[end].choice.trash)
        if ids > MOST_IDS and end > start:
            return groups[start:end]
    return groups[start : start + size]


async def _delete(run: Run, groups: Sequence[Planned], until: float) -> Answers:
    """Send the ids, in one call where the server takes it; force is never used on what is weakly verified.

    What could not be sent before `until`, `sleepless`, counts as lost: it is looked at once more.
    """
    ids = {
        asset_id: planned
        for planned in groups
        for asset_id in planned.choice.trash
        if planned.fate(asset_id) != "done"
    }
    for_good: set[str] = set()
    if run.settings.permanent is not None:
        for_good = {one for one, planned in ids.items() if not is_weak(planned.group.asset(one))}
    run.groups.for_good -= ids.keys() - for_good
    run.groups.for_good |= for_good
    intents = (
        (one, {**of_trash(planned), **({"for_good": True} if one in for_good else {})})
        for one, planned in ids.items()
    )
    await run.journal.submit_all(run.id, TRASH, "intent", intents)
    now = run.client.server_time()
    answers = Answers(since=now and now - CLOCKS)
    for force in (False, True):
        some = {one: planned for one, planned in ids.items() if (one in for_good) == force}
        await _delete_ids(run, some, answers, until, force=force)
    return answers


async def _delete_ids(
    run: Run, of: Mapping[str, Planned], answers: Answers, until: float, *, force: bool
) -> None:
    """Delete; when the server refuses the whole call for one id, halve the call until that id stands alone.

    Outcomes are not recorded here: the confirmation asks the server what became of every id.
    """
    ids = list(of)
    if not ids:
        return

    async def go_out() -> None:
        # Until now a stop leaves nothing to be asked for.
        for one, planned in of.items():
            planned.set_fate(one, "intent")
        await run.client.trash(ids, force=force)

    send = while_good(go_out, until)
    try:
        with run.pool.lease(f"moving {len(ids)} to the trash") as slot:
            await run.pool.call(send, slot, repeatable=False)
    except OldLook:
        answers.lost.update(ids)
        answers.unsent.update(ids)
    except ImmichError as error:
        if error.may_have_happened:
            answers.lost.update(ids)
        elif stops_everything(error):
            raise
        elif isinstance(error, Rejected) and len(ids) > 1:
            half = len(ids) // 2
            for some in (ids[:half], ids[half:]):
                part = {one: of[one] for one in some}
                await _delete_ids(run, part, answers, until, force=force)
        else:
            answers.refused.update(dict.fromkeys(ids, error.sentence))

"""Carrying metadata from losers to the winner, and proving that it arrived.

The ledger says what is written; nothing else is. Prior values are in the journal before the first write. The
answer to a write proves nothing, since the server's own extraction runs later and may overwrite the value or
move the photo's local time: so every field is read back until it has held still, within a bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from time import monotonic

from immich_tui.execution.readback import Wanted, asset_differences, clock_difference
from immich_tui.execution.run import CARRY, Planned, Run
from immich_tui.execution.stopping import RunPhase, stops_everything
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Asset
from immich_tui.jobs.phase import Context, Continue, Outcome
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.fingerprint import fingerprint
from immich_tui.verdict.ledger import ledger
from immich_tui.verdict.model import Channel, Entry, Fate, Surroundings

POLL_S = 0.25


class CarryPhase(RunPhase):
    """Write what only losers have to their winners, and confirm it."""

    name = "carry"
    label = "Carry metadata"

    async def work(self, context: Context[Run]) -> Outcome:
        """Carry for every open group that loses a member; groups that cannot be confirmed are held back."""
        run = context.subject
        todo = [
            planned for planned in run.open_groups() if planned.choice.trash and not planned.carry_confirmed
        ]
        done = 0
        context.progress(0, len(todo), units="groups")

        async def one(planned: Planned, slot: Slot) -> None:
            nonlocal done
            await context.interrupt_point()
            try:
                await carry(run, planned, slot)
            except ImmichError as error:
                if stops_everything(error):
                    raise
                await run.hold(planned, self.name, f"Its metadata could not be carried: {error.sentence}")
            if planned.held:
                context.non_fatal(planned.item, planned.held)
            done += 1
            context.progress(done, len(todo), units="groups")

        await run.pool.work(todo, one)
        return Continue()


async def carry(run: Run, planned: Planned, slot: Slot) -> None:
    """Carry one group's metadata and confirm it; hold the group back when it does not stay.

    After a crash in the middle, the prior values of the first attempt count, and values that are
    there already are not written again.
    """
    group, winner = planned.group, planned.winner
    slot.show(f"reading {winner.original_file_name}")
    book = ledger(group, planned.choice, run.context, await _surroundings(run, planned, slot))
    entries = book.with_fate(Fate.CARRIED)
    if entries:
        slot.show(f"carrying to {winner.original_file_name}")
        before = await run.pool.call(lambda: run.client.asset(winner.id), slot, repeatable=True)
        prior = await _journal_prior(run, planned, before, entries)
        wanted = Wanted.of(entries, prior)
        if not await _confirmed(run, winner.id, wanted, before, slot):
            await _write(run, winner.id, entries, slot)
        slot.show(f"reading back {winner.original_file_name}")
        problem, after = await _read_back(run, winner.id, wanted, slot)
        if problem:
            await run.journal.outcome(run.id, CARRY, group.id, "failed", {"reason": problem})
            await run.hold(planned, "carry", f"What was carried did not stay: {problem}.")
            return
        planned.keeper_print = fingerprint(after)
    planned.carried = tuple(f"{entry.field.replace('_', ' ')}: {entry.value}" for entry in entries)
    planned.lost = tuple(
        f"{entry.field.replace('_', ' ')}: {entry.value}" for entry in book.with_fate(Fate.LOST)
    )
    planned.carry_confirmed = True
    await run.journal.outcome(
        run.id,
        CARRY,
        group.id,
        "done",
        {"carried": list(planned.carried), "lost": list(planned.lost), "keeper": planned.keeper_print},
    )


async def _surroundings(run: Run, planned: Planned, slot: Slot) -> Surroundings:
    """Read what the listing does not say: albums were read in bulk, tags only where the listing has none."""
    members = planned.group.assets
    tags = None
    if any(asset.tags is None for asset in members):
        tags = {}
        for asset in members:
            answer = await run.pool.call(partial(run.client.asset, asset.id), slot, repeatable=True)
            tags[asset.id] = answer.tags or ()
    albums = None if run.albums is None else {asset.id: run.albums.get(asset.id, ()) for asset in members}
    return Surroundings(albums=albums, tags=tags)


async def _journal_prior(run: Run, planned: Planned, before: Asset, entries: Sequence[Entry]) -> Asset:
    """Write down what will be overwritten, once: a second attempt keeps the first one's prior values."""
    known = run.carrying.get(planned.group.id)
    if known is not None:
        return known
    albums = (run.albums or {}).get(before.id, ())
    covers = {
        str(entry.payload["albumId"]): entry.source
        for entry in entries
        if entry.channel is Channel.ALBUM_COVER
    }
    await run.journal.intent(
        run.id,
        CARRY,
        planned.group.id,
        {
            "winner": before.id,
            "prior": before.model_dump(mode="json"),
            "albums": [album.id for album in albums],
            "covers": covers,
            "writes": [
                {"field": entry.field, "channel": entry.channel, "payload": dict(entry.payload)}
                for entry in entries
            ],
        },
    )
    run.carrying[planned.group.id] = before
    return before


async def _write(run: Run, winner: str, entries: Sequence[Entry], slot: Slot) -> None:
    """Send the ledger's writes. A lost answer is not repeated: the read-back will tell."""
    fields: dict[str, object] = {}
    tags: list[str] = []
    for entry in entries:
        if entry.channel is Channel.UPDATE_ASSET:
            fields.update(entry.payload)
        elif entry.channel is Channel.TAG_ASSETS:
            ids = entry.payload["tagIds"]
            assert isinstance(ids, (list, tuple))
            tags += map(str, ids)
    client, call = run.client, run.pool.call
    if fields:
        await call(lambda: client.update_asset(winner, fields), slot, repeatable=False)
    if tags:
        await call(lambda: client.tag_assets(tags, [winner]), slot, repeatable=False)
    for entry in entries:
        album = str(entry.payload.get("albumId", ""))
        if entry.channel is Channel.ALBUM_ASSETS:
            await call(partial(client.add_to_album, album, [winner]), slot, repeatable=False)
        elif entry.channel is Channel.COPY and entry.source:
            await call(partial(client.copy_shared_links, entry.source, winner), slot, repeatable=False)
    # A cover must be in its album, so covers follow the albums.
    for entry in entries:
        if entry.channel is Channel.ALBUM_COVER:
            album = str(entry.payload["albumId"])
            await call(partial(client.set_album_cover, album, winner), slot, repeatable=False)


async def _confirmed(run: Run, winner: str, wanted: Wanted, asset: Asset, slot: Slot) -> bool:
    """Whether everything wanted is there now."""
    if wanted.shared_links or asset_differences(wanted, asset):
        return False
    return not await _album_problem(run, winner, wanted, slot)


async def _album_problem(run: Run, winner: str, wanted: Wanted, slot: Slot) -> str:
    if not wanted.albums and not wanted.covers:
        return ""
    albums = await run.pool.call(lambda: run.client.albums_of(winner), slot, repeatable=True)
    missing = wanted.albums - {album.id for album in albums}
    if missing:
        return f"it is not in {len(missing)} of the {len(wanted.albums)} albums it was added to"
    covered = {album.id for album in albums if album.album_thumbnail_asset_id == winner}
    return "an album did not take it as its cover" if wanted.covers - covered else ""


async def _read_back(run: Run, winner: str, wanted: Wanted, slot: Slot) -> tuple[str, Asset]:
    """Read until every value has held still; return a phrase that says what did not, or an empty one.

    Extraction runs seconds (behind a queue, minutes) after a write and may put old values back. No call tells
    that it ran, so values must be the same for `settle_s` before they count, and the keeper is compared once
    more right before its losers are trashed.
    """
    deadline = monotonic() + run.settings.confirm_s
    steady_since: float | None = None
    last = ""
    while True:
        asset = await run.pool.call(lambda: run.client.asset(winner), slot, repeatable=True)
        print_now = fingerprint(asset)
        problems = asset_differences(wanted, asset)
        problem = next(iter(problems.values()), "") or clock_difference(wanted, asset)
        now = monotonic()
        if problem or print_now != last:
            steady_since, last = now, print_now
        settled = not wanted.waits_for_extraction or (
            steady_since is not None and now - steady_since >= run.settings.settle_s
        )
        if not problem and settled:
            return await _album_problem(run, winner, wanted, slot), asset
        if now > deadline:
            return problem or "its values keep changing", asset
        await asyncio.sleep(POLL_S)

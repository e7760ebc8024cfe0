"""Writing to one winner what it lacks, once what it was is in the journal.

A write whose answer is lost is looked up before it is sent again; what somebody else wrote meanwhile is never
overwritten.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from immich_tui.execution.carry import clock
from immich_tui.execution.carry.readback import LABELS as FIELDS
from immich_tui.execution.carry.readback import (
    Holders,
    face_of,
    is_there,
    meddled,
    same,
    still_missing,
    unread_mark,
    value_of,
)
from immich_tui.execution.carry.surroundings import links_of, read_faces
from immich_tui.execution.fresh import OldLook, good_until, while_good
from immich_tui.execution.graft import graft
from immich_tui.execution.graft.xmp import merged, sidecar
from immich_tui.execution.planned import Planned, Prior
from immich_tui.execution.run import CARRY, Run
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.errors import ImmichError
from immich_tui.immich.models import Album, Asset
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.fingerprint import LABELS, covered
from immich_tui.verdict.model import Channel, Entry

WRITES = 3
"""Times that writes are sent again whose answer was lost and which did not happen, besides one for each."""

TURNS = 4
"""Calls besides the writes: looks at the winner, and at what holds it."""

_TAKEN = ("description", "rating", "latitude", "longitude", "dateTimeOriginal")
"""What is typed in Immich stands in the sidecar, beside tags, and goes with it."""

_STEADY = ("checksum", "file_size_in_byte", "trashed", "visibility", "edited", "duplicate_id")


async def bring(
    run: Run, planned: Planned, entries: Sequence[Entry], slot: Slot
) -> tuple[str, datetime | None]:
    """Write what the winner does not have yet; return why it may not be written to, or nothing.

    Returned as well is the `updatedAt` that the winner has until the server has worked through the writes.
    A write whose answer was lost is looked up before it is sent again, and before one that had to wait long
    is looked at the winner again.
    """
    winner = planned.winner.id
    answers: list[Asset] = []
    for _ in range(WRITES + len(entries)):
        until = good_until(run.pool, run.settings.look_s, TURNS + len(entries))
        now = await run.pool.call(lambda: run.client.asset(winner), slot, repeatable=True)
        if problem := _objection(run, planned, now, entries):
            return problem, None
        holders = await holders_of(run, winner, entries, slot)
        missing = still_missing(entries, now, holders)
        if problem := await _cover_changed(run, winner, missing, slot):
            return problem, None
        await _journal_prior(run, planned, now, entries, missing, holders)
        if not missing or not await _write(run, winner, missing, answers, until, slot):
            break
    names = {name for one in entries if one.channel is Channel.UPDATE_ASSET for name in one.payload}
    # What an earlier process wrote counts from what the winner was before that.
    before = graft.arrived_with(run, planned.id) or run.carrying[planned.id].winner
    return "", unread_mark(names, before, answers[-1] if answers else None)


def _objection(run: Run, planned: Planned, now: Asset, entries: Sequence[Entry]) -> str:
    """Why nothing may be written to a winner, as a sentence; empty when it may."""
    name = planned.winner.original_file_name
    if moved := _moved(planned.winner, now):
        return f"{name} is not what was decided on any more: {moved}."
    prior = run.carrying.get(planned.id)
    # A new sidecar took away what the winner had, and that is what it had when it was looked at last.
    before = graft.arrived_with(run, planned.id) or (prior.winner if prior else planned.winner)
    if touched := meddled(entries, before, now):
        return _changed_by_others(planned, touched)
    return ""


async def give_sidecar(
    run: Run, planned: Planned, entries: Sequence[Entry], slot: Slot
) -> tuple[str, tuple[Entry, ...]]:
    """Give the winner its sidecar, before any call writes to it.

    Return why that was not possible, or nothing; and what the winner had itself and must show again.
    """
    group_id, winner = planned.id, planned.winner

    async def look() -> None:
        now = await run.pool.call(lambda: run.client.asset(winner.id), slot, repeatable=True)
        if problem := _objection(run, planned, now, entries) or _own_changed(run, planned, now, entries):
            raise graft.Meddled(problem)
        if group_id not in run.carrying:
            holders = await holders_of(run, winner.id, entries, slot)
            await _journal_prior(run, planned, now, entries, entries, holders)

    fields = graft.payload(entries)

    def arrived(asset: Asset) -> bool:
        return all(is_there(name, value, asset) for name, value in fields.items())

    slot.show(f"grafting to {winner.original_file_name}")
    existing = None
    if run.capabilities.shows_sidecars:
        existing = await graft.own_sidecar(run, group_id, winner.id, slot)
    try:
        xmp = merged(existing, fields) if existing else sidecar(fields)
    except ValueError as error:
        return f"The XMP file of {winner.original_file_name} could not be kept: {error}", ()
    keeping = graft.keeping(existing)
    try:
        after = await graft.put_sidecar(run, group_id, winner.id, xmp, arrived, look, slot, keeping)
    except graft.Meddled as meddled:
        return str(meddled), ()
    if after is None:
        return f"The server did not read what was grafted to {winner.original_file_name} in time.", ()
    return "", graft.own_values(run.carrying[group_id].winner, after, entries)


def _own_changed(run: Run, planned: Planned, now: Asset, entries: Sequence[Entry]) -> str:
    """Which of a winner's own values, that a new sidecar takes away, somebody changed since they were noted.

    A sentence; empty where none did, or nothing was noted yet. What is not there may have been taken by a
    sidecar that was sent before.
    """
    if (prior := run.carrying.get(planned.id)) is None:
        return ""
    sent = graft.may_have_arrived(run, planned.id)
    brought = {name for entry in entries for name in entry.payload}
    changed = {
        FIELDS[name]: None
        for name in _TAKEN
        if name not in brought
        and not same(name, now, prior.winner)
        and not (sent and value_of(now, name) in (None, ""))
    }
    had, has = ({tag.id for tag in asset.tags or ()} for asset in (prior.winner, now))
    if has - had or (had - has and not sent):
        changed["tags"] = None
    return _changed_by_others(planned, ", ".join(changed)) if changed else ""


def _changed_by_others(planned: Planned, what: str) -> str:
    name = planned.winner.original_file_name
    return f"{name} was changed by someone else while this run was at work: {what}."


def _moved(decided: Asset, now: Asset) -> str:
    """What of the winner changed that no carrying changes: names for people, empty when nothing did."""
    before, after = covered(decided), covered(now)
    return ", ".join(LABELS[name] for name in _STEADY if before[name] != after[name])


async def holders_of(run: Run, winner: str, entries: Sequence[Entry], slot: Slot) -> Holders:
    """The albums and public links that hold the winner and the faces on it, where an entry asks for them."""
    channels = {entry.channel for entry in entries}
    albums: tuple[Album, ...] = ()
    if channels & {Channel.ALBUM_ASSETS, Channel.ALBUM_COVER}:
        albums = await run.pool.call(lambda: run.client.albums_of(winner), slot, repeatable=True)
    faces = await read_faces(run, winner, slot) if Channel.FACES in channels else None
    links = await links_of(run, winner, slot) if Channel.COPY in channels else None
    return Holders(albums, faces, links)


async def _cover_changed(run: Run, winner: str, entries: Sequence[Entry], slot: Slot) -> str:
    """Which album has another cover than when albums were read in bulk, as a sentence; empty for none."""
    for entry in entries:
        if entry.channel is Channel.ALBUM_COVER and (source := entry.source):
            held_by = await run.pool.call(partial(run.client.albums_of, source), slot, repeatable=True)
            covers = {album.id: album.album_thumbnail_asset_id for album in held_by}
            if covers.get(str(entry.payload["albumId"]), "") not in (source, winner, None):
                return f"The cover of the album {entry.value} was changed by someone else during this run."
    return ""


async def _journal_prior(
    run: Run,
    planned: Planned,
    now: Asset,
    entries: Sequence[Entry],
    missing: Sequence[Entry],
    holders: Holders,
) -> None:
    """Write down what will be overwritten: a second attempt keeps the first one's prior values."""
    prior = run.carrying.get(planned.id)
    if prior is not None and not missing:
        return
    covers = {
        str(entry.payload["albumId"]): entry.source or ""
        for entry in entries
        if entry.channel is Channel.ALBUM_COVER
    }
    if prior is None:
        # Those read in bulk are as old as the run; before the first write all that hold it are its own.
        albums = (*(run.albums or {}).get(now.id, ()), *holders.albums)
        prior = Prior(now, frozenset(album.id for album in albums), covers)
    else:
        prior = replace(prior, covers={**covers, **prior.covers})
    # What an earlier attempt did not ask about, it did not write either.
    if prior.faces is None and holders.faces is not None:
        prior = replace(prior, faces=frozenset(face.id for face in holders.faces))
    if prior.links is None:
        prior = replace(prior, links=holders.links)
    writes = [
        {"field": entry.field, "channel": entry.channel, "payload": dict(entry.payload)} for entry in entries
    ]
    await run.journal.intent(run.id, CARRY, planned.id, {**prior.data(), "writes": writes})
    run.carrying[planned.id] = prior


async def journal_clock(run: Run, planned: Planned, fields: dict[str, object]) -> None:
    """Write down that a winner's date is written to put its clock right; undo tells it from a carried one."""
    write = {"field": clock.CLOCK, "channel": Channel.UPDATE_ASSET, "payload": fields}
    prior = run.carrying[planned.id]
    await run.journal.intent(run.id, CARRY, planned.id, {**prior.data(), "writes": [write]})


async def _write(
    run: Run, winner: str, entries: Sequence[Entry], answers: list[Asset], until: float, slot: Slot
) -> bool:
    """Send the ledger's writes, up to the first whose answer is lost, or that is not sent until this moment.

    `answers` gets the winner as updates of its fields answered it. Return whether the winner has to be looked
    at again: what follows may rest on the lost one, and what is overwritten may be somebody else's by now.
    """
    for write in _calls(run.client, winner, entries):
        try:
            answer = await run.pool.call(while_good(write, until), slot, repeatable=False)
        except OldLook:
            return True
        except ImmichError as error:
            if not error.may_have_happened:
                raise
            return True
        if isinstance(answer, Asset):
            answers.append(answer)
    return False


def _calls(
    client: ImmichClient, winner: str, entries: Sequence[Entry]
) -> Iterator[Callable[[], Awaitable[object]]]:
    """The calls that write these entries, as few as can be."""
    fields: dict[str, object] = {}
    tags: list[str] = []
    for entry in entries:
        if entry.channel is Channel.UPDATE_ASSET:
            fields.update(entry.payload)
        elif entry.channel is Channel.TAG_ASSETS:
            ids = entry.payload["tagIds"]
            assert isinstance(ids, (list, tuple))
            tags += map(str, ids)
    if fields:
        yield partial(client.update_asset, winner, fields)
    if tags:
        yield partial(client.tag_assets, tags, [winner])
    for entry in entries:
        if entry.channel is Channel.ALBUM_ASSETS:
            yield partial(client.add_to_album, str(entry.payload["albumId"]), [winner])
        elif entry.channel is Channel.COPY and entry.source:
            yield partial(client.copy_shared_links, entry.source, winner)
        elif entry.channel is Channel.FACES:
            person_id, box = face_of(entry)
            yield partial(client.add_face, winner, person_id, box)
    # A cover must be in its album, so covers follow the albums.
    for entry in entries:
        if entry.channel is Channel.ALBUM_COVER:
            yield partial(client.set_album_cover, str(entry.payload["albumId"]), winner)

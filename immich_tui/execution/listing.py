"""The listing read again: which planned groups still look as they did when they were decided on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from immich_tui.execution.plan import Plan
from immich_tui.execution.planned import Planned
from immich_tui.execution.run import Run
from immich_tui.immich.errors import PermissionMissing
from immich_tui.immich.listing import UnreadableGroup
from immich_tui.immich.models import Album, Group, Tag, places
from immich_tui.jobs.pool import Slot
from immich_tui.jobs.sleepless import sleepless
from immich_tui.verdict.fingerprint import changed, fingerprint


@dataclass(slots=True)
class Listing:
    """Planned groups as the server lists them now; `read_at` is when its first group came, `sleepless`.

    `as_decided` says by a group's place in the plan whether it is listed and has not changed. Of the others
    `members` are their members now, and `changes` says, by asset, what changed of those that were there
    before. `took` is how many seconds the reading took, and `visibilities` those of all their members.
    """

    read_at: float
    as_decided: bytearray = field(default_factory=bytearray)
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    changes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    albums: Mapping[str, tuple[Album, ...]] | None = None
    took: float = 0.0
    visibilities: set[str] = field(default_factory=set)

    def age(self) -> float:
        """Seconds since it was read."""
        return sleepless() - self.read_at


async def read_listing(run: Run) -> Listing:
    """Stream the listing and keep of it only what concerns the plan, then read albums.

    Raises `ImmichError` when it cannot be read to its end.
    """
    with run.pool.lease("reading the groups") as slot:
        listing = await read_groups(run, slot)
        listing.albums = await _albums(run, listing.visibilities, slot)
    return listing


async def read_groups(run: Run, slot: Slot) -> Listing:
    """As `read_listing`, without albums.

    A joined member shows in no other place than the group itself, which is why the whole listing is read.
    A reading that breaks is begun again, within the pool's patience.
    """
    began = monotonic()
    listing = await run.pool.call(lambda: _groups(run), slot, repeatable=True)
    listing.took = monotonic() - began
    return listing


async def _groups(run: Run) -> Listing:
    listing: Listing | None = None
    async for listed in run.client.duplicates():
        # The server builds all of its answer before the first byte: that is how old the whole is.
        listing = listing or _unread(run)
        if not isinstance(listed.group, UnreadableGroup):
            at = run.groups.place(listed.group.id)
            if at is not None and not run.groups.is_done(at):
                _take(listing, run.groups, at, listed.group, listed.raw)
    return listing or _unread(run)


def _unread(run: Run) -> Listing:
    return Listing(sleepless(), bytearray(len(run.groups)))


def _take(listing: Listing, plan: Plan, at: int, now: Group, raw: bytes) -> None:
    """Compare a group with what was decided on; its very text needs no second look."""
    listing.visibilities.update([asset.visibility for asset in now.assets])
    if now.id not in listing.members and plan.notebook.raw(now.id) == raw:
        listing.as_decided[at] = True
        return
    planned = plan.at(at)
    before = {asset.id: asset for asset in planned.group.assets}
    # What our own carry changed is compared with what it was to become, by whoever deletes.
    ours = planned.choice.winner if planned.keeper_print else ""
    changes = {
        asset.id: changed(before[asset.id], asset) or ("it",)
        for asset in now.assets
        if asset.id in before and asset.id != ours and fingerprint(asset) != fingerprint(before[asset.id])
    }
    members = frozenset(asset.id for asset in now.assets)
    if changes or members != before.keys() or planned.id in listing.members:
        listing.changes |= changes
        listing.members[planned.id] = members
    listing.as_decided[at] = planned.id not in listing.members


async def _albums(run: Run, visibilities: Iterable[str], slot: Slot) -> dict[str, tuple[Album, ...]] | None:
    """Read which album holds which member of the plan; `None` when the key may not see albums."""
    members = run.groups.members
    found: dict[str, tuple[Album, ...]] = {}
    alike: dict[tuple[str, ...], tuple[Album, ...]] = {}
    client = run.paced(slot)
    try:
        for album in sorted(await client.albums(), key=lambda album: album.id):
            for place in places(visibilities):
                async for asset_id in client.album_assets(album.id, place):
                    if asset_id in members:
                        holding = (*found.get(asset_id, ()), album)
                        # Many photos are in the same albums.
                        shared = alike.setdefault(tuple(one.id for one in holding), holding)
                        found[asset_id] = shared
    except PermissionMissing:
        return None
    return found


def objection(planned: Planned, listing: Listing, *, gone: frozenset[str] = frozenset()) -> str:
    """Why a group may not be touched, as a sentence; empty when it is as it was decided on.

    `gone` are losers that this run has trashed already. The winner of a carry is left to the caller: its
    fields have changed by our own hand.
    """
    if listing.as_decided[planned.at]:
        return ""
    now = listing.members.get(planned.id)
    if now is None:
        return "The group is not on the server any more: somebody resolved, stacked or dismissed it."
    names = {asset.id: asset.original_file_name for asset in planned.group.assets}
    if joined := now - names.keys():
        return f"{len(joined)} new photo(s) joined the group since it was decided."
    if left := names.keys() - now - gone:
        return f"{_list(names[asset] for asset in sorted(left))} left the group since it was decided."
    for asset in planned.group.assets:
        if asset.id not in gone and (what := listing.changes.get(asset.id)):
            return f"{asset.original_file_name} changed since it was decided: {_list(what)}."
    return ""


def uses(
    planned: Planned,
    albums: Mapping[str, tuple[Album, ...]] | None,
    tags: Mapping[str, tuple[Tag, ...]],
) -> dict[str, frozenset[str]] | None:
    """Ids of albums and tags of each loser, besides what the listing tells; `None` when not known."""
    if albums is None:
        return None
    return {
        asset.id: frozenset(
            [album.id for album in albums.get(asset.id, ())] + [tag.id for tag in tags.get(asset.id, ())]
        )
        for asset in planned.losers
    }


def _list(parts: Iterable[str]) -> str:
    return ", ".join(parts)

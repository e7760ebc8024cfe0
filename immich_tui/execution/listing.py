"""The listing read again: which planned groups still look as they did when they were decided on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from immich_tui.execution.run import Planned, Run
from immich_tui.immich.errors import PermissionMissing
from immich_tui.immich.listing import UnreadableGroup
from immich_tui.immich.models import Album, Tag
from immich_tui.jobs.pool import Slot
from immich_tui.verdict.fingerprint import changed, fingerprint


@dataclass(slots=True)
class Listing:
    """Planned groups as the server lists them now; `read_at` is when its first group came, monotonic."""

    read_at: float
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    changes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    albums: Mapping[str, tuple[Album, ...]] | None = None

    def age(self) -> float:
        """Seconds since it was read."""
        return monotonic() - self.read_at


async def read_listing(run: Run) -> Listing:
    """Stream the listing and keep of it only what concerns the plan.

    A joined member shows in no other place than the group itself, which is why the whole listing is read.
    A reading that breaks is begun again, within the pool's patience. Raises `ImmichError` when it cannot be
    read to its end.
    """
    with run.pool.lease("reading the groups") as slot:
        listing = await run.pool.call(lambda: _groups(run), slot, repeatable=True)
        listing.albums = await _albums(run, slot)
    return listing


async def _groups(run: Run) -> Listing:
    listing: Listing | None = None
    async for listed in run.client.duplicates():
        # The server builds all of its answer before the first byte: that is how old the whole is.
        listing = listing or Listing(monotonic())
        group = listed.group
        if isinstance(group, UnreadableGroup) or group.id not in run.groups:
            continue
        before = {asset.id: asset for asset in run.groups[group.id].group.assets}
        listing.groups[group.id] = {asset.id: fingerprint(asset) for asset in group.assets}
        for asset in group.assets:
            if asset.id in before and listing.groups[group.id][asset.id] != fingerprint(before[asset.id]):
                listing.changes[asset.id] = changed(before[asset.id], asset)
    return listing or Listing(monotonic())


async def _albums(run: Run, slot: Slot) -> dict[str, tuple[Album, ...]] | None:
    """Read which album holds which member of the plan; `None` when the key may not see albums."""
    members = {asset.id for planned in run.groups.values() for asset in planned.group.assets}
    found: dict[str, list[Album]] = {}
    client = run.paced(slot)
    try:
        for album in await client.albums():
            async for asset_id in client.album_assets(album.id):
                if asset_id in members:
                    found.setdefault(asset_id, []).append(album)
    except PermissionMissing:
        return None
    return {asset_id: tuple(sorted(albums, key=lambda album: album.id)) for asset_id, albums in found.items()}


def objection(planned: Planned, listing: Listing, *, gone: frozenset[str] = frozenset()) -> str:
    """Why a group may not be touched, as a sentence; empty when it is as it was decided on.

    `gone` are losers that this run has trashed already. The winner of a carry is left to the caller: its
    fields have changed by our own hand.
    """
    now = listing.groups.get(planned.id)
    if now is None:
        return "The group is not on the server any more: somebody resolved, stacked or dismissed it."
    names = {asset.id: asset.original_file_name for asset in planned.group.assets}
    if joined := now.keys() - names.keys():
        return f"{len(joined)} new photo(s) joined the group since it was decided."
    if left := names.keys() - now.keys() - gone:
        return f"{_list(names[asset] for asset in sorted(left))} left the group since it was decided."
    for asset in planned.group.assets:
        if asset.id in gone or (asset.id == planned.choice.winner and planned.keeper_print):
            continue
        if now[asset.id] != fingerprint(asset):
            what = _list(listing.changes.get(asset.id, ())) or "it"
            return f"{asset.original_file_name} changed since it was decided: {what}."
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

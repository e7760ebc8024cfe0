"""Ledger of where a photo is used: albums, public links, archive."""

from __future__ import annotations

from collections.abc import Iterator

from immich_tui.immich.models import Album
from immich_tui.verdict import phrases
from immich_tui.verdict.deal import LINK_PUBLISHED_NOTE, PUBLISHED_NOTE, Deal
from immich_tui.verdict.model import Channel, Entry, Fate


def albums(deal: Deal) -> Iterator[Entry]:
    """All albums that hold a loser, and their covers."""
    if not deal.losers:
        return
    albums = deal.surroundings.albums
    if albums is None:
        yield Entry("album", Fate.UNREAD, Fate.UNREAD.value)
        return
    unread = deal.winner.id not in albums
    member_of: dict[str, Album] = {album.id: album for album in albums.get(deal.winner.id, ())}
    for album in member_of.values():
        yield Entry("album", Fate.KEPT, album.album_name)
    seen: dict[str, Album] = dict(member_of)
    can = deal.context.abilities.albums
    for loser in deal.losers:
        theirs = albums.get(loser.id)
        unread = unread or theirs is None
        for album in theirs or ():
            if album.id in seen:
                continue
            seen[album.id] = album
            if not can:
                note = "This key cannot add to albums."
                yield Entry("album", Fate.LOST, album.album_name, loser.id, note=note)
                continue
            public = (album.shared or album.has_shared_link) and deal.gains_place
            yield Entry(
                "album",
                Fate.CARRIED,
                album.album_name,
                loser.id,
                Channel.ALBUM_ASSETS,
                {"albumId": album.id, "assetIds": [deal.winner.id]},
                note=PUBLISHED_NOTE if public else "",
            )
            member_of[album.id] = album
    trashed = {loser.id for loser in deal.losers}
    for album in seen.values():
        cover = album.album_thumbnail_asset_id
        if cover not in trashed:
            continue
        if deal.context.abilities.album_cover and album.id in member_of:
            payload = {"albumId": album.id, "albumThumbnailAssetId": deal.winner.id}
            yield Entry("album_cover", Fate.CARRIED, album.album_name, cover, Channel.ALBUM_COVER, payload)
        else:
            yield Entry("album_cover", Fate.LOST, album.album_name, cover, note="This key cannot set covers.")
    if unread:
        yield Entry("album", Fate.UNREAD, Fate.UNREAD.value)


def shared_links(deal: Deal) -> Iterator[Entry]:
    """Public links that name a loser."""
    if not deal.losers:
        return
    links = deal.surroundings.shared_links
    if links is None:
        yield Entry("shared_link", Fate.UNREAD, Fate.UNREAD.value)
        return
    unread = False
    seen = set(links.get(deal.winner.id, ()))
    for loser in deal.losers:
        theirs = links.get(loser.id)
        if theirs is None:
            unread = True
            continue
        missing = sorted(set(theirs) - seen)
        if not missing:
            continue
        seen.update(missing)
        value = phrases.counted(len(missing), "link")
        if deal.context.abilities.shared_links:
            payload = {
                "sourceId": loser.id,
                "targetId": deal.winner.id,
                "linkIds": missing,
                "sharedLinks": True,
                "albums": False,
                "favorite": False,
                "sidecar": False,
                "stack": False,
            }
            note = LINK_PUBLISHED_NOTE if deal.gains_place else ""
            yield Entry("shared_link", Fate.CARRIED, value, loser.id, Channel.COPY, payload, note=note)
        else:
            note = "This server or key cannot carry shared links."
            yield Entry("shared_link", Fate.LOST, value, loser.id, note=note)
    if unread:
        yield Entry("shared_link", Fate.UNREAD, Fate.UNREAD.value)


def visibility(deal: Deal) -> Iterator[Entry]:
    """Archive or timeline: the winner stays where it is."""
    ours = deal.winner.visibility
    if any(loser.visibility != ours for loser in deal.losers):
        yield Entry("visibility", Fate.KEPT, ours, note="The winner stays where it is.")

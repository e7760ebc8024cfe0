"""Ledger of what people wrote: descriptions, ratings, favourites, tags."""

from __future__ import annotations

from collections.abc import Iterator

from immich_tui.immich.models import Tag
from immich_tui.verdict import phrases
from immich_tui.verdict.deal import LIBRARY_NOTE, NO_UPDATE_NOTE, Deal
from immich_tui.verdict.model import Channel, Entry, Fate
from immich_tui.verdict.reading import Reading


def description(deal: Deal) -> Iterator[Entry]:
    """Descriptions: the winner's text, then the lines that only losers have."""
    ours = deal.winner.description
    if ours:
        yield Entry("description", Fate.KEPT, phrases.one_line(ours))
    described = [loser for loser in deal.losers if loser.description]
    if not described:
        return
    known = {line.strip() for line in ours.splitlines()}
    added: list[str] = []
    sources: list[Reading] = []
    for loser in described:
        lines: list[str] = []
        for line in loser.description.splitlines():
            stripped = line.strip()
            if stripped and stripped not in known:
                known.add(stripped)
                lines.append(line.rstrip())
        if lines:
            added += lines
            sources.append(loser)
    if not sources:
        return
    if not ours and len(sources) == 1:
        text = sources[0].description
    else:
        text = "\n".join([ours.rstrip("\r\n"), *added] if ours else added)
    value = phrases.one_line("\n".join(added))
    source = sources[0].id
    if deal.obstacle:
        weight = deal.weights.description
        yield Entry("description", Fate.LOST, value, source, weight=weight, note=deal.obstacle)
        return
    note = "" if len(sources) == 1 else f"Lines of {phrases.counted(len(sources), 'copy')} come together."
    yield Entry(
        "description",
        Fate.CARRIED,
        value,
        source,
        Channel.UPDATE_ASSET,
        {"description": text},
        deal.weights.description,
        note,
    )


def rating(deal: Deal) -> Iterator[Entry]:
    """The highest rating."""
    ours = deal.winner.rating
    best: Reading | None = None
    highest = ours or 0
    for loser in deal.losers:
        if loser.rating is not None and loser.rating > highest:
            best, highest = loser, loser.rating
    if best is None:
        if ours is not None:
            yield Entry("rating", Fate.KEPT, _stars(ours))
        return
    value, weight = _stars(highest), deal.weights.rating
    if deal.obstacle:
        if ours is not None:
            yield Entry("rating", Fate.KEPT, _stars(ours))
        yield Entry("rating", Fate.LOST, value, best.id, weight=weight, note=deal.obstacle)
    else:
        payload = {"rating": highest}
        yield Entry("rating", Fate.CARRIED, value, best.id, Channel.UPDATE_ASSET, payload, weight)


def _stars(count: int) -> str:
    return phrases.counted(count, "star")


def favourite(deal: Deal) -> Iterator[Entry]:
    """A favourite stays one."""
    if deal.winner.asset.is_favorite:
        yield Entry("favourite", Fate.KEPT, "yes")
        return
    for loser in deal.losers:
        if loser.asset.is_favorite:
            if deal.context.abilities.update_asset:
                payload = {"isFavorite": True}
                yield Entry("favourite", Fate.CARRIED, "yes", loser.id, Channel.UPDATE_ASSET, payload)
            else:
                yield Entry("favourite", Fate.LOST, "yes", loser.id, note=NO_UPDATE_NOTE)
            return


def tags(deal: Deal) -> Iterator[Entry]:
    """All tags, one call for each loser that brings some."""
    ours = _tags_of(deal, deal.winner)
    unread = ours is None
    known = {tag.id for tag in ours or ()}
    if ours:
        yield Entry("tag", Fate.KEPT, ", ".join(sorted(tag.value for tag in ours)))
    obstacle = LIBRARY_NOTE if not deal.lasts else ""
    if not deal.context.abilities.tags:
        obstacle = "This key cannot set tags."
    for loser in deal.losers:
        theirs = _tags_of(deal, loser)
        unread = unread or theirs is None
        news = {tag.id: tag.value for tag in theirs or () if tag.id not in known}
        if not news:
            continue
        known |= news.keys()
        value = ", ".join(sorted(news.values()))
        if obstacle:
            yield Entry("tag", Fate.LOST, value, loser.id, note=obstacle)
        else:
            payload = {"tagIds": sorted(news), "assetIds": [deal.winner.id]}
            yield Entry("tag", Fate.CARRIED, value, loser.id, Channel.TAG_ASSETS, payload)
    if unread and deal.losers:
        yield Entry("tag", Fate.UNREAD, Fate.UNREAD.value)


def _tags_of(deal: Deal, reading: Reading) -> tuple[Tag, ...] | None:
    tags = deal.surroundings.tags
    found = tags.get(reading.id) if tags is not None else None
    return reading.asset.tags if found is None else found

"""Ledger of the files themselves: live videos, pixels, edits, bytes."""

from __future__ import annotations

from collections.abc import Iterator

from immich_tui.verdict import phrases
from immich_tui.verdict.deal import Deal
from immich_tui.verdict.detail import finer
from immich_tui.verdict.formats import Family
from immich_tui.verdict.model import Channel, Entry, Fate
from immich_tui.verdict.reading import SAME_LENGTH_S, Reading


def live_video(deal: Deal) -> Iterator[Entry]:
    """The moving part of a live photo: linked to a winner that has none."""
    ours = deal.winner.live_video
    if ours is not None:
        yield Entry("live_video", Fate.KEPT, "yes")
    linked = ours
    for loser in deal.losers:
        video = loser.live_video
        if video is None or video == linked:
            continue
        abilities = deal.context.abilities
        if linked is not None:
            note = "The winner has one; this one stays in the backup."
            yield Entry("live_video", Fate.LOST, "another one", loser.id, note=note)
        elif deal.winner.asset.type == "IMAGE" and abilities.live_video and abilities.update_asset:
            linked = video
            payload = {"livePhotoVideoId": video}
            weight = deal.weights.live_video
            yield Entry("live_video", Fate.CARRIED, "yes", loser.id, Channel.UPDATE_ASSET, payload, weight)
        else:
            linked = video
            note = (
                "This key cannot link videos."
                if deal.winner.asset.type == "IMAGE"
                else "Only a picture can have a live video."
            )
            yield Entry("live_video", Fate.LOST, "yes", loser.id, weight=deal.weights.live_video, note=note)


def resolution(deal: Deal) -> Iterator[Entry]:
    """Pixels, and how many percent of them go."""
    ours = deal.winner.pixels
    largest: Reading | None = None
    most = ours or 0.0
    for loser in deal.losers:
        if loser.pixels is not None and loser.pixels > most:
            largest, most = loser, loser.pixels
    if ours is not None:
        yield Entry("resolution", Fate.KEPT, phrases.megapixels(ours))
    if largest is not None and ours is not None:
        percent = (1 - ours / most) * 100
        value = f"{percent:.0f} % of {phrases.megapixels(most)}"
        yield Entry("resolution", Fate.LOST, value, largest.id, weight=deal.weights.pixels * percent)


def detail(deal: Deal) -> Iterator[Entry]:
    """Fineness at the same pixels: one percent of the bytes weighs as much as one percent of the pixels."""
    loser = finer(deal.winner, deal.losers)
    if loser is not None and loser.size and deal.winner.size:
        percent = (1 - deal.winner.size / loser.size) * 100
        value = f"{phrases.file_size(deal.winner.size)} for the pixels of {phrases.file_size(loser.size)}"
        note = "So few bytes mean a coarser picture. Compare the two at full size."
        yield Entry("detail", Fate.LOST, value, loser.id, weight=deal.weights.pixels * percent, note=note)


def raw(deal: Deal) -> Iterator[Entry]:
    """What only a RAW file holds: the picture before it was developed."""
    if deal.winner.family is Family.RAW:
        return
    for loser in deal.losers:
        if loser.family is Family.RAW:
            value = f"the RAW file, {phrases.file_size(loser.size)}"
            note = "It can be developed again, what stays cannot; a stack keeps both."
            yield Entry("raw", Fate.LOST, value, loser.id, weight=deal.weights.raw, note=note)
            return


def length(deal: Deal) -> Iterator[Entry]:
    """Seconds of a video: one percent of them weighs as much as one percent of the pixels."""
    ours = deal.winner.duration
    if ours is None:
        return
    longest: Reading | None = None
    most = ours + SAME_LENGTH_S
    for loser in deal.losers:
        if loser.duration is not None and loser.duration > most:
            longest, most = loser, loser.duration
    if longest is not None:
        value = f"{phrases.span(most - ours)} of {phrases.span(most)}"
        weight = deal.weights.pixels * (1 - ours / most) * 100
        yield Entry("length", Fate.LOST, value, longest.id, weight=weight)


def edits(deal: Deal) -> Iterator[Entry]:
    """Edits made on the server."""
    if deal.winner.edited:
        yield Entry("edits", Fate.KEPT, "yes")
    for loser in deal.losers:
        if loser.edited:
            note = "Edits made on the server cannot be carried."
            yield Entry("edits", Fate.LOST, "yes", loser.id, weight=deal.weights.edits, note=note)


def original_files(deal: Deal) -> Iterator[Entry]:
    """The bytes themselves."""
    if deal.losers:
        total = sum([loser.size or 0 for loser in deal.losers])
        value = f"{phrases.counted(len(deal.losers), 'file')}, {phrases.file_size(total)}"
        yield Entry("original_file", Fate.KEPT, value, note="Stays in the backup.")

"""What keeping a member would lose, as one number: the weight that its ledger would come to.

A ledger tells what becomes of each field in words. For ranking all members of a library the number is enough,
and a field can only weigh where a loser has what the winner has not: the others are not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from immich_tui.verdict import ledger_camera as camera
from immich_tui.verdict import ledger_file as file
from immich_tui.verdict import ledger_people as people
from immich_tui.verdict import ledger_person as person
from immich_tui.verdict.deal import Deal, can_graft, richest_first
from immich_tui.verdict.formats import Family
from immich_tui.verdict.model import Context, Entry, Fate, Surroundings
from immich_tui.verdict.policy import Policy
from immich_tui.verdict.reading import Reading

_LOST = Fate.LOST
_RAW = Family.RAW


def lost_weight(
    winner: Reading,
    trash: Sequence[Reading],
    policy: Policy,
    context: Context,
    surroundings: Surroundings,
) -> float:
    """The same as the `lost_weight` of the ledger of these readings, for a tenth of the work."""
    deal = Deal(winner, richest_first(trash), policy, context, surroundings, can_graft(winner, context))
    asked: dict[Callable[[Deal], Iterator[Entry]], None] = {}
    for loser in trash:
        for field in _weighing(winner, loser):
            asked[field] = None
    told = surroundings.people is not None or surroundings.faces is not None
    if told or any(loser.asset.__dict__["people"] for loser in trash):
        asked[people.people] = None
    # In the order of the ledger, so that both add up in the same order and come to the same number.
    found = [entry for field in _ORDER if field in asked for entry in field(deal)] if asked else ()
    return sum(entry.weight for entry in found if entry.fate is _LOST)


def _weighing(winner: Reading, loser: Reading) -> Iterator[Callable[[Deal], Iterator[Entry]]]:
    """The fields of which a loser has more than the winner."""
    if loser.position is not None and winner.position is None:
        yield camera.location
    if (loser.taken is not None and winner.taken is None) or (loser.zone is not None and winner.zone is None):
        yield camera.capture_time
    if loser.camera is not None and winner.camera is None:
        yield camera.camera
    if loser.lens is not None and winner.lens is None:
        yield camera.lens
    if loser.has_exposure and loser.exposures != winner.exposures:
        yield camera.exposure
    if loser.described:
        yield person.description
        yield person.rating
    if loser.live_video is not None and winner.live_video is None:
        yield file.live_video
    if loser.pixels is not None and winner.pixels is not None and loser.pixels > winner.pixels:
        yield file.resolution
    if loser.size and winner.size and loser.size > winner.size and loser.pixels == winner.pixels:
        yield file.detail
    if loser.family is _RAW and winner.family is not _RAW:
        yield file.raw
    if loser.duration is not None and winner.duration is not None and loser.duration > winner.duration:
        yield file.length
    if loser.edited:
        yield file.edits


_ORDER = (
    camera.location,
    camera.capture_time,
    camera.camera,
    camera.lens,
    camera.exposure,
    person.description,
    person.rating,
    file.live_video,
    people.people,
    file.resolution,
    file.detail,
    file.raw,
    file.length,
    file.edits,
)

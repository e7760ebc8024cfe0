"""The ledger: field by field, what a choice keeps, carries, grafts and loses.

It is the only source from which the carry builds its requests and the report its text, so what is shown is
what is done. Values go from trashed assets to the winner alone; what other keepers have they keep.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from immich_tui.immich.models import Group
from immich_tui.verdict import ledger_camera as camera
from immich_tui.verdict import ledger_file as file
from immich_tui.verdict import ledger_people as people
from immich_tui.verdict import ledger_person as person
from immich_tui.verdict import ledger_use as use
from immich_tui.verdict import phrases
from immich_tui.verdict.deal import LIBRARY_NOTE, Deal, can_graft, richest_first
from immich_tui.verdict.model import NOT_READ, Choice, Context, Entry, Fate, Ledger, Surroundings
from immich_tui.verdict.policy import PRESETS, Policy
from immich_tui.verdict.reading import Reading, read
from immich_tui.verdict.scene import Scene

#: Every field that an entry can speak of, in the order of the ledger, with its name for people.
FIELD_LABELS: dict[str, str] = {
    "location": "GPS",
    "capture_time": "capture time",
    "time_zone": "time zone",
    "camera": "camera",
    "lens": "lens",
    "exposure": "exposure",
    "description": "description",
    "rating": "rating",
    "favourite": "favourite",
    "tag": "tags",
    "album": "album",
    "album_cover": "album cover",
    "live_video": "live video",
    "person": "person",
    "shared_link": "shared link",
    "visibility": "visibility",
    "resolution": "pixels",
    "detail": "fine detail",
    "raw": "RAW file",
    "length": "length",
    "edits": "edits",
    "original_file": "original file",
}

_FIELDS: tuple[Callable[[Deal], Iterator[Entry]], ...] = (
    camera.location,
    camera.capture_time,
    camera.camera,
    camera.lens,
    camera.exposure,
    person.description,
    person.rating,
    person.favourite,
    person.tags,
    use.albums,
    file.live_video,
    people.people,
    use.shared_links,
    use.visibility,
    file.resolution,
    file.detail,
    file.raw,
    file.length,
    file.edits,
    file.original_files,
)


def ledger(
    group: Group,
    choice: Choice,
    context: Context,
    surroundings: Surroundings = NOT_READ,
    policy: Policy = PRESETS["metadata"],
) -> Ledger:
    """What this choice does to every field; raises `KeyError` when it names an asset outside the group.

    The policy says what a loss weighs and from which distance on two places are two. What is carried does not
    depend on it, so that a plan is carried out as it was shown, whatever the policy is by then.
    """
    readings = {r.id: r for r in read(group.assets, context.now)}
    trash = [readings[asset_id] for asset_id in choice.trash]
    return settle(readings[choice.winner], trash, policy, context.of(choice), surroundings)


def settle(
    winner: Reading,
    trash: Sequence[Reading],
    policy: Policy,
    context: Context,
    surroundings: Surroundings,
) -> Ledger:
    """The ledger of readings that were made together."""
    deal = Deal(winner, richest_first(trash), policy, context, surroundings, can_graft(winner, context))
    return Ledger(winner.id, tuple([entry for field in _FIELDS for entry in field(deal)]))


def exif_kept_out_by_library(scene: Scene) -> list[str]:
    """Names of the fields that could be carried if the winner did not lie in an external library."""
    found = settle(scene.winner, scene.losers, scene.policy, scene.context, scene.surroundings)
    return [
        FIELD_LABELS[entry.field]
        for entry in found.entries
        if entry.note == LIBRARY_NOTE and entry.field not in ("camera", "lens", "exposure", "time_zone")
    ]


def summary(found: Ledger) -> str:
    """A ledger in one line: what is carried, what is lost ("carries GPS over and loses the lens")."""
    arriving = (*found.with_fate(Fate.CARRIED), *found.with_fate(Fate.GRAFTED))
    carried = spoken(arriving)
    had = {entry.field for entry in (*found.with_fate(Fate.KEPT), *arriving)}
    lost = spoken(found.with_fate(Fate.LOST), had)
    loses = f"loses {lost}" if lost else NOTHING_LOST
    if carried:
        return f"carries {carried} over and {loses}"
    return loses


NOTHING_LOST = "loses nothing"


def spoken(entries: Iterable[Entry], kept: Collection[str] = ()) -> str:
    """Fields as one says them in a sentence ("GPS, the lens and 75 % of 12.2 MP"), each once.

    Of fields that the winner has `kept` of its own, or receives, another value is meant ("another place").
    """
    names = dict.fromkeys(
        _OTHERS[entry.field]
        if entry.field in kept and entry.field in _OTHERS
        else _SPOKEN.get(entry.field, entry.value)
        for entry in entries
    )
    return phrases.listed(list(names))


#: Fields inside a sentence; the value speaks for the others.
_SPOKEN: dict[str, str] = {
    "location": "GPS",
    "capture_time": "the capture time",
    "time_zone": "the time zone",
    "camera": "the camera",
    "lens": "the lens",
    "exposure": "exposure values",
    "description": "the description",
    "rating": "the rating",
    "favourite": "the favourite mark",
    "tag": "tags",
    "album": "its albums",
    "album_cover": "an album cover",
    "live_video": "the live video",
    "shared_link": "shared links",
    "visibility": "the place in archive or timeline",
    "detail": "fine detail",
    "edits": "edits",
    "original_file": "the original file",
}
_OTHERS: dict[str, str] = {
    "location": "another place",
    "capture_time": "another capture time",
    "camera": "another camera",
    "live_video": "another live video",
}

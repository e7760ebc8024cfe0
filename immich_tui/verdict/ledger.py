"""The ledger: field by field, what a choice keeps, carries, grafts and loses.

It is the only source from which the carry builds its requests and the report its text, so what is shown is
what is done. Values go from trashed assets to the winner alone; what other keepers have they keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from immich_tui.immich.models import Group
from immich_tui.verdict import ledger_camera as camera
from immich_tui.verdict import ledger_file as file
from immich_tui.verdict import ledger_person as person
from immich_tui.verdict import ledger_use as use
from immich_tui.verdict import phrases
from immich_tui.verdict import score as scoring
from immich_tui.verdict.deal import LIBRARY_NOTE, Deal, can_graft
from immich_tui.verdict.model import NOT_READ, Choice, Context, Entry, Fate, Ledger, Surroundings
from immich_tui.verdict.reading import Reading, read
from immich_tui.verdict.scene import Scene
from immich_tui.verdict.score import DEFAULT_WEIGHTS, Weights

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
    person.people,
    use.shared_links,
    use.visibility,
    file.resolution,
    file.detail,
    file.edits,
    file.original_files,
)


def ledger(
    group: Group,
    choice: Choice,
    context: Context,
    surroundings: Surroundings = NOT_READ,
    weights: Weights = DEFAULT_WEIGHTS,
) -> Ledger:
    """What this choice does to every field; raises `KeyError` when it names an asset outside the group."""
    readings = {r.id: r for r in read(group.assets, context.now)}
    trash = [readings[asset_id] for asset_id in choice.trash]
    return settle(readings[choice.winner], trash, context, surroundings, weights)


def settle(
    winner: Reading,
    trash: Sequence[Reading],
    context: Context,
    surroundings: Surroundings,
    weights: Weights,
) -> Ledger:
    """The ledger of readings that were made together."""
    losers = trash
    if len(trash) > 1:
        losers = sorted(trash, key=lambda r: (-scoring.total(r, DEFAULT_WEIGHTS), r.id))
    deal = Deal(winner, losers, context, surroundings, weights, can_graft(winner, context))
    return Ledger(winner.id, tuple([entry for field in _FIELDS for entry in field(deal)]))


def exif_kept_out_by_library(scene: Scene) -> list[str]:
    """Names of the fields that could be carried if the winner did not lie in an external library."""
    found = settle(scene.winner, scene.losers, scene.context, scene.surroundings, scene.policy.weights)
    return [
        FIELD_LABELS[entry.field]
        for entry in found.entries
        if entry.note == LIBRARY_NOTE and entry.field not in ("camera", "lens", "exposure", "time_zone")
    ]


def summary(found: Ledger) -> str:
    """A ledger in one line: what is carried, what is lost ("carries GPS; loses the lens")."""
    carried = _named(found, Fate.CARRIED) + _named(found, Fate.GRAFTED)
    lost = _named(found, Fate.LOST)
    parts = []
    if carried:
        parts.append(f"carries {phrases.listed(carried)}")
    if lost:
        parts.append(f"loses {phrases.listed(lost)}")
    return "; ".join(parts) or "loses nothing"


def _named(found: Ledger, fate: Fate) -> list[str]:
    return list({FIELD_LABELS[entry.field]: None for entry in found.with_fate(fate)})

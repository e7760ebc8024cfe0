"""Flags on what the camera wrote: places, cameras, lenses, exposure, people."""

from __future__ import annotations

from immich_tui.verdict import phrases
from immich_tui.verdict.deal import SHIFT_NOTE, Deal, richest_first
from immich_tui.verdict.geo import widest
from immich_tui.verdict.ledger_camera import location
from immich_tui.verdict.ledger_people import people, people_of
from immich_tui.verdict.model import Fate, Flag, Severity
from immich_tui.verdict.normalise import cameras_differ
from immich_tui.verdict.reading import Reading
from immich_tui.verdict.scene import Scene

#: Two shots further apart than this were not taken in the same place, in metres.
_ELSEWHERE_M = 1000.0

EXPOSURE_NAMES = ("aperture", "focal length", "ISO", "exposure time")


def gps_conflict(scene: Scene) -> Flag | None:
    """Members that say they were taken in different places."""
    first = None
    for reading in scene.ranked:
        place = reading.position
        if place is None:
            continue
        if first is None:
            first = place
        elif place != first:
            break
    else:
        return None
    known = [reading for reading in scene.ranked if reading.position is not None]
    metres, one, other = widest([r.position for r in known if r.position is not None])
    if metres <= scene.policy.gps_tolerance_m:
        return None
    return Flag(
        "gps_conflict",
        Severity.BLOCK if metres > _ELSEWHERE_M else Severity.WARN,
        f"{phrases.distance(metres)} apart",
        (known[one].id, known[other].id),
    )


def location_loss(scene: Scene) -> Flag | None:
    """A loser's place cannot be carried, as writing it would move the winner's clock."""
    if scene.winner.position is not None:
        return None
    deal = Deal(
        scene.winner,
        richest_first(scene.losers),
        scene.policy,
        scene.context,
        scene.surroundings,
        scene.grafts,
    )
    for entry in location(deal):
        if entry.fate is Fate.LOST and entry.note.startswith(SHIFT_NOTE):
            sources = () if entry.source is None else (entry.source,)
            return Flag("location_loss", Severity.BLOCK, entry.value, sources)
    return None


def null_island(scene: Scene) -> Flag | None:
    """Coordinates of exactly 0, 0."""
    nowhere = [reading for reading in scene.ranked if reading.null_island]
    if not nowhere:
        return None
    return Flag("null_island", Severity.INFO, scene.whose(nowhere), tuple([r.id for r in nowhere]))


def camera_conflict(scene: Scene) -> Flag | None:
    """Members taken with different cameras."""
    first: Reading | None = None
    for reading in scene.ranked:
        if reading.camera is None:
            continue
        if first is None:
            first = reading
        elif reading.camera != first.camera:
            break
    else:
        return None
    known = [reading for reading in scene.ranked if reading.camera is not None]
    for place, one in enumerate(known):
        for other in known[place + 1 :]:
            if one.camera and other.camera and cameras_differ(one.camera, other.camera):
                return Flag(
                    "camera_conflict",
                    Severity.BLOCK,
                    f"{one.camera_label} and {other.camera_label}",
                    (one.id, other.id),
                )
    return None


def camera_loss(scene: Scene) -> Flag | None:
    """The winner does not say which camera took it, a loser does."""
    if scene.winner.camera is not None:
        return None
    for loser in scene.losers:
        if loser.camera is not None:
            severity = Severity.INFO if scene.grafts else Severity.BLOCK
            return Flag("camera_loss", severity, loser.camera_label, (loser.id,))
    return None


def lens_loss(scene: Scene) -> Flag | None:
    """The winner does not name the lens, a loser does."""
    if scene.winner.lens is not None:
        return None
    for loser in scene.losers:
        if loser.lens is not None:
            severity = Severity.INFO if scene.grafts else Severity.WARN
            return Flag("lens_loss", severity, (loser.exif.lens_model or "").strip(), (loser.id,))
    return None


def exposure_loss(scene: Scene) -> Flag | None:
    """The winner lacks an exposure field that a loser has."""
    ours = scene.winner.exposures
    if None not in ours:
        return None
    for loser in scene.losers:
        if not loser.has_exposure:
            continue
        missing = [
            name
            for name, mine, theirs in zip(EXPOSURE_NAMES, ours, loser.exposures, strict=True)
            if mine is None and theirs is not None
        ]
        if missing:
            severity = Severity.INFO if scene.grafts else Severity.WARN
            return Flag("exposure_loss", severity, phrases.listed(missing), (loser.id,))
    return None


def no_exif(scene: Scene) -> Flag | None:
    """Members in which neither a camera nor a person left anything.

    Size, dimensions and dates do not count: the server has them for every file.
    """
    empty = [
        reading
        for reading in scene.ranked
        if reading.camera is None
        and reading.stated_zone is None
        and reading.position is None
        and not reading.has_exposure
        and reading.lens is None
        and not reading.described
    ]
    if not empty:
        return None
    return Flag("no_exif", Severity.INFO, scene.whose(empty), tuple([r.id for r in empty]))


def people_loss(scene: Scene) -> Flag | None:
    """A loser has named people that the winner lacks; silent until the winner's were read."""
    around = scene.surroundings
    winners = people_of(scene.winner, around)
    if winners is None:
        return None
    ours = {person.id for person in winners}
    sources = [
        loser.id
        for loser in scene.losers
        if any(p.name.strip() and p.id not in ours for p in people_of(loser, around) or ())
    ]
    if not sources:
        return None
    deal = Deal(scene.winner, scene.losers, scene.policy, scene.context, around, grafts=False)
    names: dict[Fate, list[str]] = {Fate.LOST: [], Fate.CARRIED: []}
    for entry in people(deal):
        if entry.fate in names:
            names[entry.fate].append(entry.value)
    carried = f"{phrases.listed(names[Fate.CARRIED])} carried over" if names[Fate.CARRIED] else ""
    told = "; ".join(part for part in (phrases.listed(names[Fate.LOST]), carried) if part)
    return Flag("people_loss", Severity.INFO, told, tuple(sources))

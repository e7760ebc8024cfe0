"""Ledger of what the camera wrote: place, time, camera, lens, exposure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from immich_tui.verdict import geo, phrases
from immich_tui.verdict.deal import (
    CONTRADICTION_NOTE,
    GRAFT_SHIFT_NOTE,
    NO_ZONE_NOTE,
    ZERO_NOTE,
    ZONE_ALONE_NOTE,
    Deal,
)
from immich_tui.verdict.legal_time import moves_clock
from immich_tui.verdict.model import Channel, Entry, Fate
from immich_tui.verdict.normalise import cameras_differ
from immich_tui.verdict.reading import Reading, same_clock


def location(deal: Deal) -> Iterator[Entry]:
    """Coordinates: never overwritten; from the richest loser that has some the server will keep.

    Immich puts a photo's clock into the zone of a place that a call gives it. Where that is another time, the
    place goes by graft, or not at all.
    """
    ours = deal.winner.position
    if ours is not None:
        yield Entry("location", Fate.KEPT, phrases.coordinates(ours))
        for loser in deal.losers:
            theirs = loser.position
            if theirs is not None and (apart := geo.distance_m(ours, theirs)) > deal.policy.gps_tolerance_m:
                note = f"The winner keeps its own place, {phrases.distance(apart)} away."
                yield Entry("location", Fate.LOST, phrases.coordinates(theirs), loser.id, note=note)
        return
    having = [loser for loser in deal.losers if loser.position is not None]
    if not having:
        return
    source = next((r for r in having if r.position and 0.0 not in r.position), having[0])
    place = source.position
    assert place is not None
    value = phrases.coordinates(place)
    weight = deal.weights.location
    if source.placed:
        value = f"{value} ({source.place_label})"
        if not deal.winner.placed:
            weight += deal.weights.place
    if 0.0 in place:
        yield Entry("location", Fate.LOST, value, source.id, weight=weight, note=ZERO_NOTE)
        return
    payload: dict[str, object] = {"latitude": place[0], "longitude": place[1]}
    dated_by = deal.winner if deal.winner.taken is not None else _date_source(deal)
    if deal.grafts:
        deal.gains_place = True
        if dated_by is deal.winner:
            # With its own date beside the coordinates, the photo keeps its local time.
            payload |= _date_block(dated_by)
        note = GRAFT_SHIFT_NOTE if _clock_moves(place, source, dated_by) else ""
        yield Entry("location", Fate.GRAFTED, value, source.id, Channel.GRAFT, payload, weight, note)
        yield from _other_places(deal, place)
    elif deal.obstacle:
        yield Entry("location", Fate.LOST, value, source.id, weight=weight, note=deal.obstacle)
    elif _clock_moves(place, source, dated_by):
        yield Entry("location", Fate.LOST, value, source.id, weight=weight, note=deal.shift_obstacle)
    else:
        deal.gains_place = True
        yield Entry("location", Fate.CARRIED, value, source.id, Channel.UPDATE_ASSET, payload, weight)
        yield from _other_places(deal, place)


def _other_places(deal: Deal, received: geo.Position) -> Iterator[Entry]:
    """Places of losers that are not the one that the winner receives."""
    for loser in deal.losers:
        theirs = loser.position
        if theirs is not None and (apart := geo.distance_m(received, theirs)) > deal.policy.gps_tolerance_m:
            note = f"The winner receives another place, {phrases.distance(apart)} away."
            yield Entry("location", Fate.LOST, phrases.coordinates(theirs), loser.id, note=note)


def _clock_moves(place: geo.Position, source: Reading, dated_by: Reading | None) -> bool:
    """Whether a call that writes this place moves the local time; a clock without a zone stays."""
    if dated_by is None or dated_by.taken is None:
        return False
    offset = dated_by.offset
    return offset is not None and moves_clock(place, source, dated_by.taken, offset)


def capture_time(deal: Deal) -> Iterator[Entry]:
    """Capture time with its zone: only where the winner's own date is unknown."""
    winner = deal.winner
    if winner.taken is not None:
        yield Entry("capture_time", Fate.KEPT, winner.taken_label)
        for loser in deal.losers:
            if loser.taken is not None and not same_clock(winner, loser):
                value = loser.taken_label
                note = "The winner keeps its own date."
                yield Entry("capture_time", Fate.LOST, value, loser.id, note=note)
        yield from _time_zone(deal, None)
        return
    dated = [loser for loser in deal.losers if loser.taken is not None]
    source = _date_source(deal)
    obstacle = "" if deal.grafts else deal.obstacle
    if source is None or obstacle:
        weight = deal.weights.capture_time
        for loser in dated:
            if loser is dated[0]:
                note = obstacle or CONTRADICTION_NOTE
                yield Entry("capture_time", Fate.LOST, loser.taken_label, loser.id, weight=weight, note=note)
            elif not same_clock(dated[0], loser):
                note = CONTRADICTION_NOTE
                yield Entry("capture_time", Fate.LOST, loser.taken_label, loser.id, note=note)
        yield from _time_zone(deal, None)
        return
    value, weight, note = source.taken_label, deal.weights.capture_time, NO_ZONE_NOTE
    offset = _usable_offset(source)
    if offset is not None:
        value, note = f"{value} {phrases.offset(offset)}", ""
        if winner.zone is None:
            weight += deal.weights.time_zone
    if deal.grafts:
        block = _date_block(source)
        yield Entry("capture_time", Fate.GRAFTED, value, source.id, Channel.GRAFT, block, weight)
    else:
        assert source.wall is not None
        payload = {"dateTimeOriginal": _local_time(source.wall, offset or 0.0)}
        yield Entry(
            "capture_time", Fate.CARRIED, value, source.id, Channel.UPDATE_ASSET, payload, weight, note
        )
    yield from _time_zone(deal, source)


def _date_source(deal: Deal) -> Reading | None:
    """The loser whose date a winner without one receives, one with a zone before one without.

    Nobody, when two losers contradict each other: a guess is no date.
    """
    dated = [loser for loser in deal.losers if loser.taken is not None]
    for place, one in enumerate(dated):
        if not all(same_clock(one, other) for other in dated[place + 1 :]):
            return None
    return next((r for r in dated if _usable_offset(r) is not None), dated[0] if dated else None)


def _time_zone(deal: Deal, dated_by: Reading | None) -> Iterator[Entry]:
    """The zone, where it does not travel with the capture time."""
    travels = dated_by is not None and _usable_offset(dated_by) is not None
    if travels:
        return
    if deal.winner.zone is not None:
        yield Entry("time_zone", Fate.KEPT, deal.winner.zone)
        return
    for loser in deal.losers:
        if loser.zone is not None:
            note = deal.obstacle or ZONE_ALONE_NOTE
            yield Entry(
                "time_zone", Fate.LOST, loser.zone, loser.id, weight=deal.weights.time_zone, note=note
            )
            return


def _usable_offset(reading: Reading) -> float | None:
    """The offset that may be written with a date; a video's UTC is none."""
    return reading.offset if reading.zone is not None else None


def _date_block(reading: Reading) -> dict[str, object]:
    """Capture time for a sidecar: the local clock, with offset and the zone's name where they are known.

    An offset that nobody knows is left out: the server then keeps the local clock as it is.
    """
    if reading.wall is None:
        return {}
    offset = _usable_offset(reading)
    written = _local_time(reading.wall, offset or 0.0)
    if offset is None:
        return {"dateTimeOriginal": written[:-6]}
    return {"dateTimeOriginal": written, "timeZone": reading.zone}


def _local_time(wall: float, offset: float) -> str:
    """A wall clock with its offset, as the API takes it."""
    zone = timezone(timedelta(minutes=round(offset / 60)))
    local = datetime(1970, 1, 1, tzinfo=zone) + timedelta(milliseconds=round(wall * 1000))
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


def camera(deal: Deal) -> Iterator[Entry]:
    """Make and model: no call can write them."""
    ours = deal.winner.camera
    if ours is not None:
        yield Entry("camera", Fate.KEPT, deal.winner.camera_label)
        for loser in deal.losers:
            if loser.camera is not None and cameras_differ(ours, loser.camera):
                note = "The winner keeps its own camera."
                yield Entry("camera", Fate.LOST, loser.camera_label, loser.id, note=note)
        return
    first = None
    for loser in deal.losers:
        if loser.camera is None:
            continue
        if first is None:
            first = loser.camera
            payload = dict[str, object](make=loser.exif.make, model=loser.exif.model)
            yield _graft(deal, "camera", loser.camera_label, loser, payload, deal.weights.camera)
        elif cameras_differ(first, loser.camera):
            note = "The winner receives another camera." if deal.grafts else deal.graft_obstacle
            yield Entry("camera", Fate.LOST, loser.camera_label, loser.id, note=note)


def lens(deal: Deal) -> Iterator[Entry]:
    """The lens: no call can write it."""
    if deal.winner.lens is not None:
        yield Entry("lens", Fate.KEPT, (deal.winner.exif.lens_model or "").strip())
        return
    for loser in deal.losers:
        if loser.lens is not None:
            value = (loser.exif.lens_model or "").strip()
            yield _graft(deal, "lens", value, loser, {"lensModel": value}, deal.weights.lens)
            return


_EXPOSURE = ("fNumber", "focalLength", "iso", "exposureTime")


def exposure(deal: Deal) -> Iterator[Entry]:
    """Aperture, focal length, ISO and exposure time: no call can write them."""
    winner = deal.winner
    if winner.has_exposure:
        shown = [_exposure_text(winner, place) for place, v in enumerate(winner.exposures) if v is not None]
        yield Entry("exposure", Fate.KEPT, ", ".join(shown))
    if None not in winner.exposures:
        return
    missing = [place for place, value in enumerate(winner.exposures) if value is None]
    for loser in deal.losers:
        found = [place for place in missing if loser.exposures[place] is not None]
        if not found:
            continue
        missing = [place for place in missing if place not in found]
        value = ", ".join(_exposure_text(loser, place) for place in found)
        payload = dict[str, object]({_EXPOSURE[place]: _exposure_value(loser, place) for place in found})
        weight = deal.weights.exposure * len(found) / len(_EXPOSURE)
        yield _graft(deal, "exposure", value, loser, payload, weight)


def _exposure_value(reading: Reading, place: int) -> float | str:
    exif = reading.exif
    return (
        exif.f_number or 0.0,
        exif.focal_length or 0.0,
        exif.iso or 0.0,
        (exif.exposure_time or "").strip(),
    )[place]


def _exposure_text(reading: Reading, place: int) -> str:
    return _exposure_shown(place, _exposure_value(reading, place))


@lru_cache(maxsize=1024)
def _exposure_shown(place: int, value: float | str) -> str:
    if isinstance(value, str):
        return f"{value.rstrip(' s')} s"
    number = phrases.number(value)
    return (f"f/{number}", f"{number} mm", f"ISO {number}")[place]


def _graft(
    deal: Deal, field: str, value: str, source: Reading, payload: dict[str, object], weight: float
) -> Entry:
    if deal.grafts:
        return Entry(field, Fate.GRAFTED, value, source.id, Channel.GRAFT, payload, weight)
    return Entry(field, Fate.LOST, value, source.id, weight=weight, note=deal.graft_obstacle)

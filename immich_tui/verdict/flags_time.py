"""Flags on capture times: clocks that contradict each other, zones that do, bursts, dates from the future.

A capture time has two faces: the instant, and what the wall clock showed. Copies that were rewritten by some
program usually keep one of them, so only a pair that agrees in neither is in conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from immich_tui.verdict import phrases
from immich_tui.verdict.dates import IN_THE_FUTURE, LATER_THAN_UPLOAD
from immich_tui.verdict.model import Flag, Severity
from immich_tui.verdict.reading import SAME_CLOCK_S, Reading
from immich_tui.verdict.scene import Scene

_DAY_S = 86400.0
_QUARTER_S = 900.0
#: From UTC-12 to UTC+14: no two clocks on Earth are further apart.
_WIDEST_ZONES_S = 26 * 3600.0
_BURST_S = (0.1, 10.0)
#: Members of a burst this near to each other are not a conflict of times as well.
_BURST_REACH_S = 60.0


def time_flags(scene: Scene) -> Iterator[Flag]:
    """`burst`, `capture_time_conflict` and `timezone_conflict`, from one pass over the pairs."""
    clocks = [Clock(reading) for reading in scene.ranked if reading.taken is not None]
    pairs = [(one, other) for place, one in enumerate(clocks) for other in clocks[place + 1 :]]
    bursting, shortest = _burst(pairs)
    conflict: tuple[float, Clock, Clock] | None = None
    zones: tuple[Severity, str, Clock, Clock] | None = None
    for one, other in pairs:
        walls, instants = abs(one.wall - other.wall), abs(one.instant - other.instant)
        if walls <= SAME_CLOCK_S and instants <= SAME_CLOCK_S:
            continue
        if walls <= SAME_CLOCK_S or instants <= SAME_CLOCK_S or _crossed(one, other):
            found = _zone_difference(one, other, walls, instants)
            if found is not None and (zones is None or found[0] > zones[0]):
                zones = (*found, one, other)
            continue
        apart = min(walls, instants)
        if one.id in bursting and other.id in bursting and apart <= _BURST_REACH_S:
            continue
        if conflict is None or apart > conflict[0]:
            conflict = (apart, one, other)
    if bursting:
        yield Flag(
            "burst",
            Severity.BLOCK,
            f"{phrases.counted(len(bursting), 'shot')}, {phrases.span(shortest)} apart",
            tuple(bursting),
        )
    if conflict is not None:
        apart, one, other = conflict
        yield Flag(
            "capture_time_conflict",
            Severity.BLOCK if apart > _DAY_S else Severity.WARN,
            f"{phrases.span(apart)} apart: {one.reading.taken_label} and {other.reading.taken_label}",
            (one.id, other.id),
        )
    if zones is not None:
        severity, detail, one, other = zones
        yield Flag("timezone_conflict", severity, detail, (one.id, other.id))


class Clock:
    """The numbers of one known capture time: seconds since 1970 of the instant and of the wall clock."""

    __slots__ = ("id", "instant", "offset", "reading", "wall")

    def __init__(self, reading: Reading) -> None:
        instant, wall = reading.instant, reading.wall
        assert instant is not None
        assert wall is not None
        self.id = reading.id
        self.reading = reading
        self.instant = instant
        self.wall = wall
        self.offset = reading.offset


def _burst(pairs: Sequence[tuple[Clock, Clock]]) -> tuple[dict[str, None], float]:
    """Ids of the shots of a burst, and the shortest time between two of them.

    A pair that may only have lost fractions of a second makes no burst, but belongs to one that others make.
    """
    gaps = [(one, other, gap) for one, other in pairs if (gap := _burst_gap(one, other)) is not None]
    bursting: dict[str, None] = {}
    shortest = _BURST_S[1]
    if not all(fraction_lost(one.instant, other.instant) for one, other, _ in gaps):
        for one, other, gap in gaps:
            bursting[one.id] = bursting[other.id] = None
            shortest = min(shortest, gap)
    return bursting, shortest


def _burst_gap(one: Clock, other: Clock) -> float | None:
    """Seconds between two shots of one camera, `None` when they are no burst."""
    gap = abs(one.instant - other.instant)
    if not _BURST_S[0] <= gap <= _BURST_S[1]:
        return None
    mine, theirs = one.reading, other.reading
    if mine.pixels is None or mine.pixels != theirs.pixels:
        return None
    if mine.camera is None or mine.camera != theirs.camera:
        return None
    return gap


def fraction_lost(one: float, other: float) -> bool:
    """Whether two instants differ only because one copy lost its fractions of a second."""
    return one // 1 == other // 1 and (one % 1 == 0 or other % 1 == 0)


def _crossed(one: Clock, other: Clock) -> bool:
    """Whether one copy shows as its UTC what the other one's wall clock showed.

    A program that took local time for UTC, or the reverse, does that; the zones of the two explain it.
    """
    if one.offset == other.offset:
        return False
    return abs(one.instant - other.wall) <= SAME_CLOCK_S or abs(other.instant - one.wall) <= SAME_CLOCK_S


def _zone_difference(one: Clock, other: Clock, walls: float, instants: float) -> tuple[Severity, str] | None:
    if one.offset is None or other.offset is None or one.offset == other.offset:
        return None
    offsets = f"{phrases.offset(one.offset)} and {phrases.offset(other.offset)}"
    if instants <= SAME_CLOCK_S:
        return Severity.INFO, f"the same moment written with {offsets}"
    # A video's UTC is no statement about the place, so it cannot contradict one.
    if one.reading.zone is None or other.reading.zone is None:
        return None
    if walls <= SAME_CLOCK_S:
        remainder = instants % _QUARTER_S
        whole = min(remainder, _QUARTER_S - remainder) <= SAME_CLOCK_S
        if not whole or instants > _WIDEST_ZONES_S + SAME_CLOCK_S:
            return None
        return Severity.WARN, f"the same wall clock at {offsets}"
    return Severity.WARN, f"shifted by a zone: {offsets}"


def future_date(scene: Scene) -> Flag | None:
    """A date that lies after the upload, or after today."""
    ahead = [r for r in scene.ranked if r.doubt and r.doubt in (LATER_THAN_UPLOAD, IN_THE_FUTURE)]
    if not ahead:
        return None
    taken = ahead[0].exif.date_time_original
    year = f"{taken.year}" if taken is not None else phrases.UNKNOWN
    return Flag("future_date", Severity.INFO, f"{year} is {ahead[0].doubt}", tuple(r.id for r in ahead))

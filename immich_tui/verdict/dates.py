"""Dates as servers, files and clocks write them, and which of them are none."""

from __future__ import annotations

import re
from datetime import UTC, datetime

#: A date may lie this many days after the upload, or after today, and still be real: a date without a zone
#: can be 14 hours ahead.
_GRACE_DAYS = 1

#: Zones that containers of videos always name because they store UTC: they say nothing of the place.
UTC_NAMES = frozenset({"utc", "utc+0", "utc+00:00", "gmt", "etc/utc", "etc/gmt", "z", "+00:00"})

_FIXED_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?\Z", re.IGNORECASE)

_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def _utc(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()


#: Dates that clocks show when nobody set them: the epochs of the Mac, of Unix and of DOS.
_UNSET_CLOCKS = (
    (_utc(1904, 1, 1), _utc(1905, 1, 1)),
    (_utc(1970, 1, 1), _utc(1970, 1, 2)),
    (_utc(1980, 1, 1), _utc(1980, 1, 2)),
)
_LAST_UNSET_DAY = datetime(1980, 12, 31).toordinal()
_NO_DAY = datetime(3000, 1, 1).toordinal()
_FIRST_PHOTOGRAPH = _utc(1826, 1, 1)

FILLED_IN = "filled in by Immich from the file's dates"
LATER_THAN_UPLOAD = "later than its upload"
IN_THE_FUTURE = "in the future"
UNSET_CLOCK = "a clock that was never set"
BEFORE_PHOTOGRAPHY = "older than photography"


def epoch(when: datetime) -> float:
    """Seconds since 1970 UTC; a date without offset is taken as UTC, as the server means it."""
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()


def clock_face(local: datetime) -> float:
    """Seconds since 1970 of what a local clock shows; the offset that the server writes beside it is void."""
    seconds = (local.hour * 60 + local.minute) * 60 + local.second
    return (local.toordinal() - _EPOCH_DAY) * 86400 + seconds + local.microsecond / 1e6


def one_face(one: datetime | None, other: datetime | None) -> bool:
    """Whether two local clocks show the same, or neither is known."""
    if one is None or other is None:
        return one is other
    return one.date() == other.date() and one.time() == other.time()


def fixed_offset(zone: str) -> float | None:
    """Seconds east of UTC of a zone written as an offset ("UTC+2", "+05:45"), `None` for names of places."""
    if zone.lower() in UTC_NAMES:
        return 0.0
    match = _FIXED_OFFSET.match(zone)
    if match is None:
        return None
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
    return float(-seconds if match[1] == "-" else seconds)


def date_doubt(
    taken: datetime, day: int, local: datetime | None, uploaded: datetime | None, today: int | None
) -> str:
    """Why a date is not real; empty when nothing speaks against it.

    `day` and `today` are ordinal days, the first one of the date itself.
    """
    if day >= _NO_DAY:
        return IN_THE_FUTURE
    if day > _LAST_UNSET_DAY:
        if uploaded is not None and day > uploaded.toordinal() + _GRACE_DAYS:
            return LATER_THAN_UPLOAD
        return IN_THE_FUTURE if today is not None and day > today + _GRACE_DAYS else ""
    instant = epoch(taken)
    wall = clock_face(local) if local is not None else instant
    if instant < _FIRST_PHOTOGRAPH:
        return BEFORE_PHOTOGRAPHY
    for first, end in _UNSET_CLOCKS:
        if first <= instant < end or first <= wall < end:
            return UNSET_CLOCK
    return ""

"""How values are written for people: sizes, pixels, distances, spans of time, coordinates, lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

UNKNOWN = "unknown"

_KIB = 1024.0
_MINUTE = 60.0
_HOUR = 3600.0
_DAY = 86400.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def file_size(count: float | None) -> str:
    """Bytes in binary units with one decimal ("1.3 MiB"); whole bytes below 1 KiB."""
    if count is None:
        return UNKNOWN
    if abs(count) < _KIB:
        return f"{count:.0f} B"
    value = float(count)
    for unit in ("KiB", "MiB", "GiB"):
        value /= _KIB
        if abs(value) < _KIB - 0.05:
            return f"{value:.1f} {unit}"
    return f"{value / _KIB:.1f} TiB"


def megapixels(pixels: float | None) -> str:
    """Pixels as megapixels ("12.2 MP"), as plain pixels where that would read 0.0."""
    if pixels is None:
        return UNKNOWN
    if pixels < 50_000:
        return f"{pixels:.0f} pixels"
    return f"{pixels / 1e6:.1f} MP"


def distance(metres: float) -> str:
    """A distance on the ground ("4.2 km", "23 m")."""
    if metres >= 100_000:
        return f"{metres / 1000:,.0f} km"
    if metres >= 1000:
        return f"{metres / 1000:.1f} km"
    return f"{metres:.0f} m"


def span(seconds: float) -> str:
    """A span of time in the one or two units that matter ("3 h 12 min", "2.5 s", "11 years")."""
    seconds = abs(seconds)
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < _DAY:
        hours, minutes = divmod(round(seconds / _MINUTE), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days = seconds / _DAY
    if days < 60:
        return counted(round(days), "day")
    if days < 730:
        return counted(round(days / 30.44), "month")
    return counted(round(days / 365.25), "year")


def wall_clock(seconds: float | None) -> str:
    """A wall clock, given as seconds since 1970 of that wall clock ("2024-06-12 10:00:00")."""
    if seconds is None:
        return UNKNOWN
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return UNKNOWN
    return moment.isoformat(" ", "seconds")[:19]


def offset(seconds: float | None) -> str:
    """An offset from UTC ("+02:00")."""
    if seconds is None:
        return UNKNOWN
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(round(abs(seconds) / 60), 60)
    return f"{sign}{hours:02d}:{minutes:02d}"


def coordinates(position: tuple[float, float] | None) -> str:
    """Latitude and longitude in degrees, five decimals: about one metre."""
    if position is None:
        return UNKNOWN
    return f"{position[0]:.5f}, {position[1]:.5f}"


def number(value: float | None) -> str:
    """A number without needless decimals ("2.8", "200")."""
    return UNKNOWN if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def counted(count: int, noun: str) -> str:
    """A count with its noun in the right number ("1 person" takes its plural from the caller's noun)."""
    return f"{count} {noun}" if count == 1 else f"{count} {_PLURALS.get(noun, noun + 's')}"


_PLURALS = {"person": "people", "copy": "copies", "library": "libraries"}


def listed(items: Sequence[str], last: str = "and") -> str:
    """Items as one reads them aloud: "GPS, the camera and the lens"."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def file_name(name: str, limit: int = 60) -> str:
    """A file name on one line; a long one loses its middle, so that beginning and suffix stay."""
    flat = " ".join(name.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 16].rstrip()}…{flat[-15:].lstrip()}"


def one_line(text: str, limit: int = 60) -> str:
    """Text of several lines on one line, shortened at the end where it is longer than `limit`."""
    flat = " / ".join(part for part in (line.strip() for line in text.splitlines()) if part)
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def flag_name(name: str) -> str:
    """A flag's name as people read it: `gps_conflict` is "GPS conflict"."""
    words = name.replace("_", " ")
    return words.replace("gps", "GPS").replace("exif", "EXIF")

"""Numbers as people read them: sizes, counts, durations and bars, always in the same width class."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size(count: float) -> str:
    """Bytes with a binary unit, as Immich shows them: `1.2 MiB`; at most 8 cells."""
    value, step = float(count), 0
    while abs(value) >= 999.5 and step < len(_UNITS) - 1:
        value, step = value / 1024, step + 1
    unit = _UNITS[step]
    return f"{value:.0f} {unit}" if unit == "B" or abs(value) >= 99.95 else f"{value:.1f} {unit}"


def count(number: int) -> str:
    """A whole number with thin groups of thousands: `12,345`."""
    return f"{number:,}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 group`, `12,345 groups`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def clock(seconds: float) -> str:
    """A duration as `0:07`, `12:34` or `1:02:03`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """A coarse duration that does not flicker: `10 s`, `4 min`, `1 h 20 min`."""
    if seconds < 50:
        return f"{max(5, round(seconds / 5) * 5)} s"
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def bar(share: float, width: int) -> tuple[str, str]:
    """A bar of `width` cells as (filled, rest): heavy against light lines, so it reads without colour."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    filled = "━" * (halves // 2)
    if halves % 2:
        filled += "╾"
    return filled, "─" * (width - len(filled))


def block(share: float, width: int) -> str:
    """A solid bar of up to `width` cells in steps of an eighth; anything above zero shows."""
    if share <= 0 or width <= 0:
        return ""
    eighths = max(1, round(min(1.0, share) * width * 8))
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]

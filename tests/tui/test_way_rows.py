"""The rows that tell which downloader has what."""

from __future__ import annotations

from immich_tui.execution.transfer.dispatcher import WaySnapshot
from immich_tui.execution.transfer.wanted import State
from immich_tui.tui.widgets.way_rows import WayRows

MOUNT = WaySnapshot("mount", "", {State.COMPLETED: 12, State.PENDING: 3}, 36_000_000)
AWAY = WaySnapshot("aria2", "aria2 at 127.0.0.1:6800 is away.\x1b[31m", {State.DOWNLOADER_ERROR: 5}, 0)
NOBODY = WaySnapshot("", "", {State.NO_DOWNLOADER: 2}, 0)


def shown(*ways: WaySnapshot, width: int = 80) -> list[str]:
    rows = WayRows()
    rows.show(ways)
    return ["".join(text for text, _ in row) for row in rows.rows(width)]


def test_one_way_that_works_needs_no_row() -> None:
    assert shown() == []
    assert shown(WaySnapshot("http", "", {State.COMPLETED: 4}, 7)) == []


def test_each_tells_what_it_has_and_who_is_away() -> None:
    first, second, why, last = shown(MOUNT, AWAY, NOBODY)
    assert "● mount" in first
    assert "3 waiting, 12 done · 34.3 MiB" in first
    assert "✗ aria2" in second
    assert "5 unknown" in second
    assert "away: aria2 at 127.0.0.1:6800 is away." in why
    assert "\x1b" not in why
    assert "○ nobody" in last
    assert "2 without a downloader" in last


def test_rows_keep_to_their_width() -> None:
    for width in (20, 38, 60):
        assert all(len(row) <= width for row in shown(MOUNT, AWAY, NOBODY, width=width))

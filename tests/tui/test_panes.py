"""The line-painted panes: fixed columns, literal text, and only changed rows painted again."""

from __future__ import annotations

import dataclasses
from typing import Self

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region

from immich_tui.jobs.progress import ItemError, PhaseSnapshot, Status
from immich_tui.jobs.slot import SlotSnapshot, SlotState
from immich_tui.tui.widgets.failures import Failures
from immich_tui.tui.widgets.gauge import Gauge
from immich_tui.tui.widgets.lines import Lines, Row, wrapped
from immich_tui.tui.widgets.phase_bars import PhaseBars
from immich_tui.tui.widgets.slot_rows import SlotRows
from immich_tui.tui.widgets.sparkline import Sparkline
from immich_tui.tui.widgets.summary_bars import Bar, SummaryBars
from immich_tui.verdict.flags import FLAG_NAMES
from immich_tui.verdict.phrases import flag_name

HOSTILE = "IMG[/red]\x1b]0;pwn\x07[@click=app.quit]\u202e\U0001f468\u200d\U0001f469\u200d\U0001f467字.jpg"

BACKUP = PhaseSnapshot(
    name="backup",
    label="Back up",
    depth=0,
    status=Status.RUNNING,
    done=43,
    total=210,
    bytes_done=43 << 20,
    bytes_total=210 << 20,
    units="files",
    message=HOSTILE,
    eta_s=95.0,
    errors=2,
)


def harmless(line: str) -> bool:
    return not any(
        character < " " or "\x7f" <= character <= "\x9f" or character == "\u202e" for character in line
    )


def plain(rows: list[Row] | tuple[Row, ...]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


@pytest.mark.parametrize("width", [60, 76, 116, 196])
@pytest.mark.parametrize("status", list(Status))
def test_a_phase_fits_its_line(width: int, status: Status) -> None:
    bars = PhaseBars()
    bars.show(
        [dataclasses.replace(BACKUP, status=status), dataclasses.replace(BACKUP, total=0, bytes_total=0)]
    )
    for line in plain(list(bars.rows(width))):
        assert cell_len(line) <= width
        assert harmless(line)


def test_a_phase_says_how_far_it_is() -> None:
    bars = PhaseBars()
    bars.show([BACKUP])
    (line,) = plain(list(bars.rows(116)))
    assert "Back up" in line
    assert "20%" in line
    assert "43/210" in line
    assert "2 failed" in line
    assert "43.0 MiB of 210 MiB" in line


def test_columns_do_not_move_while_numbers_grow() -> None:
    bars = PhaseBars()
    starts = set()
    for done in (1, 43, 209):
        bars.show([dataclasses.replace(BACKUP, done=done, bytes_done=done << 20, errors=0)])
        (line,) = plain(list(bars.rows(116)))
        starts.add(line.index("/210"))
    assert len(starts) == 1


@pytest.mark.parametrize("width", [36, 50, 76, 116])
def test_each_worker_has_a_row(width: int) -> None:
    rows = SlotRows()
    rows.show(
        [
            SlotSnapshot(1, SlotState.WORKING, HOSTILE, 43, 100),
            SlotSnapshot(2, SlotState.WORKING, "reading the listing", 0, 0),
            SlotSnapshot(3, SlotState.RATE, HOSTILE, 0, 0),
            SlotSnapshot(12, SlotState.IDLE, "", 0, 0),
        ]
    )
    lines = plain(list(rows.rows(width)))
    assert all(cell_len(line) <= width and harmless(line) for line in lines)
    assert "43%" in lines[0]
    assert "waiting for rate" in lines[2]
    assert lines[3].split() == ["12", "○", "idle"]


def test_what_workers_wait_with_stands_in_one_column() -> None:
    rows = SlotRows()
    states = (SlotState.RATE, SlotState.PERMIT, SlotState.RETRY)
    rows.show([SlotSnapshot(number, state, "this.jpg", 0, 0) for number, state in enumerate(states, 1)])
    assert len({line.index("this.jpg") for line in plain(list(rows.rows(60)))}) == 1


def test_failures_show_the_newest_first_and_count_the_rest() -> None:
    failures = Failures()
    failures.show([ItemError("backup", f"{number}.jpg", HOSTILE) for number in range(3)], 40)
    lines = plain(list(failures.rows(200)))
    assert [line.split(":")[0] for line in lines[:3]] == ["✗ 2.jpg", "✗ 1.jpg", "✗ 0.jpg"]
    assert "37 earlier" in lines[3]


def test_bars_share_a_scale_and_keep_their_numbers() -> None:
    bars = SummaryBars("Tiers")
    bars.show(
        [
            Bar("exact", 1000, "3.1 GiB"),
            Bar("likely", 500, "1 GiB"),
            Bar("doubtful", 1, "2 MiB"),
            Bar("none", 0),
        ]
    )
    lines = plain(list(bars.rows(76)))
    assert [line.count("█") for line in lines[1:]] == [lines[1].count("█"), lines[1].count("█") // 2, 0, 0]
    assert "▏" in lines[3]
    assert "1,000" in lines[1]
    assert "3.1 GiB" in lines[1]


def test_the_longest_flag_is_named_whole_where_two_panes_stand_side_by_side() -> None:
    bars = SummaryBars("Flags")
    longest = max((flag_name(name) for name in FLAG_NAMES), key=len)
    bars.show([Bar(longest, 12)])
    assert longest in plain(list(bars.rows(47)))[1]


def test_no_bars_say_so() -> None:
    bars = SummaryBars("Flags")
    bars.show([], "Nothing stands out.")
    assert plain(list(bars.rows(40))) == ["Flags", "Nothing stands out."]


def test_a_trend_scales_to_its_highest_column() -> None:
    trend = Sparkline("download", lambda rate: f"{rate:.0f}/s")
    for sample in (0, 1, 50, 100):
        trend.push(sample)
    (line,) = plain(list(trend.rows(40)))
    assert line.endswith(" ▁▄█")
    assert "100/s" in line


def test_a_trend_at_rest_shows_no_rate_of_before() -> None:
    trend = Sparkline("download", lambda rate: f"{rate:.0f}/s")
    trend.rest()
    assert plain(list(trend.rows(40)))[0].split() == ["download", "-"]
    trend.push(100)
    trend.rest()
    trend.rest()
    (line,) = plain(list(trend.rows(40)))
    assert " 0/s" in line
    assert line.endswith("█ "), "the end is noted once"


def test_a_gauge_says_why_it_stands_still() -> None:
    gauge = Gauge("requests", "< >")
    gauge.show(0, 10, "0.0 of 10/s", "told to wait 12 s")
    (line,) = plain(list(gauge.rows(76)))
    assert "told to wait 12 s" in line


def test_wrapping_counts_cells() -> None:
    rows = plain(wrapped("写真 " * 30, 20, indent="  "))
    assert all(cell_len(line) <= 20 for line in rows)
    assert all(line.startswith("  ") for line in rows[1:])


class Counted(Lines):
    """Notes which rows are asked to be painted again."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = [0] * 30
        self.repainted: list[Region] = []

    def rows(self, width: int) -> list[Row]:
        return [((str(number), ""),) for number in self.numbers]

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        self.repainted += regions
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


async def test_what_changes_while_hidden_shows_afterwards() -> None:
    class Pane(App[None]):
        def compose(self) -> ComposeResult:
            yield Counted()

    app = Pane()
    async with app.run_test(size=(40, 40)) as pilot:
        pane = app.query_one(Counted)
        await pilot.pause()
        pane.display = False
        await pilot.pause()
        pane.numbers[7] = 5
        pane.update_rows()
        pane.display = True
        await pilot.pause()
        assert pane.render_line(7).text.strip() == "5"


async def test_only_changed_rows_are_painted_again() -> None:
    class Pane(App[None]):
        def compose(self) -> ComposeResult:
            yield Counted()

    app = Pane()
    async with app.run_test(size=(40, 40)) as pilot:
        pane = app.query_one(Counted)
        await pilot.pause()
        pane.update_rows()
        pane.repainted.clear()
        pane.numbers[7] = 1
        pane.update_rows()
        assert pane.repainted == [Region(0, 7, 40, 1)]
        pane.repainted.clear()
        pane.update_rows()
        assert pane.repainted == []

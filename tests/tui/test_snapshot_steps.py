"""Reference pictures of every step at 80x24 and 120x36; look at each before taking them anew.

What differs from run to run (port, folders, free space, run id) is replaced by fixed values; everything else
is the real app on the real demo server.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.execution.resolve import ResolveJob
from immich_tui.immich.wire import Connection
from immich_tui.jobs.pool import Pool, PoolSnapshot
from immich_tui.jobs.progress import ItemError, JobSnapshot, PhaseSnapshot, Status
from immich_tui.jobs.slot import SlotSnapshot, SlotState
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.phases import Stage
from immich_tui.tui.runner import Runner
from immich_tui.tui.screens.report import ReportScreen
from immich_tui.tui.screens.step import StepScreen
from immich_tui.tui.widgets.sparkline import Sparkline
from tests.tui.pilots import SnapCompare, on_top
from tests.tui.stage import app_for, review, wait_for, wait_for_step, wait_for_text

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
LIMITED = (
    "duplicate.read",
    "asset.read",
    "asset.view",
    "asset.download",
    "asset.delete",
    "asset.update",
    "user.read",
    "apiKey.read",
    "server.about",
    "album.read",
)


@pytest.fixture
def fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Folders with short relative names, a host without a port, and a disk that is always as empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Connection, "host", property(lambda self: "photos.example.org"))
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 40, 1 << 39, 1 << 39))
    monkeypatch.setattr(Input, "cursor_blink", False)
    for name in ("NO_COLOR", "COLORTERM", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return Paths(Path("config"), Path("data"), Path("cache"), Path("backups"))


@pytest.fixture(scope="module")
def plain() -> Iterator[DemoServer]:
    """Forty plain groups; tests that change them take a server of their own."""
    with DemoServer(groups=40) as server:
        yield server


@SIZES
def test_connect_form(snap_compare: SnapCompare, fixed: Paths, size: tuple[int, int]) -> None:
    app = app_for(None, fixed)

    async def drive(pilot: Pilot[Any]) -> None:
        await wait_for(pilot, lambda: app.focused is not None)

    assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
def test_connect_result(
    snap_compare: SnapCompare, fixed: Paths, plain: DemoServer, size: tuple[int, int]
) -> None:
    app = app_for(plain, fixed, key=plain.new_key(LIMITED))

    async def drive(pilot: Pilot[Any]) -> None:
        await wait_for_text(pilot, "missing")

    assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
def test_connect_refused(
    snap_compare: SnapCompare, fixed: Paths, plain: DemoServer, size: tuple[int, int]
) -> None:
    app = app_for(plain, fixed, key="not-the-key")

    async def drive(pilot: Pilot[Any]) -> None:
        await wait_for_text(pilot, "accept")
        app.screen.query_one("#url", Input).value = "https://photos.example.org"

    assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
def test_fetch_summary(
    snap_compare: SnapCompare, fixed: Paths, plain: DemoServer, size: tuple[int, int]
) -> None:
    app = app_for(plain, fixed)

    async def drive(pilot: Pilot[Any]) -> None:
        await wait_for_text(pilot, "can be freed")

    assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
def test_help(snap_compare: SnapCompare, fixed: Paths, plain: DemoServer, size: tuple[int, int]) -> None:
    app = app_for(plain, fixed)

    async def drive(pilot: Pilot[Any]) -> None:
        await wait_for_text(pilot, "can be freed")
        await pilot.press("question_mark")
        await wait_for_text(pilot, "escape closes")

    assert snap_compare(app, terminal_size=size, run_before=drive)


async def checked(app: ImmichTui, pilot: Pilot[Any]) -> Runner:
    """Go to the checked run of everything that is ready."""
    await review(app, pilot)
    assert app.session is not None
    await app.session.accept_all(row.group_id for row in app.session.ready())
    app.go("execute")
    await wait_for_step(pilot, "execute")
    await wait_for(pilot, lambda: app.runner is not None and app.runner.stage is Stage.CHECKED)
    await pilot.pause()
    assert app.runner is not None
    return app.runner


@SIZES
def test_execute_checks(
    snap_compare: SnapCompare, fixed: Paths, plain: DemoServer, size: tuple[int, int]
) -> None:
    app = app_for(plain, fixed)

    async def drive(pilot: Pilot[Any]) -> None:
        await checked(app, pilot)

    assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
def test_execute_question(
    snap_compare: SnapCompare, fixed: Paths, plain: DemoServer, size: tuple[int, int]
) -> None:
    app = app_for(plain, fixed)

    async def drive(pilot: Pilot[Any]) -> None:
        await checked(app, pilot)
        await pilot.press("enter")
        await wait_for_text(pilot, "Start the run?")

    assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
def test_execute_refused(snap_compare: SnapCompare, fixed: Paths, size: tuple[int, int]) -> None:
    with DemoServer(groups=40, trash=False) as server:
        app = app_for(server, fixed)

        async def drive(pilot: Pilot[Any]) -> None:
            await wait_for_text(pilot, "Trash is off")
            await pilot.press("enter")
            await checked(app, pilot)
            await pilot.press("D")
            await wait_for_text(pilot, "Delete for good?")

        assert snap_compare(app, terminal_size=size, run_before=drive)


def phase(name: str, status: Status, done: int, total: int, **more: Any) -> PhaseSnapshot:
    """A phase of the run that is shown standing still."""
    rest: dict[str, Any] = {
        "depth": 0,
        "bytes_done": 0,
        "bytes_total": 0,
        "units": "",
        "message": "",
        "eta_s": None,
        "errors": 0,
    }
    return PhaseSnapshot(name=name, label=name, status=status, done=done, total=total, **{**rest, **more})


STANDING = JobSnapshot(
    state=Status.RUNNING,
    reason="",
    phases=(
        phase("Check", Status.DONE, 57, 57),
        phase("Carry metadata", Status.DONE, 43, 43, errors=1),
        phase("Back up", Status.RUNNING, 36, 83, bytes_done=130 << 20, bytes_total=310 << 20, eta_s=46.0),
        phase("Check the trash", Status.WAITING, 0, 0),
        phase("Move to trash", Status.WAITING, 0, 0),
        phase("Keep and stack", Status.WAITING, 0, 0),
    ),
    errors=(
        ItemError(
            "carry", "IMG_0042[/red].jpg", "The server did not take over the location; its group stays."
        ),
        ItemError("backup", "DSC_9.NEF", "The checksum of the download does not match the server's."),
    ),
    error_count=2,
    counters={},
    elapsed_s=34.2,
    log=(),
)
SLOTS = (
    SlotSnapshot(1, SlotState.WORKING, "downloading IMG_20240612_1830.jpg", 3 << 20, 7 << 20),
    SlotSnapshot(2, SlotState.WORKING, "downloading 夏の海 with a long name that does not fit.heic", 1, 3),
    SlotSnapshot(3, SlotState.WORKING, "hashing MOV_3.mp4", 0, 0),
    SlotSnapshot(4, SlotState.RATE, "downloading DSC_1000.NEF", 0, 0),
    SlotSnapshot(5, SlotState.IDLE, "", 0, 0),
)


@SIZES
def test_execute_running(
    snap_compare: SnapCompare,
    fixed: Paths,
    plain: DemoServer,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = app_for(plain, fixed)

    async def drive(pilot: Pilot[Any]) -> None:
        runner = await checked(app, pilot)
        assert runner.job is not None
        pool = dataclasses.replace(
            runner.job.pool.snapshot(),
            busy=4,
            recent_rate=8.4,
            rate=10.0,
            slots=SLOTS,
            aside=("fetching pictures for the report",),
        )
        monkeypatch.setattr(ResolveJob, "snapshot", lambda job: STANDING)
        monkeypatch.setattr(Pool, "snapshot", lambda it: pool)
        assert isinstance(pool, PoolSnapshot)
        assert runner.begin()
        app.screen.post_message(StepScreen.Entered())
        await wait_for_text(pilot, "Running for")
        trend = app.screen.query_one(Sparkline)
        for step in range(130):
            trend.push(float((step * step) % 97) * 1e5)
        app.notify = lambda *args, **named: None  # type: ignore[method-assign]  # no toast on the picture

    assert snap_compare(app, terminal_size=size, run_before=drive)


@SIZES
def test_report(snap_compare: SnapCompare, fixed: Paths, size: tuple[int, int]) -> None:
    with DemoServer(groups=40, jobs_delay=0.05) as server:
        app = app_for(server, fixed, flags={"rate": 1000.0})

        async def drive(pilot: Pilot[Any]) -> None:
            await checked(app, pilot)
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for_step(pilot, "report")
            await wait_for_text(pilot, "report.json")
            assert app.report is not None
            folder = "backups/20260101T120000-c0ffee"
            app.report = dataclasses.replace(app.report, backup_folder=folder)
            app.report_path = Path(folder) / "report.json"
            on_top(app, ReportScreen).on_screen_resume()
            await pilot.pause()

        assert snap_compare(app, terminal_size=size, run_before=drive)


def test_too_small(snap_compare: SnapCompare, fixed: Paths) -> None:
    app = app_for(None, fixed)

    async def drive(pilot: Pilot[Any]) -> None:
        await wait_for_text(pilot, "too small")

    assert snap_compare(app, terminal_size=(50, 12), run_before=drive)


@SIZES
def test_connect_without_colour(
    snap_compare: SnapCompare,
    fixed: Paths,
    plain: DemoServer,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    app = app_for(plain, fixed, key=plain.new_key(LIMITED))

    async def drive(pilot: Pilot[Any]) -> None:
        await wait_for_text(pilot, "missing")

    assert snap_compare(app, terminal_size=size, run_before=drive)

"""`make screenshots`: the README's pictures, taken from the app on the demo server.

SVG is written always; PNG beside it where a headless Chromium is installed, for looking at.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from immich_tui.config import Paths
from immich_tui.demo.server import DemoServer
from immich_tui.tui.app import ImmichTui
from tests.tui.stage import app_for, review, wait_for, wait_for_step, wait_for_text

FOLDER = Path("screenshots").absolute()
SIZES = {"": (120, 36), "-80x24": (80, 24), "-200x50": (200, 50)}


async def take(suffix: str, size: tuple[int, int]) -> None:
    """Walk through the app once; other sizes than the usual one show the review only."""
    with tempfile.TemporaryDirectory() as name, DemoServer(jobs_delay=0.05) as server:
        root = Path(name)
        os.environ["HOME"] = str(root)
        os.chdir(root)
        app = app_for(server, Paths(root / "config", root / "data", root / "cache", Path("backups")))
        async with app.run_test(size=size, notifications=False) as pilot:
            await wait_for_step(pilot, "fetch")
            await wait_for_text(pilot, "can be freed", within=60)
            if not suffix:
                save(app, "fetch")
            await review(app, pilot)
            await pictures_shown(app, pilot)
            save(app, f"review{suffix}")
            if suffix:
                return
            await pilot.press("enter", "enter", "a", "i")
            await pictures_shown(app, pilot)
            save(app, "review-decided")
            await pilot.press("v")
            await pictures_shown(app, pilot)
            save(app, "picture")
            await pilot.press("escape", "F")
            await pilot.pause(0.3)
            save(app, "flags")
            await pilot.press("escape", "A")
            await wait_for_text(pilot, "Accept", "Cancel")
            await pilot.press("y")
            await wait_for(pilot, lambda: app.session and len(app.session.decided()) > 20)
            await pilot.press("X")
            await wait_for_step(pilot, "execute")
            await wait_for_text(pilot, "Ready", within=60)
            save(app, "preflight")
            await pilot.press("enter")
            await wait_for_text(pilot, "Start the run?")
            await pilot.press("y")
            await wait_for(pilot, lambda: halfway(app), within=120)
            save(app, "execute")
            await wait_for_step_within(app, pilot)
            save(app, "report")


def halfway(app: ImmichTui) -> bool:
    """Whether backups are on their way, so that the picture shows something."""
    snapshot = app.runner.job.snapshot() if app.runner and app.runner.job else None
    return bool(
        snapshot and any(p.name == "backup" and p.fraction and p.fraction > 0.3 for p in snapshot.phases)
    )


async def wait_for_step_within(app: ImmichTui, pilot: Pilot[Any]) -> None:
    """Wait for the report; a run at ten requests a second takes its time."""
    await wait_for(pilot, lambda: app.current_mode == "report", within=300)
    await wait_for_step(pilot, "report")


async def pictures_shown(app: ImmichTui, pilot: Pilot[Any]) -> None:
    """Wait until the thumbnails have arrived and were drawn."""
    await asyncio.sleep(1.5)


def save(app: ImmichTui, name: str) -> None:
    """Write one picture."""
    path = FOLDER / f"{name}.svg"
    # Without the web font: a picture in a README should fetch nothing.
    picture = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="immich-tui"), flags=re.DOTALL)
    path.write_text(picture)
    print(path.name)
    if chromium := shutil.which("chromium"):
        subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--window-size=1700,1100",
                f"--screenshot={path.with_suffix('.png')}",
                path.as_uri(),
            ],
            check=False,
            capture_output=True,
        )


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    os.environ["COLORTERM"] = "truecolor"
    for suffix, size in SIZES.items():
        asyncio.run(take(suffix, size))


if __name__ == "__main__":
    main()

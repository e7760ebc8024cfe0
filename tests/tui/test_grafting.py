"""Switching grafting on for one group, as a person sees it."""

from __future__ import annotations

import os
from pathlib import Path

from immich_tui.demo.server import DemoServer
from tests.shelf import KYOTO, Shelf, rich
from tests.workbench import workbench

from .review_library import ReviewApp, Scenes, screen_text, settled


def notices(app: ReviewApp) -> str:
    return " ".join(notice.message for notice in app._notifications)


async def seen(dialect: str, folder: Path, name: str = "") -> tuple[str, str, str]:
    """The screen before and after `G`, and what was said."""
    with DemoServer("empty", dialect=dialect) as server:
        winner, _ = Shelf(server).group(
            ("sharp.jpg", rich(size=9_000_000, camera=None, place=None)), ("poor.jpg", rich(place=KYOTO))
        )
        async with workbench(server, folder) as bench:
            await bench.session.choose_winner(winner.duplicate_id or "", winner.id)
            app = ReviewApp(bench.session, Scenes())
            async with app.run_test(size=(120, 36), notifications=True) as pilot:
                await settled(pilot)
                before = screen_text(app)
                await pilot.press("G")
                await settled(pilot)
                after = screen_text(app)
                if pictures := os.environ.get("GRAFT_PICTURES"):
                    Path(pictures, f"graft-{dialect}{name}.svg").write_text(app.export_screenshot())
                return before, after, notices(app)


async def test_the_ledger_shows_what_will_be_grafted(tmp_path: Path) -> None:
    before, after, said = await seen("3", tmp_path)
    assert "grafted" not in before
    assert "grafted" in after
    assert "Will graft" in said
    assert "replaces a sidecar" in said


async def test_where_it_is_not_possible_the_reason_is_said(tmp_path: Path) -> None:
    _, after, said = await seen("1.135", tmp_path)
    assert "grafted" not in after
    assert "Immich 1.135.3 cannot graft: it takes 2.2 or later." in said

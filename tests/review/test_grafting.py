"""Grafting switched on and off for single groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from immich_tui.demo.server import DemoServer
from immich_tui.review.decisions import Refused
from immich_tui.review.plan import adopt_plan, read_plan
from immich_tui.review.plan_export import write_plan_file
from immich_tui.verdict.model import Fate
from tests.shelf import Shelf, rich
from tests.workbench import reopened, workbench

BARE = rich(size=40_000, camera=None)


async def test_one_group_grafts_and_remembers_it(tmp_path: Path) -> None:
    with DemoServer("empty", dialect="3") as server:
        shelf = Shelf(server)
        winner, other = shelf.group(("a.jpg", BARE), ("b.jpg", rich()))
        group = winner.duplicate_id or ""
        async with workbench(server, tmp_path) as bench:
            await bench.session.choose_winner(group, winner.id)
            before = await bench.session.look(group)
            assert not before.ledger.with_fate(Fate.GRAFTED)
            switched = await bench.session.switch_graft(group)
            assert "the camera" in switched.told
            assert "sidecar" in switched.told
        async with reopened(server, tmp_path) as bench:
            look = await bench.session.look(group)
            assert {entry.field for entry in look.ledger.with_fate(Fate.GRAFTED)} == {
                "camera",
                "lens",
                "exposure",
            }
            # Another winner is another question, but the switch stays.
            await bench.session.toggle(group, other.id)
            assert (await bench.session.look(group)).choice.graft
            await bench.session.toggle(group, other.id)
            await bench.session.switch_graft(group)
            assert not (await bench.session.look(group)).ledger.with_fate(Fate.GRAFTED)
            await bench.session.undo()
            assert (await bench.session.look(group)).ledger.with_fate(Fate.GRAFTED)


async def test_a_loss_is_no_reason_to_worry_where_it_is_grafted(tmp_path: Path) -> None:
    with DemoServer("empty", dialect="3") as server:
        winner, _ = Shelf(server).group(
            ("a.jpg", rich(size=40_000, camera=None)), ("b.jpg", rich(size=9000, place=None))
        )
        group = winner.duplicate_id or ""
        levels = []
        for name, graft in (("off", False), ("on", True)):
            folder = tmp_path / name
            folder.mkdir()
            async with workbench(server, folder, graft=graft) as bench:
                look = await bench.session.look(group)
                assert look.verdict.winner == winner.id
                levels.append({flag.name: flag.severity.name for flag in look.verdict.flags})
        losses = ("camera_loss", "lens_loss", "exposure_loss")
        assert [levels[0][name] for name in losses] == ["BLOCK", "WARN", "WARN"]
        assert [levels[1][name] for name in losses] == ["INFO"] * 3


@pytest.mark.parametrize(
    ("dialect", "told", "reason"),
    [
        ("1.135", BARE, "Immich 1.135.3 cannot graft: it takes 2.2 or later."),
        ("3", rich(size=40_000, camera=None, external=True), "external library"),
        ("3", rich(size=40_000), "lacks nothing that a graft could bring"),
    ],
)
async def test_where_it_cannot_be_done_the_reason_is_said(
    dialect: str, told: dict[str, object], reason: str, tmp_path: Path
) -> None:
    with DemoServer("empty", dialect=dialect) as server:
        winner, _ = Shelf(server).group(("a.jpg", told), ("b.jpg", rich()))  # type: ignore[arg-type]  # as rich
        group = winner.duplicate_id or ""
        async with workbench(server, tmp_path, graft=False) as bench:
            await bench.session.choose_winner(group, winner.id)
            with pytest.raises(Refused, match=reason):
                await bench.session.switch_graft(group)


async def test_a_key_that_lacks_a_permission_names_it(tmp_path: Path) -> None:
    may = ("duplicate.read", "asset.read", "asset.update", "asset.delete", "asset.upload", "user.read")
    with DemoServer("empty", dialect="3", permissions=may) as server:
        winner, _ = Shelf(server).group(("a.jpg", BARE), ("b.jpg", rich()))
        async with workbench(server, tmp_path) as bench:
            with pytest.raises(Refused, match=r"The API key lacks asset\.copy"):
                await bench.session.switch_graft(winner.duplicate_id or "")


async def test_a_plan_file_carries_the_switch(tmp_path: Path) -> None:
    with DemoServer("empty", dialect="3") as server:
        winner, _ = Shelf(server).group(("a.jpg", BARE), ("b.jpg", rich()))
        group, path = winner.duplicate_id or "", tmp_path / "plan.json"
        async with workbench(server, tmp_path) as bench:
            await bench.session.choose_winner(group, winner.id)
            await bench.session.switch_graft(group)
            await write_plan_file(bench.session, path)
            assert '"graft": true' in path.read_text()
            await bench.session.clear(group)
            reading = await read_plan(bench.session, path)
            assert not reading.objections
            assert await adopt_plan(bench.session, reading) == 1
            assert (await bench.session.look(group)).ledger.with_fate(Fate.GRAFTED)

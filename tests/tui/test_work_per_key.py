"""What a key costs in the review, counted: widgets made, layouts, lines painted. Never seconds."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.app import App
from textual.pilot import Pilot
from textual.strip import Strip

from immich_tui.review.session import Look, Session
from immich_tui.tui.columns import Columns
from immich_tui.tui.drawing import Drawing
from immich_tui.tui.facts import Cell, Fact
from immich_tui.tui.picture_cache import PictureCache
from immich_tui.tui.pictures import Pictures
from immich_tui.tui.widgets import group_view
from immich_tui.tui.widgets.cards import HEAD, Cards
from immich_tui.tui.widgets.comparison import Comparison
from immich_tui.tui.widgets.group_list import GroupList
from immich_tui.tui.widgets.group_view import GroupView
from immich_tui.tui.widgets.unpainted import Unpainted
from tests.tui.review_library import ReviewApp, Scenes, library, open_session, settled, wait_for

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])


async def opened(folder: Path) -> Session:
    """A session of the small library."""
    return await open_session(folder, library())


def app_on(session: Session, source: Scenes | None = None) -> ReviewApp:
    """The review of it; pictures come from `source`."""
    return ReviewApp(session, source)


async def at_rest(pilot: Pilot[Any]) -> None:
    """Wait until everything is on the screen."""
    await settled(pilot)


@SIZES
async def test_another_group_makes_no_widget_and_lays_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    done: Counter[str] = Counter()

    def counted(owner: type, name: str) -> None:
        inner = getattr(owner, name)

        def count(self: object, *arguments: Any, **options: Any) -> Any:
            done[name] += 1
            return inner(self, *arguments, **options)

        monkeypatch.setattr(owner, name, count)

    app = app_on(await opened(tmp_path))
    async with app.run_test(size=size) as pilot:
        await at_rest(pilot)
        # From here on all groups have two members: on a tall screen more of them get lower cards.
        app.review.groups.cursor = 8
        await at_rest(pilot)
        before = app.review.groups.cursor
        counted(App, "_register")
        counted(Compositor, "reflow")
        counted(Compositor, "reflow_visible")
        counted(Compositor, "render_partial_update")
        for _ in range(6):
            await pilot.press("j")
            await at_rest(pilot)
        assert app.review.groups.cursor == before + 6
    assert done["render_partial_update"] >= 6
    assert not {"_register", "reflow", "reflow_visible"} & done.keys()


@SIZES
async def test_a_key_paints_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    painted: Counter[str] = Counter()
    for painter in (GroupList, Cards):
        paint: Callable[[Any, int], Strip] = painter.render_line

        def count(
            self: Any, y: int, paint: Callable[[Any, int], Strip] = paint, name: str = painter.__name__
        ) -> Strip:
            painted[name] += 1
            return paint(self, y)

        monkeypatch.setattr(painter, "render_line", count)
    made = 0
    making = Strip.__init__

    def make(self: Strip, *arguments: Any) -> None:
        nonlocal made
        made += 1
        making(self, *arguments)

    app = app_on(await opened(tmp_path))
    async with app.run_test(size=size) as pilot:
        await at_rest(pilot)
        painted.clear()
        monkeypatch.setattr(Strip, "__init__", make)
        await pilot.press("j")
        await at_rest(pilot)
        monkeypatch.undo()
        assert painted["GroupList"] == 2 * GroupList.ITEM_HEIGHT, "the item that was left, and the new one"
        said = len(app.review.view.cards._said)
        assert HEAD <= painted["Cards"] <= max(HEAD, said) + 1, "no line of a picture that is not there"
        # One strip for each line that reads differently, and a few that are cut or belong to borders.
        assert made <= 1.5 * size[1]


async def test_what_covers_nothing_paints_nothing(tmp_path: Path) -> None:
    app = app_on(await opened(tmp_path))
    async with app.run_test(size=(120, 36)) as pilot:
        await at_rest(pilot)
        bare: list[Any] = [widget for widget in app.screen.query("*") if isinstance(widget, Unpainted)]
        assert {widget.id for widget in bare} == {"desk", "centre"}
        for widget in bare:
            assert widget.render_lines(widget.size.region) == []
            background = widget.background_colors[1]
            assert background == app.screen.background_colors[1], "the screen behind it looks the same"


# -- pictures that are drawn before anybody asks


def ready(view: GroupView, look: Look) -> list[Drawing | None]:
    """The pictures of a group that are drawn already, at the size that they are shown at."""
    pictures, box = view.pictures, view.cards.box()
    assert pictures is not None
    assert box is not None
    return [pictures.ready(asset, box) for asset in look.group.assets]


async def test_the_next_groups_pictures_are_there_in_the_frame_that_shows_it(tmp_path: Path) -> None:
    source = Scenes()
    app = app_on(await opened(tmp_path), source)
    async with app.run_test(size=(120, 36)) as pilot:
        await at_rest(pilot)
        view, review = app.review.view, app.review
        coming = await review.looks.read(review.shown[1].group_id)
        await wait_for(pilot, lambda: all(ready(view, coming)))
        asked = len(source.asked)
        review.action_move(1)
        assert view.look is coming
        assert set(view.cards._drawings) == {0, 1}, "drawn with the text, nobody waited"
        drawn = [asset_id for asset_id, _ in source.asked[asked:]]
        assert not {asset.id for asset in coming.group.assets} & set(drawn)


async def test_nothing_is_drawn_ahead_where_pictures_are_not_at_hand(tmp_path: Path) -> None:
    source = Scenes()
    app = app_on(await opened(tmp_path), source)
    async with app.run_test(size=(120, 36)) as pilot:
        await at_rest(pilot)
        review, view = app.review, app.review.view
        look = await review.looks.read(review.shown[-1].group_id)
        asked = list(source.asked)
        await view.draw_ahead(look)
        assert source.asked == asked, "drawing ahead asks no server"
        assert not any(ready(view, look))
        view.pictures = None
        await view.draw_ahead(look)


async def test_pictures_from_the_disk_wait_neither_for_the_server_nor_for_fast_scrolling_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await opened(tmp_path)
    cache = PictureCache(tmp_path / "pictures")
    earlier = Pictures(Scenes(), cache=cache)
    for row in session.rows:
        for asset in (await session.look(row.group_id)).group.assets:
            await earlier.fetch(asset)
    await asyncio.gather(*earlier._writing)
    # What has to be asked of the server never comes now.
    monkeypatch.setattr(group_view, "PICTURES_AFTER", 3600.0)
    assert group_view.BLUR_AFTER < 0.05
    source = Scenes()
    app = app_on(session, source)
    app.review._pictures = Pictures(source, cache=cache)
    async with app.run_test(size=(120, 36)) as pilot:
        view = app.review.view

        def drawn() -> bool:
            """Whether the pictures on the screen are those of the group under the cursor."""
            look = view.look
            if look is None or look.group.id != app.here.group_id or view.cards.box() is None:
                return False
            here = ready(view, look)
            return all(here) and list(view.cards._drawings.values()) == here

        for _ in range(12):
            await pilot.press("j")
        await wait_for(pilot, drawn)
    assert source.asked == []


# -- the winner beside the only member that has room


def _said(pane: Comparison, y: int = 0) -> str:
    return re.sub(r"\s+", " ", "".join(text for text, _ in pane.parts(y))).strip()


async def test_the_winners_value_stands_beside_the_only_member_on_screen(tmp_path: Path) -> None:
    app = app_on(await opened(tmp_path))
    size = Fact("what", "size", (Cell("1.2 MiB"), Cell("2.5 MiB")), True, decides=1)
    gone = Fact("where", "GPS", (Cell("47.37689, 8.54169"), Cell("")), True)
    same = Fact("what", "format", (Cell("JPEG"), Cell("JPEG")), False)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        pane = app.review.view.comparison
        alone = Columns(15, 60, (0,), 0, 1)
        pane.show("g", (size, gone, same), alone, 0, 1, every=True)
        lines = [_said(pane, y) for y in range(pane.size.height)]
        assert "≠ size 1.2 MiB winner 2.5 MiB" in lines
        assert "≠ GPS 47.37689, 8.54169 winner — none" in lines
        assert "format JPEG" in lines, "what does not differ needs no winner beside it"
        better = {text: ink for y in range(6) for text, ink in pane.parts(y)}
        assert better["2.5 MiB"] == "better"
        pane.show("g", (size,), Columns(15, 60, (1,), 1, 0), 1, 1, every=True)
        assert "winner" not in " ".join(_said(pane, y) for y in range(4)), "the winner itself"
        pane.show("g", (size,), Columns(15, 20, (0,), 0, 1), 0, 1, every=True)
        assert "winner" not in " ".join(_said(pane, y) for y in range(4)), "no room for a value"
        pane.show("g", (size,), Columns(15, 30, (0, 1)), 0, 1, every=True)
        assert "winner" not in " ".join(_said(pane, y) for y in range(4)), "it has a column of its own"


def test_a_view_is_a_group_view_by_its_css() -> None:
    assert "Vertical" in GroupView._css_type_names, "the mixin must not hide the container's layout"

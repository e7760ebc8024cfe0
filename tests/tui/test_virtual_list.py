"""A list of a hundred thousand costs what a list of a hundred costs. Work is counted, not time."""

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult

from immich_tui.tui.ink import Part
from immich_tui.tui.widgets.virtual_list import VirtualList

from .stage import resize


class Numbers(VirtualList):
    ITEM_HEIGHT = 2

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[int] = []

    def item(self, index: int, width: int, current: bool) -> Sequence[Sequence[Part]]:
        self.painted.append(index)
        return [[(f"{'>' if current else ' '} item {index}", "strong")], [("  more", "muted")]]


class ListApp(App[None]):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.numbers = Numbers()
        self.count = count
        self.moved: list[int] = []
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.numbers

    def on_mount(self) -> None:
        self.numbers.set_count(self.count)
        self.numbers.focus()

    def on_virtual_list_moved(self, event: VirtualList.Moved) -> None:
        self.moved.append(event.index)

    def on_virtual_list_chosen(self, event: VirtualList.Chosen) -> None:
        self.chosen.append(event.index)


@pytest.mark.parametrize("count", [100, 100_000])
async def test_the_work_depends_on_what_is_seen(count: int) -> None:
    app = ListApp(count)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert len(set(app.numbers.painted)) <= 11
        app.numbers.painted.clear()
        await pilot.press("down")
        assert sorted(set(app.numbers.painted)) == [0, 1]
        app.numbers.painted.clear()
        await pilot.press("end")
        await pilot.pause()
        assert app.numbers.cursor == count - 1
        assert len(set(app.numbers.painted)) <= 12


async def test_an_item_that_changed_is_painted_alone() -> None:
    app = ListApp(1000)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        app.numbers.painted.clear()
        app.numbers.refresh_item(3)
        await pilot.pause()
        assert set(app.numbers.painted) == {3}


async def test_the_whole_item_under_the_cursor_is_in_sight() -> None:
    app = ListApp(1000)
    async with app.run_test(size=(60, 21)) as pilot:
        for _ in range(4):
            await pilot.press("pagedown")
            top = app.numbers.cursor * 2
            assert app.numbers.scroll_offset.y <= top
            assert top + 2 <= app.numbers.scroll_offset.y + app.numbers.size.height
        await resize(pilot, 60, 9)
        top = app.numbers.cursor * 2
        assert app.numbers.scroll_offset.y <= top < app.numbers.scroll_offset.y + 9


async def test_clicks_move_and_choose() -> None:
    app = ListApp(5)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.click(Numbers, offset=(4, 5))
        assert app.moved == [2]
        await pilot.click(Numbers, offset=(4, 4))
        assert app.chosen == [2]
        await pilot.click(Numbers, offset=(4, 15))
        assert app.numbers.cursor == 2


async def test_an_empty_list_does_nothing() -> None:
    app = ListApp(0)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("down", "up", "end", "home", "pagedown", "pageup")
        await pilot.click(Numbers, offset=(4, 5))
        assert app.moved == []
        assert app.numbers.cursor == 0

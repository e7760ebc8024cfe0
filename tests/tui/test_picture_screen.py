"""The picture on the whole screen: flipping, zooming, moving about, comparing, saying why there is none."""

import io
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from textual.app import App

from immich_tui.review.session import Look
from immich_tui.tui.drawing import Drawing
from immich_tui.tui.pictures import Pictures, PictureSource, Size
from immich_tui.tui.screens.confirm import Confirm
from immich_tui.tui.screens.picture import PictureScreen
from immich_tui.tui.technique import Technique
from immich_tui.tui.themes import OWN_THEMES
from immich_tui.tui.widgets.caption import Caption

from .colours import ink
from .pilots import PilotOf, driven
from .review_library import Scenes, asset, group, library, open_session, screen_text, wait_for


class Previews(Scenes):
    """A picture for every asset; `marked` ones have a white corner, `small` ones a quarter of the width."""

    def __init__(
        self, *, marked: Iterable[str] = (), small: Iterable[str] = (), missing: Iterable[str] = ()
    ) -> None:
        super().__init__(missing)
        self.marked, self.small = set(marked), set(small)

    async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
        await super().thumbnail(asset_id, size)
        image = Image.linear_gradient("L").resize((800, 600)).convert("RGB")
        if asset_id in self.marked:
            ImageDraw.Draw(image).rectangle((0, 0, 160, 120), (255, 255, 255))
        if asset_id in self.small:
            image = image.resize((200, 150))
        file = io.BytesIO()
        image.save(file, "JPEG")
        return file.getvalue()


class Alone(App[None]):
    """The picture screen and nothing else; what it leaves with."""

    def __init__(self, screen: PictureScreen) -> None:
        super().__init__()
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self.theme = "darkroom"
        self.shown = screen
        self.left_with: int | None = None

    def on_mount(self) -> None:
        self.push_screen(self.shown, self.leave)

    def leave(self, member: int | None) -> None:
        self.left_with = member


@pytest.fixture
async def look(tmp_path: Path) -> AsyncIterator[Look]:
    """Two photos."""
    session = await open_session(tmp_path, library()[:1])
    yield await session.look(session.rows[0].group_id)
    await session.close()


@asynccontextmanager
async def showing(
    look: Look,
    source: PictureSource,
    technique: Technique | None = None,
    size: tuple[int, int] = (120, 36),
    member: int = 0,
) -> AsyncIterator[PilotOf[Alone]]:
    """The screen, settled."""
    pictures = Pictures(source, technique) if technique else Pictures(source)
    app = Alone(PictureScreen(look, member, pictures))
    async with driven(app, size) as pilot:
        await wait_for(pilot, lambda: app.screen is app.shown and app.shown.is_mounted)
        await settled(pilot)
        yield pilot


async def settled(pilot: PilotOf[Alone]) -> None:
    await pilot.pause()
    await wait_for(pilot, lambda: not [worker for worker in pilot.app.workers if worker.is_running])
    await pilot.pause()


async def press(pilot: PilotOf[Alone], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def drawing(pilot: PilotOf[Alone]) -> Drawing:
    drawing = pilot.app.shown.view._drawing
    assert drawing is not None
    return drawing


async def test_the_header_tells_which_photo_it_is(look: Look) -> None:
    async with showing(look, Previews()) as pilot:
        text = screen_text(pilot.app)
        for words in ("1 of 2", "KEEP", "IMG_20240612_101500.jpg", "1.2 MiB", "whole photo", "flip", "1:1"):
            assert words in text
        await press(pilot, "space")
        assert "TRASH" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert pilot.app.left_with == 1


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 50)])
async def test_it_fits_everywhere(look: Look, size: tuple[int, int]) -> None:
    async with showing(look, Previews(), size=size) as pilot:
        await press(pilot, "d", "d", "z", "plus", "minus")
        lines = screen_text(pilot.app).splitlines()
        assert len(lines) == size[1]
        assert "▀" in lines[size[1] // 2]
        assert "1 of 2" in lines[0]
        if size[0] >= 80:
            assert "IMG_20240612_101500.jpg" in lines[1], "the name gives way last"


@pytest.mark.parametrize("width", [60, 70, 80])
async def test_the_legend_of_a_difference_is_never_cut(look: Look, width: int) -> None:
    async with showing(look, Previews(), size=(width, 24)) as pilot:
        await press(pilot, "d")
        legend = screen_text(pilot.app).splitlines()[2].rstrip()
        assert legend.endswith(
            "most different (4 times stronger)" if width == 80 else "white: most different"
        )


async def test_zoom_goes_in_steps_and_back(look: Look) -> None:
    async with showing(look, Previews()) as pilot:
        await press(pilot, "plus")
        assert 0.4 < drawing(pilot).share[0] < 0.8
        await press(pilot, "plus", "plus", "plus", "plus", "plus")
        assert " 1:1 " in screen_text(pilot.app)
        assert drawing(pilot).share == (120 / 800, 64 / 600)
        await press(pilot, "z")
        assert drawing(pilot).share == (1.0, 1.0)
        await press(pilot, "z", "minus", "minus", "minus", "minus", "minus")
        assert "whole photo" in screen_text(pilot.app)


async def test_keys_move_about_and_stop_at_the_edge(look: Look) -> None:
    async with showing(look, Previews()) as pilot:
        await press(pilot, "z", "l", "j")
        window = pilot.app.shown._window
        assert window.x > 0.5
        assert window.y > 0.5
        await pilot.press(*["left"] * 16, *["up"] * 20)
        await settled(pilot)
        window = pilot.app.shown._window
        assert window.x == pytest.approx(120 / 800 / 2)
        assert window.y == pytest.approx(64 / 600 / 2)
        await press(pilot, "right")
        assert pilot.app.shown._window.x > window.x
        assert "1 of 2" in screen_text(pilot.app)


async def test_flipping_stays_at_the_same_place_at_the_same_scale(look: Look) -> None:
    small = look.group.assets[1].id
    async with showing(look, Previews(small={small})) as pilot:
        await press(pilot, "z", "l")
        large = drawing(pilot)
        assert "at the same scale" in screen_text(pilot.app)
        await press(pilot, "space")
        assert drawing(pilot).pixels == (200, 150)
        assert drawing(pilot).share == pytest.approx(large.share, abs=0.01)
        assert (drawing(pilot).width, drawing(pilot).height) == (large.width, large.height)


async def test_the_mouse_flips_zooms_and_drags(look: Look) -> None:
    async with showing(look, Previews()) as pilot:
        view = pilot.app.shown.view
        await pilot.click(view, offset=(60, 15))
        await settled(pilot)
        assert "2 of 2" in screen_text(pilot.app)
        view.post_message(view.Wheeled(True, 0.75, 0.25))
        await settled(pilot)
        assert pilot.app.shown._window.x == 0.75
        before = pilot.app.shown._window
        await pilot.mouse_down(view, offset=(60, 15))
        await pilot.hover(view, offset=(90, 20))
        await pilot.mouse_up(view, offset=(90, 20))
        await settled(pilot)
        after = pilot.app.shown._window
        assert after.x < before.x
        assert "2 of 2" in screen_text(pilot.app)
        view.post_message(view.Wheeled(False, 0.5, 0.5))
        await settled(pilot)
        assert pilot.app.shown._window.whole


async def test_the_difference_is_drawn_and_told(look: Look) -> None:
    async with showing(look, Previews(marked={look.group.assets[1].id})) as pilot:
        await press(pilot, "d")
        text = screen_text(pilot.app)
        assert "Difference of 1 and 2" in text
        assert "at the top left" in text
        assert "grey: the same · orange: different" in text
        pilot.app.no_color = True
        pilot.app.shown.query_one(Caption).refresh()
        await wait_for(pilot, lambda: "the brighter, the more different" in screen_text(pilot.app))
        pilot.app.no_color = False
        corner, middle = (ink(drawing(pilot).lines[y][0]) for y in (1, 20))
        assert min(corner) > 100
        assert max(middle) < 100
        await press(pilot, "d")
        assert "whole photo" in screen_text(pilot.app)


async def test_equal_photos_do_not_differ(look: Look) -> None:
    async with showing(look, Previews()) as pilot:
        await press(pilot, "d")
        assert "No visible difference" in screen_text(pilot.app)


async def test_what_cannot_be_shown_says_why(look: Look) -> None:
    first = look.group.assets[0].id
    async with showing(look, Previews(missing={first})) as pilot:
        assert "no preview yet" in screen_text(pilot.app)
        await press(pilot, "z", "plus")
        assert "no preview yet" in screen_text(pilot.app)
        await press(pilot, "z", "d")
        assert "no preview yet" in screen_text(pilot.app)
        await press(pilot, "d", "space")
        assert "whole photo" in screen_text(pilot.app)


async def test_a_video_shows_how_long_it_is(tmp_path: Path) -> None:
    session = await open_session(tmp_path, library()[3:4])
    film = await session.look(session.rows[0].group_id)
    ids = [asset.id for asset in film.group.assets]
    async with showing(film, Previews(missing={ids[1]})) as pilot:
        assert "▶ 0:12" in screen_text(pilot.app).splitlines()[3]
        await press(pilot, "space")
        assert "▶ 0:12  no preview yet" in screen_text(pilot.app)
    await session.close()


async def test_off_is_said_and_nothing_is_asked_for(look: Look) -> None:
    source = Previews()
    async with showing(look, source, Technique("off")) as pilot:
        assert "images = off" in screen_text(pilot.app)
        await press(pilot, "space", "z", "d")
        assert source.asked == []


async def test_alone_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    session = await open_session(tmp_path, [group(1, asset("one.jpg", 1.0))])
    single = await session.look(session.rows[0].group_id)
    async with showing(single, Previews()) as pilot:
        await press(pilot, "d", "space", "l", "z")
        assert "1 of 1" in screen_text(pilot.app)
    await session.close()


async def test_sharp_pictures_are_placed_by_text_and_hidden_under_dialogs(look: Look) -> None:
    async with showing(look, Previews(), Technique("kitty", (10, 20))) as pilot:
        assert "\U0010eeee" in screen_text(pilot.app)
        await pilot.app.push_screen(Confirm("Really?", (), yes="Yes", no="No"))
        await pilot.pause()
        await wait_for(pilot, lambda: "\U0010eeee" not in screen_text(pilot.app))
        pilot.app.pop_screen()
        await wait_for(pilot, lambda: "\U0010eeee" in screen_text(pilot.app))


async def test_resizing_draws_again(look: Look) -> None:
    async with showing(look, Previews(), Technique("kitty", (10, 20))) as pilot:
        before = drawing(pilot).width
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        await wait_for(pilot, lambda: drawing(pilot).width < before)
        assert len(screen_text(pilot.app).splitlines()) == 24

"""Pictures keep their proportions, are fetched once, and never break the screen."""

import asyncio
import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from immich_tui.immich.errors import Gone, ImmichError
from immich_tui.immich.models import Asset
from immich_tui.tui.blur import blurred
from immich_tui.tui.drawing import SMALL, WHOLE, Box, Drawing, Window, decoded, drawn, fitted, painted, seen
from immich_tui.tui.picture_cache import PictureCache
from immich_tui.tui.pictures import BYTES_KEPT, FETCHES_AT_ONCE, Pictures, Size
from immich_tui.tui.sixel import MOST_COLOURS, TELLING, few_colours
from immich_tui.tui.technique import BLOCKS, Technique

from .colours import ground, how_many, ink
from .review_library import HASH, Scenes, scene

KITTY = Technique("kitty", (10, 20))


def photo(asset_id: str = "a") -> Asset:
    return Asset(id=asset_id, type="IMAGE", checksum="c", thumbhash=HASH)


def encoded(
    width: int, height: int, colour: tuple[int, int, int] = (10, 200, 30), kind: str = "PNG"
) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("size", "box"), [((400, 300), (40, 15)), ((300, 400), (40, 15)), ((1000, 10), (30, 10))]
)
def test_proportions_are_kept_with_two_square_pixels_in_a_cell(size: Box, box: Box) -> None:
    width, height = fitted(*size, box)
    assert width <= box[0]
    assert height <= box[1] * 2
    assert height % 2 == 0
    if min(width, height) > 4:
        assert width / height == pytest.approx(size[0] / size[1], rel=0.1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_drawing_has_the_colours_of_the_picture(kind: str) -> None:
    drawing = drawn(encoded(80, 60, (200, 40, 40), kind), (20, 8))
    assert drawing.height == len(drawing.lines) == 8
    for line in drawing.lines:
        assert sum(len(segment.text) for segment in line) == drawing.width
        for segment in line:
            red, green, blue = ink(segment)
            assert abs(red - 200) < 8
            assert abs(green - 40) < 8
            assert abs(blue - 40) < 8


def test_upper_and_lower_half_of_a_cell_are_two_pixels() -> None:
    image = Image.new("RGB", (4, 4))
    for x in range(4):
        for y in range(4):
            image.putpixel((x, y), (255, 255, 255) if y % 2 else (0, 0, 0))
    file = io.BytesIO()
    image.save(file, "PNG")
    segment = drawn(file.getvalue(), (4, 2)).lines[0][0]
    assert ink(segment) == (0, 0, 0)
    assert ground(segment) == (255, 255, 255)


@pytest.mark.parametrize(
    "damage", [b"", b"not a picture", encoded(50, 50)[:60], b"\xff\xd8\xff\xe0" + bytes(40)]
)
def test_damage_is_told(damage: bytes) -> None:
    assert drawn(damage, (10, 5)).problem


def test_a_picture_of_absurd_size_is_not_decoded() -> None:
    assert drawn(encoded(41_000_000, 1), (10, 5)).problem


def test_a_blur_has_the_proportions_of_the_picture() -> None:
    drawing = blurred(HASH, 4 / 3, (40, 15))
    assert drawing is not None
    assert drawing.width / (drawing.height * 2) == pytest.approx(4 / 3, rel=0.1)
    assert blurred(None, 1.0, (40, 15)) is None
    assert blurred("no hash", 1.0, (40, 15)) is None
    unknown = blurred(HASH, None, (40, 15))
    assert unknown is not None
    assert unknown.lines


def test_the_blur_looks_like_the_picture() -> None:
    """The hash is that of a picture that is lighter on one side: so is the blur."""
    drawing = blurred(HASH, 4 / 3, (20, 8))
    assert drawing is not None
    tones = {ink(segment) for line in drawing.lines for segment in line}
    assert len(tones) > 20


def test_a_cell_that_is_not_twice_as_high_as_wide_keeps_the_proportions() -> None:
    width, height = fitted(400, 300, (200, 40), tall=2.5)
    assert width / (height / 2 * 2.5) == pytest.approx(4 / 3, rel=0.05)


def test_a_picture_that_lies_on_its_side_is_turned() -> None:
    image = Image.new("RGB", (80, 40), (200, 0, 0))
    exif = image.getexif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif)
    assert decoded(file.getvalue()).size == (40, 80)


def gradient(width: int, height: int) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).rotate(90, expand=False).convert("RGB")


def test_pixel_by_pixel_shows_as_many_pixels_as_there_is_room_for() -> None:
    image = gradient(400, 400)
    drawing = painted(image, (40, 15), BLOCKS, Window(False, 0.5, 0.5))
    assert (drawing.width, drawing.height) == (40, 15)
    assert drawing.share == (40 / 400, 30 / 400)
    assert seen((400, 400), (40, 15), BLOCKS, Window(False, 0.0, 1.0)) == (0, 370, 40, 400)
    assert seen((400, 400), (40, 15), KITTY, Window(False, 0.0, 0.0)) == (0, 0, 400, 300)


def test_a_small_picture_is_magnified_to_the_scale_of_the_large_one() -> None:
    large = painted(gradient(400, 200), (40, 10), BLOCKS, Window(False, 0.5, 0.5))
    small = painted(gradient(100, 50), (40, 10), BLOCKS, Window(False, 0.5, 0.5, magnified=4.0))
    assert large.share == small.share
    assert (large.width, large.height) == (small.width, small.height)


def test_kitty_is_sent_once_and_placed_by_text() -> None:
    drawing = painted(gradient(100, 80), (20, 8), KITTY)
    assert drawing.lines
    assert drawing.sharp is not None
    assert len(drawing.sharp.lines) == drawing.height
    assert drawing.sharp.message.startswith("\x1b_Ga=T,U=1,f=100")
    assert f"i={drawing.sharp.image_id},c={drawing.width},r={drawing.height}" in drawing.sharp.message
    assert painted(gradient(100, 80), (20, 8), BLOCKS).sharp is None


def sent(drawing: Drawing) -> Image.Image:
    """The picture in the messages for the terminal."""
    assert drawing.sharp is not None
    payload = "".join(re.findall(r"m=[01];([^\x1b]*)\x1b", drawing.sharp.message))
    return Image.open(io.BytesIO(base64.standard_b64decode(payload)))


def test_a_small_kitty_picture_is_sent_in_256_colours_and_a_large_one_in_all() -> None:
    picture = Image.merge("RGB", [Image.effect_noise((600, 400), 60) for _ in range(3)])
    small, large = painted(picture, (20, 8), KITTY), painted(picture, (60, 20), KITTY)
    few, all_ = sent(small), sent(large)
    assert few.width * few.height <= SMALL < all_.width * all_.height
    assert few.mode == "P"
    assert how_many(few.convert("RGB")) <= 256
    assert all_.mode == "RGB"
    assert how_many(all_) > 256


def test_256_colours_look_like_the_picture() -> None:
    picture = Image.open(io.BytesIO(scene("a"))).convert("RGB")
    few = sent(painted(picture, (24, 9), KITTY)).convert("RGB")
    off = ImageStat.Stat(ImageChops.difference(few, picture.resize(few.size))).mean
    assert max(off) < 8


def test_the_colours_of_a_sixel_are_chosen_from_some_pixels_and_look_like_all() -> None:
    picture = decoded(scene("a", 6))
    assert picture.width * picture.height > 4 * TELLING
    few = few_colours(picture)
    assert how_many(few) <= MOST_COLOURS
    assert max(ImageStat.Stat(ImageChops.difference(few.convert("RGB"), picture)).mean) < 2
    assert few_colours(Image.new("RGB", (1, 1), (9, 8, 7))).convert("RGB").getpixel((0, 0)) == (9, 8, 7)


async def test_a_picture_is_fetched_once_and_kept() -> None:
    source = Scenes()
    pictures = Pictures(source)
    first, again = await asyncio.gather(pictures.draw(photo(), (20, 8)), pictures.draw(photo(), (20, 8)))
    await pictures.draw(photo(), (30, 12))
    assert source.asked == [("a", "thumbnail")]
    assert first == again
    assert pictures.ready(photo(), (20, 8)) is not None
    assert pictures.ready(photo(), (21, 8)) is None


async def test_another_file_under_the_same_id_is_another_picture() -> None:
    source = Scenes()
    pictures = Pictures(source)
    await pictures.draw(photo(), (20, 8))
    await pictures.draw(photo().model_copy(update={"checksum": "d"}), (20, 8))
    assert len(source.asked) == 2


async def test_a_failure_is_told_and_tried_again() -> None:
    source = Scenes(missing={"a"})
    pictures = Pictures(source)
    assert (await pictures.draw(photo(), (20, 8))).problem == "no preview yet"
    source.missing.clear()
    assert (await pictures.draw(photo(), (20, 8))).lines


async def test_a_servers_error_is_told_in_its_own_sentence() -> None:
    class Broken:
        async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
            raise ImmichError("The server failed (500).", "")

    assert (await Pictures(Broken()).draw(photo(), (20, 8))).problem == "The server failed (500)."


async def test_a_video_says_how_long_it_is() -> None:
    video = Asset.model_validate({"id": "v", "type": "VIDEO", "duration": "0:01:15.2"})
    assert (await Pictures(Scenes()).draw(video, (20, 8))).caption == "▶ 1:15"
    missing = await Pictures(Scenes(missing={"v"})).draw(video, (20, 8))
    assert missing.problem == "▶ 1:15  no preview yet"


async def test_off_asks_for_nothing() -> None:
    source = Scenes()
    pictures = Pictures(source, Technique("off"))
    assert "images = off" in (await pictures.draw(photo(), (20, 8), "preview")).problem
    assert await pictures.at_hand(photo(), (20, 8)) is None
    assert (await pictures.compare(photo(), photo("b"), (20, 8)))[0].problem
    with pytest.raises(Gone):
        await pictures.fetch(photo())
    assert source.asked == []


async def test_only_a_few_are_fetched_at_once() -> None:
    class Counting(Scenes):
        now = most = 0

        async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
            Counting.now += 1
            Counting.most = max(Counting.most, Counting.now)
            await asyncio.sleep(0.01)
            Counting.now -= 1
            return scene(asset_id)

    pictures = Pictures(Counting())
    await asyncio.gather(*(pictures.draw(photo(f"{n}"), (8, 4)) for n in range(20)))
    assert Counting.most == FETCHES_AT_ONCE


class Slow(Scenes):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.go = asyncio.Event(), asyncio.Event()

    async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
        self.started.set()
        answer = await super().thumbnail(asset_id, size)
        await self.go.wait()
        return answer


async def given_up(task: asyncio.Task[Drawing]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_leaving_does_not_throw_a_fetch_away() -> None:
    source = Slow()
    pictures = Pictures(source)
    task = asyncio.create_task(pictures.draw(photo(), (20, 8)))
    await source.started.wait()
    await given_up(task)
    source.go.set()
    assert (await pictures.draw(photo(), (20, 8))).lines
    assert len(source.asked) == 1


async def test_what_nobody_waits_for_any_more_is_not_asked_for() -> None:
    source = Slow()
    pictures = Pictures(source)
    tasks = [asyncio.create_task(pictures.draw(photo(f"{n}"), (20, 8))) for n in range(12)]
    await source.started.wait()
    for task in tasks:
        await given_up(task)
    source.go.set()
    assert (await pictures.draw(photo("last"), (20, 8))).lines
    assert {asset_id for asset_id, _ in source.asked} == {"0", "1", "2", "3", "last"}


async def test_memory_is_bounded() -> None:
    class Large(Scenes):
        async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
            return bytes(BYTES_KEPT // 4)

    pictures = Pictures(Large())
    for n in range(12):
        await pictures.fetch(photo(str(n)))
    assert pictures._encoded.weight <= BYTES_KEPT
    assert len(pictures._encoded) == 4


async def test_the_next_evening_asks_for_nothing(tmp_path: Path) -> None:
    first = Scenes()
    evening = Pictures(first, cache=PictureCache(tmp_path / "pictures"), server="https://photos.example.org")
    await evening.draw(photo(), (20, 8))
    while evening._writing:
        await asyncio.gather(*evening._writing)
    second = Scenes()
    cache = PictureCache(tmp_path / "pictures")
    next_evening = Pictures(second, cache=cache, server="https://photos.example.org")
    kept = await next_evening.at_hand(photo(), (20, 8))
    assert kept is not None
    assert kept.lines
    assert second.asked == []
    elsewhere = Pictures(second, cache=cache, server="https://other.example.org")
    assert await elsewhere.at_hand(photo(), (20, 8)) is None


async def test_damage_on_disk_is_asked_for_again(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path / "pictures")
    source = Scenes()
    pictures = Pictures(source, cache=cache)
    cache.write(b"no picture", "", "a", f"c {HASH}", "thumbnail")
    assert (await pictures.draw(photo(), (20, 8))).problem == "cannot be shown"
    assert (await pictures.draw(photo(), (20, 8))).lines
    assert source.asked == [("a", "thumbnail")]


async def test_a_difference_is_found_and_kept_in_its_place() -> None:
    class Two(Scenes):
        async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
            image = gradient(300, 200)
            if asset_id == "b":
                image.paste((255, 255, 255), (0, 0, 60, 40))
            file = io.BytesIO()
            image.save(file, "PNG")
            return file.getvalue()

    drawing, found = await Pictures(Two()).compare(photo("a"), photo("b"), (30, 10))
    assert drawing.lines
    assert found is not None
    assert found.share == pytest.approx(0.04, abs=0.01)
    assert "at the top left" in found.sentence
    same = (await Pictures(Two()).compare(photo("a"), photo("c"), (30, 10)))[1]
    assert same is not None
    assert same.share == 0
    assert "No visible difference" in same.sentence


async def test_a_damaged_picture_cannot_be_compared() -> None:
    class Half(Scenes):
        async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
            return scene(asset_id) if asset_id == "a" else b"no picture"

    drawing, found = await Pictures(Half()).compare(photo("a"), photo("b"), (30, 10), window=WHOLE)
    assert found is None
    assert "cannot be compared" in drawing.problem

"""Pictures keep their proportions, are fetched once, and never break the screen."""

import asyncio
import io

import pytest
from PIL import Image

from immich_tui.immich.errors import ImmichError
from immich_tui.tui.blur import blurred
from immich_tui.tui.pictures import BYTES_KEPT, FETCHES_AT_ONCE, Pictures, drawn, fitted

from .review_library import HASH, Scenes, scene


def encoded(width, height, colour=(10, 200, 30), kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("size", "box"), [((400, 300), (40, 15)), ((300, 400), (40, 15)), ((1000, 10), (30, 10))]
)
def test_proportions_are_kept_with_two_square_pixels_in_a_cell(size, box):
    width, height = fitted(*size, box)
    assert width <= box[0]
    assert height <= box[1] * 2
    assert height % 2 == 0
    if min(width, height) > 4:
        assert width / height == pytest.approx(size[0] / size[1], rel=0.1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_drawing_has_the_colours_of_the_picture(kind):
    drawing = drawn(encoded(80, 60, (200, 40, 40), kind), (20, 8))
    assert drawing.height == len(drawing.lines) == 8
    for line in drawing.lines:
        assert sum(len(segment.text) for segment in line) == drawing.width
        for segment in line:
            red, green, blue = segment.style.color.triplet
            assert abs(red - 200) < 8
            assert abs(green - 40) < 8
            assert abs(blue - 40) < 8


def test_upper_and_lower_half_of_a_cell_are_two_pixels():
    image = Image.new("RGB", (4, 4))
    for x in range(4):
        for y in range(4):
            image.putpixel((x, y), (255, 255, 255) if y % 2 else (0, 0, 0))
    file = io.BytesIO()
    image.save(file, "PNG")
    segment = drawn(file.getvalue(), (4, 2)).lines[0][0]
    assert segment.style.color.triplet == (0, 0, 0)
    assert segment.style.bgcolor.triplet == (255, 255, 255)


@pytest.mark.parametrize(
    "damage", [b"", b"not a picture", encoded(50, 50)[:60], b"\xff\xd8\xff\xe0" + bytes(40)]
)
def test_damage_is_told(damage):
    assert drawn(damage, (10, 5)).problem


def test_a_picture_of_absurd_size_is_not_decoded():
    assert drawn(encoded(9000, 9000), (10, 5)).problem


def test_a_blur_has_the_proportions_of_the_picture():
    drawing = blurred(HASH, 4 / 3, (40, 15))
    assert drawing.width / (drawing.height * 2) == pytest.approx(4 / 3, rel=0.1)
    assert blurred(None, 1.0, (40, 15)) is None
    assert blurred("no hash", 1.0, (40, 15)) is None
    assert blurred(HASH, None, (40, 15)).lines


def test_the_blur_looks_like_the_picture():
    """The hash is that of a picture that is lighter on one side: so is the blur."""
    drawing = blurred(HASH, 4 / 3, (20, 8))
    tones = {segment.style.color.triplet for line in drawing.lines for segment in line}
    assert len(tones) > 20


async def test_a_picture_is_fetched_once_and_kept():
    source = Scenes()
    pictures = Pictures(source)
    first, again = await asyncio.gather(pictures.draw("a", (20, 8)), pictures.draw("a", (20, 8)))
    await pictures.draw("a", (30, 12))
    assert source.asked == [("a", "thumbnail")]
    assert first == again
    assert pictures.ready("a", (20, 8)) is not None
    assert pictures.ready("a", (21, 8)) is None


async def test_a_failure_is_told_and_tried_again():
    source = Scenes(missing={"a"})
    pictures = Pictures(source)
    assert (await pictures.draw("a", (20, 8))).problem == "no preview yet"
    source.missing.clear()
    assert (await pictures.draw("a", (20, 8))).lines


async def test_a_servers_error_is_told_in_its_own_sentence():
    class Broken:
        async def thumbnail(self, asset_id, size="thumbnail"):
            raise ImmichError("The server failed (500).", "")

    assert (await Pictures(Broken()).draw("a", (20, 8))).problem == "The server failed (500)."


async def test_only_a_few_are_fetched_at_once():
    class Counting(Scenes):
        now = most = 0

        async def thumbnail(self, asset_id, size="thumbnail"):
            Counting.now += 1
            Counting.most = max(Counting.most, Counting.now)
            await asyncio.sleep(0.01)
            Counting.now -= 1
            return scene(asset_id)

    pictures = Pictures(Counting())
    await asyncio.gather(*(pictures.draw(f"{n}", (8, 4)) for n in range(20)))
    assert Counting.most == FETCHES_AT_ONCE


async def test_leaving_does_not_throw_a_fetch_away():
    started, go = asyncio.Event(), asyncio.Event()

    class Slow(Scenes):
        async def thumbnail(self, asset_id, size="thumbnail"):
            started.set()
            await go.wait()
            return await super().thumbnail(asset_id, size)

    source = Slow()
    pictures = Pictures(source)
    task = asyncio.create_task(pictures.draw("a", (20, 8)))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    assert (await pictures.draw("a", (20, 8))).lines
    assert len(source.asked) == 1


async def test_memory_is_bounded():
    class Large(Scenes):
        async def thumbnail(self, asset_id, size="thumbnail"):
            return bytes(BYTES_KEPT // 4)

    pictures = Pictures(Large())
    await pictures.prefetch([str(n) for n in range(12)])
    assert pictures._encoded_bytes <= BYTES_KEPT
    assert len(pictures._encoded) == 4


async def test_prefetching_swallows_failures():
    source = Scenes(missing={"b"})
    await Pictures(source).prefetch(["a", "b", "c"])
    assert [asset_id for asset_id, _ in source.asked] == ["a", "b", "c"]

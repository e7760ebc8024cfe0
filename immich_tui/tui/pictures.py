"""Pictures as text: fetched once, decoded and scaled in a thread, drawn with half blocks.

A cell is twice as high as it is wide, so `▀` in two colours makes two square pixels of it. Nothing here
touches a widget; a screen asks, gets lines of segments, and may throw them away when they come too late.
"""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from PIL import Image, UnidentifiedImageError
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from immich_tui.immich.errors import Gone, ImmichError

Size = Literal["thumbnail", "preview"]
Box = tuple[int, int]
"""Width and height in cells."""

HALF = "▀"
FETCHES_AT_ONCE = 4
BYTES_KEPT = 24_000_000
"""Encoded pictures in memory: about 1,500 thumbnails, or 80 previews."""
DRAWINGS_KEPT = 60
"""Drawn pictures in memory: at most 180 kB each."""
LARGEST_PICTURE = 40_000_000
"""More pixels than a preview can have; what claims more is not decoded."""

NOT_MADE = "no preview yet"
NOT_A_PICTURE = "cannot be shown"


class PictureSource(Protocol):
    """Where pictures come from. `size` is about 250 pixels (`thumbnail`) or 1440 (`preview`)."""

    async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
        """The encoded picture; raises `ImmichError`."""
        ...


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture in cells. Without lines, `problem` says in a few words why there is none."""

    width: int = 0
    height: int = 0
    lines: tuple[tuple[Segment, ...], ...] = ()
    problem: str = ""


class Pictures:
    """Fetches and draws pictures, and keeps the last ones."""

    def __init__(self, source: PictureSource) -> None:
        self._source = source
        self._permits = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._encoded: OrderedDict[tuple[str, Size], bytes] = OrderedDict()
        self._encoded_bytes = 0
        self._drawings: OrderedDict[tuple[str, Size, Box], Drawing] = OrderedDict()
        self._under_way: dict[tuple[str, Size], asyncio.Task[bytes]] = {}

    def ready(self, asset_id: str, box: Box, size: Size = "thumbnail") -> Drawing | None:
        """The drawing, if it is here already."""
        key = (asset_id, size, box)
        found = self._drawings.get(key)
        if found is not None:
            self._drawings.move_to_end(key)
        return found

    async def draw(self, asset_id: str, box: Box, size: Size = "thumbnail") -> Drawing:
        """The picture drawn into a box; a drawing without lines when there is none to be had."""
        found = self.ready(asset_id, box, size)
        if found is not None:
            return found
        try:
            encoded = await self._fetch(asset_id, size)
        except Gone:
            return Drawing(problem=NOT_MADE)
        except ImmichError as error:
            return Drawing(problem=error.sentence)
        drawing = await asyncio.to_thread(drawn, encoded, box)
        self._drawings[asset_id, size, box] = drawing
        while len(self._drawings) > DRAWINGS_KEPT:
            self._drawings.popitem(last=False)
        return drawing

    async def prefetch(self, asset_ids: Sequence[str], size: Size = "thumbnail") -> None:
        """Fetch pictures that will probably be asked for; failures do not matter yet."""
        for asset_id in asset_ids:
            try:
                await self._fetch(asset_id, size)
            except ImmichError:
                continue

    async def _fetch(self, asset_id: str, size: Size) -> bytes:
        key = (asset_id, size)
        found = self._encoded.get(key)
        if found is not None:
            self._encoded.move_to_end(key)
            return found
        task = self._under_way.get(key)
        if task is None:
            # A fetch outlives whoever asked for it: the person may come back to the picture any moment.
            task = self._under_way[key] = asyncio.create_task(self._ask(asset_id, size))
            task.add_done_callback(lambda done: self._settle(key, done))
        return await asyncio.shield(task)

    async def _ask(self, asset_id: str, size: Size) -> bytes:
        async with self._permits:
            return await self._source.thumbnail(asset_id, size)

    def _settle(self, key: tuple[str, Size], task: asyncio.Task[bytes]) -> None:
        del self._under_way[key]
        if task.cancelled() or task.exception() is not None:
            return
        self._encoded[key] = task.result()
        self._encoded_bytes += len(task.result())
        while self._encoded_bytes > BYTES_KEPT and len(self._encoded) > 1:
            self._encoded_bytes -= len(self._encoded.popitem(last=False)[1])


def drawn(encoded: bytes, box: Box) -> Drawing:
    """Decode a picture and draw it into a box of cells, in its own proportions. Takes milliseconds."""
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            if image.width * image.height > LARGEST_PICTURE:
                return Drawing(problem=NOT_A_PICTURE)
            width, height = fitted(image.width, image.height, box)
            image.draft("RGB", (width * 2, height * 2))
            scaled = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError):
        # Pillow reports damage in any of these ways.
        return Drawing(problem=NOT_A_PICTURE)
    return half_blocks(scaled)


def fitted(width: float, height: float, box: Box) -> tuple[int, int]:
    """The largest size in square pixels that keeps the proportions in the box; of even height."""
    across, down = max(1, box[0]), max(1, box[1]) * 2
    if width <= 0 or height <= 0:
        return across, down
    scale = min(across / width, down / height)
    return max(1, round(width * scale)), max(2, 2 * round(height * scale / 2))


def half_blocks(image: Image.Image) -> Drawing:
    """An RGB picture of even height as lines of `▀`."""
    width, height = image.size
    raw = image.tobytes()
    stride = width * 3
    lines = []
    for top in range(0, height, 2):
        upper = raw[top * stride : (top + 1) * stride]
        lower = raw[(top + 1) * stride : (top + 2) * stride]
        line: list[Segment] = []
        run = 0
        before: tuple[bytes, bytes] | None = None
        for x in range(0, stride, 3):
            pair = (upper[x : x + 3], lower[x : x + 3])
            if pair != before and before is not None:
                line.append(Segment(HALF * run, _style(*before)))
                run = 0
            before = pair
            run += 1
        if before is not None:
            line.append(Segment(HALF * run, _style(*before)))
        lines.append(tuple(line))
    return Drawing(width, len(lines), tuple(lines))


@lru_cache(maxsize=8192)
def _style(upper: bytes, lower: bytes) -> Style:
    return Style.from_color(_color(upper), _color(lower))


@lru_cache(maxsize=8192)
def _color(rgb: bytes) -> Color:
    return Color.from_rgb(*rgb)

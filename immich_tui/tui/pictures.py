"""Pictures for the screens: from memory, from disk or from the server, drawn in threads, and kept a while.

Nothing here touches a widget; a screen asks, gets a drawing, and may throw it away when it comes too late.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from PIL import Image

from immich_tui.immich.errors import Gone, ImmichError
from immich_tui.immich.models import Asset
from immich_tui.tui import figures
from immich_tui.tui.difference import Difference, difference
from immich_tui.tui.drawing import (
    NOT_A_PICTURE,
    WHOLE,
    Box,
    Drawing,
    Undrawable,
    Window,
    decoded,
    drawn,
    painted,
    size_of,
)
from immich_tui.tui.picture_cache import PictureCache
from immich_tui.tui.recent import Recent
from immich_tui.tui.technique import BLOCKS, Technique

__all__ = ["Box", "Drawing", "PictureSource", "Pictures", "Size"]

Size = Literal["thumbnail", "preview"]

FETCHES_AT_ONCE = 4
BYTES_KEPT = 24_000_000
"""Encoded pictures in memory: about 1,500 thumbnails, or 80 previews."""
DRAWINGS_KEPT = 16_000_000
"""Bytes of drawn pictures in memory: about 100 on cards."""
PIXELS_KEPT = 3
"""Decoded pictures in memory, for moving about in them: 5 MB each."""

NOT_MADE = "no preview yet"
SWITCHED_OFF = "pictures are off (images = off)"

_Key = tuple[str, str, Size]
_DrawnKey = tuple[_Key, Box, Technique, Window]


class PictureSource(Protocol):
    """Where pictures come from. `size` is about 250 pixels (`thumbnail`) or 1440 (`preview`)."""

    async def thumbnail(self, asset_id: str, size: Size = "thumbnail") -> bytes:
        """The encoded picture; raises `ImmichError`."""
        ...


@dataclass
class _Fetch:
    """A request under way: who waits for it, and whether it has been sent."""

    task: asyncio.Task[bytes] | None = None
    waiting: int = 0
    sent: bool = False


class Pictures:
    """Fetches and draws pictures, and keeps the last ones.

    `cache` keeps them over the end of the program, `server` tells its pictures from those of others.
    """

    def __init__(
        self,
        source: PictureSource,
        technique: Technique = BLOCKS,
        cache: PictureCache | None = None,
        server: str = "",
    ) -> None:
        self._source = source
        self.technique = technique
        # Sixels are painted over text and vanish under it: on the full screen only.
        plain = replace(technique, kind="blocks") if technique.kind == "sixel" else technique
        self._techniques = {False: plain, True: technique}
        self._cache = cache
        self._server = server
        self._permits = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._encoded: Recent[_Key, bytes] = Recent(BYTES_KEPT, len)
        self._drawings: Recent[_DrawnKey, Drawing] = Recent(DRAWINGS_KEPT, lambda drawing: drawing.weight)
        self._decoded: Recent[_Key, Image.Image] = Recent(PIXELS_KEPT, lambda image: 1)
        self._compared: Recent[tuple[_Key, _Key], tuple[Image.Image, Difference]] = Recent(1, lambda _: 1)
        self._under_way: dict[_Key, _Fetch] = {}
        self._writing: set[asyncio.Task[None]] = set()

    @property
    def off(self) -> bool:
        """Whether no picture is shown, and none asked for."""
        return self.technique.kind == "off"

    # -- drawings

    def ready(
        self,
        asset: Asset,
        box: Box,
        size: Size = "thumbnail",
        *,
        best: bool = False,
        window: Window = WHOLE,
    ) -> Drawing | None:
        """The drawing, if it is here already. `best` is for the full screen, where every technique works."""
        return self._drawings.get((_key(asset, size), box, self._techniques[best], window))

    async def at_hand(self, asset: Asset, box: Box, size: Size = "thumbnail") -> Drawing | None:
        """The picture drawn into a box, if that can be done without asking the server."""
        if self.off or not await self.load(asset, size):
            return None
        return await self.draw(asset, box, size)

    async def draw(
        self,
        asset: Asset,
        box: Box,
        size: Size = "thumbnail",
        *,
        best: bool = False,
        window: Window = WHOLE,
    ) -> Drawing:
        """The picture drawn into a box; a drawing without lines when there is none to be had."""
        found = self.ready(asset, box, size, best=best, window=window)
        if found is not None:
            return found
        key, technique = _key(asset, size), self._techniques[best]
        try:
            if window.whole:
                drawing = await asyncio.to_thread(drawn, await self._bytes(asset, size), box, technique)
            else:
                image = await self._pixels(asset, size)
                drawing = await asyncio.to_thread(painted, image, box, technique, window)
        except Undrawable:
            drawing = Drawing(problem=NOT_A_PICTURE)
        except ImmichError as error:
            return _problem(asset, error)
        if drawing.problem:
            await self._forget(key)
            return Drawing(problem=_told(asset, drawing.problem))
        drawing = drawing.captioned(_length(asset))
        self._drawings.put((key, box, technique, window), drawing)
        return drawing

    async def compare(
        self, one: Asset, other: Asset, box: Box, *, best: bool = False, window: Window = WHOLE
    ) -> tuple[Drawing, Difference | None]:
        """The difference of two pictures drawn into a box, and how large it is."""
        try:
            first, second = await self._pixels(one, "preview"), await self._pixels(other, "preview")
            pair = _key(one, "preview"), _key(other, "preview")
            compared = self._compared.get(pair)
            if compared is None:
                compared = await asyncio.to_thread(difference, first, second)
                self._compared.put(pair, compared)
            image, found = compared
            window = replace(window, magnified=window.magnified * first.width / image.width)
            return await asyncio.to_thread(painted, image, box, self._techniques[best], window), found
        except Undrawable:
            return Drawing(problem="one of the two cannot be shown, so they cannot be compared"), None
        except ImmichError as error:
            return _problem(one, error), None

    async def pixels(self, asset: Asset, size: Size = "preview") -> Box | None:
        """Width and height of the picture that the server sends; `None` when there is none to be had."""
        try:
            return await asyncio.to_thread(size_of, await self._bytes(asset, size))
        except (ImmichError, Undrawable):
            return None

    # -- bytes

    async def load(self, asset: Asset, size: Size = "thumbnail") -> bool:
        """Take a picture from disk into memory; whether it is there now."""
        key = _key(asset, size)
        if self._encoded.get(key) is not None:
            return True
        if self._cache is None or self.off:
            return False
        found = await asyncio.to_thread(self._cache.read, self._server, *key)
        if found is None:
            return False
        self._encoded.put(key, found)
        return True

    async def fetch(self, asset: Asset, size: Size = "thumbnail") -> None:
        """Have a picture in memory, asking the server if need be. Raises `ImmichError`."""
        await self._bytes(asset, size)

    async def _pixels(self, asset: Asset, size: Size) -> Image.Image:
        key = _key(asset, size)
        found = self._decoded.get(key)
        if found is None:
            found = await asyncio.to_thread(decoded, await self._bytes(asset, size))
            self._decoded.put(key, found)
        return found

    async def _bytes(self, asset: Asset, size: Size) -> bytes:
        if self.off:
            raise Gone(SWITCHED_OFF, "")
        key = _key(asset, size)
        await self.load(asset, size)
        found = self._encoded.get(key)
        if found is not None:
            return found
        fetch = self._under_way.get(key)
        if fetch is None:
            fetch = self._under_way[key] = _Fetch()
            fetch.task = asyncio.create_task(self._ask(key, fetch))
            # Who asked may be gone when it fails: nobody is left to be told then.
            fetch.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        assert fetch.task is not None
        fetch.waiting += 1
        try:
            # One that was sent outlives who asked for it: the person may come back to the picture any moment.
            return await asyncio.shield(fetch.task)
        finally:
            fetch.waiting -= 1
            if not fetch.waiting and not fetch.sent:
                self._under_way.pop(key, None)
                fetch.task.cancel()

    async def _ask(self, key: _Key, fetch: _Fetch) -> bytes:
        try:
            async with self._permits:
                fetch.sent = True
                encoded = await self._source.thumbnail(key[0], key[2])
        finally:
            if self._under_way.get(key) is fetch:
                del self._under_way[key]
        self._encoded.put(key, encoded)
        if self._cache is not None:
            writing = asyncio.create_task(asyncio.to_thread(self._cache.write, encoded, self._server, *key))
            self._writing.add(writing)
            writing.add_done_callback(self._writing.discard)
        return encoded

    async def _forget(self, key: _Key) -> None:
        """Ask for it again next time: what is there is damaged."""
        self._encoded.drop(key)
        if self._cache is not None:
            await asyncio.to_thread(self._cache.drop, self._server, *key)


def _key(asset: Asset, size: Size) -> _Key:
    """Names a picture; another one is made when the file or its edits change."""
    return asset.id, f"{asset.checksum} {asset.thumbhash}", size


def _length(asset: Asset) -> str:
    """The mark of a video with its duration; empty for a photo."""
    if asset.type != "VIDEO":
        return ""
    return f"▶ {figures.clock(asset.duration_ms / 1000)}" if asset.duration_ms else "▶ video"


def _told(asset: Asset, problem: str) -> str:
    return f"{_length(asset)}  {problem}".strip()


def _problem(asset: Asset, error: ImmichError) -> Drawing:
    words = error.sentence if not isinstance(error, Gone) or error.sentence == SWITCHED_OFF else NOT_MADE
    return Drawing(problem=_told(asset, words))

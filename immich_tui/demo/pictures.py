"""From a drawn scene to what a copy of it shows: cut, reduced, black-and-white, encoded; cached on disk.

Drawing and encoding are the slow part of the demo library, so every encoded picture is kept in a folder of
the system's temporary directory that only this user can read. Nothing else is written anywhere.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import json
import os
import stat
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from immich_tui import __version__
from immich_tui.demo.scenes import draw_scene
from immich_tui.demo.thumbhash import thumbhash

BASE = (720, 540)
"""Pixels in which a scene is drawn; larger copies are enlarged from it."""

_MODULES = ("pictures", "containers", "files", "thumbhash")


@dataclass(frozen=True, slots=True)
class View:
    """What a copy shows of a scene.

    `moment` shifts what moves in the scene (bursts), `cut` crops away a share of each side, `mono` is
    black-and-white, `ratio` is the aspect (a wider one than the scene's is cut from it), `bars` fills up to
    the ratio with black instead, `quarter_turns` rotates.
    """

    scene: str
    seed: int
    moment: int = 0
    cut: float = 0.0
    mono: bool = False
    ratio: float = 4 / 3
    bars: bool = False
    quarter_turns: int = 0

    @property
    def key(self) -> str:
        """Names this view in the cache."""
        return json.dumps(dataclasses.astuple(self))


def cache_folder() -> Path:
    """The folder of the pictures; made with mode 0700, another one when that belongs to somebody else.

    Below it every state of the drawing code has a folder of its own, so old pictures are never shown.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"immich-tui-demo-{__version__}-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    foreign = hasattr(os, "getuid") and (state.st_uid != user or state.st_mode & 0o077)
    if foreign or not stat.S_ISDIR(state.st_mode):
        folder = Path(tempfile.mkdtemp(prefix="immich-tui-demo-"))
    inner = folder / _drawing_code()
    inner.mkdir(mode=0o700, exist_ok=True)
    return inner


@functools.cache
def _drawing_code() -> str:
    """Names the code that everything in the cache follows from."""
    here = Path(__file__).parent
    sources = [*sorted((here / "scenes").glob("*.py")), *(here / f"{one}.py" for one in _MODULES)]
    digest = hashlib.sha1(usedforsecurity=False)
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:10]


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that no other process ever sees a part of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)


class Studio:
    """Draws, encodes and remembers."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder()
        self._bases: OrderedDict[str, Image.Image] = OrderedDict()
        self._lock = threading.Lock()

    def image(self, view: View) -> Image.Image:
        """The view at the size in which scenes are drawn."""
        with self._lock:
            if view.key in self._bases:
                self._bases.move_to_end(view.key)
                return self._bases[view.key]
        image = Image.open(io.BytesIO(self.preview(view)))
        image.load()
        with self._lock:
            self._bases[view.key] = image
            while len(self._bases) > 6:
                self._bases.popitem(last=False)
        return image

    def encoded(self, view: View, width: int, height: int, kind: str, quality: int) -> bytes:
        """The view encoded as `jpeg`, `png` or `webp` in this size."""

        def make() -> bytes:
            image = self.image(view)
            if image.size != (width, height):
                image = image.resize((width, height), Image.Resampling.BILINEAR)
            return _encode(image, kind, quality)

        return self._cached(f"{view.key} {width} {height} {kind} {quality}", kind, make)

    def thumbnail(self, view: View) -> bytes:
        """A WebP with a short side of 250 pixels, as the server makes them."""
        return self._cached(f"{view.key} thumbnail", "webp", lambda: thumbnail_bytes(self.image(view)))

    def preview(self, view: View) -> bytes:
        """A JPEG for the full screen; everything else is made from it, so a scene is drawn only once."""
        return self._cached(f"{view.key} preview", "jpeg", lambda: jpeg_bytes(_develop(view), 92))

    def thumbhash(self, view: View) -> str:
        """The placeholder hash."""
        return self._cached(f"{view.key} hash", "txt", lambda: thumbhash(self.image(view)).encode()).decode()

    def remembered(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Anything small that is expensive to work out."""
        return self._cached(key, "bin", make)

    def _cached(self, key: str, suffix: str, make: Callable[[], bytes]) -> bytes:
        digest = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
        path = self.folder / f"{digest}.{suffix}"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            data = make()
            write_atomically(path, data)
            return data

    @property
    def complete(self) -> bool:
        """Whether the whole drawn library was once worked out in this folder."""
        return (self.folder / "complete").exists()

    def completed(self) -> None:
        """Note that everything is there."""
        write_atomically(self.folder / "complete", b"")


def _develop(view: View) -> Image.Image:
    image = draw_scene(view.scene, view.seed, view.moment, BASE)
    width, height = image.size
    if view.cut:
        image = image.crop(
            (round(width * view.cut), round(height * view.cut), round(width * (1 - view.cut / 2)), height)
        )
    if view.bars:
        image = ImageOps.pad(image, (width, round(width / view.ratio)), color="black")
    else:
        image = ImageOps.fit(image, (width, round(width / view.ratio)))
    if view.mono:
        image = ImageOps.autocontrast(ImageOps.grayscale(image)).convert("RGB")
    for _ in range(view.quarter_turns):
        image = image.transpose(Image.Transpose.ROTATE_90)
    return image


def _encode(image: Image.Image, kind: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    if kind == "jpeg":
        return jpeg_bytes(image, quality)
    if kind == "png":
        image.quantize(128).save(buffer, "PNG", compress_level=4)
    else:
        image.save(buffer, "WEBP", quality=quality, method=1)
    return buffer.getvalue()


def jpeg_bytes(image: Image.Image, quality: int) -> bytes:
    """The image as JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def thumbnail_bytes(image: Image.Image) -> bytes:
    """A small WebP of the image; its short side has 250 pixels."""
    width, height = image.size
    scale = min(1.0, 250 / min(width, height))
    small = image.resize((max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BOX)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80, method=1)
    return buffer.getvalue()
